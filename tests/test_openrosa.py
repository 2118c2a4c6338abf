"""The documents of OpenRosa: what a phone loads, and what is read of what it sends."""

import csv
import hashlib
import subprocess
import sys
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.openrosa_material import FORM, INSTANCE, LANGUAGES, filled_in

from anoa.errors import SubmissionError
from anoa.openrosa import (
    ListedForm,
    MediaFile,
    PlaceRow,
    form_list,
    manifest,
    md5_of,
    media_names,
    parse_submission,
    places_csv,
    response_body,
    xform_of,
    xlsform_of,
    xlsx_of,
)
from anoa.openrosa.submissions import LARGEST, MOST_FIELDS

FORMS = {FORM.id: FORM}
LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
XHTML, XFORMS = "{http://www.w3.org/1999/xhtml}", "{http://www.w3.org/2002/xforms}"


@pytest.fixture(scope="module")
def xform():
    return xform_of(FORM, LANGUAGES)


def bind(xform: bytes, name: str) -> ElementTree.Element:
    found = [
        one for one in ElementTree.fromstring(xform).iter(f"{XFORMS}bind")
        if one.get("nodeset").endswith(f"/{name}")
    ]  # fmt: skip
    return found[0]


# What is written


def test_the_form_list_says_each_thing_once_and_escapes_it():
    line = ListedForm("a", 'Fire & "smoke" <now>', "1", "md5:x", "http://h/f?a=1&b=2", "http://h/m")
    root = ElementTree.fromstring(form_list([line]))
    assert root.tag == f"{LIST}xforms"
    assert {one.tag: one.text for one in root[0]} == {
        f"{LIST}formID": "a", f"{LIST}name": 'Fire & "smoke" <now>', f"{LIST}version": "1",
        f"{LIST}hash": "md5:x", f"{LIST}downloadUrl": "http://h/f?a=1&b=2",
        f"{LIST}manifestUrl": "http://h/m",
    }  # fmt: skip


def test_a_manifest_lists_the_files_with_their_hashes():
    content = b"name,label\n"
    root = ElementTree.fromstring(manifest([MediaFile("x.csv", md5_of(content), "http://h/x.csv")]))
    assert [one.text for one in root[0]] == [
        "x.csv", "md5:" + hashlib.md5(content).hexdigest(), "http://h/x.csv",
    ]  # fmt: skip
    assert root[0].tag == f"{MANIFEST}mediaFile"


@given(st.text())
def test_an_answer_is_well_formed_whatever_it_says(text):
    root = ElementTree.fromstring(response_body(text))
    assert root[0].tag == "{http://openrosa.org/http/response}message"


def test_the_xform_is_the_same_bytes_in_another_process(xform):
    code = (
        "import hashlib; from tests.openrosa_material import *; from anoa.openrosa import xform_of;"
        "print(hashlib.md5(xform_of(FORM, LANGUAGES)).hexdigest())"
    )
    again = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True,
        env={"PYTHONHASHSEED": "7", "PYTHONPATH": ":".join(sys.path)},
    )  # fmt: skip
    assert again.stdout.strip() == hashlib.md5(xform).hexdigest()


def test_the_xform_speaks_every_language_and_the_first_is_shown_first(xform):
    languages = ElementTree.fromstring(xform).findall(f".//{XFORMS}translation")
    assert [(one.get("lang"), one.get("default")) for one in languages] == [
        ("Bahasa Indonesia (id)", "true()"), ("English (en)", None),
    ]  # fmt: skip


def test_the_xform_asks_nothing_about_the_phone_or_its_user(xform):
    preloads = [
        one.attrib for one in ElementTree.fromstring(xform).iter(f"{XFORMS}bind")
        if any("preload" in key for key in one.attrib)
    ]  # fmt: skip
    assert [one["nodeset"] for one in preloads] == ["/data/meta/instanceID"]
    for word in (b"deviceid", b"phonenumber", b"username", b"simserial", b"audit", b"background"):
        assert word not in xform.lower()


def test_conditions_bounds_and_narrowed_lists_reach_the_phone(xform):
    assert bind(xform, "count").get("relevant").split() == ["/data/Screen2/threat_type", "=", "'a'"]
    assert bind(xform, "count").get("constraint") == ". >= 1 and . <= 50"
    assert bind(xform, "money").get("relevant").count("selected(") == 2
    assert bind(xform, "words").get("constraint").endswith("string-length(.) <= 500")
    assert bind(xform, "signs").get("constraint").endswith("count-selected(.) <= 2")
    assert bind(xform, "region").get("required") == "true()"
    filters = [one.get("nodeset") for one in ElementTree.fromstring(xform).iter(f"{XFORMS}itemset")]
    assert "[sub_district =  /data/Screen1/sub_district ]" in filters[2]
    assert "[region =  /data/Screen1/region ]" in filters[1]
    assert "under =  /data/Screen2/threat_type" in filters[4]


def test_pictures_are_made_small_on_the_phone(xform):
    assert "1280" in bind(xform, "photo").attrib.values()


def test_places_go_along_as_files(xform):
    names = ("regions.csv", "sub_districts.csv", "polling_stations.csv")
    assert media_names(FORM) == names
    for name in names:
        assert f"jr://file-csv/{name}".encode() in xform


def test_a_file_of_places_holds_any_name():
    rows = [PlaceRow("1", 'Pulau "Besar", utara'), PlaceRow("2", "ب 🌊", "74.01", "74.01.01")]
    read = list(csv.reader(places_csv(rows).decode().splitlines()))
    assert read[1:] == [["1", 'Pulau "Besar", utara', "", ""], ["2", "ب 🌊", "74.01", "74.01.01"]]


