"""Verification finds every change to a sealed log and names the first entry that differs."""

from __future__ import annotations

import base64
import json
import random
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anoa.errors import LogError
from anoa.logfile import LogFile, LogHeader
from anoa.seals import (
    KeyKind,
    PrivateKey,
    SealFile,
    Signature,
    Verdict,
    parse_seal,
    verify_log,
)
from seals_material import (
    BAWASLU,
    HEADER,
    HIDDEN,
    KEYS,
    KPU,
    LOG_KEY,
    bare,
    checkpoint_text,
    entry,
    lines,
    log_bytes,
    scanned,
    seal_bytes,
    seals,
)

settings.register_profile("anoa", derandomize=True, deadline=None)
settings.load_profile("anoa")

AT = datetime(2024, 8, 6, 12, 0, tzinfo=UTC)
LOG = log_bytes()
SEALS = seals()


def verdict(data: bytes = LOG, given_seals: list[SealFile] | None = None) -> Verdict:
    return verify_log(scanned(data), SEALS if given_seals is None else given_seals, KEYS)


def with_lines(change) -> bytes:
    """The LOG after ``change`` of the list of its lines (0 is the header, n is entry n)."""
    rows = LOG.split(b"\n")[:-1]
    change(rows)
    return b"\n".join(rows) + b"\n"


def edited(place: int, **fields: object) -> bytes:
    """The LOG with fields of the entry at a place changed."""

    def change(rows: list[bytes]) -> None:
        rows[place] = json.dumps({**json.loads(rows[place]), **fields}).encode()

    return with_lines(change)


# Sound logs


def test_an_untouched_log_is_sound_and_says_what_is_not_sealed() -> None:
    found = verdict()
    assert found.as_json() == {
        "ok": True, "size": 23, "sealed_to": 20, "first_bad_seq": None, "problem": None,
        "unsealed": 3, "cosigned_by": [], "hidden": 2, "unknown_signatures": [], "problems": [],
    }  # fmt: skip


def test_the_order_of_the_seals_and_repeated_ones_do_not_matter() -> None:
    assert verdict(given_seals=[*reversed(SEALS), SEALS[1], bare(SEALS[0])]) == verdict()


def test_every_single_seal_suffices_for_what_it_covers() -> None:
    for seal in SEALS:
        for one in (seal, bare(seal)):
            found = verdict(given_seals=[one])
            assert found.ok and found.sealed_to == seal.size and found.unsealed == 23 - seal.size


def test_every_reader_can_check_what_another_reader_got() -> None:
    for hidden in ([], [2, 3, 4], list(range(2, 24))):
        assert verdict(log_bytes(lines(hidden=hidden))).ok


def test_a_log_file_read_strictly_verifies_alike() -> None:
    assert verify_log(LogFile(HEADER, tuple(lines())), SEALS, KEYS) == verdict()


def test_spaces_and_the_order_of_keys_are_not_part_of_the_record() -> None:
    again = b"\n".join(json.dumps(json.loads(row)).encode() for row in LOG.splitlines()) + b"\n"
    assert again != LOG and verdict(again) == verdict()


def test_cosignatures_are_listed_with_the_size_and_time_they_vouch_for() -> None:
    cosigned = SEALS[1].cosigned(KPU, AT).cosigned(BAWASLU, AT)
    found = verdict(given_seals=[SEALS[0], cosigned, SEALS[3]])
    assert found.ok
    assert found.as_json()["cosigned_by"] == [
        {"name": key.name, "size": 12, "at": "2024-08-06T12:00:00Z"} for key in (BAWASLU, KPU)
    ]


def test_two_copies_of_a_seal_bring_the_cosignatures_of_both() -> None:
    copies = [SEALS[3].cosigned(KPU, AT), SEALS[3].cosigned(BAWASLU, AT)]
    assert [one.name for one in verdict(given_seals=copies).cosigned_by] == [
        BAWASLU.name, KPU.name
    ]  # fmt: skip


def test_a_signature_by_an_unknown_key_is_named_and_counts_for_nothing() -> None:
    stranger = PrivateKey("stranger.example", KeyKind.COSIGNER, b"\x07" * 32)
    found = verdict(given_seals=[SEALS[3].cosigned(stranger, AT)])
    assert found.ok and found.cosigned_by == ()
    assert found.unknown_signatures == ("stranger.example",)


def test_an_empty_log_may_be_sealed() -> None:
    data = log_bytes([])
    assert verdict(data, [parse_seal(seal_bytes([], 0))]).ok


# Changes, each with the entry that is named


def swap(rows: list[bytes]) -> None:
    rows[8], rows[9] = rows[9], rows[8]


