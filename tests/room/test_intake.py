"""Intake: each submission once, stored before it is answered, filed once or shown to a person."""

import asyncio
import json
import threading
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.openrosa_material import filled_in

from anoa.errors import InputError, NotAllowed, StorageError, SubmissionError
from anoa.openrosa import parse_submission
from anoa.room import record
from anoa.room.intake import desk as writing
from anoa.room.intake import http, tokens
from anoa.room.intake.desk import Desk, desk
from anoa.room.intake.filing import file_some
from anoa.room.intake.storing import attachment, opened, seal, store, trouble
from anoa.room.intake.tokens import NewToken, OutOfScope, TooManyFailures, Unauthorised, gate
from anoa.room.intake.values import Arrival, Attachment, Busy, Channel, Conflict
from anoa.room.intake.vault import CODES, Vault, new_key
from anoa.room.models import AttachmentRow, EntryRow, SubmissionRow, TokenRow

VAULT = Vault(new_key())
REPORT = {
    "region": "74.03", "threat_type": "rumor", "place_class": "market", "object": "activity",
    "observed_at": "2024-08-08T11:00:00Z", "obtained": "told", "reliability": "C",
    "credibility": "3",
}  # fmt: skip


def arrival(sender_id="a-1", body=b"{}", **changes) -> Arrival:
    held = {
        "form": "report", "form_version": "1", "channel": Channel.API, "token": "abc",
        "agency": "polda-sultra", "member": "",
    } | changes  # fmt: skip
    return Arrival(sender_id, body=body, **held)


def stored(operation, *arrivals):
    return store([seal(operation.pk, one) for one in arrivals])


# The same submission


def test_the_same_bytes_under_the_same_id_give_the_same_receipt(operation):
    first, again = stored(operation, arrival()) + stored(operation, arrival())
    assert (first.state, again.state) == ("received", "repeated")
    assert (first.number, first.code, first.received_at) == (
        again.number, again.code, again.received_at,
    )  # fmt: skip
    assert SubmissionRow.objects.filter(sender_id="a-1").count() == 1


def test_other_bytes_under_the_same_id_are_a_conflict(operation):
    first, other = stored(operation, arrival(), arrival(body=b"{ }"))
    assert first.state == "received"
    assert isinstance(other, Conflict)
    assert other.status == 409
    row = SubmissionRow.objects.get(number=first.number)
    assert opened(row) == ({}, b"{}")


def test_two_tokens_may_use_the_same_id(operation):
    one, other = stored(operation, arrival(), arrival(token="def", body=b"x"))
    assert one.number != other.number
    assert {one.state, other.state} == {"received"}


def test_what_comes_twice_in_one_batch_is_stored_once(operation):
    outcomes = stored(operation, *[arrival(f"b-{n % 3}") for n in range(12)])
    assert [one.state for one in outcomes] == ["received"] * 3 + ["repeated"] * 9
    assert len({one.number for one in outcomes}) == 3


def test_a_later_try_brings_the_attachments_that_were_missing(operation):
    picture = Attachment("gate.jpg", "image/jpeg", b"\xff\xd8 one")
    (first,) = stored(operation, arrival())
    (second,) = stored(operation, arrival(attachments=(picture,)))
    (third,) = stored(operation, arrival(attachments=(picture,)))
    assert second.number == third.number == first.number
    (row,) = AttachmentRow.objects.filter(submission=first.number)
    assert attachment(row) == picture.content
    assert picture.content not in bytes(row.encrypted)
    other = Attachment("gate.jpg", "image/jpeg", b"\xff\xd8 two")
    assert isinstance(stored(operation, arrival(attachments=(other,)))[0], Conflict)


