"""What an OpenRosa body is read into, and who may send it: rules without a socket."""

import asyncio
import itertools

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from tests.openrosa_material import FORM, filled_in
from tests.room.openrosa_phone import BOUNDARY, body_of, part, picture_part, xml_part

from anoa.openrosa import parse_submission
from anoa.room.intake import multipart
from anoa.room.intake.http import Memory, TooLarge, Unreadable, WrongMediaType, memory
from anoa.room.intake.multipart import CutOff, boundary_of, read_parts
from anoa.room.intake.openrosa_front import is_private, password_of
from anoa.room.intake.openrosa_sending import Taken, kept_files
from anoa.room.intake.values import Busy, Receipt, told_time

XML = filled_in({"photo": "1.jpg", "words": "a"})
PARSED = parse_submission(XML, {FORM.id: FORM})
WHOLE = body_of(xml_part(XML), picture_part("1.jpg", b"\xff\xd8" + bytes(500)))
TOKEN = "anoa_aaaaaaaaaa_" + "b" * 32


def read(chunks, *, limit=multipart.LIMIT, is_cut=False, boundary=BOUNDARY):
    """What a body that comes in those chunks is read into."""
    messages = [
        {"type": "http.request", "body": one, "more_body": is_cut or at < len(chunks)}
        for at, one in enumerate(chunks, 1)
    ] + [{"type": "http.disconnect"}]  # fmt: skip

    async def receive():
        return messages.pop(0)

    kind = f"multipart/form-data; boundary={boundary}".encode()
    scope = {"headers": [(b"content-type", kind)]}
    return asyncio.run(read_parts(scope, receive, limit))


@given(st.lists(st.integers(0, len(WHOLE)), max_size=12))
def test_law_a_body_is_the_same_however_it_is_cut_into_chunks(cuts):
    places = [0, *sorted(cuts), len(WHOLE)]
    got = read([WHOLE[a:b] for a, b in itertools.pairwise(places)])
    assert got.trouble is None
    assert [(one.name, one.file_name, one.media_type) for one in got.parts] == [
        ("xml_submission_file", "Everything_2024-11-27_07-05-00.xml", "text/xml"),
        ("1.jpg", "1.jpg", "image/jpeg"),
    ]
    assert bytes(got.parts[0].content) == XML
    assert memory.held == 0


@given(st.integers(0, len(WHOLE) - 1))
def test_law_of_a_body_that_is_cut_off_only_whole_parts_are_kept(at):
    for got in (read([WHOLE[:at]], is_cut=True), read([WHOLE[:at]])):
        assert all(bytes(one.content) in WHOLE for one in got.parts)
        assert len(got.parts) <= 2
        assert got.trouble is None or isinstance(got.trouble, (CutOff, Unreadable))
    assert isinstance(read([WHOLE[:at]], is_cut=True).trouble, CutOff)


@given(st.binary(max_size=400), st.integers(0, len(WHOLE)))
def test_law_any_bytes_are_read_or_told(noise, at):
    for body in (noise, WHOLE[:at] + noise + WHOLE[at:], f"--{BOUNDARY}\r\n".encode() + noise):
        got = read([body])
        assert got.trouble is None or isinstance(got.trouble, Unreadable)
    assert memory.held == 0


def test_what_is_too_large_leaves_what_came_before_it():
    got = read([body_of(xml_part(XML)), bytes(3000)], limit=len(body_of(xml_part(XML))))
    assert isinstance(got.trouble, TooLarge)
    assert [one.name for one in got.parts] == ["xml_submission_file"]


def test_bodies_that_are_being_read_share_one_memory():
    held = Memory(limit=100)
    held.take(60)
    with pytest.raises(Busy) as caught:
        held.take(60)
    assert caught.value.retry_after_s
    assert held.held == 60


@pytest.mark.parametrize(
    "kind",
    [
        "", "text/xml", "multipart/mixed; boundary=a", "multipart/form-data",
        "multipart/form-data; boundary=", "é",
    ],
)  # fmt: skip
def test_only_parts_with_a_boundary_are_taken(kind):
    with pytest.raises(WrongMediaType):
        boundary_of(kind)


