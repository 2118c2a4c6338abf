"""Sealed text in the room: who may do and see what, what is refused, and when the log is told."""

from __future__ import annotations

import json
import re
import secrets
from datetime import datetime, timedelta

import pytest

from anoa.envelopes import Envelope, SealingSecret, encoded, fingerprint, sealed
from anoa.errors import NotAllowed
from anoa.forms import Form
from anoa.logfile import HiddenEntry
from anoa.oplog import Entry
from anoa.room import access, actions, record
from anoa.room.intake import inbox
from anoa.room.intake.filing import file_some
from anoa.room.intake.storing import vault
from anoa.room.intake.tokens import NewToken, gate, make
from anoa.room.models import Member, SubmissionRow
from anoa.room.sealed import days, keys, taking

pytestmark = pytest.mark.django_db
TEXT = "what the body did, in words that nobody else has"


def complaint(road) -> Form:
    return next(one for one in road.pack.forms.values() if one.is_about_conduct)


@pytest.fixture
def owner(road, member) -> Member:
    """The duty officer of the institution to which complaints are sealed."""
    agency = taking.owner_of(road.pack, complaint(road))
    found = (m for m in road.pack.cast.values() if (m.agency, m.role) == (agency, "duty_officer"))
    return member(next(found).id)


@pytest.fixture
def secret(owner) -> SealingSecret:
    return SealingSecret(owner.agency, owner.operation.pk, secrets.token_bytes(32))


def publish(owner: Member, secret: SealingSecret) -> Entry:
    text, ticket = keys.challenge(owner, encoded(secret.public))
    answer = json.loads(Envelope.parse(text.encode()).opened(secret.secret))["test"]
    return keys.publish(owner, ticket, [answer, answer])[0]


@pytest.fixture
def published(owner, secret) -> SealingSecret:
    publish(owner, secret)
    return secret


def envelope(secret: SealingSecret, **changed: str) -> Envelope:
    said = {"form": "conduct", "version": "1", "fields": {"account": TEXT}, "pictures": []}
    parts = {"id": secrets.token_hex(16), "operation": secret.operation, "to": secret.agency}
    return sealed(json.dumps(said).encode(), secret.public, **(parts | changed))


def sent(client, data: bytes, address: str = "/sealed/send"):
    return client.post(address, data, content_type="application/json")


def after_midnight(operation) -> datetime:
    at = actions.now_of(operation) + timedelta(hours=25)
    actions.let_clocks_run(operation, at)
    return at


# -- taking ---------------------------------------------------------------------------------


def test_an_envelope_is_stored_once_and_gives_its_receipt_at_every_try(
    road, signed_in, published, owner
):
    client, data = signed_in(road.reporter.id), envelope(published).data
    first, again = sent(client, data), sent(client, data)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["code"] == again.json()["code"]
    other = envelope(published, id=json.loads(data)["id"]).data
    assert sent(client, other).status_code == 409  # the id was used for other bytes
    assert days.sealed_rows().count() == 1


def test_the_row_names_no_sender_form_place_or_hour(road, signed_in, published, owner):
    assert sent(signed_in(road.reporter.id), envelope(published).data).status_code == 201
    row = days.sealed_rows().get()
    assert (row.member, row.token, row.scope, row.form, row.form_version) == (
        "", "sealed", "sealed", "sealed", ""
    )  # fmt: skip
    assert (row.region, row.sub_district, row.kind, row.urgency, row.observed_at) == (
        "", "", "", "", None
    )  # fmt: skip
    assert row.agency == owner.agency
    local = road.pack.local(row.received_at)
    assert (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0)
    assert bytes(row.trouble) == b"" and row.likeness == ""


def test_texts_of_very_different_length_have_the_same_size(published):
    short, long = (
        sealed(b"x" * size, published.public, id="0" * 32, operation="o", to="t").data
        for size in (1, 16_000)
    )
    assert len(short) == len(long)


