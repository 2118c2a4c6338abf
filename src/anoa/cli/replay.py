"""``anoa replay``: the picture of any moment from a LOG alone; no pack, no room, no database."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from anoa.errors import LogError
from anoa.logfile import LogFile, read_log
from anoa.oplog import instant_text, parse_instant, plain
from anoa.picture import Picture


def add(subparsers: Any) -> None:
    """Add ``replay`` to the parsers of the command line."""
    parser = subparsers.add_parser(
        "replay", help="rebuild the picture of any moment from a log",
        description="Rebuild the operating picture from an operation log, as of its end or of a "
        "moment. Needs only the file; where entries are hidden from its reader, the picture is "
        "the part that the others give.",
    )  # fmt: skip
    parser.add_argument("log", type=Path, metavar="LOG", help="the log, as anoa export writes it")
    parser.add_argument(
        "--until",
        metavar="TIME",
        help="a moment: with an offset as in +02:00, else in the time zone of the log",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the picture; returns 0."""
    log = read_log(args.log)
    until = None if args.until is None else _moment(args.until, log.header.time_zone)
    picture = Picture.replay(log.lines, until=until)
    write = as_json if args.json else in_words
    sys.stdout.write(write(log, picture))
    return 0


def _moment(text: str, time_zone: str) -> datetime:
    """The instant of a time that carries an offset, or means the time zone of the log."""
    try:
        at = datetime.fromisoformat(text)
        zone = ZoneInfo(time_zone)
    except ValueError:
        return parse_instant(text)
    except (KeyError, OSError) as error:
        raise LogError(
            "{text} needs an offset: no zone {zone}", text=text, zone=time_zone
        ) from error
    return parse_instant((at if at.tzinfo else at.replace(tzinfo=zone)).isoformat())


def as_json(log: LogFile, picture: Picture) -> str:
    """The picture as one JSON object: operation, seq, at, and all things by kind and id."""
    found = {
        "operation": log.header.operation, "exercise": log.header.exercise,
        "seq": picture.seq, "at": instant_text(picture.at) if picture.at else None,
        "things": {
            thing: {ident: plain(asdict(item)) | _state(item) for ident, item in items.items()}
            for thing, items in picture.things.items()
        },
    }  # fmt: skip
    return json.dumps(found, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _state(item: Any) -> dict[str, str]:
    state = getattr(item, "state", None)
    return {} if state is None else {"state": str(state)}


def in_words(log: LogFile, picture: Picture) -> str:
    """The picture as a short list."""
    mark = "EXERCISE – INVENTED DATA" if log.header.exercise else ""
    at = instant_text(picture.at) if picture.at else "the beginning"
    lines = [mark, f"{log.header.operation} at entry {picture.seq}, {at}"]
    for thing, items in picture.things.items():
        states: dict[str, int] = {}
        for item in items.values():
            state = str(getattr(item, "state", "") or "")
            states[state] = states.get(state, 0) + 1
        said = ", ".join(f"{n} {state}" if state else str(n) for state, n in states.items())
        lines += [f"  {thing:<11} {said}"] if said else []
    return "\n".join(line for line in [*lines, mark] if line) + "\n"
