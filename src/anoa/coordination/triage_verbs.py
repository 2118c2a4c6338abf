"""Verbs on who verifies a report, and on which reports are not of one event.

A report that was taken up is held by one member for the pack's time to judge, so that two people
never work on one report. The log is locked while a verb decides, so two who press at once get
different ones.
"""

from __future__ import annotations

from anoa.coordination.values import Report, Verdict
from anoa.coordination.verbs import DUTY, OPERATOR, Act, Drafts, verb
from anoa.oplog import Entry, instant_text

BATCH_MOST = 50  # reports that one member takes at once


@verb("report.take_up", OPERATOR)
def take_up(act: Act) -> Drafts:
    """Take another institution's report up to verify it; nobody else does meanwhile."""
    return (_taken(act, act.item("report")),)


@verb(
    "report.take_batch", OPERATOR, "reports:ids", "count:count", "order:word(oldest|urgent)",
    "place:id", opens=True,
)  # fmt: skip
def take_batch(act: Act) -> Drafts:
    """Take the next reports that wait up, all or none; the room chooses them under the lock."""
    wanted = list(dict.fromkeys(act.data.get("reports") or ()))
    act.need(bool(wanted), "No report waits here that your institution may verify.")
    act.need(len(wanted) <= BATCH_MOST, "A batch holds at most {most} reports.", most=BATCH_MOST)
    return tuple(_taken(act, act.item("report", ident)) for ident in wanted)


def _taken(act: Act, report: Report) -> Entry:
    act.need_other(report.owner)
    need_free(act, report)
    act.need(not report.is_held(act.at), "You hold {id} already.", id=report.id)
    act.need(
        may_be_judged(act, report), "{id} is {state} already.", id=report.id, state=report.state
    )
    until = instant_text(act.at + act.rules.clocks.assess)
    return act.entry("report.taken_up", report.id, {"until": until})


def may_be_judged(act: Act, report: Report) -> bool:
    """Whether a verdict is still missing that counts; one of the reporter's own chain does not."""
    if report.withdrawn:
        return False
    return report.verdict is None or (
        report.same_chain and act.rules.chain(report.owner) != act.chain
    )


def need_free(act: Act, report: Report) -> None:
    """Refuse while somebody else verifies the report; others are told the institution alone."""
    if not report.is_held(act.at) or report.taker == act.actor.member:
        return
    act.need(
        report.taken_by != act.actor.agency,
        "A colleague of your institution is verifying {id}; a duty officer can release it.",
        id=report.id,
    )
    act.need(
        False, "{id} is being verified by {agency} at present.",
        id=report.id, agency=report.taken_by,
    )  # fmt: skip


def need_unchanged(act: Act, report: Report) -> None:
    """Refuse a verdict in place of one that its giver has not seen."""
    if report.verdict is None or (report.same_chain and not _in_chain(act, report)):
        return
    act.need(
        report.judged_by == act.actor.agency,
        "{id} was judged by {agency}: dispute it instead.", id=report.id, agency=report.judged_by,
    )  # fmt: skip
    seen = act.data.get("instead_of")
    act.need(
        seen == report.verdict,
        "{id} was judged meanwhile: {state}. Look at it again before you change the verdict.",
        id=report.id, state=str(report.verdict or Verdict.VERIFIED),
    )  # fmt: skip


def _in_chain(act: Act, report: Report) -> bool:
    return act.rules.chain(report.owner) == act.chain


@verb("report.release", OPERATOR, "reason:prose")
def release(act: Act) -> Drafts:
    """Give a report back that one holds; a duty officer also those of colleagues."""
    report: Report = act.item("report")
    act.need(report.is_held(act.at), "Nobody is verifying {id}.", id=report.id)
    act.need(
        report.taken_by == act.actor.agency,
        "{id} is being verified by {agency} at present.",
        id=report.id, agency=report.taken_by,
    )  # fmt: skip
    act.need(
        report.taker == act.actor.member or act.actor.role in DUTY,
        "A colleague of your institution is verifying {id}; a duty officer can release it.",
        id=report.id,
    )
    return (act.entry("report.released"),)


@verb("report.tell_apart", OPERATOR, "report:id!", "reason:prose!")
def tell_apart(act: Act) -> Drafts:
    """Say that two reports tell of different events, so that they are not proposed as one again."""
    one, other = _pair(act)
    act.need(one.id != other.id, "Choose another report than {id} itself.", id=one.id)
    act.need(
        "sealed" not in (one.handling, other.handling),
        "{id} or {other} is sealed: nothing is said about it to others.", id=one.id, other=other.id,
    )  # fmt: skip
    act.need(
        one.incident is None or one.incident != other.incident,
        "{id} and {other} belong to one incident: untie one of them first.",
        id=one.id, other=other.id,
    )  # fmt: skip
    act.need_as_wide(other, one.handling)
    act.need(other.id not in one.apart, "That was said of {id} already.", id=other.id)
    return (act.entry("report.told_apart"),)


@verb("report.compare_again", OPERATOR, "report:id!")
def compare_again(act: Act) -> Drafts:
    """Take that back: the two may be proposed as one event again."""
    one, other = _pair(act)
    act.need(other.id in one.apart, "Nobody told {id} and {other} apart.", id=one.id,
             other=other.id)  # fmt: skip
    return (act.entry("report.compared_again"),)


def _pair(act: Act) -> tuple[Report, Report]:
    return act.item("report"), act.item("report", act.data["report"])
