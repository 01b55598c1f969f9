"""Storms of alerts while what carries them is killed: every alert is in the records, and none twice."""

import asyncio
from pathlib import Path

import pytest
from nats.aio.msg import Msg
from tests.support.alert_storm import A_SECOND, outbox_of, received, storm, stormed_cluster, taken_in
from tests.support.bus import run, until
from tests.support.database import DatabaseSource
from tests.support.hand_node import hand_node
from tests.support.living_hub import living_hub, new_place
from tests.support.programs import Ports, hub_program
from tests.support.rehearsals import Rehearsal, live_rehearsal, quick_kit, raised_in

from openlfr.hub.services import services_of
from openlfr.policy.identifiers import AlertId
from openlfr.records.alerts import Alerts
from openlfr.records.errors import DatabaseUnreachableError

SMALLER_THAN_AN_ALERT = 1000
"""Bytes: the marks of messages that were removed stay."""


async def all_there(rehearsal: Rehearsal, raised: set[AlertId]) -> None:
    await until(lambda: len(rehearsal.alerts()) >= len(raised), at_most_s=180)
    assert sorted(rehearsal.alerts()) == sorted(raised)


@pytest.mark.slow
def test_the_leader_of_a_cluster_is_killed_in_a_storm_and_every_alert_comes_once(tmp_path: Path) -> None:
    async def story() -> None:
        stormed = await stormed_cluster(tmp_path, 6 * A_SECOND)
        assert (stormed.alerts, stormed.lost, stormed.twice) == (6 * A_SECOND, 0, 0)

    run(story)


@pytest.mark.slow
def test_hub_and_bus_are_killed_in_a_storm_and_every_alert_comes_once(source: DatabaseSource, tmp_path: Path) -> None:
    async def story() -> None:
        ports = Ports.free()
        place, records = await asyncio.to_thread(new_place, tmp_path / "hub", source.empty())
        state = await asyncio.to_thread(received, records, tmp_path / "node", (f"nats://localhost:{ports.bus}",))
        node = state.enrolment.node
        rehearsal = await asyncio.to_thread(live_rehearsal, services_of(records), node, tmp_path, quick_kit())
        hub = hub_program(place.folder, ports, tmp_path / "hub.log")
        hub.start()
        try:
            async with outbox_of(state) as outbox:
                storming = asyncio.create_task(storm(outbox, state, rehearsal, 6 * A_SECOND))
                await until(lambda: len(rehearsal.alerts()) > 10, at_most_s=120)
                await asyncio.to_thread(hub.kill)
                await asyncio.to_thread(hub.start)
                seen = len(rehearsal.alerts())
                await until(lambda: len(rehearsal.alerts()) > seen, at_most_s=120)
                hub.kill_bus()
                await all_there(rehearsal, await storming)
        finally:
            await asyncio.to_thread(hub.stop)
            records.close()

    run(story)


def test_records_that_are_away_leave_alerts_in_the_queue(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    take, refusals = Alerts.raise_alerts, iter([True, True, True])

    def away_at_first(alerts: Alerts, delivered: object) -> object:
        if next(refusals, False):
            raise DatabaseUnreachableError("The server does not answer.")
        return take(alerts, delivered)  # type: ignore[arg-type]

    monkeypatch.setattr(Alerts, "raise_alerts", away_at_first)

    async def story() -> None:
        async with living_hub(tmp_path / "hub") as hub:
            state = await hub.enrolled(tmp_path / "node")
            rehearsal = await asyncio.to_thread(
                live_rehearsal, hub.services, state.enrolment.node, tmp_path, quick_kit()
            )
            async with hand_node(state) as node:
                alerts = [raised_in(rehearsal, node.node) for _ in range(3)]
                for each in alerts:
                    await node.raises(each)
                await all_there(rehearsal, {each.alert for each in alerts})
                await until(lambda: bytes_of_messages(hub.place.bus) < SMALLER_THAN_AN_ALERT)

    run(story)


def test_alerts_that_were_committed_when_the_hub_ended_are_not_there_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def never_arrives(_message: Msg) -> None:
        """An acknowledgement of a program that ends before it is sent."""

    async def story() -> None:
        async with living_hub(tmp_path / "hub") as hub:
            state = await hub.enrolled(tmp_path / "node")
            rehearsal = await asyncio.to_thread(
                live_rehearsal, hub.services, state.enrolment.node, tmp_path, quick_kit()
            )
            with monkeypatch.context() as ending:
                ending.setattr(Msg, "ack", never_arrives)
                async with hand_node(state) as node:
                    alerts = [raised_in(rehearsal, node.node) for _ in range(3)]
                    for each in alerts:
                        await node.raises(each)
                await until(lambda: len(rehearsal.alerts()) == 3)
                await hub.stop()
            assert bytes_of_messages(hub.place.bus) > SMALLER_THAN_AN_ALERT
            await hub.start()
            await until(lambda: bytes_of_messages(hub.place.bus) < SMALLER_THAN_AN_ALERT)
            assert sorted(rehearsal.alerts()) == sorted(each.alert for each in alerts)
            assert taken_in(hub.records) == 3

    run(story)


def bytes_of_messages(bus: Path) -> int:
    """In the files of the queue: what was taken must not lie there, for the hub's key opens it."""
    return sum(file.stat().st_size for file in bus.rglob("*.blk"))
