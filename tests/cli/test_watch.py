import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from tests.support.clips import write_clip
from tests.support.evaluation_data import evaluation_data
from tests.support.faces import grace_hopper_file

SPOILT = "rtsp://operator:swordfish@127.0.0.1:1/stream"


def _environment(home: Path) -> dict[str, str]:
    """Everything that a program may write to points into `home`."""
    places = {name: str(home) for name in ("HOME", "TMPDIR", "XDG_CACHE_HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")}
    return {**os.environ, **places, "COLUMNS": "200", "NO_COLOR": "1"}


def _openlfr(*arguments: str, home: Path, timeout_s: float = 240) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "openlfr", *arguments],
        cwd=home,
        env=_environment(home),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )


def _lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def watchlist(tmp_path: Path) -> Path:
    folder = tmp_path / "list"
    folder.mkdir()
    (folder / "Grace Hopper.jpg").write_bytes(grace_hopper_file().read_bytes())
    return folder


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_clip(tmp_path / "clip.mp4", 30)


def test_the_people_of_the_stage_clip_are_found_among_two_hundred_names_and_nobody_else(tmp_path: Path) -> None:
    people = evaluation_data("video", "known_people")
    shown = {
        "lin-manuel-miranda": "lin-manuel-miranda.png",
        "obama": "obama.jpg",
        "alex-lacamoire": "alex-lacamoire.png",
    }
    rows = [f"{person},{people / picture}" for person, picture in shown.items()]
    names = sorted(folder for folder in evaluation_data("lfw").iterdir() if folder.name != "Barack_Obama")[:200]
    rows += [f"{folder.name},{min(folder.iterdir())}" for folder in names]
    (tmp_path / "list.csv").write_text("\n".join(["person_id,image", *rows]) + "\n")
    result = _openlfr(
        "watch", str(people / "hamilton_short_640x360.mp4"), "--watchlist", "list.csv",
        "--fast", "--min-face", "24", "--target-fpir", "0.0002", "--jsonl", "-",
        home=tmp_path,
    )  # fmt: skip
    assert result.returncode == 0, result.stderr
    *alerts, summary = _lines(result.stdout)
    found = {alert["person_id"] for alert in alerts}
    # The conductor is shown small and from the side: he may be missed.
    assert {"lin-manuel-miranda", "obama"} <= found <= set(shown)
    assert all(alert["score"] >= alert["threshold"] for alert in alerts)
    assert all(alert["second_score"] is not None for alert in alerts)
    assert all(alert["rehearsal"] for alert in alerts)
    assert summary["frames_analysed"] == summary["frames_decoded"]
    assert summary["frames_dropped"] == 0
    assert summary["enrolled"] + summary["not_enrolled"] == 203
    assert summary["enrolled"] >= 198
    assert (
        summary["templates_created"]
        == summary["templates_destroyed"] + summary["templates_in_alerts"]
        >= summary["alerts"]
    )
    assert "For consenting people only" in result.stderr


def test_people_seen_from_behind_are_hardly_ever_taken_for_faces(tmp_path: Path, watchlist: Path) -> None:
    clip = evaluation_data("video", "no_faces_768x432.mp4")
    result = _openlfr(
        "watch", str(clip), "--watchlist", str(watchlist), "--fast", "--jsonl", "out.jsonl", home=tmp_path
    )
    assert result.returncode == 0, result.stderr
    (summary,) = _lines((tmp_path / "out.jsonl").read_text())
    # In 46 s one man turns so far that glasses and cheek show for a few frames; backs of heads must not count.
    assert summary["faces_seen"] <= 1
    assert summary["templates_created"] <= 2
    assert summary["alerts"] == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere.mp4", "--watchlist", "list"], "nowhere.mp4"),
        (["clip.mp4", "--watchlist", "nowhere"], "There is no watchlist nowhere; name a folder"),
        (["clip.mp4", "--watchlist", "empty"], "holds no pictures"),
        (["clip.mp4", "--watchlist", "faceless"], "No picture of faceless could be enrolled"),
        (["clip.mp4", "--watchlist", "columns.csv"], "person_id"),
        (["clip.mp4", "--watchlist", "list", "--threshold", "1.5"], "The threshold must lie between 0 and 1"),
        (["clip.mp4", "--watchlist", "list", "--target-fpir", "0"], "The target FPIR must lie between 0 and 1"),
        (["clip.mp4", "--watchlist", "list", "--threshold", "0.5", "--target-fpir", "0.1"], "not both"),
        (["clip.mp4", "--watchlist", "list", "--min-face", "1"], "8 to 2000 pixels wide"),
        (["clip.mp4", "--watchlist", "list", "--model-pack", "no-such-pack"], "no-such-pack"),
        (["clip.mp4", "--watchlist", "list", "--jsonl", "missing/out.jsonl"], "does not exist; make it first"),
        (["clip.mp4", "--watchlist", "list", "--alert-pictures", "clip.mp4"], "choose another folder"),
        (["list/Grace Hopper.txt", "--watchlist", "list"], "Grace Hopper.txt"),
        ([SPOILT.replace("rtsp", "gopher"), "--watchlist", "list"], "gopher"),
    ],
)
def test_unusable_input_ends_with_status_2_and_a_sentence(
    tmp_path: Path, watchlist: Path, clip: Path, arguments: list[str], words: str
) -> None:
    assert watchlist.exists()
    assert clip.exists()
    (tmp_path / "empty").mkdir()
    (tmp_path / "faceless").mkdir()
    (tmp_path / "faceless" / "nobody.txt").write_text("no picture")
    (tmp_path / "faceless" / "nobody.png").write_bytes(b"\x89PNG\r\n\x1a\n not really")
    (tmp_path / "columns.csv").write_text("name,photo\nx,y\n")
    (tmp_path / "list" / "Grace Hopper.txt").write_text("no video")
    result = _openlfr("watch", *arguments, home=tmp_path)
    assert result.returncode == 2, result.stderr
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.stderr
    assert "swordfish" not in result.stderr
    assert not list(tmp_path.glob("*.jsonl"))