def test_an_envelope_for_another_room_owner_or_key_is_refused_with_its_reason(
    road, signed_in, published, owner
):
    client = signed_in(road.reporter.id)
    for changed in ({"operation": "elsewhere"}, {"to": road.local.agency}):
        answer = sent(client, envelope(published, **changed).data)
        assert (answer.status_code, answer.json()["code"]) == (422, "not_for_here")
    stranger = SealingSecret(published.agency, published.operation, secrets.token_bytes(32))
    answer = sent(client, envelope(stranger).data)
    assert (answer.status_code, answer.json()["code"]) == (409, "key_replaced")
    assert answer.json()["key"]["fingerprint"] == fingerprint(published.public)
    for odd in (b"", b"{}", b"null", b"[" * 5000, envelope(published).data[:-9], b"\xff\xfe"):
        assert sent(client, odd).status_code == 422
    assert not days.sealed_rows().exists()


def test_what_is_not_an_envelope_through_and_through_is_no_envelope(published, road, signed_in):
    held = json.loads(envelope(published).data)
    for changed in (held | {"note": TEXT}, held | {"sealed": encoded(b"in clear")},
                    held | {"id": "short"}, held | {"key": 5}):  # fmt: skip
        data = json.dumps(changed, sort_keys=True, separators=(",", ":")).encode()
        assert sent(signed_in(road.reporter.id), data).status_code == 422
    twice = envelope(published).data.replace(b'{"anoa"', b'{"note":"clear","anoa"')
    assert sent(signed_in(road.reporter.id), twice).status_code == 422


def test_what_was_stored_before_the_key_was_replaced_is_answered_as_before(
    road, signed_in, published, owner
):
    client, data = signed_in(road.reporter.id), envelope(published).data
    code = sent(client, data).json()["code"]
    publish(owner, SealingSecret(owner.agency, owner.operation.pk, secrets.token_bytes(32)))
    assert sent(client, data).json()["code"] == code
    assert sent(client, envelope(published).data).json()["code"] == "key_replaced"


def test_without_a_key_the_form_says_so_and_asks_nothing(road, signed_in, owner, secret):
    client = signed_in(road.reporter.id)
    page = client.get(f"/forms/{complaint(road).id}").content.decode()
    assert 'id="sealed-fields"' not in page and 'role="alert"' in page
    assert sent(client, envelope(secret).data).json()["code"] == "no_key"


def test_by_the_address_of_a_token_it_goes_the_same_way(road, signed_in, published, client, owner):
    wanted = NewToken(road.reporter.agency, ["submit"], "phone")
    token = make(owner.operation, wanted, datetime.now().astimezone())
    page = client.get(f"/t/{token}/forms/{complaint(road).id}").content.decode()
    assert 'id="sealed-fields"' in page and published.agency in page
    answer = sent(client, envelope(published).data, f"/t/{token}/sealed/send")
    assert answer.status_code == 201
    row = days.sealed_rows().get()
    assert gate.check(token, "").token not in (row.token, row.scope, row.sender_id)


def test_no_way_takes_a_sealed_form_in_clear(road, signed_in, published, client, owner):
    form = complaint(road)
    token = make(owner.operation, NewToken(road.reporter.agency, ["submit", "bulk"], "phone"),
                 datetime.now().astimezone())  # fmt: skip
    before = SubmissionRow.objects.count()
    bearer = gate.check(token, "")
    with pytest.raises(Exception, match="sealed in the sender's browser"):
        bearer.need("submit", form.id)
    with pytest.raises(Exception, match="sealed in the sender's browser"):
        bearer.need_form(form.id)
    for sender, address in ((signed_in(road.reporter.id), f"/forms/{form.id}"),
                            (client, f"/t/{token}/forms/{form.id}")):  # fmt: skip
        answer = sender.post(address, {"account": TEXT, "conduct": "other_conduct"})
        assert answer.status_code == 405 and TEXT not in answer.content.decode()
    assert SubmissionRow.objects.count() == before


