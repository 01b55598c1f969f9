"""`openlfr doctor`: what this machine has, and what it can carry."""

import math
import os
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import psutil
import typer
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openlfr import __version__
from openlfr.capture.frame import FrameImage
from openlfr.capture.pictures import PictureError
from openlfr.capture.recording import write_recording
from openlfr.capture.source import Dropped
from openlfr.capture.sources import open_source
from openlfr.capture.synthetic import SyntheticStreet
from openlfr.cli.demo_street import demo_people
from openlfr.cli.watch import EXIT_UNUSABLE, silence_logs
from openlfr.matching.gallery import Entry, Gallery
from openlfr.vision.alignment import align
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.inference import InferenceError, Precision
from openlfr.vision.models import Models, open_models
from openlfr.vision.packs import PackError
from openlfr.vision.packs.store import pack_names
from openlfr.vision.quality import assess

CAMERA_FRAMES_PER_S = 25.0
ANALYSED_PER_S = 8.0
FACES_PER_FRAME = 5.0
TEMPLATES_PER_S = 2.0
"""What one busy street camera asks of the machine: the basis of the estimate, and shown with it."""

_FEATURES = ("avx2", "avx512f", "avx512_vnni", "avx512_bf16", "amx_bf16", "amx_int8", "asimd", "bf16")


@dataclass(frozen=True, slots=True)
class StageTimes:
    """Milliseconds on one core: medians, each stage alone."""

    decode: float
    detect: float
    assess: float
    template: float
    search: float

    @property
    def per_camera_s(self) -> float:
        """Core-seconds that one camera costs in a second."""
        return (
            CAMERA_FRAMES_PER_S * self.decode
            + ANALYSED_PER_S * (self.detect + FACES_PER_FRAME * self.assess)
            + TEMPLATES_PER_S * (self.template + self.search)
        ) / 1000


def doctor(
    model_pack: Annotated[str, typer.Option(help="See: openlfr models list")] = "default",
    precision: Annotated[Precision, typer.Option(help="Numbers the models are computed in.")] = Precision.AUTO,
    min_face: Annotated[float, typer.Option(help="Width of the smallest face wanted, in pixels.")] = 60.0,
) -> None:
    """Say what this machine has, how fast each stage runs on it, and how many cameras it can carry."""
    console = Console()
    silence_logs(on_screen=True)
    try:
        # For what it refuses only: a typing error should not wait for the models.
        DetectorOptions(min_face_px=min_face)
        with console.status("Opening the models"):
            models = open_models(model_pack, precision=precision, streams=1, threads_per_stream=1)
        console.print(_machine(models))
        with console.status("Measuring each stage on one core, at 1920 x 1080"):
            times = _measure(models, min_face)
    except (PackError, InferenceError, PictureError, ValueError) as error:
        console.print(Text(str(error), style="bold red"))
        raise typer.Exit(EXIT_UNUSABLE) from error
    console.print(_stages(times))
    cores = len(os.sched_getaffinity(0))
    cameras = math.floor(0.85 * cores / times.per_camera_s)
    console.print(
        f"[bold]This machine can carry {cameras} camera{'' if cameras == 1 else 's'} at 1080p[/bold], "
        f"{CAMERA_FRAMES_PER_S:g} frames/s each, {ANALYSED_PER_S:g} of them analysed, with {FACES_PER_FRAME:g} faces "
        f"in view, {TEMPLATES_PER_S:g} templates a second and faces from {min_face:g} pixels, on {cores} cores at "
        f"85 %. Decoding takes {CAMERA_FRAMES_PER_S * times.decode / 10 / times.per_camera_s:.0f} % of that."
    )


