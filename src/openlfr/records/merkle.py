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


class Tree:
    """A whole tree in memory, for proofs: the hashes of every complete subtree, about 2 for each leaf."""

    def __init__(self, leaves: Iterable[bytes]) -> None:
        """Takes leaf hashes in order. O(n)."""
        level = list(leaves)
        self.size = len(level)
        self._levels = [level]
        while len(level) > 1:
            level = [node_hash(level[left], level[left + 1]) for left in range(0, len(level) - 1, 2)]
            self._levels.append(level)

    def root(self, size: int) -> bytes:
        """The head of the tree when it had its first `size` leaves."""
        self._refuse_unknown(size)
        return self._subtree(0, size) if size else EMPTY_ROOT

    def inclusion_path(self, position: int, size: int) -> tuple[bytes, ...]:
        """PATH of section 2.1.1: what proves that the leaf at `position` is among the first `size`."""
        self._refuse_unknown(size)
        if not 0 <= position < size:
            raise ValueError(f"There is no entry {position} among the first {size}.")
        path: list[bytes] = []
        start, end = 0, size
        while end - start > 1:
            middle = start + _largest_power_below(end - start)
            if position < middle:
                path.append(self._subtree(middle, end))
                end = middle
            else:
                path.append(self._subtree(start, middle))
                start = middle
        return tuple(reversed(path))

    def consistency_path(self, earlier_size: int, size: int) -> tuple[bytes, ...]:
        """PROOF of section 2.1.2: what proves that the first `size` leaves begin with the first `earlier_size`."""
        self._refuse_unknown(size)
        if not 0 <= earlier_size <= size:
            raise ValueError(f"A log of {size} entries has no earlier state of {earlier_size}.")
        if earlier_size in (0, size):
            return ()
        path: list[bytes] = []
        start, end, begins_the_tree = 0, size, True
        while earlier_size != end:
            middle = start + _largest_power_below(end - start)
            if earlier_size <= middle:
                path.append(self._subtree(middle, end))
                end = middle
            else:
                path.append(self._subtree(start, middle))
                start, begins_the_tree = middle, False
        if not begins_the_tree:
            path.append(self._subtree(start, end))
        return tuple(reversed(path))

    def _refuse_unknown(self, size: int) -> None:
        if not 0 <= size <= self.size:
            raise ValueError(f"A log of {self.size} entries has no state of {size}.")

    def _subtree(self, start: int, end: int) -> bytes:
        """The root over a range whose start is a multiple of the power of two at or above its length."""
        width = end - start
        if width & (width - 1) == 0:
            height = width.bit_length() - 1
            return self._levels[height][start >> height]
        middle = start + _largest_power_below(width)
        return node_hash(self._subtree(start, middle), self._subtree(middle, end))


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


def _largest_power_below(size: int) -> int:
    """The largest power of two smaller than `size`, which is at least 2."""
    return 1 << ((size - 1).bit_length() - 1)
