"""The models that make templates of reference pictures, opened by the first import that needs them."""

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from openlfr.enrolment.enrol import Enroller
from openlfr.records.watchlist_import import TemplateMaker
from openlfr.vision.models import open_models
from openlfr.vision.packs.store import DEFAULT_PACK


@dataclass(frozen=True, slots=True)
class OpenedMaker:
    """What makes templates, and what overwrites the faces that a runtime still holds of the last pictures."""

    maker: TemplateMaker
    scrub: Callable[[], None]


class EnrolmentModels:
    """Opens the models once, when they are first used: a hub that builds no lists does not hold them in memory."""

    def __init__(self, open_them: Callable[[], OpenedMaker]) -> None:
        """`open_them` may raise PackError and InferenceError; it is then tried again at the next use."""
        self._open_them = open_them
        self._opened: OpenedMaker | None = None
        self._lock = threading.Lock()

    @contextmanager
    def in_use(self) -> Iterator[TemplateMaker]:
        """The maker, for one import at a time; what the runtime holds of faces is overwritten afterwards."""
        with self._lock:
            if self._opened is None:
                self._opened = self._open_them()
            try:
                yield self._opened.maker
            finally:
                self._opened.scrub()


def pack_opener(model_pack: str = DEFAULT_PACK) -> Callable[[], OpenedMaker]:
    """Opens a model pack by its name, for `EnrolmentModels`."""

    def open_them() -> OpenedMaker:
        models = open_models(model_pack, streams=os.cpu_count() or 1)
        enroller = Enroller(models.detector_session, models.extractor, quality_floor=0.0)
        return OpenedMaker(
            TemplateMaker(enroller, models.identity, models.execution.precision.value),
            models.scrub,
        )

    return open_them
