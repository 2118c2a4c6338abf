"""A new pack to begin from: every file and field, each with what it holds.

The comments come from the descriptions that the loader itself reads, so that they are never older
than the format. A field that is asked for and has no value in ``skeleton_values`` gets one that
fits its kind.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Mapping
from typing import Any

from anoa.pack.documents import DOCUMENTS
from anoa.pack.loading import README
from anoa.pack.reference import HOLDS, value_words
from anoa.pack.schema import Field, Holds, Record, Table
from anoa.pack.shapes import SHAPES
from anoa.pack.skeleton_values import PLACEHOLDER, SOURCE, NewPack, documents, tables
from anoa.pack.tables import SCHEME, TABLES
from anoa.pack.words_scan import PARTIES

WIDTH = 96
INVENTED_PARTY = "# One word or phrase a line. This one is invented.\nPlaceholder League\n"
FALLBACKS: Mapping[str, Any] = {
    "amount": 1, "boolean": False, "count": 1, "direction": 1, "latitude": 0, "longitude": 0,
    "number": 1, "share": 0.5, "day": "mon", "id": "placeholder", "text": PLACEHOLDER,
}  # fmt: skip
INTRODUCTION = f"""\
# A new pack

Made by `anoa new-pack`. Everything in it is invented: texts that end in `{PLACEHOLDER}` and rows
whose source is `{SOURCE}` wait for yours. `anoa check` counts what is left. Replace, in this order:
the regions and their parts, the sources, the institutions, the stages, the catalogue of threats,
the words of the country, the rules and protocols with the institutions themselves, then the
figures and the index. Nothing here may hold a person, a party, a candidate or a result.

Some files of a pack may be absent, and are here: forms for the field (`forms/ID.yaml`), the words
of pasted messages (`messages.yaml`), published editions and their schemes (`schemes/`). The
reference of the pack's format tells of each; copy one from another pack to begin with.

The YAML files say of each key what it holds. CSV files hold no remarks; their columns are these:
"""


def skeleton(new: NewPack) -> dict[str, str]:
    """The text of every file of a new pack by its path.

    >>> from datetime import date
    >>> files = skeleton(NewPack("my-pack", ("en",), "UTC", date(2030, 1, 1)))
    >>> files["pack.yaml"].splitlines()[0]
    '# What the pack is and which operation it describes.'
    """
    values, rows = documents(new), tables(new)
    files = {
        one.file: _document(one.about, one.record, values.get(one.file, {}), new)
        for one in DOCUMENTS
        if one.required or one.file in values
    }
    files |= {one.file: _table(one, rows.get(one.file, []), new) for one in TABLES}
    return files | {SHAPES: _shapes(), PARTIES: INVENTED_PARTY, README: _readme()}


def _document(about: str, record: Record, values: Mapping[str, Any], new: NewPack) -> str:
    return "\n".join([f"# {about}", *_mapping(record, values, new, "", told=True)]) + "\n"


def _mapping(
    record: Record, values: Mapping[str, Any], new: NewPack, pad: str, *, told: bool
) -> Iterator[str]:
    """The lines of a mapping; ``told`` says over each key what it holds."""
    for field in record.fields:
        missing = field.name not in values
        if told:
            yield from _remark(field, pad)
        if missing and not field.required:
            if told:
                yield f"{pad}# {field.name}:"
            continue
        yield from _entry(field, _fallback(field, new) if missing else values[field.name], new, pad)


def _entry(field: Field, value: Any, new: NewPack, pad: str) -> Iterator[str]:
    head = f"{pad}{field.name}:"
    inner = f"{pad}  "
    if field.record and field.holds is Holds.LIST:
        yield head
        yield from _items(field.record, value, new, inner)
    elif field.record:
        yield head
        yield from _mapping(field.record, value, new, inner, told=True)
    elif field.holds is Holds.MAP:
        yield head
        yield from (f"{inner}{name}: {_texts(text, new)}" for name, text in value.items())
    elif field.holds is Holds.TEXTS:
        yield f"{head} {_texts(value, new)}"
    elif field.holds is Holds.TEXT_LISTS:
        yield head
        for language in new.languages:
            yield f"{inner}{language}: {_flow([_in_language(one, language) for one in value])}"
    else:
        yield f"{head} {_flow(value)}"


def _items(record: Record, values: Any, new: NewPack, pad: str) -> Iterator[str]:
    """The mappings of a list; what their keys hold is said once, above the first."""
    for field in record.fields:
        yield from _remark(field, pad, field.name)
    for value in values:
        lines = list(_mapping(record, value, new, f"{pad}  ", told=False))
        yield f"{pad}- {lines[0].lstrip()}"
        yield from lines[1:]


def _remark(field: Field, pad: str, name: str = "") -> Iterator[str]:
    must = "" if field.required else "; may be left out"
    text = f"{field.about} ({value_words(field).replace('`', '')}{must})"
    text = f"{name}: {text}" if name else text[0].upper() + text[1:]
    line = f"{pad}#"
    for word in text.split():
        if len(line) + len(word) >= WIDTH:
            yield line
            line = f"{pad}#  "
        line += f" {word}"
    yield line


def _texts(text: str, new: NewPack) -> str:
    return _flow({language: _in_language(text, language) for language in new.languages})


def _in_language(text: str, language: str) -> str:
    """The English text; in another language marked as not translated yet."""
    return text if language == "en" else f"[{language}] {text}"


def _flow(value: Any) -> str:
    """A value in YAML's flow style, which JSON is; a plain word stands without quotes."""
    if isinstance(value, str) and value.replace("_", "a").replace("-", "a").isalnum():
        return value if value[0].isalpha() else json.dumps(value)
    return json.dumps(value, ensure_ascii=False)


