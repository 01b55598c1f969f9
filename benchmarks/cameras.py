"""How many cameras this machine carries: `python -m benchmarks.cameras` prints tables for RESULTS.md.

1080p RTSP cameras at 25 frames a second, of which at least 8 a second are to be analysed. First what one camera costs,
in processor time, which others on the machine change little; then ever more cameras, played by a server on the same
cores, until one is analysed less often than that.
"""

import argparse
import os
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil
from benchmarks.report import heading, table
from benchmarks.stages import STAGE_COLUMNS, measured_stages
from benchmarks.street_cameras import FRAMES_PER_S, Player, people_of_the_street, playing, street_clip

from openlfr.cli.watch import silence_logs
from openlfr.matching.gallery import Entry, Gallery
from openlfr.node.alert import Alert
from openlfr.node.recognition import Recognition, chosen_threshold
from openlfr.node.rehearsal import NamedSource, Rehearsal
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.models import Models, open_models

ANALYSED_PER_S = 8.0
MIN_FACE_PX = 60.0
WARM_UP_S = 8.0


def _recognition(models: Models, listed: list[Entry]) -> Recognition:
    copies = [Entry(entry.person_id, entry.picture, entry.template.copy(), entry.descriptor) for entry in listed]
    return Recognition(models, Gallery(models.dimension, copies), chosen_threshold(models, 3_000).value)


@dataclass(frozen=True, slots=True)
class Carried:
    """What a number of cameras got, in frames a second: the camera that got least, and the mean."""

    cameras: int
    least_decoded: float
    least_analysed: float
    mean_analysed: float
    alerts: int
    own_cores: float
    server_cores: float

    @property
    def enough(self) -> bool:
        return self.least_analysed >= ANALYSED_PER_S


def carried(models: Models, listed: list[Entry], player: Player, cameras: int, seconds: float) -> Carried:
    rehearsal = Rehearsal(
        [NamedSource(f"camera-{number}", player.url) for number in range(1, cameras + 1)],
        _recognition(models, listed),
        models.detector(DetectorOptions(min_face_px=MIN_FACE_PX)),
        on_alert=Alert.wipe,
    )
    own, stop = psutil.Process(), threading.Event()
    rehearsal.start()
    rehearsal.wait(stop, seconds=WARM_UP_S, tick=lambda: None, every_s=0.25)
    before, began_s = rehearsal.status(), time.monotonic()
    served_s, used_s = player.cpu_s(), sum(own.cpu_times()[:2])
    rehearsal.wait(stop, seconds=WARM_UP_S + seconds, tick=lambda: None, every_s=0.25)
    after, took_s = rehearsal.status(), time.monotonic() - began_s
    served_s, used_s = player.cpu_s() - served_s, sum(own.cpu_times()[:2]) - used_s
    summary = rehearsal.stop()
    assert summary.ledger.balanced
    decoded = [(b.decoded - a.decoded) / took_s for a, b in zip(before, after, strict=True)]
    analysed = [(b.analysed - a.analysed) / took_s for a, b in zip(before, after, strict=True)]
    mean = sum(analysed) / cameras
    return Carried(cameras, min(decoded), min(analysed), mean, summary.alerts, used_s / took_s, served_s / took_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 2, 4, 6, 8, 10, 12, 15])
    parser.add_argument("--clip", type=Path, help="a recording made before; else one is made")
    parser.add_argument("--seconds", type=float, default=20.0)
    chosen = parser.parse_args()
    silence_logs(on_screen=True)
    models = open_models(second_opinion=True)
    listed = people_of_the_street(models)
    rows = []
    with tempfile.TemporaryDirectory(prefix="openlfr-bench-") as folder:
        clip = chosen.clip or street_clip(Path(folder) / "street.mp4")
        # Each third frame, about as often as a camera of many is looked at.
        stages = measured_stages(models, listed, clip, MIN_FACE_PX, every=3)
        with playing(clip) as player:
            for count in chosen.cameras:
                found = carried(models, listed, player, count, chosen.seconds)
                rows.append(found)
                if found.least_analysed < ANALYSED_PER_S / 2:
                    break
    enough = max((found.cameras for found in rows if found.enough), default=0)
    one_camera = (FRAMES_PER_S * stages.decode + ANALYSED_PER_S * stages.analyse) / 1000
    by_cost = 0.95 * len(os.sched_getaffinity(0)) / one_camera
    material = (
        f"Synthetic street, 1920 x 1080 at {FRAMES_PER_S} frames/s, faces from {MIN_FACE_PX:g} px, "
        f"{models.execution.precision.value}. Carried, at {ANALYSED_PER_S:g} analysed a second each, beside the server "
        f"and all else that ran: {enough}. By processor time alone, at 95 % of the cores: {by_cost:.1f}."
    )
    print(heading("Cameras", material))
    print(table(STAGE_COLUMNS, stages.rows(FRAMES_PER_S, ANALYSED_PER_S)))
    columns = ["RTSP", "least decoded/s", "least analysed/s", "mean analysed/s", "alerts", "cores used", "the server's"]
    print(table(columns, [_carried_row(found) for found in rows]))


def _carried_row(found: Carried) -> list[str]:
    rates = (found.least_decoded, found.least_analysed, found.mean_analysed)
    cores = (found.own_cores, found.server_cores)
    name = f"{found.cameras} camera{'' if found.cameras == 1 else 's'}"
    return [name, *(f"{rate:.1f}" for rate in rates), str(found.alerts), *(f"{used:.2f}" for used in cores)]


if __name__ == "__main__":
    main()
