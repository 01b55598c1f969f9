"""An alert on its way: whole for its own hub, from the node that raised it, and nothing for anybody else."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.bus import NODE, raised_alert

from openlfr.link.sealed_alert import open_alert, seal_alert, seal_later_shots
from openlfr.policy.direction import Direction
from openlfr.policy.identifiers import NodeId
from openlfr.policy.raised_alert import (
    LARGEST_FURTHER_PICTURE_BYTES,
    LARGEST_PICTURE_BYTES,
    MOST_PICTURES,
    AlertPictures,
    LaterShots,
)
from openlfr.sealing.errors import SealBrokenError, SealingError, SignatureInvalidError
from openlfr.sealing.exchange import ExchangeKey
from openlfr.sealing.signature import SigningKey, VerifyKey

HUB = ExchangeKey(b"\x02" * 32)
NODE_KEY, OTHER_KEY = SigningKey(b"\x09" * 32), SigningKey(b"\x0a" * 32)
OTHER = NodeId("0196c000-0000-7000-8000-0000000000a2")
PICTURES = AlertPictures((b"\xff\xd8 the probe", b"\xff\xd8 another shot"), (b"\xff\xd8 the candidate",))
RAISED = replace(raised_alert(), probes=raised_alert().probes * 2)
SEALED = seal_alert(RAISED, PICTURES, NODE_KEY, HUB.public)


def key_of(node: NodeId) -> VerifyKey | None:
    return {NODE: NODE_KEY.public, OTHER: OTHER_KEY.public}.get(node)


def test_the_hub_gets_the_alert_and_its_pictures_as_they_were() -> None:
    assert open_alert(SEALED, HUB, key_of) == (RAISED, PICTURES)


def test_later_shots_come_as_they_were_and_cannot_pass_for_an_alert() -> None:
    later = LaterShots(RAISED.alert, RAISED.deployment, NODE, Direction.AWAY, RAISED.probes)
    sealed = seal_later_shots(later, PICTURES.probes, NODE_KEY, HUB.public)
    assert open_alert(sealed, HUB, key_of) == (later, AlertPictures(PICTURES.probes, ()))
    with pytest.raises(SignatureInvalidError, match="signed by another"):
        open_alert(seal_later_shots(later, PICTURES.probes, OTHER_KEY, HUB.public), HUB, key_of)


def test_nothing_of_it_can_be_read_on_the_way_and_no_other_hub_opens_it() -> None:
    for needle in (b"Quibbleworth", b"N/12345", *PICTURES.probes, *PICTURES.candidates):
        assert needle not in SEALED
    with pytest.raises(SealBrokenError):
        open_alert(SEALED, ExchangeKey(b"\x03" * 32), key_of)


def test_an_alert_of_a_node_that_the_hub_does_not_know_is_refused() -> None:
    with pytest.raises(SignatureInvalidError, match="does not know"):
        open_alert(SEALED, HUB, lambda _node: None)


def test_a_node_cannot_raise_an_alert_in_another_nodes_name() -> None:
    forged = seal_alert(replace(RAISED, node=OTHER), PICTURES, NODE_KEY, HUB.public)
    with pytest.raises(SignatureInvalidError, match="signed by another"):
        open_alert(forged, HUB, key_of)


@settings(max_examples=100, deadline=None)
@given(place=st.integers(0, len(SEALED) - 1), flipped=st.integers(1, 255))
def test_any_altered_byte_is_found(place: int, flipped: int) -> None:
    altered = bytearray(SEALED)
    altered[place] ^= flipped
    with pytest.raises(SealingError):
        open_alert(bytes(altered), HUB, key_of)


@pytest.mark.parametrize(
    ("probes", "candidates", "words"),
    [
        ((bytes(LARGEST_PICTURE_BYTES + 1), b"2"), (b"c",), "A picture has more than"),
        ((b"1", bytes(LARGEST_FURTHER_PICTURE_BYTES + 1)), (b"c",), "A further picture has more than"),
        ((bytes(LARGEST_PICTURE_BYTES), b"2"), (bytes(LARGEST_PICTURE_BYTES),), "too large to be sent"),
        ((b"1",), (b"c",), "tells of 2 pictures and comes with 1"),
    ],
)
def test_pictures_that_are_too_large_or_missing_are_not_sealed(
    probes: tuple[bytes, ...], candidates: tuple[bytes, ...], words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        seal_alert(RAISED, AlertPictures(probes, candidates), NODE_KEY, HUB.public)


def test_as_many_pictures_as_may_be_of_the_largest_further_size_fit_beside_a_large_first_one() -> None:
    further = (bytes(LARGEST_FURTHER_PICTURE_BYTES),) * (MOST_PICTURES - 1)
    pictures = AlertPictures((bytes(LARGEST_PICTURE_BYTES), *further), (bytes(100_000), *further))
    told = replace(RAISED, probes=RAISED.probes[:1] * MOST_PICTURES, candidates=RAISED.candidates * MOST_PICTURES)
    assert open_alert(seal_alert(told, pictures, NODE_KEY, HUB.public), HUB, key_of) == (told, pictures)


def test_what_is_larger_than_any_alert_is_not_even_opened() -> None:
    with pytest.raises(SignatureInvalidError, match="larger than any"):
        open_alert(bytes(9 << 20), HUB, key_of)
