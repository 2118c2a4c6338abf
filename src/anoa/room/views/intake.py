"""Pages of intake: the inbox and the tokens."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from anoa.errors import AnoaError, InputError, StorageError
from anoa.room import access, form_drafts, inbox_filters, list_filters
from anoa.room.forms import Refused, act_form, data_of, local_input
from anoa.room.intake import inbox, releasing, tokens
from anoa.room.intake.filing import case_of
from anoa.room.intake.meaning import REPORTED, observed
from anoa.room.intake.pictures import cleaned, without_files
from anoa.room.intake.storing import Purged, attachment, opened, reason, why
from anoa.room.intake.values import State, Trouble
from anoa.room.models import AttachmentRow, Member, SubmissionRow, TokenRow
from anoa.room.sealed import reading
from anoa.room.views import words
from anoa.room.views.desk import Desk, member_of
from anoa.room.views.paste import PasteDesk

FILE = "report.file"
SHOWN = 20_000  # letters of what was sent
DAYS = (1, 7, 30, 90, 365)
USUAL_DAYS = 30
ASIDE_WORDS: Mapping[str, Any] = {  # classes of reasons to set something aside, in inbox.ASIDE
    "known": _("it is known already"), "unclear": _("it cannot be understood"),
    "elsewhere": _("it belongs to another place or service"), "test": _("it was a test"),
    "other": _("another reason"),
}  # fmt: skip
BECAME_WORDS: Mapping[str, Any] = {  # what a reporter is told, by what inbox.became says
    "report.recorded": _("It is on record as a report and waits for an answer."),
    "report.acknowledged": _("It is on record as a report; an institution has answered for it."),
    "report.under_verification": _("Another institution is verifying it now."),
    "report.verified": _("Another institution verified it."),
    "report.refuted": _("Another institution checked it and did not find it so."),
    "report.unrelated": _("Another institution found that it does not concern the election."),
    "report.duplicate": _("It tells of what was reported already; both are kept."),
    "report.withdrawn": _("The institution that filed it took it back."),
    "aside.known": _("It was set aside: it is known already. It is kept."),
    "aside.unclear": _("It was set aside: it cannot be understood. It is kept; send it again."),
    "aside.elsewhere": _("It was set aside: it belongs to another place or service. It is kept."),
    "aside.test": _("It was set aside as a test. It is kept."),
    "aside.other": _("A person of the institution set it aside. It is kept."),
}  # fmt: skip
SCOPE_WORDS: Mapping[str, Any] = {
    "submit": _("send one report at a time"), "bulk": _("send many at once"),
    "sms": _("pass on messages of a gateway"), "read:picture": _("read the picture"),
    "read:log": _("read the log"), "read:reports": _("read reports"),
    "read:health": _("read how the machine fares, and nothing of the operation"),
}  # fmt: skip
Context = dict[str, Any]
Page = Callable[..., Context | HttpResponse]


def intake_page(
    page: str, template: str, may: Callable[[Member], bool]
) -> Callable[[Page], Callable[..., HttpResponse]]:
    """Make a page of a function that gets the desk, for members who ``may``."""

    def decorate(build: Page) -> Callable[..., HttpResponse]:
        @login_required
        @wraps(build)
        def view(request: HttpRequest, **place: Any) -> HttpResponse:
            desk = PasteDesk(request, member_of(request), page)
            desk.looks_back = False
            if not may(desk.member):
                raise PermissionDenied(gettext("This page is not for your role."))
            built = build(desk, **place)
            if isinstance(built, HttpResponse):
                return built
            status = 422 if desk.refusal else 200
            return render(request, template, {"desk": desk, **built}, status=status)

        return view

    return decorate


# -- the inbox ------------------------------------------------------------------------------


@intake_page("reports", "room/inbox.html", inbox.may_open)
def listing(desk: Desk) -> Context:
    """What waits for a person of this institution, or was set aside; oldest first."""
    after, is_aside = desk.request.GET.get("after", ""), "aside" in desk.request.GET
    state = State.DISCARDED if is_aside else State.NEEDS_PERSON
    start = int(after) if after.isdecimal() and len(after) < 19 else 0
    asked = inbox_filters.asked(desk, state)
    rows = inbox.listed(desk.member, state, start, asked.narrowed)
    shown = rows[: inbox.AT_ONCE]
    return {
        "rows": [_listed(desk, row) for row in shown], "is_aside": is_aside,
        "more": shown[-1].number if len(rows) > len(shown) else 0,
        "count": inbox.how_many(desk.member), "aside": inbox.how_many(desk.member, State.DISCARDED),
        "asked": asked, "ignored": list_filters.told(asked),
        "left": inbox.how_many(desk.member, state, asked.narrowed) if asked.narrowed else 0,
        "unfiled": inbox.unfiled(), "most": inbox.COUNT_LIMIT,
        "may_token": may_hand_out(desk.member), "may_sealed": reading.may_read(desk.member),
    }  # fmt: skip


def _listed(desk: Desk, row: SubmissionRow) -> Context:
    """A submission as a list shows it: never what it says, but for what could not be read."""
    try:
        found, aside = _said(why(row)), reason(row)
    except StorageError as error:
        found, aside = [words.sentence(error)], ""
    return {"row": row, "form": _form_name(desk, row.form), "why": found, "reason": aside,
            "kinds": ASIDE_WORDS.items(), "aside_kind": ASIDE_WORDS.get(row.aside, "")}  # fmt: skip


def _form_name(desk: Desk, ident: str) -> str:
    known = desk.pack.forms.get(ident)
    return desk.text(known.title) if known else ident


@intake_page("reports", "room/submission.html", inbox.may_open)
def one(desk: Desk, number: int) -> Context | HttpResponse:
    """One submission: why it waits, what was understood, what was sent, and what can be done."""
    row = inbox.find(desk.member, number)
    if row is None:
        raise Http404(gettext("There is no such thing, or it is not yours to see."))
    if desk.request.method == "POST" and (done := _dealt_with(desk, row)) is not None:
        return done
    fields, sent, lost = _content(row)
    return {
        **_listed(desk, row), "fields": _understood(desk, row, fields), "lost": lost,
        "sent": without_files(sent.decode(errors="replace"))[:SHOWN], "is_cut": len(sent) > SHOWN,
        "attachments": AttachmentRow.objects.filter(submission=row).values(
            "pk", "name", "size", "certificate"
        ),
        "may_release": releasing.may_release(desk.member),
        "acts": [act_form(desk, FILE, preset=_preset(desk, row, fields), is_open=True,
                          label=gettext("File it as a report"))],
    }  # fmt: skip


@intake_page("reports", "", inbox.may_open)
def picture(desk: Desk, number: int, place: int) -> HttpResponse:
    """A picture of a submission, without what the device wrote into it."""
    row = inbox.find(desk.member, number)
    found = AttachmentRow.objects.filter(submission=row, pk=place).first() if row else None
    if found is None:
        raise Http404(gettext("There is no such thing, or it is not yours to see."))
    try:
        shown = cleaned(attachment(found))
    except AnoaError as error:
        said, status = words.sentence(error), 410 if isinstance(error, Purged) else 415
        return HttpResponse(said, status=status, content_type="text/plain; charset=utf-8")
    answer = HttpResponse(shown.content, content_type=shown.media_type)
    answer["Content-Disposition"] = f'inline; filename="{number}-{place}"'
    answer["Cache-Control"] = "no-store"
    return answer


def _content(row: SubmissionRow) -> tuple[dict[str, Any], bytes, str]:
    try:
        return (*opened(row), "")
    except StorageError as error:
        return {}, b"", words.sentence(error)


def _said(found: list[Trouble]) -> list[str]:
    """The reasons in the reader's language, as far as it knows them."""
    return [_spoken(one) for one in found]


