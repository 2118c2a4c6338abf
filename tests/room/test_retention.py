"""What is stored of people goes when its time is over, with a certificate, and nothing breaks."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from tests.misuse.attempts import submitted

from anoa.coordination.retention import CLASSES
from anoa.logfile import scan_log
from anoa.oplog import Handling
from anoa.room import actions, outgoing, receipts, record
from anoa.room.intake.storing import Purged, opened
from anoa.room.models import EntryRow
from anoa.room.retention import purging
from anoa.room.retention.due import Moment, due, now
from anoa.seals import (
    parse_receipt,
    parse_seal,
    verify_log,
    verify_receipt,
)

WORDS = "smoke behind the warehouse"
ALL = tuple(CLASSES)


@pytest.fixture(autouse=True)
def own_folder(settings, tmp_path, operation):
    """Certificates of a test lie in a folder of its own."""
    from anoa.room.retention import ledger

    place = tmp_path / "certificates"
    original = ledger.folder
    ledger.folder = lambda: place
    yield place
    ledger.folder = original


@pytest.fixture
def later(monkeypatch):
    """Let the time of retention lie so many days after the end of the operation."""

    def move(operation, days: float) -> Moment:
        at = record.rules_of(operation).ends + timedelta(days=days)
        moment = Moment(at, now(operation).wall + timedelta(days=days))
        monkeypatch.setattr(purging, "now", lambda found: moment)
        monkeypatch.setattr("anoa.room.retention.again.now", lambda found: moment)
        return moment

    return move


def due_now(operation, moment, agency=None):
    found = due(operation, record.current_picture(operation), agency, moment)
    return {one.klass: one for one in found}


def test_words_of_a_report_are_kept_until_they_are_settled_and_their_days_are_over(
    operation, later
):
    submitted(operation, body=WORDS.encode())
    early = due_now(operation, later(operation, -1))
    assert (early["words"].found, early["words"].kept, early["words"].open) == ([], 1, 1)
    assert len(due_now(operation, later(operation, 31))["words"].found) == 1


def test_a_purge_deletes_the_words_and_leaves_a_certificate_that_the_log_bears_out(
    operation, member, later, monkeypatch
):
    monkeypatch.setattr(receipts, "_TREES", {})
    row = submitted(operation, body=WORDS.encode())
    later(operation, 31)
    officer = member("posko")
    assert row.agency == officer.agency
    (made,) = purging.purge_as(officer, ("words",))
    row.refresh_from_db()
    assert (bytes(row.encrypted), bytes(row.trouble), row.certificate) == (b"", b"", "E-0001")
    with pytest.raises(Purged):
        opened(row)
    assert made.names == (row.sha256,)
    entry = EntryRow.objects.get(kind="deletion.certified")
    assert (entry.by, entry.agency, entry.handling) == ("posko", officer.agency, "public")
    assert (entry.data["class"], entry.data["count"], entry.data["rule"]) == (
        "words", 1, "settled-30d",
    )  # fmt: skip
    actions.do(officer, "seal.sign")
    key = actions.log_key(operation).public
    content = outgoing.log_bytes(operation, None, Handling.PUBLIC)
    seals = [parse_seal(bytes(one.content)) for one in outgoing.seals(operation)]
    assert verify_log(scan_log(io.BytesIO(content)), seals, [key]).ok
    found = receipts.proved(operation, row)
    assert found.sha256 is None
    assert verify_receipt(parse_receipt(found.data), [key]).ok
