"""How long stored material is kept, when a thing is settled, and what a hold keeps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest
from tests.roads import FOLDERS

from anoa.coordination.retention import (
    CLASSES,
    DEFAULTS,
    MOMENTS,
    Hold,
    Keeping,
    Settling,
    held_things,
)
from anoa.errors import DataError
from anoa.oplog import Handling
from anoa.pack import load_pack

AT = datetime(2030, 6, 1, 8, tzinfo=UTC)
DAY = timedelta(days=1)


def report(ident="R-0001", **more):
    held = {
        "id": ident, "withdrawn": False, "taken_by": None, "same_chain": False, "judged_at": None,
        "region": "1", "threat_type": "fire",
    } | more  # fmt: skip
    return SimpleNamespace(**held)


def threat(rung, since=AT, ident="T-0001", region="1"):
    return SimpleNamespace(id=ident, region=region, threat_type="fire", rung=rung, since=since)


def settling(*reports, threats=(), helps=(), withdrawn=None):
    calls = {one.id: one for one in helps}
    state = SimpleNamespace(
        reports={one.id: one for one in reports}, threats={one.id: one for one in threats},
        find=lambda thing, ident: calls.get(ident) if thing == "help" else None,
    )  # fmt: skip
    return Settling(state, withdrawn or {})


@pytest.mark.parametrize("klass", CLASSES)
def test_each_class_has_a_rule_that_fits_it(klass):
    keeping = DEFAULTS[klass]
    assert keeping.after in CLASSES[klass] and set(CLASSES[klass]) <= set(MOMENTS)
    assert keeping.due(AT) == AT + keeping.days * DAY
    assert keeping.rule == f"{keeping.after}-{keeping.days}d"


@pytest.mark.parametrize(
    "wrong",
    [("votes", "settled", 1), ("tries", "settled", 1), ("words", "settled", -1),
     ("words", "settled", 3651), ("drafts", "received", 15)],
)  # fmt: skip
def test_a_rule_that_does_not_fit_is_refused(wrong):
    with pytest.raises(DataError):
        Keeping(*wrong)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: one.name)
def test_the_packs_say_it_and_say_that_it_is_a_proposal(folder):
    pack = load_pack(folder)
    assert set(pack.rules.retention) == set(CLASSES)
    assert "roposal" in pack.retention_note["en"]


def test_a_report_is_settled_when_another_chain_judged_it():
    assert settling(report()).of("R-0001", AT).at is None
    assert settling(report(judged_at=AT)).of("R-0001", AT).at == AT
    assert settling(report(judged_at=AT, same_chain=True)).of("R-0001", AT).at is None
    assert settling(report(judged_at=AT, taken_by="x")).of("R-0001", AT).at is None


def test_a_report_that_was_taken_back_counts_from_then():
    found = settling(report(withdrawn=True), withdrawn={"R-0001": AT})
    assert found.of("R-0001", AT).at == AT


def test_a_threat_that_stands_keeps_its_reports_open_and_says_so():
    found = settling(report(judged_at=AT), threats=[threat("actual")]).of("R-0001", AT)
    assert (found.at, found.open_by) == (None, "T-0001")
    closed = [threat("closed", AT + 3 * DAY), threat("closed", AT + DAY, "T-0002")]
    assert settling(report(judged_at=AT), threats=closed).of("R-0001", AT).at == AT + 3 * DAY
    again = [*closed, threat("potential", AT, "T-0003")]
    assert settling(report(judged_at=AT), threats=again).of("R-0001", AT).at is None
    elsewhere = [threat("actual", region="2")]
    assert settling(report(judged_at=AT), threats=elsewhere).of("R-0001", AT).at == AT


def test_a_call_for_help_is_settled_by_an_answer_or_by_none_and_the_rest_at_once():
    asked = SimpleNamespace(id="H-0001", acknowledged_at=None, expired_at=None)
    assert settling(helps=[asked]).of("H-0001", AT).at is None
    asked.expired_at = AT + DAY
    assert settling(helps=[asked]).of("H-0001", AT).at == AT + DAY
    assert settling().of("F-0001", AT).at == AT


def test_a_hold_keeps_a_thing_and_of_an_incident_its_reports():
    def hold(ident, about, lifted=None):
        return Hold(ident, "court", Handling.INSTITUTIONS, about, "a case", AT, lifted)

    incidents = {"I-0001": SimpleNamespace(reports=("R-0001", "R-0002"))}
    held = held_things(
        [hold("B-0001", "I-0001"), hold("B-0002", "R-0002"), hold("B-0003", "R-0009", AT)],
        incidents,
    )
    assert held == {"I-0001": "B-0001", "R-0001": "B-0001", "R-0002": "B-0001"}
