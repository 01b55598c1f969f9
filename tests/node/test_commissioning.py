"""The check of a camera: what it measures of known pictures, when it stops, and that it keeps nothing of anybody."""

import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import cv2
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.faces import astronaut, grace_hopper, main_face, models

from openlfr.capture.camera import CameraCounts
from openlfr.capture.frame import Frame
from openlfr.capture.health import HealthIssue
from openlfr.capture.images import ArrayFrameImage
from openlfr.capture.source import DropReason
from openlfr.link.messages import CameraSettings, CheckWanted
from openlfr.node.commissioning import CameraCheck, bins, check_detector, spread
from openlfr.node.preview import Preview
from openlfr.policy.authority import Point, Polygon
from openlfr.policy.camera_check import EYE_PX_EDGES, REASON_WORDS, CheckFigures, CheckSubject, CheckVerdict, report_of
from openlfr.policy.identifiers import CameraId
from openlfr.vision.face import BGRImage
from openlfr.vision.quality import QualityMeasure

CAMERA = CameraId("camera")
STARTED = datetime(2026, 5, 1, 9, tzinfo=UTC)
NOTHING_DROPPED = CameraCounts(100, 100, {}, 0)


class Clock:
    def __init__(self) -> None:
        self.elapsed_s = 0.0

    def monotonic_s(self) -> float:
        return 1000.0 + self.elapsed_s

    def utc(self) -> datetime:
        return STARTED + timedelta(seconds=self.elapsed_s)

    def wait(self, seconds: float, cancelled: threading.Event) -> bool:
        raise AssertionError("A check never waits.")


class Checked:
    """A check, and the pictures a test shows it."""

    def __init__(self, *, seconds: int = 30, zone: Polygon = ()) -> None:
        self.clock = Clock()
        self.sent: list[bytes] = []
        settings = CameraSettings(CAMERA, "North End", "rtsp://camera", 60, zone)
        preview = Preview(models().detector_session, self.clock.monotonic_s, self.sent.append)
        wanted = CheckWanted("check", CAMERA, seconds, STARTED + timedelta(seconds=seconds + 20))
        self.allowed = True
        self.check = CameraCheck(
            wanted,
            settings,
            allowed=lambda: self.allowed,
            detector=check_detector(models(), settings),
            preview=preview,
            clock=self.clock,
        )

    def show(self, picture: BGRImage, at_s: float) -> None:
        self.clock.elapsed_s = at_s
        when = self.clock.monotonic_s()
        self.check.analyse(Frame(CAMERA, round(at_s * 10), when, self.clock.utc(), ArrayFrameImage(picture)))

    def figures(self) -> CheckFigures:
        return self.check.figures(NOTHING_DROPPED, ())


def three_people(eye_px: float = 45.0) -> BGRImage:
    """A picture of 1920 x 1080 with three faces, whose eyes are so far apart."""
    picture = np.full((1080, 1920, 3), 110, np.uint8)
    for place, portrait in enumerate((grace_hopper(), astronaut(), grace_hopper()[:, ::-1].copy())):
        face = main_face(portrait)
        factor = eye_px / float(np.hypot(*(face.landmarks[1] - face.landmarks[0])))
        left, top, right, bottom = face.box.grown(1.8).pixels(portrait.shape[1], portrait.shape[0])
        small = cv2.resize(portrait[top:bottom, left:right], None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA)
        x, y = 150 + 600 * place, 400
        picture[y : y + small.shape[0], x : x + small.shape[1]] = small
    return picture


def measured(change: Callable[[BGRImage], BGRImage], *, zone: Polygon = (), eye_px: float = 45.0) -> CheckFigures:
    checked = Checked(zone=zone)
    picture = change(three_people(eye_px))
    for second in range(5):
        checked.show(picture, second * 0.8)
    return checked.figures()


def said(figures: CheckFigures, subject: CheckSubject) -> tuple[CheckVerdict, str]:
    (row,) = (each for each in report_of(figures).rows if each.subject is subject)
    return row.verdict, row.advice


def test_faces_that_are_large_sharp_and_well_lit_are_told_as_such() -> None:
    figures = measured(lambda picture: picture)
    assert (figures.passages, figures.clear, figures.passed, figures.too_small) == (3, 3, 3, 0)
    assert (figures.width, figures.height, figures.analysed) == (1920, 1080, 5)
    assert 40 <= figures.eye_px.p50 <= 50
    assert sum(figures.eye_px_bins) == 3
    for subject in (CheckSubject.FACE_SIZE, CheckSubject.SHARPNESS, CheckSubject.LIGHT, CheckSubject.GATE):
        assert said(figures, subject) == (CheckVerdict.GOOD, ""), subject


def test_a_dark_picture_brings_advice_on_light_a_blurred_one_on_focus_and_small_faces_on_distance() -> None:
    dark = measured(lambda picture: (picture * 0.1).astype(np.uint8))
    assert said(dark, CheckSubject.LIGHT)[0] is CheckVerdict.POOR
    assert "too dark: add light" in said(dark, CheckSubject.LIGHT)[1]
    blurred = measured(lambda picture: np.asarray(cv2.GaussianBlur(picture, (0, 0), 5.0), np.uint8))
    assert said(blurred, CheckSubject.SHARPNESS)[0] is not CheckVerdict.GOOD
    assert "focus on where people walk" in said(blurred, CheckSubject.SHARPNESS)[1]
    small = measured(lambda picture: picture, eye_px=26.0)
    verdict, advice = said(small, CheckSubject.FACE_SIZE)
    assert verdict is not CheckVerdict.GOOD
    assert "32 wanted: bring the camera closer" in advice
    assert small.too_small == 3
    assert small.passed == 0
    assert small.reasons[0].measure == "InterEyeDistance"


