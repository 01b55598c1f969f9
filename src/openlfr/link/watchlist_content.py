"""What a frozen watchlist consists of, and the hash that stands for all of it."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from openlfr.policy.documents import to_document
from openlfr.policy.identifiers import DeploymentId, EntryId, PictureId, WatchlistId
from openlfr.policy.watchlist import WatchlistEntry
from openlfr.sealing.canonical import JsonValue, canonical_bytes

PORTRAIT_SIDES: Final = 1.8
"""Sides of a portrait over those of the box of the face, which lies exactly in its middle: the whole head, and hardly
anybody beside it."""


@dataclass(frozen=True, slots=True)
class PictureHashes:
    """A picture in the list's hash: SHA-256, in hexadecimal digits, of the file, the template and the portrait."""

    picture: PictureId
    file: str
    template: str
    portrait: str


@dataclass(frozen=True, slots=True)
class ListedPicture:
    """A picture as a node gets it. `template` is little-endian float32 of length 1, `portrait` a JPEG of the face, cut
    out by `PORTRAIT_SIDES`, `quality` that of the picture, 0..100."""

    picture: PictureId
    file_sha256: str
    quality: float
    template: bytes
    portrait: bytes

    @property
    def hashes(self) -> PictureHashes:
        return PictureHashes(
            self.picture,
            self.file_sha256,
            hashlib.sha256(self.template).hexdigest(),
            hashlib.sha256(self.portrait).hexdigest(),
        )


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """A person on a frozen list, with the pictures they are found with."""

    entry: WatchlistEntry
    pictures: tuple[ListedPicture, ...]

    @property
    def digest(self) -> bytes:
        return entry_digest(self.entry, [each.hashes for each in self.pictures])


@dataclass(frozen=True, slots=True)
class ListIdentity:
    """Which list it is, for which deployment, and what its templates were made with."""

    watchlist: WatchlistId
    deployment: DeploymentId
    model_pack: str
    precision: str


def entry_digest(entry: WatchlistEntry, pictures: Sequence[PictureHashes]) -> bytes:
    """32 bytes over everything of one entry: SHA-256 of its canonical form. Pictures count in order of identifier."""
    ordered = sorted(pictures, key=lambda each: each.picture)
    document = {"entry": to_document(entry), "pictures": [to_document(each) for each in ordered]}
    return hashlib.sha256(canonical_bytes(document)).digest()


def list_hash(identity: ListIdentity, digests: Mapping[EntryId, bytes]) -> str:
    """64 hexadecimal digits over a whole list: SHA-256 of its identity and of every entry's digest.

    The order of entries does not count. Taking one entry away needs only the digests of the others.
    """
    document: JsonValue = {
        "entries": {str(entry): digest.hex() for entry, digest in digests.items()},
        "list": to_document(identity),
    }
    return hashlib.sha256(canonical_bytes(document)).hexdigest()


def pack(entries: Sequence[ListedEntry]) -> Iterator[bytes]:
    """A list as bytes, in pieces: 8 bytes of length, a canonical document that describes everything, the blobs."""
    document = canonical_bytes(
        [
            {
                "entry": to_document(each.entry),
                "pictures": [
                    {
                        "file_sha256": picture.file_sha256,
                        "picture": picture.picture,
                        "portrait_bytes": len(picture.portrait),
                        "quality": picture.quality,
                        "template_bytes": len(picture.template),
                    }
                    for picture in each.pictures
                ],
            }
            for each in entries
        ]
    )
    yield len(document).to_bytes(8, "big")
    yield document
    for each in entries:
        for picture in each.pictures:
            yield picture.template
            yield picture.portrait
