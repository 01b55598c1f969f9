"""Retention, legal holds and rights requests on the wire."""

from datetime import date, datetime, timedelta
from typing import Literal

from pydantic import ConfigDict, Field, model_validator

from openlfr.hub.schemas.wire import Answering, Asking, Identifier, LoggedReason, Name, Text
from openlfr.policy.retention import ClockStart, DataClass


class RuleView(Answering):
    """How long one kind of data is kept."""

    data_class: DataClass
    what: str
    period: timedelta
    maximum: timedelta = Field(description="The longest period a force may set.")
    clock: ClockStart = Field(description="The event from which the period runs.")
    legal_hold: bool = Field(description="A legal hold may keep the data longer.")
    personal: bool
    source: str


class PolicyView(Answering):
    """The retention policy: the one file that purge jobs, screens and documents all read."""

    version: str
    rules: list[RuleView]


class DueRecord(Answering):
    """One record whose period is over."""

    record_kind: str
    record_id: str
    clock_started_at: datetime | None
    held_by: Identifier | None = Field(description="The legal hold that keeps it, if one does.")


class OverdueRecord(Answering):
    """One record that is still there beyond the longest period any force may set: an alarm."""

    record_kind: str
    record_id: str
    since: datetime


class DueView(Answering):
    """What a purge would do now."""

    begun: int = Field(description="Records whose destruction began and is not finished.")
    due: list[DueRecord] = Field(description="The first of them.")
    due_count: int
    held: list[DueRecord] = Field(description="Those whose period is over and which a legal hold keeps.")
    overdue: list[OverdueRecord]


class PurgeForm(Asking):
    """Why the purge is run by hand now."""

    reason: LoggedReason

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "The deployment has ended."}]})


class HoldForm(Asking):
    """A record that is kept, and all that belongs to it; who ordered it, and why."""

    record_kind: str = Field(min_length=1, max_length=64, pattern="^[a-z ]+$", examples=["deployment"])
    record_id: Identifier
    authority: Name
    reason: Text

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "record_kind": "deployment",
                    "record_id": "0196c000-0000-7000-8000-000000000001",
                    "authority": "Crown Court at Croydon, T20267001",
                    "reason": "Evidence in R v Example.",
                }
            ]
        }
    )


class ReleaseForm(Asking):
    """Who allows a hold to end, and why."""

    authority: Name
    reason: Text

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"authority": "Crown Court at Croydon, T20267001", "reason": "The case is over."}]
        }
    )


class HoldView(Answering):
    """A legal hold in force, without its words."""

    hold: Identifier
    record_kind: str
    record_id: str
    placed_by: str
    placed_at: datetime


class RightsRequest(Asking):
    """Was this person on a watchlist? Asked by the force's reference, or by name with the day of birth."""

    by: Literal["reference", "name"]
    text: Name = Field(description="The reference, or the name in any script and order.")
    born_on: date | None = Field(default=None, description="Needed with a name.")
    authority: Name = Field(description="Under which the question is asked.")
    reason: Text

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "by": "reference",
                    "text": "N/12345",
                    "authority": "Data protection officer",
                    "reason": "Subject access request SAR/2026/8.",
                }
            ]
        }
    )

    @model_validator(mode="after")
    def _named_with_birthday(self) -> "RightsRequest":
        if self.by == "name" and self.born_on is None:
            raise ValueError("A name is asked about with the day of birth: fill in born_on.")
        return self


class MembershipView(Answering):
    """A watchlist that the person was on."""

    watchlist: Identifier
    deployment: Identifier
    listed_at: datetime
