"""What a member does: access first, then the clocks, then the verb, then the record.

A report that is issued and a seal that is signed are frozen as files inside the same transaction
as their entries, so that there is never one without the other.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from django.conf import settings

from anoa import triage
from anoa.coordination.actors import Actor
from anoa.coordination.consequences import tick
from anoa.coordination.duty import Since, since_shift_began
from anoa.coordination.institutions import current_countersign_key, has_left
from anoa.coordination.parts import places_within
from anoa.coordination.seeing import eyes_of
from anoa.coordination.triage_verbs import BATCH_MOST
from anoa.coordination.values import Member as Part
from anoa.coordination.values import Sitrep
from anoa.coordination.verbs import act
from anoa.errors import AccessDenied, AnoaError, InputError, NotAllowed
from anoa.oplog import Entry, instant_text
from anoa.pack import CIVIL, Pack
from anoa.picture import CHAIN_LIMIT, Picture, enrich
from anoa.room import access, queries, record
from anoa.room.intake.pictures import without_files
from anoa.room.intake.storing import opened, standing
from anoa.room.intake.values import State
from anoa.room.intake.words import keep, words_of_member
from anoa.room.languages import report_languages
from anoa.room.likeness import likeness_of
from anoa.room.models import Member, Operation, SealFile, SitrepFile
from anoa.room.outgoing import header_of, log_bytes
from anoa.room.record import now_of as now_of
from anoa.room.sealed import days
from anoa.seals import (
    KeyKind,
    PrivateKey,
    check_signatures,
    make_seal,
    parse_checkpoint,
    parse_seal,
    parse_vkey,
    read_private_key,
    root_of,
    sign_checkpoint,
    write_private_key,
)
from anoa.sitrep.document import Sitrep as Document

RAW_WORDS_LIMIT = 20_000
CHOSEN_BY_ROOM = {"report.take_batch": "reports"}  # a field that no member fills in
BY_OTHER_WAYS = {  # verbs that only their own page or command does
    "register.import": "The register of polling stations is imported from its file.",
    "member.reset_factor": "A second factor is reset on the page of the members.",
    "deletion.certify": "Stored material is deleted on the page of retention.",
    "help.open_contact": "The number of a call for help is opened on its own page.",
    "report.check_picture": "A picture is looked at on its own page.",
    "sealing_key.publish": "A sealing key is published on its own page, with a test.",
}


def do(
    member: Member,
    verb: str,
    subject: str = "",
    data: Mapping[str, Any] | None = None,
    raw_words: str | None = None,
) -> list[Entry]:
    """Do what a member asks, now; returns the entries, the member's own first.

    ``raw_words`` of a report are stored encrypted, outside the log. Raises AccessDenied,
    NotAllowed, InputError (fields) or StorageError; then nothing is kept.
    """
    if not access.may(member.role, verb):
        raise AccessDenied("this is not for the role {role}", role=member.role)
    if verb == "clock.advance":
        from anoa.room import exercise  # it plays its injects by this module

        return exercise.advance(member)
    if verb in BY_OTHER_WAYS:
        raise NotAllowed(BY_OTHER_WAYS[verb])
    chosen = CHOSEN_BY_ROOM.get(verb)
    data = {name: value for name, value in (data or {}).items() if name != chosen}
    operation = member.operation
    need_part(operation, member.agency)
    at = now_of(operation)
    let_clocks_run(operation, at)
    actor = Actor(member.ident, member.agency, member.role)
    return list(perform(Deed(operation, actor, verb, subject, dict(data or {}), at, raw_words)))


def need_part(operation: Operation, agency: str) -> None:
    """Refuse for an institution that takes part no longer."""
    if has_left(record.current_picture(operation).institutions, agency):
        raise AccessDenied("{agency} takes part no longer", agency=agency)


def let_clocks_run(operation: Operation, at: datetime) -> None:
    """Record everything that falls due up to ``at``, in the order in which it falls due.

    What is due is asked again under the writer's lock, as another thread may have recorded it.
    """
    for end in days.ends(operation, at):
        if operation.exercise:  # whose entries carry the time at which they fell due
            _let_fall_due(operation, end)
        days.record_until(operation, end)
    _let_fall_due(operation, at)


def _let_fall_due(operation: Operation, at: datetime) -> None:
    rules = record.rules_of(operation)

    def due(picture: Picture) -> tuple[Entry, ...]:
        return tuple(tick(picture, rules, max(at, picture.at or at)))

    for _ in range(CHAIN_LIMIT):
        if not due(record.current_picture(operation)) or not record.write(operation, due):
            return
    raise AnoaError("the clocks do not come to rest: mend the ladder of the pack")


@dataclass(frozen=True, slots=True)
class Deed:
    """One use of a verb at a time."""

    operation: Operation
    actor: Actor
    verb: str
    subject: str
    data: dict[str, Any]
    at: datetime
    raw_words: str | None = None


def perform(deed: Deed) -> tuple[Entry, ...]:
    """Record the deed and what rules make of it; the clocks must have run up to its time."""
    rules = record.rules_of(deed.operation)

    def decide(picture: Picture) -> tuple[Entry, ...]:
        at = max(deed.at, picture.at or deed.at)
        data = _PREPARATIONS.get(deed.verb, _as_it_is)(deed, picture, at)
        return act(picture, rules, deed.actor, deed.verb, deed.subject, data, at)

    return record.write(deed.operation, decide)


# What the room adds to a verb


def _as_it_is(deed: Deed, picture: Picture, at: datetime) -> dict[str, Any]:
    return enrich(record.pack_of(deed.operation), deed.verb, deed.data, at)


def _with_submission(deed: Deed, picture: Picture, at: datetime) -> dict[str, Any]:
    """Keep the reporter's words encrypted; the entry holds the hash of what was stored.

    The hash is over the encrypted bytes, as one over a short sentence could be guessed.
    """
    words = (deed.raw_words or "").strip()
    if not words:
        return deed.data
    arrival = words_of_member(deed.actor, words[:RAW_WORDS_LIMIT])
    subject, likeness = picture.next_id("report"), likeness_of(words)
    return deed.data | {"submission": keep(deed.operation, arrival, subject, likeness)}


def export(member: Member) -> bytes:
    """The LOG file as the member's institution may have it."""
    return log_bytes(member.operation, *access.eyes(member))


