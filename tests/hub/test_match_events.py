"""The match-event feed: every match once in order, nothing about who it is but a reference, and gone when purged."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, aclosing
from dataclasses import replace
from typing import Any

import httpx
import pytest
from sqlalchemy import delete, select
from tests.support.database import HandClock
from tests.support.running_hub import RunningHub, ToldEvent, run, told
from tests.support.staffed_hub import PICTURES, SECRET_NAME, TERMINAL, StaffedHub, kept, staffed_from_records

from openlfr.hub.match_feed import MOST_STREAMS
from openlfr.policy.adjudication import Adjudicate
from openlfr.policy.alert import AdjudicationReason, Judgement
from openlfr.policy.identifiers import AlertId
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Role
from openlfr.records.access_tokens import AccessTokens
from openlfr.records.account_tables import Scope
from openlfr.records.alert_tables import AlertContentRow
from openlfr.records.alerts import AlertAsked
from openlfr.records.audit import words_place
from openlfr.records.audit_entry import Words
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.hub_records import HubRecords

Headers = dict[str, str]


@pytest.fixture
def staff(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed_from_records(records, clock, *(set(Role) - {Role.ADMINISTRATOR}))


@pytest.fixture
def hub(records: HubRecords, clock: HandClock, staff: StaffedHub) -> Iterator[RunningHub]:
    with RunningHub(records, clock) as running:
        yield running


@pytest.fixture
def system(hub: RunningHub, staff: StaffedHub) -> Headers:
    return hub.with_token(staff.administrator, staff.auditor, Scope.READ_MATCH_FEED)


def page(hub: RunningHub, headers: Headers, after: int = -1, limit: int = 50) -> dict[str, Any]:
    answer = hub.ask("GET", f"/match-events?after={after}&limit={limit}", headers)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def judged(staff: StaffedHub, alert: AlertId) -> None:
    asked = AlertAsked(staff.operator, alert, TERMINAL)
    agree = Adjudicate(Judgement.POSSIBLE, (AdjudicationReason.SUBJECT_FEATURES_AGREE,), "")
    for done in (staff.alerts.mark_seen(asked), staff.alerts.adjudicate(asked, agree)):
        assert not isinstance(done, Refusal), done


def disclosures(records: HubRecords) -> list[tuple[str, str, str]]:
    """The record, recipient and origin of each disclosure in the log."""
    with records.database.reading() as session:
        rows = session.scalars(
            select(AuditEntryRow).where(AuditEntryRow.act == "MATCH_DISCLOSED").order_by(AuditEntryRow.sequence)
        ).all()
    return [
        (
            row.record_id,
            Words.from_bytes(records.sealer.unseal(row.words, words_place(row.sequence))).recipient,
            row.origin,
        )
        for row in rows
    ]


def test_a_match_has_the_fields_that_other_systems_expect(
    hub: RunningHub, staff: StaffedHub, system: Headers, clock: HandClock
) -> None:
    deployment = staff.live()
    alert = staff.alerted(deployment)
    answer = hub.ask("GET", "/match-events", system)
    (event,) = answer.json()["items"]
    assert event["kind"] == "alert.raised"
    moment = clock.now.isoformat().replace("+00:00", "Z")
    assert event["match"] == {
        "match_id": alert,
        "rehearsal": False,
        "score": 0.81,
        "second_score": 0.77,
        "threshold": 0.64,
        "person_reference": "N/4711",
        "categories": ["wanted by the courts"],
        "watchlist_id": None,  # the lists of these tests are in no table
        "deployment_id": deployment,
        "site": "North End",
        "node_id": "node-1",
        "camera_id": "cam-1",
        "camera_name": "North End, facing south",
        "captured_at": moment,
        "raised_at": moment,
        "model_pack": "sface",
        "precision": "f32",
        "state": "raised",
        "judgement": None,
        "outcome": None,
        "published_class": None,
    }
    assert SECRET_NAME not in answer.text


def test_pages_give_every_match_once_in_order_as_it_stands(hub: RunningHub, staff: StaffedHub, system: Headers) -> None:
    deployment = staff.live()
    alerts = [staff.alerted(deployment) for _ in range(5)]
    judged(staff, alerts[0])
    heard: list[str] = []
    after, more = -1, True
    while more:
        got = page(hub, system, after, limit=2)
        heard += [each["match"]["match_id"] for each in got["items"]]
        assert [each["id"] for each in got["items"]] == sorted(each["id"] for each in got["items"])
        after, more = got["next"], got["more"]
    assert heard == [*alerts, alerts[0]]
    assert page(hub, system, after)["items"] == []
    together = page(hub, system)["items"]
    assert [each["match"]["match_id"] for each in together] == [*alerts[1:], alerts[0]]
    assert (together[-1]["match"]["state"], together[-1]["match"]["judgement"]) == ("adjudicated", "possible")


def test_every_telling_is_in_the_log_with_its_recipient(
    hub: RunningHub, staff: StaffedHub, system: Headers, records: HubRecords
) -> None:
    deployment = staff.live()
    alerts = [staff.alerted(deployment) for _ in range(2)]
    for times in (1, 2):
        page(hub, system)
        logged = disclosures(records)
        assert [record for record, _, _ in logged] == alerts * times
        assert {recipient for _, recipient, _ in logged} == {"Dispatch"}
        assert all(origin.startswith("access token ") for _, _, origin in logged)
    (token,) = {origin for _, _, origin in logged}
    assert token.endswith("at 127.0.0.1")


def test_what_is_purged_is_gone_from_the_feed(
    hub: RunningHub, staff: StaffedHub, system: Headers, records: HubRecords
) -> None:
    deployment = staff.live()
    purged, stays = staff.alerted(deployment), staff.alerted(deployment)
    with records.database.writing() as session:
        session.execute(delete(AlertContentRow).where(AlertContentRow.alert_id == purged))
    assert [each["match"]["match_id"] for each in page(hub, system)["items"]] == [stays]
    assert [record for record, _, _ in disclosures(records)] == [stays]


def test_no_other_system_is_asked_a_question_that_is_a_test(
    hub: RunningHub, staff: StaffedHub, system: Headers
) -> None:
    staff.alerted(staff.live(), blue_list=True)
    assert page(hub, system)["items"] == []


def test_a_rehearsal_is_told_as_one(hub: RunningHub, staff: StaffedHub, system: Headers) -> None:
    nobody_sought = staff.decision(categories=())
    application = staff.application(terms=nobody_sought.terms)
    draft = kept(staff.deployments.draft(staff.applicant, application, TERMINAL, rehearsal=True))
    deployment = draft.deployment.deployment
    kept(staff.deployments.submit(staff.asked(staff.applicant, deployment)))
    kept(staff.deployments.authorise(staff.asked(staff.authoriser, deployment), nobody_sought))
    staff.make_ready(deployment)
    staff.take_live(deployment)
    staff.alerted(deployment)
    (event,) = page(hub, system)["items"]
    assert event["match"]["rehearsal"] is True


def test_only_a_token_of_the_right_scope_reads_the_feed(hub: RunningHub, staff: StaffedHub) -> None:
    staff.alerted(staff.live())
    for path in ("/match-events", "/match-events/stream"):
        assert hub.ask("GET", path, {}).status_code == 401
        assert hub.ask("GET", path, {"Authorization": "Bearer nonsense"}).status_code == 401
        wrong = hub.with_token(staff.administrator, staff.auditor, Scope.READ_METRICS)
        assert hub.ask("GET", path, wrong).json()["code"] == "wrong_scope"
        person = hub.ask("GET", path, hub.signed_in(staff.operator))
        assert (person.status_code, person.json()["code"]) == (403, "token_needed")
    assert disclosures(staff.records) == []


def test_the_stream_tells_matches_as_they_come_and_goes_on_after_a_cut(
    hub: RunningHub, staff: StaffedHub, system: Headers
) -> None:
    deployment = staff.live()
    expected = [staff.alerted(deployment)]

    async def some(client: httpx.AsyncClient, count: int, after: str) -> list[ToldEvent]:
        heard: list[ToldEvent] = []
        async with aclosing(told(client, "/match-events/stream", headers={"Last-Event-ID": after})) as events:
            async for event in events:
                heard.append(event)
                if len(heard) == count:
                    break
                expected.append(await asyncio.to_thread(staff.alerted, deployment))
        return heard

    async def story() -> list[ToldEvent]:
        async with hub.client(system) as client:
            heard = await some(client, 3, "-1")
            expected.append(await asyncio.to_thread(staff.alerted, deployment))
            return heard + await some(client, 2, heard[-1].id)

    heard = run(story())
    assert [each.data["match"]["match_id"] for each in heard] == expected
    assert {each.kind for each in heard} == {"alert.raised"}


def test_the_stream_of_a_hub_that_stops_ends_in_order(hub: RunningHub, staff: StaffedHub, system: Headers) -> None:
    staff.alerted(staff.live())

    async def story() -> None:
        async with hub.client(system) as client, aclosing(told(client, "/match-events/stream?after=-1")) as events:
            await anext(events)
            hub.end_streams()
            assert [event async for event in events] == []

    run(story())


def test_the_stream_ends_when_the_token_is_revoked(hub: RunningHub, staff: StaffedHub, system: Headers) -> None:
    deployment = staff.live()
    staff.alerted(deployment)
    tokens = AccessTokens(staff.records)
    known = tokens.by_secret(system["Authorization"].removeprefix("Bearer "))
    assert known is not None

    async def story() -> None:
        path = "/match-events/stream?after=-1"
        async with AsyncExitStack() as streams:
            client = await streams.enter_async_context(hub.client(system))
            several = [await streams.enter_async_context(aclosing(told(client, path))) for _ in range(MOST_STREAMS)]
            for each in several:
                await anext(each)
            assert (await client.get(path)).status_code == 429
            answer = await asyncio.to_thread(tokens.revoke, staff.administrator, known.staff, known.token, TERMINAL)
            assert not isinstance(answer, Refusal), answer
            for each in several:
                assert [event async for event in each] == []

    run(story())


def test_pictures_are_never_in_the_feed(hub: RunningHub, staff: StaffedHub, system: Headers) -> None:
    deployment = staff.live()
    raised = staff.raised(deployment)
    secret = replace(raised, person=replace(raised.person, offence="Arson", reason="Fled.", warning_markers=("armed",)))
    assert not isinstance(staff.alerts.raise_alert(secret, PICTURES), Refusal)
    text = hub.ask("GET", "/match-events", system).text
    for hidden in (SECRET_NAME, "Arson", "Fled", "armed", "passer-by"):
        assert hidden not in text
