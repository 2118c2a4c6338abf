"""Things with words that stand nowhere else, written by every institution at every handling.

What a reader may not see is asked of ``Picture.seen_by`` alone: a word is forbidden where the thing
that carries it, or whose page alone shows it, is not in the reader's picture. Ids of hidden things
are words too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count

from anoa.coordination.values import LETTERS
from anoa.errors import AnoaError
from anoa.oplog import Handling, instant_text
from anoa.picture import Picture
from anoa.room import access, actions, record
from anoa.room.models import Member, Operation

IDENT = re.compile(r"[A-Z]+-\d{4,}\Z")
OFFICERS = ("posko", "kabagops-muna", "kpu-prov", "kpu-wakatobi", "bawaslu-prov", "kesbangpol",
            "fkub")  # fmt: skip
CAST = (*OFFICERS, "pam-tps", "governor-reader", "observer", "auditor", "host-admin")
LETTER = "bcdfghjklmnpqrstvwxz"


def word(number: int) -> str:
    """A word that no language has: eleven letters, and none of them a vowel."""
    out = ""
    for _ in range(7):
        number, rest = divmod(number, len(LETTER))
        out += LETTER[rest]
    return f"zqxw{out}"


@dataclass(frozen=True, slots=True)
class Marker:
    """A word, and who may see it: who sees the thing, or else the readers named."""

    text: str
    thing: str = ""
    ident: str = ""
    readers: frozenset[str] | None = None  # members; None: as the thing

    def is_for(self, member: str, seen: Picture) -> bool:
        if self.readers is not None:
            return member in self.readers
        return seen.find(self.thing, self.ident) is not None


@dataclass
class Marked:
    """What was written, and what each reader may not see of it."""

    operation: Operation
    markers: list[Marker] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def word(self) -> str:
        return word(next(self._numbers) * 7919)

    def member(self, name: str) -> Member:
        return Member.objects.select_related("operation", "user").get(ident=name)

    def do(self, name: str, verb: str, subject: str = "", raw: str | None = None, **data) -> str:
        """Do a verb whose fields given as ... carry words; the id of its thing, or nothing."""
        said = {key: self.word() for key, value in data.items() if value is ...}
        try:
            made = actions.do(self.member(name), verb, subject, data | said, raw_words=raw)
        except AnoaError as error:
            self.refused.append(f"{name} {verb} {subject}: {error}")
            return ""
        thing, ident = made[0].thing, made[0].subject
        self.markers += [Marker(text, thing, ident) for text in said.values()]
        return ident

    def of(self, agency: str) -> frozenset[str]:
        """The members of an institution who read things."""
        rows = Member.objects.filter(agency=agency)
        return frozenset(one.ident for one in rows if access.reads_things(one))

    def forbidden(self, name: str | None) -> dict[str, str]:
        """The words that this member, or nobody, must never be sent, and what each is of."""
        picture = record.current_picture(self.operation)
        member = self.member(name) if name else None
        seen = access.view(member, picture) if member else picture.seen_by(None, Handling.PUBLIC)
        mine = self._acted_on(member.agency) if member and member.agency else set()
        found = {one.text: f"{one.thing} {one.ident}" for one in self.markers
                 if one.ident not in mine and not one.is_for(name or "", seen)}  # fmt: skip
        for thing, items in picture.things.items():
            if thing in LETTERS:
                found |= {ident: thing for ident in items if IDENT.match(ident)
                          and ident not in mine and ident not in seen.things[thing]}  # fmt: skip
        return found

    def _acted_on(self, agency: str) -> set[str]:
        """The things on which the institution wrote entries itself, as a report sealed to another.

        Its own entries stay readable to it, whoever owns the thing later.
        """
        return {one.subject for one in record.entries(self.operation) if one.agency == agency}


def marked(operation: Operation) -> Marked:
    """Write everything that carries words, by every officer and at every handling."""
    found = Marked(operation)
    for place, name in enumerate(OFFICERS):
        for handling in Handling:
            _things(found, name, str(handling), place)
        _once(found, name)
    _between(found)
    return found


def _region(found: Marked, place: int) -> str:
    leaves = record.pack_of(found.operation).leaf_regions
    return leaves[(3 * place) % len(leaves)]


def _reported(found: Marked, place: int) -> dict[str, str]:
    at = actions.now_of(found.operation)
    pack = record.pack_of(found.operation)
    return {
        "region": _region(found, place), "threat_type": "rumor",
        "place_class": next(iter(pack.place_classes)),
        "observed_at": instant_text(at - timedelta(hours=1)),
    }  # fmt: skip


RATED = {"object": "activity", "reliability": "B", "credibility": "2", "obtained": "told"}


def _things(found: Marked, name: str, handling: str, place: int) -> None:
    agency, at = found.member(name).agency, actions.now_of(found.operation)
    wide, reported = {"handling": handling}, _reported(found, place)
    other = "kpu-prov" if agency != "kpu-prov" else "polda-sultra"
    meeting = found.do(name, "meeting.open", title=..., place=..., **wide)
    for line in ("decision", "question", "dissent"):
        found.do(name, "meeting.record_line", meeting, line=line, text=...)
    promise = found.do(
        name, "commitment.request", debtor=other, creditor=agency, what=..., proof=..., **wide,
        due=instant_text(at + timedelta(days=3)), region=reported["region"],
        **({"meeting": meeting} if meeting else {}),
    )  # fmt: skip
    found.do(name, "commitment.release", promise, reason=...)
    found.do(name, "signal.note", signal="crowd_sign", region=reported["region"],
             threat_type="rumor", reason=..., **wide)  # fmt: skip
    raw = found.word()
    report = found.do(name, "report.file", raw=raw, **reported, **RATED, **wide)
    owner = record.current_picture(found.operation).reports[report].owner
    found.markers.append(Marker(raw, readers=found.of(owner) & found.of(agency)))
    taken_back = found.do(name, "report.file", **reported, **RATED, **wide)
    found.do(name, "report.withdraw", taken_back, reason=...)
    incident = found.do(name, "incident.open", **reported, **wide, reports=[report])
    found.do(name, "incident.untie", incident, report=report, reason=...)
    found.do(name, "incident.withdraw", incident, reason=...)
    for about in (promise, report, incident):
        found.do(name, "remark.make", about=about, stance="comment", text=...)
    found.do(name, "finding.record", form_number=..., region=reported["region"],
             finding="none", **wide)  # fmt: skip
    found.do(name, "assembly.note", region=reported["region"], date="2024-11-01",
             place_class=reported["place_class"], **wide)  # fmt: skip


def _once(found: Marked, name: str) -> None:
    duty = found.do(name, "duty.take_over")
    found.do(name, "duty.hand_over", duty, note=...)
    found.do(name, "sitrep.issue", report="handover", language="en")
    sub_district = next(iter(record.pack_of(found.operation).sub_districts))
    found.do(name, "word.pass", sub_district=sub_district, to=["fkub-prov"], part_of_day="night")


def _between(found: Marked) -> None:
    """What institutions write about things of each other, and threats of the sealed type."""
    reports = list(record.current_picture(found.operation).reports.values())
    for one in [one for one in reports if one.stands and one.verdict is None][-12:]:
        for name in ("kpu-prov", "bawaslu-prov"):
            found.do(name, "report.judge", one.id, verdict="unrelated", reason=...)
            found.do(name, "remark.make", about=one.id, stance="dispute", text=...)
    root = record.pack_of(found.operation).root
    sealed = {"region": root, "threat_type": "state_conduct", "to": "potential"}
    threat = found.do("bawaslu-prov", "threat.raise", confidence="low", reason=..., **sealed)
    found.do("bawaslu-prov", "threat.hand_over", threat, owner="bawaslu-muna", reason=...)
    open_ = {"region": root, "threat_type": "rumor", "to": "potential"}
    threat = found.do("kpu-prov", "threat.raise", confidence="low", reason=..., **open_)
    found.do("kpu-prov", "threat.lower", threat, to="closed", reason=...)
    tasks = record.current_picture(found.operation).tasks.values()
    for one in list(tasks)[-3:]:
        for name in OFFICERS:
            if found.member(name).agency == one.owner:
                found.do(name, "task.do", one.id, proof=...)
    for handling in Handling:
        found.do("posko", "sitrep.issue", report="daily", language="en", handling=str(handling))