def test_put_within_a_transaction_is_part_of_it(operation):
    receipt = desk.put(arrival("in-1")).result(timeout=1)
    assert SubmissionRow.objects.get(number=receipt.number).sender_id == "in-1"
    with pytest.raises(Conflict):
        desk.put(arrival("in-1", b"other")).result(timeout=1)
    many = desk.put_many([arrival("in-1"), arrival("in-2"), arrival("in-1", b"x")]).result(1)
    assert [getattr(one, "state", "conflict") for one in many] == [
        "repeated", "received", "conflict",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "wrong",
    [
        {"sender_id": ""}, {"sender_id": "x" * 101}, {"sender_id": "a\x00b"},
        {"form": "x" * 81}, {"observed_at": datetime(2024, 1, 1)},  # noqa: DTZ001
        {"attachments": tuple(Attachment(f"{n}", "a/b", b"") for n in range(21))},
        {"attachments": (Attachment("a", "a/b", b""), Attachment("a", "a/b", b"2"))},
    ],
)  # fmt: skip
def test_an_arrival_that_cannot_be_kept_is_refused_in_words(wrong):
    with pytest.raises(SubmissionError):
        arrival(**wrong)


# More than can be held


@pytest.mark.parametrize("limit", ["WAITING_LIMIT", "WEIGHT_LIMIT"])
def test_what_the_queue_cannot_hold_is_told_to_come_back_and_the_rest_is_stored(
    operation, monkeypatch, limit
):
    sealed, disk = seal(operation.pk, arrival()), threading.Event()
    most = {"WAITING_LIMIT": 3, "WEIGHT_LIMIT": 3 * sealed.weight}[limit]
    monkeypatch.setattr(writing, limit, most)
    monkeypatch.setattr(writing, "store", lambda batch: disk.wait(60) and ["stored"] * len(batch))
    own = Desk()

    async def crowd():
        first = asyncio.ensure_future(own.receipts([sealed]))
        while own._count or not own._thread:  # until the writer has it in hand
            await asyncio.sleep(0.01)
        second = asyncio.ensure_future(own.receipts([sealed] * 3))
        await asyncio.sleep(0)
        with pytest.raises(Busy) as caught:
            await own.receipts([sealed])
        disk.set()
        return caught.value, await first, await second

    refused, first, second = asyncio.run(crowd())
    own.close()
    assert (refused.status, refused.retry_after_s) == (503, 2)
    assert (first, second) == (["stored"], ["stored"] * 3)


def test_bodies_that_are_half_there_share_one_memory(monkeypatch):
    monkeypatch.setattr(http, "memory", http.Memory(limit=100))
    chunks = iter([b"x" * 60, b"x" * 60])

    async def receive():
        return {"type": "http.request", "body": next(chunks), "more_body": True}

    with pytest.raises(Busy) as caught:
        asyncio.run(http.body_of({"headers": []}, receive, 1000))
    assert caught.value.retry_after_s
    assert http.memory.held == 0


# At rest


def test_nothing_that_was_sent_can_be_read_in_the_database(operation):
    words = "somebody at the quay"
    sent = arrival(body=words.encode(), fields={"account": words, "region": "74.03"},
                   problems=(f"cannot read {words}",))  # fmt: skip
    (receipt,) = stored(operation, sent)
    row = SubmissionRow.objects.get(number=receipt.number)
    columns = SubmissionRow.objects.filter(number=receipt.number).values().get()
    assert words.encode() not in b"".join(v for v in columns.values() if isinstance(v, bytes))
    assert words not in str(columns)
    assert row.region == "74.03"
    assert opened(row) == ({"account": words, "region": "74.03"}, words.encode())
    assert trouble(row) == [f"cannot read {words}"]


def test_a_row_that_was_moved_by_hand_does_not_open(operation):
    stored(operation, arrival("m-1", b"one"), arrival("m-2", b"two"))
    first, second = SubmissionRow.objects.filter(sender_id__startswith="m-").order_by("number")
    first.encrypted = second.encrypted
    with pytest.raises(StorageError, match="does not fit"):
        opened(first)


def test_equal_bytes_do_not_look_equal_at_rest():
    assert VAULT.seal("a", b"x") != VAULT.seal("a", b"x")
    assert VAULT.digest(b"x") == VAULT.digest(b"x") != Vault(new_key()).digest(b"x")


@given(st.integers(1, CODES - 1))
def test_a_code_leads_back_to_its_number(number):
    code = VAULT.code(number)
    assert VAULT.number(code) == number
    assert VAULT.number(code.lower().replace("-", " ")) == number


def test_codes_are_all_different_and_do_not_tell_how_many_came():
    codes = [VAULT.code(number) for number in range(1, 5001)]
    assert len(set(codes)) == 5000
    assert sorted(codes) != codes


