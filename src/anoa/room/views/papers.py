"""The log, the digital seals, the daily reports, the export and the choice of language."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from anoa.ladder import Rung
from anoa.logfile import LogLine
from anoa.oplog import Entry
from anoa.room import access, copies, outgoing, places
from anoa.room.models import SealFile, SitrepFile
from anoa.room.views import moment, words
from anoa.room.views.desk import Desk, desk_page
from anoa.seals import parse_vkey

Context = dict[str, Any]
PAGE = 50  # entries on one page of the log
NEWEST_SEALS = 4  # that are not folded away
FORMS = {"html": "text/html; charset=utf-8", "pdf": "application/pdf",
         "txt": "text/plain; charset=utf-8"}  # fmt: skip


@desk_page("log", "room/log.html")
def log(desk: Desk) -> Context:
    """The log, newest first; what this reader may not see stands as its leaf."""
    seals = sorted(desk.picture.seals.values(), key=lambda s: s.size)
    sealed_to = seals[-1].size if seals else 0
    before = _whole(desk.request.GET.get("before", ""), desk.seq + 1)
    lines = desk.log.lines(before - PAGE - 1, before - 1)
    told = [
        (
            one,
            desk.offer("seal.countersign", one.id),
            [parse_vkey(k).name for k in one.countersigned],
        )
        for one in reversed(seals)
    ]
    return {
        "rows": [_row(desk, line, sealed_to) for line in reversed(lines)],
        "older": before - PAGE if before - PAGE > 1 else None,
        "seals": told[:NEWEST_SEALS],
        "older_seals": told[NEWEST_SEALS:],
        "sealed_to": sealed_to,
        "unsealed": max(desk.seq - sealed_to, 0),
        "acts": desk.offer("seal.sign"),
    }


def _row(desk: Desk, line: LogLine, sealed_to: int) -> Context:
    entry = line if isinstance(line, Entry) else None
    return {
        "seq": line.seq,
        "entry": entry,
        "leaf": line.leaf.hex(),
        "facts": facts_of(desk, entry) if entry else [],
        "sealed": line.seq <= sealed_to,
    }


def facts_of(desk: Desk, entry: Entry) -> list[tuple[str, str]]:
    """The fields of an entry in words, blanks left out."""
    return [
        (str(words.FIELD_WORDS.get(name, name)), _value_text(desk, name, value))
        for name, value in entry.data.items()
        if value not in (None, "", [])
    ]


def _value_text(desk: Desk, name: str, value: Any) -> str:
    if isinstance(value, bool):
        return words.choice_words(name, str(value).lower())
    if isinstance(value, Mapping):
        return "; ".join(
            f"{desk.pack.place_name(key)}: {_value_text(desk, name, one)}"
            for key, one in value.items()
        )
    if isinstance(value, list | tuple):
        return ", ".join(_value_text(desk, name, one) for one in value)
    return _name_in_pack(desk, name, str(value)) or words.choice_words(name, str(value))


def _name_in_pack(desk: Desk, name: str, value: str) -> str:
    """The pack's own words for an id in that field; empty when it has none."""
    pack = desk.pack
    if name in ("region", "sub_district"):
        return pack.place_name(value)
    if name in ("agency", "owner", "debtor", "creditor", "chair", "attending", "signed"):
        return pack.agencies[value].short if value in pack.agencies else ""
    if name == "threat_type" and value in pack.threat_types:
        return desk.text(pack.threat_types[value].name)
    if name == "regions":
        return places.line_name(pack, value)
    if name == "place_class":
        return desk.text(pack.place_classes.get(value, {}))
    if name == "to" and value in set(Rung):
        return desk.rung_name(value)
    return ""


def _whole(text: str, otherwise: int) -> int:
    return int(text) if text.isdecimal() and len(text) < 12 else otherwise


@desk_page("log", "room/log.html", looks_back=False)
def told_moment(desk: Desk) -> HttpResponse:
    """The moment of an entry, for the slider."""
    return moment.told(desk)


