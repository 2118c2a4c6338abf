"""M3: one institution changes the figures of another."""

import io

import pytest
from tests.misuse.attempts import page, refused, send

from anoa.coordination import Actor, act
from anoa.errors import NotAllowed, StorageError
from anoa.logfile import scan_log
from anoa.oplog import Handling
from anoa.room import actions, outgoing, record
from anoa.room.models import EntryRow
from anoa.room.proof import prove
from anoa.seals import parse_seal, verify_log

DISPUTE = {"stance": "dispute", "text": "The place was another one."}


def test_an_institution_cannot_change_the_report_of_another(road, evening):
    report = next(iter(evening.reports.values()))
    rules, at = road.pack.rules, evening.at
    one = next(m for m in road.members("duty_officer") if m.agency != report.owner)
    other = Actor(one.id, one.agency, one.role)
    with pytest.raises(NotAllowed, match=report.owner):
        act(evening, rules, other, "report.withdraw", report.id, {"reason": "not needed"}, at)
    told = {"about": report.id} | DISPUTE
    disputed = act(evening, rules, other, "remark.make", "", told, at)
    assert [entry.kind for entry in disputed] == ["remark.made"]


def test_by_the_page_another_institution_can_only_dispute_and_that_is_printed(operation, signed_in):
    reports = record.current_picture(operation).reports.values()
    report = next(one for one in reports if one.owner != "kpu-prov" and one.verdict is None)
    client, place = signed_in("kpu-prov"), f"/reports/{report.id}"
    said = refused(client, place, "report.withdraw", report.id, reason="not needed at all")
    assert "comment on it or dispute it instead" in said
    answer = send(client, place, "remark.make", about=report.id, **DISPUTE)
    assert answer.status_code == 302
    assert DISPUTE["text"] in page(signed_in("posko"), place)


def test_a_figure_changed_in_the_database_is_found_by_its_seal(operation, member):
    actions.do(member("posko"), "seal.sign")
    seal = parse_seal(bytes(outgoing.seals(operation)[-1].content))
    keys = [actions.log_key(operation).public]
    row = EntryRow.objects.filter(kind="report.filed").first()
    before = dict(row.data)
    EntryRow.objects.filter(pk=row.pk).update(data=before | {"credibility": "6"})
    try:
        log = scan_log(io.BytesIO(outgoing.log_bytes(operation, "kpu-prov", Handling.INSTITUTIONS)))
        assert verify_log(log, [seal], keys).first_bad_seq == row.seq
        with pytest.raises(StorageError):
            prove(operation)
    finally:
        EntryRow.objects.filter(pk=row.pk).update(data=before)
