"""Pasted messages: the list of what waits, and one page on which each is confirmed or discarded."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext, ngettext

from anoa.errors import AccessDenied, AnoaError, InputError
from anoa.messages import ROUTINE, MessageDraft, read_message
from anoa.room import actions, form_drafts, likeness, paste_form, pastes
from anoa.room.forms import Refused, act_form, data_of
from anoa.room.views import words
from anoa.room.views.desk import Desk, member_of
from anoa.screening import masked

EXCERPT = 90
Context = dict[str, Any]
Page = Callable[..., Context | HttpResponse]


class PasteDesk(Desk):
    """A desk of pages that are one's own: they do not follow the log and have no past."""

    @property
    def is_live(self) -> bool:
        """Never: what is being written stays as it is."""
        return False


def paste_page(template: str) -> Callable[[Page], Callable[..., HttpResponse]]:
    """Make a page of a function that gets the desk; nobody but those who file reports gets one."""

    def decorate(build: Page) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(build)
        def view(request: HttpRequest, **place: Any) -> HttpResponse:
            desk = PasteDesk(request, member_of(request), "reports")
            desk.looks_back = False
            try:
                pastes.need_paster(desk.member)
            except AccessDenied as error:
                raise PermissionDenied(words.sentence(error)) from error
            built = build(desk, **place)
            if isinstance(built, HttpResponse):
                return built
            status = 422 if desk.refusal else 200
            return render(request, template, {"desk": desk, **built}, status=status)

        return view

    return decorate


# -- the list -------------------------------------------------------------------------------


@paste_page("room/pastes.html")
def listing(desk: Desk) -> Context | HttpResponse:
    """Where messages are pasted, and what became of each."""
    if desk.request.method == "POST":
        done = _list_done(desk)
        if done is not None:
            return done
    found = pastes.waiting_list(desk.member)
    known = likeness.reports_by_likeness(desk.member, desk.picture)
    again = pastes.twins(found)
    rows = [
        {
            "one": one,
            "excerpt": _excerpt(desk, one),
            "read": dict(zip((*pastes.SUMMARY, "filled", "offered"), one.summary, strict=False)),
            "same_as": again.get(one.number),
            "report": known.get(one.likeness) if one.is_waiting else None,
        }
        for one in found
    ]
    return {
        "rows": rows, "done": sum(not one.is_waiting for one in found), "all": len(found),
        "first": pastes.next_waiting(desk.member), "reads": desk.pack.message_words is not None,
        "typed": desk.refusal.typed.get("messages", "") if desk.refusal else "",
    }  # fmt: skip


def _excerpt(desk: Desk, one: pastes.Pasted) -> str:
    """The first words of a message without what gives away a person."""
    flat = " ".join(one.raw.text[: 4 * EXCERPT].split())
    shown = masked(flat, desk.pack.words)
    return shown if len(shown) <= EXCERPT else shown[:EXCERPT].rstrip() + "…"


def _list_done(desk: Desk) -> HttpResponse | None:
    typed = desk.request.POST
    if typed.get("do") == "clear":
        pastes.clear(desk.member)
        return redirect("pastes")
    if typed.get("do") == "restore":
        number = typed.get("number", "")
        found = _found(desk, int(number) if number.isdecimal() and len(number) < 12 else 0)
        if found.state == pastes.DISCARDED:
            pastes.put(desk.member, found, pastes.WAITING)
        return redirect("pastes")
    try:
        count = pastes.begin(desk.member, typed.get("messages", ""), desk.pack, desk.at)
    except AnoaError as error:
        desk.refusal = Refused("", "", typed, words.sentence(error), {})
        return None
    said = ngettext("{n} message is waiting for you.", "{n} messages are waiting for you.", count)
    messages.success(desk.request, said.format(n=count))
    return redirect("pastes")


# -- one message ----------------------------------------------------------------------------


def _found(desk: Desk, number: int) -> pastes.Pasted:
    found = pastes.find(desk.member, number)
    if found is None:
        raise Http404(gettext("There is no such thing, or it is not yours to see."))
    return found


