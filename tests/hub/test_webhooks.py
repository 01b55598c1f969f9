"""Webhooks, told for real: in order, at least once, signed, never to where they may not go, and not for ever."""

import asyncio
import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Iterator, Sequence
from datetime import timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete, select
from tests.support.cameras import wait_until
from tests.support.database import HandClock
from tests.support.deployment_values import NOON
from tests.support.receiver import Call, Receiver
from tests.support.running_hub import RunningHub, run
from tests.support.staffed_hub import SECRET_NAME, StaffedHub, staffed_from_records

from openlfr.hub.webhook_calls import WebhookCaller, WebhookSettings, address_problem, is_public
from openlfr.hub.webhooks import GIVES_UP_AFTER, next_attempt
from openlfr.policy.roles import Action, Role
from openlfr.records.alert_tables import AlertContentRow
from openlfr.records.audit_entry import AuditEvent, Processing, RecordReference, Who
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.webhook_tables import AttemptOutcome
from openlfr.records.webhooks import WebhookId, Webhooks

PLACE = RecordReference("deployment", "0196c000-0000-7000-8000-000000000001")


@pytest.fixture
def staff(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed_from_records(records, clock, *(set(Role) - {Role.ADMINISTRATOR}))


@pytest.fixture
def hub(records: HubRecords, clock: HandClock, staff: StaffedHub) -> Iterator[RunningHub]:
    """A hub for which waiting is over at once: the clock leaps instead."""

    async def leap(seconds: float) -> None:
        clock.advance(timedelta(seconds=seconds))
        await asyncio.sleep(0)

    with RunningHub(records, clock, sleep=leap) as running:
        yield running


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as listening:
        yield listening


def registered(hub: RunningHub, staff: StaffedHub, address: str, **changes: object) -> dict[str, Any]:
    wanted = {"name": "Dispatch", "address": address, "kinds": ["deployment.changed", "presence.changed"], **changes}
    answer = hub.ask("POST", "/webhooks", hub.signed_in(staff.administrator), json=wanted)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    assert answer.headers["Location"].endswith(made["id"])
    return made


def shown(hub: RunningHub, staff: StaffedHub, webhook: dict[str, Any]) -> dict[str, Any]:
    answer = hub.ask("GET", f"/webhooks/{webhook['id']}", hub.signed_in(staff.administrator))
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def happened(records: HubRecords, times: int, act: Action = Action.PAUSE_DEPLOYMENT) -> list[int]:
    event = AuditEvent(Who("hub", None), act, Processing.ALTERATION, PLACE, "hub", SECRET_NAME)
    with records.database.writing() as session:
        first = records.audit.append(session, *[event] * times)
    return list(range(first, first + times))


def numbers(calls: Sequence[Call]) -> list[int]:
    return [json.loads(call.body)["data"]["id"] for call in calls]


def verified(call: Call, secret: str) -> dict[str, Any]:
    """A call's body after its signature was checked, written from the specification and not from our code."""
    scheme, _, encoded = secret.partition("_")
    assert scheme == "whsec"
    signed = f"{call.headers['webhook-id']}.{call.headers['webhook-timestamp']}.".encode() + call.body
    expected = base64.b64encode(hmac.new(base64.b64decode(encoded), signed, hashlib.sha256).digest()).decode()
    assert f"v1,{expected}" in call.headers["webhook-signature"].split(" ")
    body: dict[str, Any] = json.loads(call.body)
    return body


def test_a_webhook_hears_of_what_it_wants_in_order_and_signed(
    hub: RunningHub, staff: StaffedHub, receiver: Receiver
) -> None:
    happened(staff.records, 3)
    webhook = registered(hub, staff, receiver.address, kinds=["deployment.changed"])
    first = happened(staff.records, 5)
    happened(staff.records, 2, Action.CHECK_IN)
    second = happened(staff.records, 5)
    wait_until(lambda: len(receiver.calls) == 10)
    assert numbers(receiver.calls) == first + second
    body = verified(receiver.calls[0], webhook["secret"])
    assert body == {
        "type": "deployment.changed",
        "timestamp": NOON.isoformat(),
        "data": {
            "id": first[0],
            "kind": "deployment.changed",
            "record": PLACE.id,
            "deployment": PLACE.id,
            "at": NOON.isoformat(),
            "act": "PAUSE_DEPLOYMENT",
        },
    }
    assert int(receiver.calls[0].headers["webhook-timestamp"]) == int(NOON.timestamp())
    assert len({call.headers["webhook-id"] for call in receiver.calls}) == 10


def test_what_is_not_taken_is_sent_again_under_its_own_id_and_nothing_overtakes_it(
    hub: RunningHub, staff: StaffedHub, receiver: Receiver
) -> None:
    receiver.answer = lambda _: 503 if len(receiver.calls) <= 3 else 200
    webhook = registered(hub, staff, receiver.address)
    first, second = happened(staff.records, 2)
    wait_until(lambda: len(receiver.calls) == 5)
    assert numbers(receiver.calls) == [first] * 4 + [second]
    assert len({call.headers["webhook-id"] for call in receiver.calls[:4]}) == 1
    sent = [int(call.headers["webhook-timestamp"]) for call in receiver.calls[:4]]
    assert sent == sorted(set(sent))
    for call in receiver.calls:
        verified(call, webhook["secret"])
    wait_until(lambda: shown(hub, staff, webhook)["told_up_to"] == second)
    attempts = shown(hub, staff, webhook)["attempts"]
    assert [(each["outcome"], each["status"]) for each in attempts] == [("delivered", 200)] * 2 + [("refused", 503)] * 3
    assert shown(hub, staff, webhook)["failing_since"] is None


def test_after_a_day_without_success_it_is_disabled_and_said_so_and_enabled_it_goes_on(
    hub: RunningHub, staff: StaffedHub, receiver: Receiver
) -> None:
    receiver.answer = lambda _: 500
    webhook = registered(hub, staff, receiver.address)
    start = staff.clock.now
    events = happened(staff.records, 3)
    kept = Webhooks(staff.records)
    wait_until(lambda: (found := kept.find(WebhookId(webhook["id"]))) is not None and found.disabled_at is not None)
    assert shown(hub, staff, webhook)["disabled_because"] == "the receiver took nothing for a day"
    assert timedelta(days=1) <= staff.clock.now - start < timedelta(days=1, minutes=1)
    assert set(numbers(receiver.calls)) == {events[0]}
    assert 20 < len(receiver.calls) < 100
    with staff.records.database.reading() as session:
        logged = session.scalars(select(AuditEntryRow).where(AuditEntryRow.act == "WEBHOOK_DISABLED")).all()
    assert [each.record_id for each in logged] == [webhook["id"]]
    receiver.calls.clear()
    receiver.answer = lambda _: 200
    headers = hub.signed_in(staff.administrator)
    assert hub.ask("POST", f"/webhooks/{webhook['id']}/enable", headers).json()["disabled_at"] is None
    wait_until(lambda: len(receiver.calls) == 3)
    assert numbers(receiver.calls) == events


def test_a_redirect_is_a_refusal_and_is_not_followed(hub: RunningHub, staff: StaffedHub, receiver: Receiver) -> None:
    receiver.answer = lambda _: 307 if len(receiver.calls) == 1 else 200
    webhook = registered(hub, staff, receiver.address)
    happened(staff.records, 1)
    wait_until(lambda: len(shown(hub, staff, webhook)["attempts"]) == 2)
    attempts = shown(hub, staff, webhook)["attempts"]
    assert [(each["outcome"], each["status"]) for each in attempts] == [("delivered", 200), ("refused", 307)]
    assert {call.path for call in receiver.calls} == {"/openlfr"}


def test_a_slow_receiver_delays_nobody_else(hub: RunningHub, staff: StaffedHub, receiver: Receiver) -> None:
    go_on = threading.Event()
    with Receiver(lambda _: 200 if go_on.wait(30) else 500) as slow:
        registered(hub, staff, slow.address, name="Slow")
        registered(hub, staff, receiver.address, name="Quick")
        events = happened(staff.records, 20)
        wait_until(lambda: len(receiver.calls) == 20)
        assert numbers(receiver.calls) == events
        assert set(numbers(slow.calls)) <= {events[0]}
        go_on.set()
        wait_until(lambda: numbers(slow.calls)[-1:] == events[-1:])
        # One whose answer was too long in coming is sent again.
        assert list(dict.fromkeys(numbers(slow.calls))) == events


def test_a_hub_that_is_started_again_goes_on_where_it_was(
    hub: RunningHub, staff: StaffedHub, receiver: Receiver
) -> None:
    receiver.answer = lambda _: 200 if len(receiver.calls) <= 5 else 503
    registered(hub, staff, receiver.address)
    events = happened(staff.records, 8)
    wait_until(lambda: len(receiver.calls) >= 6)
    hub.stop()
    events += happened(staff.records, 4)
    delivered = len(receiver.calls)
    receiver.answer = lambda _: 200
    hub.start()
    wait_until(lambda: numbers(receiver.calls)[-1] == events[-1])
    assert numbers(receiver.calls[:5]) == events[:5]
    assert set(numbers(receiver.calls[5:delivered])) == {events[5]}
    assert numbers(receiver.calls[delivered:]) == events[5:]


def test_a_match_goes_out_without_name_or_picture_and_is_in_the_log_before_it_arrives(
    hub: RunningHub, staff: StaffedHub, receiver: Receiver
) -> None:
    logged_before: list[int] = []

    def disclosures(call: Call) -> int:
        record = json.loads(call.body)["data"]["record"]
        with staff.records.database.reading() as session:
            rows = session.scalars(
                select(AuditEntryRow).where(
                    AuditEntryRow.record_id == record, AuditEntryRow.processing == Processing.DISCLOSURE
                )
            ).all()
        logged_before.append(len(rows))
        return 200

    deployment = staff.live()
    webhook = registered(hub, staff, receiver.address, kinds=["alert.raised", "alert.changed"], with_matches=True)
    receiver.answer = disclosures
    alert = staff.alerted(deployment)
    wait_until(lambda: len(logged_before) == 1)
    body = verified(receiver.calls[0], webhook["secret"])
    match = body["data"]["match"]
    assert (match["match_id"], match["person_reference"], match["score"]) == (alert, "N/4711", 0.81)
    assert (match["camera_name"], match["site"]) == ("North End, facing south", "North End")
    assert logged_before == [1]
    assert SECRET_NAME not in receiver.calls[0].body.decode()
    with staff.records.database.writing() as session:
        session.execute(delete(AlertContentRow))
        gone = AuditEvent(
            Who("hub", None), Action.RUN_PURGE, Processing.ERASURE, RecordReference("alert", alert), "hub", "Purged."
        )
        staff.records.audit.append(session, gone)
    wait_until(lambda: len(logged_before) == 2)
    assert json.loads(receiver.calls[1].body)["data"]["match"] is None
    assert logged_before == [1, 1]


def test_a_webhook_without_matches_is_told_of_an_alert_and_nothing_is_disclosed(
    hub: RunningHub, staff: StaffedHub, receiver: Receiver
) -> None:
    deployment = staff.live()
    registered(hub, staff, receiver.address, kinds=["alert.raised"])
    alert = staff.alerted(deployment)
    wait_until(lambda: len(receiver.calls) == 1)
    assert set(json.loads(receiver.calls[0].body)["data"]) == {"id", "kind", "record", "deployment", "at", "act"}
    with staff.records.database.reading() as session:
        acts = session.scalars(select(AuditEntryRow.act).where(AuditEntryRow.record_id == alert)).all()
    assert acts == ["RAISE_ALERT"]


def test_a_test_delivery_is_made_at_once_and_says_what_became_of_it(
    hub: RunningHub, staff: StaffedHub, receiver: Receiver
) -> None:
    webhook = registered(hub, staff, receiver.address)
    headers = hub.signed_in(staff.administrator)
    answer = hub.ask("POST", f"/webhooks/{webhook['id']}/test", headers).json()
    assert (answer["outcome"], answer["status"], answer["event"]) == ("delivered", 204, None)
    (call,) = receiver.calls
    assert verified(call, webhook["secret"])["type"] == "webhook.test"
    receiver.answer = lambda _: 404
    assert hub.ask("POST", f"/webhooks/{webhook['id']}/test", headers).json()["outcome"] == "refused"
    found = shown(hub, staff, webhook)
    assert [each["outcome"] for each in found["attempts"]] == ["refused", "delivered"]
    assert (found["disabled_at"], found["failing_since"]) == (None, None)


def test_only_administrators_manage_webhooks_and_the_secret_is_told_once(
    hub: RunningHub, staff: StaffedHub, receiver: Receiver
) -> None:
    webhook = registered(hub, staff, receiver.address)
    assert webhook["secret"] not in json.dumps(shown(hub, staff, webhook))
    one = f"/webhooks/{webhook['id']}"
    for role in set(Role) - {Role.ADMINISTRATOR}:
        headers = hub.signed_in(staff.staff[role])
        for method, path in (("GET", "/webhooks"), ("GET", one), ("POST", f"{one}/test"), ("POST", f"{one}/disable")):
            assert hub.ask(method, path, headers).status_code == 403, (role, method, path)
        assert hub.ask("DELETE", one, headers).status_code == 403
    assert receiver.calls == []
    administrator = hub.signed_in(staff.administrator)
    assert len(hub.ask("GET", "/webhooks", administrator).json()) == 1
    assert hub.ask("DELETE", one, administrator).status_code == 204
    assert hub.ask("GET", one, administrator).status_code == 404
    assert hub.ask("GET", "/webhooks", administrator).json() == []


def test_a_disabled_webhook_is_told_nothing_until_it_is_enabled(
    hub: RunningHub, staff: StaffedHub, receiver: Receiver
) -> None:
    webhook = registered(hub, staff, receiver.address)
    headers = hub.signed_in(staff.administrator)
    assert hub.ask("POST", f"/webhooks/{webhook['id']}/disable", headers).status_code == 200
    missed = happened(staff.records, 2)
    with Receiver() as other:
        registered(hub, staff, other.address, name="Other")
        seen = happened(staff.records, 1)
        wait_until(lambda: len(other.calls) == 1)
    assert receiver.calls == []
    hub.ask("POST", f"/webhooks/{webhook['id']}/enable", headers)
    wait_until(lambda: len(receiver.calls) == 3)
    assert numbers(receiver.calls) == missed + seen


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        ("http://dispatch.example/hook", "Use https"),
        ("http://10.0.0.1/hook", "Use https"),
        ("ftp://dispatch.example/", "Write the receiver's address"),
        ("https://", "Write the receiver's address"),
        ("https://dispatch.example/\r\nHost:inside", "Write the receiver's address"),
        ("https://dispatch.example:99999/", "Write the receiver's address"),
        ("https://user:pass@dispatch.example/", "Leave user names"),
        ("https://dispatch.example/#part", "Leave user names"),
        ("dispatch.example", "Write the receiver's address"),
    ],
)
def test_an_address_that_cannot_be_safe_is_refused_in_words(address: str, sentence: str) -> None:
    problem = address_problem(address)
    assert problem is not None
    assert problem.startswith(sentence)


