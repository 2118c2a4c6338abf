"""Ten thousand random changes of a sealed log: all are found, and at the first entry they touch."""

from __future__ import annotations

import base64
import io
import json
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace

import rfc8785
from tests.seals_material import HEADER, KEYS, KPU, LOG_KEY, START, entry, lines, log_bytes

from anoa.logfile import HiddenEntry, encode64, scan_log
from anoa.seals import (
    KeyKind,
    PrivateKey,
    SealFile,
    Verdict,
    inclusion_proof,
    make_seal,
    parse_seal,
    root_of,
    sign_checkpoint,
    verify_inclusion,
    verify_log,
)

CHANGES = 10_000
SIZE, EARLIER, HIDDEN = 14, 8, (5, 11)
THIEF = PrivateKey(HEADER.origin, KeyKind.LOG, b"\x0b" * 32)
LOG = log_bytes(lines(SIZE, HIDDEN))
HEAD, *ROWS = LOG.decode().splitlines()
LEAVES = [line.leaf for line in lines(SIZE, HIDDEN)]


def sealed(size: int, start: int, leaves: list[bytes], key: PrivateKey = LOG_KEY) -> SealFile:
    note = sign_checkpoint(key.name, size, root_of(leaves[:size]), key)
    return parse_seal(make_seal(leaves[start:size], start, note))


SEALS = (sealed(EARLIER, 0, LEAVES), sealed(SIZE, EARLIER, LEAVES).cosigned(KPU, START))


@dataclass
class Change:
    """A changed log with its seals, and the first entry that is no longer the sealed one."""

    rows: list[str]
    first_bad: int | None
    seals: tuple[SealFile, ...] = SEALS

    def verdict(self) -> Verdict:
        data = "\n".join([HEAD, *self.rows, ""]).encode()
        return verify_log(scan_log(io.BytesIO(data)), self.seals, KEYS)


def numbered(rows: list[str], rng: random.Random) -> list[str]:
    """The rows as a careful forger writes them: numbered anew; a careless one leaves them."""
    if rng.random() < 0.3:
        return rows
    told = [json.loads(row) | {"seq": seq} for seq, row in enumerate(rows, start=1)]
    return [rfc8785.dumps(one).decode() for one in told]


def edited_row(row: str, rng: random.Random) -> str:
    told = json.loads(row)
    if "leaf" in told:
        told["leaf"] = encode64(rng.randbytes(32))
        return rfc8785.dumps(told).decode()
    name = rng.choice(["by", "agency", "subject", "data", "handling", "cause", "salt", "at", "v"])
    other: dict[str, object] = {
        "by": "m-18", "agency": "bawaslu-prov", "subject": "C-9999",
        "data": told["data"] | {"words": f"other {rng.random()}"}, "at": "2024-08-06T00:59:59Z",
        "handling": "public" if told["handling"] != "public" else "sealed",
        "cause": None if told["cause"] else 1, "salt": f"{rng.getrandbits(128):032x}", "v": 2,
    }  # fmt: skip
    return rfc8785.dumps(told | {name: other[name]}).decode()


def edit(rng: random.Random) -> Change:
    at = rng.randrange(SIZE)
    return Change([*ROWS[:at], edited_row(ROWS[at], rng), *ROWS[at + 1 :]], at + 1)


def drop(rng: random.Random) -> Change:
    at, width = rng.randrange(SIZE), rng.choice([1, 1, 2, SIZE])
    return Change(numbered([*ROWS[:at], *ROWS[at + width :]], rng), at + 1)


def swap(rng: random.Random) -> Change:
    one, other = sorted(rng.sample(range(SIZE), 2))
    rows = list(ROWS)
    rows[one], rows[other] = rows[other], rows[one]
    return Change(numbered(rows, rng), one + 1)


def insert(rng: random.Random) -> Change:
    at = rng.randrange(SIZE)
    new = replace(entry(at + 2), salt=f"{rng.getrandbits(128):032x}", cause=None, seq=at + 1)
    row = rfc8785.dumps(new.as_json()).decode()
    return Change(numbered([*ROWS[:at], row, *ROWS[at:]], rng), at + 1)


