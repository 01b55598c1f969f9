"""Signing in with a force's own directory: OpenID Connect Core 1.0, the code flow with PKCE, state and nonce.

What the directory says is only taken from an ID token that it signed, for this hub, in answer to this very request.
It names somebody; whether that is anybody here, an administrator wrote into an account beforehand.
"""

import hmac
import json
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from ssl import create_default_context
from threading import BoundedSemaphore
from typing import Final
from urllib.parse import quote_plus, urlencode

import httpx
from authlib.oauth2.rfc7636 import create_s256_code_challenge  # type: ignore[import-untyped]
from authlib.oidc.core import CodeIDToken  # type: ignore[import-untyped]
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet
from pydantic import BaseModel, ConfigDict, ValidationError

from openlfr.hub.settings import DirectorySettings
from openlfr.records.challenges import ChallengePurpose, Challenges

CALLBACK: Final = "/api/v1/sign-in/directory/callback"
_SIGNATURES: Final = ("RS256", "PS256", "ES256", "EdDSA")
_CLOCK_LEEWAY: Final = timedelta(minutes=1)
_TIMEOUT_S: Final = 10.0
_RANDOM_BYTES: Final = 32
ASKED_AT_ONCE: Final = 8
"""Anybody may begin to sign in, and each asks the directory on a thread that all requests share."""


class DirectoryUnusableError(Exception):
    """The directory does not answer, or not as OpenID Connect has it."""


class DirectoryAnswerError(Exception):
    """What the directory or the browser brought back is not accepted; the text is for the log."""


