"""The preview: what an operator may see through a camera, and what not."""

from datetime import UTC, datetime

import cv2
import numpy as np
from tests.support.faces import grace_hopper, models
from tests.support.street import HOPPER, portrait_template, street, street_frame

from openlfr.capture.frame import Frame
from openlfr.capture.images import ArrayFrameImage
from openlfr.node.preview import EVERY_S, WIDTH, Preview, PreviewOnly
from openlfr.vision.alignment import align
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.face import BGRImage


class Watched:
    """A preview with a clock of its own, and what it sent."""

    def __init__(self, *, wanted: bool = True) -> None:
        self.now_s = 100.0
        self.sent: list[bytes] = []
        self.preview = Preview(models().detector_session, lambda: self.now_s, self.sent.append)
        self.preview.wanted = wanted


def frame(picture: BGRImage) -> Frame:
    return Frame("camera", 0, 0.0, datetime.now(UTC), ArrayFrameImage(picture))


def decoded(jpeg: bytes) -> BGRImage:
    return np.asarray(cv2.imdecode(np.frombuffer(jpeg, np.uint8), cv2.IMREAD_COLOR), np.uint8)


def test_pictures_are_sent_only_while_somebody_looks_and_five_a_second_at_the_most() -> None:
    watched = Watched(wanted=False)
    scene = street()
    watched.preview.offer(street_frame(scene, 0))
    assert watched.sent == []
    watched.preview.wanted = True
    for index in range(25):
        watched.now_s = 100.0 + index / 25
        watched.preview.offer(street_frame(scene, index))
    assert 4 <= len(watched.sent) <= 1 / EVERY_S
    watched.preview.wanted = False
    watched.now_s += 10
    watched.preview.offer(street_frame(scene, 0))
    assert len(watched.sent) <= 5


def test_a_face_in_it_can_be_recognised_by_nobody() -> None:
    watched = Watched()
    watched.preview.offer(frame(grace_hopper()))
    picture = decoded(watched.sent[0])
    detector = models().detector(DetectorOptions(min_face_px=20, confidence=0.3))
    clear = max(detector.detect(ArrayFrameImage(grace_hopper())), key=lambda face: face.box.size)
    # Where the face was, as its landmarks lay there: the recogniser must find nothing of her in it.
    scale = picture.shape[1] / grace_hopper().shape[1]
    chip = align(ArrayFrameImage(picture), (clear.landmarks * scale).astype(np.float32))
    template = models().extractor.extract(chip[None])[0]
    assert float(template @ portrait_template(grace_hopper())) < 0.25
    for face in detector.detect(ArrayFrameImage(picture)):
        found = models().extractor.extract(align(ArrayFrameImage(picture), face.landmarks)[None])[0]
        assert float(found @ portrait_template(grace_hopper())) < 0.25, HOPPER


def test_a_large_frame_is_made_small_and_a_small_one_is_left_its_size() -> None:
    watched = Watched()
    watched.preview.offer(frame(np.full((1080, 1920, 3), 90, np.uint8)))
    watched.now_s += 1
    watched.preview.offer(frame(np.full((90, 160, 3), 90, np.uint8)))
    assert [decoded(each).shape for each in watched.sent] == [(360, WIDTH, 3), (90, 160, 3)]


def test_where_nothing_may_be_analysed_a_look_counts_nothing_and_raises_nothing() -> None:
    watched = Watched()
    only = PreviewOnly(watched.preview)
    assert only.analyse(street_frame(street(), 30)) == []
    only.end()
    assert len(watched.sent) == 1
    assert (only.counts.frames, only.counts.faces_seen) == (0, 0)
