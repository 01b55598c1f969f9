"""Codes of six digits from a phone, each good once (TOTP, RFC 6238)."""

import base64
import hmac
from collections.abc import Callable
from datetime import datetime
from typing import Final

from pyotp import TOTP

_SECRET_BYTES: Final = 20  # RFC 4226 section 4, R6: as long as the HMAC's output
_STEP_S: Final = 30
_SLACK: Final = (0, -1, 1)
"""Steps by which a phone's clock may be off; RFC 6238 section 5.2."""


def new_secret(random_bytes: Callable[[int], bytes]) -> str:
    """A secret for a phone, in base 32."""
    return base64.b32encode(random_bytes(_SECRET_BYTES)).decode()


def phone_address(secret: str, sign_in_name: str, hub: str) -> str:
    """The `otpauth:` address that a phone reads from a picture."""
    return TOTP(secret).provisioning_uri(name=sign_in_name, issuer_name=f"OpenLFR {hub}")


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The step of 30 s that this code belongs to; None for a wrong code. A step is to be taken only once."""
    current = int(now.timestamp()) // _STEP_S
    typed = "".join(code.split()).encode("utf-8", "replace")
    codes = TOTP(secret)
    found = None
    for off in _SLACK:
        if hmac.compare_digest(codes.generate_otp(current + off).encode(), typed):
            found = current + off
    return found