def _fallback(field: Field, new: NewPack) -> Any:
    """Some value that fits a field for which there is none."""
    if field.record and field.holds is Holds.ONE:
        return {}
    if field.holds in (Holds.LIST, Holds.TEXT_LISTS):
        return [] if field.record else [_fallback_one(field, new)]
    return {} if field.holds in (Holds.MAP, Holds.FREE) else _fallback_one(field, new)


def _fallback_one(field: Field, new: NewPack) -> Any:
    if field.choices:
        return field.choices[0]
    days = {"date": new.day(0), "moment": new.day(0), "instant": new.at(0, "12:00"),
            "period": str(new.today.year), "zone": new.time_zone}  # fmt: skip
    return days.get(field.kind, FALLBACKS.get(field.kind, PLACEHOLDER))


def _table(table: Table, rows: list[dict[str, str]], new: NewPack) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(c for f in table.record.present for c in f.columns(new.languages))
    writer.writerows([c for f in table.record.present for c in _cells(f, row, new)] for row in rows)
    return text.getvalue()


def _cells(field: Field, row: Mapping[str, str], new: NewPack) -> list[str]:
    value = row.get(field.name)
    if value is None:
        value = str(_fallback_one(field, new)) if field.required else ""
    if field.holds is Holds.TEXTS:
        return [_in_language(value, one) if value else "" for one in new.languages]
    return [value]


def _shapes() -> str:
    def square(code: str, west: int) -> Mapping[str, object]:
        ring = [[west, 0], [west + 1, 0], [west + 1, 1], [west, 1], [west, 0]]
        return {
            "type": "Feature", "properties": {"code": code, "approximate": True},
            "geometry": {"type": "Polygon", "coordinates": [ring]},
        }  # fmt: skip

    features = [square("r.1", 0), square("r.2", 1)]
    return json.dumps({"type": "FeatureCollection", "features": features}, indent=1) + "\n"


def _readme() -> str:
    parts = [INTRODUCTION]
    for table in (*TABLES, SCHEME):
        head = f"## {table.file}\n\n{table.about}{'' if table.required else ' Optional.'}\n"
        parts.append(head + "\n" + "\n".join(map(_column, table.record.present)) + "\n")
    for document in DOCUMENTS:
        if not document.required:
            keys = "\n".join(map(_column, document.record.fields))
            parts.append(f"## {document.file}\n\n{document.about} Optional.\n\n{keys}\n")
    return "\n".join(parts)


def _column(field: Field) -> str:
    name = f"{field.name}_LANGUAGE" if field.holds is Holds.TEXTS else field.name
    must = "" if field.required else "; may be blank"
    kind = HOLDS[field.holds] if field.record else value_words(field)
    return f"- `{name}`: {field.about} ({kind or 'mapping'}{must})"
