import cv2
import numpy as np
import pytest
from tests.support.clips import numbered_picture
from tests.support.evaluation_data import evaluation_data

from openlfr.capture.health import (
    BLURRED_EDGE_WIDTH_PX,
    CLOCK_JUMP_S,
    CLOCK_JUMP_SHOWN_S,
    FROZEN_AFTER_S,
    LASTING_S,
    LOOK_EVERY_S,
    Glance,
    HealthIssue,
    HealthMonitor,
    edge_width_px,
    glance_at,
    is_blurred,
    is_covered,
    is_dark,
    is_overexposed,
    is_same_picture,
)
from openlfr.capture.images import ArrayFrameImage, Pixels
from openlfr.capture.source import Picture
from openlfr.capture.sources import open_source


def _street(number: int = 0) -> Pixels:
    """Walls, windows and signs: patches with hard edges, 640 x 360."""
    rng = np.random.default_rng(number)
    patches = rng.integers(20, 235, (9, 16, 3), np.uint8)
    return np.asarray(cv2.resize(patches, (640, 360), interpolation=cv2.INTER_NEAREST), np.uint8)


def _defocused(picture: Pixels, sigma_px: float) -> Pixels:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma_px), np.uint8)


def _glance(picture: Pixels) -> Glance:
    return glance_at(ArrayFrameImage(picture))


def _dimmed(picture: Pixels, gain: float, offset: float = 0.0) -> Pixels:
    return np.asarray(np.clip(picture * gain + offset, 0, 255).astype(np.uint8))


def test_a_glance_keeps_a_thumbnail_and_a_band_at_full_width() -> None:
    glance = _glance(_street())
    assert glance.thumbnail.shape == (36, 64)
    assert glance.band.shape == (96, 640)
    expected = cv2.cvtColor(_street()[132:228], cv2.COLOR_BGR2GRAY)
    np.testing.assert_array_equal(glance.band, expected)


def test_a_picture_smaller_than_the_band_is_looked_at_whole() -> None:
    assert _glance(numbered_picture(0, 320, 40)).band.shape == (40, 320)


@pytest.mark.parametrize(("gain", "dark"), [(1.0, False), (0.5, False), (0.15, True), (0.02, True)])
def test_darkness(gain: float, dark: bool) -> None:
    assert is_dark(_glance(_dimmed(_street(), gain)).thumbnail) is dark


@pytest.mark.parametrize(("offset", "overexposed"), [(0, False), (60, False), (230, True)])
def test_overexposure(offset: float, overexposed: bool) -> None:
    assert is_overexposed(_glance(_dimmed(_street(), 1.0, offset)).thumbnail) is overexposed


@pytest.mark.parametrize("tone", [0, 90, 255])
def test_a_lens_behind_a_hand_or_a_cap_is_covered(tone: int) -> None:
    rng = np.random.default_rng(0)
    hand = np.clip(rng.normal(tone, 4, (360, 640, 3)), 0, 255).astype(np.uint8)
    assert is_covered(_glance(hand).thumbnail)
    assert not is_covered(_glance(_street()).thumbnail)


def test_fog_is_not_a_covered_lens() -> None:
    assert not is_covered(_glance(_dimmed(_street(), 0.35, 130)).thumbnail)


def test_edges_grow_wider_with_every_pixel_out_of_focus_and_not_with_contrast_or_noise() -> None:
    street = _street()
    by_defocus = [edge_width_px(_glance(_defocused(street, sigma)).band) for sigma in (0.5, 1.0, 2.0, 3.0, 4.0)]
    widths = [width for width in by_defocus if width is not None]
    assert len(widths) == 5
    assert widths == sorted(widths)
    assert widths[1] < 4
    assert widths[-1] > BLURRED_EDGE_WIDTH_PX
    # A step smeared by a Gaussian is sigma * sqrt(2 pi) wide where it is steepest.
    assert widths[2] == pytest.approx(2 * np.sqrt(2 * np.pi), rel=0.1)
    rng = np.random.default_rng(0)
    soft = _defocused(street, 2.0)
    for changed in (_dimmed(soft, 0.5, 60), np.clip(soft + rng.normal(0, 3, soft.shape), 0, 255).astype(np.uint8)):
        assert edge_width_px(_glance(changed).band) == pytest.approx(widths[2], rel=0.15)


def test_focus_is_not_judged_by_an_empty_road() -> None:
    empty = np.full((96, 640), 128, np.uint8)
    assert edge_width_px(empty) is None
    assert not is_blurred(empty)
    assert edge_width_px(np.zeros((40, 20), np.uint8)) is None


