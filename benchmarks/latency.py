"""How soon an alert comes: `python -m benchmarks.latency` prints a table for RESULTS.md.

One and several 1080p RTSP cameras at 25 frames a second, both people of the street on the watchlist, no cool-down, so
that every passage raises an alert. Latency runs from the moment a frame comes out of the decoder to the alert it
decided; the time to decode a frame is in the table of `benchmarks.cameras`. The server plays on the same cores.
"""

import argparse
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
import psutil
from benchmarks.report import heading, table
from benchmarks.street_cameras import Player, people_of_the_street, playing, street_clip

from openlfr.cli.watch import silence_logs
from openlfr.matching.gallery import Entry, Gallery
from openlfr.node.alert import Alert
from openlfr.node.recognition import Recognition, chosen_threshold
from openlfr.node.rehearsal import NamedSource, Rehearsal
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.models import Models, open_models

MIN_FACE_PX = 60.0
WARM_UP_S = 6.0
"""The server's clip begins with every connection; the first people need a moment, and models are compiled then."""


def latencies_ms(models: Models, listed: list[Entry], player: Player, cameras: int, seconds: float) -> list[str]:
    gallery = Gallery(models.dimension, listed)
    threshold = chosen_threshold(models, 3_000).value
    found: list[tuple[float, float]] = []

    def on_alert(alert: Alert) -> None:
        found.append((time.monotonic(), alert.latency_ms))
        alert.wipe()

    rehearsal = Rehearsal(
        [NamedSource(f"camera-{number}", player.url) for number in range(1, cameras + 1)],
        Recognition(models, gallery, threshold, cool_down_s=0.0),
        models.detector(DetectorOptions(min_face_px=MIN_FACE_PX)),
        on_alert=on_alert,
    )
    own = psutil.Process()
    stop = threading.Event()
    rehearsal.start()
    rehearsal.wait(stop, seconds=WARM_UP_S, tick=lambda: None, every_s=0.25)
    began_s = time.monotonic()
    served_s, used_s = player.cpu_s(), sum(own.cpu_times()[:2])
    rehearsal.wait(stop, seconds=WARM_UP_S + seconds, tick=lambda: None, every_s=0.25)
    took_s = time.monotonic() - began_s
    served_s, used_s = player.cpu_s() - served_s, sum(own.cpu_times()[:2]) - used_s
    summary = rehearsal.stop()
    assert summary.ledger.balanced
    values = [value for at_s, value in found if at_s >= began_s]
    figures = [f"{np.percentile(values, share):.0f}" for share in (50, 95, 100)] if values else ["-"] * 3
    analysed = summary.frames_analysed / summary.seconds / cameras
    return [
        f"{cameras} camera{'' if cameras == 1 else 's'}",
        f"{len(values)}",
        *figures,
        f"{analysed:.1f}",
        f"{used_s / took_s:.2f}",
        f"{served_s / took_s:.2f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 2, 4, 6])
    parser.add_argument("--clip", type=Path, help="a recording made before; else one is made")
    parser.add_argument("--seconds", type=float, default=60.0)
    chosen = parser.parse_args()
    silence_logs(on_screen=True)
    models = open_models(second_opinion=True)
    listed = people_of_the_street(models)
    with (
        tempfile.TemporaryDirectory(prefix="openlfr-bench-") as folder,
        playing(chosen.clip or street_clip(Path(folder) / "street.mp4")) as player,
    ):
        rows = [latencies_ms(models, listed, player, count, chosen.seconds) for count in chosen.cameras]
    material = f"Synthetic street, 1920 x 1080 at 25 frames/s, faces from {MIN_FACE_PX:g} px; goal p95 300 ms with one."
    print(heading("Latency from frame to alert", material))
    columns = [
        "RTSP",
        "alerts",
        "p50, ms",
        "p95, ms",
        "max, ms",
        "analysed/s each",
        "cores used",
        "cores of the server",
    ]
    print(table(columns, rows))


if __name__ == "__main__":
    main()
