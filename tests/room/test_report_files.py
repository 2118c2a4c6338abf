"""Files made beside the pages: whole or none, how far, why not, and for nobody else."""

from __future__ import annotations

import re
import threading
from contextlib import suppress
from datetime import timedelta

import pytest
from django.utils import timezone
from tests.room.test_pages import body
from tests.room.test_report_list import FORMATS, content

from anoa.columns import find
from anoa.errors import NotAllowed
from anoa.room import list_export, list_files, record
from anoa.room.models import ExportFile, ExportPiece
from anoa.room.views import reports as reports_view

MOMENT = re.compile(rb"posko \d{4}-\d\d-\d\dT[\d:]{8}Z")  # at which a copy was taken


@pytest.fixture
def works(monkeypatch) -> list:
    """What would be done in the background, to be done by the test."""
    found: list = []
    monkeypatch.setattr(list_files, "in_background", found.append)
    return found


def begun(client, form: str = "csv", query: str = "") -> str:
    client.cookies["django_language"] = "en"
    answer = client.post(f"/files/new?{query}", {"format": form})
    assert answer.status_code == 302
    return answer["Location"]


@pytest.mark.parametrize("form", FORMATS)
def test_a_file_is_what_the_list_gives_at_once_and_tells_its_length(signed_in, works, form):
    client = signed_in("posko")
    page = begun(client, form, "order=oldest")
    assert "0 of" in body(client, page) and 'value="0"' in body(client, page)
    assert client.get(f"{page}/take").status_code == 409
    works.pop()()
    assert "whole" in body(client, page) and f"{page}/take" in body(client, page)
    answer = client.get(f"{page}/take")
    taken = b"".join(answer.streaming_content)
    assert int(answer["Content-Length"]) == len(taken)
    assert answer["Content-Disposition"].startswith('attachment; filename="EXERCISE-reports-')
    if form != "xlsx":  # a workbook holds the time at which it was made
        again = content(client, f"/reports/export?format={form}")
        assert MOMENT.sub(b"", taken) == MOMENT.sub(b"", again)
    assert page in body(client, "/files")


def test_only_who_had_it_made_finds_the_file(signed_in, works):
    page = begun(signed_in("posko"))
    works.pop()()
    for name in ("kpu-prov", "observer"):
        other = signed_in(name)
        for path in (page, f"{page}/take"):
            assert other.get(path).status_code == 404
        assert other.post(f"{page}/drop").status_code == 404
        assert page not in body(other, "/files")
    assert signed_in("auditor").post("/files/new", {"format": "csv"}).status_code == 403
    mine = begun(signed_in("observer"))
    works.pop()()
    assert b"R-0001" not in content(signed_in("observer"), f"{mine}/take")


class _Breaking:
    """Reports of which one cannot be read."""

    def __init__(self, found, error: Exception) -> None:
        self.found, self.error = found, error

    def __len__(self) -> int:
        return len(self.found)

    def items(self):
        yield from list(self.found.items())[:2]
        raise self.error


@pytest.fixture
def parts(operation, member):
    """A member, the reports that it sees, and how they are named."""
    one = member("posko")
    found = find(record.current_picture(operation).seen_by(one.agency), "report")
    return one, found, list_export.Naming(record.pack_of(operation), "en", "EXERCISE")


@pytest.mark.parametrize(
    ("error", "why"),
    [(OSError(28, "No space left on device"), "disk of the room is full"),
     (ValueError("x"), "A step could not be finished")],
)  # fmt: skip
@pytest.mark.parametrize("form", FORMATS)
def test_what_breaks_off_says_why_and_leaves_no_file(signed_in, parts, form, error, why):
    one, found, naming = parts
    with suppress(ValueError):
        list_files.start(one, form, _Breaking(found, error), naming, "x", "", lambda work: work())
    file, client = ExportFile.objects.get(), signed_in("posko")
    assert (file.state, ExportPiece.objects.count()) == (list_files.BROKEN, 0)
    assert why in body(client, f"/files/{file.ident}")
    assert client.get(f"/files/{file.ident}/take").status_code == 409
    assert "broke off" in body(client, "/files")


