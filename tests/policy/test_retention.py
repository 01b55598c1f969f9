from datetime import UTC, datetime, timedelta
from importlib.resources import files

import pytest

from openlfr.policy.retention import (
    ClockStart,
    DataClass,
    RetentionPolicyError,
    packaged_retention_policy,
    parse_retention_policy,
)

TEXT = files("openlfr.policy").joinpath("retention.toml").read_text(encoding="utf-8")
ENDED = datetime(2026, 5, 11, 20, 0, tzinfo=UTC)


def test_people_who_did_not_match_are_never_kept() -> None:
    rule = packaged_retention_policy().classes[DataClass.NO_MATCH]
    assert (rule.period, rule.maximum, rule.legal_hold) == (timedelta(0), timedelta(0), False)


def test_a_watchlist_goes_when_the_deployment_ends_and_is_overdue_after_a_day() -> None:
    rule = packaged_retention_policy().classes[DataClass.WATCHLIST]
    assert rule.clock is ClockStart.DEPLOYMENT_ENDED
    assert rule.due_at(ENDED) == ENDED
    assert rule.overdue_at(ENDED) == ENDED + timedelta(hours=24)
    assert not rule.legal_hold


def test_an_alert_goes_after_a_day_and_a_hold_may_keep_it() -> None:
    rule = packaged_retention_policy().classes[DataClass.ALERT]
    assert rule.due_at(ENDED) == ENDED + timedelta(hours=24)
    assert rule.maximum == timedelta(days=31)
    assert rule.legal_hold


def test_logs_are_kept_for_the_six_months_that_the_ai_act_asks_for_at_least() -> None:
    assert packaged_retention_policy().classes[DataClass.AUDIT_LOG].period >= timedelta(days=184)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('period = "PT24H"', 'period = "P60D"', "outside 0 to its maximum"),
        ('period = "PT24H"', 'period = "-PT1H"', "outside 0 to its maximum"),
        ('period = "PT24H"', 'period = "a day"', "cannot be read"),
        ("[classes.alert]", "[classes.allert]", "cannot be read"),
        ("legal_hold = true", "legal_hold = true\nwhatever = 1", "cannot be read"),
        ('version = "2026-1"', "version = ", "cannot be read"),
    ],
)
def test_a_retention_file_that_does_not_hold_is_refused(old: str, new: str, words: str) -> None:
    with pytest.raises(RetentionPolicyError, match=words):
        parse_retention_policy(TEXT.replace(old, new))


def test_a_class_left_out_is_named() -> None:
    start, end = TEXT.index("[classes.cctv]"), TEXT.index("[classes.membership_register]")
    with pytest.raises(RetentionPolicyError, match="says nothing about cctv"):
        parse_retention_policy(TEXT[:start] + TEXT[end:])