class _Metadata(BaseModel):
    """What a provider publishes of itself (OpenID Connect Discovery 1.0, section 3)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str


class _Tokens(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    id_token: str
    access_token: str


@dataclass(frozen=True, slots=True)
class SentAway:
    """Where to send the browser, and the challenge it keeps until it comes back."""

    url: str
    challenge: str


@dataclass(frozen=True, slots=True)
class Directory:
    """One hub's directory. `hub_address` is the hub's own, to which the browser comes back."""

    settings: DirectorySettings
    hub_address: str
    challenges: Challenges
    random_bytes: Callable[[int], bytes] = secrets.token_bytes
    _turns: BoundedSemaphore = field(default_factory=lambda: BoundedSemaphore(ASKED_AT_ONCE))

    @property
    def in_use(self) -> bool:
        return self.settings.issuer is not None

    def begin(self) -> SentAway:
        """Send a browser to the directory. Raises DirectoryUnusableError."""
        state, nonce, verifier = (self.random_bytes(_RANDOM_BYTES).hex() for _ in range(3))
        with self._in_turn() as client:
            metadata = self._metadata(client)
        query = {
            "response_type": "code",
            "client_id": self.settings.client_id,
            "redirect_uri": self.hub_address + CALLBACK,
            "scope": self.settings.scope,
            "state": state,
            "nonce": nonce,
            "code_challenge": create_s256_code_challenge(verifier),
            "code_challenge_method": "S256",
        }
        joint = "&" if "?" in metadata.authorization_endpoint else "?"
        challenge = self.challenges.issue(ChallengePurpose.SIGN_IN_BY_DIRECTORY, f"{state} {nonce} {verifier}")
        return SentAway(f"{metadata.authorization_endpoint}{joint}{urlencode(query)}", challenge)

    def named(self, challenge: str, state: str, code: str) -> str:
        """Whom the directory names, when the browser comes back.

        Raises DirectoryAnswerError for an answer that is not accepted, DirectoryUnusableError.
        """
        purpose, kept = ChallengePurpose.SIGN_IN_BY_DIRECTORY, None
        if self.challenges.look(purpose, challenge) is not None:  # only what is ours takes the database's write lock
            with self.challenges.records.database.writing() as session:
                kept = self.challenges.spend(session, purpose, challenge)
        if kept is None:
            raise DirectoryAnswerError("The browser brought no request of ours back, or one that is used or too old.")
        asked_state, nonce, verifier = kept.split(" ")
        if not hmac.compare_digest(asked_state.encode(), state.encode("utf-8", "replace")):
            raise DirectoryAnswerError("The answer is to another request.")
        with self._in_turn() as client:
            metadata = self._metadata(client)
            tokens = self._tokens(client, metadata, code, verifier)
            keys = self._keys(client, metadata)
        return self._name_in(tokens, keys, metadata.issuer, nonce)

    def _name_in(self, tokens: _Tokens, keys: KeySet, issuer: str, nonce: str) -> str:
        settings = self.settings
        try:
            token = jwt.decode(tokens.id_token, keys, algorithms=list(_SIGNATURES))
            claims = CodeIDToken(
                token.claims,
                token.header,
                options={
                    "iss": {"essential": True, "value": issuer},
                    "aud": {"essential": True, "value": settings.client_id},
                },
                params={"nonce": nonce, "client_id": settings.client_id, "access_token": tokens.access_token},
            )
            now = int(self.challenges.records.clock().timestamp())
            claims.validate(now=now, leeway=int(_CLOCK_LEEWAY.total_seconds()))
        except (JoseError, ValueError, TypeError) as error:
            raise DirectoryAnswerError(f"Its token is not accepted: {error}") from error
        name = claims.get(settings.claim)
        if settings.claim == "email" and claims.get("email_verified") is not True:
            raise DirectoryAnswerError("The directory did not verify the address of e-mail.")
        if not isinstance(name, str) or not name:
            raise DirectoryAnswerError(f"Its token has no claim {settings.claim}.")
        return name

    def _metadata(self, client: httpx.Client) -> _Metadata:
        issuer = (self.settings.issuer or "").rstrip("/")
        answer = _read(client, f"{issuer}/.well-known/openid-configuration")
        try:
            metadata = _Metadata.model_validate_json(answer)
        except ValidationError as error:
            raise DirectoryUnusableError("What the directory publishes of itself is not complete.") from error
        if metadata.issuer.rstrip("/") != issuer:
            raise DirectoryUnusableError("The directory calls itself by another name than the settings do.")
        return metadata

    def _tokens(self, client: httpx.Client, metadata: _Metadata, code: str, verifier: str) -> _Tokens:
        # RFC 6749 section 2.3.1: both are form-encoded before they become HTTP's name and password.
        client_login = (quote_plus(self.settings.client_id), quote_plus(self._secret()))
        form: Mapping[str, str] = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": self.hub_address + CALLBACK,
            "code_verifier": verifier,
        }
        try:
            answer = client.post(metadata.token_endpoint, data=form, auth=client_login)
        except httpx.HTTPError as error:
            raise DirectoryUnusableError("The directory does not answer.") from error
        if answer.status_code != httpx.codes.OK:
            raise DirectoryAnswerError("The directory did not take its own code.")
        try:
            return _Tokens.model_validate_json(answer.content)
        except ValidationError as error:
            raise DirectoryAnswerError("The directory gave no ID token.") from error

    def _secret(self) -> str:
        if self.settings.client_secret_file is None:
            return ""
        try:
            return self.settings.client_secret_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise DirectoryUnusableError("The file of the client's secret cannot be read.") from error

    def _keys(self, client: httpx.Client, metadata: _Metadata) -> KeySet:
        try:
            return KeySet.import_key_set(json.loads(_read(client, metadata.jwks_uri)))
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise DirectoryUnusableError("The directory's keys cannot be read.") from error

    @contextmanager
    def _in_turn(self) -> Iterator[httpx.Client]:
        """A client to ask the directory with, for a few at once: nobody waits for the others."""
        if not self._turns.acquire(blocking=False):
            raise DirectoryUnusableError("As many people ask it as the hub lets at once: it may not answer.")
        try:
            with httpx.Client(
                timeout=_TIMEOUT_S, verify=create_default_context(cafile=self.settings.ca_file)
            ) as client:
                yield client
        finally:
            self._turns.release()


def _read(client: httpx.Client, url: str) -> bytes:
    try:
        return client.get(url).raise_for_status().content
    except httpx.HTTPError as error:
        raise DirectoryUnusableError("The directory does not answer.") from error