def test_every_question_of_a_sealed_form_has_its_label(road, signed_in, published, owner):
    for form in (one for one in road.pack.forms.values() if one.is_sealed):
        kind = form.kinds[0] if form.kinds else road.pack.agencies[road.reporter.agency].kind
        who = next(m.id for m in road.members("duty_officer", "reporter")
                   if road.pack.agencies[m.agency].kind == kind)  # fmt: skip
        page = signed_in(who).get(f"/forms/{form.id}").content.decode()
        controls = re.findall(r'<(?:select|textarea|input) id="(q-[^"]+)"', page)
        assert controls and all(f'<label for="{one}">' in page for one in controls)
        for field in form.fields:
            assert f'name="{field.name}"' in page, (form.id, field.name)


def test_the_form_can_send_nothing_by_itself(road, signed_in, published):
    page = signed_in(road.reporter.id).get(f"/forms/{complaint(road).id}").content.decode()
    main = page[page.index("<main") : page.index("</main>")]
    assert "<form" not in main and "data-draft" not in main
    assert '<fieldset id="sealed-fields" class="plain" disabled>' in main


# -- the log --------------------------------------------------------------------------------


def test_the_log_is_told_at_midnight_and_of_the_day_alone(road, signed_in, published, owner):
    client, operation = signed_in(road.reporter.id), owner.operation
    for _ in range(3):
        assert sent(client, envelope(published).data).status_code == 201
    seq = record.current_picture(operation).seq
    file_some(operation)
    assert record.current_picture(operation).seq == seq  # nothing is told within the day
    day = road.pack.local(actions.now_of(operation)).date()
    after_midnight(operation)
    made = [one for one in record.entries(operation, seq) if one.kind == "sealed.recorded"]
    assert len(made) == 3
    for one in made:
        assert dict(one.data) == {"day": day.isoformat()}
        assert (one.by, one.agency, one.handling) == ("rule:end-of-day", "anoa", "public")
        local = road.pack.local(one.at)
        assert (local.hour, local.minute, local.second) == (0, 0, 0)
        assert local.date() == day + timedelta(days=1)
    subjects = set(days.sealed_rows().values_list("subject", flat=True))
    assert subjects == {one.subject for one in made}
    after_midnight(operation)
    assert len([e for e in record.entries(operation, seq) if e.kind == "sealed.recorded"]) == 3


def test_everybody_sees_one_line_with_the_day_and_nothing_else(road, signed_in, published, owner):
    assert sent(signed_in(road.reporter.id), envelope(published).data).status_code == 201
    operation = owner.operation
    seq = record.current_picture(operation).seq
    after_midnight(operation)
    (made,) = [one for one in record.entries(operation, seq) if one.kind == "sealed.recorded"]
    picture = record.current_picture(operation)
    for name in (road.local.id, road.outsider, road.auditor, road.host, owner.ident):
        reader = Member.objects.get(ident=name)
        line = access.log_line(made, picture, access.agency_of(reader), access.sees(reader))
        assert not isinstance(line, HiddenEntry)
        page = signed_in(name).get("/log").content.decode()
        assert made.subject in page
        assert complaint(road).id not in json.dumps(line.as_json())
        assert owner.agency not in json.dumps(line.as_json())


def test_the_order_within_a_day_is_drawn_by_lot(road, signed_in, published, owner, monkeypatch):
    client, operation = signed_in(road.reporter.id), owner.operation
    for _ in range(5):
        assert sent(client, envelope(published).data).status_code == 201
    monkeypatch.setattr(days.LOT, "shuffle", lambda rows: rows.reverse())
    after_midnight(operation)
    subjects = list(days.sealed_rows().order_by("number").values_list("subject", flat=True))
    assert subjects == sorted(subjects, reverse=True)


