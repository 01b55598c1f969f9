"""Clips that several tests share."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from tests.support.cameras import Taker
from tests.support.clips import write_clip
from tests.support.rtsp_server import Clip

from openlfr.capture.camera import Camera, Pace
from openlfr.capture.clock import Clock
from openlfr.capture.source import Source

StartCamera = Callable[..., tuple[Camera, Taker]]


@pytest.fixture(scope="session")
def clip_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two seconds of numbered pictures, 320 x 240, with a key frame every twelve frames."""
    return write_clip(tmp_path_factory.mktemp("clips") / "numbered.mp4", 50)


@pytest.fixture(scope="session")
def clip(clip_path: Path) -> Clip:
    return Clip.load(clip_path)


@pytest.fixture(scope="session")
def small_clip(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """The same at 160 x 120."""
    path = write_clip(tmp_path_factory.mktemp("clips") / "small.mp4", 50, width=160, height=120)
    return Clip.load(path)


@pytest.fixture
def start_camera() -> Iterator[StartCamera]:
    """Starts cameras that reconnect without delay, takes every frame of theirs, and stops them after the test."""
    started: list[Camera] = []

    def start(source: str | Source, *, clock: Clock | None = None, pace: Pace = Pace.OWN_SPEED) -> tuple[Camera, Taker]:
        taker = Taker()
        camera = Camera("gate", source, on_frame=taker, clock=clock, pace=pace, chance=lambda: 0.0)
        taker.camera = camera
        started.append(camera)
        camera.start()
        return camera, taker

    yield start
    for camera in started:
        camera.stop()
