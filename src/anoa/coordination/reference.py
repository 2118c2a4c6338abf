"""The reference page of entry kinds and verbs, from the tables that the log is checked by."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from anoa.coordination.kinds import KINDS, PROSE_LIMIT, VERSION, Field, Form
from anoa.coordination.values import LETTERS
from anoa.coordination.verbs import VERBS, Verb

ABOUT: Mapping[str, str] = {
    "operation.opened": "The first entry of every log: which pack, by its digest, and which rules.",
    "member.admitted": "A member of an institution takes part, under an opaque id.",
    "member.limited": "From now on the member acts only in these regions or units, takes part only "
    "in this time and reads no more than this; what is not said is not limited.",
    "member.left": "A member takes part no longer.",
    "member.factor_reset": "A member's second factor was taken off, as after a lost phone.",
    "clock.advanced": "The clock of an exercise was moved on.",
    "edition.adopted": "An edition of an index came into use, with its classes as they were.",
    "post.reported": "The post of a region was heard from.",
    "report.filed": "A report, as codes; the reporter's own words lie outside the log.",
    "report.amended": "Its filer put fields of a report right.",
    "report.withdrawn": "Its filer took a report back.",
    "report.acknowledged": "An institution answers for a report.",
    "report.picture_checked": "Its owner looked at a picture, to show it to others or not.",
    "report.taken_up": "A member of another institution verifies a report, and holds it so long.",
    "report.released": "Who verified it gave it back, or its time ran out; it waits again.",
    "report.judged": "Another institution says what a report is worth, and why.",
    "report.told_apart": "Two reports tell of different events, and are not proposed as one again.",
    "report.compared_again": "That was taken back: the two may be proposed as one event again.",
    "incident.opened": "Something that happened, or is claimed to have.",
    "incident.amended": "Its owner put fields of an incident right.",
    "incident.tied": "A further report describes the same incident.",
    "incident.untied": "A report does not describe the incident after all, and why.",
    "incident.verified": "A verifier of another chain of command than the reporter's bears it out.",
    "incident.unverified": "What bore an incident out no longer stands.",
    "incident.merged": "Two incidents were one; both owners signed.",
    "incident.unmerged": "A merge was undone, and why; the reports that went along came back.",
    "incident.withdrawn": "Its owner took an incident back, as no report of it stands.",
    "signal.noted": "An institution puts a named fact on record that rules may read.",
    "threat.raised": "A threat opened or went up, with its evidence and by which rule.",
    "threat.lowered": "A threat went down, with the reason and who signed.",
    "threat.provisional_expired": "Nobody bore out a provisional step in time.",
    "threat.handed_over": "Another institution answers for a threat from now on.",
    "task.assigned": "A response protocol asks an institution for an action by a time.",
    "task.acknowledged": "The institution has taken the task on.",
    "task.declined": "The institution cannot do it, and says why.",
    "task.done": "It was done, with the proof.",
    "task.withdrawn": "The threat it belonged to went down, so it is no longer asked for.",
    "meeting.opened": "A meeting began, with its chair, agenda and who attends.",
    "meeting.line_recorded": "A line of the minutes: decision, question or dissent.",
    "meeting.closed": "The meeting ended.",
    "commitment.requested": "A promise is asked for: who, to whom, what, by when, with what proof.",
    "commitment.accepted": "The debtor promises it.",
    "commitment.declined": "The debtor does not promise it, and says why.",
    "commitment.claimed": "The debtor says that it was kept, with the proof.",
    "commitment.returned": "The creditor does not take the proof, and says why.",
    "commitment.discharged": "The creditor takes the proof: the promise was kept.",
    "commitment.lapsed": "The clock says that it is late; an explanation is asked for.",
    "commitment.explained": "The debtor explains the delay.",
    "commitment.broken": "The creditor closes it as not kept, after the explanation or its time.",
    "commitment.released": "The creditor gives the debtor free.",
    "proposal.made": "A step that needs two signatures is proposed.",
    "proposal.signed": "An institution signs it.",
    "proposal.declined": "An institution declines it, and says why.",
    "proposal.carried": "All signatures are there; the step follows.",
    "remark.made": "A comment on, or a dispute of, what another institution recorded.",
    "assembly.noted": "A planned assembly, so that it can be made possible. No rule reads it.",
    "sitrep.issued": "A report was frozen, with the entry it stands on and its digest.",
    "seal.signed": "The head of the log was signed.",
    "seal.countersigned": "An institution added its cosignature to a seal.",
    "station.reported": "Those on duty at a polling station report a phase, never votes.",
    "logistics.stated": "Boxes and booths that are there, beside how many there must be.",
    "help.asked": "A polling station calls for help; the call holds for two hours.",
    "help.acknowledged": "A person answered a call for help.",
    "help.expired": "Nobody answered a call for help in two hours.",
    "help.contact_opened": "Its institution opened the number of a call, to call back, and why.",
    "finding.recorded": "The summary of a supervision report, by its number; no ladder reads it.",
    "word.passed": "A word for chosen institutions; others see where and which part of the day.",
    "word.acknowledged": "One of the chosen institutions read the word.",
    "register.imported": "The register of polling stations was imported, by its digest.",
    "sealed.recorded": "Something sealed to one institution came in on that day. Who sent what to "
    "whom stands nowhere in the log.",
    "sealing_key.published": "An institution's public key for sealed text, with its fingerprint.",
    "sealing_key.retired": "A sealing key is not used any more; what was sealed to it stays so.",
    "deletion.certified": "Stored material was deleted when its time was over: how much of which "
    "class, by which rule, and the root over its names.",
    "hold.placed": "What belongs to a thing is not deleted, and why.",
    "hold.lifted": "It may be deleted again when its time is over.",
    "institution.left": "An institution takes part no longer: why, and who speaks for it since.",
    "institution.returned": "An institution that had left takes part again.",
    "countersign_key.published": "An institution's public key for countersigning seals.",
    "countersign_key.revoked": "No seal is countersigned by this key from now on, and why.",
    "duty.taken": "A member took the duty of its institution over.",
    "duty.handed_over": "Who has the duty left a note for whoever takes it over.",
}

FORMS: Mapping[Form, str] = {
    Form.ID: "an id",
    Form.WORD: "one of the words listed",
    Form.PROSE: f"plain text, at most {PROSE_LIMIT:,} characters, screened for persons and parties",
    Form.KEY: "a public key line",
    Form.INSTANT: "a time with offset, RFC 3339",
    Form.DATE: "a day, YYYY-MM-DD",
    Form.COUNT: "a whole number from 0",
    Form.FLAG: "true or false",
    Form.SHARE: "a number from 0 to 1",
    Form.IDS: "a list of ids",
    Form.WORDS_BY_REGION: "a word by region code",
}

INTRODUCTION = f"""\
# Entry kinds and verbs

