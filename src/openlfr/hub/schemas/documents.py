"""What is asked for when a document is made: which file of it, and of disclosures to whom and why."""

from datetime import date
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from openlfr.hub.schemas.wire import Answering, Asking, Day, LoggedReason, Name
from openlfr.hub.settings import time_zone_name
from openlfr.reporting.periods import FIRST_YEAR, LAST_YEAR, Period, ReportCalendar


class FiguresForm(StrEnum):
    """How a document of figures is handed out; `signed` is all of them in a zip file under the hub's signature."""

    HTML = "html"
    PDF = "pdf"
    JSON = "json"
    CSV = "csv"
    SIGNED = "signed"


class PageForm(StrEnum):
    """How a document without figures is handed out; `signed` is both in a zip file under the hub's signature."""

    HTML = "html"
    PDF = "pdf"
    SIGNED = "signed"


class NoticeFile(StrEnum):
    """What is put up or given out; `signed` is everything in a zip file under the hub's signature."""

    SIGN_A2 = "sign-a2.pdf"
    SIGN_A3 = "sign-a3.pdf"
    LEAFLET = "leaflet.pdf"
    WEB_PAGE = "notice.html"
    WEB_PDF = "notice.pdf"
    SIGNED = "signed"


def _web_address(text: str) -> str:
    if not text.startswith(("https://", "http://")) or len(text.split()) != 1:
        raise ValueError("Write the whole address, as in https://force.example/lfr.")
    return text


class ReportYearView(Answering):
    """A report year of the hub's calendar."""

    name: str = Field(examples=["2026", "15 September 2025 to 14 September 2026"])
    first: date
    last: date
    groups_are_told: bool = Field(description="Whether groups of people are told already: only of closed years.")


class AnnualReportForm(Asking):
    """A report of the deployments that went live in a year, or from one day to another.

    `year` is short for the hub's report year that begins in it.
    """

    year: int | None = Field(default=None, ge=FIRST_YEAR, le=LAST_YEAR, examples=[2026])
    first: Day | None = Field(default=None, description="The first day, in the hub's time zone.")
    last: Day | None = Field(default=None, description="The last day, which is part of it.")
    form: FiguresForm = FiguresForm.PDF

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"year": 2026, "form": "json"},
                {"first": "2026-04-01", "last": "2026-06-30", "form": "pdf"},
            ]
        }
    )

    @model_validator(mode="after")
    def _one_period(self) -> Self:
        days = (self.first, self.last)
        if (self.year is None) != (None not in days) or (self.year is not None and days != (None, None)):
            raise ValueError("Give either a year, or the first and the last day.")
        if self.first is not None and self.last is not None:
            Period(self.first, self.last)
        return self

    def period(self, calendar: ReportCalendar) -> Period:
        """What is asked for."""
        if self.first is not None and self.last is not None:
            return Period(self.first, self.last)
        return calendar.year(self.year or FIRST_YEAR)


class NoticeForm(Asking):
    """What a notice needs beside the deployment: where the public page is, and how people reach the force."""

    page: Annotated[Name, AfterValidator(_web_address)] = Field(description="The address of the public page.")
    contact: LoggedReason = Field(description="How people reach whoever answers for the data.")
    time_zone: Annotated[Name, AfterValidator(time_zone_name)] = Field(
        default="UTC", description="In which people there tell the time."
    )
    file: NoticeFile = NoticeFile.SIGN_A3

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "page": "https://force.example/lfr",
                    "contact": "Data protection officer, dpo@force.example",
                    "time_zone": "Europe/London",
                    "file": "notice.html",
                }
            ]
        }
    )


class DisclosureForm(Asking):
    """To whom something is handed out, and why: both stand in the audit log before anything is."""

    recipient: LoggedReason
    reason: LoggedReason

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"recipient": "Crown Court at Croydon", "reason": "Case 12/34."}]}
    )


class NotificationForm(DisclosureForm):
    """To which authority a use is notified, and why."""

    form: PageForm = PageForm.PDF

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"recipient": "Market surveillance authority", "reason": "Art 5(4).", "form": "html"}]
        }
    )
