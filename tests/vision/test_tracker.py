"""Tracking: who is followed through what, as a grid of behaviours, and what holds for any faces whatever."""

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.faces import face_at

from openlfr.vision.face import Face
from openlfr.vision.tracker import Tracker, TrackerOptions

Walk = Callable[[float], tuple[float, float, float]]
"""Seconds to x, y and size of one person's face, pixels."""


def straight(x: float, y: float, vx: float, vy: float = 0.0, size: float = 40, growth_per_s: float = 1.0) -> Walk:
    return lambda t: (x + vx * t, y + vy * t, size * growth_per_s**t)


def tracks_of(
    walks: Sequence[Walk],
    *,
    fps: float,
    seconds: float,
    missed: Callable[[int, float], bool] = lambda *_: False,
    jitter_px: float = 0.0,
) -> list[list[int]]:
    """Runs a tracker over people walking; for each of them the tracks they were given, without repetition."""
    tracker = Tracker()
    rng = np.random.default_rng(1)
    given_tracks: list[list[int]] = [[] for _ in walks]
    for frame in range(round(seconds * fps)):
        t = frame / fps
        faces: list[tuple[int, Face]] = []
        for person, walk in enumerate(walks):
            x, y, size = walk(t)
            if not missed(person, t):
                dx, dy = rng.normal(0, jitter_px, 2) if jitter_px else (0.0, 0.0)
                faces.append((person, face_at(x + dx, y + dy, size)))
        rng.shuffle(faces)
        owner = {id(face): person for person, face in faces}
        for track, face in tracker.update([face for _, face in faces], t).followed:
            tracks = given_tracks[owner[id(face)]]
            if track not in tracks:
                tracks.append(track)
    return given_tracks


@pytest.mark.parametrize("fps", [5, 8, 12, 25])
@pytest.mark.parametrize(
    "walk",
    [
        straight(100, 200, 0),
        straight(0, 200, 80),
        straight(0, 200, 160),
        straight(0, 100, 60, 60),
        straight(600, 100, -100, 20),
        straight(300, 100, 5, 20, size=20, growth_per_s=1.6),
        straight(300, 300, 0, -20, size=120, growth_per_s=0.7),
    ],
    ids=["standing", "walking", "hurrying", "across and down", "leftwards", "coming nearer", "going away"],
)
def test_one_person_has_one_track(walk: Walk, fps: float) -> None:
    assert [len(tracks) for tracks in tracks_of([walk], fps=fps, seconds=4, jitter_px=1.0)] == [1]


@pytest.mark.parametrize("fps", [8, 12, 25])
@pytest.mark.parametrize("gap_s", [0.1, 0.3, 0.5], ids="unseen for {} s".format)
def test_a_person_hidden_for_a_moment_keeps_the_track(fps: float, gap_s: float) -> None:
    (tracks,) = tracks_of(
        [straight(0, 200, 80)], fps=fps, seconds=4, missed=lambda _, t: 2 <= t < 2 + gap_s, jitter_px=1.0
    )
    assert len(tracks) == 1


def test_a_person_gone_for_longer_than_the_memory_is_a_new_passage() -> None:
    (tracks,) = tracks_of([straight(100, 200, 0)], fps=10, seconds=5, missed=lambda _, t: 1 <= t < 2.5)
    assert len(tracks) == 2


@pytest.mark.parametrize("fps", [8, 12, 25])
@pytest.mark.parametrize(
    ("walks", "hidden_s"),
    [
        ((straight(0, 200, 80), straight(400, 230, -80)), 0.0),
        ((straight(0, 100, 60, 40), straight(300, 115, -60, 40)), 0.0),
        ((straight(0, 200, 80), straight(400, 205, -80)), 0.3),
        ((straight(0, 200, 120), straight(120, 210, 60)), 0.0),
    ],
    ids=["passing by each other", "diagonally", "one behind the other for a moment", "overtaking"],
)
def test_people_who_cross_keep_their_tracks(walks: tuple[Walk, Walk], hidden_s: float, fps: float) -> None:
    def missed(person: int, t: float) -> bool:
        return person == 1 and abs(t - 2.5) < hidden_s / 2

    one, other = tracks_of(walks, fps=fps, seconds=4.5, missed=missed)
    assert len(one) == len(other) == 1
    assert one != other


def test_a_crowd_in_rows_keeps_one_track_each() -> None:
    walks = [straight(60 * column, 70 * row, 30, size=35) for row in range(8) for column in range(10)]
    tracks = tracks_of(walks, fps=10, seconds=3, jitter_px=1.0)
    assert all(len(own) == 1 for own in tracks)
    assert len({own[0] for own in tracks}) == 80


def test_every_tenth_detection_missing_breaks_no_track() -> None:
    rng = np.random.default_rng(3)
    walks = [straight(90 * i, 200, 40) for i in range(6)]
    lost = {(person, frame) for person in range(6) for frame in range(1, 40) if rng.random() < 0.1}
    tracks = tracks_of(
        walks, fps=10, seconds=4, missed=lambda person, t: (person, round(t * 10)) in lost, jitter_px=1.0
    )
    assert [len(own) for own in tracks] == [1] * 6


