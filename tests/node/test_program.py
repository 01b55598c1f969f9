"""The node's program, whole: a real bus, real models, a scripted hub that signs what it says."""

import os
import signal
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from tests.support.bus import run, until
from tests.support.scripted_hub import (
    CAMERA,
    DEPLOYMENT,
    WATCHLIST,
    ScriptedHub,
    listed,
    plan,
    running_node,
    scripted_hub,
)
from tests.support.street import COLLINS, HOPPER

from openlfr.link.messages import (
    CameraLogin,
    FoundCamera,
    Orders,
    OwedReceipt,
    PreviewWanted,
    SearchFound,
    SearchWanted,
)
from openlfr.link.signed_messages import sign_orders
from openlfr.node import deployment_work, station_keeper
from openlfr.node.recognition import Recognition
from openlfr.policy.identifiers import DeploymentId, HubId
from openlfr.policy.plan import Order
from openlfr.policy.raised_alert import MOST_PICTURES
from openlfr.sealing.signature import SigningKey

OTHER_HUB = SigningKey(b"\x66" * 32)


@pytest.fixture
def every_passage(monkeypatch: pytest.MonkeyPatch) -> None:
    """An alert for every passage of somebody on the list, so that a test need not wait for a cool-down."""
    monkeypatch.setattr(deployment_work, "Recognition", partial(Recognition, cool_down_s=2.0))


def live(hub: ScriptedHub, *names: str) -> None:
    hub.people = listed(*names)
    hub.order(plan(hub.clock, hub.people))


def in_order_and_once(hub: ScriptedHub) -> bool:
    identifiers = [each.raised.alert for each in hub.alerts]
    captured = [each.raised.captured_at for each in hub.alerts]
    return len(set(identifiers)) == len(identifiers) and captured == sorted(captured)


@pytest.mark.slow
def test_a_live_deployment_raises_alerts_obeys_a_removal_and_leaves_nothing_when_it_stops(
    tmp_path: Path, every_passage: None
) -> None:
    async def test() -> None:
        async with scripted_hub(tmp_path / "hub") as hub:
            state = await hub.enrol(tmp_path / "node")
            async with running_node(state, hub.clock) as node:
                await hub.hears(lambda hello: hello.cameras)
                assert hub.last.cameras[0].situation == "idle"
                live(hub, HOPPER, COLLINS)
                await hub.nudge()
                await until(lambda: {each.raised.person.name for each in hub.alerts} == {HOPPER, COLLINS})
                first = hub.alerts[0]
                assert first.message_id == first.raised.alert
                assert first.raised.camera == CAMERA
                assert first.raised.score >= first.raised.threshold == 0.45
                assert first.pictures.probe.startswith(b"\xff\xd8")
                assert first.pictures.candidate in [each.pictures[0].portrait for each in hub.people]
                assert hub.last.cameras[0].situation == "armed"
                await until(lambda: hub.later)
                seen_after, shots = hub.later[0]
                (before,) = [each.raised for each in hub.alerts if each.raised.alert == seen_after.alert]
                assert (seen_after.node, seen_after.deployment) == (before.node, before.deployment)
                assert len(before.probes) + len(seen_after.probes) <= MOST_PICTURES
                assert [each[:2] for each in shots] == [b"\xff\xd8"] * len(seen_after.probes)

                hub.remove(HOPPER)
                hub.order(plan(hub.clock, hub.people, sequence=2))
                await hub.nudge()
                await hub.hears(lambda hello: hello.lists and hello.lists[0].removals == 1)
                removed_at = hub.clock.utc()
                await until(lambda: sum(each.raised.captured_at > removed_at for each in hub.alerts) >= 2)
                later = {each.raised.person.name for each in hub.alerts if each.raised.captured_at > removed_at}
                assert later == {COLLINS}

                hub.previews = (PreviewWanted(CAMERA, hub.clock.utc() + timedelta(minutes=5)),)
                await until(lambda: len(hub.pictures) > 2)
                hub.previews = ()

                hub.order(plan(hub.clock, hub.people, sequence=3, order=Order.STOP))
                await hub.nudge()
                await until(lambda: hub.receipts)
                await hub.hears(lambda hello: not hello.lists)
                (receipt,) = hub.receipts
                assert receipt.bundle == "0196c000-0000-7000-8000-000000000301"
                assert hub.last.cameras[0].situation == "idle"
                (tally,) = hub.last.tallies
                assert tally.deployment == DEPLOYMENT
                assert tally.created == tally.destroyed + tally.carried > 0
                assert hub.last.complaint == ""
                assert in_order_and_once(hub)
            assert node.state.seen.unanswered == ()

    run(test)