def test_one_that_is_stopped_ends_and_leaves_nothing(signed_in, parts, monkeypatch):
    one, found, naming = parts
    monkeypatch.setattr(list_files, "PIECE_BYTES", 1)
    monkeypatch.setattr(list_files, "TELL_ROWS", 1)
    monkeypatch.setattr(list_files, "TELL_S", 0.0)
    client, told = signed_in("posko"), []

    def items():
        for number, report in enumerate(found.items()):
            if number == 2:
                page = f"/files/{ExportFile.objects.get().ident}"
                told.append(body(client, page))
                assert client.post(f"{page}/drop").status_code == 302
            yield report

    rows = type("Rows", (), {"__len__": lambda _: len(found), "items": lambda _: items()})()
    file = list_files.start(one, "csv", rows, naming, "x", "", lambda work: work())
    assert f"1 of {len(found)} rows" in told[0]
    file.refresh_from_db()
    assert (file.state, ExportPiece.objects.count()) == (list_files.DROPPED, 0)
    assert "there is no file" in body(client, f"/files/{file.ident}")


def test_one_whose_machine_stopped_is_not_waited_for(signed_in, works):
    client = signed_in("posko")
    page = begun(client)
    ExportFile.objects.update(moved_at=timezone.now() - list_files.SILENT - timedelta(seconds=1))
    assert "The machine that made it stopped" in body(client, page)
    assert begun(client) != page  # and it holds up no other


def test_a_member_has_one_file_made_at_a_time_and_the_room_a_few(signed_in, works, monkeypatch):
    begun(signed_in("posko"))
    client = signed_in("posko")
    assert begun(client) == "/files"
    assert "wait until it ends" in body(client, "/files")
    monkeypatch.setattr(list_files, "MAKING_AT_ONCE", 1)
    other = signed_in("kpu-prov")
    assert begun(other) == "/files" and "Try it again in a minute" in body(other, "/files")


def test_a_file_is_kept_for_a_day_and_ten_of_a_member(signed_in, works, parts):
    one, found, naming = parts
    client = signed_in("posko")
    page = begun(client)
    works.pop()()
    ExportFile.objects.update(started_at=timezone.now() - list_files.KEPT)
    assert client.get(page).status_code == 404
    for _ in range(12):
        list_files.start(one, "csv", found, naming, "x", "", lambda work: work())
    assert ExportFile.objects.count() == list_files.MEMBERS_FILES
    assert set(ExportPiece.objects.values_list("file_id", flat=True)) == set(
        ExportFile.objects.values_list("pk", flat=True)
    )


def test_many_reports_are_offered_as_a_file_to_be_made(signed_in, works, monkeypatch):
    assert "/files/new" not in body(signed_in("posko"), "/reports")
    monkeypatch.setattr(reports_view, "LONG", 1)
    page = body(signed_in("posko"), "/reports?order=oldest")
    assert 'action="/files/new?list=reports&amp;order=oldest"' in page
    assert begun(signed_in("posko"), query="owner=nowhere") == "/files" and not works
    assert signed_in("posko").post("/files/new", {"format": "exe"}).status_code == 404
    assert signed_in("posko").get("/files/new").status_code in (404, 405)


def test_a_stream_that_breaks_off_says_so_and_hxl_tells_its_length(signed_in, parts):
    _one, found, naming = parts
    pieces = list_export.csv_pieces(_Breaking(found, ValueError("x")), naming)
    lines = []
    with pytest.raises(ValueError):
        lines.extend(pieces)
    assert lines[-1].startswith(b"BROKEN OFF") and not any(b"END" in one for one in lines)
    answer = signed_in("posko").get("/reports/export?format=hxl")
    assert int(answer["Content-Length"]) == len(b"".join(answer.streaming_content))


def test_the_background_is_a_thread_that_ends():
    done = threading.Event()
    list_files.in_background(done.set)
    assert done.wait(30)


def test_a_refusal_to_begin_is_a_sentence(works, parts):
    one, found, naming = parts
    list_files.start(one, "csv", found, naming, "x", "")
    with pytest.raises(NotAllowed, match="wait until it ends"):
        list_files.start(one, "csv", found, naming, "x", "")
