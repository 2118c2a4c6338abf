"""The providers of accounts that this machine knows, from the file that ``ANOA_OIDC`` names.

The file is TOML, one table a provider; what may stand in it is in ``docs/how-to/
institution-accounts.md``. Nothing is asked of a provider here.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any
from urllib.parse import urlsplit

from anoa.errors import StorageError

IDENT = re.compile(r"[a-z][a-z0-9-]{0,29}\Z")
NEEDED = ("name", "agency", "issuer", "client_id", "secret_file")
ALLOWED = (*NEEDED, "ca_file", "second_factor")
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
LARGEST_SECRET = 4096
STATED = re.compile(r"(acr|amr):\S+\Z")


@dataclass(frozen=True, slots=True)
class IdentityProvider:
    """One institution's provider. ``stated`` are words by which it says that it asked for two
    factors, as ``amr:mfa``; with none of them the room always asks for its own second factor.
    """

    ident: str
    name: str
    agency: str
    issuer: str
    client_id: str
    secret: str = field(repr=False)
    ca_file: str = ""
    stated: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        if not IDENT.match(self.ident):
            raise ValueError("its name in brackets has small letters, digits and hyphens")
        for name in NEEDED[:-1]:
            if not getattr(self, name).strip():
                raise ValueError(f"{name} is empty")
        if not is_safe(self.issuer, self.issuer) or urlsplit(self.issuer).query:
            raise ValueError("issuer is not an https address")
        if wrong := sorted(one for one in self.stated if not STATED.match(one)):
            raise ValueError(f"second_factor has words like amr:mfa or acr:…, not {wrong[0]}")

    @property
    def configuration(self) -> str:
        """Where the provider describes itself (OpenID Connect Discovery 1.0, section 4)."""
        return f"{self.issuer.rstrip('/')}/.well-known/openid-configuration"


def is_safe(address: object, issuer: str) -> bool:
    """Whether something may be asked at that address: https, or both are on this very machine.

    >>> is_safe("https://sso.example/token", "https://sso.example")
    True
    >>> is_safe("http://127.0.0.1:81/token", "https://sso.example")
    False
    """
    if not isinstance(address, str):
        return False
    try:
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port
    except ValueError:
        return False
    if not host or parts.fragment or parts.username is not None or port == 0:
        return False
    if parts.scheme == "https":
        return True
    return parts.scheme == "http" and host in LOOPBACK and urlsplit(issuer).hostname in LOOPBACK


def read_providers(named: str) -> Mapping[str, IdentityProvider]:
    """The providers of a file by their ids; none for no file. StorageError names what is wrong."""
    if not named:
        return MappingProxyType({})
    path = Path(named).expanduser()
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise _wrong(path, "cannot be read: {why}", why=error.strerror or error) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(path, "is no TOML: {why}", why=error) from error
    return MappingProxyType({ident: _read(path, ident, of) for ident, of in tables.items()})


def _read(path: Path, ident: str, table: Any) -> IdentityProvider:
    if not isinstance(table, dict):
        raise _wrong(path, "{ident} stands outside a table [provider]", ident=ident)
    if unknown := sorted(set(table) - set(ALLOWED)):
        raise _wrong(path, "[{ident}] has {key}, which means nothing; known are: {known}",
                     ident=ident, key=unknown[0], known=", ".join(ALLOWED))  # fmt: skip
    words: dict[str, Any] = {key: table.get(key) for key in ALLOWED if key != "second_factor"}
    if missing := [key for key in NEEDED if not isinstance(words[key], str)]:
        raise _wrong(path, "[{ident}] lacks {key}, a text", ident=ident, key=missing[0])
    stated = table.get("second_factor", [])
    if not isinstance(stated, list) or not all(isinstance(one, str) for one in stated):
        raise _wrong(path, "[{ident}] second_factor is a list of texts", ident=ident)
    try:
        return IdentityProvider(
            ident, words["name"], words["agency"], words["issuer"], words["client_id"],
            _secret(path.parent / words["secret_file"]), _authority(path, words["ca_file"]),
            frozenset(stated),
        )  # fmt: skip
    except ValueError as error:
        raise _wrong(path, "[{ident}] {why}", ident=ident, why=error) from error


def _secret(path: Path) -> str:
    try:
        if path.stat().st_mode & 0o007:
            raise ValueError(f"secret_file {path} may be read by everybody: chmod 600 it")
        with path.open("rb") as file:
            found = file.read(LARGEST_SECRET + 1)
    except OSError as error:
        raise ValueError(f"secret_file {path} cannot be read: {error.strerror or error}") from error
    try:
        text = found.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise ValueError(f"secret_file {path} holds no text") from error
    if not text or len(found) > LARGEST_SECRET:
        raise ValueError(f"secret_file {path} holds no secret")
    return text


def _authority(path: Path, named: Any) -> str:
    if named is None:
        return ""
    found = path.parent / str(named)
    if not found.is_file():
        raise ValueError(f"ca_file {found} is not there")
    return str(found)


def _wrong(path: Path, said: str, **values: object) -> StorageError:
    return StorageError("ANOA_OIDC names {path}, which " + said, path=path, **values)