def test_a_face_far_from_every_track_starts_its_own() -> None:
    tracker = Tracker()
    ((first, _),) = tracker.update([face_at(100, 100, 40)], 0.0).followed
    ((second, _),) = tracker.update([face_at(400, 100, 40)], 0.04).followed
    assert first != second


def test_a_face_of_quite_another_size_at_the_same_place_starts_its_own() -> None:
    tracker = Tracker()
    ((first, _),) = tracker.update([face_at(100, 100, 20)], 0.0).followed
    ((second, _),) = tracker.update([face_at(100, 100, 80)], 0.04).followed
    assert first != second


def test_the_assignment_is_the_best_over_all_and_not_the_nearest_first() -> None:
    # The right face is nearer to the left track than the left face is; taking it first would lose both.
    tracker = Tracker()
    tracker.update([face_at(100, 100, 40), face_at(126, 100, 40)], 0.0)
    update = tracker.update([face_at(88, 100, 40), face_at(112, 100, 40)], 0.04)
    assert {track: face.box.centre[0] for track, face in update.followed} == pytest.approx({1: 88, 2: 112})


def test_a_doubtful_face_continues_a_track_and_starts_none() -> None:
    tracker = Tracker()
    assert tracker.update([face_at(100, 100, 40, confidence=0.5)], 0.0).followed == ()
    ((track, _),) = tracker.update([face_at(100, 100, 40)], 0.1).followed
    ((again, _),) = tracker.update([face_at(102, 100, 40, confidence=0.45)], 0.2).followed
    assert again == track
    assert tracker.update([face_at(300, 100, 40, confidence=0.5)], 0.3).followed == ()


def test_a_certain_face_chooses_before_a_doubtful_one() -> None:
    tracker = Tracker()
    tracker.update([face_at(100, 100, 40)], 0.0)
    certain, doubtful = face_at(110, 100, 40), face_at(101, 100, 40, confidence=0.5)
    ((_, face),) = tracker.update([doubtful, certain], 0.1).followed
    assert face is certain


def test_a_doubtful_face_reaches_less_far() -> None:
    tracker = Tracker()
    tracker.update([face_at(100, 100, 40)], 0.0)
    assert tracker.update([face_at(130, 100, 40, confidence=0.5)], 0.2).followed == ()
    assert len(tracker.update([face_at(130, 100, 40)], 0.25).followed) == 1


def test_ending_all_names_every_track_once_and_forgets_their_places() -> None:
    tracker = Tracker()
    tracker.update([face_at(100, 100, 40), face_at(300, 100, 40)], 0.0)
    assert tracker.end_all() == (1, 2)
    assert tracker.end_all() == ()
    ((track, _),) = tracker.update([face_at(100, 100, 40)], 0.1).followed
    assert track == 3


def test_a_track_ends_after_the_memory_and_not_before() -> None:
    tracker = Tracker(TrackerOptions(memory_s=1.0))
    tracker.update([face_at(100, 100, 40)], 10.0)
    assert tracker.update([], 11.0).ended == ()
    assert tracker.update([], 11.01).ended == (1,)
    assert tracker.alive == ()


def test_two_frames_of_the_same_moment_do_no_harm() -> None:
    tracker = Tracker()
    tracker.update([face_at(100, 100, 40)], 5.0)
    tracker.update([face_at(104, 100, 40)], 5.0)
    ((track, _),) = tracker.update([face_at(104, 100, 40)], 5.1).followed
    assert track == 1


any_faces = st.lists(
    st.builds(face_at, st.floats(0, 300), st.floats(0, 300), st.floats(0.5, 200), st.floats(0.3, 1.0)), max_size=6
)


@given(st.lists(st.tuples(st.floats(0, 2), any_faces), max_size=12))
def test_whatever_the_faces_each_has_one_track_and_each_track_ends_once(
    frames: list[tuple[float, list[Face]]],
) -> None:
    tracker = Tracker()
    started: set[int] = set()
    ended: list[int] = []
    at_s = 0.0
    for gap_s, faces in frames:
        at_s += gap_s
        update = tracker.update(faces, at_s)
        ended += update.ended
        tracks = [track for track, _ in update.followed]
        assert len(set(tracks)) == len(tracks)
        followed = [id(face) for _, face in update.followed]
        assert len(set(followed)) == len(followed)
        certain = {id(face) for face in faces if face.confidence >= TrackerOptions().start_confidence}
        assert certain <= set(followed) <= {id(face) for face in faces}
        new = [track for track in tracks if track not in started]
        assert all(track > max(started, default=0) for track in new)
        assert tracks[len(tracks) - len(new) :] == new
        assert not set(tracks) & set(ended)
        started |= set(tracks)
        assert set(tracker.alive) == started - set(ended)
    ended += tracker.end_all()
    assert sorted(ended) == sorted(started)
