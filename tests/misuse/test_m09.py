"""M9: security forces collect the results of the vote."""

import pytest
from tests.broken_packs import CASES
from tests.misuse.attempts import (
    everything_in_the_log,
    fields_that_hold,
    problems,
    submitted,
    submitted_by_form,
)

from anoa.room import record


def test_no_field_of_a_pack_or_an_entry_could_hold_a_result():
    assert fields_that_hold("vote", "votes", "result", "results", "tally", "count") == []


@pytest.mark.parametrize("field", ["votes", "valid_votes", "result", "tally"])
def test_a_number_of_votes_that_is_sent_along_reaches_no_entry(operation, field):
    submitted(operation, "v-1", **{field: 4711})
    row = submitted_by_form(operation, **{field: 4711})
    assert row.state == "needs_person", "what a form does not ask waits for a person"
    assert "4711" not in everything_in_the_log()


def test_a_pack_with_a_figure_of_results_is_refused(tmp_path):
    changes, expected = CASES["a figure of results"]
    assert expected in problems(tmp_path, **changes)


def test_no_form_of_the_pack_asks_for_votes_or_for_a_picture_of_them(operation):
    for form in record.pack_of(operation).forms.values():
        names = " ".join(one.name for one in form.fields).lower()
        assert not {"vote", "votes", "suara", "result", "hasil"} & set(
            names.replace("_", " ").split()
        )
