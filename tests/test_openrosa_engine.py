"""Forms in JavaRosa, the engine of ODK Collect: they load, and what it writes is read."""

from zoneinfo import ZoneInfo

import pytest
from tests.openrosa_engine import engine
from tests.openrosa_material import FORM, LANGUAGES
from tests.roads import FOLDERS

from anoa.forms import read_answers
from anoa.openrosa import PlaceRow, media_names, parse_submission, places_csv, xform_of
from anoa.pack import load_pack

PLACES = {
    "regions.csv": places_csv([PlaceRow("1", "One, shore"), PlaceRow("2", "Two")]),
    "sub_districts.csv": places_csv([PlaceRow("1.1", "A", "1"), PlaceRow("2.1", "B", "2")]),
    "polling_stations.csv": places_csv(
        PlaceRow(f"{above}-{number}", str(number), above[0], above)
        for above in ("1.1", "2.1") for number in (1, 2)
    ),
}  # fmt: skip
ANSWERS = {
    "region": "1", "sub_district": "1.1", "polling_station": "1.1-2", "threat_type": "a",
    "signs": "a.1 other", "count": "5", "money": "2.5", "words": "asap & <api> 🔥 عاجل",
    "observed_at": "2024-11-27T07:05:00+08:00", "photo": "1.jpg", "spot": "-4.1 121.7 3.0 5.0",
}  # fmt: skip


class Anywhere:
    """Knows every place."""

    def is_region(self, code: str) -> bool:
        return bool(code)

    is_sub_district = is_station = is_region

    def lies_in(self, code: str, above: str) -> bool:
        return code.startswith(above)


@pytest.fixture(scope="module")
def javarosa():
    with engine() as found:
        yield found


@pytest.fixture(scope="module")
def filled(javarosa):
    return javarosa.fill_in(xform_of(FORM, LANGUAGES), PLACES, ANSWERS)


def test_what_javarosa_writes_is_read_as_it_was_answered(filled):
    parsed = parse_submission(filled[0], {FORM.id: FORM})
    assert parsed.problems == ()
    assert parsed.instance_id.startswith("uuid:")
    assert parsed.fields == ANSWERS | {"observed_at": "2024-11-26T23:05:00.000Z"}
    assert parsed.pictures == ("1.jpg",)


def test_what_javarosa_writes_answers_the_form(filled):
    parsed = parse_submission(filled[0], {FORM.id: FORM})
    read = read_answers(FORM, parsed.fields, Anywhere(), ZoneInfo("Asia/Makassar"))
    assert read.wrong == {}
    assert read.values == ANSWERS | {
        "signs": ["a.1", "other"], "count": 5, "money": 2.5, "spot": [-4.1, 121.7],
        "observed_at": "2024-11-26T23:05:00Z",
    }  # fmt: skip


def test_javarosa_offers_only_what_fits_what_was_answered_before(filled):
    assert filled[1] == {
        "region": ["1", "2"], "sub_district": ["1.1"], "polling_station": ["1.1-1", "1.1-2"],
        "threat_type": ["a", "b"], "signs": ["a.1", "other"],
    }  # fmt: skip


@pytest.mark.parametrize("wrong", [
    {"count": "51"}, {"count": "0"}, {"money": "-1"}, {"words": "x" * 501},
    {"signs": "a.1 b.1"}, {"threat_type": "b", "signs": "b.1"},
])  # fmt: skip
def test_javarosa_refuses_what_the_form_refuses(javarosa, wrong):
    with pytest.raises(AssertionError, match=r"not taken|not offered|never asked"):
        javarosa.fill_in(xform_of(FORM, LANGUAGES), PLACES, ANSWERS | wrong)


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: one.name)
def test_every_form_of_a_pack_loads_in_javarosa_and_comes_back_whole(javarosa, folder):
    pack = load_pack(folder)
    assert pack.forms
    for form in pack.forms.values():
        xform = xform_of(form, {code: code for code in pack.languages})
        files = {name: PLACES[name] for name in media_names(form)}
        sent, _offered = javarosa.fill_in(xform, files, {})
        parsed = parse_submission(sent, pack.forms)
        assert (parsed.form, parsed.version, parsed.problems) == (form, form.version, ())
