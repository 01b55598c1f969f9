"""Everything that tells consoles and other systems what happens, put together for one program of the hub."""

import asyncio
import random
from dataclasses import dataclass

from openlfr.hub.events import EventFeed
from openlfr.hub.fleet_situation import FleetSource
from openlfr.hub.match_feed import MatchFeed
from openlfr.hub.metrics import HubMetrics, JobsSource
from openlfr.hub.services import Services
from openlfr.hub.settings import HubSettings
from openlfr.hub.signed_in import Standing
from openlfr.hub.tip import AuditTip
from openlfr.hub.webhook_calls import WebhookCaller, WebhookSettings
from openlfr.hub.webhooks import WebhookDeliveries
from openlfr.records.access_tokens import AccessTokens
from openlfr.records.sign_in_sessions import Sessions


@dataclass(frozen=True, slots=True)
class Telling:
    """Hand `parts` to `create_app`, and have `run` running beside the application; the tip runs on its own."""

    events: EventFeed
    matches: MatchFeed
    webhooks: WebhookDeliveries
    metrics: HubMetrics

    @property
    def parts(self) -> tuple[object, ...]:
        return (self.events, self.matches, self.webhooks, self.metrics)

    async def run(self) -> None:
        """Tell until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self.events.run())
            tasks.create_task(self.webhooks.run())

    def end(self) -> None:
        """End the streams of everybody who listens, in order: they have no end of their own, and the hub stops."""
        self.events.end()
        self.matches.end()


def telling_of(
    services: Services,
    settings: HubSettings,
    tip: AuditTip,
    fleet: FleetSource,
    jobs: JobsSource,
    webhook_settings: WebhookSettings | None = None,
) -> Telling:
    """What tells others of these records, this fleet and these jobs; where webhooks may go is in the environment."""
    records = services.records
    sessions = Sessions(records, settings.idle_lock, settings.session_end)
    standing = Standing(services.people, sessions, AccessTokens(records))
    events = EventFeed(records, tip, standing, fleet)
    webhooks = WebhookDeliveries(records, tip, WebhookCaller(webhook_settings or WebhookSettings()), random.random)
    return Telling(
        events=events,
        matches=MatchFeed(records, tip, standing),
        webhooks=webhooks,
        metrics=HubMetrics(records, fleet, jobs, events, webhooks),
    )
