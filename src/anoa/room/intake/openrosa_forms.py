"""The forms that a token's holder may load, as OpenRosa has them, with the places that go along.

An XForm is made once for each pack and kept in memory: the hash in the list is over the very bytes
that are sent.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from django.conf.locale import LANG_INFO

from anoa.forms import Form
from anoa.openrosa import (
    ListedForm,
    MediaFile,
    PlaceRow,
    form_list,
    manifest,
    md5_of,
    media_names,
    places_csv,
    xform_of,
)
from anoa.pack import Pack
from anoa.room import record
from anoa.room.intake.tokens import Bearer
from anoa.room.intake.values import Refused
from anoa.room.models import Operation
from anoa.room.stations import places_of

CHANNEL = "openrosa"
FORMS_KEPT = 200
_making = threading.Lock()  # pyxform is not known to bear threads
_made: dict[tuple[str, str], bytes] = {}
_packs: dict[str, Pack] = {}  # by operation
_files: dict[tuple[str, str, str, str], bytes] = {}


class NotThere(Refused):
    """There is nothing at that address for this token."""

    code = "not_there"
    status = 404


@dataclass(frozen=True, slots=True)
class Shelf:
    """What one token's holder may load."""

    pack: Pack
    bearer: Bearer

    @property
    def forms(self) -> Mapping[str, Form]:
        """The forms by id: of this channel, of the institution's kind, and of the token."""
        agency = self.pack.agencies.get(self.bearer.agency)
        return {
            one.id: one for one in self.pack.forms.values()
            if CHANNEL in one.channels and agency is not None and one.is_for(agency.kind)
            and (not self.bearer.forms or one.id in self.bearer.forms)
        }  # fmt: skip

    def form(self, ident: str) -> Form:
        """One of them; raises NotThere."""
        found = self.forms.get(ident)
        if found is None:
            raise NotThere("there is no form '{form}' for this token", form=ident[:40])
        return found

    def list_of(self, base: str, wanted: str = "") -> bytes:
        """The form list; ``base`` is the absolute address it stands under, ``wanted`` one id."""
        return form_list(
            ListedForm(
                one.id, self._text(one.title), one.version, md5_of(self.xform(one.id)),
                f"{base}/forms/{one.id}",
                f"{base}/forms/{one.id}/manifest" if media_names(one) else "",
                self._text(one.about),
            )
            for one in self.forms.values() if wanted in ("", one.id)
        )  # fmt: skip

    def manifest_of(self, ident: str, base: str) -> bytes:
        """The list of the files that go with a form."""
        return manifest(
            MediaFile(name, md5_of(self.media(ident, name)), f"{base}/forms/{ident}/media/{name}")
            for name in media_names(self.form(ident))
        )

    def media(self, ident: str, name: str) -> bytes:
        """A file that goes with a form; raises NotThere."""
        if name not in media_names(self.form(ident)):
            raise NotThere("there is no file '{name}' with this form", name=name[:40])
        return _places(self.pack, self.bearer.region, name)

    def xform(self, ident: str) -> bytes:
        """The form as a phone loads it."""
        form = self.form(ident)
        key = self.pack.digest, form.id
        with _making:
            if key not in _made:
                if len(_made) >= FORMS_KEPT:
                    _made.clear()
                _made[key] = xform_of(form, _languages(self.pack))
            return _made[key]

    def _text(self, texts: Mapping[str, str]) -> str:
        return self.pack.text(texts, self.pack.languages[0])


def shelf_of(bearer: Bearer) -> Shelf:
    """What the holder of a token may load; asks the database."""
    operation = Operation.objects.get(pk=bearer.operation)
    pack = record.pack_of(operation)
    _packs[bearer.operation] = pack
    return Shelf(pack, bearer)


def known_shelf(bearer: Bearer) -> Shelf | None:
    """The same without a question, when the pack was asked for before: it does not change."""
    pack = _packs.get(bearer.operation)
    return Shelf(pack, bearer) if pack is not None else None


def _languages(pack: Pack) -> dict[str, str]:
    """The pack's languages by their own names."""
    return {code: LANG_INFO.get(code, {}).get("name_local", code) for code in pack.languages}


def _places(pack: Pack, region: str, name: str) -> bytes:
    """A file of places, all or those of a token's region."""
    key = pack.digest, region, name, places_of(pack).digest
    if key not in _files:
        if len(_files) >= FORMS_KEPT:
            _files.clear()
        _files[key] = places_csv(ROWS[name](pack, region))
    return _files[key]


def _region_rows(pack: Pack, within: str) -> Iterator[PlaceRow]:
    for code in pack.leaf_regions:
        if not within or within in pack.above(code):
            yield PlaceRow(code, pack.place_name(code))


def _sub_district_rows(pack: Pack, within: str) -> Iterator[PlaceRow]:
    for one in pack.sub_districts.values():
        if not within or within in pack.above(one.code):
            yield PlaceRow(one.code, one.name, one.region)


def _station_rows(pack: Pack, within: str) -> Iterator[PlaceRow]:
    """The stations of the register; until it is imported, the numbered placeholders."""
    places = places_of(pack)
    for one in pack.sub_districts.values():
        if not within or within in pack.above(one.code):
            for station in places.stations_in(one.code):
                yield PlaceRow(station.code, station.name, one.region, one.code)


ROWS: Mapping[str, Callable[[Pack, str], Iterator[PlaceRow]]] = {
    "regions.csv": _region_rows,
    "sub_districts.csv": _sub_district_rows,
    "polling_stations.csv": _station_rows,
}
