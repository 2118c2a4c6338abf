"""The short text: never over its limit, whole lines, the mark of the exercise first and last."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from anoa.sitrep.brief import shorten
from anoa.sitrep.document import Brief, Heading
from anoa.sitrep.render_text import TEXT_LIMIT, brief_text

NOTICE = "EXERCISE"
LINES = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zl", "Zp")), min_size=1, max_size=150
)
PARTS = st.lists(
    st.builds(Heading, LINES, st.lists(LINES, max_size=40).map(tuple)), max_size=4
).map(tuple)
BRIEFS = st.builds(
    lambda head, parts, tail: Brief((NOTICE, *head), parts, (*tail, NOTICE), "… {count} more"),
    st.lists(LINES, max_size=5), PARTS, st.lists(LINES, max_size=2),
)  # fmt: skip
quietly = settings(derandomize=True, deadline=None, max_examples=150)


def part(title: str, *lines: str) -> Heading:
    return Heading(title, lines)


@quietly
@given(BRIEFS)
def test_the_text_is_never_longer_than_its_limit(brief):
    assert len(brief_text(brief)) <= TEXT_LIMIT


@quietly
@given(BRIEFS)
def test_the_exercise_is_marked_on_the_first_and_the_last_line(brief):
    lines = brief_text(brief).removesuffix("\n").split("\n")
    assert lines[0] == lines[-1] == NOTICE


@quietly
@given(BRIEFS)
def test_every_line_is_whole_and_what_is_left_out_is_counted(brief):
    text = brief_text(brief)
    if sum(map(len, [*brief.opening, *brief.closing, *(p.title for p in brief.parts)])) > 1200:
        return  # then the lines that always stand are cut to shares
    lines = iter(text.split("\n")[len(brief.opening) :])
    for one in brief.parts:
        assert (next(lines), next(lines)) == ("", one.title)
        for kept, whole in enumerate(one.lines):
            if (shown := next(lines)) != whole:
                assert shown == f"… {len(one.lines) - kept} more"
                break
    assert [*lines] == ["", *brief.closing, ""]


@quietly
@given(BRIEFS, st.integers(1, 300))
def test_a_smaller_limit_is_kept_too(brief, limit):
    small = Brief(brief.opening[:1], brief.parts, brief.closing[-1:], brief.more)
    assert len(brief_text(small, limit + 20)) <= limit + 20


def test_what_fits_is_not_cut():
    brief = Brief(("first",), (part("A", "one", "two"), part("B", "three")), ("last",), "{count}")
    assert brief_text(brief) == "first\n\nA\none\ntwo\n\nB\nthree\n\nlast\n"


def test_a_long_part_does_not_starve_the_next():
    brief = Brief(
        ("first",),
        (part("A", *(f"{n:03d} " + "x" * 90 for n in range(50))), part("B", "short", "also")),
        ("last",), "… {count} more",
    )  # fmt: skip
    text = brief_text(brief)
    assert "B\nshort\nalso\n" in text
    kept = text.count("x" * 90)
    assert f"… {50 - kept} more" in text and kept > 10


def test_no_line_overtakes_a_weightier_one_that_did_not_fit():
    brief = Brief(("f",), (part("A", "x" * 40, "y"),), ("l",), "… {count} more")
    assert brief_text(brief, 50) == "f\n\nA\n… 2 more\n\nl\n"


def test_a_line_is_shortened_to_one_line_with_an_ellipsis():
    assert shorten("a\nb  c") == "a b c"
    assert shorten("word " * 100, 20) == "word word word word…"
    assert len(shorten("x" * 500)) == 150
