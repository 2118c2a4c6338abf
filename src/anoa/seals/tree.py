"""The Merkle tree of RFC 6962: heads, inclusion proofs and consistency proofs over leaf hashes.

A leaf is always a hash here (``oplog.leaf_of`` makes it), never the data it stands for.
Sources: RFC 6962 section 2.1 (definitions), RFC 9162 sections 2.1.3 and 2.1.4 (verification).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from anoa.errors import LogError

_WIDTH = 32  # bytes of a hash


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """The right edge of a tree: all that is needed to add leaves and to know the root.

    ``peaks`` are the roots of the perfect subtrees from left to right, one per set bit of ``size``.

    >>> Frontier().extend([b"a" * 32, b"b" * 32]).size
    2
    """

    size: int = 0
    peaks: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size < 0 or len(self.peaks) != self.size.bit_count():
            raise LogError(f"a tree of {self.size} leaves cannot have {len(self.peaks)} peaks")

    def extend(self, leaves: Iterable[bytes]) -> Frontier:
        """The frontier after the leaf hashes were added, in order."""
        sha256, size, peaks = hashlib.sha256, self.size, list(self.peaks)
        for leaf in leaves:
            size += 1
            node, rest = leaf, size
            while not rest & 1:
                node = sha256(b"\x01" + peaks.pop() + node).digest()
                rest >>= 1
            peaks.append(node)
        return Frontier(size, tuple(peaks))

    @property
    def root(self) -> bytes:
        """The 32-byte Merkle tree hash; of no leaves, the hash of nothing."""
        if not self.peaks:
            return hashlib.sha256().digest()
        node = self.peaks[-1]
        for peak in reversed(self.peaks[:-1]):
            node = _node(peak, node)
        return node


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The Merkle tree hash of the leaf hashes.

    >>> root_of([]).hex()[:16]
    'e3b0c44298fc1c14'
    """
    return Frontier().extend(leaves).root


class Tree:
    """A tree that grows, and gives root and proof at each of its sizes by a few hashes.

    It keeps the roots of all perfect subtrees, 64 bytes a leaf; ``inclusion_proof`` below, which
    keeps nothing, hashes every leaf each time. Proofs may be asked for while it grows.

    >>> grown = Tree().extend([b"a" * 32, b"b" * 32, b"c" * 32])
    >>> grown.inclusion_proof(2, 3) == (root_of([b"a" * 32, b"b" * 32]),)
    True
    """

    def __init__(self) -> None:
        self._levels = [bytearray()]

    @property
    def size(self) -> int:
        """How many leaves it has."""
        return len(self._levels[0]) // _WIDTH

    def leaf(self, index: int) -> bytes:
        """The leaf hash at ``index`` (from 0)."""
        return self._range(index, index + 1)

    def extend(self, leaves: Iterable[bytes]) -> Tree:
        """Add leaf hashes at its end; returns itself."""
        levels = self._levels
        for leaf in leaves:
            node, level = leaf, 0
            while True:
                if level == len(levels):
                    levels.append(bytearray())
                row = levels[level]
                row += node
                if len(row) // _WIDTH & 1:
                    break
                node = hashlib.sha256(b"\x01" + row[-2 * _WIDTH :]).digest()
                level += 1
        return self

    def root(self, size: int) -> bytes:
        """The root of its first ``size`` leaves."""
        if not 0 <= size <= self.size:
            raise LogError(f"a tree of {self.size} leaves has no prefix of {size}")
        return self._range(0, size) if size else Frontier().root

    def inclusion_proof(self, index: int, size: int) -> tuple[bytes, ...]:
        """The hashes that prove the leaf at ``index`` (from 0) in its first ``size`` leaves."""
        if not 0 <= index < size <= self.size:
            raise LogError(f"there is no leaf {index} in a tree of {size}")
        start, end, path = 0, size, list[bytes]()
        while end - start > 1:
            cut = start + _split(end - start)
            if index < cut:
                path.append(self._range(cut, end))
                end = cut
            else:
                path.append(self._range(start, cut))
                start = cut
        return tuple(reversed(path))

    def _range(self, start: int, end: int) -> bytes:
        """The root over a subtree that RFC 6962 cuts; a perfect one is looked up."""
        width = end - start
        if width & (width - 1) == 0:
            level = width.bit_length() - 1
            place = (start >> level) * _WIDTH
            return bytes(self._levels[level][place : place + _WIDTH])
        cut = start + _split(width)
        return _node(self._range(start, cut), self._range(cut, end))


