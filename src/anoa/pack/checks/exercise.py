"""The exercise: known members and verbs, time that runs forward, names before their use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from anoa.coordination import VERBS
from anoa.pack.checks.times import injects_in_time
from anoa.pack.collecting import Findings, listed
from anoa.pack.schema import Draft, Row

BY_RULE = "rule"
NAME = re.compile(r"\$([a-z0-9][a-z0-9._-]*)\Z")


def check_exercise(draft: Draft, findings: Findings) -> None:
    """Every inject can be played, as far as its words tell."""
    document = draft.document("exercise.yaml")
    injects = document.rows("injects")
    _check_members(draft, findings)
    _check_order(draft, findings)
    _check_names(injects, findings)
    _check_who(injects, draft, findings)
    _check_verbs(injects, findings)
    until = document.number("play_until")
    if until is not None and "injects" in document.lines and until > len(injects):
        findings.add(
            document.file, document.line_of("play_until"),
            f"play_until is {until:g}, and there are {len(injects)} injects",
        )  # fmt: skip


def _check_members(draft: Draft, findings: Findings) -> None:
    for row in draft.document("cast.yaml").rows("members"):
        role, agency = row.text("role"), row.get("agency")
        if role and role != "host_admin" and agency is None:
            findings.add(
                row.file, row.line, f"member '{row.text('id')}' acts for no known institution",
                "only host_admin has none",
            )  # fmt: skip
        if role == "host_admin" and agency:
            findings.add(row.file, row.line, "a host_admin acts for no institution")


def _check_order(draft: Draft, findings: Findings) -> None:
    before = None
    for number, row, at in injects_in_time(draft):
        if before is not None and at < before:
            findings.add(
                row.file, row.line_of("at"), f"inject {number} goes back in time",
                "injects stand in order of time",
            )  # fmt: skip
        before = at if before is None else max(before, at)


def _check_names(injects: list[Row], findings: Findings) -> None:
    known: dict[str, int] = {}
    for number, row in enumerate(injects, 1):
        for name, line in _names_used(row):
            if name not in known and name.partition(".")[0] not in known:
                findings.add(
                    row.file, line, f"inject {number} uses ${name}, which is not defined before it",
                    "defined: " + listed(known) if known else "`as` defines a name",
                )  # fmt: skip
        name = row.text("as")
        if name in known:
            line = row.line_of("as")
            findings.add(row.file, line, f"the name '{name}' stands twice", f"see {known[name]}")
        elif name:
            known[name] = row.line_of("as")


def _names_used(row: Row) -> Iterator[tuple[str, int]]:
    if found := NAME.match(row.text("subject")):
        yield found[1], row.line_of("subject")
    for text in row.all_texts("data"):
        if found := NAME.match(text):
            yield found[1], row.line_of("data")


def _check_who(injects: list[Row], draft: Draft, findings: Findings) -> None:
    if "member" in draft.broken:
        return
    for number, row in enumerate(injects, 1):
        who = row.text("who")
        if who and who != BY_RULE and who not in draft.ids("member"):
            findings.add(
                row.file, row.line_of("who"), f"inject {number}: '{who}' is not a member",
                "known: " + listed(draft.ids("member")),
            )  # fmt: skip


def _check_verbs(injects: list[Row], findings: Findings) -> None:
    """The verb is one that anoa knows; what it asks for is told when it is played."""
    for number, row in enumerate(injects, 1):
        verb = row.text("verb")
        if verb and verb not in VERBS:
            thing = verb.partition(".")[0]
            near = [known for known in VERBS if known.startswith(f"{thing}.")] or VERBS
            findings.add(
                row.file, row.line_of("verb"), f"inject {number}: '{verb}' is not a known verb",
                "known: " + listed(near, most=30),
            )  # fmt: skip
