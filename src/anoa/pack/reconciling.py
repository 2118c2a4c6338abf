"""Counts of a pack, and where its figures disagree: totals with parts, sources with each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from anoa.pack.schema import Draft, Row
from anoa.pack.values import Discrepancy

TOLERANCE = 1e-9


def counts_of(draft: Draft) -> dict[str, int]:
    """How many regions below the root, sub-districts, villages and known polling stations.

    >>> counts_of(Draft())
    {'regions': 0, 'sub_districts': 0, 'villages': 0, 'polling_stations': 0}
    """
    stations = (row.number("polling_stations") for row in draft.rows("sub_districts.csv"))
    return {
        "regions": sum(1 for row in draft.rows("regions.csv") if row.text("parent")),
        "sub_districts": len(draft.rows("sub_districts.csv")),
        "villages": len(draft.rows("villages.csv")),
        "polling_stations": int(sum(number or 0 for number in stations)),
    }


def discrepancies_of(draft: Draft) -> tuple[Discrepancy, ...]:
    """Every total that its parts do not make up, and every figure on which sources differ."""
    tree = _Tree(draft)
    totals = (_of_total(row, tree) for row in draft.rows("totals.csv"))
    found = [one for one in totals if one is not None]
    return (*found, *_conflicts(draft))


class _Tree:
    """What lies below each region, in rows."""

    def __init__(self, draft: Draft) -> None:
        self.children = _grouped(draft.rows("regions.csv"), "parent")
        self.sub_districts = _grouped(draft.rows("sub_districts.csv"), "region")
        self.villages = _grouped(draft.rows("villages.csv"), "sub_district")
        self.figures: dict[tuple[str, str, str], float | None] = {}
        for row in draft.rows("figures.csv"):
            key = (row.text("region"), row.text("figure"), row.text("period"))
            if self.figures.get(key) is None:
                self.figures[key] = row.number("value")

    def sub_districts_below(self, code: str) -> list[Row]:
        """The sub-districts of a region and of all regions below it."""
        found, waiting, seen = list[Row](), [code], set[str]()
        while waiting:
            one = waiting.pop()
            if one in seen:
                continue
            seen.add(one)
            found += self.sub_districts.get(one, [])
            waiting += [row.text("code") for row in self.children.get(one, [])]
        return found

    def places_right_below(self, code: str) -> list[str]:
        """The child regions, or where there are none the sub-districts."""
        rows = self.children.get(code) or self.sub_districts.get(code, [])
        return [row.text("code") for row in rows]

    def parts(self, row: Row) -> list[float | None]:
        """What must add up to a total; None stands for an unknown part."""
        code, word = row.text("region"), row.text("parts")
        sub_districts = self.sub_districts_below(code)
        match word:
            case "polling_stations":
                return [one.number("polling_stations") for one in sub_districts]
            case "sub_districts":
                return [1.0] * len(sub_districts)
            case "villages":
                return [float(len(self.villages.get(s.text("code"), ()))) for s in sub_districts]
            case "regions":
                return [1.0] * len(self.children.get(code, []))
        figure, period = word.removeprefix("figure:"), row.text("period")
        return [self.figures.get((p, figure, period)) for p in self.places_right_below(code)]


def _grouped(rows: Iterable[Row], name: str) -> Mapping[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.text(name), []).append(row)
    return groups


def _of_total(row: Row, tree: _Tree) -> Discrepancy | None:
    published = row.number("value")
    if published is None or not row.text("parts"):
        return None
    parts = tree.parts(row)
    known = [part for part in parts if part is not None]
    note = row.text("note")
    if not parts or len(known) < len(parts):
        open_note = f"cannot be compared: {len(known)} of {len(parts)} parts are known"
        return _discrepancy(row, published, None, "; ".join(filter(None, [open_note, note])))
    total = sum(known)
    if abs(published - total) <= TOLERANCE * max(1.0, abs(published)):
        return None
    return _discrepancy(row, published, total, note)


def _discrepancy(row: Row, published: float, parts: float | None, note: str) -> Discrepancy:
    difference = None if parts is None else round(published - parts, 9)
    return Discrepancy(
        row.text("region"), row.text("figure"), row.text("period"), published, parts, difference,
        row.text("source"), note,
    )  # fmt: skip


def _conflicts(draft: Draft) -> list[Discrepancy]:
    """Figures that sources give differently: the first row against each other one."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in draft.rows("figures.csv"):
        key = (row.text("region"), row.text("figure"), row.text("period"))
        if row.number("value") is not None and all(key):
            groups.setdefault(key, []).append(row)
    found = []
    for (region, figure, period), rows in groups.items():
        first = rows[0].number("value") or 0.0
        for other in rows[1:]:
            value = other.number("value") or 0.0
            if abs(first - value) > TOLERANCE * max(1.0, abs(first)):
                found.append(
                    Discrepancy(
                        region, figure, period, first, value, round(first - value, 9),
                        f"{rows[0].text('source')};{other.text('source')}",
                        "; ".join(filter(None, [rows[0].text("note"), other.text("note")])),
                        of="sources",
                    )
                )  # fmt: skip
    return found