def test_what_comes_in_after_its_day_was_recorded_waits_for_the_next_midnight(
    road, signed_in, published, owner
):
    assert sent(signed_in(road.reporter.id), envelope(published).data).status_code == 201
    operation = owner.operation
    late = days.sealed_rows().get().received_at - timedelta(days=3)
    days.sealed_rows().update(received_at=late)
    now = actions.now_of(operation)
    assert list(days.ends(operation, now)) == []
    (end,) = days.ends(operation, now + timedelta(hours=25))
    assert end > now and road.pack.local(end).hour == 0


# -- who sees what --------------------------------------------------------------------------


def test_the_body_concerned_the_host_and_the_outsider_see_nothing_of_it(
    road, signed_in, published, owner
):
    data = envelope(published).data
    code = sent(signed_in(road.reporter.id), data).json()["code"]
    row = days.sealed_rows().get()
    for name in (
        road.local.id,
        road.chair,
        road.outsider,
        road.host,
        road.auditor,
        road.reporter.id,
    ):
        client = signed_in(name)
        for address in ("/sealed", f"/sealed/{code}/envelope", f"/inbox/{row.number}"):
            assert client.get(address).status_code in (403, 404), (name, address)
        assert client.post(f"/sealed/{code}/mark", {"do": "read"}).status_code in (403, 404)
        for address in ("/", "/inbox", "/reports", "/search?q=sealed", "/incoming"):
            page = client.get(address, follow=True).content.decode()
            assert code not in page and row.sender_id not in page
    assert inbox.find(owner, row.number) is None  # the inbox has nothing to show either


def test_its_owner_lists_it_and_fetches_the_bytes_that_were_sent(road, signed_in, published, owner):
    data = envelope(published).data
    code = sent(signed_in(road.reporter.id), data).json()["code"]
    client = signed_in(owner.ident)
    page = client.get("/sealed").content.decode()
    assert code in page and json.loads(data)["id"] in page and TEXT not in page
    answer = client.get(f"/sealed/{code}/envelope")
    assert answer.content == data
    assert TEXT in Envelope.parse(answer.content).opened(published.secret).decode()
    assert client.get("/sealed/AAA-AAA/envelope").status_code == 404


def test_the_list_goes_on_where_there_are_many(road, signed_in, published, owner, monkeypatch):
    sender = signed_in(road.reporter.id)
    codes = [sent(sender, envelope(published).data).json()["code"] for _ in range(3)][::-1]
    monkeypatch.setattr("anoa.room.sealed.reading.AT_ONCE", 2)
    client = signed_in(owner.ident)
    first = client.get("/sealed").content.decode()
    opens = [f"/sealed/{code}/envelope" for code in codes]
    assert [one in first for one in opens] == [True, True, False]
    rest = client.get("/sealed" + re.search(r'href="(\?before=[^"]+)"', first)[1])
    assert [one in rest.content.decode() for one in opens] == [False, False, True]


def test_who_has_the_code_is_told_that_it_was_read_and_answered(
    road, signed_in, published, owner, client
):
    code = sent(signed_in(road.reporter.id), envelope(published).data).json()["code"]
    mine, seq = signed_in(owner.ident), record.current_picture(owner.operation).seq
    said = []
    for do in (None, "read", "answered"):
        if do:
            assert mine.post(f"/sealed/{code}/mark", {"do": do}).status_code == 302
        page = client.get(f"/receipt/{code}?language=en").content.decode()
        said.append(page[page.index('class="said"') : page.index("</time>")])
    assert len(set(said)) == 3 and "answered" in said[2]
    assert "UTC" not in said[0]  # the day, and no hour
    mine.post(f"/sealed/{code}/mark", {"do": "read"})
    assert days.sealed_rows().get().state == "answered"  # never back
    assert record.current_picture(owner.operation).seq == seq


