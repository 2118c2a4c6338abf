"""The set of invented messages: every field right, or blank with a mark; none wrong."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from anoa.messages import FIELDS, Mark, MessageDraft, parse_messages
from anoa.pack import load_pack

HERE = Path(__file__).parent
PACK = load_pack(HERE.parent / "packs" / "sultra-2024")
NOW = datetime(2024, 12, 3, 12, 0, tzinfo=UTC)
DERIVED = {"observed_at", "object"}
CASES = [
    pytest.param(case, id=f"{file.stem}-{number}")
    for file in sorted((HERE / "messages").glob("*.yaml"))
    for number, case in enumerate(YAML(typ="safe").load(file.read_text("utf-8")), 1)
]


def read(case: dict[str, Any]) -> MessageDraft:
    (draft,) = parse_messages(case["text"], PACK, NOW)
    return draft


def shown(name: str, value: str) -> str:
    """Places are written in the set by their names."""
    return PACK.place_name(value) if name in ("region", "sub_district", "village") else value


def wrong(case: dict[str, Any], draft: MessageDraft) -> list[str]:
    """Fields with a value that a careful person would not read in the message."""
    found = []
    for name in FIELDS:
        value = draft.value(name)
        if (
            name not in DERIVED
            and value is not None
            and shown(name, value) != case["truth"].get(name)
        ):
            found.append(f"{name} = {shown(name, value)}, not {case['truth'].get(name)}")
    at = draft.value("observed_at")
    if at and at[:16] != f"{draft.value('observed_date')}T{draft.value('observed_time')}":
        found.append(f"observed_at = {at}")
    kind = PACK.threat_types.get(draft.value("threat_type") or "")
    if kind and draft.value("object") != kind.object:
        found.append("object")
    return found


@pytest.mark.parametrize("case", CASES)
def test_no_field_of_a_message_is_wrong(case: dict[str, Any]) -> None:
    draft = read(case)
    assert not wrong(case, draft)
    missing = [name for name in case.get("must", ()) if draft.value(name) is None]
    assert not missing
    sure = [name for name in case.get("doubt", ()) if draft.fields[name].mark is not Mark.AMBIGUOUS]
    assert not sure


def test_the_set_is_large_enough_and_most_of_what_it_tells_is_read() -> None:
    drafts = [(case.values[0], read(case.values[0])) for case in CASES]  # type: ignore[attr-defined]
    told = [(case, draft, name) for case, draft in drafts for name, value in case["truth"].items()
            if value]  # fmt: skip
    filled = sum(draft.value(name) is not None for _, draft, name in told)
    print(f"{len(drafts)} messages, {len(told)} fields told, {filled / len(told):.0%} filled")
    assert len(drafts) >= 240
    assert filled / len(told) > 0.65
