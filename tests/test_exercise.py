"""The whole exercise, from the meeting of 6 August 2024 to the ruling of 24 February 2025."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import count, pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from anoa.coordination import VERBS, Actor, act
from anoa.coordination.kinds import KINDS
from anoa.errors import NotAllowed
from anoa.logfile import LogFile, LogHeader
from anoa.oplog import Entry
from anoa.pack import Inject, Pack, PastIncident, load_pack
from anoa.picture import Picture, Player, enrich, opening, play
from anoa.seals import root_of
from anoa.sitrep import compose_sitrep, render_html, render_text
from anoa.situation import place_of, situation

PACK = Path(__file__).parent.parent / "packs" / "sultra-2024"
WITA = ZoneInfo("Asia/Makassar")
FIRST, LAST = date(2024, 8, 6), date(2025, 2, 24)


@pytest.fixture(scope="module")
def pack() -> Pack:
    return load_pack(PACK)


def salt() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"{next(numbers):032x}"


@pytest.fixture(scope="module")
def whole(pack: Pack) -> tuple[Picture, tuple[Entry, ...]]:
    return play(pack, pack.exercise.injects, salt())


@pytest.fixture(scope="module")
def answers(pack: Pack) -> list[tuple[Inject, tuple[Entry, ...]]]:
    """Each inject with the entries it made, the answers of rules among them."""
    player = Player(pack, salt())
    player.settle(opening(pack, pack.exercise.injects[0].at, exercise=True))
    return [(inject, player.inject(inject)) for inject in pack.exercise.injects]


def moves(picture: Picture) -> dict[str, list[tuple[str, datetime]]]:
    return {t.id: [(str(m.to), m.at) for m in t.moves] for t in picture.threats.values()}


# -- as a log -------------------------------------------------------------------------------


def test_it_spans_the_days_from_the_meeting_to_the_ruling(pack, whole):
    days = [entry.at.astimezone(WITA).date() for entry in whole[1]]
    assert (days[0], days[-1]) == (FIRST, LAST)
    assert {f"{day:%Y-%m}" for day in days} == {
        *("2024-08", "2024-09", "2024-10", "2024-11", "2024-12", "2025-01", "2025-02")
    }


def test_played_twice_it_gives_the_same_log_and_replay_the_same_picture(pack, whole):
    assert play(pack, pack.exercise.injects, salt())[1] == whole[1]
    assert Picture.replay(whole[1]) == whole[0]
    header = LogHeader(pack.id, pack.digest, pack.time_zone, exercise=True)
    assert len(LogFile(header, whole[1]).lines) == whole[0].seq


def test_every_verb_is_done_and_every_kind_of_entry_made_but_few(pack, whole):
    # Keys are made in a browser, nobody of the cast loses a phone, and none sends a picture.
    by_page = {
        "member.reset_factor", "sealing_key.publish", "sealing_key.retire",
        "countersign_key.publish", "countersign_key.revoke", "report.check_picture",
        "help.open_contact", "deletion.certify",
    }  # fmt: skip
    assert {inject.verb for inject in pack.exercise.injects} == set(VERBS) - by_page
    never = set(KINDS) - {entry.kind for entry in whole[1]}
    # Nobody leaves the cast or is limited, and no verified incident loses its proof.
    assert never == {
        "member.left", "member.limited", "incident.unverified", "member.factor_reset",
        "sealed.recorded", "sealing_key.published", "sealing_key.retired", "institution.left",
        "institution.returned", "countersign_key.published", "countersign_key.revoked",
        "report.picture_checked", "help.contact_opened", "deletion.certified",
    }  # fmt: skip


def test_every_answer_of_a_rule_names_an_earlier_cause(whole):
    for entry in whole[1]:
        assert entry.cause is None or entry.cause < entry.seq


# -- around what the sources tell -------------------------------------------------------------


def in_window(pack: Pack) -> Iterator[PastIncident]:
    return (i for i in pack.history if FIRST <= i.date <= LAST)


def test_every_sourced_incident_of_those_days_stands_in_the_exercise(pack, answers):
    sourced = {inject.source for inject, _ in answers}
    found = {incident.id for incident in in_window(pack)}
    assert len(found) == 7
    assert found <= sourced


def test_a_sourced_incident_is_reported_on_its_day_in_its_region_and_class_of_place(pack, answers):
    for incident in in_window(pack):
        kind = pack.history_types[incident.type].klass
        made = [e for inject, entries in answers if inject.source == incident.id for e in entries]
        filed = [entry.data for entry in made if entry.kind == "report.filed"]
        if kind != "threat":
            assert not filed
            continue
        same = [data for data in filed if data["threat_type"] != "state_conduct"]
        assert same, incident.id
        for data in same:
            day = datetime.fromisoformat(data["observed_at"]).astimezone(WITA).date()
            place = (day, data["region"], data["place_class"])
            assert place == (incident.date, incident.region, incident.place_class)


def test_the_words_say_what_is_sourced_and_what_is_invented(pack):
    for incident in in_window(pack):
        words = " ".join(
            value for inject in pack.exercise.injects if inject.source == incident.id
            for value in inject.data.values() if isinstance(value, str)
        )  # fmt: skip
        assert "sumber" in words and "rekaan" in words, incident.id


def test_stages_and_rulings_come_on_their_days(pack):
    for inject in pack.exercise.injects:
        stage = pack.stages.get(inject.source)
        if stage is None:
            continue
        day = pack.local(inject.at).date()
        assert (stage.starts or day) <= day <= (stage.ends or day), inject.number
    told = {inject.source for inject in pack.exercise.injects}
    assert {
        "registration", "order_draw", "quiet_period", "voting", "tabulation_province",
        "court_register", "court_dismissals", "inauguration", "court_ruling_buton_tengah",
    } <= told  # fmt: skip


def test_the_sources_of_its_injects_are_of_the_pack(pack):
    known = {*(one.id for one in pack.history), *pack.stages, *pack.sources}
    assert {inject.source for inject in pack.exercise.injects if inject.source} <= known


# -- rights ---------------------------------------------------------------------------------


def without(pack: Pack, leave: Callable[[Inject], bool]) -> Picture:
    return play(pack, [one for one in pack.exercise.injects if not leave(one)], salt())[0]


def test_no_peaceful_assembly_moves_any_threat(pack, whole):
    assert len(whole[0].assemblies) >= 6
    assert moves(without(pack, lambda one: one.verb == "assembly.note")) == moves(whole[0])


def test_no_revote_dispute_or_ruling_moves_any_threat(pack, whole, answers):
    procedure = (
        {
            incident.id
            for incident in in_window(pack)
            if pack.history_types[incident.type].klass == "procedure"
        }
        | {"tabulation", "tabulation_province"}
        | {one for one in pack.stages if "court" in one}
    )
    spoken = [pair for pair in answers if pair[0].source in procedure]
    assert len(spoken) > 12
    raised = [e for _, entries in spoken for e in entries if e.kind.startswith("threat.")]
    assert raised == []
    remarks = without(pack, lambda one: one.verb == "remark.make")
    assert moves(remarks) == moves(whole[0])


def test_every_actual_rests_on_an_incident_that_another_chain_verified(pack, whole):
    picture = whole[0]
    for threat in picture.threats.values():
        for move in threat.moves:
            if move.to == "actual" and not move.provisional:
                incidents = [picture.incidents[i] for i in threat.evidence if i.startswith("I-")]
                chains = {pack.rules.chain(one.owner) for one in incidents}
                assert {one.verified_chain for one in incidents} - chains


def test_every_lowering_from_actual_is_signed_by_two_chains(pack, whole):
    lowered = 0
    for threat in whole[0].threats.values():
        for before, after in pairwise(threat.moves):
            if before.to == "actual" and not before.provisional and after.to != "actual":
                assert len({pack.rules.chain(agency) for agency in after.signed}) >= 2
                lowered += 1
    assert lowered == 6


def test_an_outsider_sees_editions_seals_and_the_operation_only(whole):
    seen = whole[0].seen_by(None)
    shown = {thing for thing, items in seen.things.items() if items}
    assert shown == {"operation", "edition", "seal"}


def test_what_is_sealed_is_seen_by_its_owner_alone(whole):
    sealed = [one for one in whole[0].reports.values() if one.handling == "sealed"]
    assert [one.owner for one in sealed] == ["bawaslu-prov"]
    assert sealed[0].id not in whole[0].seen_by("polda-sultra").reports


# -- months of work -------------------------------------------------------------------------


def test_promises_end_in_every_way_they_can(whole):
    states = Counter(str(one.state) for one in whole[0].commitments.values())
    assert states == {"discharged": 13, "declined": 1, "released": 1, "broken": 1, "accepted": 1}
    late = [one for one in whole[0].commitments.values() if one.late_at is not None]
    assert len(late) == 4
    assert all(one.explanation for one in late)


def test_reports_end_in_every_way_they_can_and_none_stays_unanswered(whole):
    states = Counter(one.state for one in whole[0].reports.values())
    assert states == {
        "acknowledged": 11, "verified": 8, "refuted": 3, "unrelated": 4, "withdrawn": 1,
        "duplicate": 1,
    }  # fmt: skip


def test_one_provisional_actual_expired_and_one_was_verified(whole):
    provisional = [
        (before, after)
        for threat in whole[0].threats.values()
        for before, after in pairwise(threat.moves)
        if before.provisional
    ]
    assert [str(after.to) for _, after in provisional] == ["actual", "potential"]


def test_meetings_are_chaired_by_several_institutions_that_attend(whole):
    meetings = whole[0].meetings.values()
    assert len(meetings) >= 7
    assert {one.chair for one in meetings} == {"polda-sultra", "kpu-prov", "bawaslu-prov"}
    assert all(one.chair in one.attending and one.state == "closed" for one in meetings)


def test_after_the_ruling_one_promise_stands_open_and_nothing_else(whole):
    picture = whole[0]
    assert [t.id for t in picture.threats.values() if t.state != "closed"] == []
    assert [t.id for t in picture.tasks.values() if t.is_open] == []
    assert [p.id for p in picture.proposals.values() if p.is_open] == []
    open_promises = [one for one in picture.commitments.values() if one.is_open]
    assert [(one.debtor, one.due.astimezone(WITA).date()) for one in open_promises] == [
        ("kesbangpol-prov", date(2025, 2, 28))  # the joint review
    ]


def test_no_institution_of_the_cast_leaves_a_task_to_lapse_when_it_matters(whole):
    withdrawn = Counter(
        task.owner for task in whole[0].tasks.values() if str(task.state) == "withdrawn"
    )
    governments = sum(n for owner, n in withdrawn.items() if owner.startswith("pemkab-"))
    assert sum(withdrawn.values()) == 18
    assert governments == 8  # they have nobody in the room: the meetings of the exercise say so


def test_the_log_is_sealed_every_week_and_each_seal_has_the_root_of_the_log_before_it(whole):
    seals = sorted(whole[0].seals.values(), key=lambda one: one.size)
    days = [one.signed_at.astimezone(WITA).date() for one in seals]
    assert all(later - earlier <= timedelta(days=7) for earlier, later in pairwise(days))
    leaves = [entry.leaf for entry in whole[1]]
    assert [one.root for one in seals] == [root_of(leaves[: one.size]).hex() for one in seals]
    assert sum(1 for one in seals if one.countersigned) >= 10


def test_an_edition_is_not_adopted_before_its_day_and_a_refused_act_leaves_no_entry(pack, whole):
    picture, entries = whole
    assert set(picture.editions) == {"vulnerability/2024-08-05", "threat/2024-08-05"}
    at = entries[-1].at
    data = enrich(pack, "edition.adopt", {"index": "threat", "edition": "2025-03-01"}, at)
    with pytest.raises(NotAllowed, match="not known yet"):
        act(
            picture, pack.rules, Actor("posko", "polda-sultra", "duty_officer"), "edition.adopt",
            "", data, at,
        )  # fmt: skip
    assert picture.seq == len(entries)


def test_where_two_police_areas_share_a_region_its_things_are_told_as_shared(pack, whole):
    morning = datetime(2024, 11, 19, 10, 5, tzinfo=WITA)  # one report named the sub-district
    found = situation(Picture.replay(whole[1], until=morning), pack, morning, "police")
    lines = {one.code: one for one in found.lines}
    for unit in ("polresta-kendari", "polres-konawe"):
        assert lines[unit].shared.potential == lines[unit].shared.unanswered == 1
    assert (found.shared.potential, found.shared.unanswered) == (1, 1)
    soropia = [one for one in whole[0].reports.values() if one.sub_district == "74.02.11"]
    assert [pack.spot(place_of(one), "police").lines for one in soropia] == [("polresta-kendari",)]


# -- reports of its days --------------------------------------------------------------------


@pytest.mark.parametrize(
    "day", ["2024-08-29", "2024-09-24", "2024-11-27", "2024-12-03", "2024-12-08", "2025-02-24"]
)
@pytest.mark.parametrize("language", ["id", "en"])
def test_the_daily_report_of_a_key_day_can_be_made(pack, whole, day, language):
    at = datetime.fromisoformat(f"{day}T20:00").replace(tzinfo=WITA)
    past = Picture.replay(whole[1], until=at)
    document = compose_sitrep(past, pack, at=at, number=1, language=language, previous=None)
    text, page = render_text(document), render_html(document)
    mark = dict(pack.exercise.notice)[language]
    assert text.strip().startswith(mark) and mark in page
    for threat in past.threats.values():
        if threat.state == "actual":
            assert threat.id in page


def test_on_voting_day_every_region_was_heard_from(pack, whole):
    noon = datetime(2024, 11, 27, 12, tzinfo=WITA)
    posts = Picture.replay(whole[1], until=noon).posts
    heard = {code for code, post in posts.items() if noon - post.heard_at < timedelta(hours=24)}
    assert heard >= set(pack.leaf_regions)


def test_reports_are_issued_on_the_key_days_in_one_line_of_numbers(whole):
    issued = sorted(whole[0].sitreps.values(), key=lambda one: one.number)
    assert [one.number for one in issued] == list(range(1, len(issued) + 1))
    days = {one.as_of.astimezone(WITA).date().isoformat() for one in issued}
    assert {
        "2024-08-09", "2024-08-29", "2024-09-24", "2024-11-27", "2024-12-03", "2024-12-08",
        "2025-02-05", "2025-02-24",
    } == days  # fmt: skip