This page is generated from the tables that every entry is checked by
(`anoa.coordination.reference.entry_reference`); a test holds it equal.

A line of the operation log is an **entry**. Its `kind` is a thing and what was done to it. An
entry holds ids, categories, counts, times, and words that an institution wrote to be read; a
field that is not listed here is refused, so there is no place for a person, a party or a result.
Every kind has version {VERSION}; the form of the file around it is told in
[log and seal](log-and-seal.md).
"""


def entry_reference() -> str:
    """The whole page as Markdown.

    >>> entry_reference().splitlines()[0]
    '# Entry kinds and verbs'
    """
    return "\n".join([INTRODUCTION, *_forms(), *_letters(), *_kinds(), *_verbs()])


def _forms() -> Iterator[str]:
    yield "## Forms of fields\n\n| form | what it holds |\n|---|---|"
    yield from (f"| {form} | {FORMS[form]} |" for form in Form)
    yield ""


def _letters() -> Iterator[str]:
    yield "## Ids of things\n\nThings are numbered by kind within an operation, as in `R-0001`."
    yield "\n| letter | thing |\n|---|---|"
    yield from (f"| {letter} | {thing} |" for thing, letter in LETTERS.items())
    yield ""


def _kinds() -> Iterator[str]:
    yield "## Kinds\n"
    for kind, spec in KINDS.items():
        yield f"### `{kind}`\n{ABOUT[kind]}\n"
        yield from _field_table(spec)


def _field_table(spec: tuple[Field, ...]) -> Iterator[str]:
    if not spec:
        yield "No fields.\n"
        return
    yield "| field | form | needed |\n|---|---|---|"
    yield from (
        f"| {field.name} | {_form(field)} | {'yes' if field.required else 'no'} |" for field in spec
    )
    yield ""


def _form(field: Field) -> str:
    return ", ".join(field.choices) or str(field.form)


def _verbs() -> Iterator[str]:
    yield "## Verbs\n\nWhat a member may do; each verb checks how things stand and drafts entries."
    yield "Roles are those that may use it at all; who owns a thing and how it stands decide more."
    yield "\n| verb | roles | fields (* needed) |\n|---|---|---|"
    yield from (
        f"| `{name}` | {', '.join(sorted(VERBS[name].roles))} | {_verb_fields(VERBS[name])} |"
        for name in sorted(VERBS)
    )
    yield ""


def _verb_fields(verb: Verb) -> str:
    return ", ".join(f"{one.name}{'*' if one.required else ''}" for one in verb.fields) or "none"