def hidden_leaf(rows: list[bytes]) -> None:
    leaf = base64.b64encode(b"x" * 32).decode()
    rows[7] = json.dumps({"seq": 7, "handling": "sealed", "leaf": leaf}).encode()


def unhidden(rows: list[bytes]) -> None:
    rows[7] = json.dumps(entry(7, "something else").as_json()).encode()


CHANGES = {
    "edit": (edited(9, data={"words": "another"}), 9),
    "edit of the salt": (edited(9, salt="0" * 32), 9),
    "edit of who": (edited(9, agency="bawaslu-prov"), 9),
    "edit of when": (edited(9, at="2024-08-06T01:09:01Z"), 9),
    "edit of the handling": (edited(9, handling="public"), 9),
    "edit of the first": (edited(1, subject="other"), 1),
    "edit of the last sealed": (edited(20, data={}), 20),
    "drop": (with_lines(lambda rows: rows.pop(9)), 9),
    "drop of the first": (with_lines(lambda rows: rows.pop(1)), 1),
    "swap": (with_lines(swap), 8),
    "insert": (with_lines(lambda rows: rows.insert(9, rows[9].replace(b"C-", b"D-"))), 9),
    "duplicate": (with_lines(lambda rows: rows.insert(9, rows[8])), 9),
    "truncation": (with_lines(lambda rows: rows.__delitem__(slice(15, None))), 15),
    "loss of all entries": (with_lines(lambda rows: rows.__delitem__(slice(1, None))), 1),
    "cut in the middle of a line": (LOG[: LOG.index(b'"C-0016"')], 16),
    "a hidden leaf replaced": (with_lines(hidden_leaf), 7),
    "another entry in place of a hidden one": (with_lines(unhidden), 7),
    "a line that is not JSON": (with_lines(lambda rows: rows.__setitem__(9, b"{")), 9),
    "a key given twice": (with_lines(lambda rows: rows.__setitem__(
        9, rows[9][:-1] + b',"v":1}')), 9),
    "an unknown key": (edited(9, note="x"), 9),
    "an empty line": (with_lines(lambda rows: rows.insert(9, b"")), 9),
    "damage after the last seal": (edited(22, v=0), 22),
}  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_the_first_entry_that_differs_is_named(name: str) -> None:
    data, seq = CHANGES[name]
    found = verdict(data)
    assert not found.ok and found.first_bad_seq == seq
    assert str(seq) in (found.problem or "") or str(seq - 1) in (found.problem or "")


@pytest.mark.parametrize("name", CHANGES)
def test_with_the_last_seal_alone_the_change_is_found(name: str) -> None:
    data, seq = CHANGES[name]
    found = verdict(data, [SEALS[3]])
    assert not found.ok and found.first_bad_seq is not None
    # The seal carries the hashes of 13 to 20 only: below, the interval begins at 1.
    assert found.first_bad_seq == (seq if seq > 12 else 1)
    assert seq in (1, found.first_bad_seq) or "between entries 1 and" in str(found.problem)


@pytest.mark.parametrize(("seq", "start", "end"), [(3, 1, 5), (9, 6, 12), (13, 13, 20)])
def test_bare_checkpoints_name_the_interval(seq: int, start: int, end: int) -> None:
    found = verdict(edited(seq, data={}), [bare(seal) for seal in SEALS])
    assert found.first_bad_seq == start
    assert f"between entries {start} and {end}" in str(found.problem)


def test_a_log_cut_below_a_bare_checkpoint_is_found() -> None:
    short = with_lines(lambda rows: rows.__delitem__(slice(13, None)))
    found = verdict(short, [bare(seal) for seal in SEALS])
    assert found.first_bad_seq == 13 and "ends at entry 12" in str(found.problem)


def test_a_later_seal_with_leaf_hashes_names_the_entry_in_a_bare_interval() -> None:
    leaves = [line.leaf for line in lines(20)]
    whole = parse_seal(seal_bytes(leaves, 0))
    found = verdict(edited(9, data={}), [bare(SEALS[0]), bare(SEALS[1]), whole])
    assert found.first_bad_seq == 9 and len(found.problems) == 1


def test_a_change_before_a_gap_does_not_hide_that_the_rest_is_sound() -> None:
    found = verdict(edited(3, data={}), [SEALS[0], bare(SEALS[1]), SEALS[3]])
    assert found.first_bad_seq == 3 and len(found.problems) == 1


def test_a_change_of_the_log_and_of_its_leaf_hash_in_the_seal_is_found() -> None:
    data = edited(9, data={})
    leaf = scanned(data).leaves[8]
    forged = SealFile(SEALS[1].checkpoint, 5, (*SEALS[1].leaves[:3], leaf, *SEALS[1].leaves[4:]))
    found = verdict(data, [SEALS[0], forged])
    assert not found.ok and found.first_bad_seq == 6
    assert "between entries 6 and 12" in str(found.problem)


