"""An XLSForm as a form of a pack: it comes back as it went; what may not be asked is refused."""

import io
import shutil
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook, load_workbook
from tests.openrosa_material import FORM, LANGUAGES
from tests.roads import FOLDERS

from anoa.cli import main
from anoa.errors import PackError
from anoa.openrosa import form_of_xlsform, xlsx_of
from anoa.pack import load_pack

SETTINGS = {
    "form_id": "own", "version": "1", "form_title": "Own form", "anoa_becomes": "report",
    "anoa_audience": "citizen",
    "anoa_sets": "threat_type=a place_class=b obtained=c reliability=F credibility=6",
}  # fmt: skip
PLACE = {"type": "select_one_from_file regions.csv", "name": "region", "label": "Where"}


def workbook(*rows, choices=(), settings=None, **sheets) -> bytes:
    """An .xlsx of those rows; a form that is right but for them."""
    book = Workbook()
    book.remove(book.active)
    whole = {
        "survey": [PLACE, *rows], "choices": choices, "settings": [SETTINGS | (settings or {})],
    } | sheets  # fmt: skip
    for name, lines in whole.items():
        columns = list(dict.fromkeys(key for line in lines for key in line))
        sheet = book.create_sheet(name)
        sheet.append(columns)
        for line in lines:
            sheet.append([line.get(column, "") for column in columns])
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def asked(kind, name="thing", **more):
    return {"type": kind, "name": name, "label": "What is there"} | more


def refused(content: bytes, languages=("en",)) -> list[str]:
    with pytest.raises(PackError) as caught:
        form_of_xlsform("own.xlsx", content, languages)
    return [str(one) for one in caught.value.problems]


# There and back


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda one: one.name)
def test_every_form_of_a_pack_comes_back_as_it_went(folder):
    pack = load_pack(folder)
    names = dict(zip(pack.languages, ("One", "Two"), strict=False))
    for form in pack.forms.values():
        again = form_of_xlsform("x.xlsx", xlsx_of(form, names), pack.languages, pack.form_words)
        assert again == form


def test_the_workbook_of_a_form_can_be_changed_and_read_again():
    book = load_workbook(io.BytesIO(xlsx_of(FORM, LANGUAGES)))
    sheet = book["survey"]
    heads = [cell.value for cell in sheet[1]]
    row = next(row for row in sheet.iter_rows() if row[1].value == "count")
    row[heads.index("constraint")].value = ". >= 2 and . <= 9"
    file = io.BytesIO()
    book.save(file)
    changed = form_of_xlsform("x.xlsx", file.getvalue(), tuple(LANGUAGES))
    assert (changed.field("count").least, changed.field("count").most) == (2, 9)


def test_a_plain_xlsform_is_read():
    form = form_of_xlsform(
        "own.xlsx",
        workbook(
            {"type": "begin group", "name": "g", "label": "Second screen"},
            asked("select_one kinds", "kind"),
            asked("select_multiple parts", "parts", choice_filter="kind=${kind}"),
            asked("integer", "number", relevant="${kind} = 'x' or ${kind} = 'y'", required="yes"),
            asked("text", constraint="string-length(.) <= 80"),
            {"type": "end group"},
            choices=[
                {"list_name": "kinds", "name": "x", "label": "X"},
                {"list_name": "kinds", "name": "y", "label": "Y"},
                {"list_name": "parts", "name": "x1", "label": "X1", "kind": "x"},
            ],
        ),
        ("en",),
    )
    assert [screen.title for screen in form.screens] == [
        {"en": "Own form"}, {"en": "Second screen"},
    ]  # fmt: skip
    assert form.field("parts").by == "kind"
    assert form.field("parts").choices[0].under == "x"
    assert form.field("number").when.values == ("x", "y")
    assert form.field("number").required
    assert form.field("thing").most == 80


# What no form asks


@pytest.mark.parametrize(
    "kind",
    ["deviceid", "phonenumber", "subscriberid", "simserial", "username", "email", "audit",
     "start-geopoint", "background-audio", "geotrace", "geoshape", "audio", "video", "barcode",
     "file", "start", "end", "today", "calculate", "rank", "acknowledge"],
)  # fmt: skip
def test_what_collects_more_than_an_answer_is_refused_with_its_row(kind):
    row = asked(kind, **({"calculation": "1"} if kind == "calculate" else {}))
    found = refused(workbook(row))
    assert found
    assert "own.xlsx" in found[0]


@pytest.mark.parametrize(
    ("row", "why"),
    [
        (asked("text", "full_name"), "asks for a name"),
        (asked("text", label="Which candidate was it"), "a party or candidate"),
        (asked("integer", label="Votes counted"), "a result"),
        (asked("text", label="Your phone number"), "how to reach somebody"),
        (asked("text", hint="ID number of the person"), "an identity"),
    ],
)
def test_questions_for_persons_parties_and_results_are_refused(row, why):
    (found, *_more) = refused(workbook(row))
    assert why in found
    assert found.startswith("own.xlsx:3:")


@pytest.mark.parametrize("shown", ["signature", "w2 signature", "new-front"])
def test_a_picture_of_a_signature_or_a_face_is_refused_with_its_row(shown):
    found = refused(workbook(asked("image", "sheet", appearance=shown)))
    assert [one for one in found if one.startswith("own.xlsx:3: the appearance")], found


