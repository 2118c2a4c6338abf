"""M14: everything is kept for ever and used in the next election.

What reporters wrote is in no entry, and deleting it breaks no proof. A pack says how long it is
kept; what is due is shown to who may act, and goes with a certificate (see also
``tests/room/test_retention.py``).
"""

import io
import json
from datetime import timedelta

import pytest
from tests.misuse.attempts import submitted

from anoa.coordination.retention import Keeping
from anoa.errors import AnoaError, DataError
from anoa.logfile import scan_log
from anoa.oplog import Handling
from anoa.room import actions, outgoing, receipts, record
from anoa.room.models import AttachmentRow, EntryRow, SubmissionRow
from anoa.room.retention.due import Moment, due
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


def test_words_cannot_be_kept_past_the_time_of_the_pack_unseen(operation, member, signed_in):
    """Whoever leaves them is told each time; a hold keeps one thing and says why to others."""
    row = submitted(operation, body=WORDS.encode())
    at = record.rules_of(operation).ends + timedelta(days=31)
    (told,) = due(operation, record.current_picture(operation), None, Moment(at, at), ("words",))
    assert [one.name for one in told.found] == [row.sha256]
    for subject in ("", "*", "polda-sultra"):
        with pytest.raises(AnoaError):
            actions.do(member("posko"), "hold.place", "", {"about": subject, "reason": "for ever"})
    with pytest.raises(DataError):
        Keeping("words", "settled", 36_500)
