"""Counts of a pack, and where its figures disagree: totals with parts, sources with each other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from anoa.pack.areas import Holder, holders_of
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
    """Totals that their parts do not make up, sources that differ, places of no known unit."""
    tree = _Tree(draft)
    totals = (_of_total(row, tree) for row in draft.rows("totals.csv"))
    found = [one for one in totals if one is not None]
    return (
        *found, *_conflicts(draft), *_published_conflicts(draft), *_without_unit(draft, tree)
    )  # fmt: skip


class _Tree:
    """What lies below each region, in rows."""

    def __init__(self, draft: Draft) -> None:
        self.children = _grouped(draft.rows("regions.csv"), "parent")
        self.sub_districts = _grouped(draft.rows("sub_districts.csv"), "region")
        self.villages = _grouped(draft.rows("villages.csv"), "sub_district")
        self.holders = holders_of(
            (
                (row.text("unit"), row.text("region"), row.texts("sub_districts"))
                for row in draft.rows("police_areas.csv")
            ),
            lambda code: [row.text("code") for row in self.sub_districts_below(code)],
        )
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
        if unit := row.text("unit"):
            held = [(s, self.holders.get(s.text("code"), Holder())) for s in sub_districts]
            if any(unit in holder.units and not holder.is_known for _, holder in held):
                return [None]
            sub_districts = [s for s, holder in held if holder.units == (unit,)]
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
        own = [one.text("code") for one in sub_districts]
        below = own if unit else self.places_right_below(code)
        return [self.figures.get((place, figure, period)) for place in below]


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
        row.text("source"), note, unit=row.text("unit"),
    )  # fmt: skip


def _conflicts(draft: Draft) -> list[Discrepancy]:
    """Figures that sources give differently: the first row against each other one."""
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in draft.rows("figures.csv"):
        key = (row.text("region"), row.text("figure"), row.text("period"))
        if row.number("value") is not None and all(key):
            groups.setdefault(key, []).append(row)
    return [
        _differing(*key, rows[0], other)
        for key, rows in groups.items()
        for other in rows[1:]
        if _differ(rows[0], other)
    ]


def _without_unit(draft: Draft, tree: _Tree) -> list[Discrepancy]:
    """Regions where it is not known of every sub-district which unit it is of."""
    if not draft.document("pack.yaml").row("area_tree").text("id"):
        return []
    sources = _grouped(draft.rows("police_areas.csv"), "region")
    found = []
    for region, rows in tree.sub_districts.items():
        held = [tree.holders.get(row.text("code"), Holder()) for row in rows]
        known = sum(holder.is_known for holder in held)
        if known < len(rows):
            named = [one for row in sources.get(region, ()) for one in row.texts("source")]
            found.append(
                Discrepancy(
                    region, "sub_districts", "", float(len(rows)), float(known),
                    float(len(rows) - known), ";".join(dict.fromkeys(named)), "", of="areas",
                )
            )  # fmt: skip
    return found


def _published_conflicts(draft: Draft) -> list[Discrepancy]:
    """Published scores that sources give differently: the first row against each other one."""
    days = {row.text("id"): row.get("as_of") for row in draft.rows("published_editions.csv")}
    groups: dict[tuple[str, str, str], list[Row]] = {}
    for row in draft.rows("published_scores.csv"):
        key = (row.text("edition"), row.text("region"), row.text("dimension"))
        if row.number("value") is not None:
            groups.setdefault(key, []).append(row)
    return [
        _differing(
            region, ".".join(filter(None, (edition, dimension))), str(days.get(edition) or ""),
            rows[0], other,
        )
        for (edition, region, dimension), rows in groups.items()
        for other in rows[1:]
        if _differ(rows[0], other)
    ]  # fmt: skip


def _differ(first: Row, other: Row) -> bool:
    one, two = first.number("value") or 0.0, other.number("value") or 0.0
    return abs(one - two) > TOLERANCE * max(1.0, abs(one))


def _differing(region: str, figure: str, period: str, first: Row, other: Row) -> Discrepancy:
    one, two = first.number("value") or 0.0, other.number("value") or 0.0
    return Discrepancy(
        region, figure, period, one, two, round(one - two, 9),
        f"{first.text('source')};{other.text('source')}", _note_of(first, other), of="sources",
    )  # fmt: skip


def _note_of(*rows: Row) -> str:
    """The notes of the rows: a table has one text, or one in each language."""
    return "; ".join(filter(None, map(_note, rows)))


def _note(row: Row) -> str:
    found = row.get("note")
    if isinstance(found, dict):
        found = found.get("en") or next(filter(None, found.values()), "")
    return found.rstrip(".") if isinstance(found, str) else ""
