"""The tables of sign-in. Names are sealed, secrets hashed or sealed: a stolen database opens nothing."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from openlfr.records.audit_entry import MAX_ORIGIN, MAX_STAFF
from openlfr.records.schema import Identifier, Sealed, Table, choice

LONGEST_TOKEN_NAME = 100


class SignInMethod(StrEnum):
    """How somebody proved who they are."""

    PASSWORD = "password and code"  # noqa: S105 - the name of a way, not a secret
    PASSKEY = "passkey"
    DIRECTORY = "directory"


class Scope(StrEnum):
    """What an access token of another system is good for."""

    READ_MATCH_FEED = "read the match-event feed"
    READ_METRICS = "read metrics"


class AccountRow(Table):
    """How one member of staff signs in. Digests are keyed (HMAC) with a key of the vault; names beside them sealed."""

    __tablename__ = "accounts"
    __table_args__ = (
        CheckConstraint("(password_hash IS NULL) = (totp_secret IS NULL)", name="a_password_has_its_codes"),
        CheckConstraint("(directory_digest IS NULL) = (directory_name IS NULL)", name="directory_name_is_whole"),
    )

    staff_id: Mapped[Identifier] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    name_digest: Mapped[bytes] = mapped_column(unique=True)
    sign_in_name: Mapped[Sealed]
    password_hash: Mapped[str | None] = mapped_column(String(255))
    totp_secret: Mapped[Sealed | None]
    totp_step: Mapped[int]
    """The last step of 30 s whose code was used; no code of it or of an earlier one is taken again."""
    directory_digest: Mapped[bytes | None] = mapped_column(unique=True)
    directory_name: Mapped[Sealed | None]


class SignInLinkRow(Table):
    """The one link with which somebody sets their account up; gone once used."""

    __tablename__ = "sign_in_links"

    staff_id: Mapped[Identifier] = mapped_column(ForeignKey("staff.id"), primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]


class PasskeyRow(Table):
    """A passkey: its public key, and the counter by which a copied one is noticed."""

    __tablename__ = "passkeys"
    __table_args__ = (CheckConstraint("uses >= 0", name="uses_count_from_0"),)

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    staff_id: Mapped[Identifier] = mapped_column(ForeignKey("staff.id"), index=True)
    credential_id: Mapped[bytes] = mapped_column(unique=True)
    public_key: Mapped[bytes]
    uses: Mapped[int]
    name: Mapped[Sealed]
    added_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class SessionRow(Table):
    """Somebody signed in at one browser. `acted_at` is when they last did something, to the half minute."""

    __tablename__ = "sign_in_sessions"

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    staff_id: Mapped[Identifier] = mapped_column(ForeignKey("staff.id"), index=True)
    method: Mapped[SignInMethod] = mapped_column(choice(SignInMethod, "method"))
    origin: Mapped[str] = mapped_column(String(MAX_ORIGIN))
    started_at: Mapped[datetime]
    proved_at: Mapped[datetime]
    """When they last signed in or unlocked it."""
    acted_at: Mapped[datetime]
    locked_at: Mapped[datetime | None]
    ends_at: Mapped[datetime] = mapped_column(index=True)


class AccessTokenRow(Table):
    """A token with which another system acts for an account."""

    __tablename__ = "access_tokens"

    id: Mapped[Identifier] = mapped_column(primary_key=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    staff_id: Mapped[Identifier] = mapped_column(ForeignKey("staff.id"), index=True)
    name: Mapped[str] = mapped_column(String(LONGEST_TOKEN_NAME))
    made_by: Mapped[str] = mapped_column(String(MAX_STAFF))
    made_at: Mapped[datetime]
    expires_at: Mapped[datetime]


class AccessTokenScopeRow(Table):
    """One thing that a token is good for."""

    __tablename__ = "access_token_scopes"

    token_id: Mapped[Identifier] = mapped_column(ForeignKey("access_tokens.id"), primary_key=True)
    scope: Mapped[Scope] = mapped_column(choice(Scope, "scope"), primary_key=True)


class SignInFailureRow(Table):
    """How often in a row somebody failed to sign in, by a keyed digest of the name or address they came with."""

    __tablename__ = "sign_in_failures"
    __table_args__ = (CheckConstraint("failures >= 1", name="failures_count_from_1"),)

    digest: Mapped[bytes] = mapped_column(primary_key=True)
    failures: Mapped[int]
    last_at: Mapped[datetime] = mapped_column(index=True)


class SpentChallengeRow(Table):
    """A challenge that was answered; kept until it would have expired, so that no answer is taken twice."""

    __tablename__ = "spent_challenges"

    nonce: Mapped[bytes] = mapped_column(primary_key=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)
