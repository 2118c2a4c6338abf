"""The page where reports are verified: batches, holds, proposals, and who is told what."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from tests.room.running import Browser, Room, room
from tests.room.test_pages import body

from anoa.coordination.reporting import UNDER_VERIFICATION
from anoa.errors import InputError
from anoa.room import actions, record

REPORT = {
    "region": "74.03", "sub_district": "74.03.06", "threat_type": "rumor", "object": "activity",
    "place_class": "online", "reliability": "F", "credibility": "6", "obtained": "told",
}  # fmt: skip


@pytest.fixture
def file(member, operation):
    def filed(who: str, **changes: str) -> str:
        at = record.current_picture(operation).at
        assert at is not None
        data = REPORT | {"observed_at": at.isoformat()} | changes
        return str(actions.do(member(who), "report.file", "", data)[0].subject)

    return filed


def take(client, **wish: str):
    data = {"verb": "report.take_batch", "subject": "", "count": "1", "order": "oldest"} | wish
    client.cookies["django_language"] = "en"
    return client.post("/triage", data, follow=True)


def held(operation) -> dict[str, str]:
    found = record.current_picture(operation).taken_reports()
    return {one.id: str(one.taker) for one in found}


def test_a_batch_is_taken_from_the_page_and_is_listed_with_its_time(signed_in, operation, file):
    ident = file("bawaslu-prov", sub_district="74.03.06")
    client = signed_in("kpu-prov")
    page = take(client, count="20", place="74.03").content.decode()
    assert held(operation)[ident] == "kpu-prov"
    assert f"/reports/{ident}" in page and "held until" in page and "Judge the report" in page
    assert record.current_picture(operation).reports[ident].state == UNDER_VERIFICATION


def test_two_who_press_one_after_the_other_get_different_reports(signed_in, operation, file):
    for _ in range(4):
        file("bawaslu-prov")
    take(signed_in("kpu-prov"), count="3", place="74.03")
    first = set(held(operation))
    take(signed_in("posko"), count="3", place="74.03")
    assert first and set(held(operation)) > first
    by_member = {}
    for ident, who in held(operation).items():
        by_member.setdefault(who, set()).add(ident)
    assert by_member["kpu-prov"].isdisjoint(by_member["posko"])


def test_others_read_which_institution_holds_a_report_and_never_who(signed_in, operation, file):
    ident = file("bawaslu-prov")
    take(signed_in("kpu-prov"), count="20", place="74.03")
    for who in ("posko", "bawaslu-prov", "fkub"):
        client = signed_in(who)
        page = body(client, f"/reports/{ident}")
        assert "under verification" in page.lower() and "KPU" in page
        assert "kpu-prov" not in page
        assert "kpu-prov" not in body(client, "/triage")


def test_the_second_to_judge_gets_a_clear_answer_and_what_was_typed_stays(
    signed_in, operation, file
):
    ident = file("bawaslu-prov")
    take(signed_in("kpu-prov"), count="20", place="74.03")
    typed = {"verb": "report.judge", "subject": ident, "verdict": "refuted",
             "reason": "Seen otherwise here."}  # fmt: skip
    second = signed_in("posko")
    second.cookies["django_language"] = "en"
    answer = second.post(f"/reports/{ident}", typed)
    page = answer.content.decode()
    assert answer.status_code == 422 and "is being verified by" in page
    assert "Seen otherwise here." in page
    signed_in("kpu-prov").post("/triage", typed | {"verdict": "verified"})
    assert record.current_picture(operation).reports[ident].state == "verified"
    assert ident not in held(operation)


@pytest.mark.parametrize("who", ["observer", "auditor", "host-admin", "governor-reader"])
def test_who_verifies_nothing_gets_no_triage_page(signed_in, who):
    assert signed_in(who).get("/triage").status_code in (302, 403)
    assert "/triage" not in body(signed_in("observer"), "/reports")


@pytest.mark.parametrize("wish", [
    {"count": 0}, {"count": 51}, {"count": "many"}, {}, {"count": 2, "place": "99.99"},
    {"count": 2, "order": "by member"},
])  # fmt: skip
def test_a_wish_that_cannot_be_is_refused_field_by_field(member, operation, wish):
    seq = record.current_picture(operation).seq
    with pytest.raises(InputError):
        actions.do(member("kpu-prov"), "report.take_batch", "", wish)
    assert record.current_picture(operation).seq == seq


def test_reports_named_by_the_sender_do_not_jump_the_queue(member, operation, file):
    """The room chooses; ids that a client sends along are not read."""
    first, second = file("bawaslu-prov"), file("bawaslu-prov")
    entries = actions.do(member("kpu-prov"), "report.take_batch", "", {
        "count": 1, "place": "74.03", "reports": [second],
    })  # fmt: skip
    taken = [entry.subject for entry in entries if entry.kind == "report.taken_up"]
    assert len(taken) == 1 and taken != [second]
    assert first


def test_reports_of_two_institutions_are_proposed_as_one_event_with_grounds(
    signed_in, operation, file
):
    one, other = file("bawaslu-prov"), file("kesbangpol")
    page = body(signed_in("kpu-prov"), f"/reports/{one}")
    assert "May tell of the same event" in page and other in page
    assert "same sub-district" in page and "same type" in page
    assert "not validated" in page and "Kenya" in page
    assert record.current_picture(operation).reports[one].incident is None


def test_a_proposal_is_told_apart_on_the_page_and_compared_again(signed_in, operation, file):
    one, other = file("bawaslu-prov"), file("kesbangpol")
    client = signed_in("kpu-prov")
    said = {"subject": one, "report": other, "page": f"/reports/{one}", "next": f"/reports/{one}"}
    client.post(f"/reports/{one}", said | {"verb": "report.tell_apart", "reason": "Pasar lain."})
    for here, there in ((one, other), (other, one)):
        page = body(client, f"/reports/{here}")
        proposed, told = page.split("Told apart, another event:")
        assert there in told.split("</p>")[0] and f"with={there}" not in proposed
    client.post(f"/reports/{one}", said | {"verb": "report.compare_again"})
    assert f"with={other}" in body(client, f"/reports/{one}")


def test_an_incident_shows_what_may_belong_to_it_and_is_not_tied(
    member, signed_in, operation, file
):
    one, other = file("bawaslu-prov"), file("kesbangpol")
    at = record.current_picture(operation).at
    data = {name: REPORT[name] for name in ("region", "sub_district", "threat_type", "place_class")}
    data |= {"observed_at": at.isoformat(), "reports": [one]}
    opened = actions.do(member("bawaslu-prov"), "incident.open", "", data)[0].subject
    page = body(signed_in("bawaslu-prov"), f"/incidents/{opened}")
    assert other in page.split("May tell of the same event")[1].split("</section>")[0]
    assert signed_in("observer").get(f"/incidents/{opened}").status_code == 404


def test_an_outsider_sees_no_proposal_of_what_is_not_public(signed_in, operation, file):
    one = file("bawaslu-prov", handling="public")
    file("kesbangpol")
    page = body(signed_in("observer"), f"/reports/{one}")
    assert "May tell of the same event" not in page


def test_a_proposal_is_followed_by_a_form_that_holds_both_reports(signed_in, operation, file):
    one, other = file("bawaslu-prov"), file("kesbangpol")
    page = body(signed_in("kpu-prov"), f"/reports/{one}?with={other}")
    form = page[page.index('id="act-incident-open-new"') :]
    checked = re.findall(r'value="(R-\d{4})"[^>]*checked', form)
    assert set(checked) == {one, other}


def test_recorded_and_verified_stand_apart_on_every_count(signed_in, operation, file):
    one, other = file("bawaslu-prov"), file("bawaslu-prov")
    actions_of = signed_in("kpu-prov")
    actions_of.post(f"/reports/{one}", {"verb": "report.judge", "subject": one,
                    "verdict": "verified", "reason": "Seen."})  # fmt: skip
    client = signed_in("posko")
    for path in ("/", "/region/74.03", "/reports", "/reports?place=74.03"):
        page = body(client, path)
        assert re.search(r"recorded <strong>\d+</strong>", page), path
        assert re.search(r"> ?verified <strong>\d+</strong>|verified <strong>", page), path
    assert other


def test_an_incident_tells_how_many_chains_speak_for_it(signed_in, operation, member, file):
    one, two = file("posko"), file("kabagops-muna")
    at = record.current_picture(operation).at
    opened = actions.do(member("posko"), "incident.open", "", {
        "region": "74.03", "threat_type": "rumor", "place_class": "online",
        "observed_at": at.isoformat(), "reports": [one, two],
    })[0].subject  # fmt: skip
    page = body(signed_in("kpu-prov"), f"/incidents/{opened}")
    assert "1 chain of command speaks for it" in page
    form = body(signed_in("posko"), f"/incidents/{opened}")
    assert "Untie a report from this incident" in form


def test_the_page_of_the_past_offers_nothing_to_take(signed_in, operation):
    at = record.current_picture(operation).at
    page = body(signed_in("kpu-prov"), f"/triage?at={at.isoformat().replace('+', '%2B')}")
    assert "Take them" not in page


# -- at once, over the network ----------------------------------------------------------------

NAMES = ("kpu-prov", "posko", "kesbangpol")
ROUNDS = 3


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory):
    with room(tmp_path_factory.mktemp("triage") / "data") as found:
        yield found


def entered(running: Room, name: str) -> Browser:
    browser = Browser(running.address)
    browser.sign_in(name, running.passwords[name])
    browser.get("triage?language=en")
    return browser


def at_once(*calls):
    """What each gave; all begin at the same moment."""
    gate = Barrier(len(calls))

    def begin(call):
        gate.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as pool:
        return [future.result() for future in [pool.submit(begin, call) for call in calls]]


def filed_by(browser: Browser, count: int) -> None:
    observed = re.search(r'name="observed_at"[^>]*value="([^"]+)"', browser.get("reports").text)
    assert observed
    for _ in range(count):
        answer = browser.post(
            "reports", verb="report.file", subject="", observed_at=observed[1], **REPORT
        )
        assert answer.status == 302


def mine(browser: Browser) -> set[str]:
    page = browser.get("triage").text
    part = page[page.index('id="h-mine"') : page.index('id="h-take"')].split('id="h-others"')[0]
    return set(re.findall(r'id="h-(R-\d{4})"', part))


def test_members_who_press_at_the_same_moment_get_disjoint_batches(running):
    """Of other institutions, and of one: two windows of one member are two presses."""
    filed_by(entered(running, "bawaslu-prov"), 12)
    desks = [entered(running, name) for name in NAMES]
    for _ in range(ROUNDS):
        before = [mine(desk) for desk in desks]
        answers = at_once(*(
            lambda desk=desk: desk.post(
                "triage", verb="report.take_batch", subject="", count="1", order="oldest"
            )
            for desk in desks
        ))  # fmt: skip
        assert [answer.status for answer in answers] == [302] * len(desks)
        after = [mine(desk) for desk in desks]
        assert [len(now - old) for old, now in zip(before, after, strict=True)] == [1] * len(desks)
        taken = [ident for now in after for ident in now]
        assert len(taken) == len(set(taken)), "no report is held twice"


def test_two_who_judge_one_report_at_the_same_moment_one_is_told_and_nothing_is_lost(running):
    filed_by(entered(running, "bawaslu-prov"), 1)
    first, second = (entered(running, name) for name in NAMES[:2])
    ident = max(re.findall(r"R-\d{4}", first.get("reports?place=74.03").text))
    answers = at_once(*(
        lambda desk=desk, verdict=verdict: desk.post(
            f"reports/{ident}", verb="report.judge", subject=ident, verdict=verdict,
            reason=f"We find it {verdict}.",
        )
        for desk, verdict in ((first, "verified"), (second, "refuted"))
    ))  # fmt: skip
    by_status = {answer.status: answer.text for answer in answers}
    assert set(by_status) == {302, 422}
    assert "We find it" in by_status[422], "what the second one wrote is still there"
    assert ident in by_status[422]
    log = first.get("log/export").text
    assert log.count('"report.judged"') >= 1 and ident in log


def test_the_log_of_the_room_holds_every_report_taken_once(running):
    text = entered(running, "kpu-prov").get("log/export").text
    taken = re.findall(r'"kind":"report.taken_up".*?"subject":"(R-\d{4})"', text)
    assert len(taken) == len(set(taken)) >= ROUNDS * len(NAMES)
