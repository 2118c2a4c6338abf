"""The command line: each command is a module with ``add`` (its parser) and ``run``.

Only the module of the command that was asked for is imported, so that a check of a pack starts
without pandas and a replay without Django.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from anoa.errors import AnoaError

COMMANDS = (
    "demo", "serve", "backup", "restore", "new-pack", "check", "form", "index", "boundaries",
    "replay", "sitrep", "export", "import", "token", "stations", "seal", "verify", "verify-receipt",
    "countersign", "keys", "tls", "admin", "retention", "words",
)  # fmt: skip
MODULES = {"import": "bring_in"}  # where the command's name cannot be a module's
FAILED = 2


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status; 2 stands for anything that cannot be done."""
    args = list(sys.argv[1:] if argv is None else argv)
    asked = next((arg for arg in args if not arg.startswith("-")), None)
    chosen = parser([asked] if asked in COMMANDS else COMMANDS).parse_args(args)
    try:
        status: int = chosen.run(chosen)
    except AnoaError as error:
        print(f"anoa {chosen.command}: {error}", file=sys.stderr)
        return FAILED
    except BrokenPipeError:
        sys.stderr.close()  # the reader left; nothing more can be said
        return 0
    except KeyboardInterrupt:
        return 130
    return status


def parser(commands: Sequence[str]) -> argparse.ArgumentParser:
    """The parser with those commands."""
    top = argparse.ArgumentParser(
        prog="anoa",
        description="From an election vulnerability index to early, joint and accountable action.",
        epilog="Begin with: anoa demo",
    )
    subparsers = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name in commands:
        module = MODULES.get(name, name.replace("-", "_"))
        import_module(f"anoa.cli.{module}").add(subparsers)
    return top
