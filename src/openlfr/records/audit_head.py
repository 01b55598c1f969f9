"""Signed tree heads, and the note of the newest one that is kept beside the vault, apart from the database."""

import fcntl
import os
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Self

from openlfr.records.errors import AuditBrokenError
from openlfr.records.merkle import HASH_BYTES
from openlfr.records.schema import from_microseconds, microseconds
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.signature import SignedDocument, SigningKey, VerifyKey

HEAD_KIND: Final = "audit tree head"
NOTE_FILE: Final = "audit.head"


@dataclass(frozen=True, slots=True)
class TreeHead:
    """The state of the log at a moment: how many entries, and the root over all of them."""

    size: int
    root: bytes
    signed_at: datetime

    def signed(self, key: SigningKey) -> SignedDocument:
        """The head under the hub's signature."""
        return key.sign_document(
            HEAD_KIND, {"root": self.root.hex(), "signed_at_us": microseconds(self.signed_at), "size": self.size}
        )

    @classmethod
    def opened(cls, document: SignedDocument, trusted: VerifyKey) -> Self:
        """A head that `trusted` signed. Raises AuditBrokenError for anything else."""
        try:
            content = document.opened_by(trusted, HEAD_KIND)
        except SignatureInvalidError as error:
            raise AuditBrokenError(f"A tree head of the audit log is not genuine. {error}") from error
        match content:
            case {"root": str(root), "signed_at_us": int(signed_at), "size": int(size)} if len(root) == 2 * HASH_BYTES:
                return cls(size, bytes.fromhex(root), from_microseconds(signed_at))
            case _:
                raise AuditBrokenError("A tree head of the audit log has another form than this program knows.")


@dataclass(frozen=True, slots=True)
class HeadNote:
    """The newest head, noted in the vault's folder after each commit. It only ever moves forward.

    After a loss of power it may lag behind the database by the last entries, never the other way about: a database
    that has less than was noted has lost something.
    """

    folder: Path

    @property
    def path(self) -> Path:
        return self.folder / NOTE_FILE

    def read(self) -> SignedDocument | None:
        """The noted head, unverified; None when none was ever noted. Raises AuditBrokenError when it is illegible."""
        try:
            return SignedDocument.from_bytes(self.path.read_bytes())
        except FileNotFoundError:
            return None
        except SignatureInvalidError as error:
            raise AuditBrokenError(
                f"The noted head of the audit log in {self.path} is destroyed. Compare the log with a head noted "
                "elsewhere, then remove the file."
            ) from error

    def advance(self, document: SignedDocument, trusted: VerifyKey) -> None:
        """Note a newer head; an older one than noted is left aside, as processes may finish in any order.

        Raises OSError when it cannot be written, AuditBrokenError when what is noted is not genuine.
        """
        descriptor = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            noted = self.read()
            if noted is not None and TreeHead.opened(noted, trusted).size >= TreeHead.opened(document, trusted).size:
                return
            self.replace(document)
        finally:
            os.close(descriptor)

    def replace(self, document: SignedDocument) -> None:
        """Note this head whatever was noted before: for a restored backup that people accepted."""
        new = self.path.with_suffix(".new")
        with os.fdopen(os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(document.to_bytes())
            file.flush()
            os.fdatasync(file.fileno())
        # The folder is not synced: losing the rename only leaves an older head noted, which is still a true one.
        new.replace(self.path)
