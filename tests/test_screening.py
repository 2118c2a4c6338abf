"""What gives away a person, party or candidate is found, and ordinary text is left alone."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anoa.screening import (
    NO_WORDS,
    ScreenWords,
    find_candidates,
    find_parties,
    find_persons,
    has_word,
    mask,
    masked,
    screen,
)

WORDS = ScreenWords(
    parties=("Blue Union", "Greens", "PRL", "lowland list"),
    honorifics=("Mister", "Lady", "a.n."),
    titles=("Dr.", "Col.", "Col. Gen."),
    suffixes=("M.Sc.", "Esq."),
    not_names=("Governor", "Regent", "Road"),
    candidate_words=("candidate pair", "ticket"),
    number_words=("ballot number", "number"),
    plate_areas=("LR", "X"),
)


def kinds(text: str) -> list[str]:
    return [found.kind for found in screen(text, WORDS)]


@pytest.mark.parametrize(
    "text",
    [
        "7471010203040001",
        "id 7471010203040001.",
        "(7471010203040001)",
        "747101 020304 0001",
        "7471-0102-0304-0001",
    ],
)
def test_an_identity_number_of_sixteen_digits_is_found(text: str) -> None:
    assert kinds(text) == ["identity number"]


@pytest.mark.parametrize(
    "text",
    [
        "081234567890",
        "0812-3456-7890",
        "0812 3456 789",
        "call +62 812-3456-7890 now",
        "+6281234567890",
        "6281234567890",
        "+44 20 7946 0958",
        "(0401) 312345",
        "tel:+62401312345",
        "+1 (212) 555-0100",
    ],
)
def test_a_telephone_number_is_found(text: str) -> None:
    assert kinds(text) == ["telephone number"]


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("write to first.last+x@mail.example.org", "e-mail address"),
        ("see @some_account", "account"),
        ("car LR 1234 AB", "number plate"),
        ("car LR1234AB", "number plate"),
        ("X 123 ABC", "number plate"),
        ("Mister Brown", "name of a person"),
        ("MISTER Brown", "name of a person"),
        ("mister Brown came", "name of a person"),
        ("a.n. Brown", "name of a person"),
        ("Dr. Anna Brown", "name of a person"),
        ("Dr Brown", "name of a person"),
        ("Col. Gen. O'Hara", "name of a person"),
        ("Mister Dr. Brown", "name of a person"),
        ("Anna Brown, M.Sc.", "name of a person"),
        ("Brown Esq.", "name of a person"),
        ("the Greens won", "party"),
        ("PRL rally", "party"),
        ("Blue  Union", "party"),
        ("the Lowland List", "party"),
        ("https://news.example/2031/greens-rally", "party"),
        ("https://news.example/blue-union/1", "party"),
        ("https://blueunion.example/", "party"),
        ("https://news.example/a?tag=greens", "party"),
        ("candidate pair 2", "candidate"),
        ("Candidate pair number 2", "candidate"),
        ("candidate pair Brown", "candidate"),
        ("ticket II", "candidate"),
        ("ballot number 3", "candidate"),
    ],
)
def test_each_kind_is_found(text: str, kind: str) -> None:
    assert kinds(text) == [kind]


@pytest.mark.parametrize(
    "text",
    [
        "on 2024-11-27 at 2024-11-27T09:00:00+08:00 or 20241127",
        "2024-11-27T01:00:00.123456Z",
        "74.71, 74.71.01, 74.71.01.1001 and 7471011001",
        "4,611 polling stations of 8.154, 1,876,792 voters, 1.876.792",
        "122.5123456, -3.99850123456789 and 0.812345678901234",
        hashlib.sha256(b"").hexdigest(),
        "0a1b2c3d4e5f60718293a4b5c6d7e8f901234567",
        "550e8400-e29b-41d4-a716-446655440000",
        "0812.3.4",
        "regions.csv, shapes.geojson and words/screening.yaml",
        "Main Road 12, Lady Road, Dr. Road",
        "the Governor, Mister Governor and Regent",
        "candidate pairs may campaign; the ticket office; candidate pair Governor",
        "number 3 of the list",
        "green fields, a blue union of colours, prl",
        "https://news.example/read/454905/greenery-and-prl",
        "https://news.example/d-7637483/20241127123456-617-1171234",
        "rule PKPU 2/2024 art. 12",
        "LR 12 stations",
        "10.000.000.000 and 08:00-16:00",
        "a 3.14159265358979 b 16 000 persons",
        "mail at the office, 5 @ 3 each",
    ],
)
def test_ordinary_text_is_left_alone(text: str) -> None:
    assert screen(text, WORDS) == []


def test_a_party_word_with_a_capital_is_case_sensitive() -> None:
    assert find_parties("greens", WORDS) == []
    assert [found.text for found in find_parties("LOWLAND LIST", WORDS)] == ["LOWLAND LIST"]


def test_short_party_words_are_no_sign_in_an_address() -> None:
    assert find_parties("https://news.example/prl/1", WORDS) == []


def test_findings_say_where_they_stand() -> None:
    text = "ask Mister Brown or 081234567890"
    for found in screen(text, WORDS):
        assert text[found.start : found.end] == found.text


def test_without_words_of_a_country_numbers_are_still_found() -> None:
    assert [f.kind for f in find_persons("Dr. Brown 081234567890")] == ["telephone number"]
    assert find_candidates("ticket 2", NO_WORDS) == []


def test_mask_hides_every_finding_and_joins_those_that_overlap() -> None:
    text = "Mister Brown, M.Sc. (LR 1234 AB)"
    assert mask(text, screen(text, WORDS)) == "___ (___)"


PIECES = st.sampled_from(
    [
        "Mister ", "Dr. ", "Brown", ", M.Sc.", "@", "a@b.co", ".", " ", "-", "/", "+62", "0812",
        "3456", "7890", "7471", "greens", "Greens", "PRL", "candidate pair ", "number ", "2", "LR ",
        "AB", "https://", "_", "\n", "é", "×",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES, max_size=14).map("".join) | st.text(max_size=60)


@settings(derandomize=True, deadline=None, max_examples=400)
@given(TEXTS)
def test_a_masked_text_gives_nothing_away_and_masking_again_changes_nothing(text: str) -> None:
    once = masked(text, WORDS)
    assert screen(once, WORDS) == []
    assert masked(once, WORDS) == once


@settings(derandomize=True, deadline=None, max_examples=200)
@given(st.text(alphabet="abc def", max_size=40))
def test_text_without_capital_digit_or_sign_is_never_masked(text: str) -> None:
    assert masked(text, WORDS) == text


def test_screening_a_long_text_takes_time_in_proportion() -> None:
    hostile = ("Mister " * 2000) + ("0812-" * 2000) + ("a@" * 2000) + ("greens-" * 2000)
    assert len(screen(hostile, WORDS)) < 5000


@pytest.mark.parametrize(
    ("text", "words", "found"),
    [
        ("They dispersed.", ("dispers*",), "dispersed"),
        ("bananas", ("ban",), ""),
        ("never undispersed", ("*dispers*",), "undispersed"),
        ("human  development", ("human development",), "human  development"),
        ("", ("a",), ""),
        ("a", (), ""),
    ],
)
def test_words_are_whole_unless_a_star_says_otherwise(
    text: str, words: tuple[str, ...], found: str
) -> None:
    assert has_word(text, words) == found
