import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.faces import astronaut, face_at, grace_hopper, main_face, models
from tests.support.street import COLLINS, HOPPER, portrait_template, recognition, street, street_frame

from openlfr.capture.frame import Frame
from openlfr.capture.images import ArrayFrameImage
from openlfr.node.alert import Alert, SeenAfter
from openlfr.node.analyst import FOLLOW_S, MOST_LOOKS_PER_FRAME, Analyst
from openlfr.node.ledger import PrivacyLedger
from openlfr.node.passage import Passage, Shot, ShotPolicy
from openlfr.node.recognition import SAME_SETTLED, Recognition
from openlfr.policy.direction import Direction
from openlfr.policy.raised_alert import MOST_PICTURES
from openlfr.vision.alignment import Pixels, align
from openlfr.vision.detector import DetectorOptions, FaceDetector, ScalablePixels
from openlfr.vision.face import BGRImage, Box, Face
from openlfr.vision.quality import assess
from openlfr.vision.zone import Zone

_ROOT = Path(__file__).resolve().parents[2]


def _analyst(decides: Recognition, ledger: PrivacyLedger, camera: str = "camera", zone: Zone | None = None) -> Analyst:
    detector = models().detector(DetectorOptions(min_face_px=32))
    return Analyst(camera, detector=detector, recognition=decides, ledger=ledger, zone=zone)


def _walk(analyst: Analyst, seconds: float, step: int = 3, camera: str = "camera") -> list[Alert]:
    scene = street()
    alerts: list[Alert] = []
    for index in range(0, int(seconds * scene.frames_per_s), step):
        alerts += analyst.analyse(street_frame(scene, index, camera))
    return alerts


def test_a_listed_person_raises_one_alert_and_the_other_none() -> None:
    ledger = PrivacyLedger()
    analyst = _analyst(recognition(HOPPER), ledger)
    alerts = _walk(analyst, 14)
    analyst.end()
    assert [alert.person_id for alert in alerts] == [HOPPER]
    (alert,) = alerts
    assert alert.score >= alert.threshold
    assert alert.candidate_picture == f"{HOPPER}.jpg"
    assert alert.shots == len(alert.templates)
    assert alert.precision in ("f32", "bf16")
    assert "sface" in alert.model_pack
    counts = ledger.counts()
    assert counts.balanced
    assert counts.in_alerts == alert.shots
    assert counts.destroyed > 0
    assert analyst.counts.faces_seen >= 2


def test_with_nobody_listed_everything_is_destroyed() -> None:
    ledger = PrivacyLedger()
    analyst = _analyst(recognition(), ledger)
    assert _walk(analyst, 8) == []
    held = ledger.counts()
    assert held.created > 0
    analyst.end()
    ended = ledger.counts()
    assert ended.balanced
    assert ended.destroyed == held.created


def test_the_arrays_of_an_ended_track_are_overwritten(monkeypatch: pytest.MonkeyPatch) -> None:
    shots: list[Shot] = []
    original = Analyst._shot

    def noting(self: Analyst, *arguments: object) -> Shot:
        shot = original(self, *arguments)  # type: ignore[arg-type]
        shots.append(shot)
        return shot

    monkeypatch.setattr(Analyst, "_shot", noting)
    analyst = _analyst(recognition(), PrivacyLedger())
    _walk(analyst, 7)
    assert any(shot.template.any() and shot.picture.any() for shot in shots)
    analyst.end()
    assert shots
    for shot in shots:
        assert not shot.template.any()
        assert not shot.picture.any()
        assert not shot.landmarks.any()


def test_a_wiped_alert_holds_nothing() -> None:
    (alert, *_) = _walk(_analyst(recognition(HOPPER), PrivacyLedger()), 10)
    assert all(each.picture.any() for each in alert.probes)
    alert.wipe()
    assert not any(each.picture.any() for each in alert.probes)
    assert not alert.templates.any()


