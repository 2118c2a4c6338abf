"""What anoa could be misused for, and that the shape of its data leaves no room for it.

The whole table, with the tests that stand elsewhere, is docs/explanation/what-anoa-refuses.md.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest
from tests.roads import NAMES, Road, load_road

from anoa.coordination import Actor, act
from anoa.coordination.kinds import KINDS, VERSION, Form, check_entry
from anoa.coordination.values import Threat
from anoa.errors import AnoaError, DataError, InputError, NotAllowed
from anoa.ladder import Ladder, Need, Rule, Rung, SignalKind
from anoa.oplog import Entry, Handling, parse_instant
from anoa.pack.tables import TABLES
from anoa.picture import Picture

A_DAY = timedelta(days=1)
DWELL = dict.fromkeys(Rung, A_DAY)


@pytest.fixture(scope="module", params=NAMES)
def road(request: pytest.FixtureRequest) -> Road:
    return load_road(request.param)


@pytest.fixture(scope="module")
def evening(road: Road) -> Picture:
    """The exercise as the demo begins."""
    return road.played(to_the_end=False)[0]


def field_names() -> Iterator[str]:
    for kind, fields in KINDS.items():
        yield from (f"{kind}.{field.name}" for field in fields)
    for table in TABLES:
        yield from (f"{table.file}.{field.name}" for field in table.record.fields)


def words_of(name: str) -> set[str]:
    return set(re.split(r"[._/]", name.lower()))


@pytest.mark.parametrize(
    "words",
    [
        {"party", "parties", "candidate", "candidates", "winner", "margin", "ballot"},
        {"vote", "votes", "result", "results", "tally", "count"},
        {"person", "persons", "nik", "phone", "plate", "photo", "face", "account", "author"},
        {"suspect", "suspects", "perpetrator", "reporter", "birth", "sex", "device"},
        {"religion", "ethnicity", "race", "language_spoken", "income", "poverty"},
    ],
    ids=["parties", "results", "persons", "suspects", "groups"],
)
def test_no_field_of_a_pack_or_an_entry_could_hold(words: set[str]) -> None:
    names = list(field_names())
    assert len(names) > 100
    assert [name for name in names if words_of(name.split(".")[-1]) & words] == []


def test_no_entry_can_carry_a_picture_or_a_file() -> None:
    assert {form.value for form in Form}.isdisjoint({"file", "bytes", "image", "photo", "url"})


def test_no_kind_of_entry_rewrites_or_removes_another() -> None:
    verbs = {kind.split(".")[1] for kind in KINDS}
    assert verbs.isdisjoint({"deleted", "erased", "edited", "removed", "replaced", "rewritten"})


@pytest.mark.parametrize("field", ["candidate", "votes", "reporter_name", "nik"])
def test_an_entry_with_a_field_of_its_own_is_refused(field: str) -> None:
    entry = Entry(
        seq=1,
        at=parse_instant("2024-08-06T01:00:00Z"),
        by="m-1",
        agency="commission",
        kind="report.withdrawn",
        v=VERSION,
        subject="R-0001",
        data={"reason": "filed twice", field: "1"},
        handling="institutions",
        cause=None,
        salt="0" * 32,
    )
    with pytest.raises(InputError, match=field):
        check_entry(entry)


def test_a_lowered_threat_keeps_room_for_its_reason_and_its_signatures() -> None:
    names = {field.name for field in KINDS["threat.lowered"]}
    assert {"reason", "rule", "proposal", "signed"} <= names


@pytest.mark.parametrize("ceiling", [Rung.THRESHOLD, Rung.ACTUAL])
def test_a_model_alone_reaches_no_more_than_the_lowest_rung(ceiling: Rung) -> None:
    with pytest.raises(AnoaError, match="model"):
        SignalKind("filter_alarm", ceiling, model=True)


def test_no_rule_reaches_actual_without_a_verified_incident() -> None:
    officer = SignalKind("officer_call", Rung.THRESHOLD)
    rule = Rule("by-voice", Rung.ACTUAL, (Need("officer_call", count=9),))
    with pytest.raises(DataError):
        Ladder("1", {"officer_call": officer}, (rule,), DWELL, DWELL)
    with pytest.raises(DataError, match="verified incident"):
        SignalKind("officer_call", Rung.ACTUAL)


def test_an_institution_cannot_change_the_report_of_another(road: Road, evening: Picture) -> None:
    report = next(iter(evening.reports.values()))
    rules, at = road.pack.rules, evening.at
    assert at is not None
    one = next(m for m in road.members("duty_officer") if m.agency != report.owner)
    other = Actor(one.id, one.agency, one.role)
    with pytest.raises(NotAllowed, match=report.owner):
        act(evening, rules, other, "report.withdraw", report.id, {"reason": "not needed"}, at)
    told = {"about": report.id, "stance": "dispute", "text": "The place was another one."}
    disputed = act(evening, rules, other, "remark.make", "", told, at)
    assert [entry.kind for entry in disputed] == ["remark.made"]


def test_nobody_lowers_an_actual_alone(road: Road, evening: Picture) -> None:
    threat = next(t for t in evening.threats.values() if t.rung is Rung.ACTUAL)
    one = next(m for m in road.members("duty_officer") if m.agency == threat.owner)
    owner = Actor(one.id, one.agency, one.role)
    assert evening.at is not None
    with pytest.raises(NotAllowed, match="two institutions of different chains"):
        act(
            evening, road.pack.rules, owner, "threat.lower", threat.id,
            {"to": "closed", "reason": "All is calm."}, evening.at,
        )  # fmt: skip


def test_an_actual_comes_down_only_after_two_chains_of_command_signed(road: Road) -> None:
    def stood(picture: Picture) -> Threat:
        """The threat that stood on the highest rung."""
        found = picture.threats.values()
        return next(t for t in found if any(move.to is Rung.ACTUAL for move in t.moves))

    unsigned = stood(road.played(without=frozenset({"proposal.sign"}))[0])
    signed = stood(road.played()[0])
    assert (unsigned.rung, signed.rung) == (Rung.ACTUAL, Rung.THRESHOLD)
    assert len({road.chain(agency) for agency in signed.moves[-1].signed}) == 2


def test_an_outsider_sees_no_report_threat_or_promise(road: Road, evening: Picture) -> None:
    assert evening.reports and evening.threats and evening.commitments
    outsider = road.pack.cast[road.outsider].agency
    for seen in (evening.seen_by(None), evening.seen_by(outsider, Handling.PUBLIC)):
        assert not (seen.reports or seen.incidents or seen.threats or seen.tasks)
        assert not (seen.commitments or seen.meetings or seen.remarks)


def test_a_planned_assembly_moves_no_threat(road: Road, evening: Picture) -> None:
    assert evening.assemblies
    without = road.played(without=frozenset({"assembly.note"}), to_the_end=False)[0]
    assert {t.id: (t.rung, t.moves[-1].at) for t in without.threats.values()} == {
        t.id: (t.rung, t.moves[-1].at) for t in evening.threats.values()
    }
