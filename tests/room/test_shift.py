"""The shift page and the hand-over in the room: for whom, since when, and made again the same."""

import hashlib

import pytest
from tests.room.test_pages import body, send

from anoa.coordination.duty import current_duty
from anoa.room import actions, outgoing, record
from anoa.room.models import Member, SitrepFile


@pytest.fixture
def second(operation, member):
    """A second member of the police headquarters, with a client of its own."""
    from django.contrib.auth import get_user_model
    from django.test import Client

    from anoa.oplog import Entry

    at = actions.now_of(operation)
    admitted = Entry(0, at, "rule:opening", "anoa", "member.admitted", 1, "posko-2",
                     {"agency": "polda-sultra", "role": "operator"}, "institutions")  # fmt: skip
    record.write(operation, lambda picture: (admitted,))
    user = get_user_model().objects.create_user("posko-2", password=None)
    Member.objects.create(user=user, operation=operation, ident="posko-2",
                          agency="polda-sultra", role="operator")  # fmt: skip
    client = Client()
    client.force_login(user)
    return client


def duty(operation):
    return current_duty(record.current_picture(operation).duties.values(), "polda-sultra")


def test_a_duty_is_taken_handed_over_with_a_note_and_taken_by_another(signed_in, second, operation):
    posko = signed_in("posko")
    assert "Nobody of your institution has taken the duty yet" in body(posko, "/shift")
    assert send(posko, "/shift", "duty.take_over").status_code == 302
    note = {"to": "posko-2", "note": "Dermaga: tunggu kapal terakhir"}
    assert send(posko, "/shift", "duty.hand_over", "D-0001", **note).status_code == 302
    page = body(second, "/shift")
    assert "tunggu kapal terakhir" in page and 'name="after" value="D-0001"' in page
    assert send(second, "/shift", "duty.take_over", after="D-0001").status_code == 302
    assert (duty(operation).member, duty(operation).previous) == ("posko-2", "posko")
    page = body(posko, "/shift")
    assert "since your last duty ended" in page and "<strong>posko-2</strong>" in page


def test_of_two_who_press_at_once_the_second_is_told_and_keeps_the_form(signed_in, second):
    send(signed_in("posko"), "/shift", "duty.take_over")
    answer = send(second, "/shift", "duty.take_over")
    assert answer.status_code == 422
    assert b"posko took the duty over meanwhile (D-0001)" in answer.content


@pytest.mark.parametrize("name", ["governor-reader", "observer", "pam-tps"])
def test_who_has_no_such_role_takes_no_duty(signed_in, operation, name):
    client = signed_in(name)
    assert "duty." not in body(client, "/shift")
    before = record.current_picture(operation).seq
    assert send(client, "/shift", "duty.take_over").status_code == 422
    assert record.current_picture(operation).seq == before


def test_the_duty_of_another_institution_is_not_taken(signed_in, operation):
    send(signed_in("posko"), "/shift", "duty.take_over")
    other = signed_in("kpu-prov")
    for verb, subject, data in (
        ("duty.take_over", "", {"after": "D-0001"}), ("duty.hand_over", "D-0001", {}),
    ):  # fmt: skip
        assert send(other, "/shift", verb, subject, **data).status_code == 422
    assert duty(operation).member == "posko"


def test_the_observers_shift_shows_nothing_from_inside(signed_in):
    send(signed_in("posko"), "/shift", "duty.take_over")
    page = body(signed_in("observer"), "/shift")
    assert "their absence here says nothing" in page
    for word in ("D-0001", "Silent posts", "T-00", "R-00", "C-00", "A-00", 'name="verb"'):
        assert word not in page, word


def test_the_shift_says_what_changed_since_the_duty_and_who_is_silent(signed_in, operation):
    posko = signed_in("posko")
    send(posko, "/shift", "duty.take_over")
    page = body(posko, "/shift")
    assert "since a day before your duty began" in page and "Silent is not calm" in page
    send(posko, "/reports", "post.report", region="74.03")
    report = {
        "region": "74.03", "threat_type": "logistics_crowd", "place_class": "port",
        "observed_at": "2024-08-08T20:00", "object": "goods", "reliability": "B",
        "credibility": "2", "obtained": "seen",
    }  # fmt: skip
    filed = send(signed_in("kpu-prov"), "/reports", "report.file", **report)["Location"]
    ident = filed.rpartition("/")[2].partition("?")[0]
    changed = body(posko, "/shift").partition('id="h-changed"')[2].partition("</section>")[0]
    assert "New report" in changed and ident in changed
    assert "R-0001" not in changed