def raw_words(member: Member, report_id: str) -> str | None:
    """The words behind a report, for its own institution alone; None when there are none.

    So it is when they were deleted; the page says by which certificate.

    Raises AccessDenied for every other reader.
    """
    report = record.current_picture(member.operation).reports.get(report_id)
    if report is None or not access.reads_own(member) or report.owner != member.agency:
        raise AccessDenied("a report's words are for the institution that filed it")
    row = (
        standing(State.FILED)
        .filter(operation=member.operation, sha256=report.submission or "", agency=member.agency)
        .first()
    )
    if row is None or not row.encrypted:
        return None
    return without_files(opened(row)[1].decode(errors="replace"))


def _next_reports(deed: Deed, picture: Picture, at: datetime) -> dict[str, Any]:
    """The reports of a batch, chosen while the log is locked: two who ask at once get others.

    The play of an exercise names them itself.
    """
    if named := deed.data.get("reports"):
        return {"reports": named}
    pack, agency = record.pack_of(deed.operation), deed.actor.agency
    wrong = _wrong_wish(pack, deed.data)
    if wrong or agency not in pack.rules.agencies:
        raise InputError(wrong) if wrong else AccessDenied("this is for institutions")
    place = str(deed.data.get("place") or "")
    wish = triage.Wish(
        int(deed.data["count"]), str(deed.data.get("order") or triage.ORDERS[0]),
        queries.places_under(pack, place) if place else None,
    )  # fmt: skip
    part = picture.members.get(deed.actor.member)
    wish = replace(wish, places=_within(pack, part, wish.places))
    widest = pack.rules.agencies[agency].sees
    seen = picture.seen_by(*eyes_of(agency, widest, part.reads if part else "own"))
    return {"reports": list(triage.next_batch(seen, pack.rules, agency, wish))}


def _within(pack: Pack, part: Part | None, places: frozenset[str] | None) -> frozenset[str] | None:
    """Of these places those in which the member acts; None: all."""
    if part is None or not part.regions:
        return places
    area = places_within(pack.rules, part.regions)
    return area if places is None else area & places


