"""The words that people read for verbs, fields, states and kinds of entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from anoa.errors import AnoaError
from anoa.pack import Agency

VERB_WORDS: Mapping[str, Any] = {
    "post.report": _("Report the post: present, nothing to add"),
    "report.file": _("File a report"),
    "report.amend": _("Amend the report"),
    "report.withdraw": _("Withdraw the report"),
    "report.acknowledge": _("Acknowledge"),
    "report.check_picture": _("Look at a picture"),
    "report.judge": _("Judge the report"),
    "report.take_up": _("Take it up to verify it"),
    "report.take_batch": _("Take the next reports"),
    "report.release": _("Give it back without a verdict"),
    "report.tell_apart": _("Not the same event as another report"),
    "report.compare_again": _("Compare again with a report that was told apart"),
    "incident.open": _("Open an incident"),
    "incident.amend": _("Amend the incident"),
    "incident.tie": _("Tie a report to this incident"),
    "incident.untie": _("Untie a report from this incident"),
    "incident.merge": _("Merge into another incident"),
    "incident.unmerge": _("Undo the merge"),
    "incident.withdraw": _("Withdraw the incident"),
    "signal.note": _("Note a signal"),
    "threat.raise": _("Raise the threat"),
    "threat.lower": _("Lower the threat"),
    "threat.hand_over": _("Hand over to another institution"),
    "task.acknowledge": _("Acknowledge"),
    "task.decline": _("Decline the task"),
    "task.do": _("Done, with proof"),
    "meeting.open": _("Open a meeting"),
    "meeting.record_line": _("Record a line"),
    "meeting.close": _("Close the meeting"),
    "commitment.request": _("Ask for a commitment"),
    "commitment.accept": _("Accept the commitment"),
    "commitment.decline": _("Decline the commitment"),
    "commitment.claim": _("Say it is fulfilled, with proof"),
    "commitment.return": _("Return: the proof is not enough"),
    "commitment.discharge": _("Confirm: fulfilled"),
    "commitment.explain": _("Explain the delay"),
    "commitment.break": _("Record as not fulfilled"),
    "commitment.release": _("Release from the commitment"),
    "proposal.make": _("Propose a change that two institutions sign"),
    "proposal.sign": _("Sign the proposal"),
    "proposal.decline": _("Decline the proposal"),
    "remark.make": _("Comment or dispute"),
    "assembly.note": _("Note a planned assembly in the calendar"),
    "edition.adopt": _("Adopt an edition of an index"),
    "clock.advance": _("Advance the exercise clock"),
    "sitrep.issue": _("Issue the daily report"),
    "seal.sign": _("Seal the record"),
    "seal.countersign": _("Countersign the seal"),
    "duty.take_over": _("Take the duty over"),
    "member.reset_factor": _("Reset the second factor"),
    "duty.hand_over": _("Hand the duty over, with a note"),
    "help.acknowledge": _("Answer the call"),
    "help.open_contact": _("Open the number to call back"),
    "word.acknowledge": _("Say that it was read"),
    "sealing_key.publish": _("Publish the sealing key"),
    "sealing_key.retire": _("Retire this key"),
    "deletion.certify": _("Delete what is due"),
    "hold.place": _("Hold it back from deletion"),
    "hold.lift": _("Lift the hold"),
    "countersign_key.publish": _("Publish the key by which we countersign"),
    "countersign_key.revoke": _("Revoke this key"),
}
FIELD_WORDS: Mapping[str, Any] = {
    "region": _("Region"), "sub_district": _("Sub-district"),
    "threat_type": _("Type of threat"), "place_class": _("Class of place"),
    "observed_at": _("When it was observed"), "object": _("What is at risk"),
    "reliability": _("Reliability of the source (A to F)"),
    "credibility": _("Credibility of the content (1 to 6)"), "obtained": _("How it was learnt"),
    "at_risk": _("Category of people at risk"), "reason": _("Reason"),
    "verdict": _("Verdict"), "of": _("Duplicate of"), "reports": _("Reports"),
    "report": _("Report"), "into": _("Into"), "signal": _("Signal"), "to": _("To"),
    "confidence": _("Confidence"), "evidence": _("Evidence"),
    "held_until": _("Hold until"), "owner": _("Institution"), "proof": _("Proof"),
    "title": _("Title"), "place": _("Place"), "attending": _("Attending"),
    "line": _("Kind of line"), "text": _("Text"), "debtor": _("Who promises"),
    "creditor": _("To whom"), "what": _("What is promised"), "due": _("By when"),
    "stage": _("Stage"), "meeting": _("Meeting"), "handling": _("Who may see it"),
    "claim": _("What was done, with the proof"), "explanation": _("Explanation"),
    "about": _("About"), "action": _("Change"), "stance": _("Comment or dispute"),
    "date": _("Date"), "index": _("Index"), "edition": _("Edition"),
    "class": _("Class"), "as_of": _("As of"), "source": _("Source"),
    "chair": _("Chair"), "agenda": _("Agenda"), "language": _("Language"), "tree": _("Counted by"),
    "kind": _("Kind"), "size": _("Entries"), "root": _("Root hash"), "key": _("Key"),
    "rule": _("Rule"), "rules_version": _("Version of the rules"),
    "review_by": _("Review by"), "acknowledge_by": _("Acknowledge by"),
    "provisional_until": _("Provisional until"), "explain_by": _("Explain by"),
    "signed": _("Signed by"), "proposal": _("Proposal"), "threat": _("Threat"),
    "protocol": _("Protocol"), "agency": _("Institution"), "role": _("Role"),
    "coverage": _("Coverage"), "classes": _("Categories by region"),
    "number": _("Number"), "at_seq": _("At entry"), "digest": _("Digest"),
    "same_chain": _("Same chain of command"), "chain": _("Chain of command"),
    "submission": _("Stored submission"), "operation": _("Operation"),
    "name": _("Name"), "pack_version": _("Version of the pack"),
    "pack_digest": _("Digest of the pack"), "time_zone": _("Time zone"),
    "exercise": _("Exercise"),
    "note": _("Note for whoever takes over"), "after": _("Follows"), "previous": _("Before"),
    "polling_station": _("Polling station"), "phase": _("Phase"), "condition": _("Condition"),
    "on_time": _("On time"), "leg": _("Part of the way"), "stations": _("Polling stations"),
    "boxes": _("Boxes"), "booths": _("Booths"), "boxes_expected": _("Boxes there must be"),
    "booths_expected": _("Booths there must be"), "late": _("Late"), "papers": _("Ballot papers"),
    "need": _("What is needed"), "expires_at": _("Holds until"),
    "form_number": _("Number of the form"), "finding": _("Finding"), "matter": _("Matter"),
    "remedy": _("Remedy"), "concern": _("What it is about"), "part_of_day": _("Part of the day"),
    "rows": _("Rows"), "until": _("Held until"), "instead_of": _("Instead of"),
    "count": _("How many"), "order": _("Order"),
    "regions": _("Acts in"), "valid_from": _("Takes part from"),
    "valid_until": _("Takes part until"), "reads": _("Reads"),
    "day": _("Day"), "public": _("Public key"), "fingerprint": _("Fingerprint"),
    "whose": _("Whose"), "first": _("From"), "last": _("Until"), "drafts": _("Drafts"),
    "files": _("Files"), "deleted": _("Deleted"), "again": _("Again"),
    "replaces": _("In place of"), "successor": _("Who speaks for it since"),
    "countersign_key.publish:public": _("The public line of your key, as anoa keys show prints it"),
    "found": _("What was found"),
    "duty.hand_over:to": _("Who takes over, if that is known"),
    "seal.countersign:key": _(
        "Two lines: your public key, and the line that anoa countersign added to the seal"
    ),
}  # fmt: skip
CHOICE_WORDS: Mapping[str, Any] = {
    "person": _("people"), "goods": _("goods"), "activity": _("an activity"),
    "object.place": _("a place"),
    "seen": _("seen on the spot"), "told": _("told by someone"),
    "received": _("received as a message"), "document": _("from a document"),
    "duty": _("in the course of duty"),
    "voters": _("voters"), "organisers": _("organisers"),
    "contestants": _("contestants"), "journalists": _("journalists"),
    "officers": _("officers"),
    "verified": _("verified"), "refuted": _("refuted"), "unrelated": _("not election-related"),
    "duplicate": _("duplicate"), "low": _("low"), "medium": _("medium"),
    "high": _("high"), "decision": _("Decision"), "question": _("Open question"),
    "dissent": _("Dissent"), "comment": _("Comment"), "dispute": _("Dispute"),
    "lower": _("Lower by one rung"), "refute": _("Refute"), "merge": _("Merge"),
    "reclassify": _("Reclassify"), "public": _("Public"),
    "institutions": _("Institutions of the operation"), "sealed": _("Owner only (sealed)"),
    "daily": _("Daily report"), "handover": _("Hand-over"), "true": _("yes"), "false": _("no"),
    "reliability.A": _("A – fully reliable"), "reliability.B": _("B – usually reliable"),
    "reliability.C": _("C – fairly reliable"), "reliability.D": _("D – not usually reliable"),
    "reliability.E": _("E – unreliable"), "reliability.F": _("F – cannot be judged"),
    "credibility.1": _("1 – confirmed"), "credibility.2": _("2 – probably true"),
    "credibility.3": _("3 – possibly true"), "credibility.4": _("4 – doubtful"),
    "credibility.5": _("5 – improbable"), "credibility.6": _("6 – cannot be judged"),
    "station.less_vulnerable": _("less vulnerable"), "station.vulnerable": _("vulnerable"),
    "station.very_vulnerable": _("very vulnerable"),
    "part_of_day.night": _("at night"), "part_of_day.morning": _("in the morning"),
    "part_of_day.midday": _("around midday"), "part_of_day.afternoon": _("in the afternoon"),
    "part_of_day.evening": _("in the evening"),
    "reads.institutions": _("what all institutions see"),
    "reads.public": _("what is public"),
    "found.nobody": _("nobody can be recognised"), "found.covered": _("shown, covered"),
    "found.kept_back": _("kept back"),
    "signal.none": _("no signal"), "signal.weak": _("weak signal"),
    "signal.good": _("good signal"), "power.none": _("no power"),
    "power.partial": _("power at times"), "power.full": _("power all day"),
}  # fmt: skip
STATE_WORDS: Mapping[str, Any] = {
    "recorded": _("recorded"), "acknowledged": _("acknowledged"),
    "under_verification": _("under verification"),
    "verified_in_chain": _("verified by the own chain of command alone"),
    "withdrawn": _("withdrawn"), "merged": _("merged"), "open": _("open"),
    "closed": _("closed"), "requested": _("asked for"), "accepted": _("accepted"),
    "declined": _("declined"), "claimed": _("said to be fulfilled"),
    "discharged": _("fulfilled"), "broken": _("not fulfilled"),
    "released": _("released"), "late": _("late"), "assigned": _("assigned"),
    "done": _("done"), "carried": _("carried"), "on_duty": _("on duty"),
    "handing_over": _("handing over"), "ended": _("ended"), "asked": _("waits for an answer"),
    "expired": _("expired without an answer"), "passed": _("not read yet"),
    "short": _("something is missing"), "complete": _("complete"),
    "sealed": _("sealed, not read yet"), "read": _("read by its owner"),
    "answered": _("answered by its owner"), "current": _("in use"),
    "replaced": _("replaced"), "retired": _("retired"), "revoked": _("revoked"),
    "placed": _("placed"), "lifted": _("lifted"),
}  # fmt: skip
THING_WORDS: Mapping[str, Any] = {
    "operation": _("Operation"), "member": _("Member"),
    "edition": _("Edition of an index"), "post": _("Duty post"), "report": _("Report"),
    "incident": _("Incident"), "threat": _("Threat"), "task": _("Task"),
    "meeting": _("Meeting"), "commitment": _("Commitment"),
    "proposal": _("Proposal"), "signal": _("Signal"), "remark": _("Remark"),
    "assembly": _("Planned assembly"), "sitrep": _("Situation report"),
    "seal": _("Digital seal"), "log": _("Log"), "clock": _("Exercise clock"),
    "duty": _("Duty"), "station": _("Polling station"), "logistics": _("Materials"),
    "help": _("Call for help"), "finding": _("Supervision report"), "word": _("Word passed on"),
    "register": _("Register of polling stations"), "sealed": _("Sealed text"),
    "sealing_key": _("Sealing key"), "deletion": _("Deletion"), "hold": _("Hold"),
    "institution": _("Institution"),
    "countersign_key": _("Key for countersigning"),
}  # fmt: skip
DEED_WORDS: Mapping[str, Any] = {
    "certified": pgettext_lazy("deed", "certified"), "placed": pgettext_lazy("deed", "placed"),
    "lifted": pgettext_lazy("deed", "lifted"),
    "factor_reset": _("second factor reset"), "contact_opened": _("number opened to call back"),
    "picture_checked": _("a picture was looked at"),
    "opened": pgettext_lazy("deed", "opened"), "admitted": pgettext_lazy("deed", "admitted"),
    "left": pgettext_lazy("deed", "left"), "limited": pgettext_lazy("deed", "limited"),
    "advanced": pgettext_lazy("deed", "advanced"),
    "adopted": pgettext_lazy("deed", "adopted"), "reported": pgettext_lazy("deed", "reported"),
    "filed": pgettext_lazy("deed", "filed"), "amended": pgettext_lazy("deed", "amended"),
    "withdrawn": pgettext_lazy("deed", "withdrawn"),
    "acknowledged": pgettext_lazy("deed", "acknowledged"),
    "judged": pgettext_lazy("deed", "judged"), "tied": pgettext_lazy("deed", "tied to a report"),
    "verified": pgettext_lazy("deed", "verified"),
    "unverified": pgettext_lazy("deed", "no longer verified"),
    "merged": pgettext_lazy("deed", "merged"), "noted": pgettext_lazy("deed", "noted"),
    "raised": pgettext_lazy("deed", "raised"), "lowered": pgettext_lazy("deed", "lowered"),
    "provisional_expired": pgettext_lazy("deed", "provisional standing expired"),
    "handed_over": pgettext_lazy("deed", "handed over"),
    "assigned": pgettext_lazy("deed", "assigned"), "declined": pgettext_lazy("deed", "declined"),
    "done": pgettext_lazy("deed", "done"), "line_recorded": pgettext_lazy("deed", "line recorded"),
    "closed": pgettext_lazy("deed", "closed"), "requested": pgettext_lazy("deed", "asked for"),
    "accepted": pgettext_lazy("deed", "accepted"),
    "claimed": pgettext_lazy("deed", "said to be fulfilled"),
    "returned": pgettext_lazy("deed", "returned"),
    "discharged": pgettext_lazy("deed", "fulfilled"),
    "lapsed": pgettext_lazy("deed", "became late"),
    "explained": pgettext_lazy("deed", "explained"),
    "broken": pgettext_lazy("deed", "not fulfilled"),
    "released": pgettext_lazy("deed", "released"), "made": pgettext_lazy("deed", "made"),
    "signed": pgettext_lazy("deed", "signed"), "carried": pgettext_lazy("deed", "carried"),
    "issued": pgettext_lazy("deed", "issued"),
    "countersigned": pgettext_lazy("deed", "countersigned"),
    "taken": pgettext_lazy("deed", "taken over"),
    "stated": pgettext_lazy("deed", "stated"), "asked": pgettext_lazy("deed", "asked"),
    "expired": pgettext_lazy("deed", "expired without an answer"),
    "recorded": pgettext_lazy("deed", "recorded"), "passed": pgettext_lazy("deed", "passed on"),
    "imported": pgettext_lazy("deed", "imported"),
    "published": pgettext_lazy("deed", "published"),
    "retired": pgettext_lazy("deed", "retired"), "revoked": pgettext_lazy("deed", "revoked"),
    "taken_up": pgettext_lazy("deed", "taken up to be verified"),
    "untied": pgettext_lazy("deed", "untied from a report"),
    "unmerged": pgettext_lazy("deed", "merge undone"),
    "told_apart": pgettext_lazy("deed", "told apart from another"),
    "compared_again": pgettext_lazy("deed", "compared again with another"),
}  # fmt: skip
ROLE_WORDS: Mapping[str, Any] = {
    "duty_officer": _("Duty officer"), "operator": _("Operator"),
    "secretary": _("Secretary"), "reporter": _("Reporter"), "reader": _("Reader"),
    "auditor": _("Auditor"), "host_admin": _("Administrator of the machine"),
}  # fmt: skip

RAW_WORDS_LABEL = _("The reporter's own words (kept encrypted, never in the log)")


def deed_words(kind: str) -> str:
    """What an entry of this kind did, in words: the thing, then the deed."""
    thing, _dot, deed = kind.partition(".")
    return f"{THING_WORDS.get(thing, thing)} – {DEED_WORDS.get(deed, deed)}"


def field_words(verb: str, name: str) -> str:
    """What a form of this verb calls a field."""
    return str(FIELD_WORDS.get(f"{verb}:{name}") or FIELD_WORDS.get(name, name))


def choice_words(field: str, choice: str) -> str:
    """A choice of a field in words; the choice itself when it has none."""
    return str(CHOICE_WORDS.get(f"{field}.{choice}") or CHOICE_WORDS.get(choice) or choice)


def sentence(error: AnoaError, agencies: Mapping[str, Agency] | None = None) -> str:
    """The sentence of an error in the reader's language, institutions by their short names."""
    if not error.sentence:
        return str(error)
    spoken = gettext(error.sentence)
    values = dict(error.values)
    if "state" in values:
        values["state"] = state_words(str(values["state"]))
    for name in {"agency", "owner"} & values.keys():
        known = (agencies or {}).get(str(values[name]))
        values[name] = known.short if known else values[name]
    return spoken.format(**values) if values else spoken


def state_words(state: str) -> str:
    """A state or verdict in words; the state itself when it has none."""
    return str(STATE_WORDS.get(state) or CHOICE_WORDS.get(state) or state)
