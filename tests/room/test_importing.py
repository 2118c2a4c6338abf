"""Tables that are brought in: every row once, nothing guessed, no names, one list of faults."""

import csv
import io
import json
import re
import subprocess
import sys
import zipfile
from datetime import date, datetime, time

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook
from tests.room.running import Browser, environment, room

from anoa.errors import NotAllowed
from anoa.room import record
from anoa.room.intake import importing
from anoa.room.intake.importing import CHECKED, TAKEN, Source
from anoa.room.intake.storing import opened, trouble
from anoa.room.intake.tables import NoTable, decoded, open_table, separator_of
from anoa.room.models import ImportRow, SubmissionRow

HEAD = "Kabupaten;Kecamatan;Jenis tempat;Kapan;threat_type;obtained;NIK"
ROWS = (
    "Muna;;market;27/11/2024 07.30;rumor;told;",
    "74.03;;market;2024-11-27T08:00;rumor;seen;",
    "Atlantis;;market;27/11/2024;rumor;told;",
)
FILE = "\r\n".join([HEAD, *ROWS]).encode()
COLUMNS = {"Kabupaten": "region", "Kecamatan": "sub_district", "Jenis tempat": "place_class",
           "Kapan": "observed_at", "threat_type": "threat_type",
           "obtained": "obtained"}  # fmt: skip
FIXED = {"reliability": "C", "credibility": "3"}


def source(operation, agency="polda-sultra") -> Source:
    return Source(operation, agency, "posko")


def begun(operation, content=FILE, columns=COLUMNS, **where) -> ImportRow:
    pack, held = record.pack_of(operation), source(operation, **where)
    form = importing.form_of(pack, held.agency, "incident")
    row = importing.begin(held, content, form, pack)
    if columns is not None:
        importing.assign(row, chosen(columns), importing.opened(content, form, pack))
    return row


def chosen(columns):
    return {"columns": columns, "fixed": FIXED}


def gone_through(operation, step=TAKEN, **more) -> ImportRow:
    return importing.run(begun(operation, **more).ident, step, "en")


def book(*rows, title="Data", **sheets) -> bytes:
    made = Workbook()
    sheet = made.active
    sheet.title = title
    for row in rows:
        sheet.append(row)
    for name, state in sheets.items():
        made.create_sheet(name).sheet_state = state
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def table_rows(content: bytes):
    return list(open_table(content).rows())


# -- tables ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("codec", "name"),
    [("utf-8", "UTF-8"), ("utf-8-sig", "UTF-8"), ("utf-16", "UTF-16"), ("utf-16-le", "UTF-16"),
     ("utf-16-be", "UTF-16"), ("cp1252", "windows-1252")],
)  # fmt: skip
def test_letters_of_every_usual_encoding_are_read_and_told(codec, name):
    text = "Wilayah;Catatan\nMuna;dépôt\n"
    assert decoded(text.encode(codec)) == (text, name)
    assert table_rows(text.encode(codec)) == [(2, ("Muna", "dépôt"))]


@pytest.mark.parametrize("sign", [";", ",", "\t", "|"])
def test_the_separator_is_found(sign):
    text = f'a{sign}b{sign}c\n"x{sign}y"{sign}1{sign}2\n3{sign}4{sign}5\n'
    assert separator_of(text) == sign
    assert [len(row) for _n, row in table_rows(text.encode())] == [3, 3]


def test_a_line_that_names_the_separator_is_heard_and_numbers_stay_those_of_the_file():
    assert table_rows(b"sep=,\r\na,b\r\n\r\n1;2,3\r\n") == [(4, ("1;2", "3"))]


def test_the_head_is_found_below_titles_and_blank_or_double_heads_get_letters():
    table = open_table(b"Rekap\n\nKab,Jumlah,Jumlah,\nMuna,1,2,3\n")
    assert table.head == ("Kab", "Jumlah", "Jumlah [C]", "[D]")
    assert list(table.rows()) == [(4, ("Muna", "1", "2", "3"))]


