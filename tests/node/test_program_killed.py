"""Kill -9 of the node in the middle of everything: every alert once, in order, a receipt, and nothing of anybody."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.bus import run, until
from tests.support.faces import astronaut, grace_hopper, models
from tests.support.scripted_hub import ScriptedHub, listed, plan, running_node, scripted_hub
from tests.support.street import HOPPER, portrait_template, recognition, street, street_frame

from openlfr.node.analyst import Analyst
from openlfr.node.ledger import PrivacyLedger
from openlfr.node.passage import Passage, Shot
from openlfr.vision.detector import DetectorOptions


def _passers_by() -> list[NDArray[np.float32]]:
    """Templates that the pipeline makes of the people in the street, matched or not."""
    seen: list[NDArray[np.float32]] = []
    original = Passage.add

    def noting(self: Passage, shot: Shot, at_s: float, kept: int) -> int:
        seen.append(shot.template.copy())
        return original(self, shot, at_s, kept)

    detector = models().detector(DetectorOptions(min_face_px=32))
    analyst = Analyst("camera", detector=detector, recognition=recognition(), ledger=PrivacyLedger())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Passage, "add", noting)
        for index in range(0, 175, 5):
            analyst.analyse(street_frame(street(), index))
        analyst.end()
    return seen


def _traces(hub: ScriptedHub) -> list[bytes]:
    """Bytes by which a template of anybody, or anything of the list, would be known again."""
    templates = [*_passers_by(), portrait_template(grace_hopper()), portrait_template(astronaut())]
    traces = [template[40:44].tobytes() for template in templates]
    traces += [template[40:48].astype(np.float16).tobytes() for template in templates]
    for person in hub.people:
        about = person.entry
        traces += [about.name.encode(), about.person.encode(), about.reason.encode(), about.entry.encode()]
        traces += [each.portrait[200:232] for each in person.pictures]
    return traces


@pytest.mark.slow
def test_a_node_that_is_killed_with_alerts_waiting_loses_none_and_leaves_nothing_of_anybody(tmp_path: Path) -> None:
    folder = tmp_path / "node"

    def started(log: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "tests.support.node_process", str(folder)]
        with log.open("wb") as out:
            return subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT)

    def waiting(log: Path) -> int:
        said = [line for line in log.read_text().splitlines() if line.startswith("waiting")]
        return int(said[-1].split()[1]) if said else 0

    async def test() -> None:
        async with scripted_hub(tmp_path / "hub") as hub:
            (await hub.enrol(folder)).close()
            hub.people = listed(HOPPER)
            hub.order(plan(hub.clock, hub.people))
            log = folder / "said.log"
            with started(log) as node:
                await until(lambda: hub.alerts)
                await hub.cut()
                await until(lambda: waiting(log) >= 2)
                node.kill()
            kept = waiting(log)
            # Nothing that could be looked at after a theft: neither who walked past, nor who was looked for.
            traces = _traces(hub)
            assert len(traces) > 15
            for path in folder.rglob("*"):
                content = path.read_bytes() if path.is_file() else b""
                assert not [trace for trace in traces if trace in content], path
                assert b"\xff\xd8\xff\xe0\x00\x10JFIF" not in content, path

            had = len(hub.alerts)
            await hub.restore()
            async with running_node(hub.reopened(folder), hub.clock) as again:
                # The list was in memory only: the receipt for it comes first, and a new one is fetched.
                await until(lambda: hub.receipts)
                assert hub.receipts[0].bundle == "0196c000-0000-7000-8000-000000000301"
                await until(lambda: len(hub.alerts) >= had + kept)
                await hub.hears(lambda hello: hello.waiting == 0 and hello.lists)
                assert hub.bundles_made == 2
                assert again.status.complaint == ""
            identifiers = [each.raised.alert for each in hub.alerts]
            assert len(set(identifiers)) == len(identifiers)
            in_time = [each.raised.captured_at for each in hub.alerts]
            assert in_time == sorted(in_time)
            assert {each.raised.person.name for each in hub.alerts} == {HOPPER}

    run(test)
