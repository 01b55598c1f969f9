"""Events over real HTTP: nothing lost, nothing twice, nothing for eyes that may not see it."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing, asynccontextmanager

import httpx
import pytest
from tests.records.test_nodes import PIN
from tests.support.database import HandClock
from tests.support.running_hub import RunningHub, ToldEvent, run, told
from tests.support.staffed_hub import SECRET_NAME, TERMINAL, StaffedHub, acting, kept, staffed_from_records

from openlfr.link.messages import CameraReport, CameraSituation, Hello
from openlfr.policy.identifiers import CameraId, NodeId
from openlfr.policy.reach import Reach
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Action, Actor, Role
from openlfr.records.audit_entry import AuditEvent, Processing, RecordReference, Who
from openlfr.records.camera_places import CameraPlace, place_camera
from openlfr.records.cameras import CameraDraft, Cameras
from openlfr.records.changes import newest_change
from openlfr.records.hub_records import HubRecords
from openlfr.records.nodes import Nodes

PLACE = RecordReference("deployment", "0196c000-0000-7000-8000-000000000001")
SOMEBODY = RecordReference("staff", "0196c000-0000-7000-8000-00000000000a")
CHECKED_IN = (Action.CHECK_IN, Processing.ALTERATION, PLACE)
PAUSED = (Action.PAUSE_DEPLOYMENT, Processing.ALTERATION, PLACE)
LOOKED_AT = (Action.VIEW_DEPLOYMENT, Processing.CONSULTATION, PLACE)
REFUSED = (Action.END_DEPLOYMENT, Processing.NONE, PLACE)
HIRED = (Action.MANAGE_STAFF, Processing.ALTERATION, SOMEBODY)
OF_DEPLOYMENTS = (CHECKED_IN, PAUSED)


@pytest.fixture
def staff(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed_from_records(records, clock, *(set(Role) - {Role.ADMINISTRATOR}))


@pytest.fixture
def hub(records: HubRecords, clock: HandClock, staff: StaffedHub) -> Iterator[RunningHub]:
    with RunningHub(records, clock) as running:
        yield running


def happened(records: HubRecords, *what: tuple[Action, Processing, RecordReference]) -> list[int]:
    """Have things happen in one transaction; the numbers of those that make an event of a deployment."""
    events = [AuditEvent(Who("hub", None), act, kind, about, "hub", SECRET_NAME) for act, kind, about in what]
    with records.database.writing() as session:
        first = records.audit.append(session, *events)
    return [number for number, each in enumerate(what, first) if each in OF_DEPLOYMENTS]


def newest(records: HubRecords) -> int:
    with records.database.reading() as session:
        return newest_change(session)


@asynccontextmanager
async def numbered(client: httpx.AsyncClient, after: int) -> AsyncIterator[AsyncIterator[ToldEvent]]:
    """The events of one connection that have a number: not the state of the fleet."""
    async with aclosing(told(client, headers={"Last-Event-ID": str(after)})) as events:
        yield (event async for event in events if event.id)


def first_told(hub: RunningHub, who: Actor, after: int, count: int) -> list[ToldEvent]:
    """The first events that somebody is told after a number."""

    async def story() -> list[ToldEvent]:
        heard = []
        async with hub.client(hub.signed_in(who)) as client, numbered(client, after) as events:
            async for event in events:
                heard.append(event)
                if len(heard) == count:
                    break
        return heard

    return run(story())


def test_an_event_names_what_changed_and_nobody(hub: RunningHub, staff: StaffedHub) -> None:
    deployment = staff.live()
    before = newest(staff.records)
    alert = staff.alerted(deployment)
    (event,) = first_told(hub, staff.operator, before, 1)
    assert event.kind == "alert.raised"
    assert event.data == {
        "id": int(event.id),
        "kind": "alert.raised",
        "record": alert,
        "deployment": deployment,
        "at": staff.clock.now.isoformat(),
        "act": "RAISE_ALERT",
    }


def test_looks_and_refusals_are_no_events(hub: RunningHub, staff: StaffedHub) -> None:
    before = newest(staff.records)
    paused, checked_in = happened(staff.records, LOOKED_AT, PAUSED, REFUSED, LOOKED_AT, CHECKED_IN)
    heard = first_told(hub, staff.auditor, before, 2)
    assert [(int(each.id), each.kind) for each in heard] == [
        (paused, "deployment.changed"),
        (checked_in, "presence.changed"),
    ]


def test_each_role_hears_only_of_what_it_may_view(hub: RunningHub, staff: StaffedHub) -> None:
    before = newest(staff.records)
    deployment = staff.live()
    staff.alerted(deployment)
    staff.another("Tess Trainee", Role.OPERATOR)
    happened(staff.records, PAUSED, HIRED, CHECKED_IN)
    last = newest(staff.records)

    async def kinds_of(who: Actor) -> set[str]:
        kinds = set()
        async with hub.client(hub.signed_in(who)) as client, numbered(client, before) as events:
            async for event in events:
                kinds.add(event.kind)
                if int(event.id) >= last - 1:  # the last two entries are of a kind that each of these hears of
                    return kinds
        return kinds

    of_deployments = {"deployment.changed", "presence.changed"}
    assert run(kinds_of(staff.applicant)) == of_deployments
    assert run(kinds_of(staff.operator)) == of_deployments | {"alert.raised"}
    assert run(kinds_of(staff.auditor)) == of_deployments | {"people.changed"}
    assert run(kinds_of(staff.administrator)) == {"people.changed"}


def test_nothing_is_told_of_deployments_beyond_reach(hub: RunningHub, staff: StaffedHub) -> None:
    """Neither live nor when catching up; and who is limited while they listen is cut, and comes back to less."""
    before = newest(staff.records)
    elsewhere = staff.drafted(controller="Kent Police")
    here = staff.authorised()
    force = staff.value(here).application.controller
    member = staff.people.add(
        staff.administrator, "Kay", (Role.APPLICANT,), TERMINAL, Reach(frozenset({"KENT police"}))
    )
    assert not isinstance(member, Refusal)
    kay = acting(staff.people, member.staff)
    assert first_told(hub, kay, before, 1)[0].data["record"] == elsewhere

    async def heard_live() -> list[object]:
        async with hub.client(hub.signed_in(kay)) as client, numbered(client, newest(staff.records)) as events:
            waiting = asyncio.ensure_future(anext(events))
            staff.authorised()
            happened(staff.records, PAUSED)
            redrafted = staff.application(controller="Kent Police", purpose="Another purpose.")
            kept(staff.deployments.redraft(staff.asked(staff.applicant, elsewhere), redrafted))
            heard = [(await waiting).data["record"]]
            limited = staff.people.set_reach(
                staff.administrator, kay.staff, Reach(frozenset({force})), member.version, TERMINAL
            )
            assert not isinstance(limited, Refusal)
            return [*heard, *[event.data["record"] async for event in events]]

    assert run(heard_live()) == [elsewhere]
    assert {each.data["record"] for each in first_told(hub, kay, before, 3)} == {here}


def test_a_hundred_cut_connections_lose_nothing_and_repeat_nothing(hub: RunningHub, staff: StaffedHub) -> None:
    """1,000 changes are written meanwhile; connections are cut wherever they happen to be."""
    records, chance = staff.records, random.Random(4)
    start = newest(records)
    expected: list[int] = []

    def write() -> None:
        while len(expected) < 1000:
            batch = [chance.choice((CHECKED_IN, PAUSED, LOOKED_AT, HIRED)) for _ in range(chance.randint(1, 9))]
            expected.extend(happened(records, *batch))

    async def story() -> tuple[list[int], int]:
        heard: list[int] = []
        cuts = 0
        writing = asyncio.create_task(asyncio.to_thread(write))
        async with hub.client(hub.signed_in(staff.applicant)) as client:
            while not writing.done() or heard[-1] < expected[-1]:
                at_most = chance.randint(1, 9)
                async with numbered(client, heard[-1] if heard else start) as events:
                    async for event in events:
                        heard.append(int(event.id))
                        at_most -= 1
                        if not at_most or (writing.done() and heard[-1] == expected[-1]):
                            break
                cuts += 1
        return heard, cuts

    heard, cuts = run(story())
    assert cuts >= 100
    assert heard == expected


def test_a_listener_catches_up_from_long_ago_and_goes_on_live(
    records: HubRecords, clock: HandClock, staff: StaffedHub
) -> None:
    """What is kept in memory is much less than what it missed."""
    start = newest(records)
    missed = [number for _ in range(300) for number in happened(records, PAUSED, LOOKED_AT, CHECKED_IN)]

    async def story(hub: RunningHub) -> list[int]:
        heard: list[int] = []
        async with hub.client(hub.signed_in(staff.operator)) as client, numbered(client, start) as events:
            async for event in events:
                heard.append(int(event.id))
                if len(heard) == 600:
                    live = await asyncio.to_thread(happened, records, PAUSED, CHECKED_IN)
                    missed.extend(live)
                if len(heard) == 602:
                    break
        return heard

    with RunningHub(records, clock, kept_events=20) as forgetful:
        heard = run(story(forgetful))
    assert heard == missed


def test_two_hundred_listeners_are_all_told_everything_and_no_further_one_of_the_same_person(
    records: HubRecords, clock: HandClock, staff: StaffedHub
) -> None:
    start = newest(staff.records)
    hub = RunningHub(records, clock, most_of_one=200)

    async def hears(client: httpx.AsyncClient) -> list[int]:
        heard: list[int] = []
        async with numbered(client, start) as events:
            async for event in events:
                heard.append(int(event.id))
                if len(heard) == 20:
                    break
        return heard

    async def story() -> None:
        async with hub.client(hub.signed_in(staff.operator)) as client:
            listening = [asyncio.create_task(hears(client)) for _ in range(200)]
            while hub.telling.events.listeners < 200:
                await asyncio.sleep(0.02)
            refused = await client.get("/events")
            assert (refused.status_code, refused.json()["code"]) == (429, "too_many_requests")
            async with hub.client(hub.signed_in(staff.auditor)) as other, other.stream("GET", "/events") as response:
                assert response.status_code == 200
            expected = []
            for _ in range(10):
                expected += await asyncio.to_thread(happened, staff.records, PAUSED, CHECKED_IN)
            for heard in await asyncio.gather(*listening):
                assert heard == expected
            while hub.telling.events.listeners:
                await asyncio.sleep(0.02)

    with hub:
        run(story())


def until_it_ends(hub: RunningHub, headers: dict[str, str], what_ends_it: object) -> None:
    """Listen, do something once the first event came, and wait for the stream to end by itself."""

    async def story() -> None:
        async with hub.client(headers) as client, aclosing(told(client)) as events:
            async for _ in events:
                await asyncio.to_thread(what_ends_it)  # type: ignore[arg-type]
                break
            async for _ in events:
                pass

    run(story())


def test_the_stream_of_a_session_that_is_ended_locked_or_signed_out_ends(hub: RunningHub, staff: StaffedHub) -> None:
    sessions = hub.sessions
    for act in (
        lambda known: sessions.sign_out(known, TERMINAL),
        lambda known: sessions.lock(known, TERMINAL),
        lambda known: sessions.end_own(known.staff, known.session, TERMINAL),
    ):
        headers = hub.signed_in(staff.operator)
        known = sessions.by_id(hub.session_of(headers))
        assert known is not None
        until_it_ends(hub, headers, lambda act=act, known=known: act(known))
        assert hub.ask("GET", "/events", headers).status_code in (401, 423)


def test_a_stream_is_no_sign_of_life_and_ends_when_the_session_locks_by_itself(
    hub: RunningHub, staff: StaffedHub
) -> None:
    headers = hub.signed_in(staff.operator)
    until_it_ends(hub, headers, lambda: staff.clock.advance(hub.settings.idle_lock))
    assert hub.ask("GET", "/events", headers).status_code == 423


def test_the_streams_of_a_hub_that_stops_end_in_order(hub: RunningHub, staff: StaffedHub) -> None:
    until_it_ends(hub, hub.signed_in(staff.operator), hub.end_streams)


def test_who_loses_a_role_is_cut_and_comes_back_to_less(hub: RunningHub, staff: StaffedHub) -> None:
    somebody = staff.another("Una Unlucky", Role.OPERATOR, Role.APPLICANT)

    def demote() -> None:
        members = staff.people.everybody(staff.administrator, TERMINAL)
        assert not isinstance(members, Refusal)
        (member,) = (each for each in members if each.staff == somebody.staff)
        done = staff.people.set_roles(staff.administrator, somebody.staff, {Role.APPLICANT}, member.version, TERMINAL)
        assert not isinstance(done, Refusal)

    headers = hub.signed_in(somebody)
    until_it_ends(hub, headers, demote)
    deployment = staff.live()
    before = newest(staff.records)
    staff.alerted(deployment)
    (paused,) = happened(staff.records, PAUSED)
    (event,) = first_told(hub, somebody, before, 1)
    assert int(event.id) == paused


def test_a_listener_that_does_not_read_is_cut_and_can_come_back(hub: RunningHub, staff: StaffedHub) -> None:
    """It takes nothing more off its connection while more happens than the network holds."""
    start = newest(staff.records)
    expected: list[int] = []

    async def story() -> tuple[list[int], ToldEvent]:
        heard: list[int] = []
        async with hub.client(hub.signed_in(staff.operator)) as client:
            async with aclosing(told(client, headers={"Last-Event-ID": str(start)})) as events:
                await anext(events)  # the state of the fleet; from now on it does not read
                while not hub.telling.events.cut:
                    expected.extend(await asyncio.to_thread(happened, staff.records, *[PAUSED] * 1000))
                with contextlib.suppress(httpx.RemoteProtocolError):
                    async for event in events:
                        heard.append(int(event.id))  # noqa: PERF401 - what came before the end of it counts
            async with numbered(client, heard[-1]) as again:
                return heard, await anext(again)

    heard, next_one = run(story())
    assert heard == expected[: len(heard)]
    assert 0 < len(heard) < len(expected)
    assert int(next_one.id) == expected[len(heard)]


def test_the_state_of_the_fleet_is_told_at_once_and_when_it_changes(hub: RunningHub, staff: StaffedHub) -> None:
    now = staff.clock.now
    quiet = Hello(NodeId("van-1"), "boot", 1, now, "0.1.0")
    busy = Hello(
        NodeId("van-1"),
        "boot",
        2,
        now,
        "0.1.0",
        cameras=(CameraReport(CameraId("cam-1"), CameraSituation.ARMED, "", 25.04, 8.0),),
        waiting=3,
    )

    async def story() -> list[ToldEvent]:
        heard: list[ToldEvent] = []
        async with hub.client(hub.signed_in(staff.operator)) as client, aclosing(told(client)) as events:
            async for event in events:
                heard.append(event)
                if len(heard) == 1:
                    hub.fleet.says(quiet, now)
                elif len(heard) == 2:
                    hub.fleet.says(busy, now)
                else:
                    break
        return heard

    empty, first, second = run(story())
    assert {each.kind for each in (empty, first, second)} == {"fleet"}
    assert {each.id for each in (empty, first, second)} == {""}
    assert empty.data == {"nodes": []}
    assert [each["situation"] for each in first.data["nodes"]] == ["working"]
    (node,) = second.data["nodes"]
    assert node["alerts_waiting"] == 3
    assert node["cameras"][0]["situation"] == "armed"
    assert node["cameras"][0]["decoded_per_s"] == 25.0


def test_limited_rights_are_told_of_the_cameras_within_reach_and_the_nodes_that_run_them(
    hub: RunningHub, staff: StaffedHub
) -> None:
    known, cameras, now = Nodes(staff.records, PIN), Cameras(staff.records), staff.clock.now
    before = newest(staff.records)

    def camera_of(node: NodeId) -> CameraId:
        added = cameras.add(staff.administrator, CameraDraft(node, "North", "synthetic:", 40), TERMINAL)
        assert not isinstance(added, Refusal)
        return added.camera

    shared, other = (invited(known, staff, name) for name in ("Van 1", "Van 2"))
    theirs, beside, elsewhere = camera_of(shared), camera_of(shared), camera_of(other)
    place_camera(staff.records, staff.administrator, theirs, CameraPlace("Kent Police", "Dover"), TERMINAL)
    for node, running in ((shared, (theirs, beside)), (other, (elsewhere,))):
        reports = tuple(CameraReport(each, CameraSituation.ARMED, "") for each in running)
        hub.fleet.says(Hello(node, "boot", 1, now, "0.1.0", cameras=reports), now)
    actor = staff.another("Kay", Role.OPERATOR)
    member = staff.people.member(staff.administrator, actor.staff, TERMINAL)
    assert not isinstance(member, Refusal)
    kent = Reach(frozenset({"Kent Police"}))
    staff.people.set_reach(staff.administrator, member.staff, kent, member.version, TERMINAL)

    async def told_first_with(who: Actor, count: int) -> dict[str, list[str]]:
        async with hub.client(hub.signed_in(who)) as client, aclosing(told(client)) as events:
            async for event in events:
                nodes = event.data["nodes"]
                assert len(nodes) <= count
                if len(nodes) == count:
                    return {each["node"]: [camera["camera"] for camera in each["cameras"]] for each in nodes}
        return {}

    assert run(told_first_with(actor, 1)) == {shared: [theirs]}
    assert run(told_first_with(staff.operator, 2)) == {shared: [theirs, beside], other: [elsewhere]}
    drafted = staff.drafted(controller="Kent Police")
    assert first_told(hub, staff.operator, before, 1)[0].kind == "node.changed"
    assert first_told(hub, actor, before, 1)[0].data["record"] == drafted


def invited(nodes: Nodes, staff: StaffedHub, name: str) -> NodeId:
    invitation = nodes.invite(staff.administrator, name, TERMINAL)
    assert not isinstance(invitation, Refusal)
    return invitation.node.node


def test_a_number_this_hub_never_had_is_refused_in_words(hub: RunningHub, staff: StaffedHub) -> None:
    answer = hub.ask("GET", "/events?after=99999999", hub.signed_in(staff.operator))
    assert (answer.status_code, answer.json()["code"]) == (409, "unknown_event")
    assert "reload" in answer.json()["detail"]
    assert hub.ask("GET", "/events", {"Last-Event-ID": "1"}).status_code == 401
