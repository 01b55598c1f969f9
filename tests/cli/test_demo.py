import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.support.clips import write_clip
from tests.support.faces import grace_hopper_file


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
