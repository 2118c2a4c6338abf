"""What a submission means: the acts that file it, by what its form becomes.

A meaning is a function of a ``Case`` and gives the steps to take, in order; it raises an AnoaError
with a sentence when a person must look at it. Register one with ``@meaning``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from anoa.errors import AnoaError, InputError, LogError, Saying, SubmissionError
from anoa.forms import Form
from anoa.forms.answers import is_blank, read_answers
from anoa.oplog import Json, instant_text, parse_instant
from anoa.pack import Pack
from anoa.room.intake.values import Trouble
from anoa.room.stations import places_of

PLAIN = "report"  # the form whose fields are those of a report itself, as programs send it
OBSERVED = "observed_at"  # the field of a form, and what programs state beside the answers
AHEAD = timedelta(minutes=15)  # a clock that goes fast by so much is only corrected
LONG_AGO = timedelta(days=400)
MOST_TOLD = 40  # sentences about one submission
REPORTED = (
    "region", "sub_district", "threat_type", "place_class", "object", "reliability", "credibility",
    "obtained", "at_risk",
)  # fmt: skip
IN_FUTURE = "the time of observation, {at}, lies in the future"
TOO_LONG_AGO = "the time of observation, {at}, is long ago"
NOT_BY_THIS_WAY = "the form '{form}' is not for this institution by this way"
UNKNOWN_SOURCE = {"reliability": "F", "credibility": "6"}


@dataclass(frozen=True, slots=True)
class Case:
    """A submission that is to be filed, with what is known of it."""

    number: int
    sha256: str
    form_id: str
    form: Form | None
    fields: Mapping[str, Json]
    agency: str
    member: str
    token: str
    received_at: datetime  # by the wall clock
    observed_at: datetime | None  # as the sender says
    pack: Pack
    at: datetime  # the operation's time
    exercise: bool
    within: str = ""  # the region that the token is for


@dataclass(frozen=True, slots=True)
class Step:
    """One verb to be done for a submission."""

    verb: str
    subject: str
    data: dict[str, Any]


class NeedsPerson(SubmissionError):
    """A submission that no rule can file; ``problems`` says why, in sentences."""

    def __init__(self, problems: tuple[str, ...]) -> None:
        self.problems = problems
        super().__init__("; ".join(problems))


Meaning = Callable[[Case], tuple[Step, ...]]
MEANINGS: dict[str, Meaning] = {}


def meaning(becomes: str) -> Callable[[Meaning], Meaning]:
    """Register what forms of that kind are filed as."""

    def register(function: Meaning) -> Meaning:
        MEANINGS[becomes] = function
        return function

    return register


def steps_of(case: Case) -> tuple[Step, ...]:
    """The steps that file the case; raises NeedsPerson or another AnoaError."""
    if case.form is None and case.form_id != PLAIN:
        raise NeedsPerson((Saying("there is no form '{form}' in the pack", form=case.form_id),))
    becomes = str(case.form.becomes) if case.form else PLAIN
    found = MEANINGS.get(becomes)
    if found is None:
        raise NeedsPerson((Saying("no rule files what becomes '{what}'", what=becomes),))
    return found(case)


def answered(case: Case) -> dict[str, Json]:
    """What the case's form was answered, with what the form lays down; or NeedsPerson."""
    if case.form is None:
        return {name: value for name, value in case.fields.items() if not is_blank(value)}
    zone = ZoneInfo(case.pack.time_zone)
    read = read_answers(case.form, _with_time(case, case.form), places_of(case.pack), zone)
    if read.wrong:
        raise InputError(read.wrong)
    return {**case.form.sets, **read.values}


def _with_time(case: Case, form: Form) -> Mapping[str, Json]:
    """The answers; what was told beside them of the time fills in a blank answer to it."""
    asked = form.field(OBSERVED)
    if asked is None or case.observed_at is None or not is_blank(case.fields.get(OBSERVED)):
        return case.fields
    return {**case.fields, OBSERVED: instant_text(case.observed_at)}


def observed(case: Case, said: Json) -> datetime:
    """When it was observed, by the operation's clock.

    A clock that goes a little fast is corrected. In an exercise, whose clock stands, what was
    observed by the clock on the wall counts back from the exercise's time. Raises NeedsPerson for a
    time that cannot be.
    """
    try:
        at = parse_instant(str(said)) if said else case.observed_at or case.received_at
    except LogError as error:
        raise NeedsPerson((Saying(error.sentence, **error.values),)) from error
    if case.exercise and abs(case.received_at - at) < timedelta(days=2):
        at = case.at - max(case.received_at - at, timedelta(0))
    if at > case.at + AHEAD:
        raise NeedsPerson((Saying(IN_FUTURE, at=instant_text(at)),))
    if at < case.at - LONG_AGO:
        raise NeedsPerson((Saying(TOO_LONG_AGO, at=instant_text(at)),))
    return min(at, case.at).replace(microsecond=0)


@meaning(PLAIN)
def report(case: Case) -> tuple[Step, ...]:
    """A report of the sender's institution; what nobody rated cannot be judged (F, 6)."""
    values = answered(case)
    data: dict[str, Any] = {name: values[name] for name in REPORTED if name in values}
    if odd := [name for name, value in data.items() if not isinstance(value, str | int)]:
        raise InputError({name: AnoaError("this is not one value") for name in odd})
    data = UNKNOWN_SOURCE | {name: str(value) for name, value in data.items()}
    known = case.pack.threat_types.get(data.get("threat_type", ""))
    if known is not None:
        data.setdefault("object", known.object)
    known_place = case.pack.sub_districts.get(data.get("sub_district", ""))
    if "region" not in data and known_place is not None:
        data["region"] = known_place.region
    data["observed_at"] = instant_text(observed(case, values.get("observed_at")))
    data["submission"] = case.sha256
    if case.form is not None and case.form.handling == "sealed":
        data["handling"] = "sealed"  # else the threat type decides
    return (Step("report.file", "", data),)


def troubles(error: AnoaError) -> list[Trouble]:
    """Why it could not be filed, each with the field it is about."""
    if isinstance(error, NeedsPerson):
        found = [Trouble.of(one) for one in error.problems]
    elif isinstance(error, InputError):
        found = [Trouble.of(_said(why), name) for name, why in error.fields.items()]
    else:
        found = [Trouble.of(_said(error))]
    more = len(found) - MOST_TOLD
    return [*found[:MOST_TOLD], Trouble.of(Saying("and {n} more", n=more))] if more > 0 else found


def sentences(error: AnoaError) -> list[str]:
    """Why it could not be filed, in English."""
    return [str(one) for one in troubles(error)]


def _said(error: AnoaError) -> Saying:
    return Saying(error.sentence or str(error), **error.values)
