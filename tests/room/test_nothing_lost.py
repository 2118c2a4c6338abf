"""Programs that send over bad networks to a room that is killed: nothing is lost, nothing doubled.

The benchmarks do the same at length (``benchmarks/intake.py --only kill,cut``).
"""

from __future__ import annotations

import signal

import pytest
import uvloop
from benchmarks.intake import FAULTS, Server, kills, proved, through_cuts

REPORTS, TIMES = 30, 3


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    found = Server(tmp_path_factory.mktemp("lost") / "data")
    token = found.prepare()
    yield found, f"/t/{token}/api/v1/submissions"
    if found.process is not None and found.process.poll() is None:
        found.stop(signal.SIGKILL)


def test_each_report_comes_once_over_a_network_that_cuts(server):
    running, path = server
    port = running.run()
    tries, numbers, cuts = uvloop.run(through_cuts(port, path, REPORTS, TIMES))
    running.stop()
    assert tries > REPORTS * TIMES and cuts > 0
    assert len(numbers) == REPORTS and {len(one) for one in numbers.values()} == {1}
    found = proved(running)
    assert found["count"] == len(found["rows"]) >= REPORTS
    assert found["twice"] == 0 and found["agree"]


def test_kill_9_under_writers_loses_nothing_that_was_acknowledged(server):
    running, path = server
    found = kills(running, path, clients=8, rounds=3)
    assert found["acknowledged"] > 0
    assert {fault: found[fault] for fault in FAULTS} == dict.fromkeys(FAULTS, 0)
