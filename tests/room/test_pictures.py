"""Pictures are shown without what a device wrote into them; the originals stay as they came."""

import struct
import zlib
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.room.test_intake import REPORT, arrival, stored

from anoa.room.intake.pictures import NotShown, cleaned, without_files
from anoa.room.intake.storing import attachment
from anoa.room.intake.values import Attachment
from anoa.room.models import AttachmentRow

SECRET = b"GPS 3.97S 122.5E Maker 7"


def part(marker: int, body: bytes) -> bytes:
    return bytes([0xFF, marker]) + struct.pack(">H", len(body) + 2) + body


def exif(turn: int, order: str = ">") -> bytes:
    """EXIF with a direction and a place."""
    head = b"MM\x00*" if order == ">" else b"II*\x00"
    entries = struct.pack(order + "HHIHH", 0x0112, 3, 1, turn, 0)
    entries += struct.pack(order + "HHII", 0x010F, 2, len(SECRET), 38)
    tiff = head + struct.pack(order + "IH", 8, 2) + entries + b"\x00\x00\x00\x00" + SECRET
    return part(0xE1, b"Exif\x00\x00" + tiff)


CODED = b"\x12\xff\x00\x34\xff\xd0\x56"
DRAWN = part(0xDB, b"\x00" * 65) + part(0xC0, b"\x08\x00\x01\x00\x01\x01\x01\x11\x00")
DRAWN += part(0xDA, b"\x01\x01\x00\x00\x3f\x00") + CODED
SECOND = part(0xC4, b"\x00" * 17) + part(0xDA, b"\x01\x01\x00\x01\x3f\x00") + CODED
JPEG = (
    b"\xff\xd8" + part(0xE0, b"JFIF\x00\x01\x02\x00\x00\x48\x00\x48\x01\x01" + SECRET) + exif(6)
    + part(0xE1, b"http://ns.adobe.com/xap/1.0/\x00" + SECRET) + part(0xED, SECRET)
    + part(0xFE, SECRET) + DRAWN + part(0xFE, SECRET) + SECOND + b"\xff\xd9" + SECRET
)  # fmt: skip


def chunk(name: bytes, body: bytes) -> bytes:
    return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))


LINE = zlib.compress(b"\x00\x80")
PNG = (
    b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    + chunk(b"tEXt", b"Author\x00" + SECRET) + chunk(b"eXIf", SECRET) + chunk(b"IDAT", LINE)
    + chunk(b"iTXt", SECRET) + chunk(b"IEND", b"") + SECRET
)  # fmt: skip
GIF = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\xff\xff\xff"
    + b"!\xfe" + bytes([len(SECRET)]) + SECRET + b"\x00"
    + b"!\xff\x0bXMP DataXMP" + bytes([len(SECRET)]) + SECRET + b"\x00"
    + b"!\xf9\x04\x00\x00\x00\x00\x00" + b",\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02D\x01\x00;"
    + SECRET
)  # fmt: skip


def webp_part(name: bytes, body: bytes) -> bytes:
    return name + struct.pack("<I", len(body)) + body + b"\x00" * (len(body) % 2)


INSIDE = (
    webp_part(b"VP8X", b"\x2c" + b"\x00" * 9) + webp_part(b"ICCP", SECRET)
    + webp_part(b"VP8L", b"\x2f\x00\x00\x00\x00") + webp_part(b"EXIF", SECRET)
    + webp_part(b"XMP ", SECRET)
)  # fmt: skip
WEBP = b"RIFF" + struct.pack("<I", len(INSIDE) + 4) + b"WEBP" + INSIDE
ALL = {"image/jpeg": JPEG, "image/png": PNG, "image/gif": GIF, "image/webp": WEBP}


@pytest.mark.parametrize("kind", ALL)
def test_nothing_but_what_draws_the_picture_is_left(kind):
    shown = cleaned(ALL[kind])
    assert shown.media_type == kind
    assert SECRET in ALL[kind]
    assert SECRET not in shown.content
    assert cleaned(shown.content) == shown, "cleaning twice changes nothing"


def test_what_draws_the_picture_is_there_byte_for_byte():
    assert DRAWN in cleaned(JPEG).content and SECOND in cleaned(JPEG).content
    assert LINE in cleaned(PNG).content
    assert cleaned(GIF).content.endswith(b"\x02\x02D\x01\x00;")
    assert b"VP8X\x0a\x00\x00\x00\x00" in cleaned(WEBP).content, "no flag tells of EXIF or XMP"


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("turn", [3, 6, 8])
def test_which_way_is_up_is_kept(turn, order):
    shown = cleaned(b"\xff\xd8" + exif(turn, order) + DRAWN + b"\xff\xd9").content
    assert struct.pack(">HHIHH", 0x0112, 3, 1, turn, 0) in shown
    assert SECRET not in shown


