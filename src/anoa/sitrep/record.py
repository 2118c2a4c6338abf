"""Where the report comes from: the log and its seals, the indices in use, the sources."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

from anoa.coordination.sealing import Sealing
from anoa.coordination.values import Edition
from anoa.sitrep.document import Block, Item, Listing, Paragraph, Section
from anoa.sitrep.telling import View
from anoa.sitrep.totals import known_totals


def record_section(view: View) -> Section:
    """The seq and pack that give this report again, and how far the record is sealed."""
    words = view.words
    lines = (
        words("reproducible", seq=view.picture.seq, report=words("title_daily")),
        words("pack_line", pack=view.pack.id, version=view.pack.version, digest=view.pack.digest),
        words("ladder_line", version=view.pack.ladder.version,
              text=view.pack.text(view.pack.ladder_versions, words.language)),
        seal_line(view),
    )  # fmt: skip
    listings = (
        Listing(words("indices"), tuple(_edition(view, e) for e in view.picture.editions.values())),
        Listing(words("sources"), tuple(_sources(view))),
    )
    blocks: list[Block] = [Paragraph(line) for line in lines]
    blocks += [listing for listing in listings if listing.items]
    return Section("record", words("title_record"), tuple(blocks))


def last_seal(view: View) -> Sealing | None:
    """The seal that reaches farthest."""
    return max(view.picture.seals.values(), key=lambda seal: seal.size, default=None)


def seal_line(view: View) -> str:
    """How far the digital seal of the record reaches, who countersigned, what is unsealed."""
    words, seal = view.words, last_seal(view)
    if seal is None:
        return words("no_seal", seq=view.picture.seq)
    others = view.agencies(seal.countersigned) or words("nobody")
    return words(
        "seal_line", size=seal.size, time=view.zoned(seal.signed_at), agencies=others,
        unsealed=max(view.picture.seq - seal.size, 0),
    )  # fmt: skip


def _edition(view: View, one: Edition) -> Item:
    words, spec = view.words, view.pack.indices.get(one.index)
    known = view.pack.edition_name(one.index, one.edition)
    name = view.pack.text(known, words.language) or one.index
    label = view.pack.text(spec.label, words.language) if spec else ""
    coverage = "–" if one.coverage is None else words.count(round(one.coverage * 100, 1)) + " %"
    days = (view.pack.local(view.at).date() - date.fromisoformat(one.as_of)).days
    line = words(
        "edition_line", klass=words.named("class", one.klass), as_of=one.as_of,
        age=words("edition_age", days=words.count(max(days, 0))), coverage=coverage,
        source=one.source,
    )  # fmt: skip
    return Item(f"{name} {one.edition}", tuple(filter(None, (line, label))))


def _sources(view: View) -> Iterator[Item]:
    named = dict.fromkeys(total.source for total in known_totals(view))
    for ident in named:
        if (source := view.pack.sources.get(ident)) is not None:
            day = source.date.isoformat() if source.date else "–"
            yield Item(f"{ident}: {source.publisher}, {day}", (source.url,) if source.url else ())