def test_a_refused_address_is_a_problem_of_its_field(hub: RunningHub, staff: StaffedHub) -> None:
    wanted = {"name": "Dispatch", "address": "http://dispatch.example/", "kinds": ["alert.raised"]}
    answer = hub.ask("POST", "/webhooks", hub.signed_in(staff.administrator), json=wanted)
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"] == "address"


PRIVATE = (
    "127.0.0.1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "100.64.0.1",
    "0.0.0.0",  # noqa: S104 - not listened on, refused
    "224.0.0.1",
    "::1",
    "fe80::1",
    "fd00::1",
    "::ffff:127.0.0.1",
    "64:ff9b::7f00:1",
    "2002:7f00:1::",
    "::127.0.0.1",
    "64:ff9b:1::7f00:1",
    "fec0::1",
)


@pytest.mark.parametrize("address", PRIVATE)
def test_addresses_inside_are_not_public_however_they_are_written(address: str) -> None:
    assert not is_public(ip_address(address))


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "64:ff9b::5db8:d70e"])
def test_addresses_of_the_public_network_are_public(address: str) -> None:
    assert is_public(ip_address(address))


def outcome_of(caller: WebhookCaller, address: str, longest_s: float = 5) -> AttemptOutcome:
    return run(caller.post(address, {}, b"{}", longest_s)).outcome


