"""The words that people read for verbs, fields, states and kinds of entries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext_lazy

from anoa.errors import AnoaError

VERB_WORDS: Mapping[str, Any] = {
    "post.report": lazy("Report the post: present, nothing to add"),
    "report.file": lazy("File a report"),
    "report.amend": lazy("Amend the report"),
    "report.withdraw": lazy("Withdraw the report"),
    "report.acknowledge": lazy("Acknowledge"),
    "report.judge": lazy("Judge the report"),
    "incident.open": lazy("Open an incident"),
    "incident.amend": lazy("Amend the incident"),
    "incident.tie": lazy("Tie a report to this incident"),
    "incident.merge": lazy("Merge into another incident"),
    "signal.note": lazy("Note a signal"),
    "threat.raise": lazy("Raise the threat"),
    "threat.lower": lazy("Lower the threat"),
    "threat.hand_over": lazy("Hand over to another institution"),
    "task.acknowledge": lazy("Acknowledge"),
    "task.decline": lazy("Decline the task"),
    "task.do": lazy("Done, with proof"),
    "meeting.open": lazy("Open a meeting"),
    "meeting.record_line": lazy("Record a line"),
    "meeting.close": lazy("Close the meeting"),
    "commitment.request": lazy("Ask for a commitment"),
    "commitment.accept": lazy("Accept the commitment"),
    "commitment.decline": lazy("Decline the commitment"),
    "commitment.claim": lazy("Say it is fulfilled, with proof"),
    "commitment.return": lazy("Return: the proof is not enough"),
    "commitment.discharge": lazy("Confirm: fulfilled"),
    "commitment.explain": lazy("Explain the delay"),
    "commitment.break": lazy("Record as not fulfilled"),
    "commitment.release": lazy("Release from the commitment"),
    "proposal.make": lazy("Propose a change that two institutions sign"),
    "proposal.sign": lazy("Sign the proposal"),
    "proposal.decline": lazy("Decline the proposal"),
    "remark.make": lazy("Comment or dispute"),
    "assembly.note": lazy("Note a planned assembly in the calendar"),
    "edition.adopt": lazy("Adopt an edition of an index"),
    "clock.advance": lazy("Advance the exercise clock"),
    "sitrep.issue": lazy("Issue the daily report"),
    "seal.sign": lazy("Seal the record"),
    "seal.countersign": lazy("Countersign the seal"),
}
FIELD_WORDS: Mapping[str, Any] = {
    "region": lazy("Region"), "sub_district": lazy("Sub-district"),
    "threat_type": lazy("Type of threat"), "place_class": lazy("Class of place"),
    "observed_at": lazy("When it was observed"), "object": lazy("What is at risk"),
    "reliability": lazy("Reliability of the source (A to F)"),
    "credibility": lazy("Credibility of the content (1 to 6)"), "obtained": lazy("How it was learnt"),
    "at_risk": lazy("Category of people at risk"), "reason": lazy("Reason"),
    "verdict": lazy("Verdict"), "of": lazy("Duplicate of"), "reports": lazy("Reports"),
    "report": lazy("Report"), "into": lazy("Into"), "signal": lazy("Signal"), "to": lazy("To"),
    "confidence": lazy("Confidence"), "evidence": lazy("Evidence"),
    "held_until": lazy("Hold until"), "owner": lazy("Institution"), "proof": lazy("Proof"),
    "title": lazy("Title"), "place": lazy("Place"), "attending": lazy("Attending"),
    "line": lazy("Kind of line"), "text": lazy("Text"), "debtor": lazy("Who promises"),
    "creditor": lazy("To whom"), "what": lazy("What is promised"), "due": lazy("By when"),
    "stage": lazy("Stage"), "meeting": lazy("Meeting"), "handling": lazy("Who may see it"),
    "claim": lazy("What was done, with the proof"), "explanation": lazy("Explanation"),
    "about": lazy("About"), "action": lazy("Change"), "stance": lazy("Comment or dispute"),
    "date": lazy("Date"), "index": lazy("Index"), "edition": lazy("Edition"),
    "class": lazy("Class"), "as_of": lazy("As of"), "source": lazy("Source"),
    "chair": lazy("Chair"), "agenda": lazy("Agenda"), "language": lazy("Language"),
    "kind": lazy("Kind"), "size": lazy("Entries"), "root": lazy("Root hash"), "key": lazy("Key"),
    "rule": lazy("Rule"), "rules_version": lazy("Version of the rules"),
    "review_by": lazy("Review by"), "acknowledge_by": lazy("Acknowledge by"),
    "provisional_until": lazy("Provisional until"), "explain_by": lazy("Explain by"),
    "signed": lazy("Signed by"), "proposal": lazy("Proposal"), "threat": lazy("Threat"),
    "protocol": lazy("Protocol"), "agency": lazy("Institution"), "role": lazy("Role"),
    "coverage": lazy("Coverage"), "classes": lazy("Categories by region"),
    "number": lazy("Number"), "at_seq": lazy("At entry"), "digest": lazy("Digest"),
    "same_chain": lazy("Same chain of command"), "chain": lazy("Chain of command"),
    "submission": lazy("Stored submission"), "operation": lazy("Operation"),
    "name": lazy("Name"), "pack_version": lazy("Version of the pack"),
    "pack_digest": lazy("Digest of the pack"), "time_zone": lazy("Time zone"),
    "exercise": lazy("Exercise"),
}  # fmt: skip
CHOICE_WORDS: Mapping[str, Any] = {
    "person": lazy("people"), "goods": lazy("goods"), "activity": lazy("an activity"),
    "object.place": lazy("a place"),
    "seen": lazy("seen on the spot"), "told": lazy("told by someone"),
    "received": lazy("received as a message"), "document": lazy("from a document"),
    "duty": lazy("in the course of duty"),
    "voters": lazy("voters"), "organisers": lazy("organisers"),
    "contestants": lazy("contestants"), "journalists": lazy("journalists"),
    "officers": lazy("officers"),
    "verified": lazy("verified"), "refuted": lazy("refuted"), "unrelated": lazy("unrelated"),
    "duplicate": lazy("duplicate"), "low": lazy("low"), "medium": lazy("medium"),
    "high": lazy("high"), "decision": lazy("Decision"), "question": lazy("Open question"),
    "dissent": lazy("Dissent"), "comment": lazy("Comment"), "dispute": lazy("Dispute"),
    "lower": lazy("Lower by one rung"), "refute": lazy("Refute"), "merge": lazy("Merge"),
    "reclassify": lazy("Reclassify"), "public": lazy("Public"),
    "institutions": lazy("Institutions of the operation"), "sealed": lazy("Owner only (sealed)"),
    "daily": lazy("Daily report"), "true": lazy("yes"), "false": lazy("no"),
    "reliability.A": lazy("A – fully reliable"), "reliability.B": lazy("B – usually reliable"),
    "reliability.C": lazy("C – fairly reliable"), "reliability.D": lazy("D – not usually reliable"),
    "reliability.E": lazy("E – unreliable"), "reliability.F": lazy("F – cannot be judged"),
    "credibility.1": lazy("1 – confirmed"), "credibility.2": lazy("2 – probably true"),
    "credibility.3": lazy("3 – possibly true"), "credibility.4": lazy("4 – doubtful"),
    "credibility.5": lazy("5 – improbable"), "credibility.6": lazy("6 – cannot be judged"),
}  # fmt: skip
STATE_WORDS: Mapping[str, Any] = {
    "recorded": lazy("recorded"), "acknowledged": lazy("acknowledged"),
    "withdrawn": lazy("withdrawn"), "merged": lazy("merged"), "open": lazy("open"),
    "closed": lazy("closed"), "requested": lazy("asked for"), "accepted": lazy("accepted"),
    "declined": lazy("declined"), "claimed": lazy("said to be fulfilled"),
    "discharged": lazy("fulfilled"), "broken": lazy("not fulfilled"),
    "released": lazy("released"), "late": lazy("late"), "assigned": lazy("assigned"),
    "done": lazy("done"), "carried": lazy("carried"),
}  # fmt: skip
THING_WORDS: Mapping[str, Any] = {
    "operation": lazy("Operation"), "member": lazy("Member"),
    "edition": lazy("Edition of an index"), "post": lazy("Post"), "report": lazy("Report"),
    "incident": lazy("Incident"), "threat": lazy("Threat"), "task": lazy("Task"),
    "meeting": lazy("Meeting"), "commitment": lazy("Commitment"),
    "proposal": lazy("Proposal"), "signal": lazy("Signal"), "remark": lazy("Remark"),
    "assembly": lazy("Planned assembly"), "sitrep": lazy("Situation report"),
    "seal": lazy("Digital seal"), "log": lazy("Log"), "clock": lazy("Exercise clock"),
}  # fmt: skip
DEED_WORDS: Mapping[str, Any] = {
    "opened": pgettext_lazy("deed", "opened"), "admitted": pgettext_lazy("deed", "admitted"),
    "left": pgettext_lazy("deed", "left"), "advanced": pgettext_lazy("deed", "advanced"),
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
}  # fmt: skip
ROLE_WORDS: Mapping[str, Any] = {
    "duty_officer": lazy("Duty officer"), "operator": lazy("Operator"),
    "secretary": lazy("Secretary"), "reporter": lazy("Reporter"), "reader": lazy("Reader"),
    "auditor": lazy("Auditor"), "host_admin": lazy("Administrator of the machine"),
}  # fmt: skip

RAW_WORDS_LABEL = lazy("The reporter's own words (kept encrypted, never in the log)")


def deed_words(kind: str) -> str:
    """What an entry of this kind did, in words: the thing, then the deed."""
    thing, _dot, deed = kind.partition(".")
    return f"{THING_WORDS.get(thing, thing)} – {DEED_WORDS.get(deed, deed)}"


def choice_words(field: str, choice: str) -> str:
    """A choice of a field in words; the choice itself when it has none."""
    return str(CHOICE_WORDS.get(f"{field}.{choice}") or CHOICE_WORDS.get(choice) or choice)


def sentence(error: AnoaError) -> str:
    """The sentence of an error in the reader's language."""
    if not error.sentence:
        return str(error)
    spoken = _(error.sentence)
    return spoken.format(**error.values) if error.values else spoken
