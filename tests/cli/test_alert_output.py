import contextlib
import io
import json
import threading
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from tests.support.faces import grace_hopper_file

from openlfr.cli.alert_output import AlertOutput, OutputError, check_outputs, open_lines
from openlfr.node.alert import Alert, Probe
from openlfr.vision.face import Box

FULL_DISK = Path("/dev/full")


def _alert() -> Alert:
    return Alert(
        alert_id="0123456789abcdef",
        person_id="Grace Hopper",
        candidate_picture="Grace Hopper.jpg",
        score=0.61,
        first_score=0.58,
        second_score=0.7,
        threshold=0.4,
        camera="camera",
        captured_at=datetime(2026, 1, 1, 12, tzinfo=UTC),
        latency_ms=120.0,
        track_id="t",
        shots=1,
        quality=80.0,
        model_pack="default",
        precision="f32",
        direction=None,
        probes=(
            Probe(np.full((40, 40, 3), 90, np.uint8), Box(10, 10, 20, 20), datetime(2026, 1, 1, tzinfo=UTC), 80.0),
        ),
        templates=np.ones((1, 4), np.float32),
    )


def _output(lines: Path | None, pictures: Path | None, stack: contextlib.ExitStack) -> tuple[AlertOutput, Alert]:
    output = AlertOutput(
        open_lines(None if lines is None else str(lines), stack),
        pictures,
        {"Grace Hopper.jpg": grace_hopper_file()},
        threading.Event(),
    )
    return output, _alert()


def test_an_alert_is_written_shown_and_wiped(tmp_path: Path) -> None:
    with contextlib.ExitStack() as stack:
        output, alert = _output(tmp_path / "out.jsonl", tmp_path / "pictures", stack)
        output.take(alert)
    (line,) = (tmp_path / "out.jsonl").read_text().splitlines()
    assert json.loads(line)["person_id"] == "Grace Hopper"
    (picture,) = (tmp_path / "pictures").iterdir()
    console = Console(width=80, file=io.StringIO())
    with console.capture() as capture:
        console.print(output.log.table())
    text = capture.get()
    for whole in ("Grace Hopper.jpg", picture.name, "0.610, 0.400", "120 ms"):
        assert whole in text, text
    assert max(len(row.rstrip()) for row in text.splitlines()) <= 80
    assert not any(each.picture.any() for each in alert.probes)
    assert not alert.templates.any()
    assert output.faults == []


def test_a_full_disk_is_told_once_and_asks_everything_to_stop() -> None:
    stop = threading.Event()
    lines = FULL_DISK.open("w", encoding="utf-8")
    output = AlertOutput(lines, None, {}, stop)
    for _ in range(2):
        alert = _alert()
        output.take(alert)
        assert not alert.templates.any()
    assert output.faults == ["The JSON lines can no longer be written (No space left on device)."]
    assert stop.is_set()
    with contextlib.suppress(OSError):
        lines.close()


def test_a_picture_that_cannot_be_kept_does_not_keep_the_alert_from_being_written(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with contextlib.ExitStack() as stack:
        output, alert = _output(tmp_path / "out.jsonl", tmp_path / "file" / "pictures", stack)
        output.take(alert)
    assert len((tmp_path / "out.jsonl").read_text().splitlines()) == 1
    assert len(output.faults) == 1


@pytest.mark.parametrize(
    ("jsonl", "pictures", "words"),
    [
        (".", None, "is a folder; give --jsonl a file"),
        ("missing/out.jsonl", None, "does not exist; make it first"),
        (None, "file/pictures", "choose another folder"),
        (None, "file", "choose another folder"),
    ],
)
def test_places_that_cannot_be_written_are_refused_in_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, jsonl: str | None, pictures: str | None, words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=words):
        check_outputs(jsonl, None if pictures is None else Path(pictures))


def test_looking_at_the_places_creates_and_empties_nothing(tmp_path: Path) -> None:
    (tmp_path / "old.jsonl").write_text("old\n")
    check_outputs(str(tmp_path / "old.jsonl"), tmp_path / "new" / "pictures")
    check_outputs(str(tmp_path / "new.jsonl"), None)
    assert [path.name for path in tmp_path.iterdir()] == ["old.jsonl"]
    assert (tmp_path / "old.jsonl").read_text() == "old\n"