@given(st.text(max_size=12))
def test_what_is_no_code_leads_nowhere(text):
    number = VAULT.number(text)
    assert number is None or 0 < number < CODES


# Filing


def file_all(operation) -> None:
    while file_some(operation, turn_s=60):
        pass


def test_a_submission_is_filed_once_and_names_its_report(operation):
    (receipt,) = stored(operation, arrival(fields=REPORT))
    before = EntryRow.objects.filter(kind="report.filed").count()
    file_all(operation)
    file_all(operation)
    row = SubmissionRow.objects.get(number=receipt.number)
    report = record.current_picture(operation).reports[row.subject]
    assert (row.state, report.submission, report.owner) == ("filed", row.sha256, "polda-sultra")
    assert EntryRow.objects.filter(kind="report.filed").count() == before + 1
    assert stored(operation, arrival(fields=REPORT))[0].state == "repeated"
    file_all(operation)
    assert EntryRow.objects.filter(kind="report.filed").count() == before + 1


def test_what_no_rule_can_file_waits_for_a_person_and_stops_nobody(operation):
    sent = {
        "good-1": REPORT, "region": REPORT | {"region": "99.99"}, "blank": {},
        "future": REPORT | {"observed_at": "2031-01-01T00:00:00Z"},
        "past": REPORT | {"observed_at": "1970-01-01T00:00:00Z"},
        "nested": REPORT | {"region": {"a": ["b"]}}, "good-2": REPORT,
    }  # fmt: skip
    stored(operation, *[arrival(name, name.encode(), fields=held) for name, held in sent.items()])
    file_all(operation)
    rows = {row.sender_id: row for row in SubmissionRow.objects.filter(sender_id__in=sent)}
    waits = {name for name, row in rows.items() if row.state == "needs_person"}
    assert waits == set(sent) - {"good-1", "good-2"}
    assert all(trouble(rows[name]) for name in waits)
    assert "99.99" in " ".join(trouble(rows["region"]))


def test_an_unknown_form_waits_for_a_person(operation):
    (receipt,) = stored(operation, arrival(form="no-such-form", fields=REPORT))
    file_all(operation)
    row = SubmissionRow.objects.get(number=receipt.number)
    assert row.state == "needs_person"
    assert "no-such-form" in trouble(row)[0]


def test_nobody_rated_it_means_it_cannot_be_judged(operation):
    fields = {k: v for k, v in REPORT.items() if k not in ("reliability", "credibility", "object")}
    (receipt,) = stored(operation, arrival(fields=fields))
    file_all(operation)
    row = SubmissionRow.objects.get(number=receipt.number)
    report = record.current_picture(operation).reports[row.subject]
    assert (report.reliability, report.credibility) == ("F", 6)


def test_a_batch_is_filed_in_one_transaction_in_order(operation):
    stored(operation, *[arrival(f"n-{n:02}", fields=REPORT) for n in range(30)])
    assert file_some(operation, turn_s=60) == 30
    rows = SubmissionRow.objects.filter(sender_id__startswith="n-").order_by("number")
    subjects = [row.subject for row in rows]
    assert subjects == sorted(subjects)
    assert len(set(subjects)) == 30


# Tokens


NOW = datetime(2024, 9, 24, tzinfo=UTC)


def new_token(**changes) -> NewToken:
    held = {"agency": "polda-sultra", "scopes": ["submit"], "label": "gateway 1"} | changes
    return NewToken(**held)


def test_a_token_is_shown_once_and_only_its_hash_is_kept(operation):
    text = tokens.make(operation, new_token(), NOW)
    row = TokenRow.objects.get(ident=text.split("_")[1])
    assert text.split("_")[2] not in json.dumps(TokenRow.objects.values().get(ident=row.ident),
                                                default=str)  # fmt: skip
    bearer = gate.check(text, "10.0.0.1")
    assert (bearer.agency, bearer.scopes) == ("polda-sultra", frozenset({"submit"}))
    with pytest.raises(OutOfScope, match="bulk"):
        bearer.need("bulk")


