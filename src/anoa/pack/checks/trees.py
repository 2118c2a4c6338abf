"""Trees: regions, institutions and totals hang together, without cycles and with one root."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from anoa.pack.collecting import Findings
from anoa.pack.schema import Draft, Row

RESERVED = {"agency": ("anoa",), "member": ("rule", "anoa")}


def check_trees(draft: Draft, findings: Findings) -> None:
    """No tree has a cycle, the root is the only region without parent, no code has two places."""
    _check_cycles(draft.rows("regions.csv"), "code", "parent", findings)
    _check_cycles(draft.rows("agencies.csv"), "id", "parent", findings)
    _check_parts(draft, findings)
    _check_root(draft, findings)
    _check_places(draft, findings)
    for space, words in RESERVED.items():
        for word in words:
            if word in draft.ids(space):
                findings.add(*draft.ids(space)[word], f"the id '{word}' is taken by anoa itself")


def cycle_of(start: str, above: Mapping[str, Iterable[str]]) -> list[str]:
    """A way from ``start`` back to itself, or an empty list.

    >>> cycle_of("a", {"a": ["b"], "b": ["c"], "c": ["a"]})
    ['a', 'b', 'c', 'a']
    """
    waiting: list[tuple[str, list[str]]] = [(start, [start])]
    seen: set[str] = set()
    while waiting:
        one, way = waiting.pop()
        for upper in above.get(one, ()):
            if upper == start:
                return [*way, start]
            if upper not in seen:
                seen.add(upper)
                waiting.append((upper, [*way, upper]))
    return []


def _check_cycles(rows: list[Row], name: str, parent: str, findings: Findings) -> None:
    above = {row.text(name): [row.text(parent)] for row in rows if row.text(parent)}
    told: set[str] = set()
    for row in rows:
        code = row.text(name)
        if code in told or not _leads_back(code, above):
            continue
        way = cycle_of(code, above)
        told.update(way)
        findings.add(
            row.file, row.line_of(parent), f"{name} '{code}' lies in itself: {_shown(way)}",
            "one of these parents is wrong",
        )  # fmt: skip


def _leads_back(code: str, above: Mapping[str, list[str]]) -> bool:
    """Whether the only way up from a code comes back to it."""
    one, seen = code, set[str]()
    while one in above and one not in seen:
        seen.add(one)
        one = above[one][0]
        if one == code:
            return True
    return False


def _shown(way: list[str]) -> str:
    return " → ".join(way if len(way) <= 8 else [*way[:7], "…", way[-1]])


def _check_parts(draft: Draft, findings: Findings) -> None:
    rows = draft.document("indices.yaml").rows("indices")
    above = {row.text("id"): [part.text("index") for part in row.rows("parts")] for row in rows}
    for row in rows:
        if way := cycle_of(row.text("id"), above):
            findings.add(
                row.file, row.line_of("parts"),
                f"index '{row.text('id')}' is a part of itself: {_shown(way)}",
            )  # fmt: skip


def _check_root(draft: Draft, findings: Findings) -> None:
    top = draft.document("pack.yaml")
    root = top.text("root")
    for row in draft.rows("regions.csv"):
        code, parent = row.text("code"), row.text("parent")
        if not root or not code or "parent" not in row:
            continue
        if code == root and parent:
            findings.add(row.file, row.line, f"the root '{root}' has a parent", "leave it blank")
        elif code != root and not parent:
            findings.add(
                row.file, row.line, f"region '{code}' has no parent", f"only the root {root}"
            )


def _check_places(draft: Draft, findings: Findings) -> None:
    """A code names one place: a region, a sub-district or a village."""
    for lower, upper in (
        ("sub_district", "region"), ("village", "region"), ("village", "sub_district"),
    ):  # fmt: skip
        for code in sorted(set(draft.ids(lower)) & set(draft.ids(upper))):
            findings.add(
                *draft.ids(lower)[code], f"code '{code}' is also that of a {upper}",
                f"see {draft.ids(upper)[code][0]}:{draft.ids(upper)[code][1]}",
            )  # fmt: skip
