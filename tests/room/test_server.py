"""What can go wrong around a running server: each is one sentence, and nothing is lost."""

import json
import resource
import signal
import socket
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from secrets import token_bytes

import pytest
from tests.room.running import Browser, anoa, environment, processes_of, room

from anoa.errors import StorageError
from anoa.logfile import read_log
from anoa.room.storage import VERSION, DataFolder, data_path

WRITE_S = 4
PROOF = """
from anoa.cli.serve import opened_room
with opened_room():
    from anoa.room import record
    print(record.rows_equal_replay(record.current_operation()))
"""


def one_sentence(done: subprocess.CompletedProcess) -> str:
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1, done.stderr
    return done.stderr


def hear(browser: Browser):
    return browser.post("", verb="post.report", subject="", region="74.02")


def heard(data: Path, log: Path) -> int:
    assert anoa(data, "export", str(log)).returncode == 0
    return sum(entry.kind == "post.reported" for entry in read_log(log).entries)


def proved(data: Path) -> bool:
    """Whether replaying the log gives the rows, as a process of its own finds."""
    proof = subprocess.run(
        [sys.executable, "-c", PROOF], env=environment(data), capture_output=True, text=True,
        timeout=30, check=False,
    )  # fmt: skip
    assert proof.returncode == 0, proof.stderr
    return proof.stdout.strip() == "True"


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A server that was killed by SIGKILL while a client wrote; with how much it acknowledged."""
    data = tmp_path_factory.mktemp("killed") / "data"
    with room(data) as running:
        before = heard(data, data.parent / "before.jsonl")
        browser, acknowledged = Browser(running.address), 0
        browser.sign_in("posko", running.passwords["posko"])
        until = time.monotonic() + WRITE_S
        try:
            while True:
                acknowledged += hear(browser).status == 302
                if time.monotonic() > until:
                    # from another process, in the middle of the next writes
                    until = float("inf")
                    killer = f"sleep 0.05; kill -9 {running.process.pid}"
                    subprocess.Popen(["/bin/sh", "-c", killer])
        except OSError:
            pass
        running.process.wait(10)
    return data, before, acknowledged, running


def test_kill_9_loses_nothing_that_was_acknowledged(killed, tmp_path):
    data, before, acknowledged, running = killed
    assert running.process.returncode == -signal.SIGKILL
    assert acknowledged > 5
    kept = heard(data, tmp_path / "log.jsonl") - before
    assert acknowledged <= kept <= acknowledged + 1  # the last may lack its answer only


def test_kill_9_leaves_no_process_behind(killed):
    assert processes_of(killed[0]) == []


def test_after_kill_9_it_starts_again_and_replay_gives_the_rows(killed):
    data = killed[0]  # how long a start takes: benchmarks/start.py
    with room(data, command="serve"):
        pass
    assert proved(data)


def test_a_second_server_is_refused_and_the_first_goes_on(killed):
    data = killed[0]
    with room(data, command="serve") as running:
        for command in ("serve", "demo"):
            said = one_sentence(anoa(data, command, "--port", "0"))
            assert "another anoa holds the data folder" in said
        assert "holds the data folder" in one_sentence(anoa(data, "seal", "--member", "posko"))
        assert Browser(running.address).get("accounts/login/").status == 200


def test_a_port_in_use_is_one_sentence(killed):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        said = one_sentence(anoa(killed[0], "serve", "--port", str(port)))
    assert f"port {port}" in said
    assert "ANOA_PORT" in said


def test_a_port_in_use_makes_no_exercise_whose_passwords_nobody_saw(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])
        assert f"port {port}" in one_sentence(anoa(tmp_path / "data", "demo", "--port", port))
    assert "run anoa demo" in one_sentence(anoa(tmp_path / "data", "serve", "--port", "0"))


def test_the_register_of_stations_is_imported_by_command_for_its_keeper(killed, tmp_path):
    file = tmp_path / "register.csv"
    file.write_text("code,sub_district\n74.03.06-T1,74.03.06\n")
    said = one_sentence(anoa(killed[0], "stations", "import", str(file), "--member", "posko"))
    assert "not kept by your institution" in said
    done = anoa(killed[0], "stations", "import", str(file), "--member", "kpu-prov")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("1 polling stations imported")


def test_clients_that_write_at_once_each_get_their_entry(killed, tmp_path):
    data, clients, each = killed[0], 4, 8
    with room(data, "--new-passwords") as running:
        before = heard(data, tmp_path / "before.jsonl")

        def write(_: int) -> int:
            browser = Browser(running.address)
            browser.sign_in("posko", running.passwords["posko"])
            return sum(hear(browser).status == 302 for _ in range(each))

        with ThreadPoolExecutor(clients) as pool:
            assert sum(pool.map(write, range(clients))) == clients * each
        assert heard(data, tmp_path / "after.jsonl") == before + clients * each
    assert proved(data)


def test_a_newer_data_folder_is_one_sentence_and_stays_untouched(tmp_path):
    (tmp_path / "VERSION").write_text(f"{VERSION + 1}\n")
    (tmp_path / "anoa.sqlite3").write_bytes(b"of a later anoa")
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    for command in ("serve", "demo"):
        assert "install the newer anoa" in one_sentence(anoa(tmp_path, command, "--port", "0"))
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


def test_a_demo_that_was_killed_while_it_began_begins_again(tmp_path):
    data = tmp_path / "data"
    begun = subprocess.Popen(
        [sys.executable, "-m", "anoa", "demo", "--port", "0"], env=environment(data),
        stdout=subprocess.PIPE,
    )  # fmt: skip
    assert begun.stdout.readline().startswith(b"Playing")
    begun.kill()
    begun.communicate(timeout=10)
    (data / "VERSION").rename(data / "VERSION.new")  # as if killed even earlier
    with room(data) as again:
        assert len(again.passwords) == 12
    assert proved(data)


def test_a_database_on_another_machine_is_named_by_its_address():
    from anoa.room.settings import _database

    found = _database("postgresql://anoa:p%40ss@db.example:5433/room")
    assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.example", "5433", "room")
    assert (found["USER"], found["PASSWORD"]) == ("anoa", "p@ss")
    assert found["ENGINE"].endswith("postgresql")
    assert "synchronous=FULL" in _database("")["OPTIONS"]["init_command"]


def test_a_folder_of_other_files_is_refused(tmp_path):
    (tmp_path / "letter.txt").write_text("mine")
    assert "holds other files" in one_sentence(anoa(tmp_path, "demo", "--port", "0"))
    assert [file.name for file in tmp_path.iterdir()] == ["letter.txt"]


def test_serving_an_empty_folder_says_what_to_do(tmp_path):
    assert "run anoa demo" in one_sentence(anoa(tmp_path / "new", "serve", "--port", "0"))


def test_a_full_disk_at_the_start_is_one_sentence(tmp_path):
    def small_files() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))

    refused = anoa(tmp_path / "data", "demo", "--port", "0", preexec_fn=small_files)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1, refused.stderr
    assert "no room left" in refused.stderr
    with room(tmp_path / "data") as later:
        assert later.passwords


def test_a_disk_that_fills_up_is_one_sentence_and_writing_goes_on_later(killed, tmp_path):
    data = killed[0]
    with room(data, "--new-passwords") as running:
        browser, before = Browser(running.address), heard(data, tmp_path / "before.jsonl")
        browser.sign_in("posko", running.passwords["posko"])
        assert hear(browser).status == 302
        pid, limits = running.process.pid, (resource.RLIM_INFINITY,) * 2
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
        refused = hear(browser)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, limits)
        assert refused.status in (422, 500)
        assert "Traceback" not in refused.text
        assert hear(browser).status == 302
        assert heard(data, tmp_path / "after.jsonl") == before + 2
    assert proved(data)


def test_an_older_data_folder_is_migrated(killed):
    (killed[0] / "VERSION").write_text("0\n")
    with room(killed[0], command="serve"):
        assert (killed[0] / "VERSION").read_text() == f"{VERSION}\n"


def test_a_damaged_database_is_one_sentence(tmp_path):
    (tmp_path / "VERSION").write_text(f"{VERSION}\n")
    (tmp_path / "anoa.sqlite3").write_bytes(b"no database at all, but a letter" * 200)
    assert "cannot be used" in one_sentence(anoa(tmp_path, "serve", "--port", "0"))
    assert (tmp_path / "anoa.sqlite3").read_bytes().startswith(b"no database")


def test_headers_let_nothing_in_from_outside_and_no_page_into_a_frame(killed):
    with room(killed[0], command="serve") as running:
        headers = Browser(running.address).get("accounts/login/").headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "unsafe" not in policy
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "no-store" in headers["Cache-Control"]
    assert "server" not in headers


def test_nobody_signs_up_and_a_strange_host_is_refused(killed):
    with room(killed[0], command="serve") as running:
        browser = Browser(running.address)
        for page in ("signup", "email", "password/reset"):
            assert browser.get(f"accounts/{page}/").status == 404
        assert browser.get("accounts/login/", Host="evil.example").status == 400


def test_the_data_folder_is_named_by_the_environment():
    assert data_path({"ANOA_DATA": "/a/b"}) == Path("/a/b")
    assert data_path({"XDG_DATA_HOME": "/c"}) == Path("/c/anoa")
    assert data_path({}) == Path("~/.local/share/anoa").expanduser()


def test_a_secret_is_made_once(tmp_path):
    folder = DataFolder(tmp_path)
    assert folder.secret("a", lambda: b"first") == b"first"
    assert folder.secret("a", lambda: b"second") == b"first"
    assert (tmp_path / "keys" / "a").stat().st_mode & 0o077 == 0


def test_the_folder_is_held_until_it_is_let_go(tmp_path):
    folder = DataFolder(tmp_path)
    with folder.hold(), pytest.raises(StorageError, match="another anoa"), folder.hold():
        pass
    with folder.hold():
        pass


def test_a_version_that_is_no_number_is_refused(tmp_path):
    (tmp_path / "VERSION").write_text(json.dumps({}))
    with pytest.raises(StorageError, match="does not hold a version"):
        DataFolder(tmp_path).check()


def test_threads_that_ask_for_a_new_key_at_once_get_the_same_one(tmp_path):
    folder = DataFolder(tmp_path / "data")
    for number in range(20):
        with ThreadPoolExecutor(16) as pool:
            made = partial(folder.secret, f"{number}.key", partial(token_bytes, 32))
            found = set(pool.map(lambda _n, made=made: made(), range(16)))
        assert len(found) == 1
        assert len(found.pop()) == 32
    assert not list(folder.keys.glob(".*"))