def test_a_revoked_token_is_refused_at_once(operation):
    text = tokens.make(operation, new_token(), NOW)
    assert gate.check(text, "10.0.0.1")
    assert gate.known(text)
    tokens.revoke(operation, text.split("_")[1], NOW)
    assert gate.known(text) is None
    with pytest.raises(Unauthorised, match="revoked"):
        gate.check(text, "10.0.0.1")


def test_another_institution_cannot_revoke_it(operation):
    text = tokens.make(operation, new_token(), NOW)
    with pytest.raises(NotAllowed):
        tokens.revoke(operation, text.split("_")[1], NOW, agency="kpu-prov")
    assert gate.check(text, "10.0.0.1")


def test_an_expired_token_is_refused(operation):
    past = NewToken("polda-sultra", ["submit"], "x", expires_at=NOW + timedelta(days=1))
    text = tokens.make(operation, past, NOW)
    with pytest.raises(Unauthorised, match="expired"):
        gate.check(text, "10.0.0.1")


def test_wrong_secrets_slow_down_only_wrong_secrets(operation):
    text = tokens.make(operation, new_token(), NOW)
    wrong = text[:-1] + ("a" if text[-1] != "a" else "b")
    for _ in range(tokens.FAILURES):
        with pytest.raises(Unauthorised):
            gate.check(wrong, "10.9.9.9")
    with pytest.raises(TooManyFailures):
        gate.check(wrong, "10.9.9.9")
    assert gate.check(text, "10.9.9.9"), "the office behind that address goes on"
    with pytest.raises(Unauthorised, match="not known"):
        gate.check(wrong, "10.9.9.8")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("agency", "nobody"), ("scopes", []), ("scopes", ["everything"]), ("region", "99"),
        ("label", ""), ("label", "x\x00"), ("expires_at", NOW - timedelta(days=1)),
    ],
)  # fmt: skip
def test_a_token_that_makes_no_sense_is_refused_by_field(operation, field, value):
    with pytest.raises(InputError) as refused:
        tokens.make(operation, new_token(**{field: value}), NOW)
    assert set(refused.value.fields) == {field}


# What OpenRosa clients send is read by the same rules


INCIDENT = {
    "region": "74.03", "sub_district": "74.03.06", "place_class": "market",
    "observed_at": "2024-08-08T19:00:00.000+08:00", "threat_type": "rumor", "obtained": "seen",
    "reliability": "B", "credibility": "2", "account": "invented words",
}  # fmt: skip


def from_collect(operation, name, **changes):
    """What ODK Collect sends of the form of incidents, stored and looked at by the follower."""
    form = record.pack_of(operation).forms["incident"]
    xml = filled_in(INCIDENT | changes, form=form.id, version=form.version, instance=f"uuid:{name}")
    parsed = parse_submission(xml, record.pack_of(operation).forms)
    sent = arrival(parsed.instance_id, xml, form=parsed.form_id, form_version=parsed.version,
                   channel=Channel.OPENROSA, fields=dict(parsed.fields),
                   problems=parsed.problems)  # fmt: skip
    (receipt,) = stored(operation, sent)
    file_all(operation)
    return SubmissionRow.objects.get(number=receipt.number)


def test_a_form_of_collect_is_filed_with_what_its_answers_say(operation):
    row = from_collect(operation, "good")
    report = record.current_picture(operation).reports[row.subject]
    assert (row.state, report.sub_district, report.obtained) == ("filed", "74.03.06", "seen")
    assert report.observed_at == datetime(2024, 8, 8, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("place_class", "no-such-place", "not one of the list"),
        ("sub_district", "74.71.01", "does not lie in 74.03"),
        ("region", "99.99", "not a place that is known"),
        ("credibility", "7", "not one of the list"), ("observed_at", "yesterday", "write a day"),
        ("injured", "-3", "write a number from 0"), ("extra", "x", "does not ask this"),
    ],
)  # fmt: skip
def test_an_answer_of_collect_that_cannot_be_read_waits_for_a_person(
    operation, field, value, why
):  # fmt: skip
    row = from_collect(operation, "odd", **{field: value})
    assert row.state == "needs_person"
    assert any(said.startswith(f"{field}: ") and why in said for said in trouble(row))
