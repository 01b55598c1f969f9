"""The check of a camera by the node's whole program: a rehearsal that recognises nobody and ends by itself."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import NoReturn

import pytest
from tests.support.bus import run, until
from tests.support.scripted_hub import CAMERA, ScriptedHub, listed, plan, running_node, scripted_hub
from tests.support.street import HOPPER

from openlfr.link.messages import CheckFound, CheckWanted, Hello
from openlfr.node.recognition import Recognition
from openlfr.policy.plan import Order
from openlfr.vision.template import TemplateExtractor


@pytest.fixture
def nobody_recognised(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Whoever makes a template, or so much as a recogniser to compare one with, is found out."""
    made: list[str] = []

    def refuse(*_arguments: object, **_more: object) -> NoReturn:
        made.append("a template")
        raise AssertionError("A check of a camera made a template.")

    monkeypatch.setattr(TemplateExtractor, "extract", refuse)
    monkeypatch.setattr(Recognition, "extract", refuse)
    return made


def wanted(hub: ScriptedHub, check: str = "check-1", seconds: int = 4) -> CheckWanted:
    return CheckWanted(check, CAMERA, seconds, hub.clock.utc() + timedelta(seconds=seconds + 60))


def last_word(hub: ScriptedHub, check: str = "check-1") -> CheckFound | None:
    found = [each for each in hub.findings if isinstance(each, CheckFound) and each.check == check and each.done]
    return found[-1] if found else None


def situation(hello: Hello) -> str:
    return hello.cameras[0].situation.value if hello.cameras else ""


def files_of(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file() and "outbox" not in path.parts}


def test_a_check_tells_how_it_fares_and_leaves_figures_and_nothing_else(
    tmp_path: Path, nobody_recognised: list[str]
) -> None:
    async def test() -> None:
        async with scripted_hub(tmp_path / "hub") as hub:
            state = await hub.enrol(tmp_path / "node")
            async with running_node(state, hub.clock) as node:
                await hub.hears(lambda hello: situation(hello) == "idle")
                before = files_of(tmp_path / "node")
                hub.checks = (wanted(hub),)
                await hub.hears(lambda hello: situation(hello) == "checking")
                assert "nobody is recognised" in hub.last.cameras[0].reason
                await hub.hears(lambda _hello: last_word(hub))
                found = last_word(hub)
                assert found is not None
                assert found.figures is not None, found.problem
                assert found.figures.seconds == 4.0
                assert found.figures.analysed > 0
                assert (found.figures.width, found.figures.height) == (1280, 720)
                assert any(isinstance(each, CheckFound) and not each.done for each in hub.findings)
                # The hub has not said yet that it heard: the camera is closed all the same, and not opened again.
                await hub.hears(lambda hello: situation(hello) == "idle")
                assert hub.last.tallies == ()
                assert hub.last.lists == ()
                assert files_of(tmp_path / "node") == before
                assert nobody_recognised == []
                hub.checks = ()
                heard = len(hub.hellos)
                await hub.hears(lambda _hello: len(hub.hellos) > heard + 2)
                told = len(hub.findings)
                heard = len(hub.hellos)
                await hub.hears(lambda _hello: len(hub.hellos) > heard + 2)
                assert len(hub.findings) == told
                assert node.status.complaint == ""

    run(test)


def test_a_check_ends_by_itself_where_the_link_is_lost_and_at_once_where_a_deployment_needs_the_camera(
    tmp_path: Path,
) -> None:
    async def test() -> None:
        async with scripted_hub(tmp_path / "hub") as hub:
            state = await hub.enrol(tmp_path / "node")
            async with running_node(state, hub.clock) as node:
                hub.checks = (wanted(hub, seconds=3),)
                await hub.hears(lambda hello: situation(hello) == "checking")
                await hub.cut()
                await until(lambda: not node.status.heard)
                await until(lambda: node.situation == "idle")
                await hub.restore()
                await hub.hears(lambda _hello: last_word(hub))

                hub.checks = (wanted(hub, "check-2", seconds=120),)
                await hub.hears(lambda hello: situation(hello) == "checking")
                hub.people = listed(HOPPER)
                hub.checked_in = False  # armed, and waiting for an officer: nothing is analysed for it either
                hub.order(plan(hub.clock, hub.people))
                await hub.hears(lambda _hello: last_word(hub, "check-2"))
                refused = last_word(hub, "check-2")
                assert refused is not None
                assert (refused.figures, refused.done) == (None, True)
                assert "A live deployment has this camera armed" in refused.problem
                await hub.hears(lambda hello: situation(hello) == "waiting")

                hub.order(plan(hub.clock, hub.people, sequence=2, order=Order.STOP))
                await hub.hears(lambda hello: situation(hello) == "idle")
                hub.checks = (replace(wanted(hub, "check-3"), until=hub.clock.utc() - timedelta(seconds=1)),)
                await hub.hears(lambda _hello: last_word(hub, "check-3"))
                late = last_word(hub, "check-3")
                assert late is not None
                assert "was not opened in time" in late.problem

                hub.checks = (wanted(hub, "check-4", seconds=600),)
                await hub.hears(lambda hello: situation(hello) == "checking")
                hub.checks = ()  # somebody ended it
                await hub.hears(lambda hello: situation(hello) == "idle")
                assert last_word(hub, "check-4") is None

    run(test)