def test_what_is_forged_old_or_anothers_is_refused_with_the_reason_and_changes_nothing(tmp_path: Path) -> None:
    async def test() -> None:
        async with scripted_hub(tmp_path / "hub") as hub:
            state = await hub.enrol(tmp_path / "node")
            hold = plan(hub.clock, (), sequence=5, order=Order.HOLD)
            async with running_node(state, hub.clock) as node:
                hub.order(hold)
                await hub.hears(lambda hello: hello.plans)
                recorded: list[bytes] = []
                live_plan = replace(hold, sequence=6, order=Order.ANALYSE)
                for plans, why in (
                    ([(live_plan, hub.signed(live_plan, OTHER_HUB))], "signed by somebody else"),
                    ([(live_plan, hub.signed(replace(live_plan, hub=HubId("hub-2"))))], "comes from another hub"),
                    ([(live_plan, hub.signed(replace(live_plan, sequence=4)))], "number 5 is in force"),
                ):
                    hub.plans = plans
                    await hub.hears(lambda hello, why=why: why in hello.complaint)  # type: ignore[misc]
                hub.order(hold)
                await hub.hears(lambda hello: hello.complaint == "")
                assert hub.last.plans[0].sequence == 5

                def replayed(orders: Orders) -> bytes:
                    recorded.append(sign_orders(hub.signer, orders))
                    return recorded[0]

                hub.twist = replayed
                await hub.hears(lambda hello: "answer an earlier question" in hello.complaint)
                hub.twist = lambda orders: sign_orders(OTHER_HUB, orders)
                await hub.hears(lambda hello: "signed by somebody else" in hello.complaint)
                assert not node.status.heard
                hub.twist = lambda orders: sign_orders(hub.signer, replace(orders, hub=HubId("hub-2")))
                await hub.hears(lambda hello: "another hub than this node's own" in hello.complaint)
                assert hub.last.plans[0].sequence == 5
                assert hub.last.cameras[0].situation == "waiting"
                assert hub.last.lists == ()
            again = await _restarted(hub, tmp_path)
            assert again == "has obeyed number 5 already"

    async def _restarted(hub: ScriptedHub, folder: Path) -> str:
        """What a node that was started anew says to an older plan than it once had."""
        hub.twist = None
        older = plan(hub.clock, (), sequence=4, order=Order.ANALYSE)
        hub.order(older)
        hub.hellos.clear()
        async with running_node(hub.reopened(folder / "node"), hub.clock):
            await hub.hears(lambda hello: hello.complaint)
            assert hub.last.plans == ()
            return "has obeyed number 5 already" if "has obeyed number 5 already" in hub.last.complaint else ""

    run(test)


