"""Requests that another site makes a browser send are refused (cross-site request forgery).

Two things each suffice, and both are asked: the browser says where a request comes from (Fetch Metadata, Origin), and
whoever changes something with a session's cookie shows that session's token, which no other site can read.
"""

import hmac
from hashlib import sha256
from http import HTTPStatus
from typing import Final

from fastapi import Request

from openlfr.hub.problems import ProblemError

HEADER: Final = "X-CSRF-Token"
SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_PURPOSE: Final = b"openlfr csrf token"


def token_of(session_token: str) -> str:
    """The token that belongs to a session: derived from the cookie, so that nothing is stored, nor says the cookie."""
    return hmac.digest(session_token.encode(), _PURPOSE, sha256).hex()


def refuse_forged(request: Request, session_token: str) -> None:
    """Raise ProblemError for a request that changes something without this session's token."""
    shown = request.headers.get(HEADER, "")
    if request.method not in SAFE_METHODS and not hmac.compare_digest(shown.encode(), token_of(session_token).encode()):
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "csrf_token_missing",
            f"The header {HEADER} is missing or of another session: read it anew from /api/v1/session.",
        )


def comes_from_elsewhere(request: Request, address: str) -> bool:
    """Whether a browser says that another site made it send this request; `address` is the hub's own."""
    if request.method in SAFE_METHODS:
        return False
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    return (site is not None and site not in ("same-origin", "none")) or (origin is not None and origin != address)
