"""What anoa could be misused for, and that the shape of its data leaves no room for it.

The whole table, with the tests that stand elsewhere, is docs/explanation/what-anoa-refuses.md.
"""

import re
from collections.abc import Iterator
from datetime import timedelta

import pytest

from anoa.coordination.kinds import KINDS, VERSION, Form, check_entry
from anoa.errors import AnoaError, DataError, InputError
from anoa.ladder import Ladder, Need, Rule, Rung, SignalKind
from anoa.oplog import Entry, parse_instant
from anoa.pack.tables import TABLES

A_DAY = timedelta(days=1)
DWELL = dict.fromkeys(Rung, A_DAY)


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
