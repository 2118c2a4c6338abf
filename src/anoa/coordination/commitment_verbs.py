"""Verbs on commitments: debtor and creditor, from asked to kept, late, broken or released."""

from __future__ import annotations

from anoa.coordination.values import Commitment, CommitmentState
from anoa.coordination.verbs import HANDLING_FIELD, OPERATOR, Act, Drafts, verb
from anoa.errors import AnoaError, InputError
from anoa.oplog import Handling

OWED = (CommitmentState.ACCEPTED, CommitmentState.CLAIMED)


@verb(
    "commitment.request", OPERATOR, "debtor:id!", "creditor:id!", "what:prose!", "proof:prose!",
    "due:instant!", "region:id", "stage:id", "meeting:id", HANDLING_FIELD, opens=True,
)  # fmt: skip
def request_commitment(act: Act) -> Drafts:
    """Ask an institution for a promise, or offer one: what, where, by when, with what proof."""
    data = act.data
    act.need(data["debtor"] != data["creditor"], "A promise needs two institutions.")
    due = act.when("due")
    assert due is not None
    if not act.at < due <= act.rules.ends:
        raise InputError({"due": AnoaError("this lies before now or after the operation's end")})
    if data.get("meeting"):
        meeting = act.item("meeting", data["meeting"])
        act.need(meeting.closed_at is None, "Meeting {id} is closed.", id=meeting.id)
        act.need_as_wide(meeting, data.get("handling") or Handling.INSTITUTIONS)
    return (act.opening("commitment.requested"),)


def _as(act: Act, side: str, *states: CommitmentState) -> Commitment:
    """The commitment, if the actor stands on that side and it is in one of the states."""
    item: Commitment = act.item("commitment")
    agency = getattr(item, side)
    act.need(act.speaks_for(agency), "Only {agency} can do this.", agency=agency)
    act.need(item.state in states, "{id} is {state}.", id=item.id, state=item.state)
    return item


@verb("commitment.accept", OPERATOR)
def accept_commitment(act: Act) -> Drafts:
    """Promise it."""
    _as(act, "debtor", CommitmentState.REQUESTED)
    return (act.entry("commitment.accepted", data={}),)


@verb("commitment.decline", OPERATOR, "reason:prose!")
def decline_commitment(act: Act) -> Drafts:
    """Say that it will not be promised, and why."""
    _as(act, "debtor", CommitmentState.REQUESTED)
    return (act.entry("commitment.declined"),)


@verb("commitment.claim", OPERATOR, "claim:prose!")
def claim_commitment(act: Act) -> Drafts:
    """Say that the promise is kept, with the proof; the creditor accepts it or not."""
    _as(act, "debtor", CommitmentState.ACCEPTED)
    return (act.entry("commitment.claimed"),)


@verb("commitment.return", OPERATOR, "reason:prose!")
def return_commitment(act: Act) -> Drafts:
    """Say why the proof does not do; the promise stands."""
    _as(act, "creditor", CommitmentState.CLAIMED)
    return (act.entry("commitment.returned"),)


@verb("commitment.discharge", OPERATOR)
def discharge_commitment(act: Act) -> Drafts:
    """Accept the proof: the promise is kept."""
    _as(act, "creditor", CommitmentState.CLAIMED)
    return (act.entry("commitment.discharged", data={}),)


@verb("commitment.explain", OPERATOR, "explanation:prose!")
def explain_commitment(act: Act) -> Drafts:
    """Explain in one's own words why a promise is late; this is printed first."""
    item: Commitment = act.item("commitment")
    act.need(act.speaks_for(item.debtor), "Only {agency} can do this.", agency=item.debtor)
    done = item.state in (CommitmentState.DISCHARGED, CommitmentState.RELEASED)
    act.need(not done, "{id} is {state}.", id=item.id, state=item.state)
    return (act.entry("commitment.explained"),)


@verb("commitment.break", OPERATOR, "reason:prose!")
def break_commitment(act: Act) -> Drafts:
    """Say that a late promise was not kept, once the debtor explained or had the time to."""
    item = _as(act, "creditor", *OWED)
    act.need(item.late_at is not None, "{id} is not late.", id=item.id)
    heard = item.explanation is not None or (item.explain_by and act.at >= item.explain_by)
    act.need(bool(heard), "{agency} still has time to explain.", agency=item.debtor)
    return (act.entry("commitment.broken"),)


@verb("commitment.release", OPERATOR, "reason:prose!")
def release_commitment(act: Act) -> Drafts:
    """Let the debtor off its promise, with a reason."""
    _as(act, "creditor", CommitmentState.REQUESTED, *OWED)
    return (act.entry("commitment.released"),)
