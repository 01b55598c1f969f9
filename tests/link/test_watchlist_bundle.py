"""The bundle: whom it opens for, how often, and that every altered byte is found."""

from dataclasses import replace
from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.deployment_values import DEPLOYMENT, NOON, entry

from openlfr.link.removal_order import ListInUse, RemovalOrder, obeyed, read_removal, sign_removal
from openlfr.link.watchlist_bundle import (
    BundleLog,
    DestructionReceipt,
    Manifest,
    NodeKeys,
    OpenedBundle,
    make_bundle,
    open_bundle,
    read_manifest,
    read_receipt,
    sign_receipt,
)
from openlfr.link.watchlist_content import ListedEntry, ListedPicture, ListIdentity, list_hash
from openlfr.policy.documents import from_document, to_document
from openlfr.policy.identifiers import EntryId, NodeId, PersonReference, PictureId, WatchlistId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.sealing.errors import SealBrokenError, SealingError, SignatureInvalidError
from openlfr.sealing.exchange import ExchangeKey
from openlfr.sealing.signature import SignedDocument, SigningKey

HUB = SigningKey(b"\x01" * 32)
KEYS = [ExchangeKey(bytes([each]) * 32) for each in (2, 3)]
NODES = [
    NodeKeys(NodeId(f"node-{number}"), key.public, SigningKey(bytes([9 + number]) * 32).public)
    for number, key in enumerate(KEYS, 1)
]
IDENTITY = ListIdentity(WatchlistId("0196c000-0000-7000-8000-000000000011"), DEPLOYMENT, "sface", "f32")
UNTIL = NOON + timedelta(hours=8)


def person(number: int) -> ListedEntry:
    template = np.full(4, 0.5, "<f4").tobytes()
    picture = ListedPicture(
        PictureId(f"p-{number}"), f"{number:064x}", 70.0 + number, template, b"\xff\xd8" + bytes([number]) * 50
    )
    name = "Zbigniew Quibbleworth" if number == 1 else f"Person {number}"
    return ListedEntry(
        entry(entry=EntryId(f"e-{number}"), person=PersonReference(f"N/{number}"), name=name), (picture,)
    )


PEOPLE = tuple(person(number) for number in (1, 2, 3))
DIGESTS = {each.entry.entry: each.digest for each in PEOPLE}
MANIFEST = Manifest(
    bundle="0196c000-0000-7000-8000-0000000000b1",
    identity=IDENTITY,
    content_hash=list_hash(IDENTITY, DIGESTS),
    removals=0,
    people=3,
    made_at=NOON,
    open_until=UNTIL,
    recipients=(),
    sealed_sha256="",
)
BUNDLE = make_bundle(HUB, MANIFEST, PEOPLE, NODES)


def opened(node: int = 1, log: BundleLog = BundleLog()) -> OpenedBundle | Refusal:  # noqa: B008 - it is immutable
    return open_bundle(BUNDLE, NodeId(f"node-{node}"), KEYS[node - 1], HUB.public, log, NOON)


@pytest.mark.parametrize("node", [1, 2])
def test_each_node_it_was_made_for_opens_it_and_finds_the_list_as_it_was(node: int) -> None:
    found = opened(node)
    assert isinstance(found, OpenedBundle)
    assert found.entries == PEOPLE
    assert found.manifest.people == 3


def test_it_is_imported_once_at_each_node_even_after_a_restart() -> None:
    first = opened()
    assert isinstance(first, OpenedBundle)
    remembered = from_document(BundleLog, to_document(first.log))
    second = opened(log=remembered)
    assert isinstance(second, Refusal)
    assert second.sentence == (
        "This bundle was imported at this node already, and each is imported once: have the hub make a new one."
    )
    gone = remembered.destroyed(MANIFEST.bundle, UNTIL)
    assert gone.imports[0].destroyed_at == UNTIL
    assert isinstance(opened(log=gone), Refusal)


def test_another_node_or_the_right_name_with_another_key_cannot_open_it() -> None:
    stranger = ExchangeKey(b"\x66" * 32)
    for name in ("node-1", "node-3"):
        answer = open_bundle(BUNDLE, NodeId(name), stranger, HUB.public, BundleLog(), NOON)
        assert isinstance(answer, Refusal)
        assert answer.code is RefusalCode.WRONG_WATCHLIST
    forged = make_bundle(HUB, MANIFEST, PEOPLE, [replace(NODES[0], exchange=stranger.public)])
    assert isinstance(open_bundle(forged, NodeId("node-1"), KEYS[0], HUB.public, BundleLog(), NOON), Refusal)


def test_it_opens_only_while_the_authority_runs_and_only_for_its_own_hub() -> None:
    late = open_bundle(BUNDLE, NodeId("node-1"), KEYS[0], HUB.public, BundleLog(), UNTIL)
    assert isinstance(late, Refusal)
    assert late.code is RefusalCode.TOO_LATE
    with pytest.raises(SignatureInvalidError):
        open_bundle(BUNDLE, NodeId("node-1"), KEYS[0], SigningKey(b"\x05" * 32).public, BundleLog(), NOON)