def test_a_face_before_a_bright_window_is_told_from_a_dark_one() -> None:
    def before_a_window(picture: BGRImage) -> BGRImage:
        lit = np.full_like(picture, 250)
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
        people = cv2.dilate((grey != 110).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
        for place in range(3):
            # Only the face itself stays dark; what is around it in the portrait is the window already.
            x, y = 150 + 600 * place, 400
            rows, columns = np.flatnonzero(people[:, x : x + 500].any(1)), np.flatnonzero(people[y + 20, x : x + 500])
            height, width = rows[-1] - rows[0], columns[-1] - columns[0]
            centre = (x + width // 2, int(rows[0] + height // 2))
            mask = np.zeros(grey.shape, np.uint8)
            cv2.ellipse(mask, centre, (int(width * 0.3), int(height * 0.34)), 0, 0, 360, 1, -1)
            lit[mask > 0] = (picture[mask > 0] * 0.35).astype(np.uint8)
        return lit

    figures = measured(before_a_window)
    assert figures.back_lit == figures.clear >= 2
    assert figures.dark == 0


def test_faces_outside_the_zone_are_counted_and_not_measured() -> None:
    left_half = (Point(0.0, 0.0), Point(0.3, 0.0), Point(0.3, 1.0), Point(0.0, 1.0))
    figures = measured(lambda picture: picture, zone=left_half)
    assert (figures.faces, figures.in_zone, figures.passages) == (15, 5, 1)
    assert figures.zone_drawn


def test_a_passage_that_has_just_begun_does_not_count_yet_and_one_that_is_over_does() -> None:
    checked = Checked()
    picture = three_people()
    checked.show(picture, 0.0)
    checked.show(picture, 0.8)
    assert checked.figures().passages == 0
    checked.show(np.zeros_like(picture), 4.0)
    figures = checked.figures()
    assert (figures.passages, figures.clear) == (3, 3)
    checked.show(picture, 5.0)
    checked.check.end()  # those have only just come into sight
    assert checked.figures().passages == 3


def test_a_check_asks_before_every_frame_and_stops_after_its_time_and_at_its_deadline_in_any_case() -> None:
    checked = Checked(seconds=10)
    picture = three_people()
    checked.show(picture, 5.0)
    checked.show(picture, 14.9)
    assert (checked.check.has_begun, checked.check.is_over, checked.check.counts.frames) == (True, False, 2)
    checked.show(picture, 15.0)
    checked.show(picture, 16.0)
    assert (checked.check.is_over, checked.check.counts.frames) == (True, 2)
    assert checked.figures().seconds == 10.0

    refused = Checked()
    refused.allowed = False
    refused.show(picture, 0.0)
    assert refused.check.counts.frames == 0

    late = Checked(seconds=10)
    late.show(picture, 30.0)  # the first picture comes when the deadline has passed
    assert (late.check.is_over, late.check.counts.frames) == (True, 0)


def test_it_is_looked_through_while_it_is_checked_and_faces_are_measured_ten_times_a_second_at_the_most() -> None:
    checked = Checked()
    checked.check._preview.wanted = True
    blank = np.zeros((360, 640, 3), np.uint8)
    for frame in range(26):
        checked.show(blank, frame / 25)
    assert checked.check.counts.frames <= 11
    assert checked.sent


def test_what_the_camera_itself_lost_counts_and_what_this_machine_left_out_does_not() -> None:
    checked = Checked()
    dropped = {DropReason.CORRUPT: 3, DropReason.BEHIND: 2, DropReason.OVERWRITTEN: 90, DropReason.THINNED: 9}
    figures = checked.check.figures(CameraCounts(200, 110, dropped, 2), [HealthIssue.FROZEN, HealthIssue.DARK])
    assert (figures.decoded, figures.lost, figures.reconnects) == (200, 5, 2)
    assert figures.issues == ("dark", "frozen")


@settings(deadline=None)
@given(st.lists(st.integers(0, 200), min_size=1, max_size=60))
def test_percentiles_and_bins_are_those_of_the_numbers_themselves(numbers: list[int]) -> None:
    found = spread(Counter(numbers))
    for percent, value in ((10, found.p10), (50, found.p50), (90, found.p90)):
        # Nearest rank: the smallest of the numbers that so many of them do not exceed.
        assert value == min(each for each in numbers if sum(n <= each for n in numbers) * 100 >= percent * len(numbers))
    edges = (0, *EYE_PX_EDGES, 10_000)
    counted = [sum(low <= n < high for n in numbers) for low, high in pairwise(edges)]
    assert list(bins(Counter(numbers))) == counted


def test_every_measure_of_quality_has_words_for_a_report() -> None:
    assert set(REASON_WORDS) == {measure.value for measure in QualityMeasure}
