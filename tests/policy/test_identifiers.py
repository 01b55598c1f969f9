from datetime import UTC, datetime
from uuid import RFC_4122, UUID

import pytest

from openlfr.policy.identifiers import is_identifier, uuid7_source

THE_RFC_EXAMPLE_MOMENT = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def test_an_identifier_is_laid_out_as_the_standard_shows() -> None:
    # RFC 9562 appendix A.6: 0x017F22E279B0, version 7, rand_a 0xCC3, variant 2, rand_b 0x18C4DC0C0C07398F.
    random = (0xCC3 << 62) | 0x18C4DC0C0C07398F
    new_id = uuid7_source(lambda: THE_RFC_EXAMPLE_MOMENT, lambda size: random.to_bytes(size))
    assert new_id() == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"
    assert UUID(new_id()).variant == RFC_4122


def test_identifiers_sort_by_the_moment_they_were_made() -> None:
    moments = iter([THE_RFC_EXAMPLE_MOMENT, THE_RFC_EXAMPLE_MOMENT.replace(second=23)])
    randoms = iter([b"\xff" * 10, b"\x00" * 10])
    new_id = uuid7_source(lambda: next(moments), lambda _size: next(randoms))
    assert new_id() < new_id()


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("017f22e2-79b0-7cc3-98c4-dc0c0c07398f", True),
        ("017F22E2-79B0-7CC3-98C4-DC0C0C07398F", False),  # one spelling only
        ("{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}", False),
        ("' OR 1=1 --", False),
        ("", False),
    ],
)
def test_only_the_one_spelling_is_an_identifier(text: str, good: bool) -> None:
    assert is_identifier(text) is good