def test_nothing_about_anybody_can_be_read_without_a_key() -> None:
    assert read_manifest(BUNDLE, HUB.public).content_hash == MANIFEST.content_hash
    for needle in (b"Zbigniew", b"N/1", b"Burglary", PEOPLE[0].pictures[0].portrait, b"e-1"):
        assert needle not in BUNDLE


@settings(max_examples=200, deadline=None)
@given(place=st.integers(0, len(BUNDLE) - 1), flipped=st.integers(1, 255))
def test_a_bundle_with_any_byte_altered_does_not_open(place: int, flipped: int) -> None:
    altered = bytearray(BUNDLE)
    altered[place] ^= flipped
    with pytest.raises(SealingError):
        open_bundle(bytes(altered), NodeId("node-1"), KEYS[0], HUB.public, BundleLog(), NOON)


@settings(max_examples=50, deadline=None)
@given(length=st.integers(0, len(BUNDLE) - 1))
def test_a_bundle_cut_short_anywhere_does_not_open(length: int) -> None:
    with pytest.raises(SealingError):
        open_bundle(BUNDLE[:length], NodeId("node-1"), KEYS[0], HUB.public, BundleLog(), NOON)


def test_a_list_other_than_the_frozen_one_is_refused_even_under_the_hubs_signature() -> None:
    swapped = make_bundle(HUB, MANIFEST, (*PEOPLE[:2], person(4)), NODES)
    with pytest.raises(SealBrokenError, match="not the one that was frozen"):
        open_bundle(swapped, NodeId("node-1"), KEYS[0], HUB.public, BundleLog(), NOON)


def test_the_hash_changes_with_everything_of_an_entry_and_not_with_the_order() -> None:
    reversed_digests = dict(reversed(DIGESTS.items()))
    assert list_hash(IDENTITY, reversed_digests) == MANIFEST.content_hash
    first = PEOPLE[0]
    picture = first.pictures[0]
    changed = (
        replace(first, entry=replace(first.entry, reason="Something else.")),
        replace(first, entry=replace(first.entry, warning_markers=("armed",))),
        replace(first, pictures=(replace(picture, template=b"\x00" * 16),)),
        replace(first, pictures=(replace(picture, portrait=b"another face"),)),
        replace(first, pictures=(replace(picture, file_sha256="0" * 64),)),
        replace(first, pictures=()),
    )
    hashes = {list_hash(IDENTITY, {**DIGESTS, first.entry.entry: each.digest}) for each in changed}
    hashes |= {list_hash(replace(IDENTITY, precision="bf16"), DIGESTS), MANIFEST.content_hash}
    assert len(hashes) == len(changed) + 2


def removal(sequence: int, gone: str, before: ListInUse) -> RemovalOrder:
    digests = {each: digest for each, digest in before.digests.items() if each != gone}
    after = list_hash(IDENTITY, digests)
    return RemovalOrder(IDENTITY.watchlist, sequence, EntryId(gone), NOON, before.content_hash, after)


def test_removal_orders_are_obeyed_in_their_order_and_once() -> None:
    found = opened()
    assert isinstance(found, OpenedBundle)
    at_first = ListInUse.of(found)
    assert at_first.content_hash == MANIFEST.content_hash
    one = read_removal(SignedDocument.from_bytes(sign_removal(HUB, removal(1, "e-2", at_first)).to_bytes()), HUB.public)
    after_one = obeyed(at_first, one)
    assert isinstance(after_one, ListInUse)
    assert after_one.content_hash == one.hash_after
    assert set(after_one.digests) == {"e-1", "e-3"}
    assert obeyed(after_one, one) == after_one
    two = removal(2, "e-3", after_one)
    early = obeyed(at_first, two)
    assert isinstance(early, Refusal)
    assert early.sentence == "Order 1 has not come yet: fetch the orders in between first."
    after_two = obeyed(after_one, two)
    assert isinstance(after_two, ListInUse)
    assert set(after_two.digests) == {"e-1"}


def test_an_order_for_another_list_or_from_another_hub_is_not_obeyed() -> None:
    found = opened()
    assert isinstance(found, OpenedBundle)
    in_use = ListInUse.of(found)
    order = removal(1, "e-2", in_use)
    other = obeyed(in_use, replace(order, watchlist=WatchlistId("another")))
    assert isinstance(other, Refusal)
    assert other.code is RefusalCode.WRONG_WATCHLIST
    assert isinstance(obeyed(in_use, replace(order, hash_before="0" * 64)), Refusal)
    with pytest.raises(SignatureInvalidError):
        read_removal(sign_removal(SigningKey(b"\x05" * 32), order), HUB.public)


def test_a_receipt_is_the_word_of_the_node_that_signed_it() -> None:
    node = SigningKey(b"\x0a" * 32)
    receipt = DestructionReceipt(NodeId("node-1"), MANIFEST.bundle, IDENTITY.watchlist, UNTIL)
    assert read_receipt(sign_receipt(node, receipt), node.public) == receipt
    with pytest.raises(SignatureInvalidError):
        read_receipt(sign_receipt(HUB, receipt), node.public)
    with pytest.raises(SignatureInvalidError):
        read_receipt(node.sign_document("another kind", {}), node.public)
