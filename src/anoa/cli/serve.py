"""``anoa serve``: the situation room on this machine, one process."""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
from collections.abc import Callable
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

from anoa.cli.https import Tls, add_tls, plain_bound, prepared, serve_with
from anoa.errors import AnoaError, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from anoa.room.models import Operation
    from anoa.room.storage import DataFolder

DEFAULT_PORT = 8000
BACKLOG = 1024
GRACE_S = 3


def add(subparsers: Any) -> None:
    """Add ``serve`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "serve", help="serve the situation room of the data folder",
        description="Serve the operation that lies in the data folder (ANOA_DATA). One process "
        "writes and holds the folder; a second one is refused.",
    )  # fmt: skip
    add_address(parser)
    add_tls(parser)
    parser.set_defaults(run=run)


def add_address(parser: argparse.ArgumentParser) -> None:
    """Add the options that say where to listen."""
    parser.add_argument(
        "--port", type=_port, metavar="PORT",
        help=f"port to listen on (default: ANOA_PORT, else {DEFAULT_PORT}; 0: any free one)",
    )  # fmt: skip
    parser.add_argument(
        "--host", default="127.0.0.1", metavar="HOST", help="address to listen on (%(default)s)"
    )


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


def run(args: argparse.Namespace) -> int:
    """Serve until stopped; returns 0."""
    tls = prepared(args)
    with opened_room() as folder, bound(args) as sock, plain_bound(tls, args.host) as plain:
        from anoa.room import record

        operation = record.current_operation()
        if operation is None:
            raise StorageError("there is no operation in {path}: run anoa demo", path=folder.path)
        record.warm(operation)
        made_ready(operation)
        return listen(sock, lambda at: print(f"anoa serves {at}", flush=True), tls, plain)


def made_ready(operation: Operation) -> None:
    """Before a page is served: the words of this place are read, and certificates carried out.

    Raises StorageError for a list of words or a certificate that cannot be used.
    """
    from anoa.room import local_words
    from anoa.room.retention import again

    local_words.current()
    if things := again.of_this_machine(operation).things:
        print(f"{things} things that certificates of deletion name were back, and are deleted "
              "again.", file=sys.stderr)  # fmt: skip


@contextmanager
def opened_room(*, alone: bool = True) -> Iterator[DataFolder]:
    """The data folder of this machine, checked; held and migrated too, unless not ``alone``.

    Raises StorageError with one sentence for whatever keeps it from being used.
    """
    from anoa.room.storage import DataFolder, data_path, storage_errors

    folder = DataFolder(data_path())
    folder.check()
    if not alone:
        if not folder.path.is_dir():
            raise StorageError("there is no data folder {path}", path=folder.path)
        if not (folder.database.exists() or os.environ.get("ANOA_DATABASE_URL")):
            raise StorageError("there is no operation in {path}", path=folder.path)
        with _storage_in_words(folder):
            start_django(folder.path)
            yield folder
        return
    with storage_errors(folder.path):
        folder.path.mkdir(mode=0o700, parents=True, exist_ok=True)
    with folder.hold(), _storage_in_words(folder):
        folder.prepare()
        start_django(folder.path)
        _set_up(folder)
        yield folder


@contextmanager
def _storage_in_words(folder: DataFolder) -> Iterator[None]:
    from anoa.room.storage import full_disk, is_away, is_full

    try:
        yield
    except AnoaError:
        raise
    except Exception as error:
        if is_full(error):
            raise full_disk(folder.path) from error
        if is_away(error):
            raise _unusable(folder.path, error) from error
        raise


def start_django(path: Path) -> None:
    """Set Django up on the data folder that the environment names; ``path`` is told in errors."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "anoa.room.settings")
    import django
    from django.core.exceptions import ImproperlyConfigured

    try:
        django.setup()
    except ImproperlyConfigured as error:  # as when the driver of ANOA_DATABASE_URL is missing
        raise _unusable(path, error) from error


