"""The retention policy: one file of periods that purge jobs, screens and documents all read."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from importlib.resources import files

from pydantic import ConfigDict, TypeAdapter, ValidationError


class DataClass(StrEnum):
    """The kinds of data that have a period of their own."""

    NO_MATCH = "no_match"
    WATCHLIST = "watchlist"
    ALERT = "alert"
    CCTV = "cctv"
    MEMBERSHIP_REGISTER = "membership_register"
    DEPLOYMENT_RECORD = "deployment_record"
    AUDIT_LOG = "audit_log"
    STAFF_RECORD = "staff_record"


class ClockStart(StrEnum):
    """The event from which a period runs."""

    PROCESSED = "processed"
    RECORDED = "recorded"
    ALERT_CLOSED = "alert closed"
    DEPLOYMENT_ENDED = "deployment ended"
    ACCOUNT_CLOSED = "account closed"


@dataclass(frozen=True, slots=True)
class RetentionRule:
    """How long one kind of data is kept, in the words and numbers that every document repeats.

    `period` is the default, `maximum` what a force may raise it to; both run from `clock`. `legal_hold` says whether a
    hold may keep the data longer; `personal` whether they are about people who are looked for or staff.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    what: str
    period: timedelta
    maximum: timedelta
    clock: ClockStart
    legal_hold: bool
    personal: bool
    source: str

    def due_at(self, clock_started_at: datetime) -> datetime:
        """When the data must be gone, unless a legal hold is allowed and placed."""
        return clock_started_at + self.period

    def overdue_at(self, clock_started_at: datetime) -> datetime:
        """The moment from which data still there are an alarm, whatever period the force has set."""
        return clock_started_at + self.maximum


@dataclass(frozen=True, slots=True)
class RetentionPolicy:
    """Every kind of data with its rule; `version` is written into receipts and documents."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    version: str
    classes: Mapping[DataClass, RetentionRule]


class RetentionPolicyError(ValueError):
    """The retention file cannot be used; the message says why."""


def parse_retention_policy(text: str) -> RetentionPolicy:
    """The policy written in TOML as `retention.toml` is.

    Raises:
        RetentionPolicyError: not TOML, a class missing or unknown, a negative period, or a period beyond its maximum.
    """
    try:
        policy = TypeAdapter(RetentionPolicy).validate_python(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as problem:
        raise RetentionPolicyError(f"The retention policy cannot be read: {problem}") from problem
    missing = [each for each in DataClass if each not in policy.classes]
    if missing:
        raise RetentionPolicyError(
            f"The retention policy says nothing about {', '.join(missing)}; add a section for each."
        )
    for kind, rule in policy.classes.items():
        if not timedelta(0) <= rule.period <= rule.maximum:
            raise RetentionPolicyError(
                f"The retention policy keeps {kind} for {rule.period}, outside 0 to its maximum of {rule.maximum}."
            )
    return policy


def packaged_retention_policy() -> RetentionPolicy:
    """The policy that comes with OpenLFR."""
    return parse_retention_policy(files(__package__).joinpath("retention.toml").read_text(encoding="utf-8"))
