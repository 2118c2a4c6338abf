"""LOG files: what is written is read back, and what is wrong is refused with its line."""

from __future__ import annotations

import hashlib
import io
import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from anoa.errors import LogError
from anoa.logfile import (
    DEPTH_LIMIT,
    LINE_LIMIT,
    HiddenEntry,
    LogFile,
    LogHeader,
    canonical,
    decode64,
    encode64,
    read_log,
    scan_log,
    shown,
    write_log,
)
from anoa.oplog import Handling
from seals_material import HEADER, HIDDEN, entry, lines, log_bytes, scanned

settings.register_profile("anoa", derandomize=True, deadline=None)
settings.load_profile("anoa")

LOG = log_bytes()


def read(data: bytes) -> LogFile:
    return read_log(io.BytesIO(data))


def rows() -> list[bytes]:
    return LOG.split(b"\n")[:-1]


def with_row(place: int, row: bytes) -> bytes:
    changed = rows()
    changed[place] = row
    return b"\n".join(changed) + b"\n"


def with_fields(place: int, **fields: object) -> bytes:
    return with_row(place, json.dumps({**json.loads(rows()[place]), **fields}).encode())


# Writing and reading


def test_what_is_written_is_read_back() -> None:
    assert read(LOG) == LogFile(HEADER, tuple(lines()))
    assert log_bytes(list(read(LOG).lines)) == LOG


def test_a_file_on_disk_is_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "record.log"
    path.write_bytes(LOG)
    assert read_log(path) == read(LOG) and scan_log(path) == scanned(LOG)
    with pytest.raises(LogError, match="cannot be read"):
        read_log(tmp_path / "none.log")
    with pytest.raises(LogError, match="cannot be read"):
        scan_log(tmp_path)


def test_a_written_line_is_the_bytes_that_its_leaf_hash_covers() -> None:
    for one, row in zip(
        lines(hidden=()), log_bytes(lines(hidden=())).split(b"\n")[1:], strict=False
    ):
        assert hashlib.sha256(b"\x00" + row).digest() == one.leaf


def test_scanning_and_strict_reading_agree_on_every_leaf() -> None:
    found = scanned(LOG)
    assert found.leaves == tuple(one.leaf for one in read(LOG).lines)
    assert found.faults == () and found.hidden == len(HIDDEN)
    assert read(LOG).scan() == found


def test_a_hidden_entry_shows_its_place_its_handling_and_its_leaf_only() -> None:
    assert set(json.loads(rows()[7])) == {"seq", "handling", "leaf"}
    assert read(LOG).lines[6] == HiddenEntry(7, Handling.SEALED, entry(7).leaf)
    assert len(read(LOG).entries) == 21


def test_a_log_of_no_entries_has_a_header() -> None:
    assert read(log_bytes([])).lines == ()


def test_a_log_may_lack_the_newline_at_its_end() -> None:
    assert read(LOG[:-1]) == read(LOG)


@pytest.mark.parametrize(
    ("of", "sentence"),
    [
        ([entry(2)], "entry '2' stands where entry 1"),
        ([entry(1), entry(1)], "entry '1' stands where entry 2"),
        ([replace(entry(1), kind="report.filed")], "begins with report.filed"),
        ([replace(entry(1), data={"operation": "other"})], "header says operation"),
        ([entry(1), replace(entry(2), salt="")], "its salt"),
        ([entry(1), replace(entry(2), by="")], "its by"),
        ([entry(1), replace(entry(2), cause=2)], "its cause"),
        ([entry(1), replace(entry(2), data={"n": 2**53})], "RFC 8785"),
        ([entry(1), replace(entry(2), data={"n": 1e16})], "RFC 8785"),
        ([entry(1), replace(entry(2), data={"n": float("nan")})], "RFC 8785"),
        ([entry(1), replace(entry(2), data={"n": {1, 2}})], "RFC 8785"),
        ([entry(1), replace(entry(2), data={"n": "\ud800"})], "RFC 8785"),
        ([entry(1), replace(entry(2), data={"n": "x" * LINE_LIMIT})], "longer than"),
    ],
)  # fmt: skip
def test_what_could_not_be_read_again_is_not_written(of: list, sentence: str) -> None:
    with pytest.raises(LogError, match=sentence):
        write_log(io.BytesIO(), HEADER, of)


def test_the_number_of_entries_written_is_returned() -> None:
    assert write_log(io.BytesIO(), HEADER, lines(4)) == 4


