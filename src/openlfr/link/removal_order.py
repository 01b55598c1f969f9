"""The order to take a person off a list in use: signed by the hub, obeyed by every node that has the list."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from openlfr.link.watchlist_bundle import OpenedBundle
from openlfr.link.watchlist_content import ListIdentity, list_hash
from openlfr.policy.documents import DocumentError, from_document, to_document
from openlfr.policy.identifiers import EntryId, WatchlistId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.signature import SignedDocument, SigningKey, VerifyKey

REMOVAL_KIND: Final = "watchlist removal"


@dataclass(frozen=True, slots=True)
class RemovalOrder:
    """Take `entry` off `watchlist`. Orders of a list are numbered from 1 and obeyed in that order.

    `hash_after` is the list's hash once it is obeyed: the plan in force names it, so a node that has not obeyed does
    not analyse.
    """

    watchlist: WatchlistId
    sequence: int
    entry: EntryId
    decided_at: datetime
    hash_before: str
    hash_after: str


@dataclass(frozen=True, slots=True)
class ListInUse:
    """The list a node searches, without anybody's name: what it needs to obey orders and to know the list's hash."""

    identity: ListIdentity
    digests: Mapping[EntryId, bytes]
    removals: int

    @classmethod
    def of(cls, opened: OpenedBundle) -> "ListInUse":
        digests = {each.entry.entry: each.digest for each in opened.entries}
        return cls(opened.manifest.identity, digests, opened.manifest.removals)

    @property
    def content_hash(self) -> str:
        """What `policy.plan.Loaded` is told."""
        return list_hash(self.identity, self.digests)


def sign_removal(signer: SigningKey, order: RemovalOrder) -> SignedDocument:
    """The order under the hub's signature."""
    return signer.sign_document(REMOVAL_KIND, to_document(order))


def read_removal(document: SignedDocument, hub: VerifyKey) -> RemovalOrder:
    """An order of this hub. Raises SignatureInvalidError for anything else."""
    try:
        return from_document(RemovalOrder, document.opened_by(hub, REMOVAL_KIND))
    except DocumentError as error:
        raise SignatureInvalidError("The order is signed, but of a form that this version does not know.") from error


def obeyed(in_use: ListInUse, order: RemovalOrder) -> ListInUse | Refusal:
    """The list after the order; the node takes `order.entry` out of its gallery first. Obeying twice changes nothing.

    Refused when the order is for another list, or one before it has not come yet: the node asks for it.
    """
    if order.watchlist != in_use.identity.watchlist:
        return Refusal(RefusalCode.WRONG_WATCHLIST, "This order is for another watchlist than the one in use.")
    if order.sequence <= in_use.removals:
        return in_use
    if order.sequence > in_use.removals + 1:
        return Refusal(
            RefusalCode.NOT_YET, f"Order {in_use.removals + 1} has not come yet: fetch the orders in between first."
        )
    digests = {entry: digest for entry, digest in in_use.digests.items() if entry != order.entry}
    after = ListInUse(in_use.identity, digests, order.sequence)
    if (in_use.content_hash, after.content_hash) != (order.hash_before, order.hash_after):
        return Refusal(
            RefusalCode.WRONG_WATCHLIST, "The list in use is not the one this order is for: load the list anew."
        )
    return after
