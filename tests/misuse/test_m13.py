"""M13: conduct of the state cannot be reported, or the police read and close it.

It is a threat type of the reference pack, sealed by default to the supervisor. A channel past every
institution concerned, encrypted in the sender's browser, is a capability of its own.
"""

import json

import pytest
from tests.misuse.attempts import REPORT, page, refused

from anoa.errors import AnoaError
from anoa.oplog import Handling
from anoa.room import actions, outgoing, record

CONDUCT = REPORT | {"threat_type": "state_conduct", "object": "activity"}


@pytest.fixture
def conduct(operation, member):
    """A report about the conduct of the state, filed by the commission."""
    (entry, *_rest) = actions.do(member("kpu-prov"), "report.file", "", CONDUCT)
    return entry


def test_it_is_sealed_to_the_supervisor_and_not_to_the_police(conduct, operation):
    agencies = record.pack_of(operation).agencies
    report = record.current_picture(operation).reports[conduct.subject]
    assert conduct.handling == "sealed"
    assert agencies[report.owner].kind == "supervisor"


def test_the_police_do_not_see_that_it_is_there(conduct, operation, signed_in):
    client = signed_in("posko")
    page(client, f"/reports/{conduct.subject}", status=404)
    assert conduct.subject not in page(client, "/reports")
    lines = (
        outgoing.log_bytes(operation, "polda-sultra", Handling.INSTITUTIONS).decode().splitlines()
    )
    assert set(json.loads(lines[conduct.seq])) == {"seq", "handling", "leaf"}


@pytest.mark.parametrize("name", ["posko", "kabagops-muna"])
@pytest.mark.parametrize(("verb", "data"), [
    ("report.judge", {"verdict": "unrelated", "reason": "Nothing of this is known."}),
    ("report.withdraw", {"reason": "It was a mistake."}), ("report.acknowledge", {}),
])  # fmt: skip
def test_the_police_cannot_judge_withdraw_or_close_it(conduct, member, name, verb, data):
    with pytest.raises(AnoaError):
        actions.do(member(name), verb, conduct.subject, data)


def test_the_police_cannot_by_the_page_either(conduct, signed_in):
    refused(
        signed_in("posko"), "/reports", "report.judge", conduct.subject, verdict="unrelated",
        reason="Nothing of this is known.",
    )  # fmt: skip


def test_the_host_of_the_machine_reads_nothing_of_it(conduct, signed_in):
    shown = page(signed_in("host-admin"), "/log")
    assert conduct.subject not in shown and "state_conduct" not in shown
