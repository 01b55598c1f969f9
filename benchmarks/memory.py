"""Is memory flat? `python -m benchmarks.memory` prints a table for RESULTS.md.

A crowd clip round and round through the whole pipeline; resident memory is read every so many frames.
"""

import argparse
import threading

import numpy as np
import psutil
from benchmarks.pipeline import recognition_of
from benchmarks.report import evaluation_data, heading, table
from benchmarks.search import unit_rows

from openlfr.capture.camera import Pace
from openlfr.capture.sources import open_source
from openlfr.cli.watch import silence_logs
from openlfr.matching.gallery import Entry
from openlfr.node.alert import Alert
from openlfr.node.rehearsal import NamedSource, Rehearsal
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.models import Models, open_models

LISTED = 3_000
MIN_FACE_PX = 24.0
READINGS = 20


def readings_mb(models: Models, frames: int) -> list[tuple[int, float]]:
    """Frames analysed and resident megabytes, READINGS times evenly over `frames`."""
    rows = unit_rows(np.random.default_rng(0), LISTED)
    recognition = recognition_of(models, [Entry(f"{i}", "", row) for i, row in enumerate(rows)])
    source = open_source(str(evaluation_data("video", "street_crowd_640x360.mp4")), loop=True)
    detector = models.detector(DetectorOptions(min_face_px=MIN_FACE_PX))
    rehearsal = Rehearsal([NamedSource("crowd", source)], recognition, detector, on_alert=Alert.wipe, pace=Pace.FAST)
    own, stop = psutil.Process(), threading.Event()
    found: list[tuple[int, float]] = []

    def look() -> None:
        analysed = rehearsal.status()[0].analysed
        if analysed >= (len(found) + 1) * frames / READINGS:
            found.append((analysed, own.memory_info().rss / 1e6))
        if len(found) == READINGS:
            stop.set()

    rehearsal.start()
    rehearsal.wait(stop, seconds=None, tick=look, every_s=0.1)
    assert rehearsal.stop().ledger.balanced
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=20_000)
    frames = parser.parse_args().frames
    silence_logs(on_screen=True)
    found = readings_mb(open_models(), frames)
    settled = [megabytes for analysed, megabytes in found if analysed > frames / 10]
    spread = (max(settled) - min(settled)) / min(settled)
    material = (
        f"street_crowd_640x360 looped, faces from {MIN_FACE_PX:g} px, a list of {LISTED:,}. After the first tenth, "
        f"resident memory stays within {spread:.1%} (goal 3 %)."
    )
    print(heading("Memory", material))
    print(table(["frames analysed", "resident, MB"], [(f"{n:,}", f"{megabytes:.0f}") for n, megabytes in found]))


if __name__ == "__main__":
    main()
