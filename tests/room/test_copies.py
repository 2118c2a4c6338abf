"""Exports name their reader, and two readers' copies differ; what is frozen stays as it is."""

import csv
import hashlib
import io
import json
import re
import shutil
import subprocess

import openpyxl
import pytest

from anoa.logfile import read_log
from anoa.room.models import SitrepFile

READERS = ("posko", "kpu-prov")
MARK = r"{operation} {agency}/{ident} \d{{4}}-\d\d-\d\dT\d\d:\d\d:\d\dZ"


def mark_of(member) -> str:
    return MARK.format(operation=re.escape(member.operation.pk), agency=member.agency,
                       ident=member.ident)  # fmt: skip


@pytest.fixture
def issued(signed_in):
    """The first daily report."""
    sent = {"verb": "sitrep.issue", "subject": "", "report": "daily", "language": "id"}
    assert signed_in("posko").post("/daily-reports", sent).status_code == 302


def content(answer) -> bytes:
    return b"".join(answer.streaming_content) if answer.streaming else answer.content


@pytest.fixture
def taken(signed_in):
    """What a reader takes away by an address."""
    return lambda name, path: content(signed_in(name).get(path))


@pytest.mark.parametrize("name", READERS)
@pytest.mark.parametrize("form", ["csv", "hxl"])
def test_each_row_of_a_table_names_its_reader(taken, member, name, form):
    rows = list(csv.DictReader(io.StringIO(
        taken(name, f"/reports/export?format={form}").decode("utf-8-sig"))))  # fmt: skip
    rows = rows[1:] if form == "hxl" else rows
    assert len(rows) > 3
    assert all(re.fullmatch(mark_of(member(name)), row["copy"]) for row in rows)


@pytest.mark.parametrize("name", READERS)
def test_a_workbook_names_its_reader_in_each_row_at_each_foot_and_in_its_properties(
    taken, member, name
):
    book = openpyxl.load_workbook(io.BytesIO(taken(name, "/reports/export?format=xlsx")))
    mark, sheet = mark_of(member(name)), book.active
    place = [cell.value for cell in sheet[1]].index("copy")
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert rows and all(re.fullmatch(mark, row[place]) for row in rows)
    assert re.fullmatch(mark, book.properties.keywords)
    assert re.search(mark, sheet.oddFooter.left.text)


@pytest.mark.parametrize("name", READERS)
def test_a_map_file_names_its_reader_as_a_whole_and_in_each_feature(taken, member, name):
    found = json.loads(taken(name, "/reports/export?format=geojson"))
    mark = mark_of(member(name))
    assert re.fullmatch(mark, found["copy"]) and found["features"]
    assert all(re.fullmatch(mark, one["properties"]["copy"]) for one in found["features"])


@pytest.mark.parametrize("name", [*READERS, "observer", "auditor"])
def test_a_log_names_its_reader_in_its_first_line_and_still_reads(taken, member, name):
    raw = taken(name, "/log/export")
    assert re.fullmatch(mark_of(member(name)), json.loads(raw.partition(b"\n")[0])["copy"])
    assert read_log(io.BytesIO(raw)).header.copy
    lines = [taken(one, "/log/export").partition(b"\n")[2] for one in ("posko", "posko")]
    assert lines[0] == lines[1], "what is sealed is the same in every copy"


@pytest.mark.parametrize("name", READERS)
def test_a_copy_of_a_report_names_its_reader_at_the_foot_of_each_page(
    issued, taken, member, name, tmp_path
):
    if not shutil.which("pdftotext"):
        pytest.skip("there is no pdftotext")
    frozen = bytes(SitrepFile.objects.get(ident="L-0001", form="pdf").content)
    file = tmp_path / "copy.pdf"
    file.write_bytes(taken(name, "/daily-reports/L-0001/copy.pdf"))
    said = subprocess.run(["pdftotext", "-layout", file, "-"], capture_output=True, text=True,
                          check=True).stdout  # fmt: skip
    pages = said.split("\f")[:-1]
    (tmp_path / "frozen.pdf").write_bytes(frozen)
    plain = subprocess.run(["pdftotext", tmp_path / "frozen.pdf", "-"], capture_output=True,
                           text=True, check=True).stdout.split("\f")[:-1]  # fmt: skip
    assert len(pages) == len(plain) > 0
    for page in pages:
        assert re.search(mark_of(member(name)), page)
        assert hashlib.sha256(frozen).hexdigest() in page


def test_the_sealed_report_stays_as_it_is_for_every_reader(issued, taken):
    frozen = bytes(SitrepFile.objects.get(ident="L-0001", form="pdf").content)
    assert {taken(name, "/daily-reports/L-0001.pdf") for name in READERS} == {frozen}


@pytest.mark.parametrize(
    "path",
    ["/reports/export?format=csv", "/reports/export?format=hxl", "/reports/export?format=xlsx",
     "/reports/export?format=geojson", "/log/export", "/daily-reports/L-0001/copy.pdf"],
)  # fmt: skip
def test_the_copies_of_two_readers_differ(issued, taken, path):
    assert taken("posko", path) != taken("kabagops-muna", path)


def test_an_observer_gets_no_copy_of_what_it_may_not_see(issued, signed_in):
    assert signed_in("observer").get("/daily-reports/L-0001/copy.pdf").status_code == 404


def test_a_mark_too_long_for_a_header_is_refused():
    from anoa.errors import LogError
    from anoa.logfile import LogHeader

    with pytest.raises(LogError, match="copy"):
        LogHeader("operation-7", "sha256:9f", "UTC", exercise=True, copy="x" * 256)


def test_the_command_names_whose_copy_a_log_is_and_takes_no_person_s_name(
    operation, tmp_path, monkeypatch
):
    from contextlib import nullcontext

    from anoa.cli import export, main

    monkeypatch.setattr(export, "opened_room", lambda **_: nullcontext())
    path = tmp_path / "log.jsonl"
    assert main(["export", str(path), "--as", "kpu-prov", "--for", "kpu-second"]) == 0
    reader = f"{re.escape(operation.pk)} kpu-prov/kpu-second "
    assert re.match(reader, read_log(path).header.copy)
    assert main(["export", str(path)]) == 0
    assert " institutions/host-admin " in read_log(path).header.copy
    assert main(["export", str(path), "--for", "A Person"]) == 2