def test_without_an_officer_or_outside_its_time_no_list_is_searched_and_no_camera_opened(tmp_path: Path) -> None:
    async def test() -> None:
        async with scripted_hub(tmp_path / "hub") as hub:
            state = await hub.enrol(tmp_path / "node")
            hub.checked_in = False
            live(hub, HOPPER)
            async with running_node(state, hub.clock):
                await hub.hears(lambda hello: hello.lists and "an officer must check in" in hello.cameras[0].reason)
                assert hub.last.cameras[0].situation == "waiting"
                assert hub.last.tallies[0].frames == 0
                hub.checked_in = True
                await hub.hears(lambda hello: hello.cameras[0].situation == "armed" and hello.tallies[0].frames > 0)
                hub.checked_in = False
                await hub.nudge()
                await hub.hears(lambda hello: hello.cameras[0].situation == "waiting")
                frames = hub.last.tallies[0].frames
                heard = len(hub.hellos)
                await until(lambda: len(hub.hellos) > heard + 2)
                assert hub.last.tallies[0].frames == frames
                before = hub.clock.utc()
                hub.order(plan(hub.clock, hub.people, sequence=2, stop_by=before - timedelta(seconds=1)))
                await until(lambda: hub.receipts)

    run(test)


def test_a_search_that_the_hub_wants_is_done_once_and_told_until_the_hub_has_heard_it(tmp_path: Path) -> None:
    begun: list[object] = []
    gate = FoundCamera("rtsp://10.0.0.7/1", "Gate", "Maker 1")

    async def search(_camera: CameraLogin | None, found: Callable[[FoundCamera], None]) -> str:
        begun.append(found)
        found(gate)
        return ""

    async def test() -> None:
        async with scripted_hub(tmp_path / "hub") as hub:
            state = await hub.enrol(tmp_path / "node")
            async with running_node(state, hub.clock, search=search) as node:
                hub.searches = (SearchWanted("s1", hub.clock.utc() + timedelta(minutes=5)),)
                whole = SearchFound(state.enrolment.node, "s1", (gate,), done=True)
                await hub.hears(lambda _hello: hub.findings.count(whole) > 1)
                assert len(begun) == 1
                assert node.status.heard
                hub.searches = ()
                heard = len(hub.hellos)
                await until(lambda: len(hub.hellos) > heard + 2)
                told = len(hub.findings)
                heard = len(hub.hellos)
                await hub.hears(lambda _hello: len(hub.hellos) > heard + 3)
                assert len(hub.findings) == told

    run(test)


@pytest.mark.slow
def test_a_lost_link_makes_no_van_blind_loses_no_alert_and_ends_with_the_plan(
    tmp_path: Path, every_passage: None
) -> None:
    async def test() -> None:
        async with scripted_hub(tmp_path / "hub") as hub:
            state = await hub.enrol(tmp_path / "node")
            live(hub, HOPPER, COLLINS)
            async with running_node(state, hub.clock) as node:
                await until(lambda: hub.alerts)
                await hub.cut()
                await until(lambda: not node.status.heard)
                await until(lambda: node.status.waiting >= 1)
                hub.clock.advance(timedelta(hours=6))
                before = node.status.waiting
                await until(lambda: node.status.waiting >= before + 2)
                assert node.situation == "armed"
                waiting = node.status.waiting
                had = len(hub.alerts)
                await hub.restore()
                await until(lambda: len(hub.alerts) >= had + waiting)
                await hub.hears(lambda hello: hello.waiting == 0)
                assert in_order_and_once(hub)
                times = [each.raised.captured_at for each in hub.alerts]
                assert times[-1] - times[0] > timedelta(hours=6)

                stop_by = hub.plans[0][0].stop_by
                await hub.cut()
                hub.clock.advance(timedelta(hours=3))
                await until(lambda: node.state.seen.unanswered)
                await until(lambda: node.situation != "armed")
                assert node.state.seen.unanswered[0].destroyed_at is not None
                await hub.restore()
                await until(lambda: hub.receipts)
                await hub.hears(lambda hello: hello.waiting == 0 and not hello.lists)
                assert in_order_and_once(hub)
                assert all(each.raised.captured_at < stop_by for each in hub.alerts)

    run(test)


