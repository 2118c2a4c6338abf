"""The reference page of the pack format, from the descriptions that the loader itself reads."""

from __future__ import annotations

from collections.abc import Iterator

from anoa.pack.collecting import MOST_PER_FILE
from anoa.pack.csv_reading import MOST_ROWS
from anoa.pack.documents import DOCUMENTS
from anoa.pack.folder import LARGEST_FILE, LARGEST_YAML
from anoa.pack.forms import FORM
from anoa.pack.kinds import KINDS
from anoa.pack.loading import FORMAT, README
from anoa.pack.schema import Field, Holds, Record
from anoa.pack.shapes import LONGEST_SOURCE, SHAPES
from anoa.pack.tables import SCHEME, TABLES
from anoa.pack.words_scan import PARTIES
from anoa.pack.yaml_reading import DEEPEST

INTRODUCTION = f"""\
# Pack format {FORMAT}

This page is generated from the descriptions that the loader itself reads
(`anoa.pack.reference.pack_reference`); a test holds it equal. Check a pack with
`anoa check PACK`.

A pack is a folder of CSV tables and YAML documents that says what an operation is. All problems
are reported at once, each with file and line, and nothing is loaded while there is any.

- **Tables** are UTF-8 CSV with commas, a header row, LF or CRLF, and exactly the columns listed;
  their order is free. A list in a cell is joined by `;`. A blank cell is *unknown* and never zero.
- **Documents** are UTF-8 YAML without anchors, aliases or tags, nested at most {DEEPEST} levels;
  exactly the keys listed. A text is what it looks like: `no` is not false.
- **Texts in several languages** are `{{en: …, fr: …}}` in YAML and one column per language
  (`name_en`, `name_fr`) in CSV; every language of `pack.yaml` must be there.
- **Limits**: {LARGEST_FILE:,} bytes a file, {LARGEST_YAML:,} a YAML document, {MOST_ROWS:,} rows a
  table. A link, a pipe or a file that is not listed here is a problem. At most {MOST_PER_FILE}
  problems of one file are listed, then their number.
- **Digest**: sha256, as hex, over the lines `path NUL sha256-of-the-bytes-as-hex LF` of all files,
  sorted by path.
- **Discrepancies** are no problems: a total that its parts do not make up, and a figure that two
  sources give differently. Where a part is unknown there is no sum, and no difference is claimed.
- **Never in a pack**: persons, parties, candidates, ballot numbers, results, religion, ethnicity.
  Every value, address, comment, column and key is scanned; `{PARTIES}` is the only file
  that may name a party.

`anoa check PACK --json` prints
`{{"counts": {{"regions", "sub_districts", "villages", "polling_stations"}}, "problems": [{{"file",
"line", "what", "hint"}}], "discrepancies": [{{"region", "figure", "period", "published", "parts",
"difference", "source", "note", "of", "unit"}}], "notes": […]}}`. `of` is `total` (the published
total, the sum of its parts), `sources` (what the first and the second of `source` say) or
`areas` (the sub-districts of a region, and how many of them are known to be of which unit);
`unit` is not blank where a total is of one unit's part of the region. Exit code 0: no problem;
1: problems; 2: there is no pack.
"""

OTHER_FILES = f"""\
### {SHAPES}

A GeoJSON FeatureCollection in EPSG:4326: one Polygon or MultiPolygon for every region that has no
region below it. `properties` holds `code` (the region) and `approximate`. `true`: the shape only
shows where the region lies. `false`: it is somebody's, and `source` (a line of text, at most
{LONGEST_SOURCE} characters) says whose, `licence` (optional) under what terms; maps name it.
`anoa boundaries` writes such shapes. There are no other properties.

### {PARTIES}

One party word or phrase a line; a line that begins with `#` is a remark. A word is
case-sensitive if it contains a capital. In addresses the small-letter forms of four letters and
more are found, word by word.

### {README}

Optional: what the pack is, for people. It is scanned like every other file.
"""

