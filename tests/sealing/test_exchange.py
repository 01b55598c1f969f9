"""Sealing to a public key: only the recipient, only for the purpose named."""

import pytest

from openlfr.sealing.errors import SealBrokenError
from openlfr.sealing.exchange import ExchangeKey, ExchangePublicKey, SharedSeal, seal_to, seal_to_each

HUB = ExchangeKey(bytes(range(32)))
NODE = ExchangeKey(bytes(range(1, 33)))
STRANGER = ExchangeKey(bytes(range(2, 34)))


def test_the_recipient_opens_what_was_sealed_to_it() -> None:
    assert HUB.unseal(seal_to(HUB.public, b"a probe picture", "alert"), "alert") == b"a probe picture"


def test_nobody_else_opens_it_nor_for_another_purpose_nor_altered() -> None:
    sealed = seal_to(HUB.public, b"a probe picture", "alert")
    with pytest.raises(SealBrokenError, match="another recipient or purpose"):
        STRANGER.unseal(sealed, "alert")
    with pytest.raises(SealBrokenError):
        HUB.unseal(sealed, "watchlist bundle")
    for broken in (sealed[:-1] + bytes([sealed[-1] ^ 1]), sealed[:40], b""):
        with pytest.raises(SealBrokenError):
            HUB.unseal(broken, "alert")


def test_sealing_twice_never_gives_the_same_bytes() -> None:
    assert seal_to(HUB.public, b"same", "alert") != seal_to(HUB.public, b"same", "alert")


def test_a_shared_seal_opens_for_each_recipient_and_nobody_else() -> None:
    shared = seal_to_each([HUB.public, NODE.public], b"a watchlist", "watchlist bundle")
    assert HUB.unseal(shared.sealed_keys[0][1], "watchlist bundle")
    assert shared.unseal(HUB, "watchlist bundle") == b"a watchlist"
    assert shared.unseal(NODE, "watchlist bundle") == b"a watchlist"
    with pytest.raises(SealBrokenError, match="not meant for this machine"):
        shared.unseal(STRANGER, "watchlist bundle")
    altered = SharedSeal(shared.sealed_keys, shared.sealed_content[:-1])
    with pytest.raises(SealBrokenError, match="altered on its way"):
        altered.unseal(NODE, "watchlist bundle")


def test_a_public_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="32 bytes"):
        ExchangePublicKey(b"short")