def _wrong_wish(pack: Pack, data: Mapping[str, Any]) -> dict[str, AnoaError]:
    count, place = data.get("count"), data.get("place") or ""
    wrong = {}
    if type(count) is not int or not 1 <= count <= BATCH_MOST:
        wrong["count"] = AnoaError("write a whole number from 1 to {most}", most=BATCH_MOST)
    if place and place not in pack.regions and place not in pack.units:
        wrong["place"] = AnoaError("the pack does not know '{value}'", value=place)
    if (data.get("order") or triage.ORDERS[0]) not in triage.ORDERS:
        wrong["order"] = AnoaError("choose one of: {choices}", choices=", ".join(triage.ORDERS))
    return wrong


# Reports


def _frozen_sitrep(deed: Deed, picture: Picture, at: datetime) -> dict[str, Any]:
    """Compose the report on the present picture and freeze it in every form."""
    from anoa import sitrep  # typst and its fonts are slow to load

    operation, pack = deed.operation, record.pack_of(deed.operation)
    if deed.data.get("report") == "handover":
        return _frozen_handover(deed, picture, at)
    before, language = _last_sitrep(picture), _language(deed, pack)
    number = (before.number if before else 0) + 1
    tree = _tree(deed, pack)
    document = sitrep.compose_sitrep(
        picture, pack, at=at, number=number, language=language, tree=tree,
        previous=record.picture_at(operation, seq=before.at_seq) if before else None,
    )  # fmt: skip
    return _frozen(operation, picture, document) | _counted_by(tree)


def _frozen_handover(deed: Deed, picture: Picture, at: datetime) -> dict[str, Any]:
    """Compose the hand-over of the member's institution, from where its present duty began."""
    from anoa import sitrep

    operation, agency = deed.operation, deed.actor.agency
    since = since_shift_began(picture.duties.values(), agency, at)
    issued = [one.number for one in picture.sitreps.values()
              if (one.report, one.owner) == ("handover", agency)]  # fmt: skip
    pack = record.pack_of(operation)
    tree = _tree(deed, pack)
    document = sitrep.compose_handover(
        picture, pack, at=at, agency=agency, number=max(issued, default=0) + 1,
        language=_language(deed, pack), previous=picture_since(operation, since), tree=tree,
    )  # fmt: skip
    return _frozen(operation, picture, document) | _counted_by(tree)


def picture_since(operation: Operation, since: Since) -> Picture:
    """The picture from which on a member reads what is new."""
    if since.seq is None:
        return record.picture_at(operation, at=since.at)
    return record.picture_at(operation, seq=since.seq)


def _tree(deed: Deed, pack: Pack) -> str:
    tree = str(deed.data.get("tree") or CIVIL)
    if tree not in pack.trees:
        raise NotAllowed("there is no tree '{tree}' in the pack", tree=tree)
    return tree


def _counted_by(tree: str) -> dict[str, Any]:
    return {} if tree == CIVIL else {"tree": tree}


def _language(deed: Deed, pack: Pack) -> str:
    known = report_languages(pack)
    language = str(deed.data.get("language") or known[0])
    if language not in known:
        raise NotAllowed("there is no language '{language}' in the pack", language=language)
    return language


def _frozen(operation: Operation, picture: Picture, document: Document) -> dict[str, Any]:
    """Freeze the report in every form; returns what its entry says."""
    from anoa import sitrep

    forms = {
        "html": sitrep.render_html(document).encode(),
        "pdf": sitrep.render_pdf(document),
        "txt": sitrep.render_text(document).encode(),
    }
    _store_sitrep(operation, picture.next_id("sitrep"), document.language, forms)
    return {
        "report": document.report, "number": document.number,
        "as_of": instant_text(document.as_of), "at_seq": picture.seq,
        "language": document.language, "digest": hashlib.sha256(forms["html"]).hexdigest(),
    }  # fmt: skip


def _store_sitrep(
    operation: Operation, ident: str, language: str, forms: Mapping[str, bytes]
) -> None:
    SitrepFile.objects.bulk_create(
        SitrepFile(
            operation=operation, ident=ident, form=form, language=language, content=content,
            sha256=hashlib.sha256(content).hexdigest(),
        )
        for form, content in forms.items()
    )  # fmt: skip


