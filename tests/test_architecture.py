"""The rooms of anoa and the arrows between them, read from the source and held here.

The rules are those of ARCHITECTURE.md. Each scan is also shown a source that breaks its rule,
because a scan that never finds anything proves nothing.
"""

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "anoa"

# A room imports only rooms with a smaller number. Equal numbers never import each other.
LAYERS = {
    "errors": 0,
    "ladder": 1,
    "oplog": 1,
    "same_event": 1,
    "screening": 1,
    "stations": 1,
    "shelf": 1,
    "vulnerability": 1,
    "envelopes": 2,
    "forms": 2,
    "logfile": 2,
    "openrosa": 3,
    "seals": 3,
    "coordination": 4,
    "sight": 5,
    "cells": 5,
    "pack": 5,
    "boundaries": 6,
    "picture": 6,
    "searching": 6,
    "columns": 7,
    "maps": 7,
    "situation": 8,
    "triage": 8,
    "sitrep": 9,
    "messages": 9,
    "room": 10,
    "cli": 11,
    "__main__": 12,
}

# Only these commands need the situation room; every other command runs without Django.
ROOM_COMMANDS = {"demo", "serve", "export", "seal", "token", "backup", "restore", "tls", "admin"}

MAY_TOUCH_THE_WORLD = {"room", "cli", "__main__"}
MAY_OPEN_FILES = MAY_TOUCH_THE_WORLD | {"pack", "logfile", "same_event", "seals", "sitrep"}

WORLD_MODULES = {
    *("asyncio", "ftplib", "getpass", "http", "httpx", "psycopg", "random", "requests", "secrets"),
    *("smtplib", "socket", "sqlite3", "ssl", "subprocess", "time", "urllib", "urllib3", "uuid"),
}
WORLD_NAMES = {
    *("datetime.now", "datetime.today", "datetime.utcnow", "date.today"),
    *("os.environ", "os.getenv", "os.putenv", "os.urandom", "os.getlogin", "os.uname"),
    *("np.random.seed", "np.random.rand", "numpy.random.seed", "numpy.random.rand"),
}
FILE_READERS = {"open", "read_text", "read_bytes", "write_text", "write_bytes", "fdopen"}


def sources() -> list[Path]:
    return sorted(p for p in SOURCE.rglob("*.py") if "migrations" not in p.parts)


def room_of(path: Path) -> str:
    parts = path.relative_to(SOURCE).parts
    return parts[0] if len(parts) > 1 else path.stem


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def place(path: Path, node: ast.AST) -> str:
    return f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 1)}"


