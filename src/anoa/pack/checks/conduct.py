"""Ladder and protocols: what may lift a threat, and what may be asked of institutions."""

from __future__ import annotations

from anoa.coordination.values import ALLOWED_CLASSES, ActionClass
from anoa.ladder import VERIFIED_INCIDENT, Rung
from anoa.pack.checks.words import ASSEMBLY, CROWD, RESTRICT
from anoa.pack.collecting import Findings
from anoa.pack.documents import RUNG_NAMES
from anoa.pack.schema import Draft, Row
from anoa.screening import has_word

LADDER = "ladder.yaml"


def check_conduct(draft: Draft, findings: Findings) -> None:
    """The written rules keep the promises of the ladder, and no action is against a right."""
    ladder = draft.document(LADDER)
    signals = {row.text("id"): row for row in ladder.rows("signals")}
    for signal in signals.values():
        _check_signal(signal, findings)
    for rule in ladder.rows("rules"):
        _check_rule(rule, signals, draft, findings)
    _check_rungs(ladder, findings)
    for protocol in draft.document("protocols.yaml").rows("protocols"):
        for action in protocol.rows("actions"):
            _check_action(protocol, action, draft, findings)


def _check_signal(signal: Row, findings: Findings) -> None:
    name, ceiling = signal.text("id"), signal.text("ceiling")
    line = signal.line_of("ceiling")
    if signal.get("model") is True and ceiling not in ("", "potential"):
        findings.add(
            signal.file, line, f"signal '{name}' comes from a model and may lift to {ceiling}",
            "a model alone reaches potential at most",
        )  # fmt: skip
    if ceiling == "actual" and name != VERIFIED_INCIDENT:
        findings.add(
            signal.file, line, f"signal '{name}' may lift to actual",
            f"only {VERIFIED_INCIDENT} does",
        )  # fmt: skip


def _check_rule(rule: Row, signals: dict[str, Row], draft: Draft, findings: Findings) -> None:
    name, to, needs = rule.text("id"), rule.text("to"), rule.rows("needs")
    known = [signals[need.text("signal")] for need in needs if need.text("signal") in signals]
    line = rule.line_of("needs")
    if not needs and "needs" in rule.lines:
        findings.add(rule.file, line, f"rule '{name}' needs nothing")
    for need in needs:
        _check_need(name, need, findings)
    _check_assembly(rule, known, draft, findings)
    if to not in RUNG_NAMES or len(known) < len(needs) or not needs:
        return
    if to == "actual" and VERIFIED_INCIDENT not in {signal.text("id") for signal in known}:
        findings.add(
            rule.file, line, f"rule '{name}' lifts to actual without {VERIFIED_INCIDENT}",
            "actual needs a verified incident",
        )  # fmt: skip
    ceilings = [RUNG_NAMES.index(s.text("ceiling")) for s in known if s.text("ceiling")]
    if ceilings and RUNG_NAMES.index(to) > max(ceilings):
        findings.add(
            rule.file, line, f"rule '{name}' lifts to {to}, above the ceiling of its signals",
            f"their ceiling is {RUNG_NAMES[max(ceilings)]}",
        )  # fmt: skip
    if to == "threshold" and all(signal.get("local") is False for signal in known):
        findings.add(
            rule.file, line, f"rule '{name}' lifts to threshold with no local signal",
            "one of its signals must be of the region itself",
        )  # fmt: skip


def _check_need(rule: str, need: Row, findings: Findings) -> None:
    count, chains, hours = (need.number(name) for name in ("count", "chains", "within_h"))
    if count == 0 or chains == 0 or hours == 0:
        findings.add(need.file, need.line, f"rule '{rule}': a need asks for nothing")
    if count is not None and chains is not None and chains > count:
        findings.add(
            need.file, need.line,
            f"rule '{rule}' asks for {chains:g} chains among {count:g} signals",
        )  # fmt: skip


def _check_assembly(rule: Row, signals: list[Row], draft: Draft, findings: Findings) -> None:
    words = (*ASSEMBLY, *draft.document("words/screening.yaml").texts("assembly_words"))
    for signal in signals:
        for text in (signal.text("id").replace("_", " "), *signal.all_texts("name")):
            if found := has_word(text, words):
                findings.add(
                    rule.file, rule.line_of("needs"),
                    f"rule '{rule.text('id')}' reads an assembly: '{found}'",
                    "a planned assembly is a fact of the calendar that no rule reads",
                )  # fmt: skip
                break


def _check_rungs(ladder: Row, findings: Findings) -> None:
    rungs = [row.text("id") for row in ladder.rows("rungs")]
    if all(rungs) and rungs and tuple(rungs) != RUNG_NAMES:
        findings.add(
            ladder.file, ladder.line_of("rungs"), "the rungs are not the three, upwards",
            ", ".join(RUNG_NAMES),
        )  # fmt: skip
    for name in ("dwell_h", "review_h"):
        row = ladder.row(name)
        for rung in RUNG_NAMES:
            if row.number(rung) == 0:
                findings.add(row.file, row.line_of(rung), f"{name} of {rung} is zero")
    if ladder.number("provisional_h") == 0:
        findings.add(ladder.file, ladder.line_of("provisional_h"), "provisional_h is zero")


def _check_action(protocol: Row, action: Row, draft: Draft, findings: Findings) -> None:
    name, rung, klass = action.text("id"), protocol.text("rung"), action.text("class")
    if rung in RUNG_NAMES and klass:
        allowed = ALLOWED_CLASSES[Rung(rung)]
        if ActionClass(klass) not in allowed:
            findings.add(
                action.file, action.line_of("class"),
                f"action '{name}' is of class {klass}, which {rung} does not allow",
                "allowed: " + ", ".join(one for one in ActionClass if one in allowed),
            )  # fmt: skip
    actor = action.row("agency")
    if "agency" in action.lines and bool(actor.text("id")) == bool(actor.text("kind")):
        findings.add(
            action.file, action.line_of("agency"), f"action '{name}' needs one actor",
            "either id or kind",
        )  # fmt: skip
    for field in ("text", "proof"):
        _check_rights(action, field, draft, findings)


def _check_rights(action: Row, field: str, draft: Draft, findings: Findings) -> None:
    words = draft.document("words/screening.yaml")
    assembly = (*ASSEMBLY, *CROWD, *words.texts("assembly_words"))
    restrict = (*RESTRICT, *words.texts("restrict_words"))
    texts = action.get(field)
    for language, text in texts.items() if isinstance(texts, dict) else ():
        who, what = has_word(text, assembly), has_word(text, restrict)
        if who and what:
            findings.add(
                action.file, action.line_of(field),
                f"action '{action.text('id')}' is against an assembly ({language}): "
                f"'{what}' and '{who}'",
                "no action restricts, disperses, films or lists an assembly or its participants",
            )  # fmt: skip
