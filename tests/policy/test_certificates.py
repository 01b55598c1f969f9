from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from tests.support.deployment_values import CERTIFICATE, NOON, SETUP

from openlfr.policy.certificates import MatchingSetup, threshold_allowed
from openlfr.policy.refusal import Allowed, Refusal


@pytest.mark.parametrize(
    ("setup", "size", "threshold", "now", "words"),
    [
        (SETUP, 1000, 0.60, NOON, None),
        (SETUP, 50_000, 0.64, NOON, None),
        (replace(SETUP, model_pack="other"), 1000, 0.64, NOON, "calibrate this setup"),
        (replace(SETUP, precision="bf16"), 1000, 0.64, NOON, "not for sface in bf16"),
        (replace(SETUP, fusion_rule="single shot"), 1000, 0.64, NOON, "calibrate this setup"),
        (SETUP, 50_001, 0.64, NOON, "up to 50000 people"),
        (SETUP, 1000, 0.5999, NOON, "below 0.6, the lowest that is certified"),
        (SETUP, 1000, float("nan"), NOON, "the lowest that is certified"),
        (SETUP, 1000, 0.64, CERTIFICATE.expires_at, "calibrate anew"),
        (SETUP, 1000, 0.64, CERTIFICATE.issued_at - timedelta(seconds=1), "calibrate anew"),
    ],
)
def test_a_threshold_holds_for_what_was_measured_and_nothing_else(
    setup: MatchingSetup, size: int, threshold: float, now: datetime, words: str | None
) -> None:
    verdict = threshold_allowed(CERTIFICATE, setup, size, threshold, now)
    if words is None:
        assert verdict == Allowed()
    else:
        assert isinstance(verdict, Refusal)
        assert words in verdict.sentence