@pytest.mark.parametrize(
    "name", ["street_crowd_640x360.mp4", "uk_street_1280x720.mp4", "no_faces_768x432.mp4", "walk_and_pause_480x270.gif"]
)
def test_real_street_video_is_healthy_and_shows_each_fault_done_to_it(name: str) -> None:
    connection = open_source(str(evaluation_data("video", name))).open()
    pictures = [item for item in (connection.read() for _ in range(60)) if isinstance(item, Picture)]
    connection.close()
    for picture in pictures[:: len(pictures) // 3]:
        glance = glance_at(picture.image)
        assert not is_dark(glance.thumbnail)
        assert not is_overexposed(glance.thumbnail)
        assert not is_covered(glance.thumbnail)
        assert not is_blurred(glance.band)
        whole = picture.image.region(0, 0, picture.image.width, picture.image.height)
        assert is_blurred(_glance(_defocused(whole, 5)).band)
        assert is_dark(_glance(_dimmed(whole, 0.15)).thumbnail)
        assert is_covered(_glance(_dimmed(whole, 0.03, 100)).thumbnail)
    first, later = glance_at(pictures[0].image), glance_at(pictures[-1].image)
    assert is_same_picture(first.band, first.band.copy())
    assert not is_same_picture(first.band, later.band)


def _watch(monitor: HealthMonitor, pictures: list[Pixels], *, from_s: float = 0.0) -> float:
    """Show the monitor a picture each second; the time of the last."""
    now_s = from_s
    for number, picture in enumerate(pictures):
        now_s = from_s + number * LOOK_EVERY_S
        monitor.look(_glance(picture), now_s, now_s)
    return now_s


def test_a_healthy_camera_has_no_issues() -> None:
    monitor = HealthMonitor(judges_time=True)
    now_s = _watch(monitor, [_street(number) for number in range(30)])
    assert monitor.issues(now_s) == frozenset()


@pytest.mark.parametrize(
    ("issue", "picture"),
    [
        (HealthIssue.DARK, _dimmed(_street(), 0.15)),
        (HealthIssue.OVEREXPOSED, _dimmed(_street(), 1.0, 180)),
        (HealthIssue.BLURRED, _defocused(_street(), 4)),
        (HealthIssue.COVERED, np.full((360, 640, 3), 120, np.uint8)),
    ],
)
def test_a_fault_is_told_once_it_lasts_and_forgotten_once_it_passes(issue: HealthIssue, picture: Pixels) -> None:
    monitor = HealthMonitor(judges_time=False)
    now_s = _watch(monitor, [picture] * 5)
    assert now_s < LASTING_S
    assert monitor.issues(now_s) == frozenset()
    now_s = _watch(monitor, [picture] * 2, from_s=now_s + 1)
    assert monitor.issues(now_s) == {issue}
    now_s = _watch(monitor, [_street()], from_s=now_s + 1)
    assert monitor.issues(now_s) == frozenset()


def test_a_camera_that_repeats_one_picture_is_frozen() -> None:
    monitor = HealthMonitor(judges_time=True)
    now_s = _watch(monitor, [_street()] * 10)
    assert monitor.issues(now_s) == frozenset()
    now_s = _watch(monitor, [_street()] * 3, from_s=now_s + 1)
    assert now_s - 1 >= FROZEN_AFTER_S
    assert monitor.issues(now_s) == {HealthIssue.FROZEN}
    now_s = _watch(monitor, [_street(1)], from_s=now_s + 1)
    assert monitor.issues(now_s) == frozenset()


def test_a_still_street_under_a_sensors_noise_is_not_frozen() -> None:
    rng = np.random.default_rng(0)
    monitor = HealthMonitor(judges_time=True)
    street = _street().astype(np.float64)
    noisy = [np.clip(np.rint(street + rng.normal(0, 0.5, street.shape)), 0, 255).astype(np.uint8) for _ in range(20)]
    assert monitor.issues(_watch(monitor, noisy)) == frozenset()


def test_a_recording_may_stand_still() -> None:
    monitor = HealthMonitor(judges_time=False)
    assert monitor.issues(_watch(monitor, [_street()] * 30)) == frozenset()


@pytest.mark.parametrize(("jump_s", "told"), [(CLOCK_JUMP_S + 0.5, True), (-3600.0, True), (CLOCK_JUMP_S - 0.5, False)])
def test_a_jump_of_the_cameras_clock_is_told_for_a_while(jump_s: float, told: bool) -> None:
    monitor = HealthMonitor(judges_time=True)
    for second in range(3):
        monitor.look(_glance(_street(second)), second, second)
    for second in range(3, 6):
        monitor.look(_glance(_street(second)), second, second + jump_s)
    assert (HealthIssue.CLOCK_JUMP in monitor.issues(6.0)) is told
    assert HealthIssue.CLOCK_JUMP not in monitor.issues(3.0 + CLOCK_JUMP_SHOWN_S)


def test_a_new_connection_begins_with_a_new_clock() -> None:
    monitor = HealthMonitor(judges_time=True)
    monitor.look(_glance(_street(0)), 100.0, 100.0)
    monitor.connection_began()
    monitor.look(_glance(_street(1)), 130.0, 0.0)
    assert monitor.issues(130.0) == frozenset()


def test_rates_are_averages_over_the_last_seconds_and_fall_to_nothing_when_frames_stop() -> None:
    monitor = HealthMonitor(judges_time=True)
    assert monitor.rates(0.0, 0, 0) == (0.0, 0.0)
    for second in range(20):
        monitor.count(second, decoded=25 * second, taken=10 * second)
    assert monitor.rates(19.5, decoded=25 * 19 + 12, taken=10 * 19 + 5) == pytest.approx((25, 10), rel=0.02)
    assert monitor.rates(23.5, decoded=25 * 19, taken=10 * 19) == (0.0, 0.0)
    assert monitor.rates(60.0, decoded=25 * 19, taken=10 * 19) == (0.0, 0.0)


def test_a_look_is_due_once_a_second() -> None:
    monitor = HealthMonitor(judges_time=True)
    assert monitor.is_due(0.0)
    monitor.look(_glance(_street()), 0.0, 0.0)
    assert not monitor.is_due(LOOK_EVERY_S * 0.9)
    assert monitor.is_due(LOOK_EVERY_S)