def test_a_missing_translation_takes_another_language():
    note = next(row for row in xlsform_of(FORM, LANGUAGES)["survey"] if row.get("name") == "thanks")
    assert note["label::English (en)"] == "Terima kasih"


def test_the_workbook_gives_the_same_xform(xform):
    from pyxform.xls2xform import convert

    again = convert(xlsx_of(FORM, LANGUAGES), file_type=".xlsx", form_name="data").xform
    assert ElementTree.canonicalize(again) == ElementTree.canonicalize(xform)


# What is read


def test_answers_are_read_wherever_their_group_stands():
    body = filled_in(
        {"region": "74.01", "signs": "a.1 other", "words": "  asap &amp; api 🔥 عاجل "}
    )
    parsed = parse_submission(body, FORMS)
    assert parsed.instance_id == INSTANCE
    assert (parsed.form, parsed.version, parsed.problems) == (FORM, "3", ())
    assert parsed.fields == {"region": "74.01", "signs": "a.1 other", "words": "asap & api 🔥 عاجل"}


def test_pictures_are_those_that_answers_name():
    parsed = parse_submission(filled_in({"photo": "1.jpg", "words": "2.jpg"}), FORMS)
    assert parsed.pictures == ("1.jpg",)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (filled_in({}, form="other"), "the room has no form 'other'"),
        (filled_in({}, version="2"), "version '2' of the form; here it is '3'"),
        (filled_in({}, meta="<deprecatedID>uuid:1</deprecatedID>"), "corrects an earlier"),
        (filled_in({}).replace(b"</Screen1>", b"<words>a</words><words>b</words></Screen1>"),
         "'words' was answered twice"),
    ],
)  # fmt: skip
def test_what_is_odd_is_kept_and_told(body, problem):
    parsed = parse_submission(body, FORMS)
    assert parsed.instance_id == INSTANCE
    assert any(problem in one for one in parsed.problems)


@pytest.mark.parametrize("instance", ["", "x" * 101, "a\x85b"])
def test_without_an_id_the_bytes_make_one(instance):
    body = filled_in({"words": "a"}, instance=instance)
    parsed = parse_submission(body, FORMS)
    assert parsed.instance_id == "sha256:" + hashlib.sha256(body).hexdigest()
    assert "instanceID" in parsed.problems[0]


BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE d [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'
    b'<d id="everything">&b;</d>'
)
EXTERNAL = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d id="everything">&x;</d>'


@pytest.mark.parametrize(
    "body",
    [
        BOMB, EXTERNAL, BOMB.decode().encode("utf-16"), b"<!DOCTYPE d><d/>",
        b'<!DOCTYPE d SYSTEM "http://127.0.0.1:9/x.dtd"><d/>',
    ],
)  # fmt: skip
def test_a_document_type_is_refused_before_it_is_read(body):
    with pytest.raises(SubmissionError, match="document type"):
        parse_submission(body, FORMS)


@pytest.mark.parametrize(
    "body",
    [
        b"", b"no xml", b"<data>", b"\x00<data/>", filled_in({})[:-9], b"<data>\x00</data>",
        b'<?xml version="1.0" encoding="klingon"?><d/>', b"<d>&nbsp;</d>", b"<d>\xff</d>",
        b"<a>" * 40 + b"x" + b"</a>" * 40, b"<a>" * 100_000 + b"</a>" * 50_000,
        b"<d>" + b" " * LARGEST + b"</d>",
    ],
)  # fmt: skip
def test_what_cannot_be_read_is_one_clear_error(body):
    with pytest.raises(SubmissionError, match="the XML"):
        parse_submission(body, FORMS)


def test_more_answers_than_any_form_has_are_left_in_the_bytes():
    body = filled_in({f"f{number}": "1" for number in range(MOST_FIELDS + 50)})
    parsed = parse_submission(body, FORMS)
    assert len(parsed.fields) == MOST_FIELDS
    assert "more than" in parsed.problems[-1]


NAMES = [*(one.name for one in FORM.fields), "meta", "instanceID", "deprecatedID", "é"]
LEAVES = st.tuples(st.sampled_from(NAMES), st.text(max_size=40).map(
    lambda text: ElementTree.tostring(_element(text), encoding="unicode")[3:-4] if text else ""
))  # fmt: skip


def _element(text: str) -> ElementTree.Element:
    element = ElementTree.Element("x")
    element.text = text
    return element


@given(st.one_of(
    st.binary(max_size=300),
    st.text(alphabet="<>/!?[]&;=\"' abDOCTYPENISYM\x00\n:", max_size=200).map(str.encode),
))  # fmt: skip
def test_law_any_bytes_are_read_or_refused(body):
    try:
        parse_submission(body, FORMS)
    except SubmissionError as error:
        assert str(error).startswith("the XML")


@given(
    st.lists(LEAVES, max_size=20), st.text(max_size=120), st.integers(0, 400), st.binary(max_size=3)
)
def test_law_a_damaged_submission_is_read_or_refused_and_always_within_limits(
    leaves, ident, at, put
):
    inner = "".join(f"<{name}>{text}</{name}>" for name, text in leaves)
    whole = f'<data id="everything" version="3">{inner}</data>'.encode("utf-8", "replace")
    for body in (whole, whole[:at] + put + whole[at:], whole[: len(whole) - at]):
        try:
            parsed = parse_submission(body, FORMS)
        except SubmissionError:
            continue
        assert 1 <= len(parsed.instance_id) <= 100
        assert len(parsed.form_id) <= 80
        assert parse_submission(body, FORMS) == parsed