def test_a_name_that_leads_inside_is_not_called_whatever_it_led_to_before(receiver: Receiver) -> None:
    """The name is looked up once for each call, and the call goes to what was looked at (DNS rebinding)."""
    asked: list[str] = []

    async def rebinds(host: str, port: int) -> Sequence[str]:
        asked.append(host)
        return ["127.0.0.1"]

    careful = WebhookCaller(WebhookSettings(), resolve=rebinds)
    address = f"https://rebound.example:{receiver.port}/"
    assert outcome_of(careful, address) is AttemptOutcome.FORBIDDEN
    assert asked == ["rebound.example"]
    for inside in PRIVATE:

        async def leads_inside(host: str, port: int, inside: str = inside) -> Sequence[str]:
            return ["93.184.215.14", inside]

        assert outcome_of(WebhookCaller(WebhookSettings(), resolve=leads_inside), address) is AttemptOutcome.FORBIDDEN
    assert receiver.calls == []


def test_plain_http_stays_on_this_machine_even_where_private_addresses_are_allowed() -> None:
    async def leads_out(host: str, port: int) -> Sequence[str]:
        return ["192.168.1.1"]

    allowed = WebhookCaller(WebhookSettings(private_addresses=True), resolve=leads_out)
    assert outcome_of(allowed, "http://localhost:9/") is AttemptOutcome.FORBIDDEN


