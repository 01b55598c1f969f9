"""The tracker: links the faces of successive frames of one camera; one track is one passage of one person.

Works on positions and sizes alone. It never compares what faces look like, so that following somebody across a
picture needs no template of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from openlfr.vision.face import Face


@dataclass(frozen=True, slots=True)
class TrackerOptions:
    """Distances are in widths of the face itself: people far away move few pixels, near ones many.

    `reach`: how far from where it was expected a face may turn up. Raising it survives jerks and low frame rates,
    and swaps more people who cross. `reach_per_s`: added for each second since the track was last seen; a person
    crossing the picture on foot moves about nine face widths a second, so a track whose pace is not known yet gets that
    much, one whose pace is known less. `memory_s`: how long a track waits for its face to come back from behind
    something; longer joins more broken passages, and more strangers.

    `start_confidence`: a face must be this certain to start a track; a less certain one only continues a track, within
    `doubtful_reach` (Zhang et al., "ByteTrack", ECCV 2022). So a turned or covered face is followed on, and a pattern
    on a coat does not become a person.
    """

    reach: float = 0.5
    reach_per_s: float = 9.0
    reach_per_s_moving: float = 2.0
    longest_reach: float = 1.5
    doubtful_reach: float = 0.5
    start_confidence: float = 0.6
    size_ratio: float = 1.8
    memory_s: float = 1.0


@dataclass(frozen=True, slots=True)
class TrackUpdate:
    """What one frame did: which face continues or starts which track (the new ones last), and which are over."""

    followed: tuple[tuple[int, Face], ...]
    ended: tuple[int, ...]


class _Track:
    """Constant-velocity motion of one face; position in pixels, velocity in pixels a second."""

    __slots__ = ("face", "hits", "identifier", "seen_at_s", "velocity")

    def __init__(self, identifier: int, face: Face, at_s: float) -> None:
        self.identifier = identifier
        self.face = face
        self.seen_at_s = at_s
        self.velocity = np.zeros(2)
        self.hits = 1

    def expected(self, at_s: float) -> NDArray[np.float64]:
        # A face that is out of sight for long has probably not kept its pace: the assumed speed fades.
        gap = at_s - self.seen_at_s
        return np.array(self.face.box.centre) + self.velocity * min(gap, 0.6)

    def follow(self, face: Face, at_s: float) -> None:
        gap = at_s - self.seen_at_s
        if gap > 1e-6:
            seen = (np.array(face.box.centre) - np.array(self.face.box.centre)) / gap
            gain = 1.0 if self.hits == 1 else 0.5
            self.velocity += gain * (seen - self.velocity)
        self.face = face
        self.seen_at_s = at_s
        self.hits += 1


class Tracker:
    """Holds the tracks of one camera. Not thread-safe: one frame at a time, in order of capture."""

    def __init__(self, options: TrackerOptions | None = None) -> None:
        self._options = options or TrackerOptions()
        self._tracks: list[_Track] = []
        self._next = 1

    @property
    def alive(self) -> tuple[int, ...]:
        return tuple(track.identifier for track in self._tracks)

    def update(self, faces: Sequence[Face], at_s: float) -> TrackUpdate:
        """Assigns the faces of the frame captured at `at_s` (monotonic seconds) to tracks, or starts tracks for them.

        Certain faces choose first, then doubtful ones among the tracks left over. Each assignment has the least total
        cost over all its faces together (Kuhn, 1955), not the nearest first: two people who cross keep their tracks as
        long as either is nearer to its own path than the swap would be. A doubtful face of no track is left out.
        """
        ended = tuple(t.identifier for t in self._tracks if at_s - t.seen_at_s > self._options.memory_s)
        self._tracks = [t for t in self._tracks if t.identifier not in ended]
        certain = [face for face in faces if face.confidence >= self._options.start_confidence]
        doubtful = [face for face in faces if face.confidence < self._options.start_confidence]
        followed, waiting, new = self._assign(self._tracks, certain, at_s, self._options.longest_reach)
        followed_on, _, _ = self._assign(waiting, doubtful, at_s, self._options.doubtful_reach)
        followed += followed_on
        for face in new:
            self._tracks.append(_Track(self._next, face, at_s))
            followed.append((self._next, face))
            self._next += 1
        return TrackUpdate(tuple(followed), ended)

    def _assign(
        self, tracks: Sequence[_Track], faces: Sequence[Face], at_s: float, longest_reach: float
    ) -> tuple[list[tuple[int, Face]], list[_Track], list[Face]]:
        """Follows the tracks with the faces that fit them. Returns those, and the tracks and faces left over."""
        if not tracks or not faces:
            return [], list(tracks), list(faces)
        costs = self._costs(tracks, faces, at_s, longest_reach)
        possible = np.isfinite(costs)
        # Impossible pairs cost more than any possible assignment, and are dropped again below.
        lines, columns = linear_sum_assignment(np.where(possible, costs, 1e6))
        pairs = [(i, j) for i, j in zip(lines.tolist(), columns.tolist(), strict=True) if possible[i, j]]
        for i, j in pairs:
            tracks[i].follow(faces[j], at_s)
        taken_tracks, taken_faces = {i for i, _ in pairs}, {j for _, j in pairs}
        return (
            [(tracks[i].identifier, faces[j]) for i, j in pairs],
            [track for i, track in enumerate(tracks) if i not in taken_tracks],
            [face for j, face in enumerate(faces) if j not in taken_faces],
        )

    def end_all(self) -> tuple[int, ...]:
        """Ends every track: the camera stopped, or its picture changed so that positions mean nothing any more."""
        ended = self.alive
        self._tracks.clear()
        return ended

    def _costs(
        self, tracks: Sequence[_Track], faces: Sequence[Face], at_s: float, longest_reach: float
    ) -> NDArray[np.float64]:
        """Distance in face widths plus change of size, (tracks, faces); infinite where a face cannot be the track's."""
        options = self._options
        gaps = np.array([max(at_s - track.seen_at_s, 0.0) for track in tracks])
        expected = np.array([track.expected(at_s) for track in tracks])
        per_s = np.array([options.reach_per_s if t.hits == 1 else options.reach_per_s_moving for t in tracks])
        old = np.array([max(track.face.box.size, 1.0) for track in tracks])
        new = np.array([max(face.box.size, 1.0) for face in faces])
        apart = np.linalg.norm(np.array([face.box.centre for face in faces])[None] - expected[:, None], axis=2)
        distance = apart / np.maximum(old[:, None], new[None])
        growth = np.abs(np.log(new[None] / old[:, None]))
        reach = np.minimum(options.reach + per_s * gaps, longest_reach)
        # Being long unseen costs a little, so that of two candidates the track that was there a moment ago wins.
        costs = distance + growth + 0.2 * gaps[:, None]
        return np.where((distance <= reach[:, None]) & (growth <= np.log(options.size_ratio)), costs, np.inf)
