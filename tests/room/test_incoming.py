"""What forms of the field become: stations, materials, calls for help, findings, words."""

import itertools
import json
from datetime import UTC, datetime

import pytest
from tests.openrosa_material import filled_in

from anoa.openrosa import parse_submission
from anoa.room import record, stations
from anoa.room.intake import openrosa_sending
from anoa.room.intake.filing import file_some
from anoa.room.intake.json_front import arrival_of
from anoa.room.intake.meaning import MEANINGS
from anoa.room.intake.multipart import Part, Parts
from anoa.room.intake.openrosa_forms import Shelf
from anoa.room.intake.storing import opened, seal, store, trouble
from anoa.room.intake.tokens import Bearer, NewToken, make
from anoa.room.intake.urgent import unheld_of
from anoa.room.intake.values import Arrival, Channel
from anoa.room.models import SubmissionRow

NUMBERS = itertools.count()
BEARER = Bearer("t", "", frozenset({"submit"}), frozenset(), "polres-muna", "", "", None)
STATION = {"sub_district": "74.03.06", "polling_station": "74.03.06-001"}
WORD = "Neighbours of the market fear that the youth of both sides meet tonight"


@pytest.fixture(autouse=True)
def fresh():
    stations.forget()
    yield
    stations.forget()


@pytest.fixture
def send(operation):
    """Send the answers to a form as an institution, have them filed, and give the row."""

    def sent(form: str, agency: str, version: str = "", token: str = "t",
             channel: Channel = Channel.API, **fields):  # fmt: skip
        pack = record.pack_of(operation)
        arrival = Arrival(
            f"s-{next(NUMBERS)}", form, version or pack.forms[form].version, channel, token,
            agency, "", repr(fields).encode(), fields,
            observed_at=datetime(2024, 8, 1, tzinfo=UTC),
        )  # fmt: skip
        (receipt,) = store([seal(operation.pk, arrival)])
        file_some(operation)
        return SubmissionRow.objects.get(number=receipt.number)

    return sent


def page(client, path: str, language: str = "en") -> str:
    client.cookies["django_language"] = language
    answer = client.get(path)
    assert answer.status_code == 200, path
    return answer.content.decode()


def picture(operation):
    return record.current_picture(operation)


# -- when it was seen ------------------------------------------------------------------------

SEEN = {"region": "74.03", "place_class": "market", "obtained": "seen", "threat_type": "rumor",
        "reliability": "C", "credibility": "3"}  # fmt: skip


@pytest.mark.parametrize("channel", [Channel.API, Channel.BULK, Channel.WEBHOOK])
def test_the_time_beside_the_answers_counts_where_the_form_asks_for_it(send, operation, channel):
    row = send("incident", "polres-muna", channel=channel, **SEEN)
    assert row.state == "filed", trouble(row)
    report = picture(operation).reports[row.subject]
    assert report.observed_at == datetime(2024, 8, 1, tzinfo=UTC)


def test_the_answer_itself_goes_before_the_time_beside_it(send, operation):
    row = send("incident", "polres-muna", **SEEN, observed_at="2024-07-30T08:00:00Z")
    report = picture(operation).reports[row.subject]
    assert report.observed_at == datetime(2024, 7, 30, 8, tzinfo=UTC)
    odd = send("incident", "polres-muna", **SEEN, observed_at="yesterday")
    assert odd.state == "needs_person", "what cannot be read is not replaced"


# -- whose form it is ------------------------------------------------------------------------

