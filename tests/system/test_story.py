"""The whole way with nothing made up but the street: real bus, hub, node, models, records and people's acts."""

import asyncio
from pathlib import Path

from tests.support.bus import run, until
from tests.support.living_hub import living_hub, living_node
from tests.support.rehearsals import live_rehearsal, quick_kit


def test_from_an_application_to_nothing_left(tmp_path: Path) -> None:
    async def story() -> None:
        async with living_hub(tmp_path / "hub") as hub:
            state = await hub.enrolled(tmp_path / "node")
            rehearsal = await asyncio.to_thread(
                live_rehearsal, hub.services, state.enrolment.node, tmp_path, quick_kit()
            )
            async with living_node(state):
                await until(lambda: rehearsal.alerts(), at_most_s=120)
                await asyncio.to_thread(rehearsal.end)
                await until(lambda: all(each.acknowledged for each in rehearsal.deliveries()), at_most_s=60)
            await asyncio.to_thread(rehearsal.destroy_list)
            await until(lambda: rehearsal.state() == "purged", at_most_s=60)
            report = await asyncio.to_thread(rehearsal.verify_deletion, [hub.place.bus, tmp_path / "node"])
            assert report.clean, report.findings

    run(story)
