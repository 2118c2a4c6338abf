"""A benchmark that lost or doubled a report, or met another answer than 200, says so and fails."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest
from tests.room.running import ROOT

pytest.importorskip("uvloop")
WHOLE = {"rows": {"a": 1, "b": 2}, "count": 2, "filed": 2, "named": 2, "twice": 0, "agree": True}


@pytest.fixture
def benchmarks(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    return lambda name: __import__(name)


def test_what_was_acknowledged_and_is_there_once_is_no_fault(benchmarks):
    intake = benchmarks("intake")
    assert intake.faults(intake.judged({"a": 1, "b": 2}, WHOLE), "kill") == []
    assert intake.told([]) == 0


@pytest.mark.parametrize(
    ("acked", "change"),
    [({"c": 3}, {}), ({"a": 9}, {}), ({"a": 1}, {"count": 3}), ({"a": 1}, {"twice": 1}),
     ({"a": 1}, {"filed": 1}), ({"a": 1}, {"named": 1}), ({"a": 1}, {"agree": False}), ({}, {})],
    ids=["lost", "another number", "stored twice", "filed twice", "an entry too many",
         "an entry too few", "rows unlike the log", "nothing acknowledged"],
)  # fmt: skip
def test_each_loss_or_doubling_is_named_and_ends_with_1(benchmarks, acked, change, capsys):
    intake = benchmarks("intake")
    wrong = intake.faults(intake.judged(acked, WHOLE | change), "kill")
    assert len(wrong) >= 1 and intake.told(wrong) == 1
    assert "FAILED: kill" in capsys.readouterr().err


def test_a_page_that_is_not_200_is_no_page_of_0_ms(benchmarks):
    million = benchmarks("million")
    client = SimpleNamespace(
        get=lambda _path: SimpleNamespace(status_code=500, streaming=False, content=b"")
    )
    acts = SimpleNamespace(one=lambda: None)
    assert million.measured(client, acts, "posko", "/reports", 3) == "answered 500"
    sys.modules.pop("million", None)