@pytest.mark.parametrize(
    ("file", "why"),
    [
        (part("x.jpg", b"", "image/jpeg", "x.jpg"), "no answer of the form names it"),
        (part("1.jpg", b"<svg/>", "image/svg+xml", "1.jpg"), "it is no picture"),
        (part("1.jpg", b"<b>", "text/html", "1.jpg"), "it is no picture"),
        (part("y", b"", "image/jpeg", "a\x07b.jpg"), "its name cannot be used"),
        (part("y", b"", "image/jpeg", "n" * 200), "its name cannot be used"),
    ],
)  # fmt: skip
def test_a_file_that_is_not_asked_for_is_not_kept_and_told(file, why):
    kept, problems = kept_files(read([body_of(file)]).parts, PARSED)
    assert kept == []
    assert why in problems[0]


def test_what_a_phone_adds_of_itself_is_dropped_and_paths_are_no_names():
    audit = part("audit.csv", b"event", "text/csv", "audit.csv")
    picture = part("p", b"\xff", "image/jpeg", "/storage/emulated/0/1.jpg")
    kept, problems = kept_files(read([body_of(audit, picture)]).parts, PARSED)
    assert [one.name for one in kept] == ["1.jpg"]
    assert problems == []


def test_of_an_unknown_form_pictures_are_kept_but_only_so_many():
    parsed = parse_submission(XML, {})
    files = [part(f"{n}.jpg", b"", "image/jpeg", f"{n}.jpg") for n in range(25)]
    kept, problems = kept_files(read([body_of(*files)]).parts, parsed)
    assert len(kept) == 20
    assert len(problems) == 5


# Who sends


@pytest.mark.parametrize(
    ("scheme", "client", "private"),
    [
        ("https", "203.0.113.9", True), ("http", "203.0.113.9", False), ("http", "127.0.0.1", True),
        ("http", "::1", True), ("http", "10.0.0.3", False), ("http", "", False),
    ],
)  # fmt: skip
def test_a_password_is_taken_over_tls_or_within_the_machine_only(scheme, client, private):
    scope = {"scheme": scheme, "client": (client, 4000) if client else None, "headers": []}
    assert is_private(scope) is private


def test_a_header_of_a_proxy_counts_only_where_the_room_was_told_of_one(settings):
    scope = {"scheme": "http", "client": ("10.0.0.3", 1),
             "headers": [(b"x-forwarded-proto", b"https")]}  # fmt: skip
    settings.HTTPS = False
    assert not is_private(scope)
    settings.HTTPS = True
    assert is_private(scope)


@pytest.mark.parametrize(
    ("typed", "token"),
    [
        (f"anything:{TOKEN}", TOKEN), (f":{TOKEN} ", TOKEN), (f"aaaaaaaaaa:{'b' * 32}", TOKEN),
        ("a:b:c", "anoa_a_b:c"), ("", "anoa__"),
    ],
)  # fmt: skip
def test_the_password_is_the_token_or_the_user_its_id(typed, token):
    from base64 import b64encode

    assert password_of("Basic " + b64encode(typed.encode()).decode()) == token


@given(st.text(max_size=60))
def test_law_any_header_is_some_token_or_none(text):
    assert isinstance(password_of(text), str)
    assert isinstance(password_of(f"Basic {text}"), str)


# What is told


def test_the_phone_is_told_in_its_language_what_is_still_to_come():
    from datetime import UTC, datetime

    receipt = Receipt(7, "K7M-2QX", datetime(2024, 11, 27, tzinfo=UTC), "received", "")
    with translation.override("id"):
        assert Taken(receipt, ("2.jpg",)).message() == (
            "Diterima, tanda terima K7M-2QX. Masih ditunggu: 2.jpg"
        )
        assert "tersimpan" in Taken(receipt, (), TooLarge(5)).message()


@pytest.mark.parametrize(
    "text", ["", "soon", "2024-11-27", "2024-11-27T07:00", "9999-99-99T99:99:99Z"]
)
def test_a_time_without_an_offset_is_left_to_who_knows_the_place(text):
    assert told_time(text)[0] is None


def test_a_time_as_phones_write_it_is_read():
    assert told_time("2024-11-27T07:00:00.000+08:00")[0].utctimetuple()[:5] == (2024, 11, 26, 23, 0)