def test_a_row_that_was_changed_behind_the_program_is_told_and_the_others_stay(
    road, signed_in, published, owner
):
    sender = signed_in(road.reporter.id)
    codes = [sent(sender, envelope(published).data).json()["code"] for _ in range(2)]
    one, two = days.sealed_rows().order_by("number")
    first, second = bytes(one.encrypted), bytes(two.encrypted)
    SubmissionRow.objects.filter(pk=one.pk).update(encrypted=second)  # swapped at rest
    client = signed_in(owner.ident)
    page = client.get("/sealed").content.decode()
    assert all(code in page for code in codes)
    assert client.get(f"/sealed/{codes[0]}/envelope").status_code == 500
    assert client.get(f"/sealed/{codes[1]}/envelope").status_code == 200
    SubmissionRow.objects.filter(pk=one.pk).update(encrypted=first)


# -- keys -----------------------------------------------------------------------------------


def test_a_key_is_published_only_when_both_copies_opened_the_test_text(owner, secret):
    text, ticket = keys.challenge(owner, encoded(secret.public))
    answer = json.loads(Envelope.parse(text.encode()).opened(secret.secret))["test"]
    for answers in ([answer], [answer, "x"], ["", ""], []):
        with pytest.raises(NotAllowed):
            keys.publish(owner, ticket, answers)
    with pytest.raises(NotAllowed):
        keys.publish(owner, ticket + "x", [answer, answer])
    with pytest.raises(NotAllowed):  # not by the general way either
        actions.do(owner, "sealing_key.publish", "", {
            "public": encoded(secret.public), "fingerprint": fingerprint(secret.public),
        })  # fmt: skip
    made = keys.publish(owner, ticket, [answer, answer])[0]
    assert (made.kind, made.handling) == ("sealing_key.published", "public")
    assert made.data["fingerprint"] == fingerprint(secret.public)
    with pytest.raises(NotAllowed):
        publish(owner, secret)  # the same key again


def test_a_ticket_of_one_institution_is_none_of_anothers(owner, secret, road, member):
    text, ticket = keys.challenge(owner, encoded(secret.public))
    answer = json.loads(Envelope.parse(text.encode()).opened(secret.secret))["test"]
    with pytest.raises(NotAllowed):
        keys.publish(member(road.chair), ticket, [answer, answer])


def test_a_new_key_takes_the_place_of_the_old_one_and_a_retired_one_leaves_none(
    owner, published, signed_in, road
):
    first = keys.key_for(owner.operation, owner.agency)
    fresh = SealingSecret(owner.agency, owner.operation.pk, secrets.token_bytes(32))
    publish(owner, fresh)
    now = keys.key_for(owner.operation, owner.agency)
    picture = record.current_picture(owner.operation)
    assert picture.sealing_keys[first.id].replaced_by == now.id
    for name in (road.outsider, road.auditor, road.host):  # anybody compares the fingerprints
        assert now.fingerprint in signed_in(name).get("/sealing-keys").content.decode()
    with pytest.raises(NotAllowed):  # another institution's key
        other = Member.objects.get(ident=road.chair)
        actions.do(other, "sealing_key.retire", now.id, {"reason": "not ours"})
    actions.do(owner, "sealing_key.retire", now.id, {"reason": "both carriers are lost"})
    assert keys.key_for(owner.operation, owner.agency) is None
    page = signed_in(owner.ident).get("/sealed").content.decode()
    assert "/sealing-keys" in page and 'role="alert"' in page


@pytest.mark.parametrize("public", ["", "x", "A" * 43, "!" * 43, "A" * 44, 5, None])
def test_what_is_no_public_key_gets_no_test_text(owner, signed_in, public):
    client = signed_in(owner.ident)
    answer = sent(client, json.dumps({"public": public}).encode(), "/sealing-keys/challenge")
    assert answer.status_code == 422, answer.content


def test_codes_are_those_of_the_ordinary_intake(road, signed_in, published):
    code = sent(signed_in(road.reporter.id), envelope(published).data).json()["code"]
    assert vault().number(code) == days.sealed_rows().get().number
