"""The desk: who reads, on which operation, and what that institution may see of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from anoa.coordination import VERBS
from anoa.coordination.parts import places_within
from anoa.coordination.values import RULES_AGENCY, thing_of
from anoa.errors import AccessDenied, AnoaError, InputError
from anoa.ladder import Rung
from anoa.oplog import Entry, Handling
from anoa.pack import Pack
from anoa.picture import Picture
from anoa.room import access, actions, form_drafts, places, queries, record
from anoa.room.forms import RAW_WORDS, ActForm, Refused, act_form, data_of
from anoa.room.log_view import LogView
from anoa.room.models import Member
from anoa.room.passive import answers, is_passive
from anoa.room.presses import presses
from anoa.room.views import moment, words
from anoa.room.views.probing import passes, passing

View = Callable[..., HttpResponse]
INSIDERS = ("shift", "incoming", "commitments", "tasks", "meetings")
STAYING = {  # one goes on where one is
    ("meetings", "commitment.request"), ("reports", "report.take_batch"),
}  # fmt: skip
CHOOSING = {"threat.raise": "to", "threat.lower": "to", "proposal.make": "action"}
MENU: tuple[tuple[str, Any], ...] = (
    ("shift", _("Shift")),
    ("board", _("Board")), ("threats", _("Threats")), ("reports", _("Reports")),
    ("incoming", _("Field")),
    ("meetings", _("Meetings")), ("commitments", _("Commitments")),
    ("tasks", _("Tasks")), ("calendar", _("Calendar")), ("index", _("Index")),
    ("sitreps", _("Daily reports")), ("log", _("Log")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MenuItem:
    """One entry of the menu, with its key and how much waits behind it."""

    page: str
    label: Any
    key: str
    count: int


class Desk:
    """One reader's view of the operation during one request."""

    def __init__(self, request: HttpRequest, member: Member, page: str) -> None:
        self.request = request
        self.member = member
        self.page = page
        self.language = (get_language() or "en").partition("-")[0]
        self.refusal: Refused | None = None
        self.past: datetime | None = None  # set where a page is asked for as it stood
        self.looks_back = True  # whether the page can be asked for so

    @cached_property
    def operation(self) -> Any:
        """The row of the operation."""
        return self.member.operation

    @cached_property
    def pack(self) -> Pack:
        """The operation's pack."""
        return record.pack_of(self.operation)

    @cached_property
    def whole(self) -> Picture:
        """The whole picture: only to ask what the rules allow, never to show."""
        return record.picture_at(self.operation, at=self.past) if self.past else self.present

    @cached_property
    def present(self) -> Picture:
        """The whole picture of now, whatever moment the page shows."""
        return record.current_picture(self.operation)

    @cached_property
    def sees(self) -> Handling:
        """The widest handling this reader's institution is let into."""
        return access.sees(self.member)

    @cached_property
    def picture(self) -> Picture:
        """What this reader may see."""
        return access.view(self.member, self.whole)

    @cached_property
    def regions(self) -> tuple[str, ...]:
        """The regions or units in which this member acts; none: everywhere."""
        part = access.part_of(self.member)
        return part.regions if part else ()

    @property
    def area(self) -> str:
        """The regions or units in which this member acts, by their names; empty for everywhere."""
        return ", ".join(places.line_name(self.pack, code) for code in self.regions)

    @cached_property
    def acts_in(self) -> frozenset[str]:
        """The regions and sub-districts in which this member acts."""
        return places_within(self.pack.rules, self.regions)

    @cached_property
    def log(self) -> LogView:
        """The log in order, with only place and leaf of what this reader may not see."""
        return LogView(self.operation, self.whole, *access.eyes(self.member), self.seq)

    @cached_property
    def tree(self) -> str:
        """The tree by which this reader lists and counts; the choice is remembered."""
        return places.chosen_tree(self.request, self.pack)

    @property
    def agency(self) -> str:
        """The reader's institution; empty for none."""
        return self.member.agency

    @property
    def me(self) -> str:
        """The reader's role in words."""
        return str(words.ROLE_WORDS.get(self.member.role, self.member.role))

    @property
    def inside(self) -> bool:
        """Whether the reader belongs to an institution that sees more than what is public."""
        return self.sees is not Handling.PUBLIC

    @property
    def exercise(self) -> bool:
        """Whether the operation is an exercise."""
        return bool(self.operation.exercise)

    @property
    def operation_name(self) -> str:
        """The operation's name."""
        return self.pack.operation.codename

    @cached_property
    def now(self) -> datetime:
        """The operation's present time: an exercise stands at its last entry."""
        if self.exercise and self.present.at is not None:
            return self.present.at
        return datetime.now(UTC)

    @cached_property
    def at(self) -> datetime:
        """The time of the page: the operation's present time, or the past moment asked for."""
        return self.past or self.now

    @cached_property
    def seq(self) -> int:
        """The number of the last entry; of a past moment, of the last that this reader may read.

        An entry that is hidden from the reader carries no time, so no page may tell it by a number.
        """
        if self.past is None:
            return self.whole.seq
        return moment.readable_seq(self, self.whole)

    @property
    def is_live(self) -> bool:
        """Whether the page follows the log."""
        return self.past is None

    @property
    def past_text(self) -> str:
        """The past moment that the page shows, in local time."""
        return self.pack.local(self.at).strftime("%Y-%m-%d %H:%M:%S")

    @cached_property
    def steps(self) -> moment.Steps:
        """The ways from here to other moments."""
        return moment.steps_of(self)

    @cached_property
    def waiting(self) -> queries.Waiting:
        """What waits, as far as this reader may see."""
        return queries.waiting(self.picture, self.at)

    @property
    def menu(self) -> list[MenuItem]:
        """The pages, each with the key that opens it."""
        late = len(self.waiting.late)
        counts = {"reports": self.waiting.unanswered.count, "commitments": late}
        counts["incoming"] = sum(call.waits(self.at) for call in self.picture.helps.values())
        if not access.reads_things(self.member):
            return [MenuItem("log", words.THING_WORDS["log"], "1", 0)]
        shown = [pair for pair in MENU if self.inside or pair[0] not in INSIDERS]
        keys = {"shift": "s", "incoming": "i"}
        numbered = [page for page, _label in shown if page not in keys]
        keys |= {page: str(number % 10) for number, page in enumerate(numbered, 1)}
        return [MenuItem(page, label, keys[page], counts.get(page, 0)) for page, label in shown]

    @cached_property
    def said(self) -> str:
        """What was done by the last form; it waits for the page that a person asks for."""
        if is_passive(self.request):
            return ""
        return " ".join(str(message) for message in messages.get_messages(self.request))

    @property
    def refused(self) -> str:
        """Why the form that was just sent was not carried out."""
        return self.refusal.sentence if self.refusal else ""

    def text(self, texts: Mapping[str, str]) -> str:
        """A text of the pack in the reader's language."""
        return self.pack.text(texts, self.language)

    def rung_name(self, rung: str) -> str:
        """The pack's words for a rung."""
        known = self.pack.rungs.get(Rung(rung))
        return self.text(known.name) if known else self.text(self.pack.closed)

    def describe(self, item: Any) -> str:
        """A thing in a few words: what it is about, and where."""
        kind = self.pack.threat_types.get(getattr(item, "threat_type", ""))
        what = self.text(kind.name) if kind else getattr(item, "title", getattr(item, "what", ""))
        region = getattr(item, "region", None)
        return " – ".join(filter(None, (what, self.pack.place_name(region) if region else "")))

    @cached_property
    def begun(self) -> Mapping[str, form_drafts.Begun]:
        """The forms of this page that the reader has begun to fill in, by verb and subject."""
        return form_drafts.of_page(self.member, self.request.path)

    def refusal_of(self, verb: str, subject: str) -> Refused | None:
        """The refusal of that very form, when it was the one just sent."""
        sent = self.refusal
        return sent if sent and (sent.verb, sent.subject) == (verb, subject) else None

    def offer(
        self, verb: str, subject: str = "", *, fixed: Mapping[str, Any] | None = None,
        **options: Any,
    ) -> list[ActForm]:  # fmt: skip
        """The form of a verb, or nothing when it is not allowed (and was not just refused here).

        ``fixed`` are values that the form has anyway, for the question whether it is allowed.
        """
        if self.past:
            return []
        held = dict(options.get("hidden") or {}) | dict(fixed or {})
        if not self.refusal_of(verb, subject) and not passes(self, verb, subject, held):
            return []
        if choosing := CHOOSING.get(verb):
            options["only"] = {choosing: passing(self, verb, subject, held, choosing)}
        return [act_form(self, verb, subject, **options)]


