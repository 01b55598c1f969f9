"""Passwords: what a good one is, and how they are kept (Argon2id, RFC 9106).

As NIST SP 800-63B-4 has it: long enough, not a common one, any characters, no rules of composition, no expiry.
"""

import re
import threading
import unicodedata
from collections.abc import Iterator
from typing import Final

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from openlfr.policy.refusal import FieldProblem

SHORTEST_PASSWORD: Final = 12
LONGEST_PASSWORD: Final = 256
_FEWEST_OWN: Final = 6
"""Characters that must be left when everything that is tried first is taken out."""
_FEWEST_DIFFERENT: Final = 6
_AT_ONCE: Final = 4
"""Passwords hashed at the same time: each takes 64 MiB of memory."""

_TRIED_FIRST: Final = """
password passwort passphrase secret letmein welcome login signin changeme default administrator admin root guest test
qwertyuiop qwerty asdfghjkl zxcvbnm qazwsx azerty qwertz iloveyou love sunshine princess monkey dragon shadow master
superman batman starwars pokemon football baseball hockey soccer liverpool arsenal chelsea everton tottenham rangers
celtic manchester united england london scotland wales britain essex kent police constable sergeant officer inspector
detective force camera facial recognition openlfr watchlist summer winter spring autumn january february march april
june july august september october november december monday tuesday wednesday thursday friday saturday sunday
michael jessica charlie daniel thomas george jordan ashley abcdef correcthorsebatterystaple correct horse battery staple
access hello trustno freedom whatever computer internet google facebook samsung mustang ferrari cheese banana chocolate
""".split()  # noqa: SIM905 - a list of words is read as text
_RUNS: Final = tuple(
    row[::step]
    for row in ("abcdefghijklmnopqrstuvwxyz", "01234567890", "qwertyuiop", "asdfghjkl", "zxcvbnm", "1qaz2wsx3edc4rfv")
    for step in (1, -1)
)
_LEET: Final = str.maketrans("@4301!$57|", "aaeoiisstl")
_YEAR: Final = re.compile(r"(?:19|20)\d\d")


def normal(password: str) -> str:
    """One spelling of the same keys on different keyboards (NFKC), as SP 800-63B advises."""
    return unicodedata.normalize("NFKC", password)


def password_problems(field_name: str, password: str, sign_in_name: str) -> Iterator[FieldProblem]:
    """What is wrong with a new password."""
    text = normal(password)
    if len(text) < SHORTEST_PASSWORD:
        yield FieldProblem(
            field_name, f"This has {len(text)} characters; take {SHORTEST_PASSWORD} or more. Several words are best."
        )
    elif len(text) > LONGEST_PASSWORD:
        yield FieldProblem(field_name, f"This has {len(text)} characters; {LONGEST_PASSWORD} are the most.")
    elif _is_common(text.casefold(), sign_in_name.casefold()):
        yield FieldProblem(
            field_name,
            "This is among the passwords that are tried first: common words, names, years, rows of keys, or your own "
            "sign-in name. Take several words that have nothing to do with each other.",
        )


def _is_common(text: str, sign_in_name: str) -> bool:
    return len(set(text)) < _FEWEST_DIFFERENT or any(
        _own_part(spelling, sign_in_name) < _FEWEST_OWN for spelling in {text, text.translate(_LEET)}
    )


def _own_part(text: str, sign_in_name: str) -> int:
    """How many different characters are left without common words, years and rows of keys."""
    for word in sorted({*_TRIED_FIRST, *re.split(r"[^a-z0-9]+", sign_in_name)}, key=len, reverse=True):
        if len(word) > 2:
            text = text.replace(word, " ")
    text = _YEAR.sub(" ", text)
    for run in _RUNS:
        for length in range(len(run), 2, -1):
            for start in range(len(run) - length + 1):
                text = text.replace(run[start : start + length], " ")
    return len(set(re.sub(r"[\W_]+", "", text)))


class PasswordStore:
    """Hashes and compares; a few at once, so that many attempts cannot take all memory. Safe for several threads."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        """`hasher` replaces the default cost: RFC 9106's second recommendation, 3 passes over 64 MiB with 4 lanes."""
        self.hasher = hasher or PasswordHasher()
        self._turns = threading.BoundedSemaphore(_AT_ONCE)
        self._nobodys = self.hashed("the password of nobody")

    def hashed(self, password: str) -> str:
        """What is kept of a password."""
        with self._turns:
            return self.hasher.hash(_bytes(password))

    def matches(self, kept: str | None, password: str) -> bool:
        """Whether this is the password. As long as for any other when there is none to compare with."""
        with self._turns:
            try:
                return self.hasher.verify(kept or self._nobodys, _bytes(password)) and kept is not None
            except (VerificationError, InvalidHashError):
                return False


def _bytes(password: str) -> bytes:
    return normal(password).encode("utf-8", "surrogatepass")
