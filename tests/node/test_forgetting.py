"""Invariant 2: nothing derived from a face that did not match leaves memory."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.evaluation_data import evaluation_data
from tests.support.faces import grace_hopper_file, models
from tests.support.street import HOPPER, recognition

from openlfr.capture.frame import Frame
from openlfr.capture.source import Dropped
from openlfr.capture.sources import open_source
from openlfr.node.analyst import Analyst
from openlfr.node.ledger import PrivacyLedger
from openlfr.node.passage import Passage, Shot
from openlfr.vision.detector import DetectorOptions

MIN_FACE = 32.0


def _passers_by(clip: Path, seconds: float) -> list[tuple[NDArray[np.float32], NDArray[np.uint8]]]:
    """Templates and pictures that the pipeline makes of the people in a clip, copied before they are overwritten."""
    seen: list[tuple[NDArray[np.float32], NDArray[np.uint8]]] = []
    original = Passage.add

    def noting(self: Passage, shot: Shot, at_s: float, kept: int) -> int:
        seen.append((shot.template.copy(), shot.picture.copy()))
        return original(self, shot, at_s, kept)

    detector = models().detector(DetectorOptions(min_face_px=MIN_FACE))
    analyst = Analyst("camera", detector=detector, recognition=recognition(HOPPER), ledger=PrivacyLedger())
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Passage, "add", noting)
        connection = open_source(str(clip)).open()
        number = 0
        while (item := connection.read()) is not None:
            if isinstance(item, Dropped):
                continue
            if item.media_time_s >= seconds:
                break
            analyst.analyse(Frame("camera", number, 0.0, datetime.now(UTC), item.image, item.media_time_s))
            number += 1
        analyst.end()
    return seen


def _traces(seen: list[tuple[NDArray[np.float32], NDArray[np.uint8]]]) -> list[bytes]:
    """Byte strings by which a template (single or half precision, or as text) or a picture would be recognised."""
    traces = []
    for template, picture in seen:
        traces.append(template[40:44].tobytes())
        traces.append(template[40:48].astype(np.float16).tobytes())
        traces.append(f"{template[40]:.6f}".encode())
        row = picture[picture.shape[0] // 2, : 3 * 8].tobytes()
        if len(set(row)) > 16:  # a flat piece of picture could turn up anywhere
            traces.append(row)
    return traces


def _files(*folders: Path) -> Iterator[Path]:
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                yield path


def _found(traces: list[bytes], *folders: Path) -> list[str]:
    found = []
    for path in _files(*folders):
        content = path.read_bytes()
        found += [str(path) for trace in traces if trace in content]
    return found


def _open_for_writing(process: int) -> Iterator[str]:
    """The files that a process has open, but for those that it only reads."""
    for entry in Path(f"/proc/{process}/fd").iterdir():
        flags = Path(f"/proc/{process}/fdinfo/{entry.name}").read_text().split("flags:")[1].split()[0]
        if int(flags, 8) & os.O_ACCMODE != os.O_RDONLY:
            yield str(entry.readlink())


def test_watching_a_crowd_leaves_nothing_of_anybody_on_disk_in_logs_or_in_shared_memory(tmp_path: Path) -> None:
    clip = evaluation_data("video", "street_crowd_640x360.mp4")
    home, shared = tmp_path / "home", Path("/dev/shm")
    home.mkdir()
    (home / "list").mkdir()
    (home / "list" / f"{HOPPER}.jpg").write_bytes(grace_hopper_file().read_bytes())
    seconds = 8.0
    before = set(_files(shared))
    places = (
        "HOME",
        "TMPDIR",
        "XDG_CACHE_HOME",
        "XDG_DATA_HOME",
        "XDG_CONFIG_HOME",
        "XDG_STATE_HOME",
        "XDG_RUNTIME_DIR",
    )
    environment = {**os.environ, **dict.fromkeys(places, str(home)), "PYTHONDONTWRITEBYTECODE": "1"}
    with (home / "out.txt").open("w") as out:
        process = subprocess.Popen(
            [
                sys.executable, "-m", "openlfr", "watch", str(clip), "--watchlist", "list", "--fast",
                "--min-face", f"{MIN_FACE:g}", "--jsonl", "alerts.jsonl", "--alert-pictures", "pictures",
            ],
            cwd=home,
            env=environment,
            stdout=out,
            stderr=out,
        )  # fmt: skip
        limits = ""
        written: set[str] = set()
        while process.poll() is None:
            try:
                limits = Path(f"/proc/{process.pid}/limits").read_text() or limits
                written |= set(_open_for_writing(process.pid))
            except OSError:
                pass
            try:
                process.wait(0.2)
            except subprocess.TimeoutExpired:
                continue
    said = (home / "out.txt").read_text()
    assert process.returncode == 0, said
    assert "balanced: nothing else is held" in " ".join(said.split()), said

    seen = _passers_by(clip, seconds)
    assert len(seen) > 20
    traces = _traces(seen)
    assert _found(traces, home) == []
    # Other programs may have made shared memory meanwhile; none of it holds anybody.
    assert [path for path in _found(traces, shared) if Path(path) not in before] == []
    # No picture of any kind was written: nobody in this clip is on the list.
    assert not (home / "pictures").exists()
    images = [
        path for path in _files(home) if path.read_bytes()[:4] in (b"\x89PNG", b"\xff\xd8\xff\xe0", b"\xff\xd8\xff\xe1")
    ]
    assert images == [home / "list" / f"{HOPPER}.jpg"]
    # Every file that was open for writing, and is one, lay under the folder that was searched.
    regular = {name for name in written if name.startswith("/") and Path(name).is_file()}
    strange = {n for n in regular if n.startswith(("/tmp", "/var", "/root")) and not n.startswith(str(home))}
    assert strange == set()
    core = next(line for line in limits.splitlines() if line.startswith("Max core file size"))
    assert core.split()[4:6] == ["0", "0"]

    # The search finds what is there: the same traces, planted.
    template, picture = seen[0]
    (home / "planted.bin").write_bytes(b"x" * 100 + template.tobytes() + picture.tobytes())
    assert _found(traces, home)


def test_the_process_is_closed_to_memory_dumps_by_others(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        "import ctypes, resource\n"
        "from openlfr.node.memory import forbid_core_dumps\n"
        "forbid_core_dumps()\n"
        "print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3, 0, 0, 0, 0))\n"
    )
    result = subprocess.run([sys.executable, str(script)], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "(0, 0) 0"
