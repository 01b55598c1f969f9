"""What simulated passages cost, and what a candidate in shadow adds: `python -m benchmarks.video`.

Heads of LFW walk over street footage (`openlfr simulate` makes the reports). Composing the pictures alone, analysing
them, and analysing them with the same pack again in its shadow; the agreement must be whole.
"""

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from benchmarks.pipeline import enrolled, lfw_references
from benchmarks.report import evaluation_data, heading, table

from openlfr.assurance.dataset import read_dataset
from openlfr.assurance.simulation_run import Heads, drawn_cast, reels, street
from openlfr.assurance.video_playing import Clip, PlayedClip, play
from openlfr.capture.source import Picture
from openlfr.cli.watch import silence_logs
from openlfr.matching.gallery import Gallery
from openlfr.node.recognition import Recognition, chosen_threshold
from openlfr.vision.models import Models, open_models

STREETS = ("street_crowd_640x360.mp4", "uk_street_1280x720.mp4", "no_faces_768x432.mp4")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one way to go through the reels."""

    frames: int
    seconds: float
    processor_s: float


def composed(clip: Clip) -> int:
    """The reel's pictures made and thrown away; how many there are."""
    assert clip.source is not None
    connection = clip.source.open()
    frames = 0
    while isinstance(connection.read(), Picture):
        frames += 1
    connection.close()
    return frames


def measured(clips: list[Clip], work: Callable[[Clip], int]) -> Cost:
    started_s, processor_s = time.perf_counter(), time.process_time()
    frames = sum(work(clip) for clip in clips)
    return Cost(frames, time.perf_counter() - started_s, time.process_time() - processor_s)


def recognition(models: Models, gallery: Gallery) -> Recognition:
    return Recognition(models, gallery, chosen_threshold(models, len(gallery)).value, cool_down_s=0.0)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--passages", type=int, default=100)
    passages: int = parser.parse_args().passages
    silence_logs(on_screen=True)
    models = open_models(second_opinion=True)
    dataset = read_dataset(evaluation_data("lfw"))
    cast = drawn_cast(dataset, passages, passages // 2, np.random.default_rng(0))
    streets = [street(evaluation_data("video", name)) for name in STREETS]
    clips = reels(cast, streets, Heads(models, cast), seed=0)
    listed = enrolled(models, [picture.reference for picture in cast.listed])
    walking = {picture.person for picture in cast.walks}
    others = [entry for entry in enrolled(models, lfw_references(1000)) if entry.person_id not in walking]
    gallery = Gallery(models.dimension, [*listed, *others][:1000])
    detector = models.detector()
    played: list[PlayedClip] = []

    def analysed(clip: Clip, candidate: Recognition | None = None) -> int:
        result = play(clip, recognition(models, gallery), detector, candidate=candidate)
        played.append(result)
        return result.frames

    composing = measured(clips, composed)
    rows = []
    for name, cost in (
        ("composing the pictures", composing),
        ("and analysing them", measured(clips, analysed)),
        ("and the same pack in shadow", measured(clips, lambda clip: analysed(clip, recognition(models, gallery)))),
    ):
        rows.append(
            [
                name,
                cost.frames,
                f"{cost.frames / cost.seconds:.0f}",
                f"{1000 * cost.processor_s / cost.frames:.1f}",
                f"{passages / cost.seconds:.1f}",
            ]
        )
    counts = [result.agreement for result in played if result.agreement is not None]
    apart = sum(count.another_person + count.only_authorised + count.only_candidate for count in counts)
    print(heading("Simulated passages", f"{passages} passages, list of {len(gallery.people):,}; {models.identity}."))
    print(table(["what", "frames", "frames/s", "processor ms a frame", "passages/s"], rows))
    print(f"In shadow of itself, passages with another answer: {apart} of {sum(c.passages for c in counts)}.")


if __name__ == "__main__":
    main()