def prefix_roots(leaves: Sequence[bytes], sizes: Iterable[int]) -> dict[int, bytes]:
    """The root of the first ``n`` leaves for each ``n`` of ``sizes`` that the leaves reach."""
    roots, frontier = {}, Frontier()
    for size in sorted(set(sizes)):
        if size <= len(leaves):
            frontier = frontier.extend(leaves[frontier.size : size])
            roots[size] = frontier.root
    return roots


def _split(size: int) -> int:
    """The largest power of two below ``size``: where RFC 6962 cuts a tree."""
    return 1 << (size - 1).bit_length() - 1


def inclusion_proof(leaves: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """The hashes that prove the leaf at ``index`` (from 0) to lie under the root of ``leaves``.

    >>> inclusion_proof([b"a" * 32, b"b" * 32], 0) == (b"b" * 32,)
    True
    """
    if not 0 <= index < len(leaves):
        raise LogError(f"there is no leaf {index} in a tree of {len(leaves)}")
    if len(leaves) == 1:
        return ()
    cut = _split(len(leaves))
    if index < cut:
        return (*inclusion_proof(leaves[:cut], index), root_of(leaves[cut:]))
    return (*inclusion_proof(leaves[cut:], index - cut), root_of(leaves[:cut]))


def consistency_proof(leaves: Sequence[bytes], old_size: int) -> tuple[bytes, ...]:
    """The hashes that prove the tree of the first ``old_size`` leaves to be a prefix of this one.

    Of nothing, and of the whole, the proof is empty.
    """
    if not 0 <= old_size <= len(leaves):
        raise LogError(f"a tree of {len(leaves)} leaves has no prefix of {old_size}")
    if old_size in (0, len(leaves)):
        return ()
    return _subproof(leaves, old_size, known=True)


def _subproof(leaves: Sequence[bytes], old_size: int, *, known: bool) -> tuple[bytes, ...]:
    """RFC 6962 section 2.1.2, SUBPROOF; ``known``: the verifier holds this subtree's root."""
    if old_size == len(leaves):
        return () if known else (root_of(leaves),)
    cut = _split(len(leaves))
    if old_size <= cut:
        return (*_subproof(leaves[:cut], old_size, known=known), root_of(leaves[cut:]))
    return (*_subproof(leaves[cut:], old_size - cut, known=False), root_of(leaves[:cut]))


def verify_inclusion(
    leaf: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes
) -> bool:
    """Whether ``proof`` shows ``leaf`` at ``index`` (from 0) of the tree with this size and root.

    >>> verify_inclusion(b"b" * 32, 1, 2, [b"a" * 32], root_of([b"a" * 32, b"b" * 32]))
    True
    """
    if not 0 <= index < size:
        return False
    path, last, node = index, size - 1, leaf
    for step in proof:
        if last == 0:
            return False
        if path & 1 or path == last:
            node = _node(step, node)
            while path and not path & 1:
                path, last = path >> 1, last >> 1
        else:
            node = _node(node, step)
        path, last = path >> 1, last >> 1
    return last == 0 and node == root


def verify_consistency(
    old_size: int, new_size: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> bool:
    """Whether ``proof`` shows the old tree to be a prefix of the new one.

    >>> verify_consistency(1, 2, b"a" * 32, root_of([b"a" * 32, b"b" * 32]), [b"b" * 32])
    True
    """
    if not 0 <= old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    if old_size == 0:
        return not proof and old_root == Frontier().root
    steps = list(proof)
    if not old_size & (old_size - 1):  # a power of two: the old root is the first node itself
        steps.insert(0, old_root)
    return bool(steps) and _climb(old_size - 1, new_size - 1, steps) == (old_root, new_root)


def _climb(path: int, last: int, steps: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The old and the new root that the steps lead to; None when their number does not fit."""
    while path & 1:
        path, last = path >> 1, last >> 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return None
        if path & 1 or path == last:
            old, new = _node(step, old), _node(step, new)
            while path and not path & 1:
                path, last = path >> 1, last >> 1
        else:
            new = _node(new, step)
        path, last = path >> 1, last >> 1
    return (old, new) if last == 0 else None