def _side_by_side() -> BGRImage:
    """Both people, so close that each stands in the other's pictures; Hopper on the left."""
    heads = []
    for portrait in (grace_hopper(), astronaut()):
        box = main_face(portrait).box
        scale = 120 / box.width
        whole = cv2.resize(portrait, None, fx=scale, fy=scale)
        x, y = box.centre[0] * scale, box.centre[1] * scale
        heads.append(whole[round(y) - 100 : round(y) + 150, round(x) - 66 : round(x) + 66])
    picture = np.full((600, 800, 3), 90, np.uint8)
    picture[150:400, 250:514] = np.hstack(heads)
    return picture


def test_every_shot_of_an_alert_shows_one_person_and_whoever_stands_beside_cannot_be_recognised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    picture, decides, analyst_shot = _side_by_side(), recognition(HOPPER), Analyst._shot
    clear: dict[datetime, Shot] = {}

    def noting(self: Analyst, *arguments: object) -> Shot:
        shot = analyst_shot(self, *arguments)  # type: ignore[arg-type]
        if shot.box.centre[0] < 400:
            clear[shot.captured_at] = replace(shot, picture=shot.picture.copy())
        return shot

    match = decides.match
    monkeypatch.setattr(Analyst, "_shot", noting)
    monkeypatch.setattr(decides, "match", lambda shots, *more: match(shots, *more) if len(shots) > 2 else None)
    analyst = _analyst(decides, PrivacyLedger())
    (alert,) = [alert for number in range(12) for alert in analyst.analyse(_still(picture, number / 4))]
    assert alert.direction is None
    assert len({probe.captured_at for probe in alert.probes}) == len(alert.probes) == 3
    assert alert.quality == max(probe.quality for probe in alert.probes) == alert.probes[0].quality
    finder = models().detector(DetectorOptions(min_face_px=40))
    beside = max(finder.detect(ArrayFrameImage(picture)), key=lambda face: face.box.x)
    stranger = portrait_template(astronaut())
    for probe in alert.probes:
        shot = clear[probe.captured_at]
        own = probe.face.pixels(*probe.picture.shape[1::-1])
        seen, shown = (each[own[1] : own[3], own[0] : own[2]] for each in (shot.picture, probe.picture))
        assert np.array_equal(seen, shown)
        there = beside.moved(-shot.origin[0], -shot.origin[1]).landmarks
        chips = [align(ArrayFrameImage(each), there) for each in (shot.picture, probe.picture)]
        recognisable, blurred = models().extractor.extract(np.stack(chips)) @ stranger
        assert recognisable > 0.45 > 0.25 > blurred


def test_what_is_seen_of_a_person_after_their_alert_is_told_once_and_only_of_them() -> None:
    told: list[SeenAfter] = []
    ledger = PrivacyLedger()
    detector = models().detector(DetectorOptions(min_face_px=32))
    analyst = Analyst(
        "camera", detector=detector, recognition=recognition(HOPPER), ledger=ledger, on_seen_after=told.append
    )
    (alert,) = _walk(analyst, 7)
    (seen,) = told
    assert (seen.alert_id, seen.person_id) == (alert.alert_id, HOPPER)
    assert seen.direction is Direction.TOWARDS
    assert len(seen.probes) == MOST_PICTURES - len(alert.probes)
    hopper = portrait_template(grace_hopper())
    for probe in seen.probes:
        assert alert.captured_at < probe.captured_at <= alert.captured_at + timedelta(seconds=FOLLOW_S)
        chip = align(ArrayFrameImage(probe.picture), main_face(probe.picture, min_face_px=12).landmarks)
        assert models().extractor.extract(chip[None])[0] @ hopper > SAME_SETTLED
    seen.wipe()
    assert not any(probe.picture.any() for probe in seen.probes)
    analyst.end()
    assert ledger.counts().balanced


