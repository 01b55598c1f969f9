"""The deployment record: its columns, and false alert rates on both denominators."""

from decimal import Decimal

import pytest
from tests.support.published_records import record

from openlfr.reporting.deployment_record import COUNTS, Column, FalseAlertRates
from openlfr.reporting.wording import per_alert_text, per_face_text, percent, threshold_text


def test_the_columns_are_those_that_are_published_in_their_order_and_wording() -> None:
    assert " · ".join(Column) == (
        "Deployment Location · Date · Duration · LFR Use Case · Watchlist Size · Min Threshold Setting · "
        "Total Alerts · True Alerts Confirmed · True Alerts Unconfirmed · False Alerts Confirmed · "
        "False Alerts Unconfirmed · False Alert Rate · Outcome-Arrest · Outcome-Other · Outcome-No Action · "
        "Faces seen (estimate)"
    )


def test_the_printed_rate_is_false_alerts_of_faces_seen_as_the_force_printed_it() -> None:
    # 1 of 12,120 was published as 0.008 %; two digits keep the rate from looking rounder than it is.
    assert record().false_alert_rates().printed() == "0.0083%"


@pytest.mark.parametrize(
    ("false", "faces", "printed"),
    [(0, 5000, "0%"), (10, 3_147_436, "0.00032%"), (7, 8600, "0.081%"), (1, 3, "33%"), (5, 5, "100%"), (0, 0, "")],
)
def test_a_printed_rate_has_two_significant_digits_and_no_powers_of_ten(false: int, faces: int, printed: str) -> None:
    assert FalseAlertRates(false, faces, false).printed() == printed


def test_both_denominators_come_with_their_exact_interval() -> None:
    year = FalseAlertRates(10, 3_147_436, 2_077)  # the Met's report year 2024-25
    assert year.per_face == pytest.approx(1 / 314_744, rel=1e-5)
    face = year.per_face_interval()
    assert face is not None
    assert (face.low, face.high) == pytest.approx((1.5e-6, 5.8e-6), abs=0.05e-6)
    assert year.per_alert is not None
    assert year.per_alert.rate == pytest.approx(0.0048, abs=5e-5)
    assert per_alert_text(year) == "0.48% (0.23% to 0.88%)"
    assert per_face_text(year) == "0.00032% (0.00015% to 0.00058%)"


def test_rates_without_a_denominator_say_so() -> None:
    assert per_face_text(FalseAlertRates(0, 0, 0)) == "no faces"
    assert per_alert_text(FalseAlertRates(0, 0, 0)) == "no alerts"
    assert per_alert_text(FalseAlertRates(3, 100, 2)) == "does not add up"


def test_figures_are_worded_alike_everywhere() -> None:
    assert [percent(rate) for rate in (0.0, 0.0035, 0.5, 1.0, 3.2e-6)] == ["0%", "0.35%", "50%", "100%", "0.00032%"]
    assert [threshold_text(Decimal(text)) for text in ("0.6", "0.64", "0.6325")] == ["0.60", "0.64", "0.6325"]


def test_a_negative_count_cannot_be_recorded() -> None:
    for field in COUNTS.values():
        with pytest.raises(ValueError, match=field):
            record(**{field: -1})