CHECKS = """\
- **Ids** stand once and every reference finds its id. A code names one place: a region, a
  sub-district or a village. No tree of regions, institutions or totals has a cycle; the root is the
  only region without a parent.
- **Times**: nothing was known after the pack's `known_at`; no incident was known before it
  happened; no stage lies wholly outside the operation, and no inject, deadline of an
  inject or `due_h`. No local time of an inject is one that a change of the clocks skips or brings
  twice; one with an offset may stand there.
- **Past incidents**: a measure stands in every language of the pack, or in none.
- **Areas**: a sub-district is claimed by one unit at most, and so is the rest of a region; what a
  unit names lies in that region. A region where it is not known of every sub-district whose it is
  is noted as a discrepancy.
- **Figures**: one unit for each figure; one row for each region, figure, period and source;
  a source without an address has a note that says why.
- **Indices**: weights are not negative and sum to something; `low` is below `high`; categories
  begin at the foot of the scale and ascend; an indicator has the class of its index, and so
  have the types of incidents that it counts. A total has class `vulnerability`, parts and no
  indicators.
  No indicator of class `threat` speaks of religion, ethnicity, language, age or income, neither
  in its code, name, unit or origin nor in the units and notes of its figure.
- **Ladder**: a rule to `actual` needs `verified_incident`, a rule to `threshold` a local signal; no
  rule reaches above the highest ceiling of its signals; a model's signal reaches `potential` at
  most; no rule reads an assembly.
- **Protocols**: `potential` allows dialogue, service and information, `threshold` also protection
  and presence, `actual` also enforcement. No action's words put a word for an assembly or its
  participants beside a word for restricting, dispersing, filming or listing, in any language;
  so say what is done, and not what is forbidden.
- **Published editions**: a value lies on its edition's scale, a category is one of its categories,
  a region has one of its levels, a dimension is a code of its scheme; no row was known before its
  edition. Categories with cut-offs begin at the foot of the scale and ascend; each has a label in
  `pack.yaml`. Rows of different sources that differ are discrepancies, not problems.
- **Schemes**: one index, no cycle, a parent of a higher level; an indicator has one class, and only
  what is mixed holds several. No scheme has the id of an index of the pack. Indicators of class
  `threat` speak of acts, never of religion, ethnicity, language, age or income.
- **Forms**: a form has at most 40 fields, every choice and condition finds what it depends on, and
  what its filing needs is asked or laid down. It is refused when a name, label, hint or choice asks
  for a name, an identity, a party, a candidate, a result or how to reach somebody, in any language,
  and when officers on voting day would take a picture or a position.
- **Exercise**: members and verbs are known, time runs forward, `$name` stands after its `as`.
"""

HOLDS = {
    Holds.ONE: "",
    Holds.LIST: "list of ",
    Holds.MAP: "mapping from ids to texts",
    Holds.TEXTS: "text in each language",
    Holds.TEXT_LISTS: "list of texts in each language",
    Holds.FREE: "any value",
}


def pack_reference() -> str:
    """The page ``docs/reference/pack.md``.

    >>> pack_reference().splitlines()[0]
    '# Pack format 1'
    """
    parts = [INTRODUCTION, "## Kinds of value\n", *_kinds(), "## Documents (YAML)\n"]
    for document in DOCUMENTS:
        about = document.about + ("" if document.required else " Optional.")
        parts += [f"### {document.file}\n", about + "\n", *_sections(document.record)]
    parts += [f"### {FORM.file}\n", FORM.about + " Optional.\n", *_sections(FORM.record)]
    parts.append("## Tables (CSV)\n")
    for table in (*TABLES, SCHEME):
        about = table.about + ("" if table.required else " Optional.")
        parts += [f"### {table.file}\n", about + "\n", *_unique(table.unique)]
        parts += _sections(table.record, column=True)
    parts += ["## Other files\n", OTHER_FILES, "## Checks across files\n", CHECKS]
    return "\n".join(parts)


def _kinds() -> Iterator[str]:
    rows = (f"| {name} | {kind.about} |" for name, kind in sorted(KINDS.items()))
    yield "\n".join(["| kind | what may stand there |", "|---|---|", *rows]) + "\n"


def _unique(columns: tuple[str, ...]) -> Iterator[str]:
    if columns:
        yield "Together these name a row: " + ", ".join(columns) + ".\n"


def _sections(record: Record, path: str = "", column: bool = False) -> Iterator[str]:
    """The table of a mapping's keys, then those of the mappings inside it."""
    if path:
        yield f"`{path}`\n"
    word = "column" if column else "key"
    rows = (_row(field) for field in record.fields)
    yield "\n".join([f"| {word} | value | must | meaning |", "|---|---|---|---|", *rows]) + "\n"
    for field in record.fields:
        if field.record:
            brackets = "[]" if field.holds is Holds.LIST else ""
            yield from _sections(field.record, f"{path}{'.' if path else ''}{field.name}{brackets}")


def _row(field: Field) -> str:
    must = "yes" if field.required else "only in earlier packs" if field.former else "may be blank"
    about = field.about[0].upper() + field.about[1:]
    return f"| {field.name} | {value_words(field)} | {must} | {about} |".replace("||", "\\|\\|")


def value_words(field: Field) -> str:
    """What may stand in a field, in a few words."""
    if field.record:
        return "list of mappings" if field.holds is Holds.LIST else "mapping"
    if field.choices:
        words = "one of " + ", ".join(f"`{word}`" for word in field.choices)
        return words if field.holds is Holds.ONE else "list: " + words
    text = HOLDS[field.holds] + (field.kind if field.holds in (Holds.ONE, Holds.LIST) else "")
    if field.key:
        text += f", fills: {_spoken((field.key,))}"
    if field.refers:
        text += f", known: {_spoken(field.refers)}"
    return text + (", or `*`" if field.wildcard else "")


def _spoken(spaces: tuple[str, ...]) -> str:
    return " or ".join(space.replace("_", " ") for space in spaces)