def _machine(models: Models) -> Table:
    table = Table(title="This machine", title_justify="left", show_header=False)
    flags = _processor_flags()
    table.add_row("openlfr", f"{__version__}, Python {platform.python_version()}")
    table.add_row("processor", f"{_processor_name()}, {len(os.sched_getaffinity(0))} cores in use")
    table.add_row("features", ", ".join(f for f in _FEATURES if f in flags) or "none that matters here")
    table.add_row("memory", f"{psutil.virtual_memory().total / 2**30:.0f} GiB")
    execution = models.execution
    table.add_row("models", Text(models.identity))
    table.add_row("model packs", Text(", ".join(pack_names())))
    table.add_row("runs on", f"{execution.runtime}, {execution.device}, precision {execution.precision.value}")
    cameras = sorted(path.name for path in Path("/dev").glob("video*"))
    table.add_row("USB cameras", ", ".join(f"/dev/{name}" for name in cameras) or "none found")
    for warning in models.pack.warnings:
        table.add_row("warning", Text(warning, style="yellow"))
    return table


def _processor_name() -> str:
    for line in _cpuinfo():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _processor_flags() -> frozenset[str]:
    for line in _cpuinfo():
        if line.startswith(("flags", "Features")):
            return frozenset(line.partition(":")[2].split())
    return frozenset()


def _cpuinfo() -> list[str]:
    path = Path("/proc/cpuinfo")
    return path.read_text(encoding="utf-8", errors="replace").splitlines() if path.exists() else []


def _measure(models: Models, min_face_px: float) -> StageTimes:
    street = SyntheticStreet(demo_people(), width=1920, height=1080)
    with tempfile.TemporaryDirectory() as folder:
        clip = Path(folder) / "street.mp4"
        write_recording(clip, (street.render(i) for i in range(150, 225)))
        images, decode = _decoded(clip)
    image = images[0]
    detector = models.detector(DetectorOptions(min_face_px=min_face_px))
    faces = detector.detect(image)
    if not faces:
        raise ValueError(f"No face of {min_face_px:g} pixels was found in the test street; ask for smaller ones.")
    face = faces[0]

    def cut_and_assess() -> None:
        assess(face, align(image, face.landmarks), image.width, image.height)

    chips = np.stack([align(image, face.landmarks)] * 8)
    rng = np.random.default_rng(0)
    gallery = Gallery(models.dimension, [Entry(f"{i}", "", _unit(rng, models.dimension)) for i in range(20_000)])
    probe = _unit(rng, models.dimension)[None]
    return StageTimes(
        decode=decode,
        detect=_median_ms(lambda: detector.detect(image)),
        assess=_median_ms(cut_and_assess),
        template=_median_ms(lambda: models.extractor.extract(chips)) / len(chips),
        search=_median_ms(lambda: gallery.search(probe)),
    )


def _decoded(clip: Path) -> tuple[list[FrameImage], float]:
    """A few frames from the middle of a clip, and the milliseconds that decoding one takes."""
    connection = open_source(str(clip)).open()
    images: list[FrameImage] = []
    started_s, count = time.perf_counter(), 0
    while (item := connection.read()) is not None:
        if not isinstance(item, Dropped):
            count += 1
            if count == 40:
                images.append(item.image)
    elapsed_s = time.perf_counter() - started_s
    connection.close()
    return images, elapsed_s / count * 1000


def _unit(rng: np.random.Generator, dimension: int) -> NDArray[np.float32]:
    vector = rng.standard_normal(dimension).astype(np.float32)
    return vector / np.float32(np.linalg.norm(vector))


def _median_ms(work: Callable[[], object], seconds: float = 1.5) -> float:
    for _ in range(3):
        work()
    times: list[float] = []
    end_s = time.perf_counter() + seconds
    while time.perf_counter() < end_s or len(times) < 5:
        started_s = time.perf_counter()
        work()
        times.append(time.perf_counter() - started_s)
    return float(np.median(times)) * 1000


def _stages(times: StageTimes) -> Table:
    table = Table(title="Each stage on one core", title_justify="left")
    for heading in ("stage", "ms", "a second"):
        table.add_column(heading, justify="left" if heading == "stage" else "right")
    for name, ms in (
        ("decode a 1080p frame", times.decode),
        ("find the faces of a frame", times.detect),
        ("cut out and assess a face", times.assess),
        ("make a template", times.template),
        ("search 20,000 templates", times.search),
    ):
        table.add_row(name, f"{ms:.2f}", f"{1000 / ms:,.0f}")
    return table
