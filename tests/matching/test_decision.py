"""The rule of two opinions."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.matching.decision import DLIB_RULE, SecondOpinionRule, second_score

SCORES = st.floats(-1, 1)
DISTANCES = st.floats(0, 4)


def test_a_distance_at_the_line_leaves_the_score_as_it_is() -> None:
    rule = SecondOpinionRule("example", weight=0.5, line=0.4)
    assert rule.decided(0.45, 0.4) == pytest.approx(0.45)
    assert rule.decided(0.45, 0.0) == pytest.approx(0.65)
    assert rule.decided(0.45, 0.8) == pytest.approx(0.25)


@given(score=SCORES, near=DISTANCES, far=DISTANCES)
def test_a_nearer_face_never_scores_lower(score: float, near: float, far: float) -> None:
    near, far = sorted((near, far))
    assert DLIB_RULE.decided(score, near) >= DLIB_RULE.decided(score, far)


@given(threshold=SCORES, below=st.floats(1e-6, 1), distance=DISTANCES)
def test_a_candidate_out_of_reach_can_never_come_to_the_threshold(
    threshold: float, below: float, distance: float
) -> None:
    assert DLIB_RULE.decided(threshold - DLIB_RULE.reach - below, distance) < threshold


def test_dlibs_own_line_reads_as_064() -> None:
    assert second_score(DLIB_RULE.line) == pytest.approx(0.64)
    assert DLIB_RULE.line == pytest.approx(0.6**2)


@pytest.mark.parametrize(("weight", "line"), [(0, 0.36), (-1, 0.36), (0.3, 0), (float("nan"), 0.36)])
def test_a_rule_without_weight_or_line_is_refused(weight: float, line: float) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        SecondOpinionRule("broken", weight, line)
