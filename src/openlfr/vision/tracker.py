"""The tracker: links the faces of successive frames of one camera; one track is one passage of one person.

Works on positions and sizes alone. It never compares what faces look like, so that following somebody across a
picture needs no template of them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from openlfr.vision.face import Face


@dataclass(frozen=True, slots=True)
class TrackerOptions:
    """Distances are in widths of the face itself: people far away move few pixels, near ones many.

    `reach`: how far from where it was expected a face may turn up. Raising it survives jerks and low frame rates,
    and swaps more people who cross. `reach_per_s`: added for each second since the track was last seen; a person
    crossing the picture on foot moves about nine face widths a second. `memory_s`: how long a track waits for its face
    to come back from behind something; longer joins more broken passages, and more strangers.
    """

    reach: float = 0.5
    reach_per_s: float = 9.0
    reach_per_s_moving: float = 4.0
    longest_reach: float = 2.5
    size_ratio: float = 1.8
    memory_s: float = 1.0


@dataclass(frozen=True, slots=True)
class TrackUpdate:
    """What one frame did: which face continues or starts which track, and which tracks are over."""

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

    def expected(self, at_s: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
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
        """Assigns each face of the frame captured at `at_s` (monotonic seconds) to a track or starts one.

        The assignment has the least total cost over all faces together (Kuhn, 1955), not the nearest first: two people
        who cross keep their tracks as long as either is nearer to its own path than the swap would be.
        """
        ended = tuple(t.identifier for t in self._tracks if at_s - t.seen_at_s > self._options.memory_s)
        self._tracks = [t for t in self._tracks if t.identifier not in ended]
        costs = np.array([[self._cost(track, face, at_s) for face in faces] for track in self._tracks])
        followed: list[tuple[int, Face]] = []
        taken: set[int] = set()
        if costs.size:
            # Impossible pairs cost more than any possible assignment, and are dropped again below.
            impossible = 1e6
            lines, columns = linear_sum_assignment(np.where(np.isfinite(costs), costs, impossible))
            for line, column in zip(lines.tolist(), columns.tolist(), strict=True):
                if np.isfinite(costs[line, column]):
                    self._tracks[line].follow(faces[column], at_s)
                    followed.append((self._tracks[line].identifier, faces[column]))
                    taken.add(column)
        for index, face in enumerate(faces):
            if index not in taken:
                self._tracks.append(_Track(self._next, face, at_s))
                followed.append((self._next, face))
                self._next += 1
        return TrackUpdate(tuple(followed), ended)

    def end_all(self) -> tuple[int, ...]:
        """Ends every track: the camera stopped, or its picture changed so that positions mean nothing any more."""
        ended = self.alive
        self._tracks.clear()
        return ended

    def _cost(self, track: _Track, face: Face, at_s: float) -> float:
        """Distance in face widths plus the change of size; infinite where the face cannot be this track's."""
        options = self._options
        gap = max(at_s - track.seen_at_s, 0.0)
        size = max(track.face.box.size, face.box.size, 1.0)
        distance = float(np.hypot(*(np.array(face.box.centre) - track.expected(at_s)))) / size
        per_s = options.reach_per_s if track.hits == 1 else options.reach_per_s_moving
        growth = abs(np.log(max(face.box.size, 1.0) / max(track.face.box.size, 1.0)))
        if distance > min(options.reach + per_s * gap, options.longest_reach) or growth > np.log(options.size_ratio):
            return float("inf")
        # Being long unseen costs a little, so that of two candidates the track that was there a moment ago wins.
        return distance + float(growth) + 0.2 * gap
