"""Run by tests/node/test_analyst.py in a process of its own: makes templates, ends the tracks, searches the memory."""

import gc

import numpy as np
from numpy.typing import NDArray
from tests.support.faces import models
from tests.support.memory_search import count_in_own_memory, disguised
from tests.support.street import recognition, street, street_frame

from openlfr.node.analyst import Analyst
from openlfr.node.ledger import PrivacyLedger
from openlfr.node.passage import Passage, Shot
from openlfr.vision.detector import DetectorOptions

_needles: list[bytes] = []


def _note(template: NDArray[np.float32]) -> None:
    # 32 bytes from the middle of a template occur nowhere by chance. Kept disguised, and made in one expression so
    # that the plain bytes stay in no variable.
    _needles.append(disguised(memoryview(template)[40:48].cast("B").tobytes()))  # type: ignore[arg-type]


def main() -> None:
    original = Passage.add

    def noting(self: Passage, shot: Shot, at_s: float, kept: int) -> int:
        _note(shot.template)
        return original(self, shot, at_s, kept)

    Passage.add = noting  # type: ignore[method-assign]
    ledger = PrivacyLedger()
    detector = models().detector(DetectorOptions(min_face_px=32))
    analyst = Analyst("camera", detector=detector, recognition=recognition(), ledger=ledger)
    scene = street()
    for index in range(0, 175, 3):
        analyst.analyse(street_frame(scene, index))
    held = count_in_own_memory(_needles)
    print(f"held: found {held} of {ledger.counts().held} held, {len(_needles)} made")
    if not held:
        raise SystemExit("The search finds nothing even while templates are held.")
    analyst.end()
    models().scrub()
    gc.collect()
    print(f"ended: found {count_in_own_memory(_needles)} of {len(_needles)}")


if __name__ == "__main__":
    main()