@pytest.mark.parametrize("turn", [0, 1, 9, 65535])
def test_a_direction_that_says_nothing_is_left_out(turn):
    assert b"Exif" not in cleaned(b"\xff\xd8" + exif(turn) + DRAWN + b"\xff\xd9").content


@pytest.mark.parametrize(
    "odd",
    [b"", b"\xff\xd8\xff", b"\xff\xd8\xff\xd9", b"\x89PNG\r\n\x1a\n", b"GIF89a",
     b"RIFF\0\0\0\0WEBP", b"<svg onload='x'/>",
     b"\x00\x00\x00\x18ftypheic" + SECRET, JPEG[:100], b"%PDF-1.7"],
)  # fmt: skip
def test_what_cannot_be_cleaned_is_not_shown(odd):
    with pytest.raises(NotShown):
        cleaned(odd)


def test_a_picture_that_was_cut_off_shows_what_is_there():
    shown = cleaned(JPEG[: JPEG.index(SECOND) + 10]).content
    assert DRAWN in shown and shown.endswith(b"\xff\xd9")


@given(st.sampled_from(sorted(ALL)), st.integers(0, 400), st.binary(max_size=6))
@example("image/gif", 10, b"\xff")
def test_broken_pictures_are_shown_or_refused_and_nothing_else(kind, place, put):
    broken = ALL[kind][:place] + put + ALL[kind][place + len(put) :]
    with suppress(NotShown):
        cleaned(broken)


# On the page


@pytest.fixture
def sent(operation):
    """A submission of polda-sultra with a picture, and the place of the picture."""
    picture = Attachment("gate.jpg", "text/html", JPEG)
    body = b'{"content": "' + b"QUJD" * 200 + b'"}'
    (receipt,) = stored(
        operation, arrival(body=body, fields=REPORT, attachments=(picture,), problems=("look",))
    )
    row = AttachmentRow.objects.get(submission=receipt.number)
    return f"/inbox/{receipt.number}", f"/inbox/{receipt.number}/pictures/{row.pk}", row


def test_its_institution_sees_it_cleaned_and_the_original_stays(sent, signed_in):
    page, place, row = sent
    client = signed_in("posko")
    assert f'src="{place}"' in client.get(page).content.decode()
    answer = client.get(place)
    assert (answer.status_code, answer["Content-Type"]) == (200, "image/jpeg")
    assert answer.content == cleaned(JPEG).content
    assert (answer["X-Content-Type-Options"], answer["Cache-Control"]) == ("nosniff", "no-store")
    assert attachment(row) == JPEG
    assert SECRET not in bytes(row.encrypted)


def test_nobody_else_gets_it(sent, signed_in, client):
    for name in ("kpu-prov", "bawaslu-prov"):
        assert signed_in(name).get(sent[1]).status_code == 404
    for name in ("observer", "governor-reader", "auditor", "host-admin"):
        assert signed_in(name).get(sent[1]).status_code == 403
    assert client.get(sent[1]).status_code == 302


def test_a_picture_of_another_submission_is_not_found_by_its_number(sent, signed_in, operation):
    (other,) = stored(operation, arrival("o-1", agency="kpu-prov", problems=("look",)))
    answer = signed_in("kpu-prov").get(f"/inbox/{other.number}/pictures/{sent[2].pk}")
    assert answer.status_code == 404


def test_a_kind_that_cannot_be_cleaned_says_so(operation, signed_in):
    odd = Attachment("gate.heic", "image/heic", b"\x00\x00\x00\x18ftypheic" + SECRET)
    (receipt,) = stored(operation, arrival("h-1", attachments=(odd,), problems=("look",)))
    row = AttachmentRow.objects.get(submission=receipt.number)
    answer = signed_in("posko").get(f"/inbox/{receipt.number}/pictures/{row.pk}")
    assert answer.status_code == 415
    assert SECRET not in answer.content


def test_a_file_within_what_was_sent_is_not_shown_as_letters(sent, signed_in):
    shown = signed_in("posko").get(sent[0]).content.decode()
    assert "QUJDQUJD" not in shown and "[… 800 …]" in shown
    assert without_files("short words stay") == "short words stay"