@pytest.mark.parametrize("kind", ["image", "geopoint"])
def test_an_officers_form_takes_no_picture_and_no_position(kind):
    officers = {"anoa_audience": "station_officer"}
    assert any("takes no" in one for one in refused(workbook(asked(kind), settings=officers)))


@pytest.mark.parametrize("name", ["submission_url", "public_key"])
def test_a_form_that_would_send_elsewhere_or_hide_is_refused(name):
    found = refused(workbook(asked("text"), settings={name: "https://other.example/submission"}))
    assert any(f"'{name}' is not for this room" in one for one in found)


# What cannot be read


@pytest.mark.parametrize(
    ("rows", "why"),
    [
        ([{"type": "begin_repeat", "name": "r", "label": "R"}, asked("text"),
          {"type": "end_repeat"}], "a group that repeats"),
        ([{"type": "begin_group", "name": "a", "label": "A"},
          {"type": "begin_group", "name": "b", "label": "B"}, asked("text"),
          {"type": "end_group"}, {"type": "end_group"}], "a group stands within a group"),
        ([asked("text", relevant="${region} != ''")], "the condition"),
        ([asked("integer", constraint=". mod 2 = 0")], "the constraint"),
        ([asked("text", calculation="1 + 1")], "the column 'calculation' is not read"),
        ([asked("text", **{"label::Klingon (tlh)": "x"})], "none of the pack"),
        ([asked("text", "Capital")], "not a name of a field"),
        ([asked("text", relevant="${nothing} = 'a'")], "no XLSForm"),
    ],
)  # fmt: skip
def test_what_the_room_cannot_do_is_told(rows, why):
    assert any(why in one for one in refused(workbook(*rows)))


def test_all_problems_are_told_at_once():
    rows = [asked("barcode"), asked("text", "my_name"), asked("integer", "n", constraint="x")]
    assert len(refused(workbook(*rows))) >= 3


def test_what_breaks_a_workbook_hides_nothing_that_is_refused():
    rows = [asked("audit", "watched"), asked("deviceid", "d"), asked("text", "full_name"),
            asked("image", "sheet", appearance="signature")]  # fmt: skip
    found = refused(workbook(*rows))
    for why in ("no XLSForm", "'audit' records", "'deviceid' collects", "asks for a name",
                "'signature' takes"):  # fmt: skip
        assert any(why in one for one in found), (why, found)
    assert [one.partition(": ")[0] for one in found].count("own.xlsx:3") == 1


def test_what_a_form_becomes_must_be_said():
    found = refused(workbook(asked("text"), settings={"anoa_becomes": ""}))
    assert any("anoa_becomes: report, station" in one for one in found)


def test_a_workbook_that_unpacks_to_too_much_is_not_unpacked():
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("xl/workbook.xml", b" " * (21 << 20))
    assert "more than" in refused(file.getvalue())[0]


WHOLE = workbook(asked("text"))


@given(st.binary(max_size=200), st.integers(0, len(WHOLE)))
def test_law_a_damaged_workbook_is_refused_or_read(noise, at):
    for content in (noise, WHOLE[:at] + noise + WHOLE[at:]):
        try:
            form_of_xlsform("own.xlsx", content, ("en",))
        except PackError as error:
            assert error.problems[0].file == "own.xlsx"


# The command


def test_the_command_takes_a_form_out_and_puts_it_back(tmp_path, capsys):
    pack = tmp_path / "pack"
    shutil.copytree(FOLDERS[1], pack)
    before = load_pack(pack)
    ident = next(iter(before.forms))
    file = tmp_path / "form.xlsx"
    assert main(["form", "export", str(pack), ident, str(file)]) == 0
    assert main(["form", "import", str(pack), str(file)]) == 2
    assert "say --replace" in capsys.readouterr().err
    assert main(["form", "import", str(pack), str(file), "--replace"]) == 0
    assert load_pack(pack).forms == before.forms
    assert main(["form", "export", str(pack), ident, str(tmp_path / "form.xml")]) == 0
    assert b"http://www.w3.org/2002/xforms" in (tmp_path / "form.xml").read_bytes()


def test_a_form_that_would_break_the_pack_is_not_left_in_it(tmp_path, capsys):
    pack = tmp_path / "pack"
    shutil.copytree(FOLDERS[1], pack)
    (tmp_path / "own.xlsx").write_bytes(workbook(settings={"anoa_kinds": "nobody"}))
    assert main(["form", "import", str(pack), str(tmp_path / "own.xlsx")]) == 2
    assert "nobody" in capsys.readouterr().err
    assert not (pack / "forms" / "own.yaml").exists()


@pytest.mark.parametrize(
    ("args", "why"),
    [
        (["export", "PACK", "none", "x.xml"], "no form 'none'"),
        (["export", "PACK", "incident", "x.pdf"], "neither in .xlsx nor in .xml"),
        (["import", "PACK", "missing.xlsx"], "cannot be read"),
        (["export", "PACK", "incident", "/no/such/folder/x.xml"], "cannot be written"),
    ],
)
def test_what_the_command_cannot_do_is_one_sentence(args, why, capsys):
    assert main(["form", *[str(FOLDERS[1]) if one == "PACK" else one for one in args]]) == 2
    said = capsys.readouterr().err
    assert why in said
    assert said.count("\n") == 1
