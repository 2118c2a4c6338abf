"""Verbs on what comes in from the field besides reports, and on the register of stations."""

from __future__ import annotations

from anoa.coordination.field import HELP_HOLDS, REGISTER
from anoa.coordination.verbs import HANDLING_FIELD, OPERATOR, REPORTER, Act, Drafts, verb
from anoa.errors import AnoaError, InputError, NotAllowed
from anoa.oplog import Handling, instant_text


def _placed(act: Act) -> dict[str, object]:
    """The data with the region that the sub-district lies in; both must fit."""
    data = dict(act.data)
    region = act.rules.regions.get(str(data.get("sub_district")))
    if region is None:
        raise InputError({"sub_district": AnoaError("this is no sub-district")})
    if data.setdefault("region", region) != region:
        raise InputError({"sub_district": AnoaError(
            "{sub_district} does not lie in {region}",
            sub_district=data["sub_district"], region=data["region"],
        )})  # fmt: skip
    return data


def _not_later(act: Act) -> None:
    observed = act.when("observed_at")
    if observed is not None and observed > act.at:
        raise InputError({"observed_at": AnoaError("this lies in the future")})


@verb(
    "station.report", REPORTER, "polling_station:id!", "region:id", "sub_district:id!",
    "phase:word(arrival|opening|closing|escort)!", "condition:word(calm|attention)",
    "on_time:flag", "leg:word(left|arrived)", "observed_at:instant", "submission:id", opens=True,
)  # fmt: skip
def report_station(act: Act) -> Drafts:
    """Say how a polling station stands: arrival, opening, closing or escort."""
    _not_later(act)
    data = _placed(act)
    code = str(data.pop("polling_station"))
    return (act.entry("station.reported", code, data, Handling.INSTITUTIONS),)


@verb(
    "logistics.state", REPORTER, "polling_station:id", "region:id", "sub_district:id!",
    "stations:count!", "boxes:count!", "booths:count!", "boxes_expected:count!",
    "booths_expected:count!", "late:flag!", "papers:word(complete|short|damaged|swapped|absent)",
    "observed_at:instant", "submission:id", opens=True,
)  # fmt: skip
def state_logistics(act: Act) -> Drafts:
    """Say how many boxes and booths are there, beside how many there must be."""
    _not_later(act)
    data = _placed(act)
    code = str(data.pop("polling_station", None) or data["sub_district"])
    return (act.entry("logistics.stated", code, data, Handling.INSTITUTIONS),)


@verb(
    "help.ask", REPORTER, "polling_station:id!", "region:id", "sub_district:id", "need:id!",
    "submission:id", opens=True,
)  # fmt: skip
def ask_help(act: Act) -> Drafts:
    """Call for help; the call holds for two hours and waits for a person.

    Where nobody knows the sub-district, the region alone is the place.
    """
    is_wide = act.data.get("region") and not act.data.get("sub_district")
    data = dict(act.data) if is_wide else _placed(act)
    data["expires_at"] = instant_text(act.at + HELP_HOLDS)
    return (act.opening("help.asked", data, Handling.INSTITUTIONS),)


@verb("help.acknowledge", OPERATOR)
def acknowledge_help(act: Act) -> Drafts:
    """Answer a call for help: a person saw it and somebody is on the way."""
    call = act.item("help")
    act.need(call.is_open, "{id} is {state} already.", id=call.id, state=call.state)
    act.need(act.at < call.expires_at, "{id} is {state} already.", id=call.id, state="expired")
    return (act.entry("help.acknowledged", data={}),)


@verb("help.open_contact", OPERATOR, "reason:prose!")
def open_contact(act: Act) -> Drafts:
    """Say why the number of whoever called one's own institution for help is opened."""
    act.need_owner(act.item("help"))
    return (act.entry("help.contact_opened"),)


@verb(
    "finding.record", REPORTER, "form_number:id!", "region:id!", "sub_district:id", "stage:id",
    "finding:word(none|finding|dispute)!", "matter:id", "remedy:id", "observed_at:instant",
    "submission:id", HANDLING_FIELD, opens=True,
)  # fmt: skip
def record_finding(act: Act) -> Drafts:
    """Record the summary of a supervision report; its number stands once in an institution."""
    _not_later(act)
    if act.data.get("sub_district"):
        _placed(act)
    number = act.data["form_number"]
    for known in act.state.findings.values():
        act.need(
            (known.owner, known.form_number) != (act.actor.agency, number),
            "{number} is recorded already as {id}.", number=number, id=known.id,
        )  # fmt: skip
    return (act.opening("finding.recorded"),)


@verb(
    "word.pass", REPORTER, "region:id", "sub_district:id!", "concern:id", "to:ids!",
    "part_of_day:word(night|morning|midday|afternoon|evening)!", "submission:id", opens=True,
)  # fmt: skip
def pass_word(act: Act) -> Drafts:
    """Pass a word on to chosen institutions; nobody else reads it."""
    to = list(dict.fromkeys(act.data["to"]))
    missing = [one for one in to if one not in act.rules.agencies]
    if missing or not to:
        what = AnoaError("the pack does not know '{value}'", value=", ".join(missing))
        raise InputError({"to": what if missing else AnoaError("choose at least one institution")})
    return (act.opening("word.passed", _placed(act) | {"to": to}, Handling.SEALED),)


@verb("word.acknowledge", OPERATOR)
def acknowledge_word(act: Act) -> Drafts:
    """Say that the institution, one of those the sender chose, read a word."""
    word = act.state.find("word", act.subject)
    if word is None or act.actor.agency not in getattr(word, "to", ()):
        raise NotAllowed("There is no {thing} {id}.", thing="word", id=act.subject or "?")
    read = act.actor.agency in getattr(word, "acknowledged", ())
    act.need(not read, "{id} is acknowledged already.", id=act.subject)
    return (act.entry("word.acknowledged", data={}, handling=Handling.SEALED),)


@verb("register.import", OPERATOR, "digest:id!", "rows:count!", opens=True)
def import_register(act: Act) -> Drafts:
    """Put on record that the register of polling stations was imported, by its digest."""
    owner = act.rules.stations_owner
    spec = act.rules.agencies[act.actor.agency]
    act.need(
        not owner or spec.kind == owner, "The register of polling stations is not {agency}'s.",
        agency=act.actor.agency,
    )  # fmt: skip
    return (act.entry("register.imported", REGISTER, handling=Handling.INSTITUTIONS),)