def test_this_machine_is_called_only_where_that_is_allowed(receiver: Receiver) -> None:
    assert outcome_of(WebhookCaller(WebhookSettings()), receiver.address) is AttemptOutcome.FORBIDDEN
    assert receiver.calls == []
    allowed = WebhookCaller(WebhookSettings(private_addresses=True))
    assert outcome_of(allowed, receiver.address) is AttemptOutcome.DELIVERED


def test_a_receiver_that_hangs_is_gone_or_speaks_no_tls_is_a_failure_and_no_error() -> None:
    caller = WebhookCaller(WebhookSettings(private_addresses=True))
    enough = threading.Event()
    with Receiver(lambda _: 200 if enough.wait(30) else 500) as hanging:
        assert outcome_of(caller, hanging.address, 0.3) is AttemptOutcome.TIMED_OUT
        secure = hanging.address.replace("http:", "https:")
        assert outcome_of(caller, secure) is AttemptOutcome.UNREACHABLE
        gone = hanging.address
        enough.set()
    assert outcome_of(caller, gone) is AttemptOutcome.UNREACHABLE


@given(st.integers(1, 10_000), st.floats(0, 1), st.integers(0, 86_399))
def test_an_event_is_always_tried_again_within_its_day_and_never_after(
    failures: int, jitter: float, seconds: int
) -> None:
    now = NOON + timedelta(seconds=seconds)
    again = next_attempt(NOON, now, failures, jitter)
    assert again is not None
    assert now < again <= NOON + GIVES_UP_AFTER
    assert again - now <= timedelta(hours=1)
    assert next_attempt(NOON, NOON + GIVES_UP_AFTER, failures, jitter) is None


def test_waits_double_up_to_an_hour_and_are_cut_by_at_most_half() -> None:
    full = [next_attempt(NOON, NOON, failures, 0.0) for failures in (1, 2, 3, 20)]
    assert full == [NOON + timedelta(seconds=each) for each in (5, 10, 20, 3600)]
    assert next_attempt(NOON, NOON, 1, 1.0) == NOON + timedelta(seconds=2.5)
