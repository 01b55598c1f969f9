"""The watch on the audit log: everybody who waits hears of every act, whichever process did it."""

import asyncio
from pathlib import Path

from tests.support.database import HandClock, SqliteSource, new_hub_records

from openlfr.hub.tip import AuditTip
from openlfr.policy.refusal import Refusal
from openlfr.records.database import open_database
from openlfr.records.people import People


def test_everybody_who_waits_hears_of_an_act_done_through_another_connection(tmp_path: Path) -> None:
    url = SqliteSource(tmp_path).fresh()
    records = new_hub_records(url, tmp_path / "vault", HandClock())
    watched = open_database(url)

    async def story() -> None:
        tip = AuditTip(watched, look_every_s=0.01)
        watching = asyncio.create_task(tip.run())
        before = await tip.changed(0)
        waiting = [asyncio.create_task(tip.changed(before)) for _ in range(3)]
        appointed = await asyncio.to_thread(People(records).appoint_first, "Adam Admin", (), "console 1")
        assert not isinstance(appointed, Refusal)
        async with asyncio.timeout(30):
            assert await asyncio.gather(*waiting) == [before + 1] * 3
            assert await tip.changed(before) == before + 1
        watching.cancel()

    asyncio.run(story())
    watched.close()
    records.close()


def test_a_database_that_was_away_is_looked_for_again(tmp_path: Path) -> None:
    url = SqliteSource(tmp_path).fresh()
    records = new_hub_records(url, tmp_path / "vault", HandClock())
    watched = open_database(url)
    file = watched.sqlite_file
    assert file is not None

    async def story() -> None:
        watched.close()
        hidden = file.rename(file.with_suffix(".away"))
        file.mkdir()
        tip = AuditTip(watched, look_every_s=0.01)
        watching = asyncio.create_task(tip.run())
        await asyncio.sleep(0.1)
        assert (tip.size, watching.done()) == (0, False)
        file.rmdir()
        hidden.rename(file)
        async with asyncio.timeout(30):
            assert await tip.changed(0) == 1
        watching.cancel()

    records.database.close()
    asyncio.run(story())
    watched.close()
    records.close()


def test_stirred_it_looks_at_once(tmp_path: Path) -> None:
    url = SqliteSource(tmp_path).fresh()
    records = new_hub_records(url, tmp_path / "vault", HandClock())

    async def story() -> None:
        tip = AuditTip(records.database, look_every_s=3600)
        watching = asyncio.create_task(tip.run())
        before = await tip.changed(0)
        await asyncio.to_thread(People(records).appoint_first, "Adam Admin", (), "console 1")
        tip.stir()
        async with asyncio.timeout(30):
            assert await tip.changed(before) == before + 1
        watching.cancel()

    asyncio.run(story())
    records.close()
