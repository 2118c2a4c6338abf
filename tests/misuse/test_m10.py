"""M10: social media are watched."""

import re
import socket
from pathlib import Path

import pytest
from tests.misuse.attempts import (
    everything_in_the_log,
    fields_that_hold,
    submitted,
    submitted_by_form,
)

import anoa
from anoa.cli import COMMANDS

SOURCE = Path(anoa.__file__).parent
FETCHERS = re.compile(r"^\s*(?:import|from)\s+(requests|httpx|aiohttp|urllib3|urllib\.request)\b",
                      re.MULTILINE)  # fmt: skip


def test_no_field_holds_an_account_an_author_or_an_address_of_a_post():
    names = ("account", "author", "handle", "url", "link", "follower")
    figures = "sources.csv.url"  # where a published figure of a pack was read by a person
    assert [name for name in fields_that_hold(*names) if name != figures] == []


def test_nothing_in_the_program_fetches_a_page_of_the_web():
    found = [
        str(path.relative_to(SOURCE)) for path in SOURCE.rglob("*.py")
        if FETCHERS.search(path.read_text(encoding="utf-8"))
    ]  # fmt: skip
    # One hands a table in at the room itself, the other asks an institution's sign-in on demand.
    assert sorted(found) == ["cli/bring_in.py", "room/identity/fetching.py"]
    assert FETCHERS.search("import requests\n"), "the search would find one"


def test_no_command_watches_or_fetches():
    assert set(COMMANDS).isdisjoint({"fetch", "scrape", "crawl", "follow", "listen", "monitor"})


def test_an_account_that_is_sent_along_reaches_no_entry(operation):
    told = {"author": "@somebody", "link": "https://media.example/somebody/1"}
    submitted(operation, "a-1", **told)
    assert submitted_by_form(operation, **told).state == "needs_person"
    assert "somebody" not in everything_in_the_log()


def test_filing_a_rumour_opens_no_connection(operation, monkeypatch):
    def forbidden(*_args, **_more):
        pytest.fail("a connection was opened")

    monkeypatch.setattr(socket.socket, "connect", forbidden)
    assert submitted(operation, threat_type="rumor").state == "filed"
