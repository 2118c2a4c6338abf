"""M15: too much security keeps voters away.

What may be asked at which rung is held by the checker of packs. Measuring the effect on turnout and
complaints comes later, and with it the indicator of too many officers.
"""

import pytest
from tests.broken_packs import CASES
from tests.misuse.attempts import fields_that_hold, problems
from tests.roads import Road

from anoa.coordination.values import ALLOWED_CLASSES, ActionClass
from anoa.ladder import Rung


@pytest.mark.parametrize("name", ["presence at potential", "enforcement at threshold"])
def test_a_pack_that_sends_officers_too_early_is_refused(name, tmp_path):
    changes, expected = CASES[name]
    assert expected in problems(tmp_path, **changes)


def test_presence_begins_at_threshold_and_enforcement_at_actual():
    for rung in (Rung.CLOSED, Rung.POTENTIAL):
        assert ALLOWED_CLASSES[rung].isdisjoint({ActionClass.PRESENCE, ActionClass.ENFORCEMENT})
    assert ActionClass.ENFORCEMENT not in ALLOWED_CLASSES[Rung.THRESHOLD]


def test_no_protocol_of_either_country_begins_with_presence(road: Road):
    for protocol in road.pack.protocols.values():
        if protocol.rung is Rung.POTENTIAL:
            classes = {str(action.klass) for action in protocol.actions}
            assert classes <= {"dialogue", "service", "information"}


def test_turnout_is_not_measured_yet():
    assert fields_that_hold("turnout", "deterred") == []
