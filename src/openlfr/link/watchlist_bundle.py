"""The watchlist bundle: one signed file with a list, sealed to the nodes of one deployment, imported once by each.

magic | length of the manifest (4 bytes, big-endian) | manifest, signed by the hub | the list, sealed

The manifest says who may open it and carries the content's key, sealed to each node's public key (`sealing.exchange`),
and the hash of the sealed list; so the hub's signature covers every byte. A node keeps a `BundleLog`, which it writes
to its disk before it uses what it opened: the same bundle is refused the second time, even after a restart.
"""

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from openlfr.link.watchlist_content import ListedEntry, ListedPicture, ListIdentity, list_hash, pack
from openlfr.policy.documents import DocumentError, from_document, to_document
from openlfr.policy.identifiers import NodeId, PictureId, WatchlistId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.watchlist import WatchlistEntry
from openlfr.sealing.canonical import parse_canonical
from openlfr.sealing.errors import SealBrokenError, SignatureInvalidError
from openlfr.sealing.exchange import ExchangeKey, ExchangePublicKey, SharedSeal, seal_to_each
from openlfr.sealing.signature import SignedDocument, SigningKey, VerifyKey

MANIFEST_KIND: Final = "watchlist bundle"
RECEIPT_KIND: Final = "watchlist destruction receipt"
MAX_BUNDLE_BYTES: Final = 2 << 30
_MAGIC: Final = b"OPENLFR-WATCHLIST\x00\x01\n"
_LENGTH: Final = struct.Struct(">I")
_MAX_MANIFEST_BYTES: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class NodeKeys:
    """A node as the hub knows it: its name and its public keys."""

    node: NodeId
    exchange: ExchangePublicKey
    verify: VerifyKey


@dataclass(frozen=True, slots=True)
class Recipient:
    """A node that can open a bundle: its public key, and the content's key sealed to it, in hexadecimal digits."""

    node: NodeId
    exchange_key: str
    sealed_key: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a bundle is, readable by everybody who holds it; it names nobody on the list.

    `removals` people were taken off the list before the bundle was made. After `open_until` no node imports it.
    """

    bundle: str
    identity: ListIdentity
    content_hash: str
    removals: int
    people: int
    made_at: datetime
    open_until: datetime
    recipients: tuple[Recipient, ...]
    sealed_sha256: str


@dataclass(frozen=True, slots=True)
class BundleImport:
    """A bundle that a node imported, and when it destroyed what was in it."""

    bundle: str
    watchlist: WatchlistId
    imported_at: datetime
    destroyed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class BundleLog:
    """What a node remembers of bundles. It writes this down (`policy.documents`) before using what it opened."""

    imports: tuple[BundleImport, ...] = ()

    def find(self, bundle: str) -> BundleImport | None:
        return next((each for each in self.imports if each.bundle == bundle), None)

    def destroyed(self, bundle: str, at: datetime) -> "BundleLog":
        """The log once the content of a bundle is gone from the node's memory."""
        return BundleLog(
            tuple(replace(each, destroyed_at=at) if each.bundle == bundle else each for each in self.imports)
        )


@dataclass(frozen=True, slots=True)
class OpenedBundle:
    """A list that a node may use once `log` is on its disk."""

    manifest: Manifest
    entries: tuple[ListedEntry, ...]
    log: BundleLog


@dataclass(frozen=True, slots=True)
class DestructionReceipt:
    """A node's word that nothing of a bundle is left on it."""

    node: NodeId
    bundle: str
    watchlist: WatchlistId
    destroyed_at: datetime


def make_bundle(
    signer: SigningKey, manifest: Manifest, entries: Sequence[ListedEntry], nodes: Sequence[NodeKeys]
) -> bytes:
    """Seal a list to these nodes. Recipients and hash of `manifest` are filled in here."""
    shared = seal_to_each([each.exchange for each in nodes], b"".join(pack(entries)), _context(manifest.bundle))
    recipients = tuple(
        Recipient(node.node, key.raw.hex(), sealed.hex())
        for node, (key, sealed) in zip(nodes, shared.sealed_keys, strict=True)
    )
    complete = replace(manifest, recipients=recipients, sealed_sha256=hashlib.sha256(shared.sealed_content).hexdigest())
    signed = signer.sign_document(MANIFEST_KIND, to_document(complete)).to_bytes()
    return b"".join((_MAGIC, _LENGTH.pack(len(signed)), signed, shared.sealed_content))


def read_manifest(content: bytes, hub: VerifyKey) -> Manifest:
    """What a bundle says of itself, once the hub's signature and the hash of the rest are found good.

    Raises SignatureInvalidError for anything else than an unaltered bundle of this hub.
    """
    return _taken_apart(content, hub)[0]