def test_what_was_gathered_after_an_alert_is_overwritten_where_the_deployment_ends() -> None:
    told: list[SeenAfter] = []
    analyst = _analyst(recognition(HOPPER), PrivacyLedger())
    analyst._on_seen_after = told.append
    _walk(analyst, 2.6)
    (one,) = [each.following for each in analyst._passages.values() if each.following is not None]
    pictures = [probe.picture for probe in one.probes]
    assert pictures
    assert all(picture.any() for picture in pictures)
    analyst.end()
    assert told == []
    assert not any(picture.any() for picture in pictures)


def test_a_person_seen_by_two_cameras_raises_one_alert_within_the_cool_down() -> None:
    ledger = PrivacyLedger()
    decides = recognition(HOPPER)
    first, second = (_analyst(decides, ledger, camera) for camera in ("north", "south"))
    alerts = _walk(first, 9, camera="north") + _walk(second, 9, camera="south")
    first.end()
    second.end()
    assert [alert.camera for alert in alerts] == ["north"]
    assert second.counts.suppressed >= 1
    assert ledger.counts().balanced


def test_nobody_outside_the_zone_of_recognition_is_looked_at() -> None:
    ledger = PrivacyLedger()
    sky = Zone(((0.0, 0.0), (1.0, 0.0), (1.0, 0.2), (0.0, 0.2)))
    analyst = _analyst(recognition(HOPPER), ledger, zone=sky)
    assert _walk(analyst, 9) == []
    assert ledger.counts().created == 0
    assert analyst.counts.passages == 0


def test_a_change_of_resolution_ends_every_track() -> None:
    ledger = PrivacyLedger()
    analyst = _analyst(recognition(), ledger)
    _walk(analyst, 7)
    assert ledger.counts().held > 0
    empty = ArrayFrameImage(np.zeros((240, 320, 3), np.uint8))
    whole = street_frame(street(), 176)
    analyst.analyse(
        Frame("camera", 177, whole.captured_monotonic_s, whole.captured_at, empty, media_time_s=whole.media_time_s)
    )
    assert ledger.counts().balanced


def test_a_track_that_goes_over_to_another_person_becomes_another_passage(monkeypatch: pytest.MonkeyPatch) -> None:
    decides = recognition()
    monkeypatch.setattr(decides, "same_person", lambda *_: False)
    ledger = PrivacyLedger()
    analyst = _analyst(decides, ledger)
    _walk(analyst, 7)
    # With every shot taken for somebody else's, no passage ever holds two.
    assert analyst.counts.faces_seen == ledger.counts().created
    analyst.end()
    assert ledger.counts().balanced


def test_strangers_are_told_apart_and_one_person_is_not() -> None:
    decides = recognition(HOPPER, COLLINS)
    templates = {HOPPER: portrait_template(grace_hopper()), COLLINS: portrait_template(astronaut())}

    empty = np.zeros((1, 1, 3), np.uint8)
    passage = Passage("p", 0.0)
    passage.add(
        Shot(
            street_frame(street(), 0).captured_at,
            templates[HOPPER].copy(),
            50,
            empty,
            (0, 0),
            Box(0, 0, 1, 1),
            np.zeros((5, 2), np.float32),
            (),
        ),
        0.0,
        kept=4,
    )
    for settled in (False, True):
        passage.settled = settled
        assert decides.same_person(passage, templates[HOPPER])
        assert not decides.same_person(passage, templates[COLLINS])


def test_a_stranger_who_takes_over_the_track_of_somebody_alerted_on_is_looked_at() -> None:
    """Both people stand at the very same place, one after the other, so that one track shows both."""
    ledger = PrivacyLedger()
    analyst = _analyst(recognition(HOPPER, COLLINS), ledger)
    alerts: list[Alert] = []
    for index in range(60):
        picture = cv2.resize(grace_hopper()[:512] if index < 20 else astronaut(), (512, 512))
        shown = main_face(picture.astype(np.uint8)).box.centre
        canvas = np.zeros((1200, 1200, 3), np.uint8)
        left, top = round(600 - shown[0]), round(600 - shown[1])
        canvas[top : top + 512, left : left + 512] = picture
        when = street_frame(street(), index)
        alerts += analyst.analyse(
            Frame("camera", index, 0.0, when.captured_at, ArrayFrameImage(canvas), media_time_s=index / 25)
        )
    analyst.end()
    assert [alert.person_id for alert in alerts] == [HOPPER, COLLINS]
    assert len({alert.track_id for alert in alerts}) == 2
    assert ledger.counts().balanced


