"""M2: a watch-list of people."""

import pytest
from django.urls import NoReverseMatch, reverse
from tests.broken_packs import CASES
from tests.misuse.attempts import PROMISE, fields_that_hold, problems, refused

from anoa.coordination.kinds import VERSION, Form, check_entry
from anoa.errors import InputError
from anoa.oplog import Entry, parse_instant


@pytest.mark.parametrize(
    "words",
    [
        {"person", "persons", "nik", "phone", "plate", "photo", "face", "account", "author"},
        {"suspect", "suspects", "perpetrator", "reporter", "birth", "sex", "device"},
        {"religion", "ethnicity", "race", "language_spoken", "income", "poverty"},
    ],
    ids=["persons", "suspects", "groups"],
)
def test_no_field_could_hold_a_person_or_a_group(words):
    assert fields_that_hold(*words) == []


def test_no_entry_can_carry_a_picture_or_a_file():
    assert {form.value for form in Form}.isdisjoint({"file", "bytes", "image", "photo", "url"})


@pytest.mark.parametrize("field", ["candidate", "votes", "reporter_name", "nik"])
def test_an_entry_with_a_field_of_its_own_is_refused(field):
    entry = Entry(
        seq=1, at=parse_instant("2024-08-06T01:00:00Z"), by="m-1", agency="commission",
        kind="report.withdrawn", v=VERSION, subject="R-0001",
        data={"reason": "filed twice", field: "1"}, handling="institutions", cause=None,
        salt="0" * 32,
    )  # fmt: skip
    with pytest.raises(InputError, match=field):
        check_entry(entry)


@pytest.mark.parametrize("told", [
    "Ask 7471010203040001 to come", "Ask 0812-3456-7890 to come", "Ask Bapak Sulaiman to come",
    "Look for the car DT 1234 AB", "Write to one@example.org",
])  # fmt: skip
def test_a_member_cannot_write_who_somebody_is(operation, signed_in, told):
    said = refused(signed_in("posko"), "/commitments", "commitment.request", what=told, **PROMISE)
    assert "may name a person or a party" in said


@pytest.mark.parametrize("name", ["a titled name", "an identity number", "a telephone number",
                                  "a number plate", "an e-mail address"])  # fmt: skip
def test_a_pack_that_holds_one_is_refused(name, tmp_path):
    changes, expected = CASES[name]
    assert expected in problems(tmp_path, **changes)


@pytest.mark.parametrize("name", ["persons", "person", "people", "suspects", "watch_list"])
def test_no_page_lists_people(name):
    with pytest.raises(NoReverseMatch):
        reverse(name)


def test_no_face_reaches_others_before_a_person_looked(operation, signed_in):
    from tests.room.test_intake import REPORT, arrival, stored

    from anoa.room.intake.filing import file_some
    from anoa.room.intake.values import Attachment
    from anoa.room.models import SubmissionRow

    picture = Attachment("face.jpg", "image/jpeg", b"\xff\xd8\xff\xdb")
    (receipt,) = stored(operation, arrival(fields=REPORT, attachments=(picture,)))
    file_some(operation)
    report = SubmissionRow.objects.get(number=receipt.number).subject
    for name in ("kpu-prov", "bawaslu-prov", "observer", "governor-reader"):
        client = signed_in(name)
        assert b"/pictures/" not in client.get(f"/reports/{report}").content
        assert client.get(f"/reports/{report}/pictures/1").status_code == 404
