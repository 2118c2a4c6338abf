"""What anoa needs to run may be passed on with it: permissive licences or LGPL only."""

import hashlib
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent

ALLOWED = re.compile(
    r"\b(MIT|BSD|Apache|ISC|PSF|PSFL|Python[- ]Software|Python-2\.0|MPL-2\.0|Mozilla|Zlib|zlib|0BSD"
    r"|CC0|Unlicense|LGPL|Lesser General Public)",
    re.IGNORECASE,
)
FORBIDDEN = re.compile(
    r"(?<!L)\bA?GPL|(?<!Lesser )\bGeneral Public|Affero|SSPL|Commons Clause|Proprietary|BUSL"
    r"|\bNC\b|Non-?Commercial",
    re.IGNORECASE,
)

# qrcode 8.2 has the classifier "Other/Proprietary License" beside "BSD License". Its licence file
# was read: BSD-3-Clause, MIT for the part it descends from, and a note that the name QR Code is a
# trademark. pyxform 4.5.0 says nothing in its metadata; its file is BSD-2-Clause.
# The digest is that of the file that was read; another text has to be read again.
READ_BY_HAND = {
    "pyxform": "800fd6d22e9c7375c60fa74c8f416c6564e23adab03662d83d12208032e97690",
    "qrcode": "40dfb903c94ee3f789500131311186548ecba5cefd3557623d7700e2522ab994",
}


def runtime_closure() -> dict[str, metadata.Distribution]:
    """Name → installed distribution, for everything pyproject.toml needs at run time."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    waiting = [Requirement(line) for line in project["dependencies"]]
    found: dict[str, metadata.Distribution] = {}
    seen: set[tuple[str, frozenset[str]]] = set()
    while waiting:
        need = waiting.pop()
        key = (canonicalize_name(need.name), frozenset(need.extras))
        if key in seen:
            continue
        seen.add(key)
        found[key[0]] = metadata.distribution(need.name)
        waiting += [child for child in children(found[key[0]], need.extras) if child]
    return found


def children(package: metadata.Distribution, extras: set[str]) -> list[Requirement]:
    """What a distribution needs on this machine, with the extras asked for."""
    needs = [Requirement(line) for line in package.requires or ()]
    return [
        need
        for need in needs
        if need.marker is None
        or any(need.marker.evaluate({"extra": extra}) for extra in (extras or {""}) | {""})
    ]


def licence_of(package: metadata.Distribution) -> str:
    """What the metadata say: expression and classifiers; the free field only without both."""
    said = package.metadata.get_all("License-Expression") or []
    said += [
        line.removeprefix("License ::")
        for line in package.metadata.get_all("Classifier") or []
        if line.startswith("License ::")
    ]
    if not said:
        # Some put the whole text there; its name stands in the first line.
        said = [(package.metadata.get("License") or "").strip().split("\n")[0]]
    return "; ".join(text.strip() for text in said if text.strip())


def was_read(name: str, package: metadata.Distribution) -> bool:
    """Whether the licence files of a distribution are the very ones that a person read."""
    texts = [f for f in package.files or () if re.match(r"(LICEN[CS]E|COPYING)", f.name)]
    digest = hashlib.sha256(b"".join(f.read_binary() for f in sorted(texts))).hexdigest()
    return READ_BY_HAND.get(name) == digest


def is_allowed(licence: str) -> bool:
    """Whether one of the alternatives that a licence line offers may be passed on."""
    alternatives = re.split(r"\s+OR\s+", licence)
    return any(ALLOWED.search(a) and not FORBIDDEN.search(a) for a in alternatives)


def test_everything_needed_at_run_time_may_be_passed_on() -> None:
    closure = runtime_closure()
    assert {"django", "pandas", "typst", "cryptography"} <= set(closure)
    wrong = {
        name: licence_of(package)
        for name, package in closure.items()
        if not is_allowed(licence_of(package)) and not was_read(name, package)
    }
    assert not wrong


@pytest.mark.parametrize(
    "licence",
    ["MIT", "BSD-3-Clause", "Apache-2.0 OR BSD-3-Clause", "LGPL-3.0-only", "MPL-2.0", "PSF-2.0"],
)
def test_permissive_licences_and_lgpl_are_taken(licence: str) -> None:
    assert is_allowed(licence)


@pytest.mark.parametrize(
    "licence",
    [
        "GPL-3.0-or-later",
        "AGPL-3.0-only",
        "OSI Approved :: GNU General Public License v3 (GPLv3)",
        "MIT AND GPL-2.0-only",
        "Proprietary",
        "",
    ],
)
def test_other_licences_are_refused(licence: str) -> None:
    assert not is_allowed(licence)


def test_a_licence_text_that_nobody_read_is_refused() -> None:
    assert not was_read("qrcode", metadata.distribution("rfc8785"))
    assert not was_read("rfc8785", metadata.distribution("rfc8785"))


def test_anoa_itself_is_apache_licensed() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["license"] == "Apache-2.0"
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
