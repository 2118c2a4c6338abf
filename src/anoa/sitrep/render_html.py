"""A report as one HTML page that loads nothing: for reading, printing and keeping."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from anoa.sitrep.document import Block, Drawing, Item, Listing, Paragraph, Section, Sitrep, Table
from anoa.sitrep.words import Words

STYLE = """
body{font:15px/1.45 system-ui,sans-serif;color:#1a1a1a;background:#fff;max-width:60rem;
margin:0 auto;padding:1rem}
.sitrep h1{font-size:1.5rem;margin:.6rem 0}.sitrep h2{font-size:1.15rem;margin:1.6rem 0 .4rem;
border-bottom:1px solid #999}.sitrep h3{font-size:1rem;margin:.9rem 0 .3rem}
.sitrep .letterhead{text-align:center;font-weight:bold}.sitrep .letterhead p{margin:0}
.sitrep .exercise{border:2px solid #1a1a1a;text-align:center;font-weight:bold;padding:.3rem;
margin:.5rem 0}.sitrep dl{display:grid;grid-template-columns:max-content 1fr;gap:.1rem 1rem}
.sitrep dt{font-weight:bold}.sitrep dd{margin:0}.sitrep .wide{overflow-x:auto}
.sitrep table{border-collapse:collapse;width:100%}.sitrep caption{text-align:left;
font-style:italic;padding:.2rem 0}.sitrep th,.sitrep td{border:1px solid #999;
padding:.15rem .4rem;text-align:left;vertical-align:top}.sitrep .n{text-align:right}
.sitrep .sum td,.sitrep .sum th{font-weight:bold;border-top:2px solid #1a1a1a}
.sitrep .quiet,.sitrep .mark{font-size:.85rem;color:#444}.sitrep li{margin:.35rem 0}
.sitrep li p{margin:.1rem 0}.sitrep li.urgent{border-left:4px solid #a3242c;padding-left:.5rem}
.sitrep p,.sitrep dd{overflow-wrap:anywhere}.sitrep figure{margin:0}
.sitrep svg{max-width:100%;height:auto}
@media (max-width:32rem){.sitrep table{font-size:.8rem}.sitrep th,.sitrep td{padding:.1rem .2rem}}
@media print{body{max-width:none;padding:0}.sitrep li,.sitrep tr,.sitrep svg{break-inside:avoid}}
"""


HANDOVER_STYLE = """
.sitrep section{break-inside:auto}.sitrep li{margin:.1rem 0}.sitrep li strong{font-weight:normal}
#sitrep-signatures td{height:2.2rem;width:40%}
@media print{@page{size:A4;margin:12mm 15mm}body{font-size:8pt;line-height:1.2}
.sitrep h1{font-size:13pt;margin:1mm 0}.sitrep h2{font-size:10pt;margin:2mm 0 1mm}
.sitrep h3{font-size:8.8pt;margin:1mm 0 0}.sitrep p,.sitrep ul{margin:.6mm 0}
.sitrep dl{margin:1mm 0;grid-template-columns:max-content 1fr max-content 1fr}
.sitrep .exercise{margin:1mm 0;padding:.5mm}
#sitrep-signatures td{height:7mm}}
"""


def render_html(sitrep: Sitrep) -> str:
    """A whole page of the report in UTF-8, without scripts and with its own style."""
    title = escape(f"{sitrep.title} {sitrep.number}")
    style = STYLE + (HANDOVER_STYLE if sitrep.report == "handover" else "")
    return (
        f'<!doctype html>\n<html lang="{escape(sitrep.language)}">\n<head>\n'
        '<meta charset="utf-8">\n<meta name="viewport" content="width=device-width">\n'
        f"<title>{title}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f"{render_fragment(sitrep)}</body>\n</html>\n"
    )


def render_fragment(sitrep: Sitrep) -> str:
    """The report as one ``article``, for a page that has its own style (class ``sitrep``)."""
    words = Words(sitrep.language)
    facts = "".join(f"<dt>{escape(a)}</dt><dd>{escape(b)}</dd>" for a, b in sitrep.facts)
    head = "".join(f"<p>{escape(line)}</p>" for line in sitrep.letterhead)
    number = escape(words("number", number=sitrep.number))
    closing = (*sitrep.closing, words("digest", digest=sitrep.digest))
    parts = [
        '<article class="sitrep">',
        _notice(sitrep),
        f'<header><div class="letterhead">{head}</div>'
        f"<h1>{escape(sitrep.title)} {number}</h1><dl>{facts}</dl></header>",
        *(_section(section, sitrep.mark) for section in sitrep.sections),
        "<footer>" + "".join(f'<p class="quiet">{escape(c)}</p>' for c in closing) + "</footer>",
        _notice(sitrep),
        "</article>",
    ]
    return "\n".join(filter(None, parts)) + "\n"


def _notice(sitrep: Sitrep) -> str:
    return f'<p class="exercise">{escape(sitrep.notice)}</p>' if sitrep.notice else ""


def _section(section: Section, mark: str) -> str:
    ident = escape(f"sitrep-{section.id}")
    blocks = "\n".join(_block(block, mark) for block in section.blocks)
    return (
        f'<section id="{ident}" aria-labelledby="{ident}-title">'
        f'<h2 id="{ident}-title">{escape(section.title)}</h2>\n{blocks}</section>'
    )


def _block(block: Block, mark: str) -> str:
    match block:
        case Paragraph(text, quiet):
            kind = ' class="quiet"' if quiet else ""
            return f"<p{kind}>{escape(text)}</p>"
        case Listing(title, items):
            head = f"<h3>{escape(title)}</h3>" if title else ""
            return head + "<ul>" + "".join(_item(item, mark) for item in items) + "</ul>"
        case Table():
            return "".join(_table(block, mark))
        case Drawing(svg, _):
            return f"<figure>{svg}</figure>"


def _item(item: Item, mark: str) -> str:
    lines = "".join(f"<p>{escape(line)}</p>" for line in item.lines)
    kind = ' class="urgent"' if item.urgent else ""
    return f"<li{kind}><strong>{escape(item.head)}</strong>{_mark(mark)}{lines}</li>"


def _mark(mark: str) -> str:
    return f' <span class="mark">({escape(mark)})</span>' if mark else ""


def _table(table: Table, mark: str) -> Iterator[str]:
    caption = escape(table.caption)
    yield f'<div class="wide" role="region" aria-label="{caption}" tabindex="0">'
    yield f"<table><caption>{caption}</caption><thead><tr>"
    for place, cell in enumerate(table.head):
        yield f'<th scope="col"{_kind(table, place)}>{escape(cell)}</th>'
    yield "</tr></thead><tbody>"
    for number, row in enumerate(table.rows, 1):
        summed = table.summed and number == len(table.rows)
        yield '<tr class="sum">' if summed else "<tr>"
        yield f'<th scope="row">{escape(row[0])}{_mark(mark)}</th>'
        for place, cell in enumerate(row[1:], 1):
            yield f"<td{_kind(table, place)}>{escape(cell)}</td>"
        yield "</tr>"
    yield "</tbody></table></div>"


def _kind(table: Table, place: int) -> str:
    return ' class="n"' if place in table.numeric else ""
