"""Scan every value of a pack for persons, parties and candidates."""

from __future__ import annotations

import csv
import io
import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping

from anoa.pack.building import screen_words
from anoa.pack.collecting import Findings
from anoa.pack.schema import Draft, Row
from anoa.pack.yaml_reading import Node
from anoa.screening import Finding, ScreenWords, screen

PARTIES = "words/parties.txt"
SCREENING = "words/screening.yaml"
LONGEST_WORD = 120
HINT = "a pack holds no person, party or candidate: take it out"
ARTICLES = {"identity number": "an", "e-mail address": "an", "account": "an"}
_GAP = "\x00"  # stands between cells: no pattern reads across it


def read_words(text: str | None, draft: Draft, findings: Findings) -> tuple[str, ...]:
    """The party words: one word or phrase a line; ``#`` begins a remark."""
    rows = draft.tables.setdefault(PARTIES, [])
    for number, line in enumerate((text or "").splitlines(), 1):
        word = line.strip()
        if not word or word.startswith("#"):
            continue
        if len(word) > LONGEST_WORD:
            findings.add(PARTIES, number, f"the word has {len(word)} characters")
            continue
        row = Row(PARTIES, number)
        row["word"] = word
        rows.append(row)
    if text is not None and not rows:
        findings.add(PARTIES, 0, "the file names no party", "one word or phrase a line")
    return tuple(row.text("word") for row in rows)


def scan_values(
    texts: Mapping[str, str],
    trees: Mapping[str, Node],
    draft: Draft,
    parties: tuple[str, ...],
    findings: Findings,
) -> None:
    """Every file but the list of parties is scanned, comments and addresses too."""
    all_words = screen_words(draft, parties)
    for file, text in texts.items():
        if file == PARTIES:
            continue
        words = _only_parties(all_words) if file == SCREENING else all_words
        if file.endswith(".csv"):
            _scan(file, _cells(text), words, findings)
        elif file.endswith(".geojson"):
            _scan(file, _strings(text), words, findings)
        else:
            seen = _scan(file, [(1, text)], words, findings)
            _scan(file, _scalars(trees.get(file)), words, findings, seen)


def _only_parties(words: ScreenWords) -> ScreenWords:
    """For the list of titles itself: "Col., Dr." side by side are no person."""
    return ScreenWords(parties=words.parties)


def _cells(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of every cell; of the lines where the table cannot be read."""
    reader = csv.reader(io.StringIO(text, newline=""))
    line = 1
    try:
        for cells in reader:
            for cell in cells:
                yield line, cell
            line = reader.line_num + 1
    except csv.Error:
        yield from enumerate(text.splitlines()[line - 1 :], line)


def _strings(text: str) -> Iterator[tuple[int, str]]:
    """Line and text of every quoted string of a JSON text; its numbers are coordinates."""
    line, at = 1, 0
    for match in re.finditer(r'"([^"\n]*)"', text):
        line += text.count("\n", at, match.start())
        at = match.start()
        yield line, match[1]


def _scalars(node: Node | None) -> Iterator[tuple[int, str]]:
    """Line and text of every key and value: folded lines are one text here."""
    waiting = [node] if node else []
    while waiting:
        one = waiting.pop()
        if one.text is not None:
            yield one.line, one.text
        waiting += one.items or []
        for key, value in one.pairs or ():
            waiting += [key, value]


def _scan(
    file: str,
    pieces: Iterable[tuple[int, str]],
    words: ScreenWords,
    findings: Findings,
    seen: frozenset[str] = frozenset(),
) -> frozenset[str]:
    """Screen the pieces as one text with gaps between; returns what was found."""
    lines, starts, parts, at = list[int](), list[int](), list[str](), 0
    for line, text in pieces:
        lines.append(line)
        starts.append(at)
        parts.append(text)
        at += len(text) + 1
    whole = _GAP.join(parts)
    found = [one for one in screen(whole, words) if one.text not in seen]
    for one in found:
        place = bisect_right(starts, one.start) - 1
        line = lines[place] + whole.count("\n", starts[place], one.start)
        findings.add(
            file, line, f"this holds {ARTICLES.get(one.kind, 'a')} {one.kind}: {_hidden(one)}", HINT
        )
    return frozenset(one.text for one in found) | seen


def _hidden(found: Finding) -> str:
    """Enough of what was found to recognise it, and no more: a list of problems travels."""
    return f"'{found.text}'" if found.kind == "party" else f"'{found.text[:6].strip()}…'"
