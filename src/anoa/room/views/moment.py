"""Pages as they stood: ``?at=`` asks for a page at a past moment.

What an institution saw then is decided by the same rule on the picture of then. Entries that the
reader may not read carry no time in the log, so steps, slider and numbers of a past page know
only the others. ``?seq=`` is how a slider without JavaScript asks; it leads to the moment.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext

from anoa.oplog import instant_text
from anoa.picture import Picture
from anoa.room import access
from anoa.room.log_view import LogView

if TYPE_CHECKING:
    from anoa.room.views.desk import Desk

AT, SEQ = "at", "seq"
WITHOUT_TIME = ("/static/", "/accounts/", "/log/export", "/log/seals/", "/live", "/language")
LINK = re.compile(r'(<a\b(?![^>]*\bdata-now\b)[^>]*?\bhref=")([^"]*)(")')
ASKED = re.compile(r"[?&;]at=")
ASKING = re.compile(r'<form\b(?![^>]*\bdata-now\b)[^>]*\bmethod="get"[^>]*>')


def is_asked_for(request: HttpRequest) -> bool:
    """Whether the address asks for a past moment."""
    return bool(request.GET.get(AT) or request.GET.get(SEQ))


def answered(desk: Desk, page: Callable[[], HttpResponse]) -> HttpResponse:
    """The page as it stood at the moment asked for, or a page that says why there is none."""
    if not desk.request.GET.get(AT):
        return _leading_to_its_moment(desk)
    at = _read(desk, desk.request.GET[AT])
    if at is None or not first_moment(desk) <= at <= desk.now:
        return _no_such_moment(desk, at)
    desk.past = at
    try:
        answer = page()
    except Http404:
        answer = render(desk.request, "room/not_then.html", {"desk": desk}, status=404)
    if "text/html" in answer.get("Content-Type", "") and not answer.has_header(
        "Content-Disposition"
    ):
        answer.content = staying(answer.content.decode(), at).encode()
    return answer


def _read(desk: Desk, text: str) -> datetime | None:
    """The instant of a time with an offset, or in the pack's local time; None is unreadable."""
    text = re.sub(r" (\d\d:\d\d)$", r"+\1", text.strip())  # a plus sign that the address lost
    try:
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=desk.pack.zone())
        return at.astimezone(desk.now.tzinfo)
    except (ValueError, OverflowError):
        return None


def _leading_to_its_moment(desk: Desk) -> HttpResponse:
    text = desk.request.GET[SEQ]
    seq = int(text) if text.isdecimal() and len(text) < 12 else 0
    entry = _view(desk, desk.present).last(seq=seq)
    at = entry.at if entry else first_moment(desk)
    return redirect(f"{desk.request.path}?{address(desk, at)}")


def _no_such_moment(desk: Desk, at: datetime | None) -> HttpResponse:
    """A page that says why there is no such moment, and offers the nearest one."""
    first = first_moment(desk)
    context = {
        "desk": desk, "asked": desk.request.GET[AT][:60], "is_early": at is not None and at < first,
        "is_late": at is not None and at > desk.now, "first": first,
        "first_address": "?" + address(desk, first),
    }  # fmt: skip
    return render(desk.request, "room/no_moment.html", context, status=400)


def readable_seq(desk: Desk, picture: Picture) -> int:
    """The number of the last entry of that picture which the reader may read."""
    entry = _view(desk, picture).last()
    return entry.seq if entry else 0


def _view(desk: Desk, picture: Picture) -> LogView:
    return LogView(desk.operation, picture, *access.eyes(desk.member), picture.seq)


# Steps to other moments


def first_moment(desk: Desk) -> datetime:
    """When the first entry was written that the reader may read."""
    first = next(_view(desk, desk.present).since(0), None)
    return first.at if first else desk.now


@dataclass(frozen=True, slots=True)
class Steps:
    """What the slider needs: the ends, and the addresses of the moments around this one."""

    first: datetime
    top: int
    value: int
    former: str
    following: str
    day_before: str
    day_after: str
    now: str
    fields: list[tuple[str, str]]


def steps_of(desk: Desk) -> Steps:
    """The steps from the desk's moment; an address is empty where there is no such moment."""
    view, start = _view(desk, desk.present), first_moment(desk)
    last = view.last()
    former = view.last(before=desk.at)
    after = view.next(desk.at) if desk.past else None
    day = timedelta(days=1)
    return Steps(
        start, last.seq if last else 0, desk.seq if desk.past else (last.seq if last else 0),
        _step(desk, former.at if former else None), _step(desk, after.at if after else None),
        _step(desk, desk.at - day if desk.at - day >= start else None),
        _step(desk, desk.at + day if desk.past and desk.at + day <= desk.now else None),
        f"{desk.request.path}?{address(desk, None)}".rstrip("?"), _other(desk),
    )  # fmt: skip


def _step(desk: Desk, at: datetime | None) -> str:
    return "" if at is None else "?" + address(desk, at)


def _other(desk: Desk) -> list[tuple[str, str]]:
    return [(name, value) for name, value in desk.request.GET.items() if name not in (AT, SEQ)]


def address(desk: Desk, at: datetime | None) -> str:
    """The query of this page at another moment; None is now."""
    asked = [(AT, instant_text(at))] if at else []
    return urlencode([*_other(desk), *asked], safe=":")


def staying(page: str, at: datetime) -> str:
    """The page with its links and questions staying at that moment.

    >>> staying('<a href="/threats#x">', datetime.fromisoformat("2024-08-06T01:00:00Z"))
    '<a href="/threats?at=2024-08-06T01:00:00Z#x">'
    """
    asked = f"{AT}={instant_text(at)}"
    hidden = f'<input type="hidden" name="{AT}" value="{escape(instant_text(at))}">'

    def stays(link: re.Match[str]) -> str:
        before, address, after = link.groups()
        path, hash_sign, place = address.partition("#")
        inside = path.startswith("/") and not path.startswith(("//", *WITHOUT_TIME))
        if not (inside or path.startswith("?")) or ASKED.search(path):
            return link[0]
        joint = "&amp;" if "?" in path else "?"
        return f"{before}{path}{joint}{asked}{hash_sign}{place}{after}"

    return ASKING.sub(lambda form: form[0] + hidden, LINK.sub(stays, page))


def told(desk: Desk) -> HttpResponse:
    """The moment of an entry, for a slider while it slides: the last one that may be read."""
    text = desk.request.GET.get("of", "")
    seq = int(text) if text.isdecimal() and len(text) < 12 else 0
    entry = _view(desk, desk.present).last(seq=seq)
    if entry is None:
        return JsonResponse({}, status=404)
    local = desk.pack.local(entry.at)
    return JsonResponse({
        "seq": entry.seq, "at": instant_text(entry.at),
        "local": local.strftime("%Y-%m-%d %H:%M:%S"),
        "text": gettext("entry {seq}").format(seq=entry.seq),
    })  # fmt: skip
