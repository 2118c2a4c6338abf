"""The tree is that of RFC 6962: published vectors, and the laws of its proofs."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from anoa.errors import LogError
from anoa.seals import (
    Frontier,
    consistency_proof,
    inclusion_proof,
    root_of,
    verify_consistency,
    verify_inclusion,
)
from anoa.seals.tree import prefix_roots

settings.register_profile("anoa", derandomize=True, deadline=None)
settings.load_profile("anoa")

# The eight inputs, roots and proofs that the reference implementations of Certificate
# Transparency have published since RFC 6962 and test themselves with.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
LEAVES = [hashlib.sha256(b"\x00" + data).digest() for data in INPUTS]
ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
INCLUSION = {
    (0, 8): [
        "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
    ],
    (5, 8): [
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
}
CONSISTENCY = {
    (1, 8): INCLUSION[0, 8],
    (6, 8): [
        "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
        "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    ],
    (2, 5): [
        "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
        "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
    ],
}

trees = st.integers(1, 70).map(lambda n: [hashlib.sha256(bytes([i])).digest() for i in range(n)])


@pytest.mark.parametrize("size", range(9))
def test_the_root_is_the_published_one(size: int) -> None:
    assert root_of(LEAVES[:size]).hex() == ROOTS[size]


@pytest.mark.parametrize(("index", "size"), INCLUSION)
def test_the_inclusion_proof_is_the_published_one(index: int, size: int) -> None:
    proof = inclusion_proof(LEAVES[:size], index)
    assert [step.hex() for step in proof] == INCLUSION[index, size]


@pytest.mark.parametrize(("old", "new"), CONSISTENCY)
def test_the_consistency_proof_is_the_published_one(old: int, new: int) -> None:
    proof = consistency_proof(LEAVES[:new], old)
    assert [step.hex() for step in proof] == CONSISTENCY[old, new]
    roots = bytes.fromhex(ROOTS[old]), bytes.fromhex(ROOTS[new])
    assert verify_consistency(old, new, *roots, proof)


@given(trees, st.data())
def test_every_leaf_is_proved_at_its_own_place_only(leaves: list[bytes], data: st.DataObject):
    index = data.draw(st.integers(0, len(leaves) - 1))
    other = data.draw(st.integers(0, len(leaves) - 1))
    proof, root = inclusion_proof(leaves, index), root_of(leaves)
    assert verify_inclusion(leaves[index], index, len(leaves), proof, root)
    assert verify_inclusion(leaves[other], other, len(leaves), proof, root) == (other == index)


@given(trees, st.data())
def test_every_prefix_is_proved_and_no_other_root(leaves: list[bytes], data: st.DataObject):
    old = data.draw(st.integers(0, len(leaves)))
    proof, roots = consistency_proof(leaves, old), (root_of(leaves[:old]), root_of(leaves))
    assert verify_consistency(old, len(leaves), *roots, proof)
    assert not verify_consistency(old, len(leaves), b"x" * 32, roots[1], proof)
    assert not verify_consistency(old, len(leaves), roots[0], b"x" * 32, proof) or old == 0


@given(trees, st.data())
def test_a_proof_with_a_step_changed_dropped_or_added_is_refused(
    leaves: list[bytes], data: st.DataObject
):
    index = data.draw(st.integers(0, len(leaves) - 1))
    proof, root = list(inclusion_proof(leaves, index)), root_of(leaves)
    place = data.draw(st.integers(0, len(proof)))
    longer = [*proof[:place], b"x" * 32, *proof[place:]]
    assert not verify_inclusion(leaves[index], index, len(leaves), longer, root)
    if place < len(proof):
        shorter = proof[:place] + proof[place + 1 :]
        assert not verify_inclusion(leaves[index], index, len(leaves), shorter, root)
        changed = [*proof[:place], b"x" * 32, *proof[place + 1 :]]
        assert not verify_inclusion(leaves[index], index, len(leaves), changed, root)


@given(trees, st.data())
def test_a_frontier_grows_to_the_same_root_whatever_the_steps(
    leaves: list[bytes], data: st.DataObject
):
    cut = data.draw(st.integers(0, len(leaves)))
    grown = Frontier().extend(leaves[:cut]).extend(leaves[cut:])
    assert grown.root == root_of(leaves)
    assert prefix_roots(leaves, [cut, len(leaves) + 1]) == {cut: root_of(leaves[:cut])}


@given(st.integers(-2, 9), st.integers(-2, 9), st.lists(st.sampled_from(LEAVES), max_size=5))
def test_a_proof_of_any_shape_gets_an_answer(first: int, second: int, proof: list[bytes]):
    assert not verify_inclusion(b"x" * 32, first, second, proof, b"y" * 32)
    assert not verify_consistency(first, second, b"x" * 32, b"y" * 32, proof)


def test_what_is_not_in_the_tree_has_no_proof() -> None:
    with pytest.raises(LogError, match="no leaf 8 in a tree of 8"):
        inclusion_proof(LEAVES, 8)
    with pytest.raises(LogError, match="no prefix of 9"):
        consistency_proof(LEAVES, 9)
    with pytest.raises(LogError, match="cannot have 1 peaks"):
        Frontier(3, (b"x" * 32,))
