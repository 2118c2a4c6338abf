"""M5: a threat is inflated to win money or to forbid a rally."""

from datetime import timedelta

import pytest
from tests.broken_packs import CASES
from tests.misuse.attempts import problems, refused
from tests.roads import Road

from anoa.errors import DataError
from anoa.ladder import Ladder, Need, Rule, Rung, SignalKind
from anoa.picture import Picture
from anoa.room import record

DWELL = dict.fromkeys(Rung, timedelta(days=1))


def test_no_rule_reaches_actual_without_a_verified_incident():
    officer = SignalKind("officer_call", Rung.THRESHOLD)
    rule = Rule("by-voice", Rung.ACTUAL, (Need("officer_call", count=9),))
    with pytest.raises(DataError):
        Ladder("1", {"officer_call": officer}, (rule,), DWELL, DWELL)
    with pytest.raises(DataError, match="verified incident"):
        SignalKind("officer_call", Rung.ACTUAL)


def test_by_the_page_nobody_raises_a_threat_to_actual(operation, signed_in):
    threats = record.current_picture(operation).threats.values()
    threat = next(one for one in threats if one.rung is Rung.POTENTIAL)
    refused(
        signed_in("posko"), f"/threats/{threat.id}", "threat.raise", threat.id,
        region=threat.region, threat_type=threat.threat_type, to="actual", confidence="high",
        reason="More officers are needed here.", evidence="",
    )  # fmt: skip
    assert record.current_picture(operation).threats[threat.id].rung is Rung.POTENTIAL


def test_a_planned_assembly_moves_no_threat(road: Road, evening: Picture):
    assert evening.assemblies
    without = road.played(without=frozenset({"assembly.note"}), to_the_end=False)[0]
    assert {t.id: (t.rung, t.moves[-1].at) for t in without.threats.values()} == {
        t.id: (t.rung, t.moves[-1].at) for t in evening.threats.values()
    }


@pytest.mark.parametrize("name", [
    "a rule that reads an assembly", "an action that disperses", "an action that films",
    "actual without a verified incident", "actual by another signal", "a rule that needs nothing",
])  # fmt: skip
def test_a_pack_that_would_is_refused(name, tmp_path):
    changes, expected = CASES[name]
    assert expected in problems(tmp_path, **changes)


def test_every_move_says_its_evidence_and_its_rule_or_reason(evening: Picture):
    for threat in evening.threats.values():
        assert all(move.rule or move.reason for move in threat.moves)
        assert threat.confidence in ("low", "medium", "high")
