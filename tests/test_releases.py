"""The log of every release replays for ever: what was agreed stays readable."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from anoa.logfile import read_log
from anoa.picture import Picture

LOGS = Path(__file__).parent / "logs"
# What the log of each release says, counted when it was released.
SAID = {
    "0.1.0": {
        "entries": 65,
        "threats": {"actual": 1, "threshold": 1, "potential": 1},
        "commitments": {"accepted": 3, "discharged": 1},
        "reports": {"verified": 1, "acknowledged": 1, "recorded": 2},
    },
}


def test_every_kept_log_is_spoken_of_here():
    assert {path.stem for path in LOGS.glob("*.jsonl")} == set(SAID)


@pytest.mark.parametrize("release", SAID)
def test_the_log_of_a_release_still_says_what_it_said(release):
    log = read_log(LOGS / f"{release}.jsonl")
    picture = Picture.replay(log.lines)
    assert log.header.exercise
    assert SAID[release] == {
        "entries": picture.seq,
        "threats": Counter(str(one.state) for one in picture.threats.values()),
        "commitments": Counter(str(one.state) for one in picture.commitments.values()),
        "reports": Counter(one.state for one in picture.reports.values()),
    }
