"""The Merkle tree against RFC 6962's definitions, written out, and the example that its section 2.1.3 draws."""

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.records.merkle import (
    EMPTY_ROOT,
    Frontier,
    Tree,
    is_consistent,
    leaf_hash,
    node_hash,
    root_from_inclusion,
)

# The inputs and heads that Certificate Transparency implementations test with.
INPUTS = [
    bytes.fromhex(text)
    for text in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
HEADS = [
    bytes.fromhex(text)
    for text in (
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
LEAVES = [leaf_hash(content) for content in INPUTS]


def oracle_root(leaves: list[bytes]) -> bytes:
    """MTH as section 2.1 writes it."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaves[0]
    k = max(2**power for power in range(20) if 2**power < len(leaves))
    return node_hash(oracle_root(leaves[:k]), oracle_root(leaves[k:]))


def oracle_path(m: int, leaves: list[bytes]) -> list[bytes]:
    """PATH(m, D[n]) as section 2.1.1 writes it."""
    if len(leaves) == 1:
        return []
    k = max(2**power for power in range(20) if 2**power < len(leaves))
    if m < k:
        return [*oracle_path(m, leaves[:k]), oracle_root(leaves[k:])]
    return [*oracle_path(m - k, leaves[k:]), oracle_root(leaves[:k])]


def oracle_proof(m: int, leaves: list[bytes], whole: bool = True) -> list[bytes]:
    """SUBPROOF(m, D[n], b) as section 2.1.2 writes it."""
    n = len(leaves)
    if m == n:
        return [] if whole else [oracle_root(leaves)]
    k = max(2**power for power in range(20) if 2**power < n)
    if m <= k:
        return [*oracle_proof(m, leaves[:k], whole), oracle_root(leaves[k:])]
    return [*oracle_proof(m - k, leaves[k:], False), oracle_root(leaves[:k])]


def some_leaves(count: int) -> list[bytes]:
    return [leaf_hash(str(number).encode()) for number in range(count)]


def test_the_heads_are_those_of_certificate_transparency() -> None:
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    for size, head in enumerate(HEADS, 1):
        assert Frontier().appended(LEAVES[:size]).root == head
        assert Tree(LEAVES).root(size) == head


@given(st.integers(0, 70), st.integers(0, 70))
def test_appending_in_any_parts_gives_the_root_of_the_definition(first: int, second: int) -> None:
    leaves = some_leaves(first + second)
    frontier = Frontier().appended(leaves[:first]).appended(leaves[first:])
    assert frontier.size == len(leaves)
    assert frontier.root == oracle_root(leaves)


def test_every_inclusion_path_is_that_of_the_definition_and_leads_to_the_head() -> None:
    leaves = some_leaves(40)
    tree = Tree(leaves)
    for size in range(1, 41):
        for position in range(size):
            path = tree.inclusion_path(position, size)
            assert list(path) == oracle_path(position, leaves[:size])
            assert root_from_inclusion(leaves[position], position, size, path) == oracle_root(leaves[:size])


def test_every_consistency_path_is_that_of_the_definition_and_is_accepted() -> None:
    leaves = some_leaves(40)
    tree = Tree(leaves)
    for size in range(41):
        for earlier in range(size + 1):
            path = tree.consistency_path(earlier, size)
            if earlier:
                assert list(path) == oracle_proof(earlier, leaves[:size])
            assert is_consistent(earlier, oracle_root(leaves[:earlier]), size, oracle_root(leaves[:size]), path)


@given(st.integers(1, 60), st.data())
def test_a_path_proves_nothing_else(size: int, data: st.DataObject) -> None:
    leaves = some_leaves(size)
    tree = Tree(leaves)
    root = tree.root(size)
    position = data.draw(st.integers(0, size - 1))
    other = data.draw(st.integers(0, size - 1))
    path = list(tree.inclusion_path(position, size))
    if other != position:
        assert root_from_inclusion(leaves[other], position, size, path) != root
        assert root_from_inclusion(leaves[position], other, size, path) != root
    assert root_from_inclusion(leaves[position], position, size, [*path, root]) is None
    if path:
        assert root_from_inclusion(leaves[position], position, size, path[:-1]) != root
    assert root_from_inclusion(leaves[position], size, size, path) is None


@given(st.integers(2, 60), st.data())
def test_a_changed_history_is_not_consistent(size: int, data: st.DataObject) -> None:
    leaves = some_leaves(size)
    earlier = data.draw(st.integers(1, size - 1))
    changed = data.draw(st.integers(0, earlier - 1))
    other = [*leaves]
    other[changed] = leaf_hash(b"changed")
    path = Tree(other).consistency_path(earlier, size)
    assert not is_consistent(earlier, oracle_root(leaves[:earlier]), size, oracle_root(other), path)
    genuine = Tree(leaves).consistency_path(earlier, size)
    assert not is_consistent(earlier, oracle_root(leaves[:earlier]), size, oracle_root(leaves), [*genuine, HEADS[0]])
    assert not is_consistent(earlier, oracle_root(leaves[:earlier]), size, oracle_root(leaves), genuine[:-1])


def test_states_that_the_log_never_had_are_refused() -> None:
    tree = Tree(LEAVES)
    with pytest.raises(ValueError, match="A log of 8 entries has no state of 9"):
        tree.root(9)
    with pytest.raises(ValueError, match="no entry 8"):
        tree.inclusion_path(8, 8)
    with pytest.raises(ValueError, match="no earlier state of 5"):
        tree.consistency_path(5, 4)
    with pytest.raises(ValueError, match="complete subtrees"):
        Frontier(3, (HEADS[0],))
    assert not is_consistent(5, HEADS[4], 4, HEADS[3], [])
    assert not is_consistent(0, HEADS[0], 4, HEADS[3], [])
