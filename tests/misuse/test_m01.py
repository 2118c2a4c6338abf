"""M1: a political map of villages, of who is the base of whom."""

import pytest
from tests.broken_packs import CASES
from tests.misuse.attempts import (
    PROMISE,
    everything_in_the_log,
    fields_that_hold,
    problems,
    refused,
    submitted,
    submitted_by_form,
)

from anoa.room import record

PARTY = "Partai Kebangkitan Bangsa"


def test_no_field_of_a_pack_or_an_entry_could_hold_a_party_or_a_candidate():
    names = ("party", "parties", "candidate", "candidates", "winner", "margin", "ballot", "base")
    assert fields_that_hold(*names) == []


@pytest.mark.parametrize("name", [
    "a column for candidates", "a party in a cell", "a party in a text", "a party in a comment",
    "a candidate", "a ballot number", "a property of a shape",
])  # fmt: skip
def test_a_pack_that_names_one_is_refused(name, tmp_path):
    changes, expected = CASES[name]
    assert expected in problems(tmp_path, **changes)


def test_a_member_cannot_write_a_party_into_the_log(operation, signed_in):
    said = refused(
        signed_in("posko"), "/commitments", "commitment.request",
        what=f"List the villages of {PARTY}", **PROMISE,
    )  # fmt: skip
    assert "may name a person or a party" in said


def test_a_party_that_is_sent_along_reaches_no_entry_and_lies_encrypted(operation):
    row = submitted(operation, party=PARTY)
    assert PARTY not in everything_in_the_log()
    assert PARTY.encode() not in bytes(row.encrypted)


def test_with_a_form_of_the_pack_it_waits_for_a_person(operation):
    assert submitted_by_form(operation, party=PARTY).state == "needs_person"


def test_a_close_contest_is_a_yes_or_a_no(operation):
    told = [f for f in record.pack_of(operation).figures if f.figure == "close_contest"]
    assert {one.value for one in told} <= {0, 1}