def open_bundle(
    content: bytes, node: NodeId, key: ExchangeKey, hub: VerifyKey, log: BundleLog, now: datetime
) -> OpenedBundle | Refusal:
    """Open a bundle at a node. The list is used only after the returned log is written down.

    Refused when it was imported here before, is meant for other nodes, or is too old. Raises SignatureInvalidError and
    SealBrokenError when it was altered or comes from another hub.
    """
    manifest, sealed = _taken_apart(content, hub)
    if log.find(manifest.bundle) is not None:
        return Refusal(
            RefusalCode.ALREADY_DECIDED,
            "This bundle was imported at this node already, and each is imported once: have the hub make a new one.",
        )
    if now >= manifest.open_until:
        return Refusal(
            RefusalCode.TOO_LATE, f"This bundle could be imported until {manifest.open_until:%Y-%m-%d %H:%M %Z}."
        )
    own = [each for each in manifest.recipients if (each.node, each.exchange_key) == (node, key.public.raw.hex())]
    if not own:
        return Refusal(
            RefusalCode.WRONG_WATCHLIST, "This bundle was made for other nodes: have the hub make one for this node."
        )
    shared = SharedSeal(((key.public, bytes.fromhex(own[0].sealed_key)),), sealed)
    plain = shared.unseal(key, _context(manifest.bundle))
    try:
        entries = _unpacked(plain)
    except ValueError as error:
        raise SealBrokenError("The list in this bundle is of a form that this version does not know.") from error
    digests = {each.entry.entry: each.digest for each in entries}
    if len(digests) != len(entries) or list_hash(manifest.identity, digests) != manifest.content_hash:
        raise SealBrokenError("The list in this bundle is not the one that was frozen: have the hub make a new bundle.")
    imported = BundleImport(manifest.bundle, manifest.identity.watchlist, now)
    return OpenedBundle(manifest, entries, BundleLog((*log.imports, imported)))


def sign_receipt(signer: SigningKey, receipt: DestructionReceipt) -> SignedDocument:
    """The receipt under the node's signature."""
    return signer.sign_document(RECEIPT_KIND, to_document(receipt))


def read_receipt(document: SignedDocument, node: VerifyKey) -> DestructionReceipt:
    """A receipt of this node. Raises SignatureInvalidError for anything else."""
    try:
        return from_document(DestructionReceipt, document.opened_by(node, RECEIPT_KIND))
    except DocumentError as error:
        raise SignatureInvalidError("The receipt is signed, but of a form that this version does not know.") from error


def _taken_apart(content: bytes, hub: VerifyKey) -> tuple[Manifest, bytes]:
    start = len(_MAGIC) + _LENGTH.size
    if not content.startswith(_MAGIC) or len(content) < start or len(content) > MAX_BUNDLE_BYTES:
        raise SignatureInvalidError("This is no watchlist bundle: name the file that the hub made.")
    (length,) = _LENGTH.unpack(content[len(_MAGIC) : start])
    if length > _MAX_MANIFEST_BYTES:
        raise SignatureInvalidError("This is no watchlist bundle, or it was altered.")
    written = content[start : start + length]
    signed = SignedDocument.from_bytes(written)
    document = signed.opened_by(hub, MANIFEST_KIND)
    if signed.signer != hub or signed.to_bytes() != written:
        raise SignatureInvalidError("The envelope of this bundle was altered on its way: fetch it again.")
    try:
        manifest = from_document(Manifest, document)
    except DocumentError as error:
        raise SignatureInvalidError("The bundle is of a form that this version does not know.") from error
    sealed = content[start + length :]
    if hashlib.sha256(sealed).hexdigest() != manifest.sealed_sha256:
        raise SignatureInvalidError("The bundle was cut short or altered on its way: fetch it again.")
    return manifest, sealed


def _unpacked(content: bytes) -> tuple[ListedEntry, ...]:
    """The inverse of `watchlist_content.pack`."""
    length = int.from_bytes(content[:8], "big")
    described = parse_canonical(content[8 : 8 + length])
    place = 8 + length
    entries = []
    for each in described if isinstance(described, Sequence) and not isinstance(described, str) else ():
        match each:
            case {"entry": entry, "pictures": [*pictures]}:
                listed = []
                for picture in pictures:
                    made, place = _picture(picture, content, place)
                    listed.append(made)
                entries.append(ListedEntry(from_document(WatchlistEntry, entry), tuple(listed)))
            case _:
                raise SealBrokenError("The list in this bundle is of a form that this version does not know.")
    if place != len(content):
        raise SealBrokenError("The list in this bundle is longer than it says.")
    return tuple(entries)


def _picture(described: object, content: bytes, place: int) -> tuple[ListedPicture, int]:
    match described:
        case {
            "file_sha256": str(file),
            "picture": str(picture),
            "portrait_bytes": int(portrait),
            "quality": int() | float() as quality,
            "template_bytes": int(template),
        } if portrait >= 0 and template >= 0:
            middle, end = place + template, place + template + portrait
            blobs = content[place:middle], content[middle:end]
            return ListedPicture(PictureId(picture), file, float(quality), *blobs), end
        case _:
            raise SealBrokenError("A picture in this bundle is of a form that this version does not know.")


def _context(bundle: str) -> str:
    return f"watchlist bundle {bundle}"
