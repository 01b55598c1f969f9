import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import httpx
import numpy as np
import pytest
from tests.support.clips import write_clip
from tests.support.faces import grace_hopper, grace_hopper_file
from tests.support.living_hub import free_port
from tests.support.programs import wait_for
from typer.testing import CliRunner

from openlfr.cli.app import app
from openlfr.cli.demo_console import demonstration_certificate
from openlfr.cli.demo_folder import demonstration_folder
from openlfr.hub.session_cookie import COOKIE
from openlfr.vision.inference import Precision
from openlfr.vision.models import open_models

_HOLDS_A_FOLDER = """
import time
from openlfr.cli.demo_folder import demonstration_folder
with demonstration_folder() as folder:
    (folder / "vault").mkdir()
    print(folder, flush=True)
    time.sleep(600)
"""


def _demo(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "openlfr", "demo", "--terminal", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "120", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_a_source_and_a_picture_of_ones_own_raise_an_alert_and_leave_its_picture(tmp_path: Path) -> None:
    result = _demo(
        "--source", str(grace_hopper_file()), "--watch-for", str(grace_hopper_file()), "--pictures", "[/kept]",
        folder=tmp_path,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    assert "Pictures of the alerts: [/kept]/" in result.stderr
    assert len(list((tmp_path / "[" / "kept]").glob("alert-*.png"))) == 1
    assert "1 picture of 1 person enrolled" in result.stderr
    assert "Eileen Collins" not in result.stderr


@pytest.mark.slow
def test_the_made_up_street_ends_by_itself_and_the_ledger_balances(tmp_path: Path) -> None:
    result = _demo("--for", "3", folder=tmp_path)
    assert result.returncode == 0, result.stderr
    assert "Grace Hopper is on the watchlist, Eileen Collins is not" in result.stderr
    assert "balanced: nothing else is held" in result.stderr
    assert "NOT balanced" not in result.stderr


@pytest.mark.parametrize("content", [None, b"\xff\xd8\xff cut short"])
def test_a_picture_that_is_none_is_named(tmp_path: Path, content: bytes | None) -> None:
    if content is not None:
        (tmp_path / "me.jpg").write_bytes(content)
    clip = write_clip(tmp_path / "clip.mp4", 5)
    result = _demo("--source", str(clip), "--watch-for", "me.jpg", folder=tmp_path)
    assert result.returncode == 2
    assert "No picture of me.jpg could be enrolled" in result.stderr
    assert "Traceback" not in result.stderr
    assert not (tmp_path / "openlfr-demo").exists()


def test_a_machine_without_bf16_has_a_shipped_certificate() -> None:
    made = demonstration_certificate(
        open_models(second_opinion=True, precision=Precision.F32), datetime(2026, 12, 1, tzinfo=UTC)
    )
    assert made.certificate.startswith("f32-mean-1.dlib-1-1000-")
    assert made.setup.precision == "f32"


def test_once_the_shipped_certificates_are_over_the_demonstration_gets_one_of_its_own() -> None:
    later = datetime(2040, 1, 1, tzinfo=UTC)
    made = demonstration_certificate(open_models(second_opinion=True, precision=Precision.F32), later)
    assert made.certificate == "demonstration-f32-mean-1.dlib-1"
    assert 0.5 < made.lowest_threshold < 0.6
    assert timedelta(0) < made.expires_at - later < timedelta(days=3)


@pytest.mark.slow
def test_the_whole_system_opens_by_one_link_raises_an_alert_and_leaves_nothing(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "openlfr", "demo", "--port", str(free_port())],
        cwd=tmp_path,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        link = _link_of(process)
        opened = httpx.get(link)
        assert opened.status_code == httpx.codes.SEE_OTHER
        cookie = {"Cookie": f"{COOKIE}={opened.cookies[COOKIE]}"}
        address = link.partition("/api/")[0]
        deployment = opened.headers["location"].rpartition("/")[2]

        def asked(path: str) -> httpx.Response:
            return httpx.get(f"{address}/api/v1{path}", headers=cookie, timeout=30)

        assert asked("/session").json()["name"] == "You, the onlooker"
        shown = asked(f"/deployments/{deployment}/summary").json()
        assert (shown["state"], shown["rehearsal"]) == ("live", True)
        again = httpx.get(link)
        assert again.status_code == httpx.codes.NOT_FOUND
        assert "This link was used already" in again.json()["detail"]
        wait_for(lambda: asked(f"/deployments/{deployment}/alerts/open").json(), at_most_s=240)
        (alert, *_) = asked(f"/deployments/{deployment}/alerts/open").json()
        assert alert["test"]
        assert asked(f"/alerts/{alert['alert']}").json()["person"]["name"] == "Grace Hopper"
        assert list(tmp_path.glob("openlfr-demo-*"))
    finally:
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Everything of the demonstration is deleted." in said
    assert not list(tmp_path.glob("openlfr-demo-*"))


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--source", "missing.mp4"), "There is no recording missing.mp4"),
        (("--camera", "999"), "There is no USB camera 999"),
        (("--port", "TAKEN"), "Choose another with --port."),
    ],
)
def test_what_cannot_work_is_said_before_anything_is_prepared(arguments: tuple[str, str], said: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = (port if each == "TAKEN" else each for each in arguments)
        result = CliRunner().invoke(app, ["demo", *words])
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())
    assert "Preparing" not in result.stdout


def test_a_picture_of_two_people_is_refused_with_the_reason(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    both = [cv2.resize(each, (400, 500)) for each in (grace_hopper(), grace_hopper())]
    cv2.imwrite(str(tmp_path / "both.png"), np.hstack(both))
    result = CliRunner().invoke(app, ["demo", "--watch-for", str(tmp_path / "both.png"), "--port", str(free_port())])
    assert result.exit_code == 2
    said = " ".join(result.stderr.split())
    assert said.startswith("The demonstration cannot be prepared: The picture")
    assert "shows 2 faces of about the same size" in said
    assert not list(tmp_path.glob("openlfr-demo-*"))


def test_a_folder_goes_with_its_demonstration_and_what_a_killed_one_left_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    running, kept = _holding_a_folder(tmp_path)
    killed, left = _holding_a_folder(tmp_path)
    with running, killed:
        killed.kill()
        killed.wait()
        assert (left / "vault").exists()
        with demonstration_folder() as own:
            assert set(tmp_path.glob("openlfr-demo-*")) == {own, kept}
            assert "what it left is deleted now" in capsys.readouterr().out
        assert list(tmp_path.glob("openlfr-demo-*")) == [kept]
        running.send_signal(signal.SIGHUP)
        running.wait(timeout=60)
    assert not list(tmp_path.glob("openlfr-demo-*"))


def _holding_a_folder(above: Path) -> tuple["subprocess.Popen[str]", Path]:
    """A process in the middle of a demonstration, and its folder."""
    process = subprocess.Popen(
        [sys.executable, "-c", _HOLDS_A_FOLDER],
        env={**os.environ, "TMPDIR": str(above)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    return process, Path(process.stdout.readline().strip())


def _link_of(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(r"http://localhost:\S+", line):
            return found[0]
    raise AssertionError("no link was printed")
