import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.policy.guard import GuardLevel, assess

CEILING = 0.001


@pytest.mark.parametrize(
    ("false_alerts", "faces", "level"),
    [
        (0, 0, GuardLevel.OK),  # nothing seen yet
        (0, 50, GuardLevel.OK),
        (1, 2_000, GuardLevel.OK),  # observed 1 in 2,000
        (1, 1_000, GuardLevel.OK),  # exactly the ceiling is not above it
        (1, 100, GuardLevel.WARN),  # 1 in 100, but one event proves little: lower bound 1 in 1,950
        (3, 1_000, GuardLevel.WARN),  # lower bound 0.00082
        (4, 1_000, GuardLevel.PAUSE),  # lower bound 0.00137
        (1, 0, GuardLevel.WARN),  # the count of faces comes late: taken as 100
        (2, 0, GuardLevel.PAUSE),  # lower bound of 2 in 100: 0.0036
        (2, 355, GuardLevel.PAUSE),  # lower bound 0.001002
        (2, 356, GuardLevel.WARN),  # lower bound 0.000999
        (2_297, 170_000, GuardLevel.PAUSE),  # Cardiff 2017
        (10, 3_147_436, GuardLevel.OK),
        (101, 1, GuardLevel.PAUSE),
    ],
)
def test_the_guard_warns_then_pauses(false_alerts: int, faces: int, level: GuardLevel) -> None:
    assert assess(false_alerts, faces, CEILING).level is level


def test_the_guard_says_what_it_saw_in_words() -> None:
    assert assess(4, 1_000, CEILING).sentence == (
        "4 false alerts in 1000 faces is certainly above the ceiling of 1 in 1000: the deployment pauses."
    )


@given(faces=st.integers(1, 1_000_000), false_alerts=st.integers(0, 50))
def test_more_faces_never_make_the_guard_stricter(faces: int, false_alerts: int) -> None:
    order = list(GuardLevel)
    now, later = assess(false_alerts, faces, CEILING), assess(false_alerts, faces * 2, CEILING)
    assert order.index(later.level) <= order.index(now.level)