def desk_page(
    page: str, template: str, *, looks_back: bool = True
) -> Callable[[Callable[..., Any]], View]:
    """Make a page of a function that gives its context: sign-in, forms and refusals included.

    The function gets the desk and the address's arguments; a mapping is rendered, a response is
    passed on. With ``?at=`` the page stands as it did then, unless it never ``looks_back``.
    """

    def decorate(build: Callable[..., Any]) -> View:
        @login_required
        @wraps(build)
        def view(request: HttpRequest, **place: Any) -> HttpResponse:
            desk = Desk(request, member_of(request), page)
            if page != "log" and not access.reads_things(desk.member):
                return redirect("log")
            if moment.is_asked_for(request) and looks_back:
                return moment.answered(desk, lambda: _answered(desk, build, template, place))
            desk.looks_back = looks_back and not is_passive(request)
            if request.method == "GET" and is_passive(request):
                return _answered_passively(desk, lambda: _answered(desk, build, template, place))
            return _answered(desk, build, template, place)

        return view

    return decorate


def _answered(
    desk: Desk, build: Callable[..., Any], template: str, place: Mapping[str, Any]
) -> Any:
    if desk.request.method == "POST":
        done = carry_out(desk)
        if done is not None:
            return done
    built = build(desk, **place)
    if isinstance(built, HttpResponseBase):
        return built
    status = 422 if desk.refusal else 200
    token = {"csrf_token": ""} if is_passive(desk.request) else {}
    return render(desk.request, template, {"desk": desk, **built, **token}, status=status)


