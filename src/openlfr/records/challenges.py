"""Challenges: what the hub hands out now and wants back within minutes, once (passkeys, codes, the directory).

A challenge is sealed and carries its own content, so that asking for one writes nothing: nobody fills the database
without having signed in. Only an answered one leaves a row, until it would have expired.
"""

import base64
import binascii
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import delete
from sqlalchemy.orm import Session

from openlfr.records.account_tables import SpentChallengeRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.schema import from_microseconds, microseconds
from openlfr.sealing.box import Place
from openlfr.sealing.canonical import JsonValue
from openlfr.sealing.errors import SealingError
from openlfr.sealing.vault_file import KeyPurpose

_LIFE: Final = timedelta(minutes=10)
_NONCE_BYTES: Final = 16


class ChallengePurpose(StrEnum):
    """What a challenge is for; one for another purpose is not taken."""

    SIGN_IN_BY_PASSKEY = "sign in by passkey"
    ADD_PASSKEY = "add a passkey"
    SET_UP_CODES = "set up codes"
    SIGN_IN_BY_DIRECTORY = "sign in by directory"


@dataclass(frozen=True, slots=True)
class Challenges:
    """Issues challenges and takes them back."""

    records: HubRecords
    random_bytes: Callable[[int], bytes] = secrets.token_bytes

    def issue(self, purpose: ChallengePurpose, content: str, subject: str = "") -> str:
        """A challenge that carries `content`, for `subject` (a member of staff, a session; empty for anybody)."""
        records = self.records
        body: dict[str, JsonValue] = {
            "content": content,
            "expires_us": microseconds(records.clock() + _LIFE),
            "nonce": self.random_bytes(_NONCE_BYTES).hex(),
        }
        key = records.vault.sole_key(KeyPurpose.STAFF)
        return base64.urlsafe_b64encode(records.sealer.seal_json(key, body, _place(purpose, subject))).decode()

    def look(self, purpose: ChallengePurpose, challenge: str, subject: str = "") -> str | None:
        """The content of a challenge that may be shown again, as until the right code is typed.

        None for one that is unknown, for another purpose or subject, or expired.
        """
        opened = self._opened(purpose, challenge, subject)
        return None if opened is None else opened[0]

    def spend(self, session: Session, purpose: ChallengePurpose, challenge: str, subject: str = "") -> str | None:
        """The content of a challenge, taken within the writing transaction that its answer is good for.

        None as for `look`, and for one that was taken before.
        """
        opened = self._opened(purpose, challenge, subject)
        if opened is None or session.get(SpentChallengeRow, opened[1]) is not None:
            return None
        content, nonce, expires_at = opened
        session.execute(delete(SpentChallengeRow).where(SpentChallengeRow.expires_at <= self.records.clock()))
        session.add(SpentChallengeRow(nonce=nonce, expires_at=expires_at))
        session.flush()
        return content

    def _opened(self, purpose: ChallengePurpose, challenge: str, subject: str) -> tuple[str, bytes, datetime] | None:
        """Content, nonce and expiry of a challenge that has not expired."""
        try:
            sealed = base64.b64decode(challenge.encode(), altchars=b"-_", validate=True)
            body = self.records.sealer.unseal_json(sealed, _place(purpose, subject))
        except (SealingError, binascii.Error, ValueError):
            return None
        match body:
            case {"content": str(content), "expires_us": int(expires_us), "nonce": str(nonce)}:
                expires_at = from_microseconds(expires_us)
                return (content, bytes.fromhex(nonce), expires_at) if expires_at > self.records.clock() else None
            case _:
                return None


def _place(purpose: ChallengePurpose, subject: str) -> Place:
    return Place(SpentChallengeRow.__tablename__, purpose, subject)