def test_credentials_are_in_no_output_and_not_in_the_process_list(tmp_path: Path, watchlist: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "openlfr", "watch", SPOILT, "--watchlist", str(watchlist), "--jsonl", "-"],
        cwd=tmp_path,
        env=_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        give_up = time.monotonic() + 60
        command = Path(f"/proc/{process.pid}/cmdline")
        while b"swordfish" in command.read_bytes():
            assert time.monotonic() < give_up, "the password stays in the process list"
            time.sleep(0.05)
        time.sleep(4)
    finally:
        process.send_signal(signal.SIGTERM)
        out, errors = process.communicate(timeout=60)
    assert "swordfish" not in out + errors


def test_a_signal_ends_it_cleanly_with_a_summary(tmp_path: Path, watchlist: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "openlfr", "demo", "--terminal", "--watch-for", str(watchlist / "Grace Hopper.jpg")],
        cwd=tmp_path,
        env=_environment(tmp_path),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    seen = ""
    while "enrolled; threshold" not in seen:
        line = process.stderr.readline()
        assert line, seen
        seen += line
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert "Summary of the rehearsal" in rest
    assert "balanced: nothing else is held" in rest
    assert "NOT balanced" not in rest


def test_unusable_input_leaves_an_older_file_as_it_was(tmp_path: Path, watchlist: Path, clip: Path) -> None:
    (tmp_path / "old.jsonl").write_text("old\n")
    result = _openlfr(
        "watch", str(clip), "--watchlist", str(watchlist), "--threshold", "1.5", "--jsonl", "old.jsonl", home=tmp_path
    )
    assert result.returncode == 2
    assert (tmp_path / "old.jsonl").read_text() == "old\n"


def test_a_signal_while_enrolling_ends_it_before_any_camera_is_opened(tmp_path: Path, watchlist: Path) -> None:
    for number in range(200):
        (watchlist / f"Person {number}.jpg").symlink_to("Grace Hopper.jpg")
    process = subprocess.Popen(
        [sys.executable, "-m", "openlfr", "watch", SPOILT, "--watchlist", str(watchlist), "--jsonl", "out.jsonl"],
        cwd=tmp_path,
        env=_environment(tmp_path),
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "Rehearsal" in process.stderr.readline()
    process.send_signal(signal.SIGTERM)
    _, rest = process.communicate(timeout=60)
    assert process.returncode == 0, rest
    assert "Stopped before any camera was opened." in rest
    assert not (tmp_path / "out.jsonl").exists()


def test_a_reader_of_the_objects_that_goes_away_ends_it_with_a_sentence(tmp_path: Path, watchlist: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "openlfr", "watch", str(watchlist / "Grace Hopper.jpg"), "--watchlist", str(watchlist),
         "--jsonl", "-"],
        cwd=tmp_path,
        env=_environment(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )  # fmt: skip
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    errors = process.stderr.read()
    assert process.wait(timeout=60) == 2
    assert "The JSON lines can no longer be written (Broken pipe)." in errors
    assert "Traceback" not in errors
    assert "unexpectedly" not in errors


def test_a_bad_picture_and_a_bad_camera_stop_nothing_else(tmp_path: Path, watchlist: Path, clip: Path) -> None:
    (watchlist / "Nobody.jpg").write_bytes(b"\xff\xd8\xff cut short")
    result = _openlfr(
        "watch", str(clip), "missing.mp4", "--watchlist", str(watchlist), "--fast", "--jsonl", "-", home=tmp_path
    )
    assert result.returncode == 3, result.stderr
    (summary,) = _lines(result.stdout)
    assert (summary["enrolled"], summary["not_enrolled"]) == (1, 1)
    assert summary["frames_analysed"] == 30
    assert "Nobody.jpg" in result.stderr
    assert "missing.mp4" in result.stderr