# What is refused


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"\xff", "not UTF-8"),
        (b"\xef\xbb\xbf{}", "byte order mark"),
        (b'{"seq":NaN}', "NaN"),
        (b'{"seq":-Infinity}', "Infinity"),
        (b'{"seq":1,"seq":1}', "same key twice"),
        (b'{"a":{"b":1,"b":1}}', "same key twice"),
        (b'{"seq":' + b"9" * 5000 + b"}", "not JSON"),
        (b'{"a":' + b"[" * 40 + b"]" * 40 + b"}", "nested deeper"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "nested deeper"),
        (b"{}" + b" " * LINE_LIMIT, "longer than"),
        (b"{}", "it lacks seq, at, by"),
        (b'{"leaf":"x","seq":3,"handling":"sealed","v":1}', "unknown 'v'"),
        (b'{"leaf":"x","seq":3,"handling":"sealed"}', "not base64"),
        (b'{"leaf":"AAAA","seq":3,"handling":"sealed"}', "3 bytes where 32"),
        (b'{"leaf":7,"seq":3,"handling":"sealed"}', "its leaf"),
        (b'{"leaf":"AAAA","seq":3,"handling":[]}', "its handling"),
        (b'{"leaf":"AAAA","seq":3,"handling":"secret"}', "not a handling"),
        (b'{"leaf":"AAAA","seq":true,"handling":"sealed"}', "'True' stands where entry 3"),
    ],
)  # fmt: skip
def test_a_line_that_is_no_entry_is_refused_with_its_number(row: bytes, sentence: str) -> None:
    with pytest.raises(LogError, match=f"(?s)line 4: .*{sentence}"):
        read(with_row(3, row))
    found = scanned(with_row(3, row))
    assert found.faults[0][0] == 3 and found.leaves[2] == b"" and len(found.leaves) == 23


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"seq": 4}, "stands where entry 3"),
        ({"seq": 3.0}, "stands where entry 3"),
        ({"seq": "3"}, "stands where entry 3"),
        ({"at": "yesterday"}, "not a time"),
        ({"at": "2024-08-06T01:03:00"}, "no offset"),
        ({"at": "2024-08-06T09:03:00+08:00"}, "not written as 2024-08-06T01:03:00Z"),
        ({"at": "0001-01-01T00:00:00+14:00"}, "not a time"),
        ({"at": 7}, "its at"),
        ({"by": ""}, "its by"),
        ({"agency": None}, "its agency"),
        ({"kind": "Report"}, "not an entry kind"),
        ({"kind": ["report.filed"]}, "its kind"),
        ({"v": 0}, "its version"),
        ({"v": True}, "its version"),
        ({"subject": {}}, "its subject"),
        ({"data": []}, "its data"),
        ({"handling": "secret"}, "not a handling"),
        ({"cause": 3}, "its cause"),
        ({"cause": 0}, "its cause"),
        ({"cause": "1"}, "its cause"),
        ({"salt": "xyz"}, "its salt"),
        ({"salt": "A" * 32}, "its salt"),
        ({"note": 1}, "unknown 'note'"),
        ({"data": {"n": 2**60}}, "RFC 8785"),
    ],
)  # fmt: skip
def test_a_field_that_does_not_fit_is_refused(fields: dict, sentence: str) -> None:
    with pytest.raises(LogError, match=f"line 4: .*{sentence}"):
        read(with_fields(3, **fields))


def test_a_number_too_large_for_a_float_is_refused() -> None:
    with pytest.raises(LogError, match=r"line 4: .*RFC 8785"):
        read(with_row(3, rows()[3].replace(b'"share":0.75', b'"share":1e400')))


def test_a_lone_surrogate_is_refused() -> None:
    with pytest.raises(LogError, match=r"line 4: .*RFC 8785"):
        read(with_row(3, rows()[3].replace(b"a commitment", b"\\ud800")))


def test_nesting_is_allowed_up_to_the_limit() -> None:
    def nested(depth: int) -> dict[str, object]:
        return {"a": nested(depth - 1)} if depth else {}

    deepest = DEPTH_LIMIT - 2  # the entry itself and its data are two levels
    assert read(with_fields(3, data=nested(deepest)))
    with pytest.raises(LogError, match="nested deeper than 32"):
        read(with_fields(3, data=nested(deepest + 1)))


def test_many_brackets_side_by_side_are_not_depth() -> None:
    assert read(with_fields(3, data={"rows": [[{}]] * 100}))


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        (b"", "not JSON"),
        (b"\x00\x01", "not JSON|not UTF-8"),
        (b"{}", "it lacks format"),
        (b"x" * (LINE_LIMIT + 5), "longer than"),
        (rows()[1], "it lacks format"),
        (rows()[0].replace(b"anoa-log/1", b"anoa-log/2"), "format is not anoa-log/1"),
        (rows()[0].replace(b"true", b"1"), "exercise must be true or false"),
        (rows()[0].replace(b'"sultra-2024"', b"7"), "operation must be a text"),
        (rows()[0].replace(b'"sultra-2024"', b'""'), "operation must be a text"),
        (rows()[0].replace(b"sultra-2024", b"sultra 2024"), "cannot be the name"),
        (rows()[0].replace(b'"Asia/Makassar"', b"null"), "time_zone must be a text"),
        (b"\xef\xbb\xbf" + rows()[0], "byte order mark"),
    ],
)  # fmt: skip
def test_what_does_not_begin_with_a_header_is_no_log(row: bytes, sentence: str) -> None:
    for reader in (read, scanned):
        with pytest.raises(LogError, match=f"line 1 is not the header.*({sentence})"):
            reader(with_row(0, row))


