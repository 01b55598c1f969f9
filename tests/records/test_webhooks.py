"""Webhooks in the records: sealed, bounded, and every decision about them in the audit log."""

import base64
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.support.database import HandClock
from tests.support.deployment_values import ADMINISTRATOR, OPERATOR

from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.webhook_tables import AttemptOutcome, DisabledReason
from openlfr.records.webhooks import (
    ATTEMPTS_KEPT,
    MOST_WEBHOOKS,
    Attempt,
    Webhook,
    WebhookId,
    Webhooks,
    WebhookWanted,
)

ORIGIN = "console 1"
WANTED = WebhookWanted("Dispatch", "https://dispatch.example/a-path-nobody-knows", ("alert.raised",), False)


@pytest.fixture
def webhooks(records: HubRecords) -> Webhooks:
    return Webhooks(records)


def registered(webhooks: Webhooks, wanted: WebhookWanted = WANTED) -> tuple[Webhook, str]:
    made = webhooks.register(ADMINISTRATOR, wanted, ORIGIN)
    assert not isinstance(made, Refusal), made
    return made


def attempt(clock: HandClock, event: int | None, outcome: AttemptOutcome = AttemptOutcome.REFUSED) -> Attempt:
    return Attempt(event, clock.now, outcome, 500 if outcome is AttemptOutcome.REFUSED else 200, 12)


def test_neither_address_nor_secret_stands_in_the_database_in_clear(webhooks: Webhooks, records: HubRecords) -> None:
    webhook, secret = registered(webhooks)
    raw = webhooks.secret(webhook.webhook)
    assert raw == base64.b64decode(secret.removeprefix("whsec_"))
    file = records.database.sqlite_file
    if file is None:
        with records.database.engine.connect() as connection:
            content = repr(connection.exec_driver_sql("SELECT * FROM webhooks").all()).encode()
            assert b"Dispatch" in content
    else:
        content = b"".join(each.read_bytes() for each in Path(file).parent.glob("hub.db*"))
        assert b"Dispatch" in content
    assert b"a-path-nobody-knows" not in content
    assert raw not in content


def test_a_new_webhook_begins_with_what_happens_after_it(webhooks: Webhooks, records: HubRecords) -> None:
    before = len(_log(records))
    webhook, _ = registered(webhooks)
    assert webhook.cursor == before - 1
    assert _log(records)[-1] == ("MANAGE_WEBHOOKS", ADMINISTRATOR.staff, webhook.webhook, "alteration")


def test_who_may_not_manage_webhooks_learns_nothing_and_the_attempt_is_logged(
    webhooks: Webhooks, records: HubRecords
) -> None:
    webhook, _ = registered(webhooks)
    known = webhook.webhook
    tries = (
        lambda: webhooks.register(OPERATOR, WANTED, ORIGIN),
        lambda: webhooks.everything(OPERATOR, ORIGIN),
        lambda: webhooks.one(OPERATOR, known, ORIGIN),
        lambda: webhooks.one(OPERATOR, WebhookId("nonsense"), ORIGIN),
        lambda: webhooks.enable(OPERATOR, known, ORIGIN),
        lambda: webhooks.disable(OPERATOR, known, ORIGIN),
        lambda: webhooks.remove(OPERATOR, known, ORIGIN),
    )
    for attempted in tries:
        answer = attempted()
        assert isinstance(answer, Refusal)
        assert answer.code is RefusalCode.WRONG_ROLE
        assert _log(records)[-1][:2] == ("MANAGE_WEBHOOKS", OPERATOR.staff)
        assert _log(records)[-1][3] == "none"
    assert webhooks.find(known) == webhook


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        (WebhookWanted("", WANTED.address, WANTED.kinds, False), "name"),
        (WebhookWanted("a" * 129, WANTED.address, WANTED.kinds, False), "name"),
        (WebhookWanted("Dispatch", "https://" + "a" * 2048, WANTED.kinds, False), "address"),
        (WebhookWanted("Dispatch", WANTED.address, (), False), "kinds"),
    ],
)
def test_a_form_that_cannot_be_accepted_names_its_field(webhooks: Webhooks, wanted: WebhookWanted, field: str) -> None:
    answer = webhooks.register(ADMINISTRATOR, wanted, ORIGIN)
    assert isinstance(answer, Refusal)
    assert [problem.field for problem in answer.problems] == [field]
    assert webhooks.enabled() == []


def test_there_is_a_most_of_webhooks_and_of_remembered_attempts(webhooks: Webhooks, clock: HandClock) -> None:
    made = [registered(webhooks)[0].webhook for _ in range(MOST_WEBHOOKS)]
    answer = webhooks.register(ADMINISTRATOR, WANTED, ORIGIN)
    assert isinstance(answer, Refusal)
    assert "remove one first" in answer.sentence
    for _ in range(ATTEMPTS_KEPT + 5):
        webhooks.tested(made[0], attempt(clock, None))
    found = webhooks.one(ADMINISTRATOR, made[0], ORIGIN)
    assert not isinstance(found, Refusal)
    assert len(found[1]) == ATTEMPTS_KEPT


def test_how_far_a_webhook_was_told_only_grows_and_success_ends_its_failing(
    webhooks: Webhooks, clock: HandClock
) -> None:
    webhook = registered(webhooks)[0].webhook
    again = clock.now + timedelta(seconds=5)
    webhooks.failed(webhook, attempt(clock, 7), again)
    clock.advance(timedelta(seconds=5))
    webhooks.failed(webhook, attempt(clock, 7), again + timedelta(seconds=5))
    found = webhooks.find(webhook)
    assert found is not None
    assert found.failing is not None
    assert (found.failing.failures, found.failing.since) == (2, again - timedelta(seconds=5))
    webhooks.delivered(webhook, attempt(clock, 7, AttemptOutcome.DELIVERED))
    webhooks.passed(webhook, 3)
    found = webhooks.find(webhook)
    assert found is not None
    assert (found.cursor, found.failing) == (7, None)


def test_giving_up_disables_and_says_so_once(webhooks: Webhooks, records: HubRecords, clock: HandClock) -> None:
    webhook = registered(webhooks)[0].webhook
    for _ in range(2):
        webhooks.failed(webhook, attempt(clock, 7), None)
    found = webhooks.find(webhook)
    assert found is not None
    assert found.disabled_because is DisabledReason.GAVE_UP
    assert [act for act, *_ in _log(records)].count("WEBHOOK_DISABLED") == 1
    assert webhooks.enabled() == []


def test_a_webhook_that_was_removed_meanwhile_is_nobodys_error(webhooks: Webhooks, clock: HandClock) -> None:
    webhook = registered(webhooks)[0].webhook
    webhooks.tested(webhook, attempt(clock, None))
    assert webhooks.remove(ADMINISTRATOR, webhook, ORIGIN) == webhook
    webhooks.delivered(webhook, attempt(clock, 7, AttemptOutcome.DELIVERED))
    webhooks.failed(webhook, attempt(clock, 7), None)
    webhooks.tested(webhook, attempt(clock, None))
    webhooks.passed(webhook, 9)
    assert (webhooks.find(webhook), webhooks.secret(webhook)) == (None, None)


def _log(records: HubRecords) -> list[tuple[str, str, str, str]]:
    with records.database.reading() as session:
        rows = session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.sequence))
        return [(row.act, row.staff, row.record_id, row.processing) for row in rows]