@pytest.mark.slow
def test_a_full_store_degrades_and_says_so_and_every_alert_still_arrives(tmp_path: Path, every_passage: None) -> None:
    async def test() -> None:
        async with scripted_hub(tmp_path / "hub") as hub:
            state = await hub.enrol(tmp_path / "node")
            live(hub, HOPPER, COLLINS)
            async with running_node(state, hub.clock, store_limit_bytes=400_000) as node:
                await until(lambda: node.situation == "armed")
                await hub.cut()
                await until(lambda: node.situation == "degraded")
                assert "takes no more" in node.status.cameras[0].reason
                waiting = node.status.waiting
                had = len(hub.alerts)
                await hub.restore()
                await until(lambda: len(hub.alerts) >= had + waiting)
                await until(lambda: node.situation == "armed")
                assert in_order_and_once(hub)

    run(test)


def test_a_list_whose_program_ended_before_it_was_noted_gets_its_receipt_once_the_hub_waits_for_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrived, killed = threading.Event(), threading.Event()

    def cut_off(*_whole: object) -> None:
        arrived.set()
        killed.wait()

    async def test() -> None:
        async with scripted_hub(tmp_path / "hub") as hub:
            state = await hub.enrol(tmp_path / "node")
            live(hub, HOPPER)
            async with running_node(state, hub.clock):
                await until(arrived.is_set)
                hub.owed = (OwedReceipt("0196c000-0000-7000-8000-000000000301", WATCHLIST),)
                number = hub.last.number
                await hub.hears(lambda hello: hello.number > number + 2)
                assert state.seen.bundles.imports == ()  # it is being loaded, for all the node knows
            killed.set()
            assert hub.receipts == []

            hub.order(plan(hub.clock, hub.people, sequence=2, order=Order.STOP))
            again = hub.reopened(tmp_path / "node")
            assert again.seen.bundles.imports == ()
            async with running_node(again, hub.clock):
                await until(lambda: hub.receipts)
                assert hub.receipts[0].bundle == hub.owed[0].bundle
                hub.owed = ()
                await until(lambda: not again.seen.unanswered)

    monkeypatch.setattr(station_keeper, "open_bundle", cut_off)
    try:
        run(test)
    finally:
        killed.set()


def test_several_deployments_stand_side_by_side_and_one_that_stops_takes_no_other_along(tmp_path: Path) -> None:
    async def test() -> None:
        async with scripted_hub(tmp_path / "hub") as hub:
            state = await hub.enrol(tmp_path / "node")
            first = plan(hub.clock, (), order=Order.HOLD)
            second = replace(first, deployment=DeploymentId("0196c000-0000-7000-8000-000000000002"))
            hub.plans = [(each, hub.signed(each)) for each in (first, second)]
            async with running_node(state, hub.clock):
                await hub.hears(lambda hello: len(hello.plans) == 2)
                hub.plans.append((stop := replace(first, sequence=2, order=Order.STOP), hub.signed(stop)))
                await hub.hears(lambda hello: sorted(each.sequence for each in hello.plans) == [1, 2])
                assert "the order is to hold" in hub.last.cameras[0].reason

    run(test)


def test_a_bus_that_is_killed_costs_a_moment_and_an_order_given_meanwhile_is_obeyed_after_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with scripted_hub(tmp_path / "hub") as hub:
            state = await hub.enrol(tmp_path / "node")
            async with running_node(state, hub.clock) as node:
                hub.order(hold := plan(hub.clock, (), order=Order.HOLD))
                await hub.hears(lambda hello: hello.plans)
                assert hub.bus.pid is not None
                os.kill(hub.bus.pid, signal.SIGKILL)
                hub.order(replace(hold, sequence=2, order=Order.STOP))
                boot = hub.last.boot
                await hub.hears(lambda hello: hello.plans[0].sequence == 2)
                assert hub.last.boot == boot
                assert state.seen.plans[0].stopped
                await until(lambda: node.status.heard)

    run(test)