def test_an_empty_file_is_no_log() -> None:
    for reader in (read, scanned):
        with pytest.raises(LogError, match="the log is empty"):
            reader(b"")


@pytest.mark.parametrize("name", ["operation", "pack_digest", "time_zone"])
def test_the_header_must_agree_with_the_first_entry(name: str) -> None:
    data = with_fields(0, **{name: "other"})
    with pytest.raises(LogError, match=f"header says {name} 'other'"):
        read(data)
    assert scanned(data).faults[0][0] == 0


def test_true_and_1_are_not_the_same_in_header_and_first_entry() -> None:
    opened = {**entry(1).data, "exercise": 1}
    with pytest.raises(LogError, match="header says exercise 'True', the first entry '1'"):
        log_bytes([replace(entry(1), data=opened)])


def test_time_does_not_run_backwards() -> None:
    back = [entry(1), entry(2), replace(entry(3), at=entry(1).at - timedelta(hours=1))]
    with pytest.raises(LogError, match="entry 3 is earlier than entry 2"):
        read(log_bytes(back))


def test_faults_come_in_order_and_are_capped() -> None:
    found = scanned(rows()[0] + b"\n" + b"x\n" * 1000)
    assert [seq for seq, _ in found.faults] == list(range(1, 21))
    assert len(found.leaves) == 1000


def test_a_line_without_end_does_not_fill_the_memory() -> None:
    found = scanned(rows()[0] + b"\n" + b"x" * (5 * LINE_LIMIT) + b"\n" + rows()[2] + b"\n")
    assert len(found.leaves) == 2 and found.faults[0][0] == 1


# Laws

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner),
    max_leaves=12,
)
objects = st.dictionaries(st.text(max_size=4), json_values, max_size=6)


@given(objects)
def test_the_fast_canonical_form_is_that_of_rfc_8785(fields: dict) -> None:
    assert canonical(fields) == rfc8785.dumps(fields)


@pytest.mark.parametrize(
    "fields",
    [
        {"a\\": 1.0},
        {"a": [1e16, 1e-7, 5e-324, 0.1, -0.0, 1e21, 123456789012345.6]},
        {"a": 1.0, "b": -1.5e300},
        {"\ue000": 1, "\U00010000": 2},
        {"a": "\x00\x1f\x7f\u2028\u2029\b\t\"\\/é"},
        {"a": 2**53 - 1, "b": [-(2**53) + 1]},
        {"": {}, "a": []},
    ],
)  # fmt: skip
def test_the_corners_of_rfc_8785_are_kept(fields: dict) -> None:
    assert canonical(fields) == rfc8785.dumps(fields)


@given(objects)
def test_any_data_that_can_be_written_is_read_back(data: dict) -> None:
    one = replace(entry(2), data=data)
    try:
        raw = log_bytes([entry(1), one])
    except LogError:
        assert any(abs(x) >= 2**53 for x in floats(data))
    else:
        assert read(raw).lines[1].leaf == one.leaf


def floats(value: object) -> list[float]:
    if isinstance(value, float):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [x for one in inner for x in floats(one)]


@given(st.binary(max_size=400))
def test_any_bytes_are_a_log_or_a_sentence(data: bytes) -> None:
    for raw in (data, rows()[0] + b"\n" + data, rows()[0][:-1] + data):
        try:
            read(raw)
        except LogError as error:
            assert str(error)


@given(st.binary(max_size=60))
def test_base64_has_one_spelling(raw: bytes) -> None:
    text = encode64(raw)
    assert decode64(text) == raw and decode64(text, len(raw)) == raw
    for other in (text + "\n", " " + text, text.rstrip("=") if "=" in text else text + "="):
        with pytest.raises(LogError):
            decode64(other)


def test_foreign_text_is_shown_without_control_characters() -> None:
    assert shown("\x1b[31m\u202ered") == "'\\x1b[31m\\u202ered'"
    assert len(shown("x" * 1000)) == 82


def test_an_exercise_has_an_origin_of_its_own() -> None:
    real = LogHeader("sultra-2024", "sha256:3b7e", "Asia/Makassar", exercise=False)
    assert (real.origin, HEADER.origin) == ("sultra-2024", "sultra-2024/exercise")