def _set_up(folder: DataFolder) -> None:
    """Bring the database up to date; on PostgreSQL other machines wait meanwhile."""
    from django.db import DatabaseError

    from anoa.room import together
    from anoa.room.storage import is_full

    try:
        with together.setting_up():
            _refuse_newer(folder)
            _migrate()
            _renew_rows(folder)
            together.check_keys()
    except DatabaseError as error:
        if is_full(error):
            raise
        raise _unusable(folder.path, error) from error


def _migrate() -> None:
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    call_command("createcachetable", verbosity=0)  # does nothing where the cache lies in memory
    call_command("clearsessions", verbosity=0)


def _renew_rows(folder: DataFolder) -> None:
    from anoa.room import record

    renewed = record.renew_rows()
    record.renew_search(anew=bool(renewed))
    if renewed:
        print(f"The rows of {folder.path} were made anew from its log.", file=sys.stderr)


def _refuse_newer(folder: DataFolder) -> None:
    """Refuse a database that a newer anoa has written to; nothing is changed."""
    from django.db import connection
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(connection, ignore_no_migrations=True)
    unknown = {name for name in loader.applied_migrations if name not in loader.disk_migrations}
    if newer := sorted(name for app, name in unknown if app == "room"):
        raise StorageError(
            "the database of {path} was written by a newer anoa ({step}): install that one; "
            "nothing was touched",
            path=folder.path, step=newer[-1],
        )  # fmt: skip


def _unusable(path: Path, error: Exception) -> StorageError:
    return StorageError(
        "the database of {path} cannot be used: {why}",
        path=path, why=str(error).splitlines()[0],
    )  # fmt: skip


@contextmanager
def bound(args: argparse.Namespace) -> Iterator[socket.socket]:
    """The port that was asked for, bound before anything is made, or one sentence."""
    host, port = args.host, args.port if args.port is not None else _port_of_environment()
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, port))
        except OSError as error:
            raise AnoaError(
                "port {port} of {host} cannot be used ({why}): name another by --port or ANOA_PORT",
                port=port, host=host, why=error.strerror or error,
            ) from error  # fmt: skip
        yield sock


def listen(
    sock: socket.socket, ready: Callable[[str], None], tls: Tls | None = None,
    plain: socket.socket | None = None,
) -> int:  # fmt: skip
    """Say the address and answer until SIGTERM or Ctrl-C; returns 0."""
    import uvicorn

    from anoa.room import together
    from anoa.room.asgi import application
    from anoa.room.live import hub

    server = uvicorn.Server(
        uvicorn.Config(
            application, log_config=None, log_level="warning", access_log=False, lifespan="on",
            server_header=False, timeout_graceful_shutdown=GRACE_S, **(tls.options if tls else {}),
        )
    )  # fmt: skip

    def stop(*_: object) -> None:
        server.should_exit = True

    exit_of_server = server.handle_exit

    def leave(sig: int, frame: FrameType | None) -> None:
        hub.close_soon()  # open pages would hold the server up
        exit_of_server(sig, frame)

    server.handle_exit = leave  # type: ignore[method-assign]
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, stop)
    together.check_keys()  # again, as a room that was opened just now has more keys
    sock.listen(BACKLOG)
    host, port = sock.getsockname()[:2]
    if tls is None:
        ready(f"http://{_shown_host(host)}:{port}/")
        server.run(sockets=[sock])
        return 0
    ready(f"https://{_shown_host(tls.certificate.names[0])}:{port}/")
    tls.tell(plain)
    serve_with(server, sock, application, tls, plain)
    return 0


def _shown_host(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _port_of_environment() -> int:
    text = os.environ.get("ANOA_PORT") or str(DEFAULT_PORT)
    try:
        return _port(text)
    except argparse.ArgumentTypeError as error:
        raise AnoaError("ANOA_PORT is '{text}': {why}", text=text, why=error) from error
