"""`openlfr up` and `openlfr hub` as processes: one machine, one command; a second one on the same folder is refused."""

from pathlib import Path

import httpx
import pytest
from tests.support.programs import Ports, Program, hub_program, wait_for

from openlfr.link.tls import client_context


def up_program(folder: Path, ports: Ports, log: Path) -> Program:
    return Program(("up", "--folder", str(folder), "--port", str(ports.https), "--bus-port", str(ports.bus)), log)


@pytest.mark.slow
def test_one_command_makes_a_hub_with_a_node_and_the_next_goes_on(tmp_path: Path) -> None:
    ports, log = Ports.free(), tmp_path / "up.log"
    up = up_program(tmp_path / "hub", ports, log)
    try:
        for _ in range(2):
            log.write_text("")
            up.start()
            wait_for(lambda: "The hub is heard." in log.read_text())
            assert f"OpenLFR runs at {ports.address}." in log.read_text()
            assert f"{ports.address}/set-up#" in log.read_text()  # nobody has used the first one
            trusted = client_context((tmp_path / "hub/tls/authority.pem").read_bytes())
            alive = httpx.get(f"{ports.address}/api/v1/health/live", verify=trusted)
            assert alive.status_code == 200
            second = hub_program(tmp_path / "hub", Ports.free(), tmp_path / "second.log")
            second.start()
            wait_for(lambda running=second: not running.runs)  # type: ignore[misc]
            assert "A hub runs on the folder" in (tmp_path / "second.log").read_text()
            up.stop()
            wait_for(lambda: not up.runs)
            assert "Stopped: cameras are closed" in log.read_text()  # the node, in order
            assert up.process is not None
            assert up.process.returncode == 0
    finally:
        up.stop()
