"""Totals with their parts: what is recorded beside what is verified, and published figures.

Unknown parts make the sum unknown; nothing is filled in. Only figures known by the day are used.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from anoa.coordination.reporting import REPORT_STATES
from anoa.pack import Spot, Total
from anoa.pack.sums import sum_of_parts
from anoa.sitrep.document import Block, Paragraph, Section, Table
from anoa.sitrep.telling import View
from anoa.situation import place_of

INCIDENT_STATES = ("recorded", "verified", "merged", "withdrawn")


def totals_section(view: View) -> Section:
    """Reports and incidents by region and state with their sums, then the pack's totals."""
    blocks: list[Block] = [
        _states(view, "report", REPORT_STATES),
        _states(view, "incident", INCIDENT_STATES),
        Paragraph(view.words("totals_note"), quiet=True),
    ]
    rows = tuple(_published(view, total) for total in known_totals(view))
    if rows:
        heads = ("figure", "published", "sum_of_parts", "difference", "source")
        head = tuple(view.words(f"head_{name}") for name in heads)
        blocks.append(Table(view.words("published_caption"), head, rows, (1, 2, 3)))
    return Section("totals", view.words("title_totals"), tuple(blocks))


def _states(view: View, thing: str, states: Sequence[str]) -> Table:
    """How many things of each region or unit are in each state; every row and column adds up.

    What is shared between units stands in a row of its own, once.
    """
    found = Counter[tuple[Spot, str]]()
    for item in (view.picture.reports if thing == "report" else view.picture.incidents).values():
        found[view.pack.spot(place_of(item), view.tree), item.state] += 1
    words = view.words
    used = [s for s in states if s == "verified" or any(state == s for _, state in found)]
    rows = []
    for spot in sorted({spot for spot, _ in found}, key=lambda spot: (spot.is_shared, spot.lines)):
        parts = [found[spot, state] for state in used]
        rows.append((_name(view, spot), *map(words.count, (*parts, sum(parts)))))
    sums = [sum(n for (_, state), n in found.items() if state == one) for one in used]
    rows.append((words("total"), *map(words.count, (*sums, found.total()))))
    head = (view.tree_name, *(words(f"state_{one}") for one in used), words("total"))
    numeric = tuple(range(1, len(head)))
    caption = view.by_tree(f"{thing}s_caption")
    return Table(words(caption, unit=view.tree_name), head, tuple(rows), numeric, summed=True)


def _name(view: View, spot: Spot) -> str:
    names = " / ".join(map(view.line, spot.lines))
    return view.words("shared_row", names=names) if spot.is_shared else names


def known_totals(view: View) -> list[Total]:
    """The pack's published totals known by the report's local day."""
    day = view.pack.local(view.at).date()
    return [total for total in view.pack.totals if total.parts and total.known_at <= day]


def _published(view: View, total: Total) -> tuple[str, ...]:
    words = view.words
    parts = sum_of_parts(view.pack, total, view.pack.local(view.at).date())
    difference = None if parts is None else round(total.value - parts, 9)
    place = ", ".join(filter(None, [view.agency(total.unit or ""), view.place(total.region)]))
    name = f"{words.named('figure', total.figure)} {total.period}, {place}"
    unknown = words("unknown_parts")
    return (
        name, words.count(total.value), unknown if parts is None else words.count(parts),
        unknown if difference is None else words.count(difference), total.source,
    )  # fmt: skip