FINDING = {"form_number": "001/LHP/11/2024", "region": "74.03", "finding": "finding"}
PHASE = {**STATION, "phase": "arrival", "condition": "calm"}
BOXES = {"sub_district": "74.07.01", "stations": 1, "boxes": 2, "booths": 4, "schedule": "on_time"}
CHANNELS = [Channel.API, Channel.BULK, Channel.WEB]


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("form", "agency", "fields"),
    [
        ("oversight", "polres-muna", FINDING),
        ("oversight", "observers", FINDING),
        ("logistics", "observers", BOXES),
        ("station-duty", "kpu-wakatobi", PHASE),
        ("oversight", "no-institution", FINDING),
    ],
)
def test_a_form_of_other_institutions_is_stored_and_not_filed(
    send, operation, channel, form, agency, fields
):
    before = record.current_picture(operation).seq
    row = send(form, agency, channel=channel, **fields)
    assert (row.state, row.subject) == ("needs_person", "")
    assert trouble(row) == [f"the form '{form}' is not for this institution by this way"]
    assert opened(row)[0] == fields, "nothing of it is lost"
    assert record.current_picture(operation).seq == before


@pytest.mark.parametrize("channel", [Channel.API, Channel.BULK])
def test_a_form_by_a_channel_that_it_does_not_name_is_stored_and_not_filed(send, channel):
    fields = {"region": "74.03", "place_class": "market", "obtained": "seen",
              "threat_type": "rumor", "observed_at": "2024-08-01T07:00"}  # fmt: skip
    row = send("citizen", "polres-muna", channel=channel, **fields)
    assert trouble(row) == ["the form 'citizen' is not for this institution by this way"]
    assert send("citizen", "polres-muna", channel=Channel.WEB, **fields).state == "filed"


@pytest.mark.parametrize("channel", CHANNELS)
@pytest.mark.parametrize(
    ("form", "agency", "fields"),
    [
        ("oversight", "bawaslu-prov", FINDING), ("logistics", "kpu-wakatobi", BOXES),
        ("station-duty", "polres-muna", PHASE), ("station-help", "observers", STATION),
    ],
)  # fmt: skip
def test_the_own_forms_of_an_institution_are_filed_by_every_way(
    send, channel, form, agency, fields
):
    row = send(form, agency, channel=channel, **fields)
    assert row.state == "filed", trouble(row)


# -- stations -------------------------------------------------------------------------------


def test_officers_report_the_phases_of_their_station(send, operation, signed_in):
    send("station-duty", "polres-muna", **STATION, phase="arrival", condition="calm")
    row = send("station-duty", "polres-muna", **STATION, phase="opening", condition="attention",
               on_time="no", access=["sea"])  # fmt: skip
    assert (row.state, row.subject) == ("filed", "74.03.06-001")
    station = picture(operation).stations["74.03.06-001"]
    assert (station.phase, station.condition, station.late) == (
        "opening", "attention", ("opening",),
    )  # fmt: skip
    shown = page(signed_in("posko"), "/incoming")
    for part in ("74.03.06-001", "Needs attention", "Late: Station opened"):
        assert part in shown, part
    assert "placeholders, as the register is not imported yet" in shown


@pytest.mark.parametrize("extra", [{"votes": "120"}, {"picture": "x.jpg"}, {"name": "somebody"}])
def test_a_station_takes_no_count_no_picture_and_no_name(send, operation, extra):
    row = send("station-duty", "polres-muna", **STATION, phase="closing", condition="calm", **extra)
    assert row.state == "needs_person"
    assert "74.03.06-001" not in picture(operation).stations


def test_a_station_that_no_register_knows_waits_for_a_person(send):
    odd = {"sub_district": "74.03.06", "polling_station": "74.03.06-999"}
    row = send("station-duty", "polres-muna", **odd, phase="arrival", condition="calm")
    assert row.state == "needs_person"
    assert "not a place that is known here" in str(trouble(row)[0])


def test_an_outsider_sees_nothing_of_what_came_from_the_field(send, signed_in):
    send("station-duty", "polres-muna", **STATION, phase="arrival", condition="calm")
    send("station-help", "polres-muna", **STATION, need="transport")
    client = signed_in("observer")
    for path in ("/incoming", "/help", "/stations"):
        assert client.get(path).status_code == 403, path
    for path in ("/", "/log", "/region/74.03"):
        assert "74.03.06-001" not in page(client, path), path


# -- materials ------------------------------------------------------------------------------


