"""M17: a mass alert causes panic.

anoa sends nothing to anyone. Alerts with audience, quiet hours and the release by two people come
later; until then there is no verb, no entry, no page and no library that could send one.
"""

import re
from pathlib import Path

import pytest
from django.urls import NoReverseMatch, reverse
from tests.misuse.attempts import refused

import anoa
from anoa.cli import COMMANDS
from anoa.coordination import VERBS
from anoa.coordination.kinds import KINDS

SOURCE = Path(anoa.__file__).parent
SENDERS = re.compile(r"^\s*(?:import|from)\s+(smtplib|django\.core\.mail|pywebpush|twilio)\b",
                     re.MULTILINE)  # fmt: skip


def test_no_verb_and_no_entry_sends_an_alert():
    for names in (KINDS, VERBS):
        assert {one.split(".")[0] for one in names}.isdisjoint({"alert", "broadcast", "message"})


def test_a_form_that_asks_for_one_is_refused(operation, signed_in):
    refused(signed_in("posko"), "/", "alert.send", text="Stay at home", audience="everybody")


def test_no_page_and_no_command_sends_one():
    assert set(COMMANDS).isdisjoint({"alert", "send", "broadcast"})
    for name in ("alerts", "alert", "broadcast"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


def test_the_program_has_no_way_to_mail_or_push():
    found = [
        str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py")
        if SENDERS.search(path.read_text(encoding="utf-8"))
    ]  # fmt: skip
    assert found == []
    assert SENDERS.search("import smtplib\n"), "the search would find one"
