"""TLS of ``serve`` and ``demo``: which certificate, what follows from it, and the plain port."""

from __future__ import annotations

import argparse
import asyncio
import os
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from anoa.errors import AnoaError

if TYPE_CHECKING:
    import uvicorn

    from anoa.room.tls import Certificate


def add_tls(parser: argparse.ArgumentParser) -> None:
    """Add the options of TLS."""
    parser.add_argument(
        "--tls", action="store_true",
        help="serve over https: with --certificate and --key, or by the local authority that "
        "anoa tls new made",
    )  # fmt: skip
    parser.add_argument(
        "--certificate", type=Path, metavar="FILE", help="the site's certificate chain (PEM)"
    )
    parser.add_argument("--key", type=Path, metavar="FILE", help="its private key (PEM)")
    parser.add_argument(
        "--http-port", type=_port, metavar="PORT",
        help="also answer without TLS there: the steps for phones, and the way to https",
    )  # fmt: skip


def _port(text: str) -> int:
    if not text.isdigit() or int(text) > 65535:
        raise argparse.ArgumentTypeError("a port is a number from 0 to 65535")
    return int(text)


@dataclass(frozen=True, slots=True)
class Tls:
    """How this process serves over https."""

    certificate: Certificate
    http_port: int | None

    @property
    def options(self) -> dict[str, Any]:
        """What the server is told."""
        key = self.certificate.key_file
        return {
            "ssl_certfile": str(self.certificate.file),
            "ssl_keyfile": str(key) if key else None,
        }

    def tell(self, plain: socket.socket | None) -> None:
        """Say where phones find the steps, once the room's own address was said."""
        if plain is not None:
            plain.listen()
            port = plain.getsockname()[1]
            print(f"Without TLS, for phones: http://{self._shown}:{port}/tls", flush=True)

    @property
    def _shown(self) -> str:
        name = self.certificate.names[0]
        return f"[{name}]" if ":" in name else name


@contextmanager
def plain_bound(tls: Tls | None, host: str) -> Iterator[socket.socket | None]:
    """The port without TLS, bound before anything is made or said; None when none is wanted."""
    if tls is None or tls.http_port is None:
        yield None
        return
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            sock.bind((host, tls.http_port))
        except OSError as error:
            raise AnoaError(
                "port {port} of {host} cannot be used ({why}): name another by --http-port",
                port=tls.http_port, host=host, why=error.strerror or error,
            ) from error  # fmt: skip
        yield sock


def prepared(args: argparse.Namespace) -> Tls | None:
    """The certificate that is asked for, judged, and the settings that follow from it.

    To be called before Django reads its settings. None without TLS.
    """
    if not (args.tls or args.certificate or args.key):
        if args.http_port is not None:
            raise AnoaError("--http-port is the port beside --tls: without --tls use --port")
        return None
    if args.key and not args.certificate:
        raise AnoaError("--key belongs to a certificate: name it by --certificate")
    found = _certificate(args)
    os.environ["ANOA_HTTPS"] = "local" if found.is_local else "own"
    hosts = [one for one in (os.environ.get("ANOA_HOSTS", ""), *map(_host, found.names)) if one]
    os.environ["ANOA_HOSTS"] = ",".join(hosts)
    return Tls(found, args.http_port)


def _host(name: str) -> str:
    """A name of the certificate as the host check takes it; ``*.example`` stands for all below."""
    if ":" in name:
        return f"[{name}]"
    return name.removeprefix("*")


def _certificate(args: argparse.Namespace) -> Certificate:
    from anoa.room import tls
    from anoa.room.storage import DataFolder, data_path

    at = datetime.now(UTC)
    if args.certificate:
        found = tls.site_certificate(args.certificate, args.key, at)
    else:
        found, was_renewed = tls.still_good(DataFolder(data_path()), at)
        if was_renewed:
            print(f"The certificate was renewed, until {found.ends_at:%Y-%m-%d}.", file=sys.stderr)
    if (left := found.days_left(at)) < tls.RENEW_DAYS:
        print(f"The certificate {found.file} ends in {left} days: renew it.", file=sys.stderr)
    return found


def serve_with(
    server: uvicorn.Server, sock: socket.socket, application: Any, tls: Tls,
    plain: socket.socket | None,
) -> None:  # fmt: skip
    """Serve until stopped; where there is a plain port, both in one loop."""
    if plain is None:
        server.run(sockets=[sock])
        return
    import uvicorn

    from anoa.room.plain import Plain

    front = Plain(application, tls.certificate.names, sock.getsockname()[1])
    config = uvicorn.Config(
        front,
        log_config=None,
        log_level="warning",
        access_log=False,
        lifespan="off",
        server_header=False,
    )
    second = uvicorn.Server(config)
    second.capture_signals = nullcontext  # type: ignore[assignment,method-assign]

    async def both() -> None:
        aside = asyncio.create_task(second.serve(sockets=[plain]))
        try:
            await server.serve(sockets=[sock])
        finally:
            second.should_exit = True
            await aside

    with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
        runner.run(both())
