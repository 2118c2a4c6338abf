"""Pictures are shown to others once a person looked, covered, and never as they were sent."""

import base64
import re
import struct
import zlib

import pytest
from tests.room.test_intake import REPORT, arrival, stored
from tests.room.test_pictures import chunk

from anoa.errors import AnoaError, NotAllowed
from anoa.room import actions, record
from anoa.room.intake import releasing
from anoa.room.intake.covering import LONGEST, Box, covered, read_boxes
from anoa.room.intake.filing import file_some
from anoa.room.intake.pictures import NotShown
from anoa.room.intake.storing import attachment
from anoa.room.intake.values import Attachment
from anoa.room.models import AttachmentRow, EntryRow, ReleasedPicture, SubmissionRow

SIDE = 160  # picture points; a copy is longer
RED, BLUE, WHITE, GREY = (200, 0, 0), (0, 0, 200), (255, 255, 255), (74, 74, 74)
# 64 x 32: red left half with a blue corner, white right half; EXIF: Maker 7, turn it clockwise.
TURNED = base64.b64decode(
    "/9j/4AAQSkZJRgABAQAAAQABAAD/4QA2RXhpZgAATU0AKgAAAAgAAgEPAAIAAAAIAAAAJgESAAMAAAABAAYAAAAAAABN"
    "YWtlciA3AP/bAEMAAwICAwICAwMDAwQDAwQFCAUFBAQFCgcHBggMCgwMCwoLCw0OEhANDhEOCwsQFhARExQVFRUMDxcY"
    "FhQYEhQVFP/bAEMBAwQEBQQFCQUFCRQNCw0UFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUFBQU"
    "FBQUFBQUFP/AABEIACAAQAMBIgACEQEDEQH/xAAfAAABBQEBAQEBAQAAAAAAAAAAAQIDBAUGBwgJCgv/xAC1EAACAQMD"
    "AgQDBQUEBAAAAX0BAgMABBEFEiExQQYTUWEHInEUMoGRoQgjQrHBFVLR8CQzYnKCCQoWFxgZGiUmJygpKjQ1Njc4OTpD"
    "REVGR0hJSlNUVVZXWFlaY2RlZmdoaWpzdHV2d3h5eoOEhYaHiImKkpOUlZaXmJmaoqOkpaanqKmqsrO0tba3uLm6wsPE"
    "xcbHyMnK0tPU1dbX2Nna4eLj5OXm5+jp6vHy8/T19vf4+fr/xAAfAQADAQEBAQEBAQEBAAAAAAAAAQIDBAUGBwgJCgv/"
    "xAC1EQACAQIEBAMEBwUEBAABAncAAQIDEQQFITEGEkFRB2FxEyIygQgUQpGhscEJIzNS8BVictEKFiQ04SXxFxgZGiYn"
    "KCkqNTY3ODk6Q0RFRkdISUpTVFVWV1hZWmNkZWZnaGlqc3R1dnd4eXqCg4SFhoeIiYqSk5SVlpeYmZqio6Slpqeoqaqy"
    "s7S1tre4ubrCw8TFxsfIycrS09TV1tfY2dri4+Tl5ufo6ery8/T19vf4+fr/2gAMAwEAAhEDEQA/APznooor/Qs+UPY6"
    "KKK/yZP9Nj+giiiiv1s/z0CiiigD+feiiivyQ/0LCiiigD+giiiiv1s/z0CiiigD/9k="
)


def png(rows) -> bytes:
    """A PNG of rows of (red, green, blue)."""
    raw = b"".join(b"\x00" + b"".join(bytes(point) for point in row) for row in rows)
    size = struct.pack(">IIBBBBB", len(rows[0]), len(rows), 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", size) + chunk(b"tEXt", b"Author\x00Maker 7")
        + chunk(b"IDAT", zlib.compress(raw)) + chunk(b"IEND", b"")
    )  # fmt: skip


FACE = png([[RED if 20 <= x < 30 and 10 <= y < 20 else WHITE for x in range(64)]
            for y in range(32)])  # fmt: skip


def points(content: bytes) -> list[list[tuple[int, ...]]]:
    """The picture points of an 8-bit RGBA PNG, undone from its filters."""
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    at, packed, head = 8, b"", b""
    while at < len(content):
        (length,) = struct.unpack(">I", content[at : at + 4])
        name, body = content[at + 4 : at + 8], content[at + 8 : at + 8 + length]
        assert name in (b"IHDR", b"IDAT", b"IEND"), "nothing but what draws it"
        head = body if name == b"IHDR" else head
        packed += body if name == b"IDAT" else b""
        at += 12 + length
    width, height, depth, kind = struct.unpack(">IIBB", head[:10])
    assert depth == 8
    step = {2: 3, 6: 4}[kind]
    raw, before, found = zlib.decompress(packed), bytearray(width * step), []
    for y in range(height):
        start = y * (width * step + 1)
        line = bytearray(raw[start + 1 : start + 1 + width * step])
        before = _unfiltered(raw[start], line, before, step)
        found.append([tuple(before[x : x + 3]) for x in range(0, width * step, step)])
    return found