def test_boxes_and_booths_are_compared_with_two_and_four_for_each_station(
    send, operation, signed_in
):
    row = send("logistics", "kpu-wakatobi", sub_district="74.07.01", stations=57, boxes=111,
               booths=230, schedule="on_time", papers="complete")  # fmt: skip
    assert row.state == "filed"
    one = picture(operation).logistics["74.07.01"]
    assert (one.boxes_expected, one.booths_expected) == (114, 228)
    assert (one.boxes_missing, one.booths_missing) == (3, -2)
    shown = " ".join(page(signed_in("kpu-prov"), "/incoming").split())
    assert "3 missing" in shown and "2 too many" in shown
    indonesian = page(signed_in("kpu-prov"), "/incoming", "id")
    assert "kurang 3" in indonesian and "lebih 2" in indonesian


def test_a_named_station_is_one_station(send, operation):
    send("logistics", "kpu-wakatobi", sub_district="74.07.01", polling_station="74.07.01-001",
         stations=9, boxes=2, booths=4, schedule="on_time")  # fmt: skip
    one = picture(operation).logistics["74.07.01-001"]
    assert (one.stations, one.boxes_missing, one.booths_missing) == (1, 0, 0)


def test_materials_for_nobody_knows_how_many_stations_wait_for_a_person(send):
    row = send("logistics", "kpu-wakatobi", sub_district="74.07.01", boxes=2, booths=4,
               schedule="on_time")  # fmt: skip
    assert row.state == "needs_person"


def test_late_materials_never_reach_the_upper_rungs_by_themselves(send, operation):
    before = {one.id for one in picture(operation).threats.values()}
    for code in (f"74.07.01-00{number}" for number in range(1, 6)):
        send("logistics", "kpu-wakatobi", sub_district="74.07.01", polling_station=code, boxes=0,
             booths=0, schedule="late")  # fmt: skip
    new = [one for one in picture(operation).threats.values() if one.id not in before]
    assert {str(one.rung) for one in new} <= {"potential"}


# -- calls for help -------------------------------------------------------------------------


def test_the_post_sees_unanswered_calls_first_and_answers_them(send, signed_in, operation):
    first = send("station-help", "polres-muna", **STATION, need="transport").subject
    second = send("station-help", "polres-muna", **STATION, need="medical").subject
    client = signed_in("posko")
    shown = page(client, "/help")
    assert shown.index(first) < shown.index(second), "the oldest on top"
    assert "Transport or a boat" in shown and "Medical help" in shown
    assert '<b class="count">2</b>' in page(client, "/"), "the menu counts them"
    answer = client.post("/help", {"verb": "help.acknowledge", "subject": first})
    assert answer.status_code == 302
    shown = page(client, "/help")
    assert shown.index(f'id="{second}"') < shown.index(f'id="{first}"')
    assert picture(operation).helps[first].acknowledged_by == "polda-sultra"


@pytest.mark.parametrize(
    "odd",
    [
        {"polling_station": "74.03.06-999"},  # of no register
        {"need": "something else"},
        {"waiting": "5"},  # not asked
        {"sub_district": ""},  # as a text message has it
        {"sub_district": "", "polling_station": "74.03.06-999"},
        {"sub_district": "99.99.99"},
        {"sub_district": "99.99.99", "polling_station": "99.99.99-001"},
        {"sub_district": "", "polling_station": ""},
        {"sub_district": ["74.03.06"], "polling_station": {"code": 1}, "need": None},
    ],
)
def test_an_odd_answer_never_keeps_a_call_from_the_post(send, signed_in, odd):
    row = send("station-help", "polres-muna", **{**STATION, "need": "medical", **odd})
    assert row.state == "filed", trouble(row)
    assert f'id="{row.subject}"' in page(signed_in("posko"), "/help")


@pytest.mark.parametrize("version", ["0", "99", "v-next"])
def test_a_call_on_another_version_of_the_form_is_heard(send, signed_in, version):
    row = send("station-help", "polres-muna", version, **STATION, need="medical")
    assert row.state == "filed", trouble(row)
    assert "Medical help" in page(signed_in("posko"), "/help")