def with_bit(seal: SealFile, place: int, rng: random.Random) -> SealFile:
    """The seal with one bit of one of its signatures turned; name and key stay."""
    signatures = list(seal.checkpoint.signatures)
    value = bytearray(signatures[place].value)
    value[rng.randrange(len(value))] ^= 1 << rng.randrange(8)
    signatures[place] = replace(signatures[place], value=bytes(value))
    return replace(seal, checkpoint=replace(seal.checkpoint, signatures=tuple(signatures)))


def forge(rng: random.Random) -> Change:
    """A signature of log or institution that its key did not make; no entry is at fault."""
    odd = with_bit(SEALS[1], rng.randrange(2), rng)
    return Change(list(ROWS), None, (SEALS[0], odd))


def rewrite(rng: random.Random) -> Change:
    """The log is rewritten and sealed anew by a key of the log's own name that is not trusted."""
    change = edit(rng)
    leaves = list(LEAVES)
    assert change.first_bad is not None
    leaves[change.first_bad - 1] = rng.randbytes(32)
    change.seals = (SEALS[0], sealed(SIZE, EARLIER, leaves, THIEF))
    change.first_bad = change.first_bad if change.first_bad <= EARLIER else None
    return change


WAYS: tuple[Callable[[random.Random], Change], ...] = (edit, drop, swap, insert, forge, rewrite)


def test_the_untouched_log_is_sound() -> None:
    assert Change(list(ROWS), None).verdict().ok
    assert SEALS[1].size == SIZE == len(ROWS)


def test_ten_thousand_random_changes_are_all_found_with_the_first_bad_entry() -> None:
    rng, found = random.Random(6962), Counter[str]()
    for _ in range(CHANGES):
        way = rng.choice(WAYS)
        change = way(rng)
        verdict = change.verdict()
        assert not verdict.ok, (way.__name__, change)
        if change.first_bad or way is forge:
            assert verdict.first_bad_seq == change.first_bad, (way.__name__, verdict)
        assert verdict.problem
        found[way.__name__] += 1
    assert sum(found.values()) == CHANGES and min(found.values()) > CHANGES // 10


def test_the_same_signature_bytes_in_another_line_change_nothing() -> None:
    doubled = SEALS[1].checkpoint.with_signature(SEALS[1].checkpoint.signatures[1])
    assert Change(list(ROWS), None, (replace(SEALS[1], checkpoint=doubled),)).verdict().ok


def test_two_thousand_random_changes_of_a_proof_are_all_refused() -> None:
    rng, root = random.Random(9162), root_of(LEAVES)
    for _ in range(2_000):
        index = rng.randrange(SIZE)
        path = list(inclusion_proof(LEAVES, index))
        leaf, at, size = LEAVES[index], index, SIZE
        match rng.randrange(5):
            case 0:
                path[rng.randrange(len(path))] = rng.randbytes(32)
            case 1:
                path.pop(rng.randrange(len(path)))
            case 2:
                path.insert(rng.randrange(len(path) + 1), rng.randbytes(32))
            case 3:
                leaf = rng.choice([one for one in LEAVES if one != leaf])
            case _:
                at = rng.choice([i for i in range(SIZE) if i != index])
        assert not verify_inclusion(leaf, at, size, path, root)


def test_base64_of_a_leaf_has_one_spelling() -> None:
    row = next(row for row in ROWS if '"leaf"' in row)
    assert isinstance(lines(SIZE, HIDDEN)[HIDDEN[0] - 1], HiddenEntry)
    told = json.loads(row)
    raw = base64.b64decode(told["leaf"])
    other = base64.b64encode(raw).decode().rstrip("=")
    at = ROWS.index(row)
    rows = [*ROWS[:at], json.dumps(told | {"leaf": other}), *ROWS[at + 1 :]]
    assert Change(rows, None).verdict().first_bad_seq == at + 1
