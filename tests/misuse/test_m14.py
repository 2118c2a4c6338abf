"""M14: everything is kept for ever and used in the next election.

Rules of retention and certificates of deletion come with a later capability. What must hold for
them is held here already: what reporters wrote is in no entry, and deleting it breaks no proof.
"""

import io
import json

from tests.misuse.attempts import submitted

from anoa.logfile import scan_log
from anoa.oplog import Handling
from anoa.room import actions, outgoing, receipts
from anoa.room.models import AttachmentRow, EntryRow, SubmissionRow
from anoa.seals import parse_receipt, parse_seal, verify_log, verify_receipt

WORDS = "smoke behind the warehouse"


def test_no_entry_holds_what_a_reporter_wrote(operation):
    row = submitted(operation, body=WORDS.encode())
    assert row.state == "filed"
    assert WORDS not in json.dumps(list(EntryRow.objects.values_list("data", flat=True)))


def test_the_log_still_verifies_and_receipts_still_hold_when_all_words_are_deleted(
    operation, member, monkeypatch
):
    monkeypatch.setattr(receipts, "_TREES", {})
    row = submitted(operation, body=WORDS.encode())
    actions.do(member("posko"), "seal.sign")
    AttachmentRow.objects.all().delete()
    SubmissionRow.objects.update(encrypted=b"", trouble=b"", reason=b"")
    key = actions.log_key(operation).public
    log = scan_log(io.BytesIO(outgoing.log_bytes(operation, None, Handling.PUBLIC)))
    seals = [parse_seal(bytes(one.content)) for one in outgoing.seals(operation)]
    assert verify_log(log, seals[-1:], [key]).ok
    row.refresh_from_db()
    found = receipts.proved(operation, row)
    assert found.sha256 is None
    assert verify_receipt(parse_receipt(found.data), [key]).ok
