"""What the hub does by itself, again and again: it ends what is over, renews leases, expires, forgets, and reports."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy import select

from openlfr.hub.services import Services
from openlfr.policy.deployment import DELETE_EVERYTHING, DeploymentState
from openlfr.policy.identifiers import DeploymentId
from openlfr.policy.roles import THE_HUB
from openlfr.records.alert_purge import destroy_refused_results
from openlfr.records.alert_tables import AlertContentRow, AlertRow
from openlfr.records.audit_entry import THE_HUB_ITSELF
from openlfr.records.deployment_store import read_deployment
from openlfr.records.deployment_tables import DeploymentRow
from openlfr.records.known_answer_cases import KnownAnswerCases
from openlfr.records.known_answers import KnownAnswers
from openlfr.records.schema import Clock

ORIGIN: Final = "hub"

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Job:
    """Something to be done every `every_s` seconds; `work` blocks, and runs in a thread of its own."""

    name: str
    every_s: float
    work: Callable[[], object]


@dataclass(frozen=True, slots=True)
class JobNews:
    """How a job fares: when it was last done, and why it was not the last time it was tried; empty when it was."""

    name: str
    done_at: datetime | None = None
    error: str = ""


class Jobs:
    """Runs each job on its own interval: one that fails or takes long holds up no other. For one event loop."""

    def __init__(self, jobs: Sequence[Job], clock: Clock) -> None:
        self._jobs = tuple(jobs)
        self._clock = clock
        self._news = {job.name: JobNews(job.name) for job in jobs}

    @property
    def news(self) -> Mapping[str, JobNews]:
        return dict(self._news)

    @property
    def fault(self) -> str | None:
        """The first job that failed the last time, in a sentence, for the hub's health."""
        failing = next((each for each in self._news.values() if each.error), None)
        return None if failing is None else f"The hub could not {failing.name}: {failing.error}"

    async def run(self) -> None:
        """Run every job at once and then on its interval, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            for job in self._jobs:
                tasks.create_task(self._run(job), name=f"job {job.name}")

    async def _run(self, job: Job) -> None:
        while True:
            try:
                await asyncio.to_thread(job.work)
            except Exception as error:  # whatever it was, the job is tried again, and health says that it failed
                if not self._news[job.name].error:
                    log.exception("a job failed and is tried again", job=job.name)
                self._news[job.name] = replace(self._news[job.name], error=str(error) or type(error).__name__)
            else:
                self._news[job.name] = JobNews(job.name, self._clock())
            await asyncio.sleep(job.every_s)


def hub_jobs(services: Services, questions: KnownAnswerCases | None = None) -> tuple[Job, ...]:
    """The jobs of a hub; with `questions`, those whose turn has come are put among the alerts."""
    retention = services.retention
    asking = KnownAnswers(services.records, questions) if questions is not None else None
    return (
        *((Job("put questions with a known answer", 5, asking.raise_those_due),) if asking is not None else ()),
        Job("end deployments whose time is over", 2, services.deployments.end_those_due),
        Job("renew the plans of nodes", 60, services.deployments.renew_plans),
        Job("let alerts expire that nobody answered", 2, services.alerts.expire_those_due),
        Job(
            "destroy what is due",
            60,
            lambda: retention.purge(THE_HUB_ITSELF, ORIGIN, "The period that the retention policy sets is over."),
        ),
        Job(
            "destroy the results of refused urgent authorities",
            10,
            lambda: destroy_results_of_refused(services),
        ),
        Job("note deployments of which no watchlist is left", 10, lambda: note_purged(services)),
        Job("look for what is kept too long", 3600, retention.overdue),
    )


def destroy_results_of_refused(services: Services) -> None:
    """Destroy what alerts hold wherever an urgent authority was refused or lapsed."""
    with services.records.database.reading() as session:
        held = (
            select(AlertRow.deployment_id)
            .join(AlertContentRow, AlertContentRow.alert_id == AlertRow.id)
            .join(DeploymentRow, DeploymentRow.id == AlertRow.deployment_id)
            .where(DeploymentRow.end_reason.in_(sorted(DELETE_EVERYTHING)))
            .distinct()
        )
        found = [
            read_deployment(services.records, session, DeploymentId(each), THE_HUB) for each in session.scalars(held)
        ]
    for record in found:
        if record is not None:
            destroy_refused_results(services.records, services.retention, record.deployment)


def note_purged(services: Services) -> Sequence[DeploymentId]:
    """Record, for every deployment that ended and has no watchlist left anywhere, that its data are destroyed."""
    lists = services.deployments.lists
    with services.records.database.reading() as session:
        ended = session.scalars(select(DeploymentRow.id).where(DeploymentRow.state == DeploymentState.ENDED))
        free = [DeploymentId(each) for each in ended.all() if not lists.remaining(session, DeploymentId(each))]
    for deployment in free:
        services.deployments.record_purge(deployment)
    return free
