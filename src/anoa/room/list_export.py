"""Reports and incidents as files: CSV, CSV with HXL hashtags, XLSX, and GeoJSON (RFC 7946).

Rows are written one by one from a picture that does not change, so a file of any length costs no
memory and says one moment. A file that ends early can be told: CSV ends with a row that says END
and how many rows there were, GeoJSON with its last bracket; XLSX and HXL are sent when they are
whole, and their length first. What takes long is better made beside the pages (``list_files``).
A place is the centre of a sub-district, never where a reporter stood. Each row, and the file as a
whole, names the reader whose copy it is (``copies``).
"""

from __future__ import annotations

import csv
import json
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import IO, Any, Protocol

from anoa.coordination.values import Incident, Report
from anoa.errors import AnoaError
from anoa.oplog import instant_text
from anoa.pack import Pack

COLUMNS: Mapping[str, str] = {  # name in the head, HXL hashtag
    "id": "#meta+id", "filed_at": "#date+filed", "observed_at": "#date+observed",
    "region": "#adm2+code", "region_name": "#adm2+name",
    "sub_district": "#adm3+code", "sub_district_name": "#adm3+name",
    "threat_type": "#event+type+code", "threat_type_name": "#event+type+name",
    "place_class": "#loc+type", "object": "#subject+type", "at_risk": "#affected+type",
    "reliability": "#indicator+reliability", "credibility": "#indicator+credibility",
    "obtained": "#meta+method", "state": "#status", "verdict": "#status+verdict",
    "owner": "#org+owner", "handling": "#meta+handling", "acknowledge_by": "#date+due",
    "acknowledged_at": "#date+acknowledged", "acknowledged_by": "#org+acknowledged",
    "judged_at": "#date+judged", "judged_by": "#org+judged", "incident": "#event+id",
    "copy": "#meta+copy", "notice": "#meta+notice",
}  # fmt: skip
INCIDENT_COLUMNS: Mapping[str, str] = {
    "id": "#event+id", "opened_at": "#date+opened", "observed_at": "#date+observed",
    "region": "#adm2+code", "region_name": "#adm2+name",
    "sub_district": "#adm3+code", "sub_district_name": "#adm3+name",
    "threat_type": "#event+type+code", "threat_type_name": "#event+type+name",
    "place_class": "#loc+type", "state": "#status", "owner": "#org+owner",
    "handling": "#meta+handling", "reports": "#meta+reports", "verified_at": "#date+verified",
    "verified_chain": "#org+verified", "merged_into": "#event+id+merged",
    "copy": "#meta+copy", "notice": "#meta+notice",
}  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")
TYPES: Mapping[str, tuple[str, str]] = {  # of a format: media type, end of the file's name
    "csv": ("text/csv; charset=utf-8", "csv"), "hxl": ("text/csv; charset=utf-8", "hxl.csv"),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", "xlsx"),
    "geojson": ("application/geo+json", "geojson"),
}  # fmt: skip
ROWS_A_PIECE = 500
XLSX_ROWS = 1_048_000  # a sheet holds no more


class MaterialDeleted(AnoaError):
    """Stored material was deleted while a file was written, so that it ends and says so."""

    code = "material_deleted"

    def __init__(self) -> None:
        super().__init__(
            "stored material was deleted while this file was written: it is not whole; fetch it "
            "again"
        )


class Rows(Protocol):
    """Reports or incidents in the order in which they came, and how many they are."""

    def __len__(self) -> int: ...

    def items(self) -> Iterator[Any]:
        """The things."""
        ...


@dataclass(frozen=True, slots=True)
class Naming:
    """How codes are named in a file: the pack, the reader's language, the mark of an exercise.

    ``thing`` says what its rows are: reports, or incidents; ``copy`` whose copy it is.
    """

    pack: Pack
    language: str
    notice: str
    thing: str = "report"
    copy: str = ""

    @property
    def columns(self) -> Mapping[str, str]:
        """The heads of the file, each with its HXL hashtag."""
        return COLUMNS if self.thing == "report" else INCIDENT_COLUMNS

    def row(self, one: Any) -> tuple[str, ...]:
        """One thing, in the order of the columns."""
        return self._report(one) if self.thing == "report" else self._incident(one)

    def _about(self, one: Report | Incident) -> tuple[str, ...]:
        """Where it is, and of which type."""
        pack = self.pack
        kind = pack.threat_types.get(one.threat_type)
        return (
            one.region, pack.place_name(one.region), one.sub_district or "",
            pack.place_name(one.sub_district) if one.sub_district else "",
            one.threat_type, pack.text(kind.name, self.language) if kind else "", one.place_class,
        )  # fmt: skip

    def _incident(self, one: Incident) -> tuple[str, ...]:
        return (
            one.id, instant_text(one.opened_at), instant_text(one.observed_at), *self._about(one),
            one.state, one.owner, str(one.handling), " ".join(one.reports),
            _instant(one.verified_at), one.verified_chain or "", one.merged_into or "",
            self.copy, self.notice,
        )  # fmt: skip

    def _report(self, one: Report) -> tuple[str, ...]:
        return (
            one.id, instant_text(one.filed_at), instant_text(one.observed_at), *self._about(one),
            one.object, one.at_risk or "", one.reliability,
            str(one.credibility), one.obtained, one.state, str(one.verdict or ""), one.owner,
            str(one.handling), instant_text(one.acknowledge_by), _instant(one.acknowledged_at),
            one.acknowledged_by or "", _instant(one.judged_at), one.judged_by or "",
            one.incident or "", self.copy, self.notice,
        )  # fmt: skip


