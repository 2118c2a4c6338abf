"""A room as people run it: a process of its own, an address, and a client that signs in."""

import hashlib
import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.cookiejar import CookieJar
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ACCOUNT = re.compile(r"  (\S+)\s+(\S{16})\s+\w+$")
START_S = 60
DATABASES: dict[Path, str] = {}  # databases that a test gave to data folders


def database_of(data: Path) -> dict[str, str]:
    """The setting that names a database of that folder's own; none where the tests use SQLite."""
    if data in DATABASES:
        return {"ANOA_DATABASE_URL": DATABASES[data]}
    url = os.environ.get("ANOA_DATABASE_URL", "")
    if not url:
        return {}
    import psycopg

    name = f"room_{hashlib.sha256(str(data).encode()).hexdigest()[:16]}"
    with psycopg.connect(url, autocommit=True) as connection:
        if not connection.execute(
            "SELECT 1 FROM pg_database WHERE datname = %s", [name]
        ).fetchone():  # fmt: skip
            connection.execute(f"CREATE DATABASE {name}")
    place = urllib.parse.urlsplit(url)
    return {"ANOA_DATABASE_URL": place._replace(path=f"/{name}").geturl()}


def environment(data: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    source = {"PYTHONPATH": str(ROOT / "src"), "ANOA_DATA": str(data)}
    patient = {"ANOA_LOCK_MINUTES": "30"}  # a busy machine takes its time over a page
    kept |= source | database_of(data) | patient
    return kept | {"PYTHONUNBUFFERED": "1"} | more


def anoa(data: Path, *args: str, **more) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "anoa", *args], env=environment(data), cwd=ROOT, text=True,
        capture_output=True, timeout=START_S, check=False, **more,
    )  # fmt: skip


@dataclass
class Room:
    process: subprocess.Popen
    address: str
    printed: str
    took_s: float  # from the command to the first page
    passwords: dict[str, str] = field(default_factory=dict)


@contextmanager
def room(
    data: Path, *args: str, command: str = "demo", setting: dict[str, str] | None = None
) -> Iterator[Room]:
    began = time.monotonic()
    process = subprocess.Popen(
        [sys.executable, "-m", "anoa", command, "--port", "0", *args],
        env=environment(data, **(setting or {})), cwd=ROOT, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        printed = []
        for line in process.stdout:
            printed.append(line)
            if line.startswith(("Stop with", "anoa serves")):
                break
        text = "".join(printed)
        found = re.search(r"http://\S+/", text)
        assert found, text + process.stderr.read()
        Browser(found[0]).get("accounts/login/")
        passwords = dict(ACCOUNT.match(row).groups() for row in printed if ACCOUNT.match(row))
        yield Room(process, found[0], text, time.monotonic() - began, passwords)
    finally:
        if process.poll() is None:
            process.terminate()
        process.communicate(timeout=15)


class Browser:
    """Keeps cookies, sends the CSRF token, and does not follow redirects."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.cookies = CookieJar()
        self.opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self.cookies), _Stay()
        )

    def get(self, place: str = "", **headers: str):
        return self._open(urllib.request.Request(self.address + place, headers=headers))

    def post(self, place: str, **fields: str):
        token = next(c.value for c in self.cookies if c.name == "csrftoken")
        body = urllib.parse.urlencode({"csrfmiddlewaretoken": token, **fields}).encode()
        return self._open(urllib.request.Request(self.address + place, data=body))

    def sign_in(self, name: str, password: str):
        self.get("accounts/login/")
        return self.post("accounts/login/", login=name, password=password)

    def _open(self, request):
        try:
            with self.opener.open(request, timeout=START_S) as answer:
                answer.text = answer.read().decode("utf-8", "replace")
                return answer
        except urllib.error.HTTPError as answer:
            answer.text = answer.read().decode("utf-8", "replace")
            return answer


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


def processes_of(data: Path) -> list[str]:
    """Commands of the running processes whose environment names that data folder."""
    mark = f"ANOA_DATA={data}".encode()
    found = []
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark in (folder / "environ").read_bytes().split(b"\0"):
                found.append((folder / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            continue
    return found
