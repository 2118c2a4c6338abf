"""M18: a party or a foreign operator uses it, or the program itself reports home.

The demo runs as people run it, with a trap in its process and in every process it starts: each
attempt to reach an address that is not of this machine is written down and refused. Software under
a free licence cannot choose its users; a code of use comes later.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from tests.room import running
from tests.room.running import ROOT, Browser, environment

TRAP = """
import ipaddress, os, sys

NOTES = os.environ["ANOA_TRAP_NOTES"]
ASKING = {"socket.getaddrinfo": 0, "socket.gethostbyname": 0, "socket.gethostbyaddr": 0}
SENDING = {"socket.connect": 1, "socket.sendto": 1, "socket.sendmsg": 1}


def is_home(host):
    if host in (None, "", "localhost", b"localhost"):
        return True
    try:
        found = ipaddress.ip_address(host.decode() if isinstance(host, bytes) else host)
    except ValueError:
        return False
    return found.is_loopback or found.is_unspecified


def trap(event, args):
    if event in ASKING:
        host = args[ASKING[event]]
    elif event in SENDING:
        address = args[SENDING[event]]
        if address is None or isinstance(address, (str, bytes)):
            return  # a connected socket, or one of the file system
        host = address[0]
    else:
        return
    if not is_home(host):
        with open(NOTES, "a") as notes:
            notes.write(f"{event} {args!r}\\n")
        raise OSError("the trap of the test refuses every address but this machine's")


sys.addaudithook(trap)
"""
ATTEMPTS = {
    "connect": "import socket; socket.create_connection(('203.0.113.7', 443), 1)",
    "a name": "import urllib.request as web; web.urlopen('https://telemetry.example/', timeout=1)",
    "a datagram": "from socket import *; socket(type=SOCK_DGRAM).sendto(b'x', ('203.0.113.7', 53))",
    "a child": "import subprocess, sys; subprocess.run([sys.executable, '-c', "
               "'import socket; socket.create_connection((\"203.0.113.7\", 80), 1)'], check=True)",
}  # fmt: skip
PAGES = (
    "", "shift", "map", "map.geojson", "threats", "reports", "meetings", "commitments", "tasks",
    "calendar", "index", "daily-reports", "log", "log/ceremony", "log/export", "stations", "api",
    "receipt", "field/",
)  # fmt: skip


@pytest.fixture
def trapped(tmp_path, monkeypatch) -> Path:
    """Every process of this test has the trap; the file of what it caught."""
    folder, notes = tmp_path / "trap", tmp_path / "notes"
    folder.mkdir()
    (folder / "sitecustomize.py").write_text(TRAP, encoding="utf-8")
    notes.write_text("")

    def with_trap(data: Path, **more: str) -> dict[str, str]:
        path = os.pathsep.join((str(folder), str(ROOT / "src")))
        return environment(data, **more) | {"PYTHONPATH": path, "ANOA_TRAP_NOTES": str(notes)}

    monkeypatch.setattr(running, "environment", with_trap)
    return notes


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_the_trap_catches_every_way_out(attempt, trapped, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", ATTEMPTS[attempt]], env=running.environment(tmp_path), timeout=60,
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert re.search(r"203\.0\.113\.7|telemetry\.example", trapped.read_text())


def test_the_demo_serves_its_pages_and_tries_to_reach_nobody(trapped, tmp_path):
    with running.room(tmp_path / "data") as room:
        browser = Browser(room.address)
        browser.sign_in("posko", room.passwords["posko"])
        for page in PAGES:
            assert browser.get(page).status == 200, page
        done = browser.post("", verb="post.report", subject="", region="74.02")
        assert done.status == 302
        assert browser.post("log/ceremony", verb="seal.sign", subject="").status == 302
        assert browser.post("daily-reports", verb="sitrep.issue", subject="", report="daily",
                            language="id").status == 302  # fmt: skip
    assert trapped.read_text() == ""


def test_the_commands_without_a_room_reach_nobody(trapped, tmp_path):
    for command in (["check", "packs/velmarra-2025"], ["keys", "new", "a.example/b", "--out",
                                                       str(tmp_path / "k")]):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "anoa", *command], env=running.environment(tmp_path), cwd=ROOT,
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert trapped.read_text() == ""


def test_no_page_names_an_address_outside_the_room():
    """The headers forbid it besides; see tests/room/test_pages.py."""
    addresses = re.compile(r"(?:src|href|action)=\"https?://")
    for path in (ROOT / "src" / "anoa" / "room" / "templates").rglob("*.html"):
        assert not addresses.search(path.read_text(encoding="utf-8")), path.name
