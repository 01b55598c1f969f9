"""Network cameras for benchmarks: a made-up street in 1080p, played over RTSP on loopback by a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

import psutil
from benchmarks.pipeline import enrolled
from benchmarks.report import PROJECT
from tests.support.rtsp_server import Clip, RtspServer

from openlfr.capture.recording import write_recording
from openlfr.capture.synthetic import SyntheticStreet
from openlfr.cli.demo_street import LISTED, NOT_LISTED, demo_people
from openlfr.enrolment.listing import ReferencePicture
from openlfr.matching.gallery import Entry
from openlfr.vision.models import Models

FRAMES_PER_S = 25
CLIP_SECONDS = 24
SPACING_S = 2.0
"""Somebody new comes into view this often, so that four or five faces are in view at a time."""


def street_clip(path: Path) -> Path:
    """Records the street: 1920 x 1080, 25 frames a second, about 4 Mbit/s."""
    street = SyntheticStreet(demo_people(), width=1920, height=1080, spacing_s=SPACING_S)
    # The street is empty at first; by then the first people have come near.
    first = 10 * FRAMES_PER_S
    write_recording(path, (street.render(first + i) for i in range(CLIP_SECONDS * FRAMES_PER_S)))
    return path


def people_of_the_street(models: Models) -> list[Entry]:
    """Both people who walk along the street, from the portraits they were cut out of."""
    paths = {name: Path(str(files(package) / path)) for name, package, path in (LISTED, NOT_LISTED)}
    return enrolled(models, [ReferencePicture(name, path, path.name) for name, path in paths.items()])


@dataclass(frozen=True, slots=True)
class Player:
    """`url` plays the clip to any number of clients, to each from its beginning."""

    url: str
    process: psutil.Process

    def cpu_s(self) -> float:
        """Processor seconds the server has used."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


@contextmanager
def playing(clip: Path) -> Iterator[Player]:
    """A server of `clip`, until the end of the block."""
    with subprocess.Popen(
        [sys.executable, "-m", "benchmarks.street_cameras", str(clip)],
        cwd=PROJECT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield Player(process.stdout.readline().strip(), psutil.Process(process.pid))
        finally:
            process.stdin.close()


def main() -> None:
    """Serves the clip named on the command line until standard input ends."""
    with RtspServer(Clip.load(Path(sys.argv[1]))) as server:
        print(server.url, flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