def imported(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Every module that a source imports, at any depth; ``from anoa import x`` counts as anoa.x."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"line {node.lineno}: imports are absolute"
            if node.module == "anoa":
                yield from ((node, f"anoa.{alias.name}") for alias in node.names)
            else:
                yield node, node.module or ""


def rooms_imported(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    for node, name in imported(tree):
        if name.startswith("anoa."):
            yield node, name.split(".")[1]


def dotted(node: ast.AST) -> str:
    match node:
        case ast.Name():
            return node.id
        case ast.Attribute():
            return f"{dotted(node.value)}.{node.attr}"
    return ""


def touches_of_the_world(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    """Uses of clock, chance, network, environment, processes or a database."""
    for node, name in imported(tree):
        if name.split(".")[0] in WORLD_MODULES and name != "urllib.parse":
            yield node, name
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            name = dotted(node)
            if any(name == w or name.endswith(f".{w}") for w in WORLD_NAMES):
                yield node, name
        elif isinstance(node, ast.Call) and dotted(node.func).endswith("default_rng"):
            yield from [] if node.args else [(node, "default_rng() without a seed")]


def file_readings(tree: ast.AST) -> Iterator[tuple[ast.AST, str]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = dotted(node.func).rsplit(".", 1)[-1]
            if name in FILE_READERS:
                yield node, name


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def code_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of a function from its ``def`` to its end, without the docstring."""
    whole = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return whole
    words = function.body[0]
    return whole - ((words.end_lineno or words.lineno) - words.lineno + 1)


def test_every_room_has_a_layer() -> None:
    rooms = {room_of(path) for path in sources()} - {"__init__"}
    assert rooms <= set(LAYERS), f"give these a layer in ARCHITECTURE.md: {rooms - set(LAYERS)}"


def test_a_room_imports_only_lower_rooms() -> None:
    wrong = [
        f"{place(path, node)}: {room_of(path)} imports {other}"
        for path in sources()
        for node, other in rooms_imported(parsed(path))
        if other != room_of(path) and LAYERS[other] >= LAYERS[room_of(path)]
    ]
    assert not wrong, "\n".join(wrong)


def test_engines_never_import_each_other() -> None:
    engines = {"ladder", "screening", "vulnerability"}
    wrong = [
        place(path, node)
        for path in sources()
        if room_of(path) in engines
        for node, other in rooms_imported(parsed(path))
        if other not in {room_of(path), "errors"}
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_outside_the_room_imports_django() -> None:
    wrong = [
        f"{place(path, node)}: {name}"
        for path in sources()
        if room_of(path) != "room" and path.stem not in ROOM_COMMANDS
        for node, name in imported(parsed(path))
        if name.split(".")[0] in {"django", "allauth", "whitenoise"}
    ]
    assert not wrong, "\n".join(wrong)


def test_commands_that_need_no_room_load_no_django() -> None:
    names = [
        f"anoa.cli.{path.stem}"
        for path in sorted((SOURCE / "cli").glob("*.py"))
        if path.stem not in ROOM_COMMANDS | {"__init__"}
    ]
    assert {"anoa.cli.check", "anoa.cli.index", "anoa.cli.verify"} <= set(names)
    script = (
        "import importlib, sys\n"
        f"for name in {['anoa.cli', *names]!r}: importlib.import_module(name)\n"
        "print(sorted(m for m in sys.modules if m.split('.')[0] == 'django'"
        " or m.startswith('anoa.room')))\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={"PYTHONPATH": str(ROOT / "src")},
    )
    assert (run.returncode, run.stdout.strip()) == (0, "[]"), run.stderr


def test_only_the_pack_room_reads_pack_files() -> None:
    wrong = [
        f"{place(path, node)}: {name}"
        for path in sources()
        if room_of(path) != "pack"
        for node, name in imported(parsed(path))
        if name.split(".")[0] in {"yaml", "ruamel"}
    ]
    assert not wrong, "\n".join(wrong)


def test_only_room_and_cli_touch_clock_chance_network_environment_and_database() -> None:
    wrong = [
        f"{place(path, node)}: {name}"
        for path in sources()
        if room_of(path) not in MAY_TOUCH_THE_WORLD
        for node, name in touches_of_the_world(parsed(path))
    ]
    assert not wrong, "\n".join(wrong)


def test_the_thinking_rooms_open_no_file() -> None:
    wrong = [
        f"{place(path, node)}: {name}"
        for path in sources()
        if room_of(path) not in MAY_OPEN_FILES
        for node, name in file_readings(parsed(path))
    ]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\nnow = datetime.now()",
        "import datetime\nnow = datetime.datetime.now(datetime.UTC)",
        "import time",
        "import os\nhome = os.environ['HOME']",
        "from urllib.request import urlopen",
        "import sqlite3",
        "from random import choice",
        "import numpy as np\nrng = np.random.default_rng()",
    ],
)
def test_the_scan_of_the_world_sees(source: str) -> None:
    assert list(touches_of_the_world(ast.parse(source)))


@pytest.mark.parametrize(
    "source",
    [
        "import numpy as np\nrng = np.random.default_rng(7)",
        "from urllib.parse import urlsplit",
        "from datetime import datetime\nthen = datetime.fromisoformat('2024-08-06')",
    ],
)
def test_the_scan_of_the_world_lets_pure_code_be(source: str) -> None:
    assert not list(touches_of_the_world(ast.parse(source)))


def test_the_import_scan_sees_imports_inside_functions() -> None:
    tree = ast.parse("def f():\n    from anoa import room\n    import anoa.cli.check\n")
    assert [name for _, name in rooms_imported(tree)] == ["room", "cli"]


def test_no_file_is_longer_than_600_lines() -> None:
    long = {
        str(path.relative_to(ROOT)): count
        for path in sources()
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 600
    }
    assert not long


def test_functions_stay_short() -> None:
    sizes = {
        f"{place(path, function)} {function.name}": code_lines(function)
        for path in sources()
        for function in functions(parsed(path))
    }
    long = {name: size for name, size in sizes.items() if size > 60}
    assert not long
    assert statistics.median(sizes.values()) < 10
    assert statistics.quantiles(sizes.values(), n=10)[-1] < 35
