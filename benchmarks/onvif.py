"""What finding and checking a camera takes: `python -m benchmarks.onvif` prints a table for RESULTS.md.

A virtual ONVIF camera on loopback is looked for and asked for its streams just as a node does it, and answers at the
greatest length. Beside that, what the direction and the further pictures of an alert cost.
"""

import argparse
import asyncio
import statistics
import time
from collections.abc import Callable

import numpy as np
from benchmarks.report import heading, table
from tests.support.onvif_camera import LOOPBACK, OnvifCamera, Video

from openlfr.capture.onvif_discovery import Interface
from openlfr.capture.onvif_streams import StreamsUnknownError, streams_of
from openlfr.cli.watch import silence_logs
from openlfr.link.messages import CameraLogin, FoundCamera
from openlfr.node.blur import CONTEXT, blur_bystanders
from openlfr.node.camera_search import LISTEN_S, CameraSearch
from openlfr.node.direction import EVERY_S, REMEMBERED, Path, Sighting
from openlfr.vision.face import Box

LIMIT_BYTES = 1 << 20
FRAMES_PER_S = 10.0
PICTURE = (1920, 1080)
FACES_PX = (60, 200)
_TWO = tuple(
    Video(name, "H264", width, height, 25, f"rtsp://127.0.0.1:8554/{name}")
    for name, width, height in (("main", 1920, 1080), ("sub", 640, 360))
)


def timed_ms(work: Callable[[], object], times: int) -> tuple[str, ...]:
    """The least, the median and the most of so many runs, in milliseconds: what else runs here is in the last two."""
    took = []
    for _ in range(times):
        began_s = time.perf_counter()
        work()
        took.append((time.perf_counter() - began_s) * 1000)
    return tuple(map(_figure, (min(took), statistics.median(took), max(took))))


def search(camera: OnvifCamera, login: CameraLogin | None) -> None:
    """As a node searches, or asks a camera that it found; ends the program where nothing is found."""
    found: list[FoundCamera] = []
    problem = asyncio.run(CameraSearch(_loopback, camera.group)(login, found.append))
    if problem or not found:
        raise SystemExit(f"The virtual camera was not found. {problem}")


def answer_at_the_limit(deep: bool) -> bytes:
    """As much as is read of an answer, all of it elements: side by side, or each within the one before."""
    opened, closed = b"<Profiles>", b"</Profiles>"
    many = (LIMIT_BYTES - 100) // len(opened + closed)
    inner = opened * many + closed * many if deep else (opened + closed) * many
    return b"<GetProfilesResponse>" + inner + b"</GetProfilesResponse>"


def refused(camera: OnvifCamera) -> None:
    try:
        asyncio.run(streams_of(camera.address, "", ""))
    except StreamsUnknownError:
        return
    raise SystemExit("An answer that says nothing was taken for one.")


def followed(frames: int) -> float:
    """Microseconds a frame for following one face, its direction asked for at the end of each four seconds."""
    path, began_s = Path(), time.perf_counter()
    for number in range(frames):
        path.add(Sighting(number / FRAMES_PER_S, 400.0 + number % 300, 60.0 + number % 40))
        if number % round(REMEMBERED * EVERY_S * FRAMES_PER_S) == 0:
            path.direction(PICTURE[0])
    return (time.perf_counter() - began_s) / frames * 1e6


def further_picture(face_px: int) -> Callable[[], None]:
    """Cutting the surroundings of a face out of a frame, and blurring everybody else."""
    frame = np.random.default_rng(7).integers(0, 255, (PICTURE[1], PICTURE[0], 3), np.uint8)
    box = Box(800.0, 400.0, face_px, face_px)
    left, top, right, bottom = box.grown(CONTEXT).pixels(*PICTURE)

    def cut() -> None:
        blur_bystanders(frame[top:bottom, left:right].copy(), (left, top), box, ())

    return cut


def _figure(took_ms: float) -> str:
    return f"{took_ms:,.0f}" if took_ms >= 10 else f"{took_ms:.2f}"


def _loopback() -> tuple[Interface, ...]:
    return (LOOPBACK,)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=5)
    times = parser.parse_args().times
    silence_logs(on_screen=True)
    rows = []
    with OnvifCamera(_TWO, "viewer", "word") as camera:
        login = CameraLogin(camera.address, "viewer", "word")
        rows.append((f"a search, of which it listens {LISTEN_S:g} s", timed_ms(lambda: search(camera, None), times)))
        rows.append(("two streams, by WS-UsernameToken", timed_ms(lambda: search(camera, login), times)))
        camera.asks_digest = True
        rows.append(("two streams, by HTTP digest", timed_ms(lambda: search(camera, login), times)))
    with OnvifCamera(_TWO) as camera:
        for deep, words in ((False, "side by side"), (True, "one within another")):
            content = answer_at_the_limit(deep)
            camera.answer = lambda _body, content=content: (200, {}, content)  # type: ignore[misc]
            rows.append((f"refusing answers of 1 MiB, elements {words}", timed_ms(lambda: refused(camera), times)))
    rows.extend(
        (f"a further picture of an alert, {face_px} px face", timed_ms(further_picture(face_px), 200))
        for face_px in FACES_PX
    )
    print(heading("Finding and checking cameras", "A virtual ONVIF camera on loopback, asked as a node asks."))
    print(table(["", "ms, least", "median", "most"], [(name, *took) for name, took in rows]))
    print(f"Following one face for its direction of travel: {followed(100_000):.2g} microseconds a frame.")


if __name__ == "__main__":
    main()