@pytest.mark.parametrize("name", ["pack_digest", "time_zone", "exercise", "operation"])
def test_a_changed_header_is_found(name: str) -> None:
    value = False if name == "exercise" else "other"
    data = with_lines(
        lambda rows: rows.__setitem__(0, json.dumps({**json.loads(rows[0]), name: value}).encode())
    )
    found = verdict(data)
    assert not found.ok and found.first_bad_seq is None and name in str(found.problem)


def test_a_header_and_first_entry_changed_together_are_found() -> None:
    other = LogHeader("sultra-2024", "sha256:0000", "Asia/Makassar", exercise=True)
    rows = LOG.split(b"\n")
    first = json.loads(rows[1])
    first["data"]["pack_digest"] = other.pack_digest
    rows[:2] = [json.dumps(other.as_json()).encode(), json.dumps(first).encode()]
    assert verdict(b"\n".join(rows)).first_bad_seq == 1


def test_a_hidden_first_entry_leaves_the_header_unproved() -> None:
    rows = LOG.split(b"\n")
    leaf = base64.b64encode(entry(1).leaf).decode()
    rows[1] = json.dumps({"seq": 1, "handling": "sealed", "leaf": leaf}).encode()
    found = verdict(b"\n".join(rows))
    assert not found.ok and "hidden" in str(found.problem)


# Seals that are not to be trusted


def forged(seal: SealFile, number: int) -> SealFile:
    """The seal with one bit of one signature changed."""
    signatures = list(seal.checkpoint.signatures)
    old = signatures[number]
    value = old.value[:-1] + bytes([old.value[-1] ^ 1])
    signatures[number] = Signature(old.name, old.key_id, value)
    head = type(seal.checkpoint)(
        seal.checkpoint.origin, seal.checkpoint.size, seal.checkpoint.root, tuple(signatures)
    )
    return SealFile(head, seal.from_size, seal.leaves)


def test_a_forged_signature_of_the_log_is_found() -> None:
    found = verdict(given_seals=[*SEALS[:3], forged(SEALS[3], 0)])
    assert not found.ok and found.first_bad_seq is None
    assert "did not make" in str(found.problem) and found.sealed_to == 12


def test_a_forged_cosignature_is_found_even_beside_a_good_signature_of_the_log() -> None:
    found = verdict(given_seals=[forged(SEALS[3].cosigned(KPU, AT), 1)])
    assert not found.ok and "kpu-prov" in str(found.problem) and found.cosigned_by == ()


def test_a_seal_of_a_key_that_is_not_in_the_file_is_refused() -> None:
    impostor = PrivateKey(LOG_KEY.name, KeyKind.LOG, b"\x66" * 32)
    leaves = [line.leaf for line in lines(20)]
    found = verdict(given_seals=[parse_seal(seal_bytes(leaves, 0, impostor))])
    assert not found.ok and found.sealed_to == 0 and "not signed" in str(found.problem)
    assert found.unknown_signatures == (LOG_KEY.name,)


def test_the_keys_file_must_hold_the_key_of_the_log() -> None:
    found = verify_log(scanned(LOG), SEALS[:1], [KPU.public])
    assert not found.ok and "no log key" in str(found.problem)


def test_the_seal_of_another_operation_is_refused() -> None:
    other = PrivateKey("other-2024", KeyKind.LOG, b"\x05" * 32)
    leaves = [line.leaf for line in lines(20)]
    seal = parse_seal(seal_bytes(leaves, 0, other))
    found = verify_log(scanned(LOG), [seal], [*KEYS, other.public])
    assert not found.ok and "belongs to the log 'other-2024'" in str(found.problem)
    assert found.sealed_to == 0


def test_seals_of_a_log_that_was_rewritten_contradict_each_other() -> None:
    rewritten = [line.leaf for line in lines(20)]
    rewritten[8] = entry(9, "rewritten").leaf
    later = parse_seal(seal_bytes(rewritten, 12))
    data = edited(9, data=dict(entry(9, "rewritten").data))
    for given_seals in ([*SEALS[:2], later], [SEALS[0], bare(SEALS[1]), bare(later)]):
        found = verdict(data, given_seals)
        assert not found.ok
        assert any("contradict each other" in problem for problem in found.problems)
    assert verdict(data, [*SEALS[:2], later]).first_bad_seq == 9


def test_two_seals_of_one_size_and_two_roots_contradict_each_other() -> None:
    other = [*[line.leaf for line in lines(11)], entry(12, "other").leaf]
    found = verdict(given_seals=[*SEALS, parse_seal(seal_bytes(other, 5))])
    assert not found.ok and any("contradict" in problem for problem in found.problems)