def test_the_work_of_one_frame_is_bounded_in_a_crowd() -> None:
    head = main_face(astronaut()).box.grown(1.8).pixels(512, 512)
    cut = cv2.resize(astronaut()[head[1] : head[3], head[0] : head[2]], (140, 170))
    crowd = np.tile(cut, (720 // 170, 1280 // 140, 1)).astype(np.uint8)
    ledger = PrivacyLedger()
    analyst = _analyst(recognition(), ledger)
    whole = street_frame(street(), 0)
    analyst.analyse(Frame("camera", 0, 0.0, whole.captured_at, ArrayFrameImage(crowd)))
    assert analyst.counts.passages > MOST_LOOKS_PER_FRAME
    assert ledger.counts().created == MOST_LOOKS_PER_FRAME


def test_a_track_that_ends_leaves_no_template_in_memory() -> None:
    """In a process of its own, whose whole writable memory is then searched for the templates it made."""
    result = subprocess.run(
        [sys.executable, "-m", "tests.support.forgetting"],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert result.returncode == 0, result.stdout + result.stderr
    # The search finds what is there before it is asked to find nothing.
    assert "held: found" in result.stdout
    assert "ended: found 0" in result.stdout, result.stdout


class _SeesFaceAt(FaceDetector):
    """Takes one place of the picture for a face, from afar; looks closer as the real one does."""

    def __init__(self, face: Face) -> None:
        super().__init__(models().detector_session)
        self._taken_for_a_face = face
        self.closer_looks = 0

    def detect(self, pixels: ScalablePixels, zone: Zone | None = None) -> tuple[Face, ...]:
        return (self._taken_for_a_face,)

    def refine(self, pixels: Pixels, face: Face, *, found_at_scale: float | None = None) -> Face | None:
        self.closer_looks += 1
        return super().refine(pixels, face, found_at_scale=found_at_scale)


def _shoulder() -> Face:
    """The astronaut's orange suit: bright, sharp and textured enough to be of use, if it were a face."""
    x, y = main_face(astronaut()).box.centre
    return face_at(x + 80, y + 230, 60, confidence=0.9)


def _still(picture: BGRImage, at_s: float) -> Frame:
    captured_at = datetime(2026, 5, 1, tzinfo=UTC) + timedelta(seconds=at_s)
    return Frame("camera", 0, at_s, captured_at, ArrayFrameImage(picture), at_s)


def test_what_is_no_face_at_a_closer_look_gets_no_template() -> None:
    picture = astronaut()
    real, shoulder = main_face(picture), _shoulder()
    chip = align(ArrayFrameImage(picture), shoulder.landmarks)
    assert assess(shoulder, chip, picture.shape[1], picture.shape[0]).unified >= ShotPolicy().floor
    for face, created in ((shoulder, 0), (real, 1)):
        ledger = PrivacyLedger()
        analyst = Analyst("camera", detector=_SeesFaceAt(face), recognition=recognition(), ledger=ledger)
        analyst.analyse(_still(picture, 0.0))
        analyst.end()
        assert ledger.counts().created == created
        assert analyst.counts.failures_to_acquire == 1 - created


def test_what_was_no_face_at_a_closer_look_is_not_looked_at_closer_at_once() -> None:
    detector = _SeesFaceAt(_shoulder())
    analyst = Analyst("camera", detector=detector, recognition=recognition(), ledger=PrivacyLedger())
    looked = []
    for at_s in (0.0, 0.12, 0.24, 0.36, 0.48):
        analyst.analyse(_still(astronaut(), at_s))
        looked.append(detector.closer_looks)
    assert looked == [1, 1, 1, 2, 2]
