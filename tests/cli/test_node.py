"""`openlfr node` as people call it: enrolled with a code, run until told to stop, and asked how it is."""

import os
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from tests.link.test_enrolment import ANSWER, CODE, HUB, serving
from tests.support.bus import run, until
from tests.support.scripted_hub import UNLOCK, ScriptedHub, plan, scripted_hub
from typer.testing import CliRunner, Result

from openlfr.capture.synthetic import SyntheticStreetSource
from openlfr.capture.video import NetworkCamera
from openlfr.cli import node
from openlfr.cli.demo_street import SYNTHETIC
from openlfr.cli.node import camera_source
from openlfr.link.enrolment import read_request, sign_answer
from openlfr.node.state import NodeState
from openlfr.policy.plan import Order
from openlfr.sealing.vault import VAULT_FILE


@pytest.fixture(autouse=True)
def _unlocked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_bytes(UNLOCK.content)
    monkeypatch.setenv("OPENLFR_VAULT_KEY_FILE", str(tmp_path / "key"))
    monkeypatch.setenv("OPENLFR_NODE", str(tmp_path / "node"))
    monkeypatch.setenv("COLUMNS", "220")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(node.app, arguments)


def said(result: Result) -> str:
    assert "Traceback" not in result.output, result.output
    return " ".join(result.output.split())


def test_a_machine_is_enrolled_once_with_the_code_of_its_hub(tmp_path: Path) -> None:
    with serving(tmp_path) as hub:
        arguments = ("enrol", "--hub", hub.address, "--code", str(CODE).lower(), "--name", "Van 3")
        done = call(*arguments)
        assert done.exit_code == 0, done.output
        assert f"This machine is the node {ANSWER.node} of the hub Borough." in done.stdout
        request, keys = read_request(hub.received[0])
        assert (request.machine, request.secret) == ("Van 3", CODE.secret.hex())
        state = NodeState.open(tmp_path / "node", UNLOCK)
        assert state.enrolment == ANSWER
        assert keys.verify == state.keys.signer.public
        again = call(*arguments)
        assert again.exit_code == 2
        assert "belongs to the hub Borough already" in said(again)
        assert len(hub.received) == 1, "the second code was used up for nothing"


def test_what_the_hub_refuses_can_be_tried_again_in_the_same_folder(tmp_path: Path) -> None:
    with serving(tmp_path) as hub:
        hub.status, hub.answer = 403, b'{"detail": "This code is used up: have a new one made."}'
        refused = call("enrol", "--hub", hub.address, "--code", str(CODE))
        assert refused.exit_code == 2
        assert "The hub refuses: This code is used up: have a new one made." in said(refused)
        hub.status, hub.answer = 200, sign_answer(HUB, replace(ANSWER, hub_name="Second try")).to_bytes()
        assert call("enrol", "--hub", hub.address, "--code", str(CODE)).exit_code == 0


def test_a_mistyped_code_and_a_node_of_no_hub_are_told_in_a_sentence(tmp_path: Path) -> None:
    mistyped = call("enrol", "--hub", "https://hub:8443", "--code", "AAAAA-BBBBB")
    assert mistyped.exit_code == 2
    assert "mistyped or incomplete" in said(mistyped)
    assert not (tmp_path / "node").exists()
    unknown = call("run")
    assert unknown.exit_code == 2
    assert "There is no node in" in said(unknown)
    NodeState.create(tmp_path / "node", UNLOCK).close()
    lonely = call("run")
    assert lonely.exit_code == 2
    assert "belongs to no hub yet. Enrol it with: openlfr node enrol" in said(lonely)


@pytest.mark.slow
def test_a_running_node_says_what_it_does_and_why_not_and_stops_when_told(tmp_path: Path) -> None:
    log = tmp_path / "said.txt"

    async def test() -> None:
        async with scripted_hub(tmp_path / "hub") as hub:
            (await hub.enrol(tmp_path / "node")).close()
            assert call("status").exit_code == 1
            with log.open("wb") as out:
                running = subprocess.Popen([sys.executable, "-m", "openlfr", "node", "run"], stdout=out, stderr=out)
            try:
                await _heard(hub)
                await until(lambda: "The hub is heard." in log.read_text())
                hub.order(plan(hub.clock, (), order=Order.HOLD))
                await until(lambda: "the order is to hold" in log.read_text())
                await until(lambda: "the order is to hold" in said(call("status")))
                status = call("status")
                assert status.exit_code == 0
                assert "The node is running." in status.stdout
                await hub.cut()
                await until(lambda: "The hub is not heard:" in log.read_text())
                await until(lambda: "The hub is not heard:" in call("status").stdout)
            finally:
                running.send_signal(signal.SIGTERM)
                assert running.wait(timeout=60) == 0, log.read_text()

    async def _heard(hub: ScriptedHub) -> None:
        await hub.hears(lambda hello: hello.settings == 1)

    run(test)
    text = log.read_text()
    assert "Stopped: cameras are closed, lists destroyed, alerts kept." in text
    assert "Traceback" not in text
    assert os.environ["OPENLFR_VAULT_KEY_FILE"] not in text
    stopped = call("status")
    assert stopped.exit_code == 1
    assert "The node is not running." in stopped.stdout


@pytest.mark.slow
def test_two_programs_on_one_folder_are_refused(tmp_path: Path) -> None:
    async def test() -> None:
        async with scripted_hub(tmp_path / "hub") as hub:
            (await hub.enrol(tmp_path / "node")).close()
            command = [sys.executable, "-m", "openlfr", "node", "run"]
            with subprocess.Popen(command, stderr=subprocess.DEVNULL) as first:
                await hub.hears(lambda hello: hello.settings == 1)
                second = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
                first.terminate()
            assert second.returncode == 2
            assert "Another program runs a bus in" in second.stderr

    run(test)


def test_every_kind_of_address_is_a_camera() -> None:
    assert isinstance(camera_source("rtsp://camera.example/1"), NetworkCamera)
    assert isinstance(camera_source(SYNTHETIC), SyntheticStreetSource)


def test_a_status_that_is_none_is_told(tmp_path: Path) -> None:
    none = call("status")
    assert none.exit_code == 2
    assert "There is no node in" in said(none)
    (tmp_path / "node" / "vault").mkdir(parents=True)
    (tmp_path / "node" / "vault" / VAULT_FILE).touch()
    (tmp_path / "node" / "status.json").write_text("{}")
    wrong = call("status")
    assert wrong.exit_code == 2
    assert "is not a status" in said(wrong)