@paste_page("room/paste.html")
def one_message(desk: Desk, number: int) -> Context | HttpResponse:
    """One message beside the fields that were read of it."""
    found = _found(desk, number)
    draft = read_message(found.raw, desk.pack, desk.at)
    if desk.request.method == "POST":
        done = _dealt_with(desk, found, draft)
        if done is not None:
            return done
    whole = pastes.waiting_list(desk.member)
    known = likeness.reports_by_likeness(desk.member, desk.picture)
    return {
        "one": found, "draft": draft, "pieces": paste_form.pieces(draft),
        "fields": paste_form.confirmed(desk, draft),
        "post": _post_form(desk, draft),
        "is_routine": draft.value("kind") == ROUTINE,
        "may_be_routine": ROUTINE in draft.fields["kind"].candidates,
        "extras": _extras(desk, draft),
        "done": sum(not one.is_waiting for one in whole), "all": len(whole),
        "same_as": pastes.twins(whole).get(number),
        "report": known.get(found.likeness) if found.is_waiting else None,
        "refusal": desk.refusal.sentence if desk.refusal else "",
        "kept_at": desk.begun[form_drafts.form_name(paste_form.VERB, "")].kept_at
        if form_drafts.form_name(paste_form.VERB, "") in desk.begun else None,
    }  # fmt: skip


def _post_form(desk: Desk, draft: MessageDraft) -> Any:
    return act_form(desk, "post.report", preset={"region": draft.value("region") or ""})


def _extras(desk: Desk, draft: MessageDraft) -> list[tuple[str, str]]:
    """What was read and has no place in a report: it helps to look at the message."""
    labels = {
        "village": gettext("Village"), "polling_station": gettext("Polling station"),
        "injured": gettext("Injured, as stated"), "dead": gettext("Dead, as stated"),
        "damaged": gettext("Damaged, as stated"), "need_help": gettext("Asks for help"),
    }  # fmt: skip
    found = []
    for name, label in labels.items():
        if value := draft.value(name):
            shown = {"village": desk.pack.place_name(value), "need_help": gettext("yes")}
            found.append((label, shown.get(name, value)))
    return found


def _dealt_with(desk: Desk, found: pastes.Pasted, draft: MessageDraft) -> HttpResponse | None:
    """Do what was asked with the message; None when it was refused."""
    do = desk.request.POST.get("do", "")
    if do == "next":
        return _onwards(desk, found)
    if not found.is_waiting:
        raise PermissionDenied(gettext("This message is done already."))
    if do == "discard":
        pastes.put(desk.member, found, pastes.DISCARDED)
        messages.success(desk.request, gettext("Discarded. It can be put back from the list."))
        return _onwards(desk, found)
    if do == "post":
        return _carried(desk, found, "post.report", desk.request.POST, None)
    if do == "file":
        return _filed(desk, found, draft)
    raise PermissionDenied(gettext("There is no such form."))


def _filed(desk: Desk, found: pastes.Pasted, draft: MessageDraft) -> HttpResponse | None:
    typed = paste_form.with_picks(draft, desk, desk.request.POST)
    open_fields = list(paste_form.unticked(draft, desk, typed))
    if open_fields:
        said = gettext("Some of what was read is not confirmed yet.")
        errors = dict.fromkeys(open_fields, paste_form.not_confirmed())
        desk.refusal = Refused(paste_form.VERB, "", typed, said, errors)
        return None
    return _carried(desk, found, paste_form.VERB, typed, found.raw.text)


def _carried(
    desk: Desk, found: pastes.Pasted, verb: str, typed: Any, raw: str | None
) -> HttpResponse | None:
    """Record the report or the post; what it became stands in the list."""
    agencies = desk.pack.agencies
    try:
        entries = actions.do(desk.member, verb, "", data_of(desk, verb, typed), raw_words=raw)
    except InputError as error:
        errors = {name: words.sentence(why, agencies) for name, why in error.fields.items()}
        said = gettext("Some of what was filled in cannot be used.")
        desk.refusal = Refused(verb, "", typed, said, errors)
        return None
    except AnoaError as error:
        desk.refusal = Refused(verb, "", typed, words.sentence(error, agencies), {})
        return None
    state = pastes.FILED if verb == paste_form.VERB else pastes.ROUTINE
    pastes.put(desk.member, found, state, entries[0].subject if entries else "")
    form_drafts.discard(desk.member, desk.request.path, typed)
    if entries:
        messages.success(
            desk.request, f"{entries[0].subject}: {words.deed_words(entries[0].kind)}."
        )
    return _onwards(desk, found)


def _onwards(desk: Desk, found: pastes.Pasted) -> HttpResponse:
    """To the next message that waits, else back to the list."""
    number = pastes.next_waiting(desk.member, found.number)
    return redirect("paste", number=number) if number else redirect("pastes")