def test_a_workbook_gives_values_and_never_computes():
    day, hour = date(2024, 11, 27), time(7, 5)
    both = datetime(2024, 11, 27, 7, 30)  # noqa: DTZ001 - as cells have it
    content = book(["Kab", "Waktu", "Hari", "Jam", "N"], ["Muna", both, day, hour, "=1+1"])
    ((number, row),) = table_rows(content)
    assert number == 2
    assert row[:4] == ("Muna", both, day, hour)
    assert row[4] == "=1+1" and type(row[4]).__name__ == "Formula"


def test_hidden_and_other_sheets_and_merged_cells_are_told():
    made = Workbook()
    made.active.append(["a", "b"])
    made.active.append(["1", "2"])
    made.active.merge_cells("A2:A3")
    made.create_sheet("Lain")
    made.create_sheet("Rahasia").sheet_state = "hidden"
    file = io.BytesIO()
    made.save(file)
    notes = " ".join(str(note) for note in open_table(file.getvalue()).notes)
    assert "'Lain' was not read" in notes and "'Rahasia' is hidden" in notes and "merged" in notes


def zipped(parts: dict[str, bytes]) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in parts.items():
            packed.writestr(name, content)
    return file.getvalue()


def swapped(content: bytes, name: str, change) -> bytes:
    """A workbook with one part changed."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        parts = {one: packed.read(one) for one in packed.namelist()}
    return zipped(parts | {name: change(parts[name])})


BOOK = book(["a", "b"], ["1", "2"])
SHEET = "xl/worksheets/sheet1.xml"
DOCTYPE = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><worksheet'


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty"), (b"\x00\x00  \n", "empty"), (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1x", "old"),
        (b"PK\x03\x04nonsense", "cannot be read"), (BOOK[:-200], "cannot be read"),
        (zipped({"mimetype": b"application/vnd.oasis"}), "no table"),
        (zipped({"xl/workbook.xml": b"<x/>"}), "cannot be read"),
        (zipped({"xl/workbook.xml": b"0" * (40 << 20)}), "unpacks"),
        (swapped(BOOK, SHEET, lambda one: one.replace(b"<worksheet", DOCTYPE)), "declares"),
        (swapped(BOOK, SHEET, lambda one: one[:150]), "cannot be read"),
        (b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9, "table"),
        (("a;b\n" + "x" * 200_000).encode(), "CSV"),
        ((";".join("abc" * 100) + "\n" + ";".join("abc" * 100)).encode(), "columns"),
        (("a;b\n" + "1;2\n" * 100_001).encode(), "more than 100000 rows"),
    ],
    ids=range(14),
)  # fmt: skip
def test_what_is_no_table_or_too_large_is_refused_in_words(content, says):
    with pytest.raises(NoTable, match=says):
        table_rows(content)


@settings(max_examples=40)
@given(st.binary(max_size=300) | st.text(max_size=200).map(str.encode))
def test_no_bytes_break_the_reader_of_tables(content):
    for one in (content, b"PK\x03\x04" + content, BOOK[:400] + content):
        try:
            table_rows(one)
        except NoTable as error:
            assert str(error)


# -- columns --------------------------------------------------------------------------------


def found(operation, content=FILE):
    pack = record.pack_of(operation)
    return importing.opened(content, importing.form_of(pack, "polda-sultra", "incident"), pack)


def test_columns_are_recognised_by_the_words_of_form_and_pack(operation):
    row = begun(operation, columns=None)
    assert row.mapping["columns"]["Kabupaten"] == "region"
    assert row.mapping["columns"]["Kecamatan"] == "sub_district"
    assert row.mapping["columns"]["Jenis tempat"] == "place_class"
    assert row.mapping["columns"]["Kapan"] == "observed_at"  # of a longer label
    assert "NIK" not in row.mapping["columns"]


@pytest.mark.parametrize(
    ("head", "cell"),
    [("Nama pelapor", "x"), ("NIK", "x"), ("Nomor HP", "x"), ("Partai", "x"), ("Perolehan", "1"),
     ("Keterangan lain", "7403012503900001"), ("Catatan", "hub. 0812-3456-7890")],
)  # fmt: skip
def test_columns_of_persons_parties_and_results_are_left_out_and_told(operation, head, cell):
    content = f"Kabupaten;{head}\nMuna;{cell}\n".encode()
    one = found(operation, content)
    assert set(one.refused) == {head}
    with pytest.raises(NotAllowed):  # also when somebody insists
        importing.assign(begun(operation, content, None), chosen({head: "account"}), one)


def test_two_columns_may_be_a_day_and_an_hour_and_nothing_else(operation):
    content = b"Kab;Tanggal;Jam\nMuna;27-11-2024;07.30\n"
    row = begun(
        operation, content, {"Kab": "region", "Tanggal": "observed_at", "Jam": "observed_at"}
    )
    pack = record.pack_of(operation)
    assignment = importing.heads.checked(row.mapping, ("Kab", "Tanggal", "Jam"), {},
                                         pack.forms["incident"])  # fmt: skip
    (first,) = importing.preview(found(operation, content), assignment, "en")
    assert first.fields == FIXED | {"region": "74.03", "observed_at": "2024-11-27T07:30"}
    with pytest.raises(NotAllowed):
        begun(operation, content, {"Kab": "region", "Jam": "region"})


def test_columns_are_remembered_for_the_same_heads(operation):
    begun(operation, columns={"threat_type": "region"})
    again = begun(operation, columns=None)
    assert again.mapping["columns"] == {"threat_type": "region"}
    assert again.facts["remembered"]


# -- rows -----------------------------------------------------------------------------------


def test_good_rows_go_in_and_bad_ones_wait_for_a_person(operation):
    row = gone_through(operation)
    assert (row.state, bytes(row.encrypted)) == (TAKEN, b"")
    assert (row.facts["rows"], row.facts["good"], row.facts["faulty"]) == (3, 2, 1)
    stored = SubmissionRow.objects.filter(channel="file").order_by("number")
    assert [one.state for one in stored] == ["received", "received", "needs_person"]
    fields, body = opened(stored[0])
    assert fields["region"] == "74.03" and fields["observed_at"] == "2024-11-27T07:30"
    assert b"Muna" in body and b"NIK" not in body
    assert any("Atlantis" in str(one) for one in trouble(stored[2]))
    odd = gone_through(operation, CHECKED, content=FILE.replace(b"27/11/2024 07.30", b"soon"))
    said = {(one.row, one.value): str(one.what) for one in importing.faults_of(odd)}
    assert said[2, "soon"].startswith("write a day and a time")


def test_a_check_stores_nothing(operation):
    row = gone_through(operation, CHECKED)
    assert row.state == CHECKED and row.facts["faulty"] == 1 and row.encrypted
    assert not SubmissionRow.objects.filter(channel="file").exists()


def test_the_same_file_twice_doubles_nothing_whoever_brings_it(operation):
    gone_through(operation)
    again = gone_through(operation)
    assert (again.facts["received"], again.facts["repeated"]) == (0, 3)
    assert SubmissionRow.objects.filter(channel="file").count() == 3
    other = gone_through(operation, agency="kpu-prov")
    assert other.facts["received"] == 3


def test_a_row_that_stands_twice_is_taken_once_and_told(operation):
    row = gone_through(operation, content=FILE + b"\r\n" + ROWS[0].encode())
    assert (row.facts["received"], row.facts["repeated"]) == (3, 1)
    assert any("same as row 2" in str(one.what) for one in importing.faults_of(row))


def test_a_row_with_a_number_of_its_own_that_changed_is_a_conflict(operation):
    head, columns = "no;" + HEAD, COLUMNS | {"no": "@id"}
    first = f"{head}\n1;{ROWS[0]}\n".encode()
    gone_through(operation, content=first, columns=columns)
    row = gone_through(operation, content=first.replace(b"told", b"seen"), columns=columns)
    assert row.facts["conflict"] == 1
    assert "that one stands" in str(importing.faults_of(row)[0].what)
    (stored,) = SubmissionRow.objects.filter(channel="file")
    assert opened(stored)[0]["obtained"] == "told"


@pytest.mark.parametrize(
    ("cell", "value"),
    [("1.000", None), ("1,000", None), ("12", "12"), ("3,5", "3.5"), ("=1+1", "=1+1"), (3.0, "3")],
)
def test_a_number_that_may_be_read_in_two_ways_is_told(operation, cell, value):
    content = book(["Kab", "Luka"], ["Muna", cell]) if isinstance(cell, float) else (
        f"Kab;Luka\nMuna;{cell}\n".encode())  # fmt: skip
    one = found(operation, content)
    row = begun(operation, content, {"Kab": "region", "Luka": "injured"})
    assignment = importing.heads.checked(row.mapping, one.table.head, {}, one.form)
    (read,) = importing.preview(one, assignment, "en")
    faults = [fault for fault in read.faults if fault.column == "Luka"]
    if value is None:
        assert [str(fault.what) for fault in faults] == ["this may be thousands or a fraction"]
    else:
        assert read.fields["injured"] == value


def test_formulas_are_told_and_the_list_of_faults_holds_none(operation):
    content = book(list(COLUMNS), ["=HYPERLINK(1)", "", "-SUM(A1)", "", "-1+1", "+x"])
    row = gone_through(operation, CHECKED, content=content)
    faults = importing.faults_of(row)
    assert any("never computed" in str(one.what) for one in faults)
    text = importing.faults_csv(faults, ("a", "b", "c", "d", "e"), str).decode("utf-8-sig")
    cells = [cell for line in csv.reader(io.StringIO(text)) for cell in line]
    assert "'=HYPERLINK(1)" in cells and "'-SUM(A1)" in cells
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in cells)


@settings(max_examples=40)
@given(st.lists(st.lists(st.text(max_size=12), min_size=7, max_size=7), max_size=4))
def test_no_cells_break_the_reader_of_rows(world, rows):
    file = io.StringIO()
    csv.writer(file, delimiter=";").writerows([HEAD.split(";"), *rows])
    try:
        one = importing.opened(file.getvalue().encode(errors="replace"), *world)
    except NoTable:
        return
    columns = {head: field for head, field in COLUMNS.items() if head not in one.refused}
    if set(one.table.head) != set(HEAD.split(";")) or not columns:
        return
    assignment = importing.heads.checked(chosen(columns), one.table.head, one.refused, one.form)
    for read in importing.preview(one, assignment, "en"):
        assert all(str(fault.what) and str(fault.hint) for fault in read.faults)


@pytest.fixture(scope="module")
def world(django_db_setup, django_db_blocker):
    with django_db_blocker.unblock():
        pack = record.pack_of(record.current_operation())
        yield pack.forms["incident"], pack


def test_a_field_that_no_column_is_is_told_once_and_may_be_the_same_for_all(operation):
    pack = record.pack_of(operation)
    row = begun(operation, columns=None)
    one = importing.opened(FILE, pack.forms["incident"], pack)
    importing.assign(row, {"columns": COLUMNS, "fixed": {}}, one)
    row = importing.run(row.ident, CHECKED, "en")
    assert (row.facts["good"], row.facts["faulty"]) == (0, 3)
    once = [one for one in importing.faults_of(row) if "no column is" in str(one.what)]
    assert [one.row for one in once] == [1, 1]
    again = gone_through(operation)
    assert again.facts["good"] == 2


# -- the pages ------------------------------------------------------------------------------


def upload(client, content=FILE, form="incident"):
    client.cookies["django_language"] = "en"
    file = SimpleUploadedFile("reports.csv", content)
    return client.post("/import", {"form": form, "file": file})


def test_a_file_goes_in_by_the_pages_and_its_faults_come_out_as_csv(signed_in):
    client = signed_in("posko")
    place = upload(client)["Location"]
    page = client.get(place).content.decode()
    assert "left out" in page and "Atlantis" in page
    assert client.post(place, {"do": "check"}).status_code == 302
    page = client.get(place).content.decode()
    assert "nothing was taken in yet" in page and "Take the rows in" in page
    assert not SubmissionRow.objects.filter(channel="file").exists()
    client.post(place, {"do": "take"})
    assert "What was taken in" in client.get(place).content.decode()
    assert SubmissionRow.objects.filter(channel="file").count() == 3
    faults = client.get(place + "/faults.csv").content.decode("utf-8-sig")
    assert faults.startswith("Row,Column,Value,What is wrong,What to do,Copy of")
    assert " polda-sultra/posko " in faults.splitlines()[1], "each row names its reader"
    assert "Atlantis" in faults


def test_nothing_is_taken_in_before_it_was_checked(signed_in):
    client = signed_in("posko")
    place = upload(client)["Location"]
    client.post(place, {"do": "take"})
    assert not SubmissionRow.objects.filter(channel="file").exists()
    assert ImportRow.objects.get().state == CHECKED


def test_a_file_that_is_thrown_away_is_gone(signed_in):
    client = signed_in("posko")
    place = upload(client)["Location"]
    client.post(place, {"do": "away"})
    row = ImportRow.objects.get()
    assert bytes(row.encrypted) == b"" and client.get(place).status_code == 200


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04x", b"\x00\x01\x02" * 400])
def test_a_file_that_cannot_be_read_is_refused_on_the_page(signed_in, content):
    answer = upload(signed_in("posko"), content)
    assert answer.status_code == 422 and 'role="alert"' in answer.content.decode()
    assert not ImportRow.objects.exists()


def test_others_do_not_see_the_file_nor_bring_one_in(signed_in):
    place = upload(signed_in("posko"))["Location"]
    for name in ("observer", "governor-reader", "auditor", "host-admin"):
        assert signed_in(name).get("/import").status_code == 403, name
    for path in (place, place + "/faults.csv"):
        assert signed_in("kpu-prov").get(path).status_code == 404
    assert upload(signed_in("posko"), form="logistics").status_code == 422


def test_the_token_of_the_page_is_asked_for(member):
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(member("posko").user)
    assert upload(client).status_code == 403


# -- by token -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    data = tmp_path_factory.mktemp("imports") / "data"
    with room(data, "--until", "2024-08-06") as found:
        browser = Browser(found.address)
        browser.sign_in("posko", found.passwords["posko"])
        page = browser.post("tokens", label="evening table", scopes="bulk", days="1").text
        yield found.address, re.search(r"anoa_[a-z2-7]{10}_[a-z2-7]{32}", page)[0], data.parent


def brought(served, content: bytes, *more: str, token: str = ""):
    """The command as people run it, with the file and its list of faults."""
    address, known, folder = served
    (folder / "reports.csv").write_bytes(content)
    (folder / "columns.json").write_text(json.dumps(chosen(COLUMNS)))
    (folder / "token").write_text(token or known)
    command = [sys.executable, "-m", "anoa", "import", str(folder / "reports.csv"), "--form",
               "incident", "--to", address, "--token-file", str(folder / "token"),
               "--mapping", str(folder / "columns.json"), *more]  # fmt: skip
    return subprocess.run(command, env=environment(folder), text=True, capture_output=True,
                          timeout=120, check=False)  # fmt: skip


def test_the_command_checks_takes_in_and_doubles_nothing(served):
    errors = served[2] / "faults.csv"
    dry = brought(served, FILE, "--dry-run", "--errors", str(errors))
    assert dry.returncode == 1, dry.stderr
    assert dry.stdout == "3 rows: 2 without fault, 1 with faults.\n"
    assert "Atlantis" in dry.stderr and "left out: NIK" in dry.stderr
    assert "Atlantis" in errors.read_text("utf-8-sig")
    said = [brought(served, FILE).stdout.splitlines()[-1] for _ in range(2)]
    assert said == ["3 new, 0 were here before, 0 were here with other content.",
                    "0 new, 3 were here before, 0 were here with other content."]  # fmt: skip


def test_a_wrong_token_or_file_is_refused_loudly(served):
    wrong = brought(served, FILE, token="anoa_" + "a" * 10 + "_" + "b" * 32)
    assert wrong.returncode == 2 and "not known" in wrong.stderr
    for content in (b"", b"PK\x03\x04x", b"a;b\nx;y\n"):
        answer = brought(served, content)
        assert answer.returncode == 2 and answer.stderr.startswith("anoa import: "), content