def _unfiltered(way: int, line: bytearray, above: bytearray, step: int) -> bytearray:
    for n in range(len(line)):
        left = line[n - step] if n >= step else 0
        corner = above[n - step] if n >= step else 0
        guess = left + above[n] - corner
        nearest = min((left, above[n], corner), key=lambda one: abs(guess - one))
        line[n] = (line[n] + (0, left, above[n], (left + above[n]) // 2, nearest)[way]) & 255
    return line


def near(one, other) -> bool:
    return all(abs(a - b) < 12 for a, b in zip(one, other, strict=True))


# -- the copy -----------------------------------------------------------------------------------


def with_face(width: int, height: int, face: tuple[int, ...] = RED) -> bytes:
    """A white picture with a face in the middle, a quarter of its sides wide and high."""
    x, y = range(width * 3 // 8, width * 5 // 8), range(height * 3 // 8, height * 5 // 8)
    blank, marked = [WHITE] * width, [face if n in x else WHITE for n in range(width)]
    return png([marked if n in y else blank for n in range(height)])


@pytest.mark.parametrize("size", [(64, 32), (320, 240), (500, 300)])
def test_what_is_covered_is_not_in_the_copy_in_any_form(size):
    box = (Box(375, 375, 250, 250),)
    assert any(
        near(point, RED) for row in points(covered(with_face(*size), (), SIDE)) for point in row
    )
    made = covered(with_face(*size), box, SIDE)
    assert not any(near(point, RED) for row in points(made) for point in row)
    for face in (WHITE, BLUE, (0, 0, 0)):
        assert covered(with_face(*size, face), box, SIDE) == made, "whatever lies under the box"


def test_the_copy_is_right_way_up_small_and_without_what_the_device_wrote():
    made = covered(TURNED, (Box(0, 900, 1000, 100),))
    found = points(made)
    assert (len(found[0]), len(found)) == (32, 64), "a small picture is not made larger"
    assert near(found[4][4], RED) and near(found[4][28], BLUE) and near(found[44][4], WHITE)
    assert near(found[-5][4], GREY)
    assert struct.unpack(">II", covered(with_face(2560, 16), ())[16:24]) == (LONGEST, 8)
    assert b"Maker" in TURNED and b"Maker" not in made and b"Exif" not in made


@pytest.mark.parametrize("content", [b"", b"GIF8", TURNED[:200], FACE[:60], b"\xff\xd8\xff\xd9"])
def test_what_cannot_be_drawn_is_not_shown(content):
    with pytest.raises(NotShown):
        covered(content, ())


@pytest.mark.parametrize(
    "text",
    ["1 2 3", "a b c d", "0 0 1001 10", "900 0 200 10", "0 0 4 4", "-1 0 10 10", "1 2 3 4 5",
     "\n".join(["0 0 10 10"] * 61)],
)  # fmt: skip
def test_what_is_no_rectangle_is_refused(text):
    with pytest.raises(NotAllowed):
        read_boxes(text)


def test_rectangles_are_read_from_lines():
    assert read_boxes("1, 2, 30, 40\n\n 5 6 70 80 ") == (Box(1, 2, 30, 40), Box(5, 6, 70, 80))


# -- who sees what ------------------------------------------------------------------------------


@pytest.fixture
def filed(operation):
    """A report of polda-sultra that came with a picture; its row, and the id of the report."""
    picture = Attachment("gate.png", "image/png", FACE)
    (receipt,) = stored(operation, arrival(fields=REPORT, attachments=(picture,)))
    file_some(operation)
    sent = SubmissionRow.objects.get(number=receipt.number)
    assert sent.subject.startswith("R-")
    return AttachmentRow.objects.get(submission=sent), sent.subject


def place_of(row) -> str:
    return f"/inbox/{row.submission_id}/pictures/{row.pk}"


def look(client, row, found="covered", boxes="300 300 180 330"):
    return client.post(f"{place_of(row)}/check", {"found": found, "boxes": boxes})


def picture_in(client, report: str) -> bool:
    """Whether the page of the report shows a picture, or speaks of one."""
    page = client.get(f"/reports/{report}")
    assert page.status_code == 200
    return b"/pictures/" in page.content or b"<h2>Pictures" in page.content


def test_before_anybody_looked_others_see_neither_picture_nor_that_there_is_one(filed, signed_in):
    row, report = filed
    for name in ("kpu-prov", "bawaslu-prov", "kabagops-muna"):
        client = signed_in(name)
        client.cookies["django_language"] = "en"
        assert not picture_in(client, report)
        assert client.get(f"/reports/{report}/pictures/1").status_code == 404
        assert client.get(place_of(row)).status_code == 404
        assert client.get(f"{place_of(row)}/check").status_code == 404
        assert look(client, row, "nobody").status_code == 404
    assert picture_in(signed_in("posko"), report)
    assert not ReleasedPicture.objects.exists()


def test_once_covered_others_see_the_copy_and_never_the_original(filed, signed_in):
    row, report = filed
    assert look(signed_in("posko"), row)["Location"] == f"/reports/{report}"
    other = signed_in("kpu-prov")
    assert picture_in(other, report)
    answer = other.get(f"/reports/{report}/pictures/1")
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/png")
    assert answer["Cache-Control"] == "no-store"
    assert answer.content == covered(FACE, (Box(300, 300, 180, 330),))
    assert other.get(place_of(row)).status_code == 404
    assert attachment(row) == FACE, "the original stays as it was sent"


def test_an_outsider_sees_neither_report_nor_picture(filed, signed_in, client):
    row, report = filed
    look(signed_in("posko"), row)
    for name in ("observer", "governor-reader"):
        found = signed_in(name).get(f"/reports/{report}")
        answer = signed_in(name).get(f"/reports/{report}/pictures/1")
        assert answer.status_code == found.status_code
    assert signed_in("observer").get(f"/reports/{report}/pictures/1").status_code == 404
    assert signed_in("auditor").get(f"/reports/{report}/pictures/1")["Location"] == "/log"
    assert client.get(f"/reports/{report}/pictures/1")["Location"].startswith("/accounts/login/")


def test_the_copy_lies_encrypted_and_the_log_tells_who_looked_and_no_content(filed, signed_in):
    row, report = filed
    look(signed_in("posko"), row)
    held = ReleasedPicture.objects.get()
    assert b"PNG" not in bytes(held.encrypted) and b"IHDR" not in bytes(held.encrypted)
    entry = EntryRow.objects.filter(kind="report.picture_checked").get()
    assert (entry.by, entry.subject) == ("posko", report)
    assert entry.data == {"number": 1, "found": "covered"}


def test_taken_back_it_is_gone_for_others_and_the_log_says_so(filed, signed_in):
    row, report = filed
    look(signed_in("posko"), row)
    look(signed_in("posko"), row, "kept_back")
    assert not ReleasedPicture.objects.exists()
    assert signed_in("kpu-prov").get(f"/reports/{report}/pictures/1").status_code == 404
    found = EntryRow.objects.filter(kind="report.picture_checked").values_list("data", flat=True)
    assert [one["found"] for one in found] == ["covered", "kept_back"]


def test_a_second_look_takes_the_place_of_the_first(filed, signed_in):
    row, report = filed
    look(signed_in("posko"), row, "nobody")
    look(signed_in("posko"), row, boxes="0 0 1000 1000")
    shown = signed_in("kpu-prov").get(f"/reports/{report}/pictures/1").content
    assert shown == covered(FACE, (Box(0, 0, 1000, 1000),)) != covered(FACE, ())


def test_nothing_is_shown_where_nothing_was_covered_or_the_picture_is_no_report_s(
    filed, signed_in, operation
):
    row, _report = filed
    client = signed_in("posko")
    client.cookies["django_language"] = "en"
    assert "Nothing is covered" in look(client, row, boxes="").content.decode()
    assert look(client, row, boxes="1 2 3").status_code == 200
    look(client, row, "everybody")
    picture = Attachment("gate.png", "image/png", FACE)
    (receipt,) = stored(operation, arrival("w-1", attachments=(picture,), problems=("look",)))
    waits = AttachmentRow.objects.get(submission=receipt.number)
    assert "as a report first" in look(client, waits, "nobody").content.decode()
    assert not ReleasedPicture.objects.exists()
    assert not EntryRow.objects.filter(kind="report.picture_checked").exists()


def test_the_log_holds_no_look_that_did_not_take_place(filed, member, signed_in):
    _row, report = filed
    with pytest.raises(NotAllowed, match="own page"):
        actions.do(member("posko"), releasing.VERB, report, {"number": 1, "found": "nobody"})
    with pytest.raises(AnoaError):
        releasing.release(member("kpu-prov"), _row, "nobody", ())
    assert record.current_picture(member("posko").operation).reports[report]
    assert not EntryRow.objects.filter(kind="report.picture_checked").exists()


def test_a_picture_that_is_gone_takes_its_copy_along(filed, signed_in):
    row, report = filed
    look(signed_in("posko"), row)
    row.delete()
    assert not ReleasedPicture.objects.exists()
    assert signed_in("kpu-prov").get(f"/reports/{report}/pictures/1").status_code == 404


def test_the_page_says_what_to_do_without_javascript_too(filed, signed_in):
    row, _report = filed
    client = signed_in("posko")
    client.cookies["django_language"] = "en"
    page = client.get(f"{place_of(row)}/check").content.decode()
    assert re.search(r'<textarea id="boxes" name="boxes"', page)
    assert f'src="{place_of(row)}"' in page and "Cover every face" in page
