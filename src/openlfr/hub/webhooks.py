"""Telling webhooks: in order, at least once, signed as the Standard Webhooks specification has it.

Each webhook has a task of its own, so that a slow receiver delays nobody else. How far it was told is in the
database after each event: a hub that is started again goes on there. An event that is not taken is tried again, ever
more seldom, for a day; then the webhook is disabled, and the log, the console and the metrics say so.
"""

import asyncio
import base64
import hmac
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from typing import Final

import structlog

from openlfr.hub.event_kinds import ALERT_KINDS, Event, event_of
from openlfr.hub.match_feed import MatchFields
from openlfr.hub.tip import AuditTip
from openlfr.hub.webhook_calls import WebhookCaller
from openlfr.policy.identifiers import AlertId
from openlfr.policy.roles import THE_HUB
from openlfr.records.changes import BEFORE_EVERYTHING, changes_after
from openlfr.records.errors import RecordsError
from openlfr.records.hub_records import HubRecords
from openlfr.records.match_events import Recipient, disclose_matches
from openlfr.records.webhook_tables import AttemptOutcome
from openlfr.records.webhooks import Attempt, Webhook, WebhookId, Webhooks
from openlfr.sealing.canonical import JsonValue, canonical_bytes

GIVES_UP_AFTER: Final = timedelta(days=1)
_FIRST_WAIT: Final = timedelta(seconds=5)
_LONGEST_WAIT: Final = timedelta(hours=1)
_LOOK_EVERY_S: Final = 2.0
_LONGEST_SLEEP_S: Final = 60.0
"""A webhook that waits looks up this often: it may have been enabled anew, disabled or removed."""
_READ_AT_ONCE: Final = 500
_NOTED_EVERY: Final = 1000
"""Entries that a webhook does not want are noted as passed this many at a time."""

log = structlog.get_logger(__name__)