def test_the_shift_and_its_hand_over_are_told_by_the_tree_that_was_chosen(signed_in, operation):
    posko = signed_in("posko")
    civil, units = body(posko, "/shift?tree=civil"), body(posko, "/shift?tree=police")
    assert 'class="unit"' not in civil and 'class="unit"' in units
    silent = units.partition('id="h-silent"')[2].partition("</section>")[0]
    assert "Polres Kolaka" in silent and '/unit/polres-konawe"' in silent
    assert "/unit/" not in civil.partition('id="h-silent"')[2].partition("</section>")[0]
    assert '<option value="police" selected>' in units
    send(posko, "/shift", "sitrep.issue", report="handover", language="en", tree="police")
    issued = list(record.current_picture(operation).sitreps.values())[-1]
    assert (issued.report, issued.tree) == ("handover", "police")
    assert "Counted by" in body(posko, f"/daily-reports/{issued.id}.html")
    answer = send(posko, "/shift", "sitrep.issue", report="handover", language="en", tree="stars")
    assert answer.status_code == 422


def test_a_hand_over_is_numbered_by_itself_and_for_its_institution_alone(signed_in, operation):
    posko, other = signed_in("posko"), signed_in("kpu-prov")
    daily = {one.number for one in record.current_picture(operation).sitreps.values()}
    for client in (posko, posko, other):
        answer = send(client, "/shift", "sitrep.issue", report="handover", language="en")
        assert answer.status_code == 302
    sheets = [one for one in record.current_picture(operation).sitreps.values()
              if one.report == "handover"]  # fmt: skip
    assert [(one.owner, one.number) for one in sheets] == [
        ("polda-sultra", 1), ("polda-sultra", 2), ("kpu-prov", 1),
    ]  # fmt: skip
    assert str(sheets[0].handling) == "sealed"
    for form in ("html", "pdf", "txt"):
        address = f"/daily-reports/{sheets[0].id}.{form}"
        assert posko.get(address).status_code == 200
        for reader in ("kpu-prov", "observer", "governor-reader"):
            assert signed_in(reader).get(address).status_code == 404
    assert sheets[0].id not in body(other, "/daily-reports")
    send(posko, "/daily-reports", "sitrep.issue", report="daily", language="en")
    numbers = {one.number for one in record.current_picture(operation).sitreps.values()
               if one.report == "daily"}  # fmt: skip
    assert numbers == daily | {max(daily, default=0) + 1}


def test_a_hand_over_is_made_again_from_the_log_with_the_same_bytes(
    signed_in, operation, tmp_path, member
):
    from anoa.cli.sitrep import material_of
    from anoa.logfile import read_log
    from anoa.sitrep import compose_handover, render_html

    posko = signed_in("posko")
    send(posko, "/shift", "duty.take_over")
    send(posko, "/reports", "post.report", region="74.03")
    send(posko, "/shift", "sitrep.issue", report="handover", language="id")
    issued = list(record.current_picture(operation).sitreps.values())[-1]
    file = tmp_path / "log.jsonl"
    widest = record.pack_of(operation).agencies["polda-sultra"].sees
    file.write_bytes(outgoing.log_bytes(operation, "polda-sultra", widest))
    log = read_log(file)
    material = material_of(log, issued.as_of, None, "polda-sultra", "handover")
    assert material.issued == issued
    again = render_html(compose_handover(
        material.picture, record.pack_of(operation), at=issued.as_of, agency="polda-sultra",
        previous=material.previous, number=issued.number, language=issued.language,
    )).encode()  # fmt: skip
    assert again == bytes(SitrepFile.objects.get(ident=issued.id, form="html").content)
    assert hashlib.sha256(again).hexdigest() == issued.digest
