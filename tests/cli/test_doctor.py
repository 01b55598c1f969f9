import os
import re
import subprocess
import sys
from pathlib import Path

import pytest


def _doctor(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "openlfr", "doctor", *arguments],
        cwd=folder,
        env={**os.environ, "COLUMNS": "160", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


@pytest.mark.slow
def test_it_measures_every_stage_and_says_what_the_machine_can_carry(tmp_path: Path) -> None:
    result = _doctor(folder=tmp_path)
    assert result.returncode == 0, result.stderr
    for words in ("processor", "precision", "model packs", "default", "USB cameras"):
        assert words in result.stdout
    for stage in ("decode", "find the faces", "assess", "template", "search 20,000"):
        assert re.search(rf"{stage}.*\d\.\d\d", result.stdout), result.stdout
    assert re.search(r"This machine can carry \d+ cameras? at 1080p", result.stdout)
    assert list(tmp_path.iterdir()) == []


def test_a_smallest_face_that_makes_no_sense_and_an_unknown_pack_are_refused(tmp_path: Path) -> None:
    for arguments, words in ((["--min-face", "1"], "8 to 2000 pixels"), (["--model-pack", "nope"], "nope")):
        result = _doctor(*arguments, folder=tmp_path)
        assert result.returncode == 2
        assert words in result.stdout + result.stderr
        assert "Traceback" not in result.stderr
