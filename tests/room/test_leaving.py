"""An institution that leaves, a lost key: one command each, told by the log and by the pages."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from tests.room.running import Browser, anoa, room

from anoa.coordination.actors import Actor
from anoa.errors import AccessDenied, NotAllowed
from anoa.room import accounts, actions, ceremony, institutions, record
from anoa.room.intake import tokens
from anoa.room.models import Member, TokenRow
from anoa.seals import KeyKind, PrivateKey, cosign

KEY = PrivateKey("commission.example/anoa", KeyKind.COSIGNER, bytes([9]) * 32)
OTHER = PrivateKey("commission.example/new", KeyKind.COSIGNER, bytes([8]) * 32)
WHY = "It was merged into the province."


@pytest.fixture
def token(operation) -> str:
    wanted = tokens.NewToken("polres-muna", ["submit"], "gateway of the office")
    return tokens.make(operation, wanted, datetime.now(UTC))


def test_it_ends_members_tokens_and_keys_in_one_step_that_the_log_tells(
    operation, member, signed_in, token
):
    officer, client = member("kabagops-muna"), signed_in("kabagops-muna")
    actions.do(officer, "countersign_key.publish", "", {"public": KEY.public.vkey})
    before = record.current_picture(operation).seq
    done = institutions.let_institution_go(operation, "polres-muna", WHY, "polda-sultra")
    assert (done.members, done.tokens, done.keys, done.successor) == (
        2, 1, ("Q-0001",), "polda-sultra")  # fmt: skip
    told = [(one.by, one.kind, one.subject) for one in record.entries(operation, before)]
    assert told == [
        ("host-admin", "institution.left", "polres-muna"),
        ("host-admin", "member.left", "kabagops-muna"),
        ("host-admin", "member.left", "pam-tps"),
        ("host-admin", "countersign_key.revoked", "Q-0001"),
    ]
    assert client.get("/").status_code == 302  # the session has ended
    with pytest.raises(AccessDenied, match="takes part no longer"):
        actions.do(officer, "post.report", "", {"region": "74.03"})
    with pytest.raises(tokens.Unauthorised, match="revoked"):
        tokens.gate.check(token, "192.0.2.1")
    with pytest.raises(NotAllowed, match="left already"):
        institutions.let_institution_go(operation, "polres-muna", WHY)
    with pytest.raises(NotAllowed, match="come back first"):
        accounts.admit_one(operation, "muna-2", "polres-muna", "operator")


def test_pages_say_that_it_left_and_who_speaks_for_it(operation, signed_in):
    institutions.let_institution_go(operation, "kpu-wakatobi", WHY, "kpu-prov")
    page = signed_in("observer").get("/sealing-keys?hl=en", HTTP_ACCEPT_LANGUAGE="en")
    text = page.content.decode()
    assert WHY in text and "Institutions that left" in text
    log = signed_in("posko").get("/log", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "Institution – left" in log and "(left)" in log


def test_a_report_that_it_held_to_verify_waits_again(operation, member):
    report = next(
        one for one in record.current_picture(operation).reports.values()
        if one.state in ("recorded", "acknowledged") and one.owner != "bawaslu-prov"
        and one.handling == "institutions"
    )  # fmt: skip
    actions.do(member("bawaslu-prov"), "report.take_up", report.id, {})
    assert record.current_picture(operation).reports[report.id].taken_by == "bawaslu-prov"
    institutions.let_institution_go(operation, "bawaslu-prov", "It was dissolved.")
    assert record.current_picture(operation).reports[report.id].taken_by is None


def test_it_comes_back_and_its_members_are_admitted_anew(operation):
    institutions.let_institution_go(operation, "kpu-wakatobi", WHY)
    with pytest.raises(NotAllowed, match="takes part"):
        institutions.let_institution_back(operation, "kpu-prov", WHY)
    institutions.let_institution_back(operation, "kpu-wakatobi", "The merger was undone.")
    assert accounts.admit_one(operation, "kpu-wakatobi-2", "kpu-wakatobi", "operator")
    stands = {one.agency: one for one in institutions.standings(operation)}
    assert (stands["kpu-wakatobi"].state, stands["kpu-wakatobi"].members) == ("returned", 1)


@pytest.mark.parametrize(
    ("agency", "reason", "successor", "why"),
    [
        ("nobody", WHY, "", "there is no institution nobody"),
        ("kpu-wakatobi", WHY, "nobody", "there is no institution nobody"),
        ("bawaslu-prov", WHY, "polda-sultra", "cannot speak for bawaslu-prov"),
        ("kpu-wakatobi", WHY, "kpu-wakatobi", "cannot speak for kpu-wakatobi"),
        ("kpu-wakatobi", "  ", "", "say why"),
        ("kpu-wakatobi", "call 081234567890", "", "may name a person"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_is_kept(operation, agency, reason, successor, why):
    before = record.current_picture(operation).seq
    with pytest.raises(NotAllowed, match=why):
        institutions.let_institution_go(operation, agency, reason, successor)
    assert record.current_picture(operation).seq == before
    assert Member.objects.filter(agency="kpu-wakatobi", user__is_active=True).exists()


def test_what_its_tokens_sent_before_is_still_filed(operation, token):
    """The step that shuts a door loses nothing that had come in by it."""
    assert TokenRow.objects.filter(agency="polres-muna", revoked_at=None).count() == 1
    institutions.let_institution_go(operation, "polres-muna", WHY)
    assert not TokenRow.objects.filter(agency="polres-muna", revoked_at=None).exists()
    actor = Actor("token-x", "polres-muna", "reporter")
    deed = actions.Deed(operation, actor, "post.report", "", {"region": "74.03"},
                        actions.now_of(operation))  # fmt: skip
    assert actions.perform(deed)[0].kind == "post.reported"


# -- keys -------------------------------------------------------------------------------------


def test_where_a_key_was_published_the_room_takes_no_other_and_no_revoked_one(operation, member):
    officer = member("kpu-prov")
    actions.do(officer, "countersign_key.publish", "", {"public": KEY.public.vkey})
    seal = actions.do(member("posko"), "seal.sign", "", {})[0].subject
    with pytest.raises(NotAllowed, match="published another key, Q-0001"):
        actions.do(officer, "seal.countersign", seal, {"key": f"{OTHER.public.vkey}\nx"})
    stored = ceremony.stored_seal(operation, seal)
    signed = cosign(stored.checkpoint, KEY, datetime.now(UTC).replace(microsecond=0))
    handed = replace(stored, checkpoint=signed).data
    made = ceremony.hand_in(officer, seal, handed)  # its line need not be given: it is published
    assert made[0].kind == "seal.countersigned"
    with pytest.raises(NotAllowed, match="countersigned"):
        actions.do(officer, "seal.countersign", seal, {"key": f"{KEY.public.vkey}\nx"})
    institutions.retire_key(operation, "Q-0001", "The carrier is lost.")
    with pytest.raises(NotAllowed, match="Q-0001 is revoked"):
        actions.do(officer, "seal.countersign", seal, {"key": f"{KEY.public.vkey}\nx"})
    with pytest.raises(NotAllowed, match="is that of kpu-prov"):
        actions.do(member("bawaslu-prov"), "seal.countersign", seal,
                   {"key": f"{KEY.public.vkey}\nx"})  # fmt: skip


def test_a_lost_key_is_retired_by_the_host_and_told_in_the_log(operation, member):
    actions.do(member("kpu-prov"), "countersign_key.publish", "", {"public": KEY.public.vkey})
    assert institutions.retire_key(operation, "Q-0001", "Both carriers are lost.") == "kpu-prov"
    told = record.entries(operation)[-1]
    assert (told.by, told.kind, told.handling) == (
        "host-admin", "countersign_key.revoked", "public")  # fmt: skip
    for ident, why in (("Q-0001", "revoked already"), ("Q-0009", "there is no key"),
                       ("X", "anoa admin keys")):  # fmt: skip
        with pytest.raises(NotAllowed, match=why):
            institutions.retire_key(operation, ident, "Lost.")


def test_the_list_of_keys_holds_no_secret(operation, member):
    actions.do(member("posko"), "seal.sign", "", {})
    found = institutions.keys(operation)
    secrets = [one for one in found if one.what == "secret"]
    assert {"session.key"} <= {one.id for one in secrets}
    assert all(one.public == "" and one.state == "kept" for one in secrets)
    assert [one for one in found if one.what == "log"]


def test_the_page_lists_keys_for_everybody_and_lets_an_officer_publish(signed_in, operation):
    client = signed_in("kpu-prov")
    page = client.get("/sealing-keys", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert "Publish the key by which we countersign" in page
    sent = {"verb": "countersign_key.publish", "subject": "", "public": KEY.public.vkey}
    assert client.post("/sealing-keys", sent).status_code == 302
    shown = signed_in("observer").get("/sealing-keys", HTTP_ACCEPT_LANGUAGE="en").content.decode()
    assert KEY.public.vkey.replace("+", "&#x2B;") in shown or KEY.public.vkey in shown
    assert "Publish the key by which we countersign" not in shown


# -- the commands -----------------------------------------------------------------------------


def test_the_commands_list_beside_a_server_and_let_go_without_one(tmp_path):
    data = tmp_path / "data"
    with room(data) as running:
        passwords = running.passwords
        listed = anoa(data, "admin", "institutions", "--json")
        found = {one["agency"]: one for one in json.loads(listed.stdout)}
        assert found["kpu-wakatobi"]["state"] == "takes part"
        held = anoa(data, "admin", "institution-left", "kpu-wakatobi", "--reason", WHY)
        assert held.returncode == 2 and len(held.stderr.splitlines()) == 1
    left = anoa(data, "admin", "institution-left", "kpu-wakatobi", "--reason", WHY,
                "--successor", "kpu-prov")  # fmt: skip
    assert left.returncode == 0, left.stderr
    assert "kpu-prov speaks for them" in left.stdout
    assert "kpu-wakatobi  left -> kpu-prov" in anoa(data, "admin", "institutions").stdout
    members = json.loads(anoa(data, "admin", "members", "--json").stdout)
    assert [one["takes_part"] for one in members if one["member"] == "kpu-wakatobi"] == [False]
    assert "secret" in anoa(data, "admin", "keys").stdout
    unknown = anoa(data, "admin", "retire-key", "K-0001", "--reason", "Lost.")
    assert unknown.returncode == 2 and "anoa admin keys" in unknown.stderr
    with room(data, command="serve") as running:
        browser = Browser(running.address)
        answer = browser.sign_in("kpu-wakatobi", passwords["kpu-wakatobi"])
        assert answer.status == 403 and "Akun ini ditutup" in answer.text
        assert browser.get("").status == 302