@desk_page("log", "room/log.html", looks_back=False)
def export(desk: Desk) -> HttpResponse:
    """The LOG file as this reader's institution may have it."""
    copy = copies.mark_of(desk.member, timezone.now())
    content = outgoing.log_bytes(desk.operation, access.agency_of(desk.member), desk.sees, copy)
    answer = HttpResponse(content, content_type="application/x-ndjson")
    answer["Content-Disposition"] = f'attachment; filename="{desk.operation.ident}.log.jsonl"'
    return answer


@desk_page("log", "room/log.html", looks_back=False)
def seal_file(desk: Desk, ident: str) -> HttpResponse:
    """The file of a digital seal."""
    row = SealFile.objects.filter(operation=desk.operation, ident=ident).first()
    if row is None:
        raise Http404(gettext("There is no such seal."))
    answer = HttpResponse(bytes(row.content), content_type="application/octet-stream")
    answer["Content-Disposition"] = f'attachment; filename="{ident}.seal"'
    return answer


@desk_page("sitreps", "room/sitreps.html")
def sitreps(desk: Desk) -> Context:
    """The daily reports and hand-overs as they were issued."""
    found = sorted(desk.picture.sitreps.values(), key=lambda s: (s.issued_at, s.id), reverse=True)
    drop = () if len(desk.pack.trees) > 1 else ("tree",)
    acts = desk.offer(
        "sitrep.issue", hidden={"report": "daily"}, preset={"tree": desk.tree}, drop=drop
    )
    return {"sitreps": found, "acts": acts}


@desk_page("sitreps", "room/sitreps.html")
def sitrep_file(desk: Desk, ident: str, form: str) -> HttpResponse:
    """A daily report in one of its forms, as it was frozen."""
    content = _frozen(desk, ident, form)
    answer = HttpResponse(content, content_type=FORMS[form])
    if form == "html":
        answer["Content-Security-Policy"] = _policy_of(content)
    answer["Content-Disposition"] = f'inline; filename="{ident}.{form}"'
    return answer


@desk_page("sitreps", "room/sitreps.html")
def sitrep_copy(desk: Desk, ident: str) -> HttpResponse:
    """The reader's own copy of a report: the frozen pages, and below each whose copy it is."""
    frozen = _frozen(desk, ident, "pdf")
    line = gettext("Copy of {ident}; the sealed file has SHA-256 {digest}").format(
        ident=ident, digest=hashlib.sha256(frozen).hexdigest()
    )
    content = copies.pdf_copy(frozen, copies.mark_of(desk.member, timezone.now()), line)
    answer = HttpResponse(content, content_type=FORMS["pdf"])
    answer["Content-Disposition"] = f'inline; filename="{ident}-copy.pdf"'
    return answer


def _frozen(desk: Desk, ident: str, form: str) -> bytes:
    if ident not in desk.picture.sitreps or form not in FORMS:
        raise Http404(gettext("There is no such report."))
    row = SitrepFile.objects.filter(operation=desk.operation, ident=ident, form=form).first()
    if row is None:
        raise Http404(gettext("There is no such report."))
    return bytes(row.content)


def _policy_of(page: bytes) -> str:
    """A policy that lets a frozen page use its own styles and nothing else."""
    styles = re.findall(rb"<style[^>]*>(.*?)</style>", page, re.DOTALL)
    hashes = (base64.b64encode(hashlib.sha256(style).digest()).decode() for style in styles)
    allowed = " ".join(f"'sha256-{one}'" for one in hashes) or "'none'"
    return f"default-src 'none'; style-src {allowed}; img-src data:; frame-ancestors 'none'"


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Remember the reader's language and go back to the page it was chosen on."""
    onward = request.POST.get("next", "/")
    if not url_has_allowed_host_and_scheme(onward, {request.get_host()}, request.is_secure()):
        onward = "/"
    answer = HttpResponseRedirect(onward)
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        answer.set_cookie(
            settings.LANGUAGE_COOKIE_NAME, chosen, max_age=365 * 24 * 3600, samesite="Lax",
            secure=settings.SESSION_COOKIE_SECURE, httponly=True,
        )  # fmt: skip
    return answer