def signature_headers(secret: bytes, message: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """The headers of a delivery (standardwebhooks.com): `v1` is HMAC-SHA256 over id, time and body, joined by dots."""
    timestamp = str(int(at.timestamp()))
    signed = b".".join((message.encode(), timestamp.encode(), body))
    signature = base64.b64encode(hmac.digest(secret, signed, "sha256")).decode()
    return {
        "Content-Type": "application/json",
        "User-Agent": "OpenLFR",
        "webhook-id": message,
        "webhook-timestamp": timestamp,
        "webhook-signature": f"v1,{signature}",
    }


def next_attempt(since: datetime, now: datetime, failures: int, jitter: float) -> datetime | None:
    """When an event is tried again after its `failures`-th failure, the first at `since`; None once a day is over.

    The wait doubles from 5 s up to an hour and is cut by up to half of it (`jitter`, 0..1), so that receivers that come
    back are not called by all hubs at once. The last attempt is at the end of the day.
    """
    gives_up = since + GIVES_UP_AFTER
    if now >= gives_up:
        return None
    wait = min(_FIRST_WAIT * (1 << min(failures - 1, 20)), _LONGEST_WAIT)
    return min(now + wait * (1 - jitter / 2), gives_up)


class WebhookDeliveries:
    """Tells every enabled webhook of one hub. Run it in one process of a hub only: two would tell everything twice."""

    def __init__(
        self,
        records: HubRecords,
        tip: AuditTip,
        caller: WebhookCaller,
        random: Callable[[], float],
        *,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        look_every_s: float = _LOOK_EVERY_S,
    ) -> None:
        """`random` gives numbers from 0 to 1 for the jitter; `sleep` waits, in step with the records' clock."""
        self._records = records
        self._webhooks = Webhooks(records)
        self._tip = tip
        self._caller = caller
        self._random = random
        self._sleep = sleep
        self._look_every_s = look_every_s
        self.attempts: Counter[AttemptOutcome] = Counter()

    async def run(self) -> None:
        """Tell all of them until cancelled; one that was registered or enabled meanwhile is taken up in seconds."""
        tasks: dict[WebhookId, asyncio.Task[None]] = {}
        try:
            while True:
                try:
                    enabled = await asyncio.to_thread(self._webhooks.enabled)
                except RecordsError as away:
                    log.warning("webhooks_not_read", reason=str(away))
                    enabled = ()
                for webhook, task in list(tasks.items()):
                    if task.done():
                        del tasks[webhook]
                        if error := task.exception():
                            log.error("webhook_stopped", webhook=webhook, kind=type(error).__name__)
                for webhook in enabled:
                    if webhook not in tasks:
                        tasks[webhook] = asyncio.create_task(self._tell(webhook))
                await asyncio.sleep(self._look_every_s)
        finally:
            for task in tasks.values():
                task.cancel()
            await asyncio.gather(*tasks.values(), return_exceptions=True)

    async def test(self, webhook: Webhook) -> Attempt | None:
        """Send a delivery that says it is a test, once, and keep what became of it; None once it is removed."""
        message = f"test_{self._records.new_id()}"
        content: JsonValue = {"webhook": webhook.webhook}
        attempt = await self._send(webhook, None, message, "webhook.test", self._records.clock(), content)
        if attempt is not None:
            await asyncio.to_thread(self._webhooks.tested, webhook.webhook, attempt)
        return attempt

    async def _tell(self, webhook: WebhookId) -> None:
        """Tell one webhook until it is disabled or removed."""
        place = BEFORE_EVERYTHING
        while True:
            try:
                known = await asyncio.to_thread(self._webhooks.find, webhook)
                if known is None or known.disabled_at is not None:
                    return
                if known.failing is not None:
                    wait_s = (known.failing.next_attempt_at - self._records.clock()).total_seconds()
                    if wait_s > 0:
                        await self._sleep(min(wait_s, _LONGEST_SLEEP_S))
                        continue
                event, place = await asyncio.to_thread(self._next, known, max(place, known.cursor))
                if event is None:
                    await self._tip.changed(place + 1)
                else:
                    await self._deliver(known, event)
            except RecordsError as error:
                log.warning("webhook_waits_for_records", webhook=webhook, reason=str(error))
                await asyncio.sleep(self._look_every_s)

    def _next(self, webhook: Webhook, place: int) -> tuple[Event | None, int]:
        """The next event that a webhook wants, or None and the place up to which there is none."""
        with self._records.database.reading() as session:
            while changes := changes_after(session, place, _READ_AT_ONCE):
                for change in changes:
                    event = event_of(change)
                    if event is not None and event.kind in webhook.wanted.kinds:
                        return event, place
                    place = change.sequence
                if place - webhook.cursor >= _NOTED_EVERY:
                    break
        if place - webhook.cursor >= _NOTED_EVERY:
            self._webhooks.passed(webhook.webhook, place)
        return None, place

    async def _deliver(self, webhook: Webhook, event: Event) -> None:
        content = {**event.document()}
        if webhook.wanted.with_matches and event.kind in ALERT_KINDS:
            content["match"] = await asyncio.to_thread(self._match, webhook, AlertId(event.record))
        message = f"evt_{event.number}_{webhook.webhook}"
        attempt = await self._send(webhook, event.number, message, event.kind, event.at, content)
        if attempt is None:
            return
        if attempt.outcome is AttemptOutcome.DELIVERED:
            await asyncio.to_thread(self._webhooks.delivered, webhook.webhook, attempt)
            return
        since, before = (
            (attempt.at, 0) if webhook.failing is None else (webhook.failing.since, webhook.failing.failures)
        )
        again = next_attempt(since, attempt.at, before + 1, self._random())
        await asyncio.to_thread(self._webhooks.failed, webhook.webhook, attempt, again)
        log.warning("webhook_not_delivered", webhook=webhook.webhook, outcome=attempt.outcome, given_up=again is None)

    def _match(self, webhook: Webhook, alert: AlertId) -> JsonValue:
        """The facts of a match, disclosed; None once they are destroyed, and for tests among real alerts."""
        recipient = Recipient(webhook.wanted.name, f"webhook {webhook.webhook}")
        facts = disclose_matches(self._records, THE_HUB, [alert], recipient).get(alert)
        if facts is None:
            return None
        fields: JsonValue = MatchFields.of(facts).model_dump(mode="json")
        return fields

    async def _send(
        self, webhook: Webhook, event: int | None, message: str, kind: str, happened: datetime, content: JsonValue
    ) -> Attempt | None:
        secret = await asyncio.to_thread(self._webhooks.secret, webhook.webhook)
        if secret is None:
            return None
        now = self._records.clock()
        body = canonical_bytes({"type": kind, "timestamp": happened.isoformat(), "data": content})
        headers = signature_headers(secret, message, now, body)
        answer = await self._caller.post(webhook.wanted.address, headers, body)
        self.attempts[answer.outcome] += 1
        return Attempt(event, now, answer.outcome, answer.status, answer.took_ms)
