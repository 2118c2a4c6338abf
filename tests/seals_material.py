"""A small log, its keys and its daily seals, as the tests of seals and log files need them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from anoa.logfile import HiddenEntry, LogHeader, LogLine, LogScan, scan_log, write_log
from anoa.oplog import Entry, Handling
from anoa.seals import (
    KeyKind,
    PrivateKey,
    PublicKey,
    SealFile,
    make_seal,
    parse_seal,
    root_of,
    sign_checkpoint,
)

START = datetime(2024, 8, 6, 1, 0, tzinfo=UTC)
HEADER = LogHeader("sultra-2024", "sha256:3b7e", "Asia/Makassar", exercise=True)
LOG_KEY = PrivateKey(HEADER.origin, KeyKind.LOG, b"\x01" * 32)
KPU = PrivateKey("kpu-prov.example/anoa", KeyKind.COSIGNER, b"\x02" * 32)
BAWASLU = PrivateKey("bawaslu-prov.example/anoa", KeyKind.COSIGNER, b"\x03" * 32)
KEYS: tuple[PublicKey, ...] = (LOG_KEY.public, KPU.public, BAWASLU.public)
KEYS_TEXT = "# keys of the exercise\n" + "".join(f"{key.vkey}\n" for key in KEYS)
SEAL_SIZES = (5, 12, 12, 20)
HIDDEN = (7, 15)


def entry(seq: int, words: str = "a commitment", handling: str = "institutions") -> Entry:
    """An entry of the test log; the first opens the operation."""
    opening = seq == 1
    data = {key: value for key, value in HEADER.as_json().items() if key != "format"}
    return Entry(
        seq=seq,
        at=START + timedelta(minutes=seq),
        by="m-17",
        agency="kpu-prov",
        kind="operation.opened" if opening else "commitment.requested",
        v=1,
        subject="sultra-2024" if opening else f"C-{seq:04d}",
        data=data if opening else {"words": words, "region": "74.03", "share": seq / 4},
        handling=Handling.PUBLIC if opening else Handling(handling),
        cause=None if opening else 1,
        salt=f"{seq:032x}",
    )


def lines(size: int = 23, hidden: Sequence[int] = HIDDEN) -> list[LogLine]:
    """The log as a reader gets it who may not see the entries of ``hidden``."""
    whole = [entry(seq) for seq in range(1, size + 1)]
    return [
        HiddenEntry(one.seq, Handling.SEALED, one.leaf) if one.seq in hidden else one
        for one in whole
    ]


def log_bytes(of: Sequence[LogLine] | None = None, header: LogHeader = HEADER) -> bytes:
    """The bytes of the LOG file."""
    fp = io.BytesIO()
    write_log(fp, header, lines() if of is None else of)
    return fp.getvalue()


def scanned(data: bytes) -> LogScan:
    """The LOG file's bytes as verification takes them."""
    return scan_log(io.BytesIO(data))


def checkpoint_text(leaves: Sequence[bytes], key: PrivateKey = LOG_KEY) -> str:
    """The signed head over all the leaf hashes."""
    return sign_checkpoint(key.name, len(leaves), root_of(leaves), key)


def seal_bytes(leaves: Sequence[bytes], start: int, key: PrivateKey = LOG_KEY) -> bytes:
    """The SEAL file over all the leaf hashes, carrying those after ``start``."""
    return make_seal(leaves[start:], start, checkpoint_text(leaves, key))


def seals(leaves: Sequence[bytes] | None = None) -> list[SealFile]:
    """The daily seals: at 5, 12, 12 again (a quiet day) and 20 entries."""
    whole = [line.leaf for line in lines()] if leaves is None else leaves
    starts = (0, *SEAL_SIZES)
    return [
        parse_seal(seal_bytes(whole[:size], start))
        for start, size in zip(starts, SEAL_SIZES, strict=False)
    ]


def bare(seal: SealFile) -> SealFile:
    """The seal's checkpoint alone."""
    return SealFile(seal.checkpoint)


def laid_out(folder: Path, log: bytes | None = None) -> tuple[Path, list[Path], Path]:
    """LOG, SEALs and KEYS as files in a folder."""
    log_path, keys_path = folder / "record.log", folder / "keys.txt"
    log_path.write_bytes(log_bytes() if log is None else log)
    keys_path.write_text(KEYS_TEXT, encoding="utf-8")
    seal_paths = []
    for number, seal in enumerate(seals(), start=1):
        path = folder / f"day-{number}.seal"
        path.write_bytes(seal.data)
        seal_paths.append(path)
    return log_path, seal_paths, keys_path
