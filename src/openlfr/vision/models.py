"""A model pack opened for work: the one place where pack, runtime, detector and recogniser are put together."""

import os
from dataclasses import dataclass
from pathlib import Path

from openlfr.vision.detector import DetectorOptions, FaceDetector
from openlfr.vision.inference import Execution, OpenVinoRuntime, Precision, Runtime, Session
from openlfr.vision.packs import LoadedPack, load_pack
from openlfr.vision.packs.store import DEFAULT_PACK
from openlfr.vision.second_opinion import SecondOpinion, open_second_opinion
from openlfr.vision.template import TemplateExtractor

RECOGNISER_BATCHES = (4, 2, 1)
"""Sizes a batch of chips is cut into; a flip-averaged chip counts twice. Larger ones gain nothing on a CPU and each is
compiled on its own, at some 40 MB."""


@dataclass(frozen=True, slots=True)
class Models:
    """Detector and recogniser of one pack, compiled and shared by all threads."""

    pack: LoadedPack
    detector_session: Session
    recogniser_session: Session
    extractor: TemplateExtractor
    second_opinion: SecondOpinion | None = None

    @property
    def identity(self) -> str:
        """What goes on every alert and template beside the precision: both models and what changes their scores."""
        return self.pack.identity

    @property
    def execution(self) -> Execution:
        """How the recogniser truly runs; its precision is on every alert."""
        return self.recogniser_session.execution

    @property
    def dimension(self) -> int:
        """Length of a template."""
        return self.pack.pack.recogniser.dimension

    def detector(self, options: DetectorOptions | None = None) -> FaceDetector:
        """A detector with its own options; all of them share one session."""
        return FaceDetector(self.detector_session, options)

    def scrub(self) -> None:
        """Overwrite what the runtime still holds of pictures and templates (see `Session.scrub`)."""
        self.detector_session.scrub()
        self.recogniser_session.scrub()
        if self.second_opinion is not None:
            self.second_opinion.scrub()


def open_models(
    pack_name: str = DEFAULT_PACK,
    *,
    precision: Precision = Precision.AUTO,
    streams: int | None = None,
    threads_per_stream: int = 2,
    second_opinion: bool = False,
    home: Path | None = None,
) -> Models:
    """Open a pack with OpenVINO, `streams` runs at once over both models, of `threads_per_stream` threads each; by
    default as many streams as fill the cores this process may use. `second_opinion` opens the independent recogniser
    beside them.

    Raises PackError when there is no such pack or its files are not what its manifest says, InferenceError when this
    machine cannot run it at that precision.
    """
    streams = streams or max(len(os.sched_getaffinity(0)) // threads_per_stream, 1)
    runtime = OpenVinoRuntime(precision, streams=streams, threads_per_stream=threads_per_stream)
    second = open_second_opinion(runtime, home=home) if second_opinion else None
    return models_on(runtime, load_pack(pack_name, home=home), second)


def models_on(runtime: Runtime, pack: LoadedPack, second_opinion: SecondOpinion | None = None) -> Models:
    """Both models of a loaded pack, opened on a runtime of the caller's choice."""
    recogniser = runtime.open(pack.recogniser, batch_sizes=RECOGNISER_BATCHES)
    return Models(
        pack=pack,
        detector_session=runtime.open(pack.detector),
        recogniser_session=recogniser,
        extractor=TemplateExtractor(recogniser, flip_average=pack.pack.recogniser.flip_average),
        second_opinion=second_opinion,
    )