@pytest.mark.parametrize(
    "more", [{"observed_at": "soon"}, {"fields": {"need": [[[[[[[[[[[[[[]]]]]]]]]]]]]]}}]
)
@pytest.mark.parametrize("channel", [Channel.API, Channel.BULK, Channel.WEB])
def test_a_call_that_a_program_sends_oddly_does_not_wait_in_the_inbox(operation, channel, more):
    held = {"id": "a", "form": "station-help", "version": "0", "fields": {"need": "medical"}}
    for form, is_held in (("station-help", False), ("station-duty", True)):
        body = json.dumps({**held, "form": form, **more}).encode()
        sent = arrival_of(body, BEARER, channel)
        assert bool(unheld_of(sent, operation.pk).problems) == is_held


def test_a_call_of_collect_on_another_version_does_not_wait_in_the_inbox(operation):
    pack = record.pack_of(operation)
    for form, is_held in (("station-help", False), ("station-duty", True)):
        xml = filled_in({"need": "medical"}, form=form, version="0")
        parts = Parts([Part("xml_submission_file", "", "text/xml", xml)], None)
        found = openrosa_sending.arrival_of(
            xml, parse_submission(xml, pack.forms), parts, Shelf(pack, BEARER)
        )
        assert bool(found.problems) == is_held


def test_a_call_from_nobody_knows_where_falls_back_on_the_region_of_its_token(
    send, signed_in, operation
):
    wanted = NewToken("polres-muna", ["submit"], "device 7", region="74.03")
    text = make(operation, wanted, datetime.now(UTC))
    row = send("station-help", "polres-muna", token=text.split("_")[1], need="medical")
    call = picture(operation).helps[row.subject]
    assert (call.region, call.sub_district, call.station) == ("74.03", None, "")
    shown = page(signed_in("posko"), "/help")
    assert "it is not known from which polling station" in shown
    nowhere = send("station-help", "polres-muna", need="medical")
    assert picture(operation).helps[nowhere.subject].region == "74"


@pytest.fixture
def unfiled(operation, send, monkeypatch):
    """A call that breaks the rules that file."""
    monkeypatch.setitem(MEANINGS, "help", lambda _case: 1 / 0)
    return send("station-help", "polres-muna", **STATION, need="medical")


def test_a_call_that_cannot_be_filed_is_listed_and_answered_all_the_same(
    unfiled, signed_in, operation
):
    assert unfiled.state == "needs_person"
    client = signed_in("posko")  # of another institution than the sender's
    shown = page(client, "/help")
    assert f'id="unfiled-{unfiled.number}"' in shown
    assert '<span class="count">1</span>' in shown and "74.03.06-001" not in shown
    assert client.post(f"/help/{unfiled.number}").status_code == 302
    unfiled.refresh_from_db()
    call = picture(operation).helps[unfiled.subject]
    assert (unfiled.state, call.acknowledged_by) == ("filed", "polda-sultra")
    again = client.post(f"/help/{unfiled.number}", follow=True).content.decode()
    assert "dealt with already" in again
    assert len(picture(operation).helps) == 1


def test_an_outsider_neither_sees_nor_answers_a_call_that_was_not_filed(unfiled, signed_in):
    client = signed_in("observer")
    assert client.get("/help").status_code == 403
    assert client.post(f"/help/{unfiled.number}").status_code == 403
    assert signed_in("pam-tps").post(f"/help/{unfiled.number}").status_code == 302
    unfiled.refresh_from_db()
    assert unfiled.state == "needs_person", "who is on duty at a station answers no calls"


def test_other_submissions_are_not_answered_as_calls(send, signed_in):
    row = send("station-duty", "polres-muna", phase="arrival", condition="calm")
    signed_in("posko").post(f"/help/{row.number}")
    row.refresh_from_db()
    assert row.state == "needs_person"


