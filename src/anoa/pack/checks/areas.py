"""The second tree: no place is claimed twice, and what a unit names lies in that region."""

from __future__ import annotations

from collections.abc import Iterator

from anoa.pack.areas import ALL, CIVIL, REST, UNKNOWN
from anoa.pack.collecting import Findings
from anoa.pack.schema import Draft, Row

FILE = "police_areas.csv"


def check_areas(draft: Draft, findings: Findings) -> None:
    """Check the areas of units against the sub-districts and against each other."""
    rows = [row for row in draft.rows(FILE) if row.text("unit") and row.text("region")]
    lies_in = {row.text("code"): row for row in draft.rows("sub_districts.csv")}
    above = {row.text("code"): row.text("parent") for row in draft.rows("regions.csv")}
    for row in rows:
        _check_words(row, findings)
        for code in row.texts("sub_districts"):
            if code in lies_in and not _is_below(lies_in[code], row.text("region"), above):
                findings.add(
                    row.file, row.line,
                    f"sub-district '{code}' does not lie in region '{row.text('region')}'",
                    f"it lies in {lies_in[code].text('region')}",
                )  # fmt: skip
    _check_claims(rows, list(lies_in.values()), findings)
    _check_tree(draft, rows, findings)


def _check_words(row: Row, findings: Findings) -> None:
    words = row.texts("sub_districts")
    if REST in words and len(words) > 1:
        hint = f"write the codes, and {UNKNOWN} for more that are not known"
        findings.add(row.file, row.line, f"sub_districts: {REST} stands alone", hint)


def _is_below(sub_district: Row, region: str, above: dict[str, str]) -> bool:
    code, seen = sub_district.text("region"), set[str]()
    while code and code not in seen:
        if code == region:
            return True
        seen.add(code)
        code = above.get(code, "")
    return False


def _check_claims(rows: list[Row], sub_districts: list[Row], findings: Findings) -> None:
    """A sub-district has one unit at most, and the rest of a region too."""
    first: dict[str, Row] = {}
    for row in rows:
        for place in _claimed(row, sub_districts):
            if place not in first:
                first[place] = row
            elif first[place].text("unit") != row.text("unit") or place.startswith(REST):
                findings.add(
                    row.file, row.line,
                    f"{_spoken(place)} is claimed by '{row.text('unit')}' and by "
                    f"'{first[place].text('unit')}'", f"see line {first[place].line}",
                )  # fmt: skip


def _claimed(row: Row, sub_districts: list[Row]) -> Iterator[str]:
    words, region = row.texts("sub_districts"), row.text("region")
    if REST in words:
        yield f"{REST} {region}"
    elif ALL in words:
        yield from (s.text("code") for s in sub_districts if s.text("region") == region)
    else:
        yield from (word for word in words if word != UNKNOWN)


def _spoken(place: str) -> str:
    region = place.removeprefix(f"{REST} ")
    return f"sub-district '{place}'" if region == place else f"the rest of region '{region}'"


def _check_tree(draft: Draft, rows: list[Row], findings: Findings) -> None:
    top = draft.document("pack.yaml")
    tree = top.row("area_tree")
    if tree.text("id") == CIVIL:
        findings.add(tree.file, tree.line_of("id"), f"area_tree: the id '{CIVIL}' is taken",
                     "it is the tree of regions")  # fmt: skip
    if tree.text("id") and not rows:
        findings.add(tree.file, tree.line, "area_tree: no area is given", f"write them in {FILE}")
