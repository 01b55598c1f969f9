"""Jobs on the wire: long acts, how far they are, and what came of them."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from openlfr.enrolment.duplicates import PairKind
from openlfr.hub.problems import WrongField
from openlfr.hub.schemas.watchlists import ReceiptView
from openlfr.hub.schemas.wire import Answering, Identifier
from openlfr.hub.work import JobKind, JobState
from openlfr.records.deletion import Remains
from openlfr.records.watchlist_tables import Outcome


class ImportResult(Answering):
    """What an import did; the rows have a route of their own."""

    of: Literal["watchlist import"] = "watchlist import"
    watchlist: Identifier
    import_id: Identifier
    resumed: int = Field(description="Rows that had their result from an interrupted run.")
    outcomes: dict[Outcome, int]
    pairs: dict[PairKind, int] = Field(description="Pictures that are alike, by kind, in the whole list.")
    pairs_cut: bool = Field(description="There were more than are kept.")
    most_alike: float | None = Field(
        description="How alike the two most alike people are: the threshold must lie above. Null when no two are."
    )
    people: int
    pictures: int


class PurgeResult(Answering):
    """What a purge destroyed."""

    of: Literal["purge"] = "purge"
    receipts: list[ReceiptView]


class AuditResult(Answering):
    """What verifying the audit log found."""

    of: Literal["verification of the audit log"] = "verification of the audit log"
    intact: bool
    head: str = Field(description="SIZE:ROOT; note it elsewhere.")
    problems: list[str] = Field(description="The first of them, in words.")
    problem_count: int


class FoundRemains(Answering):
    """One thing that should be gone."""

    remains: Remains
    where: str
    offset: int | None
    sentence: str


class DeletionResult(Answering):
    """What the search for remains of everything that was destroyed covered and found."""

    of: Literal["verification of deletion"] = "verification of deletion"
    clean: bool
    receipts: int
    files: int
    size_bytes: int
    findings: list[FoundRemains] = Field(description="The first of them.")
    finding_count: int
    unreadable: list[str] = Field(description="Places that could not be searched.")


class ExportResult(Answering):
    """An export that waits to be fetched."""

    of: Literal["regulator export"] = "regulator export"
    export: Identifier
    files: int
    size_bytes: int
    kept_until: datetime = Field(description="It is gone then, and whenever the hub's program ends: ask for it anew.")


JobResult = Annotated[
    ImportResult | PurgeResult | AuditResult | DeletionResult | ExportResult, Field(discriminator="of")
]


class JobView(Answering):
    """A job as it stands. Jobs do not outlive the hub's program; what their act kept is kept."""

    job: Identifier
    kind: JobKind
    record: str = Field(description="What it is about.")
    state: JobState
    asked_at: datetime
    started_at: datetime | None
    ended_at: datetime | None
    done: int
    total: int | None = Field(description="Null where it cannot be counted.")
    result: JobResult | None = Field(description="Once it is done.")
    sentence: str = Field(description="Why it failed or was refused, and what to do.")
    problems: list[WrongField] = Field(description="The fields that are wrong, where it was refused for them.")