def _answered_passively(desk: Desk, page: Callable[[], HttpResponse]) -> HttpResponse:
    key = (desk.member.pk, desk.request.get_full_path(), desk.language, desk.seq, desk.tree)
    return answers.once(key, page)


def member_of(request: HttpRequest) -> Member:
    """The member that the signed-in user is; a user without one has no place in the room."""
    try:
        return access.member_of(request.user)
    except AccessDenied as error:
        raise PermissionDenied(words.sentence(error)) from error


def carry_out(desk: Desk) -> HttpResponse | None:
    """Do what the form asks; None when it was refused, and the page says why."""
    if desk.past:
        why = gettext("This page shows the past, where nothing can be done. Go back to now first.")
        desk.refusal = Refused("", "", desk.request.POST, why, {})
        return None
    with presses.of(desk.member.pk, desk.request) as press:
        if press.onward:
            messages.info(desk.request, gettext("This was done already; it was not done again."))
            return redirect(press.onward)
        press.onward = _act(desk)
        return redirect(press.onward) if press.onward else None


def _act(desk: Desk) -> str:
    """Do what the form asks and give the page that follows; empty when it was refused."""
    typed = desk.request.POST
    verb, subject = typed.get("verb", ""), typed.get("subject", "")
    if verb not in VERBS:
        raise PermissionDenied(gettext("There is no such form."))
    agencies = desk.pack.agencies
    try:
        entries = _do(desk, verb, subject)
    except InputError as error:
        errors = {name: words.sentence(why, agencies) for name, why in error.fields.items()}
        shown = {one.name for one in VERBS[verb].fields}
        rest = [f"{name}: {why}" for name, why in errors.items() if name not in shown]
        head = gettext("Some of what was filled in cannot be used.")
        desk.refusal = Refused(verb, subject, typed, " ".join([head, *rest]), errors)
    except AnoaError as error:
        desk.refusal = Refused(verb, subject, typed, words.sentence(error, agencies), {})
    else:
        form_drafts.discard(desk.member, desk.request.path, typed)
        messages.success(desk.request, _said(entries))
        return _next_page(desk, verb, entries)
    return ""


def _do(desk: Desk, verb: str, subject: str) -> list[Entry]:
    data = data_of(desk, verb, desk.request.POST)
    raw = desk.request.POST.get(RAW_WORDS, "").strip() or None
    return list(actions.do(desk.member, verb, subject, data, raw_words=raw))


def _said(entries: list[Entry]) -> str:
    if not entries:
        return gettext("Done.")
    first = entries[0]
    also = sum(entry.agency == RULES_AGENCY for entry in entries[1:])
    text = f"{first.subject}: {words.deed_words(first.kind)}."
    if more := sum(entry.kind == "report.taken_up" for entry in entries[1:]):
        text += " " + gettext("So were {n} more.").format(n=more)
    if also:
        text += " " + gettext("Written rules added {n}.").format(n=also)
    return text


def _next_page(desk: Desk, verb: str, entries: list[Entry]) -> str:
    """The page of what was opened, else the page the form was on."""
    here = desk.request.path
    if entries and VERBS[verb].opens and (desk.page, verb) not in STAYING:
        thing = thing_of(entries[0].subject)
        try:
            return reverse(thing or "", args=[entries[0].subject])
        except NoReverseMatch:
            return here
    return here
