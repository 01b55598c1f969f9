"""Numbers for Prometheus. Labels are closed lists and templates of paths: nothing in them names anybody or anything."""

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Final, Protocol

import structlog
from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import func, select
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openlfr.hub.events import EventFeed
from openlfr.hub.fleet_situation import FleetSource, NodeSituation, fleet_counts
from openlfr.hub.jobs import JobNews
from openlfr.hub.webhooks import WebhookDeliveries
from openlfr.link.messages import CameraSituation
from openlfr.policy.alert import AlertState
from openlfr.records.alert_tables import AlertRow
from openlfr.records.changes import newest_change
from openlfr.records.errors import RecordsError
from openlfr.records.hub_records import HubRecords
from openlfr.records.webhook_tables import AttemptOutcome, WebhookRow

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

log = structlog.get_logger(__name__)


class JobsSource(Protocol):
    """Where it is known how each job of the hub fares, by its name: a closed list."""

    @property
    def news(self) -> Mapping[str, JobNews]: ...


class HubMetrics:
    """The numbers of one hub's program. Those of the records and the fleet are read when they are asked for."""

    def __init__(
        self,
        records: HubRecords,
        fleet: FleetSource,
        jobs: JobsSource,
        events: EventFeed,
        webhooks: WebhookDeliveries,
    ) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "openlfr_http_requests",
            "Requests answered, by the route's template.",
            ["method", "route", "status"],
            registry=self._registry,
        )
        self.request_seconds = Histogram(
            "openlfr_http_request_seconds",
            "Time until an answer began.",
            ["method", "route"],
            buckets=_SECONDS,
            registry=self._registry,
        )
        self._registry.register(_OfTheHub(records, fleet, jobs, events, webhooks))

    def exposition(self) -> bytes:
        """Everything, in the text format of Prometheus."""
        return generate_latest(self._registry)


class CountedRequests:
    """Counts requests, as a middleware. A path without a route counts as one route, whatever was asked for."""

    def __init__(self, app: ASGIApp, metrics: HubMetrics) -> None:
        self._app = app
        self._metrics = metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.monotonic()
        method = scope["method"] if scope["method"] in _METHODS else "other"

        async def counted(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")
                self._metrics.requests.labels(method, route, str(message["status"])).inc()
                self._metrics.request_seconds.labels(method, route).observe(time.monotonic() - began)
            await send(message)

        await self._app(scope, receive, counted)


class _OfTheHub(Collector):
    """What stands in the records and in memory, read at each asking."""

    def __init__(
        self,
        records: HubRecords,
        fleet: FleetSource,
        jobs: JobsSource,
        events: EventFeed,
        webhooks: WebhookDeliveries,
    ) -> None:
        self._records = records
        self._fleet = fleet
        self._jobs = jobs
        self._events = events
        self._webhooks = webhooks

    def describe(self) -> Iterable[Metric]:
        """Nothing: the registry would else ask for all of it once more when it is registered."""
        return ()

    def collect(self) -> Iterator[Metric]:
        yield from self._in_memory()
        try:
            yield from self._in_the_records()
        except RecordsError as error:
            # The other numbers are wanted all the more, and a missing series raises its own alarm.
            log.warning("metrics_without_records", reason=str(error))

    def _in_memory(self) -> Iterator[Metric]:
        yield GaugeMetricFamily("openlfr_event_listeners", "Consoles that listen now.", self._events.listeners)
        cut = CounterMetricFamily("openlfr_event_listeners_cut", "Listeners that were cut as too slow.")
        cut.add_metric([], self._events.cut)
        yield cut
        told = CounterMetricFamily("openlfr_events", "Events since the program began.", labels=["kind"])
        for kind, count in self._events.published.items():
            told.add_metric([kind], count)
        yield told
        attempts = CounterMetricFamily(
            "openlfr_webhook_attempts", "Attempts to deliver to webhooks, by what became of them.", labels=["outcome"]
        )
        for outcome in AttemptOutcome:
            attempts.add_metric([outcome], self._webhooks.attempts[outcome])
        yield attempts
        counts = fleet_counts(self._fleet, self._records.clock())
        nodes = GaugeMetricFamily("openlfr_nodes", "Nodes heard of, by situation.", labels=["situation"])
        for situation in NodeSituation:
            nodes.add_metric([situation], counts.nodes.get(situation, 0))
        yield nodes
        cameras = GaugeMetricFamily("openlfr_cameras", "Cameras of nodes, by situation.", labels=["situation"])
        for each in (*CameraSituation, None):
            cameras.add_metric([each or "unknown"], counts.cameras.get(each, 0))
        yield cameras
        yield GaugeMetricFamily(
            "openlfr_alerts_waiting_at_nodes", "Alerts that have not reached the hub.", counts.alerts_waiting
        )
        failing = GaugeMetricFamily("openlfr_job_failing", "Whether a job failed the last time.", labels=["job"])
        done = GaugeMetricFamily("openlfr_job_done_timestamp_seconds", "When a job was last done.", labels=["job"])
        for name, job in self._jobs.news.items():
            failing.add_metric([name], 1 if job.error else 0)
            if job.done_at is not None:
                done.add_metric([name], job.done_at.timestamp())
        yield failing
        yield done

    def _in_the_records(self) -> Iterator[Metric]:
        with self._records.database.reading() as session:
            states = session.execute(select(AlertRow.state, func.count().label("alerts")).group_by(AlertRow.state))
            kept = {row.state: row.alerts for row in states}
            enabled, disabled = (
                session.execute(select(func.count(), func.min(WebhookRow.cursor)).where(chosen)).one()
                for chosen in (WebhookRow.disabled_at.is_(None), WebhookRow.disabled_at.is_not(None))
            )
            newest = newest_change(session)
        alerts = GaugeMetricFamily("openlfr_alerts", "Alerts in the records, by state.", labels=["state"])
        for state in AlertState:
            alerts.add_metric([state], kept.get(state, 0))
        yield alerts
        webhooks = GaugeMetricFamily("openlfr_webhooks", "Webhooks, by whether they are told.", labels=["state"])
        webhooks.add_metric(["enabled"], enabled[0])
        webhooks.add_metric(["disabled"], disabled[0])
        yield webhooks
        behind = 0 if enabled[1] is None else newest - enabled[1]
        yield GaugeMetricFamily(
            "openlfr_webhook_entries_behind", "Entries of the audit log that the slowest webhook may not know.", behind
        )
        yield GaugeMetricFamily("openlfr_audit_entries", "Entries in the audit log.", newest + 1)