def _spoken(one: Trouble) -> str:
    """A reason, and the sentences that stand in it, in the reader's language."""
    values = {
        key: _spoken(value) if isinstance(value, Trouble) else value
        for key, value in one.values.items()
    }
    said = gettext(one.sentence)
    said = said.format(**values) if values else said
    return f"{words.field_words('', one.field)}: {said}" if one.field else said


def _understood(desk: Desk, row: SubmissionRow, fields: Mapping[str, Any]) -> list[tuple[str, str]]:
    form = desk.pack.forms.get(row.form)
    shown = []
    for name, value in fields.items():
        asked = form.field(name) if form else None
        label = desk.text(asked.label) if asked else words.field_words("", name)
        shown.append((label, str(value)[:500]))
    return shown


def _preset(desk: Desk, row: SubmissionRow, fields: Mapping[str, Any]) -> dict[str, str]:
    """What was understood, as the report's form holds it; what the pack does not know is left."""
    found = {name: str(fields[name]) for name in REPORTED
             if isinstance(fields.get(name), str | int)}  # fmt: skip
    known = desk.pack.threat_types.get(found.get("threat_type", ""))
    if known is not None:
        found.setdefault("object", known.object)
    with suppress(AnoaError):  # else a person says when
        case = case_of(desk.operation, desk.pack, row, desk.at)
        found["observed_at"] = local_input(desk, observed(case, fields.get("observed_at")))
    return found