def _instant(at: Any) -> str:
    return instant_text(at) if at else ""


def plain_cell(text: str) -> str:
    """A cell that no spreadsheet takes for a formula.

    >>> plain_cell("=1+1")
    "'=1+1"
    """
    return f"'{text}" if text.startswith(FORMULA) else text


class _Line:
    """What a csv writer writes to, so that each line can be taken as it is made."""

    @staticmethod
    def write(text: str) -> str:
        """Give the line back."""
        return text


def csv_pieces(found: Rows, naming: Naming, *, tags: bool = False) -> Iterator[bytes]:
    """A CSV file piece by piece; with a row of HXL hashtags under the head if so wanted."""
    write = csv.writer(_Line()).writerow
    heads = naming.columns
    piece = ["\ufeff", write(heads), *([write(heads.values())] if tags else [])]
    try:
        for one in found.items():
            piece.append(write(map(plain_cell, naming.row(one))))
            if len(piece) >= ROWS_A_PIECE:
                yield "".join(piece).encode()
                piece = []
    except MaterialDeleted as error:
        yield "".join([*piece, write([f"BROKEN OFF: {error}"])]).encode()
        return
    except Exception:
        yield write(["BROKEN OFF: this file is not whole; fetch it again"]).encode()
        raise
    if not tags:
        blank = [""] * (len(heads) - 3)
        piece.append(write([f"END {len(found)}", *blank, naming.copy, naming.notice]))
    yield "".join(piece).encode()


def hxl_file(found: Rows, naming: Naming) -> IO[bytes]:
    """A CSV file with HXL hashtags, whole on disk: as it has no last row, its length is its end."""
    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    for piece in csv_pieces(found, naming, tags=True):
        file.write(piece)
    file.seek(0)
    return file


def geojson_pieces(found: Rows, naming: Naming) -> Iterator[bytes]:
    """A FeatureCollection piece by piece; what has no sub-district has no geometry."""
    head = {"type": "FeatureCollection", "notice": naming.notice, "copy": naming.copy,
            "count": len(found)}  # fmt: skip
    yield (json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [').encode()
    piece: list[str] = []
    try:
        for number, one in enumerate(found.items()):
            told = json.dumps(_feature(one, naming), ensure_ascii=False, separators=(",", ":"))
            piece.append(("\n" if number == 0 else ",\n") + told)
            if len(piece) >= ROWS_A_PIECE:
                yield "".join(piece).encode()
                piece = []
    except MaterialDeleted as error:
        end = f'\n], "broken_off": {json.dumps(str(error))}}}\n'
    else:
        end = "\n]}\n"
    yield ("".join(piece) + end).encode()


def _feature(one: Any, naming: Naming) -> dict[str, Any]:
    place = naming.pack.sub_districts.get(one.sub_district or "")
    known = place is not None and place.lon is not None and place.lat is not None
    values = dict(zip(naming.columns, naming.row(one), strict=True))
    return {
        "type": "Feature", "id": one.id,
        "geometry": {"type": "Point", "coordinates": [place.lon, place.lat]}
        if place is not None and known else None,
        "properties": {name: value for name, value in values.items() if value},
    }  # fmt: skip


def xlsx_file(found: Rows, naming: Naming) -> IO[bytes]:
    """A workbook on disk, rows written as they come; a sheet for every million reports.

    Text stays text: no cell becomes a formula, an address or a number.
    """
    import xlsxwriter  # only who wants a workbook waits for it

    file = tempfile.TemporaryFile()  # noqa: SIM115 - the response closes it
    options = {"constant_memory": True, "strings_to_formulas": False, "strings_to_urls": False,
               "strings_to_numbers": False}  # fmt: skip
    with xlsxwriter.Workbook(file, options) as book:
        book.set_properties({"title": naming.notice or "anoa", "comments": naming.notice,
                             "keywords": naming.copy})  # fmt: skip
        for number, one in enumerate(found.items()):
            if number % XLSX_ROWS == 0:
                sheet = _sheet(book, naming)
            for column, text in enumerate(naming.row(one)):
                sheet.write_string(1 + number % XLSX_ROWS, column, text)
        if not len(found):
            _sheet(book, naming)
    file.seek(0)
    return file


def _sheet(book: Any, naming: Naming) -> Any:
    sheet = book.add_worksheet()
    sheet.set_footer(f"&L{naming.copy}&R&P/&N")
    sheet.freeze_panes(1, 1)
    for column, name in enumerate(naming.columns):
        sheet.write_string(0, column, name)
    return sheet
