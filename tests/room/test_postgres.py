"""The room on a real PostgreSQL: one machine, several machines, and a server that goes away."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from tests import postgres_server
from tests.room.running import DATABASES, ROOT, Browser, anoa, environment, room
from tests.room.test_live import Ear, entered, until
from tests.room.test_server import PROOF, hear, one_sentence

from anoa.logfile import read_log
from anoa.room.intake import contacts
from anoa.room.intake.vault import KEY_FILE
from anoa.room.live import BEAT_S
from anoa.room.storage import in_words, is_away, is_full
from anoa.room.together import SHARED_KEYS

pytestmark = pytest.mark.postgres
ON_BOTH = (
    "test_record.py", "test_road.py", "test_live.py", "test_drafts.py", "test_locking.py",
    "test_shift.py", "test_intake.py", "test_search.py", "test_limits.py", "test_pins.py",
    "test_sealed.py", "test_triage_pages.py", "test_retention.py",
)  # fmt: skip
INNER_S = 1200


@pytest.fixture(scope="module")
def server():
    try:
        with postgres_server.running() as found:
            yield found
    except postgres_server.NoPostgres as error:
        pytest.skip(str(error))


def beside(first: Path, name: str) -> Path:
    """A data folder of a further machine, as the how-to makes it."""
    data = first.parent / name
    shutil.copytree(first, data, ignore=shutil.ignore_patterns("lock"))
    DATABASES[data] = DATABASES[first]
    return data


@pytest.fixture(scope="module")
def played(server, tmp_path_factory):
    """The exercise in PostgreSQL, and the passwords of its cast."""
    data = tmp_path_factory.mktemp("postgres") / "data"
    DATABASES[data] = server.create("room")
    with room(data) as running:
        passwords = running.passwords
    return data, passwords


@pytest.fixture(scope="module")
def two(played):
    """Two machines that serve the same room."""
    data, passwords = played
    folders = beside(data, "first"), beside(data, "second")
    with room(folders[0], command="serve") as first, room(folders[1], command="serve") as second:
        first.passwords = second.passwords = passwords
        yield first, second


def log_of(data: Path) -> tuple:
    path = data.parent / f"log-{time.monotonic_ns()}.jsonl"
    done = anoa(data, "export", str(path))
    assert done.returncode == 0, done.stderr
    return read_log(path).entries


def proved(data: Path) -> bool:
    done = subprocess.run(
        [sys.executable, "-c", PROOF], env=environment(data), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout.strip() == "True"


def test_what_holds_on_sqlite_holds_on_postgresql(server):
    """The road over both countries, the record, the stream, intake: a pytest of its own."""
    here = [f"tests/room/{name}" for name in ON_BOTH if (ROOT / "tests/room" / name).exists()]
    assert len(here) >= 6
    ours = ("DJANGO_SETTINGS_MODULE", "ANOA_DATA", "ANOA_DATABASE_URL")
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *here],
        env=kept | {"ANOA_TEST_DATABASE_URL": server.create("both")},
        cwd=ROOT, capture_output=True, text=True, timeout=INNER_S, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert " passed" in done.stdout


# -- several machines -----------------------------------------------------------------------


def test_two_machines_write_one_log_without_a_gap(two, played):
    before, each = len(log_of(played[0])), 6

    def write(place: int) -> int:
        browser = entered(two[place % 2], "posko")
        return sum(hear(browser).status == 302 for _ in range(each))

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(write, range(4))) == 4 * each
    entries = log_of(played[0])
    assert [entry.seq for entry in entries] == list(range(1, before + 4 * each + 1))
    assert {entry.kind for entry in entries[before:]} == {"post.reported"}


def test_an_act_on_one_machine_is_told_to_the_pages_of_the_other(two):
    ear, other = Ear(entered(two[0], "posko")), entered(two[1], "kpu-prov")
    mine = entered(two[0], "bawaslu-prov")
    until(lambda: ear.events)
    first = ear.events[0][2]["seq"]
    for browser in (other, mine, other, mine):
        assert hear(browser).status == 302
    until(lambda: len(ear.seqs) == 4)
    assert ear.seqs == list(range(first + 1, first + 5))
    ear.close()


def test_an_act_on_one_machine_stands_on_the_next_page_of_the_other(two):
    reader, other = entered(two[0], "posko"), entered(two[1], "kpu-prov")
    for _ in range(3):
        before = head_of(reader)
        assert hear(other).status == 302
        assert head_of(reader) == head_of(other) == before + 1


def head_of(browser: Browser) -> int:
    """The number of the last entry that a page was made of."""
    return int(re.search(r'data-seq="(\d+)"', browser.get("log").text)[1])


def test_a_session_is_known_to_both_machines_and_ends_on_both(two):
    ends = (("fkub", "lock", "locked"), ("kesbangpol", "accounts/logout/", "ended"))
    began = time.monotonic()
    for name, act, why in ends:
        reader, away = entered(two[0], name), Browser(two[1].address)
        away.cookies, away.opener = reader.cookies, reader.opener  # one session, both machines
        assert away.get("").status == 200
        ear = Ear(away)
        until(lambda now=ear: now.events)
        reader.post(act)
        until(lambda now=ear: now.is_over)
        assert ear.events[-1] == ("over", "", {"why": why})
    assert time.monotonic() - began < BEAT_S  # told, and not found out by looking


def test_signing_out_everywhere_ends_the_sessions_of_both_machines(two):
    here, there = entered(two[0], "kpu-prov"), entered(two[1], "kpu-prov")
    ear = Ear(there)
    until(lambda: ear.events)
    assert here.post("sign-out-everywhere").status == 302
    until(lambda: ear.is_over)
    assert ear.events[-1] == ("over", "", {"why": "ended"})
    assert (here.get("threats").status, there.get("threats").status) == (302, 302)


def test_wrong_passwords_count_on_both_machines_also_many_at_once(two):
    """All come from one address. Five are looked at, whichever machine they reach."""

    def guess(place: int) -> str:
        browser = Browser(two[place % 2].address)
        answer = browser.sign_in("governor-reader", f"wrong-{place}")
        return "waits" if re.search(r"\d+ (detik|second)", _refusal(answer.text)) else "wrong"

    with ThreadPoolExecutor(8) as pool:
        found = sorted(pool.map(guess, range(12)))
    assert found == ["waits"] * 7 + ["wrong"] * 5
    for one in two:
        right = Browser(one.address).sign_in("governor-reader", one.passwords["governor-reader"])
        assert right.status == 200 and _refusal(right.text)


def _refusal(page: str) -> str:
    return page.partition('role="alert">')[2].partition("</div>")[0]


def test_one_machine_that_is_killed_does_not_hold_up_the_other(two, played):
    data, passwords = played
    writer = entered(two[0], "posko")
    with room(beside(data, "killed"), command="serve") as third:
        third.passwords = passwords
        writers = [entered(third, "posko") for _ in range(3)]
        with ThreadPoolExecutor(3) as pool:
            done = [pool.submit(hear, one) for one in writers]
            third.process.kill()
            third.process.wait(10)
            for one in done:
                one.exception(20)
    assert hear(writer).status == 302
    assert proved(data)


def test_a_machine_with_other_keys_is_refused_in_one_sentence(played, tmp_path):
    data, _passwords = played
    DATABASES[tmp_path / "own"] = DATABASES[data]
    said = one_sentence(anoa(tmp_path / "own", "serve", "--port", "0"))
    assert "is not the one of this database: copy keys/ and packs/" in said
    other = beside(data, "without-a-key")
    (other / "keys" / "drafts.key").unlink()
    assert "drafts.key" in one_sentence(anoa(other, "serve", "--port", "0"))


def test_the_database_knows_no_key(server, played):
    keys = {path.read_bytes() for path in (played[0] / "keys").iterdir()}
    with psycopg.connect(server.url("room")) as database:
        marks = dict(database.execute("SELECT name, mark FROM room_keymark").fetchall())
    assert {"session.key", "drafts.key", "likeness.key", "intake.key"} <= set(marks)
    assert len({len(mark) for mark in marks.values()}) == 1
    assert not any(mark.encode() in key or key.hex() in mark for mark in marks.values()
                   for key in keys)  # fmt: skip


def test_two_machines_that_start_at_once_on_an_empty_database_make_one_room(server, tmp_path):
    url = server.create("race")
    folders = [tmp_path / "a", tmp_path / "b"]
    for one in folders:
        DATABASES[one] = url
    said = []
    with ThreadPoolExecutor(2) as pool:
        for done in pool.map(lambda one: anoa(one, "serve", "--port", "0"), folders):
            said.append(one_sentence(done))
    assert sorted("run anoa demo" in one or "copy keys/" in one for one in said) == [True, True]


def test_a_submission_that_reaches_both_machines_at_once_is_stored_once(two, played):
    made = anoa(played[0], "token", "new", "--agency", "polda-sultra", "--label", "two roads")
    assert made.returncode == 0, made.stderr
    token = made.stdout.strip().splitlines()[-1].strip()

    def send(place: int, ident: str, word: str = "rumor") -> tuple[int, dict]:
        fields = {"region": "74.03", "threat_type": word}
        body = {"id": ident, "form": "report", "version": "1", "fields": fields}
        request = urllib.request.Request(
            f"{two[place].address}t/{token}/api/v1/submissions", json.dumps(body).encode(),
            {"Content-Type": "application/json"},
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return answer.status, json.load(answer)
        except urllib.error.HTTPError as answer:
            return answer.code, json.load(answer)

    idents = [f"both-{number}" for number in range(20)]
    with ThreadPoolExecutor(8) as pool:
        asked = [(place, ident) for ident in idents for place in (0, 1, 0)]
        answers = list(pool.map(lambda one: send(*one), asked))
    for number in range(len(idents)):
        mine = answers[3 * number : 3 * number + 3]
        assert sorted(status for status, _ in mine) == [200, 200, 201]
        assert len({(said["number"], said["code"]) for _, said in mine}) == 1
    assert len({said["number"] for _, said in answers}) == len(idents)
    assert send(1, idents[0], "other words")[0] == 409


# -- the server goes away -------------------------------------------------------------------


def test_a_restart_of_the_server_is_said_and_needs_no_restart_of_anoa(server, two, played):
    reader, ear = entered(two[0], "posko"), Ear(entered(two[0], "kpu-prov"))
    other = entered(two[1], "bawaslu-prov")
    until(lambda: ear.events)
    server.stop()
    answer = reader.get("")
    assert answer.status == 503
    assert answer.headers["Retry-After"] == "10" and "Traceback" not in answer.text
    refused = hear(reader)
    assert refused.status in (422, 503) and "Traceback" not in refused.text
    server.start()
    assert reader.get("").status == 200
    assert hear(reader).status == hear(other).status == 302
    until(lambda: len(ear.seqs) == 2)
    assert ear.seqs[1] == ear.seqs[0] + 1
    ear.close()
    assert proved(played[0])


def test_connections_that_are_cut_cost_no_page(server, two):
    reader = entered(two[0], "posko")
    with psycopg.connect(server.url(), autocommit=True) as database:
        database.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'room'"
        )
    assert [reader.get("").status for _ in range(6)] == [200] * 6


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"path": "/nowhere"}, "does not exist"),
        ({"netloc": "anoa:wrong@"}, "password authentication failed"),
        ({"netloc": "", "query": "host=/nowhere"}, "No such file or directory"),
        ({"path": ""}, "postgresql://user:password@host:port/name"),
        ({"scheme": "mysql"}, "postgresql://user:password@host:port/name"),
    ],
)
def test_a_database_that_cannot_be_used_is_one_sentence(server, tmp_path, change, why):
    from urllib.parse import urlsplit

    DATABASES[tmp_path / "data"] = urlsplit(server.url("room"))._replace(**change).geturl()
    said = one_sentence(anoa(tmp_path / "data", "serve", "--port", "0"))
    assert why in said
    assert "sesame" not in said and "wrong" not in said


def test_what_the_server_says_becomes_a_sentence():
    full, gone = psycopg.errors.DiskFull("x"), psycopg.errors.AdminShutdown("x")
    wrapped = RuntimeError("django's own")
    wrapped.__cause__ = full
    assert is_full(wrapped) and not is_away(wrapped)
    assert is_away(gone) and is_away(psycopg.OperationalError("refused"))
    assert not is_away(psycopg.errors.UniqueViolation("x"))
    assert "another step takes long" in str(in_words(psycopg.errors.LockNotAvailable("x"), Path()))
    assert in_words(ValueError("x"), Path()) is None


def test_one_backup_goes_from_sqlite_to_postgresql_and_back(server, played, tmp_path):
    data, passwords = played
    made = anoa(data, "backup", str(tmp_path / "a.anoa"), "--with-keys")
    assert made.returncode == 0, made.stderr
    seqs = [entry.seq for entry in log_of(data)]
    here, again = tmp_path / "sqlite", tmp_path / "again"
    back = anoa(here, "restore", str(tmp_path / "a.anoa"), "--into", str(here))
    assert back.returncode == 0, back.stderr
    assert [entry.seq for entry in log_of(here)] == seqs
    assert anoa(here, "backup", str(tmp_path / "b.anoa"), "--with-keys").returncode == 0
    DATABASES[again] = server.create("again")
    moved = anoa(again, "restore", str(tmp_path / "b.anoa"), "--into", str(again))
    assert moved.returncode == 0, moved.stderr
    assert "are in the database of ANOA_DATABASE_URL" in moved.stdout
    assert not (again / "anoa.sqlite3").exists()
    with room(again, command="serve") as running:
        running.passwords = passwords
        assert hear(entered(running, "posko")).status == 302
    assert [entry.seq for entry in log_of(again)] == [*seqs, seqs[-1] + 1]
    assert proved(again)
    refused = anoa(again, "restore", str(tmp_path / "b.anoa"), "--into", str(tmp_path / "third"))
    assert "holds a room: name an empty one" in one_sentence(refused)
    assert not (tmp_path / "third").exists()


def test_each_key_that_is_made_on_first_use_is_among_those_that_machines_share():
    source = ROOT / "src" / "anoa"
    calls = [call for path in source.rglob("*.py")
             for call in re.findall(r"\.secret\(\s*([^,)]+)", path.read_text())]  # fmt: skip
    named = {call.strip('"') for call in calls if call.startswith('"')}
    named |= {KEY_FILE, contacts.KEY_FILE}
    assert {call for call in calls if not call.startswith('"')} == {"KEY_FILE"}
    assert named == {name for name in SHARED_KEYS if "*" not in name}