def _dealt_with(desk: Desk, row: SubmissionRow) -> HttpResponse | None:
    """File it, set it aside, or take it up again; None when that was refused."""
    typed = desk.request.POST
    do = typed.get("do", "file")
    try:
        if do == "aside":
            kind = typed.get("kind", "other")
            inbox.set_aside(desk.member, row.number, typed.get("reason", ""), kind)
            messages.success(desk.request, gettext("Set aside. It is kept."))
        elif do == "up":
            inbox.take_up(desk.member, row.number)
            return redirect("submission", number=row.number)
        else:
            made = inbox.file_by_hand(desk.member, row.number, data_of(desk, FILE, typed))
            form_drafts.discard(desk.member, desk.request.path, typed)
            said = f"{made[0].subject}: {words.deed_words(made[0].kind)}."
            messages.success(desk.request, said)
    except AnoaError as error:
        desk.refusal = _refusal(desk, error, "" if do == "aside" else FILE)
        return None
    return redirect("inbox")


def _refusal(desk: Desk, error: AnoaError, verb: str) -> Refused:
    agencies = desk.pack.agencies
    errors: dict[str, str] = {}
    said = words.sentence(error, agencies)
    if isinstance(error, InputError):
        errors = {name: words.sentence(why, agencies) for name, why in error.fields.items()}
        said = gettext("Some of what was filled in cannot be used.")
    return Refused(verb, "", desk.request.POST, said, errors)


# -- tokens ---------------------------------------------------------------------------------


def may_hand_out(member: Member) -> bool:
    """Whether the member makes tokens: for the own institution, or as the machine's host."""
    return member.role == "host_admin" or (
        member.role == "duty_officer" and access.reads_own(member)
    )


@intake_page("log", "room/tokens.html", may_hand_out)
def token_list(desk: Desk) -> Context | HttpResponse:
    """The tokens, a form for a new one, and once the secret of the one just made."""
    fresh = ""
    if desk.request.method == "POST":
        if "revoke" in desk.request.POST:
            return _revoked(desk)
        fresh = _made(desk)
    rows = TokenRow.objects.filter(operation=desk.operation).order_by("-made_at")
    if desk.agency:
        rows = rows.filter(agency=desk.agency)
    own = [desk.agency] if desk.agency else list(desk.pack.agencies)
    typed = desk.refusal.typed if desk.refusal else desk.request.POST
    return {
        "rows": rows, "fresh": fresh, "now": datetime.now(UTC), "days": DAYS,
        "chosen_days": typed.get("days") or str(USUAL_DAYS), "chosen": typed.getlist("forms"),
        "base": desk.request.build_absolute_uri(f"/t/{fresh}") if fresh else "",
        "link": desk.request.build_absolute_uri(reverse("field")) + f"#t={fresh}",
        "agencies": [(one, desk.pack.agencies[one].short) for one in own],
        "scopes": [(one, SCOPE_WORDS.get(one, one)) for one in tokens.SCOPES],
        "forms": [(form.id, desk.text(form.title)) for form in desk.pack.forms.values()],
        "regions": [(code, desk.pack.place_name(code)) for code in desk.pack.regions],
        "typed": {} if fresh else typed, "picked": typed.getlist("scopes") or ["submit"],
        "errors": desk.refusal.errors if desk.refusal else {},
    }  # fmt: skip


def _made(desk: Desk) -> str:
    """The text of a new token; empty when it was refused."""
    typed, at = desk.request.POST, datetime.now(UTC)
    days = typed.get("days", "")
    wanted = tokens.NewToken(
        desk.agency or typed.get("agency", ""), typed.getlist("scopes"),
        typed.get("label", "").strip(), typed.getlist("forms"), "", typed.get("region", ""),
        at + timedelta(days=int(days) if days in map(str, DAYS) else USUAL_DAYS),
    )  # fmt: skip
    try:
        return tokens.make(desk.operation, wanted, at, desk.member.ident)
    except AnoaError as error:
        desk.refusal = _refusal(desk, error, "")
        return ""


def _revoked(desk: Desk) -> HttpResponse:
    ident = desk.request.POST["revoke"]
    try:
        row = tokens.revoke(desk.operation, ident, datetime.now(UTC), desk.agency or None)
    except AnoaError as error:
        raise Http404(words.sentence(error)) from error
    said = gettext("The token {id} ({label}) is revoked; it is refused from now on.")
    messages.success(desk.request, said.format(id=row.ident, label=row.label))
    return redirect("tokens")
