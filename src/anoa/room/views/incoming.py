"""What came in from the field: calls for help first, then stations, materials, findings, words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from anoa.coordination.field import PHASES, Finding, HelpCall, Materials, Station, Word
from anoa.errors import AnoaError
from anoa.room import access, places
from anoa.room.intake import contacts, urgent
from anoa.room.intake.filing import case_of
from anoa.room.models import SubmissionRow
from anoa.room.stations import places_of
from anoa.room.views import words
from anoa.room.views.desk import Desk, desk_page, member_of
from anoa.room.views.intake import intake_page
from anoa.situation import is_under

T = TypeVar("T")
Context = dict[str, Any]
LISTED = 200
WORDS = 50  # whose texts are looked up


@desk_page("incoming", "room/help.html")
def help_calls(desk: Desk) -> Context:
    """The calls for help, unanswered ones first, the oldest of them on top."""
    _inside(desk)
    found, place = places.filtered(desk, desk.picture.helps.values())
    calls = sorted(found, key=lambda call: _urgency(call, desk))
    waiting = [call for call in calls if call.waits(desk.at)]
    heads = {gettext("Nobody has answered yet"): waiting, gettext("Calls for help"): calls}
    unfiled = _unfiled(desk)
    return {
        "place": place,
        "by_line": _by_line(desk, heads),
        "waiting": [_call(desk, call) for call in waiting],
        "waiting_count": len(waiting) + len(unfiled["unfiled"]),
        "past": [_call(desk, call) for call in calls if call not in waiting][:LISTED],
        "count": len(calls),
        "all_waiting": sum(call.waits(desk.at) for call in desk.picture.helps.values())
        + len(unfiled["unfiled"]),
        **unfiled,
    }  # fmt: skip


def _unfiled(desk: Desk) -> Context:
    """Calls that no rule could file: who sent them and when, and nothing of what they say."""
    rows = [] if desk.past else urgent.unfiled(desk.operation, desk.pack).order_by("number")
    may_answer = access.may(desk.member.role, "help.acknowledge")
    found = list(rows[:LISTED])
    return {"unfiled": found, "may_answer": may_answer and bool(desk.agency)}


@login_required
@require_POST
def answer_unfiled(request: HttpRequest, number: int) -> HttpResponse:
    """Answer a call that could not be filed, and put it on record as far as it can be."""
    desk = Desk(request, member_of(request), "incoming")
    _inside(desk)
    try:
        made = urgent.answer(desk.member, number)
    except AnoaError as error:
        messages.error(request, words.sentence(error, desk.pack.agencies))
    else:
        deed = words.deed_words(made[-1].kind)
        messages.success(request, f"{made[0].subject}: {deed}.")
    return redirect("help")


def _by_line(desk: Desk, heads: Mapping[str, Iterable[Any]]) -> places.LineCounts:
    return places.by_line(desk, {name: places.counted(some) for name, some in heads.items()})


def _urgency(call: HelpCall, desk: Desk) -> tuple[bool, float]:
    since, waits = call.asked_at.timestamp(), call.waits(desk.at)
    return not waits, since if waits else -since


def _call(desk: Desk, call: HelpCall) -> Context:
    waits = call.waits(desk.at)
    return {
        "call": call, "need": _said(desk, "help", "need", call.need), "waits": waits,
        "state": "expired" if call.is_open and not waits else call.state,
        "acts": desk.offer("help.acknowledge", call.id) if waits else [],
        "has_number": not desk.past and contacts.is_kept(desk.member, call),
    }  # fmt: skip


@intake_page("incoming", "room/help_contact.html", lambda member: bool(member.agency))
def contact(desk: Desk, ident: str) -> Context:
    """The number from which somebody called for help, for a reason that stands in the log."""
    call = desk.picture.helps.get(ident)
    if call is None or not contacts.may_open(desk.member, call):
        raise Http404(gettext("There is no such thing, or it is not yours to see."))
    number, refused = "", ""
    if desk.request.method == "POST":
        try:
            number = contacts.open_for(desk.member, call, desk.request.POST.get("reason", ""))
        except AnoaError as error:
            refused = words.sentence(error, desk.pack.agencies)
    kept = contacts.is_kept(desk.member, call)
    return {"call": call, "number": number, "refused": refused, "is_kept": kept}


def _said(desk: Desk, becomes: str, name: str, value: str | None) -> str:
    """An answer in the words of the form that asked for it; blank for none."""
    for form in desk.pack.forms.values():
        asked = form.field(name) if str(form.becomes) == becomes else None
        for choice in asked.choices if asked else ():
            if choice.id == value:
                return desk.text(choice.name)
    return value or ""


def _inside(desk: Desk) -> None:
    if not desk.inside:
        raise PermissionDenied(gettext("There is no such thing, or it is not yours to see."))


@desk_page("incoming", "room/incoming.html")
def incoming(desk: Desk) -> Context:
    """Stations, materials, supervision reports and words, as far as this reader may see them."""
    _inside(desk)
    picture = desk.picture
    came = [*picture.stations.values(), *picture.logistics.values(), *picture.findings.values(),
            *picture.words.values()]  # fmt: skip
    here, place = places.filtered(desk, came)
    stations = sorted(_of(here, Station), key=lambda s: s.reported_at, reverse=True)
    findings = sorted(_of(here, Finding), key=lambda f: f.recorded_at, reverse=True)
    passed = _of(here, Word)[::-1]
    materials = sorted(_of(here, Materials), key=lambda m: (m.region, m.id))
    return {
        "place": place,
        "by_line": _by_line(desk, _heads(stations, materials, findings, passed)),
        "waiting": sum(call.waits(desk.at) for call in picture.helps.values())
        + len(_unfiled(desk)["unfiled"]),
        "phases": _phases(desk, stations),
        "stations": [_station(desk, one) for one in stations[:LISTED]], "all": len(stations),
        "known": _known(desk, place.chosen),
        "has_register": places_of(desk.pack).has_register,
        **_materials(desk, materials),
        "findings": [_finding(desk, one) for one in findings[:LISTED]],
        "words": [_word(desk, one) for one in passed[:WORDS]], "all_words": len(passed),
    }  # fmt: skip


def _of(things: Iterable[Any], kind: type[T]) -> list[T]:
    return [one for one in things if isinstance(one, kind)]


def _heads(
    stations: list[Station], materials: list[Materials], findings: list[Finding], passed: list[Word]
) -> dict[str, list[Any]]:
    """What is counted by region or unit, by the head of its column."""
    return {
        gettext("Stations reported"): list(stations),
        gettext("Late"): [one for one in stations if one.late],
        gettext("Materials: what differs"): [one for one in materials if _differs(one)],
        gettext("Supervision reports"): list(findings),
        gettext("Words passed on"): list(passed),
    }


def _known(desk: Desk, chosen: str) -> int:
    """How many polling stations there are; of a place that was chosen, in it."""
    register = places_of(desk.pack)
    return sum(
        len(register.stations_in(code)) for code, one in desk.pack.sub_districts.items()
        if not chosen or is_under(desk.pack, places.Place(one.region, code), chosen)
    )  # fmt: skip


def _phases(desk: Desk, stations: list[Station]) -> list[tuple[str, int, int]]:
    """Of each phase: its name, how many stations reported it, and how many of them late."""
    came = Counter(phase for one in stations for phase in one.phases or {})
    late = Counter(phase for one in stations for phase in one.late)
    return [(_said(desk, "station", "phase", phase), came[phase], late[phase]) for phase in PHASES]


def _station(desk: Desk, one: Station) -> Context:
    return {
        "station": one,
        "phase": _said(desk, "station", "phase", one.phase),
        "leg": _said(desk, "station", "leg", one.leg) if one.phase == "escort" else "",
        "condition": _said(desk, "station", "condition", one.condition),
        "attention": one.condition == "attention",
        "late": ", ".join(_said(desk, "station", "phase", phase) for phase in one.late),
    }  # fmt: skip


def _differs(one: Materials) -> bool:
    return bool(one.is_late or one.boxes_missing or one.booths_missing)


def _materials(desk: Desk, every: list[Materials]) -> Context:
    """What differs first; then what is whole, as a count."""
    differs = [one for one in every if _differs(one)]
    return {
        "differs": [
            (one, _differences(one), _said(desk, "logistics", "papers", one.papers))
            for one in differs[:LISTED]
        ],
        "differ": len(differs), "whole": len(every) - len(differs), "stated": len(every),
    }  # fmt: skip


def _differences(one: Materials) -> list[tuple[str, int, int, int]]:
    """Boxes and booths: there, needed, missing (negative: too many)."""
    return [
        (gettext("Boxes"), one.boxes, one.boxes_expected, one.boxes_missing),
        (gettext("Booths"), one.booths, one.booths_expected, one.booths_missing),
    ]


def _finding(desk: Desk, one: Any) -> Context:
    return {
        "finding": one, "is_finding": one.finding != "none",
        "what": _said(desk, "finding", "finding", one.finding),
        "matter": _said(desk, "finding", "matter", one.matter),
        "remedy": _said(desk, "finding", "remedy", one.remedy),
    }  # fmt: skip


def _word(desk: Desk, word: Word) -> Context:
    """A word with what it says, for those whom its sender chose; for others its outline."""
    mine = word.is_for(desk.agency)
    return {
        "word": word, "mine": mine, "texts": _texts(desk, word) if mine else [],
        "concern": _said(desk, "word", "concern", word.concern),
        "acts": desk.offer("word.acknowledge", word.id) if desk.agency in word.to else [],
    }  # fmt: skip


def _texts(desk: Desk, word: Word) -> list[str]:
    """What the sender wrote, out of the stored submission."""
    row = SubmissionRow.objects.filter(
        operation=desk.operation, sha256=word.submission or "-", subject=word.id
    ).first()
    if row is None:
        return []
    case = case_of(desk.operation, desk.pack, row, desk.at)
    texts = [one.name for one in case.form.fields if str(one.type) == "text"] if case.form else []
    return [str(case.fields[name]) for name in texts if case.fields.get(name)]