def test_a_seal_that_shrank_and_grew_again_with_other_entries_is_found() -> None:
    shorter = [line.leaf for line in lines(8)]
    regrown = [*shorter, *(entry(seq, "regrown").leaf for seq in range(9, 21))]
    seal = parse_seal(seal_bytes(regrown, 8))
    found = verdict(given_seals=[SEALS[0], SEALS[1], parse_seal(seal_bytes(shorter, 5)), seal])
    assert not found.ok and any("contradict" in problem for problem in found.problems)


def test_leaf_hashes_that_do_not_give_the_root_are_found() -> None:
    wrong = SealFile(SEALS[1].checkpoint, 5, (b"x" * 32, *SEALS[1].leaves[1:]))
    found = verdict(given_seals=[SEALS[0], wrong])
    assert not found.ok and found.first_bad_seq is None
    assert "do not give its root" in str(found.problem)


def test_without_a_seal_nothing_is_proved() -> None:
    assert "nothing is proved" in str(verdict(given_seals=[]).problem)


def test_all_problems_are_told_the_one_about_the_log_first() -> None:
    stranger = PrivateKey("other", KeyKind.LOG, b"\x05" * 32)
    strange = parse_seal(checkpoint_text([], stranger).encode())
    found = verdict(edited(9, data={}), [*SEALS, strange])
    assert found.problems[0].startswith("entry 9") and len(found.problems) == 3


# Anything at all


def tokens(data: bytes) -> list[object]:
    """What the lines say, whatever the spaces between tokens; pairs are counted to see doubles."""
    rows = data.decode().removesuffix("\n").split("\n")
    return [json.loads(row, object_pairs_hook=lambda p: (len(p), dict(p))) for row in rows]


def same_record(data: bytes, log: bytes) -> bool:
    """Whether the changed bytes still say the same."""
    try:
        return tokens(data) == tokens(log)
    except ValueError:
        return False


def mutated(data: bytes, rng: random.Random) -> bytes:
    """One random change: a byte changed, dropped or added, a piece cut, doubled or moved."""
    start, end = sorted((rng.randrange(len(data)), rng.randrange(len(data))))
    end = min(end, start + 200)
    return rng.choice([
        data[:start] + bytes([data[start] ^ 1 << rng.randrange(8)]) + data[start + 1 :],
        data[:start] + data[start + 1 :],
        data[:start] + bytes([rng.randrange(256)]) + data[start:],
        data[:start] + data[end:],
        data[:end] + data[start:],
        data[:start],
    ])  # fmt: skip


def test_five_hundred_random_changes_of_a_sealed_log_are_all_found() -> None:
    rng, log = random.Random(6962), log_bytes(lines(20))
    for _ in range(500):
        data = mutated(log, rng)
        try:
            found = verdict(data)
        except LogError as error:
            assert "line 1 is not the header" in str(error) or "empty" in str(error)
        else:
            assert found.ok == same_record(data, log), found


def test_five_hundred_random_changes_of_a_seal_never_make_it_say_more() -> None:
    rng, data = random.Random(9162), SEALS[3].cosigned(KPU, AT).data
    for _ in range(500):
        changed = mutated(data, rng)
        try:
            found = verdict(given_seals=[parse_seal(changed)])
        except LogError as error:
            assert str(error)
        else:
            assert not found.ok or found.sealed_to == 20
            assert all(one.name == KPU.name for one in found.cosigned_by)


@given(st.binary(max_size=300), st.integers(0, 23))
def test_any_bytes_after_any_line_get_a_verdict(data: bytes, keep: int) -> None:
    rows = LOG.split(b"\n")[: keep + 1]
    found = verdict(b"\n".join(rows) + b"\n" + data)
    assert found.ok == (keep >= 20 and not data)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=5,
)


@given(st.sampled_from(list(json.loads(LOG.splitlines()[2]))), json_values)
def test_any_value_in_any_field_gets_a_verdict(name: str, value: object) -> None:
    found = verdict(edited(2, **{name: value}))
    before = json.loads(LOG.splitlines()[2])[name]
    same = json.dumps(value) == json.dumps(before) and type(value) is type(before)
    assert found.ok == same and found.first_bad_seq == (None if same else 2)


@given(st.lists(st.sampled_from(range(7)), max_size=4), st.sampled_from(sorted(CHANGES)))
def test_any_choice_of_seals_gets_a_verdict(numbers: list[int], name: str) -> None:
    data, seq = CHANGES[name]
    choice = [*SEALS, *(bare(seal) for seal in SEALS[:3])]
    found = verdict(data, [choice[number] for number in numbers])
    if found.ok:
        assert found.sealed_to < seq
    elif found.first_bad_seq:
        assert found.first_bad_seq <= seq


def test_hidden_entries_are_counted() -> None:
    assert verdict().hidden == len(HIDDEN)
