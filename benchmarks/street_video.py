"""What the whole pipeline does on street video: `python -m benchmarks.street_video` prints tables for RESULTS.md.

Three people among 1,000 of LFW against a clip that shows two of them well; crowds against 3,000 of LFW, where any
alert is a false one; and a clip with no face in it. Everything at the default threshold for the list's size.
"""

import argparse
from collections.abc import Sequence

from benchmarks.pipeline import Played, clip, enrolled, lfw_references, play, recognition_of
from benchmarks.report import evaluation_data, heading, table

from openlfr.cli.watch import WatchOptions, silence_logs
from openlfr.enrolment.listing import ReferencePicture
from openlfr.node.recognition import Recognition
from openlfr.node.rehearsal import NamedSource
from openlfr.vision.models import Models, open_models

KNOWN = ("alex-lacamoire.png", "lin-manuel-miranda.png", "obama.jpg")
DEFAULT_MIN_FACE_PX = WatchOptions().min_face_px


def known_references() -> list[ReferencePicture]:
    paths = [evaluation_data("video", "known_people", name) for name in KNOWN]
    return [ReferencePicture(path.stem, path, path.name) for path in paths]


def row(source: NamedSource, people: str, played: Played, recognition: Recognition, min_face_px: float) -> list[str]:
    summary = played.summary
    ledger = summary.ledger
    alerts = "; ".join(f"{a.person_id} {a.score:.3f} ({a.shots} shots)" for a in played.alerts) or "none"
    passages = sum(station.counts.passages for station in summary.stations)
    return [
        f"{source.name}, {people}",
        f"{min_face_px:g}",
        f"{recognition.threshold:.3f}",
        alerts,
        f"{summary.frames_analysed}",
        f"{passages}",
        f"{summary.faces_seen}",
        f"{summary.failures_to_acquire}",
        f"{ledger.created} = {ledger.destroyed} + {ledger.in_alerts}",
        f"{summary.frames_analysed / summary.seconds:.0f}",
    ]


COLUMNS = (
    "clip, watchlist",
    "min. face, px",
    "threshold",
    "alerts",
    "frames",
    "passages",
    "faces seen",
    "failures to acquire",
    "templates created = destroyed + in alerts",
    "frames/s",
)


def rows(models: Models, min_faces_px: Sequence[float]) -> list[list[str]]:
    lfw = enrolled(models, lfw_references(3000))
    known = [*enrolled(models, known_references()), *lfw[:1000]]
    found: list[list[str]] = []
    for min_face_px in min_faces_px:
        for source, people, entries in (
            (clip("known_people", "hamilton_short_640x360.mp4"), "3 known + 1,000", known),
            (clip("street_crowd_640x360.mp4"), f"{len(lfw):,} strangers", lfw),
            (clip("uk_street_1280x720.mp4"), f"{len(lfw):,} strangers", lfw),
            (clip("walk_and_pause_480x270.gif"), f"{len(lfw):,} strangers", lfw),
            (clip("no_faces_768x432.mp4"), f"{len(lfw):,} strangers", lfw),
        ):
            # Anew for each: the cool-down would hold back whom an earlier run has alerted.
            recognition = recognition_of(models, entries)
            played = play([source], recognition, models, min_face_px)
            found.append(row(source, people, played, recognition, min_face_px))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--min-face", type=float, nargs="+", default=[DEFAULT_MIN_FACE_PX])
    chosen = parser.parse_args()
    silence_logs(on_screen=True)
    models = open_models(second_opinion=True)
    found = rows(models, chosen.min_face)
    material = f"Clips of the evaluation data; {models.identity}, {models.execution.precision.value}."
    print(heading("Street video", material))
    print(table(COLUMNS, found))


if __name__ == "__main__":
    main()
