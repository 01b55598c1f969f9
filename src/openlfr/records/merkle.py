"""Merkle trees as RFC 6962 section 2.1 defines them: hashes, a frontier to append to, and the two kinds of proof.

Pure functions over 32-byte SHA-256 hashes; sizes count leaves, positions start at 0.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

HASH_BYTES: Final = 32
EMPTY_ROOT: Final = hashlib.sha256(b"").digest()


def leaf_hash(content: bytes) -> bytes:
    """The hash of one entry (the 0x00 keeps an entry from passing for an inner node)."""
    return hashlib.sha256(b"\x00" + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """The hash of an inner node."""
    return hashlib.sha256(b"\x01" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """What must be remembered to append: the roots of the complete subtrees that make up the tree, largest first.

    There is one per 1 in the binary form of `size`, so at most 64; appending touches O(log n) of them.
    """

    size: int = 0
    subtrees: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        if self.size.bit_count() != len(self.subtrees):
            raise ValueError(f"A tree of {self.size} leaves has {self.size.bit_count()} complete subtrees.")

    def appended(self, leaves: Iterable[bytes]) -> "Frontier":
        """The frontier after more leaf hashes."""
        size, subtrees = self.size, list(self.subtrees)
        for leaf in leaves:
            node = leaf
            carry = size
            while carry & 1:
                node = node_hash(subtrees.pop(), node)
                carry >>= 1
            subtrees.append(node)
            size += 1
        return Frontier(size, tuple(subtrees))

    @property
    def root(self) -> bytes:
        """The tree's head: MTH of RFC 6962 section 2.1."""
        if not self.subtrees:
            return EMPTY_ROOT
        root = self.subtrees[-1]
        for left in reversed(self.subtrees[:-1]):
            root = node_hash(left, root)
        return root


def inclusion_path(leaves: Sequence[bytes], position: int) -> tuple[bytes, ...]:
    """PATH of section 2.1.1: what proves that the leaf at `position` is in the tree of `leaves`. O(n) hashes."""
    if not 0 <= position < len(leaves):
        raise ValueError(f"There is no entry {position} in a log of {len(leaves)}.")
    path: list[bytes] = []
    start, end = 0, len(leaves)
    while end - start > 1:
        middle = start + _largest_power_below(end - start)
        if position < middle:
            path.append(_root(leaves, middle, end))
            end = middle
        else:
            path.append(_root(leaves, start, middle))
            start = middle
    return tuple(reversed(path))


def root_from_inclusion(leaf: bytes, position: int, size: int, path: Sequence[bytes]) -> bytes | None:
    """The head that the path leads to, by RFC 9162 section 2.1.3.2; None when its length does not fit."""
    if not 0 <= position < size:
        return None
    node, last, root = position, size - 1, leaf
    for step in path:
        if last == 0:
            return None
        if node & 1 or node == last:
            root = node_hash(step, root)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            root = node_hash(root, step)
        node >>= 1
        last >>= 1
    return root if last == 0 else None


def consistency_path(leaves: Sequence[bytes], earlier_size: int) -> tuple[bytes, ...]:
    """PROOF of section 2.1.2: what proves that the tree of `leaves` only added to its first `earlier_size`. O(n)."""
    if not 0 <= earlier_size <= len(leaves):
        raise ValueError(f"A log of {len(leaves)} has no earlier state of {earlier_size} entries.")
    if earlier_size in (0, len(leaves)):
        return ()
    path: list[bytes] = []
    start, end, whole = 0, len(leaves), True
    while earlier_size != end:
        middle = start + _largest_power_below(end - start)
        if earlier_size <= middle:
            path.append(_root(leaves, middle, end))
            end = middle
        else:
            path.append(_root(leaves, start, middle))
            start, whole = middle, False
    if not whole:
        path.append(_root(leaves, start, end))
    return tuple(reversed(path))


def is_consistent(earlier_size: int, earlier_root: bytes, size: int, root: bytes, path: Sequence[bytes]) -> bool:
    """Whether the path proves that the later head extends the earlier one (RFC 9162 section 2.1.4.2)."""
    if earlier_size > size or (earlier_size in (0, size) and path):
        return False
    if earlier_size == 0:
        return earlier_root == EMPTY_ROOT
    if earlier_size == size:
        return earlier_root == root
    steps = list(path) if earlier_size & (earlier_size - 1) else [earlier_root, *path]
    if not steps:
        return False
    node, last = earlier_size - 1, size - 1
    while node & 1:
        node >>= 1
        last >>= 1
    old = new = steps[0]
    for step in steps[1:]:
        if last == 0:
            return False
        if node & 1 or node == last:
            old = node_hash(step, old)
            new = node_hash(step, new)
            while not node & 1 and node:
                node >>= 1
                last >>= 1
        else:
            new = node_hash(new, step)
        node >>= 1
        last >>= 1
    return last == 0 and old == earlier_root and new == root


def _root(leaves: Sequence[bytes], start: int, end: int) -> bytes:
    return Frontier().appended(leaves[position] for position in range(start, end)).root


def _largest_power_below(size: int) -> int:
    """The largest power of two smaller than `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)