def test_who_is_on_duty_at_a_station_is_offered_no_answer(send, signed_in):
    send("station-help", "polres-muna", **STATION, need="transport")
    assert 'value="help.acknowledge"' not in page(signed_in("pam-tps"), "/help")


# -- findings -------------------------------------------------------------------------------


def test_findings_stand_apart_and_raise_nothing(send, operation, signed_in):
    before = len(picture(operation).threats)
    for number, kind in (("012/LHP/11/2024", "none"), ("013/LHP/11/2024", "finding")):
        row = send("oversight", "bawaslu-prov", form_number=number, region="74.03", finding=kind)
        assert row.state == "filed"
    again = send("oversight", "bawaslu-prov", form_number="013 /LHP/11/2024", region="74.03",
                 finding="dispute")  # fmt: skip
    assert again.state == "needs_person", "a number stands once"
    shown = page(signed_in("bawaslu-prov"), "/incoming")
    heads = [shown.index("Findings and disputes"), shown.index("Without a finding")]
    assert heads[0] < shown.index("013/LHP/11/2024") < heads[1] < shown.index("012/LHP/11/2024")
    assert len(picture(operation).threats) == before


# -- words ----------------------------------------------------------------------------------


@pytest.fixture
def word(send):
    """A word that a forum passed on to the supervisor alone."""
    row = send("leader-word", "fkub-prov", receivers=["bawaslu-prov"], sub_district="74.03.06",
               observed_at="2024-08-01T17:30", concern="tension", account=WORD)  # fmt: skip
    assert row.state == "filed", [str(one) for one in trouble(row)]
    return row


def test_whom_the_sender_chose_reads_the_word_and_says_so(word, signed_in, operation):
    client = signed_in("bawaslu-prov")
    shown = page(client, "/incoming")
    assert WORD in shown and "Tension between neighbours" in shown
    sent = {"verb": "word.acknowledge", "subject": word.subject}
    assert client.post("/incoming", sent).status_code == 302
    assert picture(operation).words[word.subject].acknowledged == ("bawaslu-prov",)
    assert "read" in page(signed_in("fkub"), "/incoming")


@pytest.mark.parametrize("name", ["posko", "kabagops-muna", "kesbangpol", "governor-reader"])
def test_the_police_and_others_see_place_and_part_of_the_day_of_a_word_not_addressed_to_them(
    word, signed_in, operation, name
):
    client = signed_in(name)
    shown = page(client, "/incoming")
    assert "in the afternoon" in shown
    assert "not addressed to your institution" in shown
    for hidden in (WORD, "Tension between neighbours", word.subject, "word.acknowledge"):
        assert hidden not in shown, hidden
    log = page(client, "/log") + client.get("/log/export").content.decode()
    assert '"tension"' not in log and word.subject not in log
    sent = {"verb": "word.acknowledge", "subject": word.subject}
    assert client.post("/incoming", sent).status_code == 422
    assert not picture(operation).words[word.subject].acknowledged


def test_what_a_word_says_never_stands_in_the_log(word, operation):
    assert all(WORD[:20] not in str(entry.data) for entry in record.entries(operation))


def test_a_call_that_comes_again_by_another_way_is_one_call_until_it_is_answered(
    send, operation, signed_in
):
    asked = STATION | {"need": "medical"}
    first = send("station-help", "polres-muna", channel=Channel.SMS, **asked)
    again = send("station-help", "polres-muna", channel=Channel.WEB, **asked)
    assert (first.state, again.state) == ("filed", "filed")
    assert first.subject == again.subject
    others = (
        send("station-help", "polres-muna", **(asked | {"need": "crowd"})),
        send("station-help", "kpu-wakatobi", **asked),
    )
    assert len({first.subject, *(one.subject for one in others)}) == 3
    answered = signed_in("kabagops-muna").post(
        "/help", {"verb": "help.acknowledge", "subject": first.subject}
    )
    assert answered.status_code == 302
    later = send("station-help", "polres-muna", channel=Channel.WEB, **asked)
    assert later.subject not in ("", first.subject)