def _last_sitrep(picture: Picture) -> Sitrep | None:
    daily = (one for one in picture.sitreps.values() if one.report == "daily")
    return max(daily, key=lambda one: one.number, default=None)


# Seals


def _signed_seal(deed: Deed, picture: Picture, at: datetime) -> dict[str, Any]:
    """Sign the head of the log as it stands before this entry, and freeze the seal file."""
    operation = deed.operation
    found = record.entries(operation)
    leaves = [entry.leaf for entry in found]
    root, key = root_of(leaves), log_key(operation)
    note = sign_checkpoint(key.name, len(found), root, key)
    since = max((one.size for one in picture.seals.values()), default=0)
    SealFile.objects.create(
        operation=operation, ident=f"seal-{len(found)}", size=len(found),
        content=make_seal(leaves[since:], since, note),
    )  # fmt: skip
    return {"size": len(found), "root": root.hex(), "key": key.public.vkey}


def _countersigned(deed: Deed, picture: Picture, at: datetime) -> dict[str, Any]:
    """Check an institution's cosignature and keep it in the seal's file.

    What was handed in is two lines: the public key, and the signature line that ``anoa
    countersign`` wrote on the institution's own machine.
    """
    row = SealFile.objects.filter(operation=deed.operation, ident=deed.subject).first()
    lines = [line.strip() for line in str(deed.data.get("key") or "").splitlines() if line.strip()]
    if row is None or len(lines) != 2:
        raise NotAllowed(
            "paste two lines: your public key, and the line that anoa countersign added to the seal"
        )
    key, seal = parse_vkey(lines[0]), parse_seal(bytes(row.content))
    _need_own_key(deed, picture, key.vkey)
    if any(one.claims(key) for one in seal.checkpoint.signatures):
        raise NotAllowed("{name} has countersigned {id} already", name=key.name, id=deed.subject)
    signed = parse_checkpoint(f"{seal.checkpoint.note}{lines[1]}\n".encode())
    if not check_signatures(signed, [key]).cosigned:
        raise NotAllowed("this line is no cosignature of {id} by that key", id=deed.subject)
    row.content = replace(seal, checkpoint=signed).data
    row.save(update_fields=["content"])
    return {"key": key.vkey}


def _need_own_key(deed: Deed, picture: Picture, vkey: str) -> None:
    """Refuse a key that another institution used or published, and one that is used no more."""
    agency = deed.actor.agency
    for known in picture.countersign_keys.values():
        if known.public == vkey and known.owner != agency:
            raise NotAllowed("this key is that of {agency}: an institution countersigns with its "
                             "own", agency=known.owner)  # fmt: skip
        if known.public == vkey and known.state != "current":
            raise NotAllowed(
                "{id} is {state}: countersign by the key that your institution uses now",
                id=known.id, state=known.state,
            )  # fmt: skip
    now = current_countersign_key(picture.countersign_keys, agency)
    if now is not None and now.public != vkey:
        raise NotAllowed(
            "your institution published another key, {id}: countersign by that one, or publish "
            "this one first", id=now.id,
        )  # fmt: skip
    for one in picture.seals.values():
        for used, agency in zip(one.countersigned, one.countersigners, strict=True):
            if used == vkey and agency != deed.actor.agency:
                raise NotAllowed(
                    "this key is that of {agency}: an institution countersigns with its own",
                    agency=agency,
                )


def log_key(operation: Operation) -> PrivateKey:
    """The log's own signing key, made on first use in the ``keys`` of the data folder."""
    origin = header_of(operation).origin
    name = base64.urlsafe_b64encode(hashlib.sha256(origin.encode()).digest()[:9]).decode()
    path: Path = settings.DATA_FOLDER.keys / f"log-{name}.key"
    if not path.exists():
        write_private_key(path, PrivateKey(origin, KeyKind.LOG, secrets.token_bytes(32)))
    return read_private_key(path)


Preparation = Callable[[Deed, Picture, datetime], dict[str, Any]]
_PREPARATIONS: Mapping[str, Preparation] = {
    "report.file": _with_submission,
    "report.take_batch": _next_reports,
    "sitrep.issue": _frozen_sitrep,
    "seal.sign": _signed_seal,
    "seal.countersign": _countersigned,
}
