"""The terms an authority fixes, and the authority itself: the value that the hub's key signs."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from openlfr.policy.certificates import MatchingSetup, ThresholdCertificate, threshold_allowed
from openlfr.policy.identifiers import AuthorityId, CameraId, CertificateId, DeploymentId, NodeId, StaffId
from openlfr.policy.jurisdiction import JurisdictionProfile
from openlfr.policy.refusal import FieldProblem, Refusal
from openlfr.policy.text import LONGEST_NAME, text_problems
from openlfr.policy.watchlist import Category, ListLimits

MOST_CAMERAS = 256
MOST_OFFICERS = 1000


@dataclass(frozen=True, slots=True)
class Window:
    """The authorised time: from `start` up to but not including `end`, both aware."""

    start: datetime
    end: datetime

    def contains(self, moment: datetime) -> bool:
        return self.start <= moment < self.end


@dataclass(frozen=True, slots=True)
class Point:
    """A corner of a polygon. In a camera's zone, x and y are fractions of the picture's width and height, 0..1, y
    downwards; in a location's zone, x is the longitude and y the latitude in degrees (WGS 84)."""

    x: float
    y: float


Polygon = tuple[Point, ...]


@dataclass(frozen=True, slots=True)
class CameraTerms:
    """One camera: the node that runs it and its zone of recognition; faces outside the zone are never analysed."""

    camera: CameraId
    node: NodeId
    name: str
    zone: Polygon


@dataclass(frozen=True, slots=True)
class Conditions:
    """What the authorising officer asks for on top of the profile; a profile's demand cannot be waived here.

    `advance_notice`: where and when is told the public beforehand (R17). Not unless the officer says so, since a notice
    cannot be taken back; afterwards every deployment is published all the same.
    """

    blue_list_test: bool = False
    two_person_verification: bool = False
    advance_notice: bool = False


@dataclass(frozen=True, slots=True)
class Terms:
    """Who may be looked for, where, when and how surely: everything an authority fixes.

    `officers` are those on duty; one of them must have checked in for any frame to be analysed. `largest_watchlist` is
    the most people the list may hold.
    """

    cameras: tuple[CameraTerms, ...]
    window: Window
    categories: tuple[Category, ...]
    threshold: float
    setup: MatchingSetup
    certificate: CertificateId
    largest_watchlist: int
    officers: tuple[StaffId, ...]
    conditions: Conditions = Conditions()


class AuthorityBasis(StrEnum):
    """How the authority came about."""

    WRITTEN = "written"
    URGENT = "urgent"
    CHANGE = "change"


@dataclass(frozen=True, slots=True)
class Authority:
    """One decision; the hub's key signs it as a document. A deployment's are numbered from 1, and the highest holds.

    `review_by` is set on an urgent authority only: unless confirmed before, everything stops and is deleted.
    `external_reference` names the decision of a judge or independent body where the profile asks for one.
    """

    authority: AuthorityId
    deployment: DeploymentId
    sequence: int
    basis: AuthorityBasis
    decided_by: StaffId
    decided_at: datetime
    reason: str
    terms: Terms
    profile: str
    policy_version: str
    external_reference: str | None = None
    review_by: datetime | None = None


def list_limits(terms: Terms, profile: JurisdictionProfile) -> ListLimits:
    """What these terms ask of a watchlist as a whole."""
    return ListLimits(
        largest=terms.largest_watchlist,
        age=profile.watchlist_age,
        start=terms.window.start,
        last_day=terms.window.end.date(),
        categories=terms.categories,
        model_pack=terms.setup.model_pack,
        precision=terms.setup.precision,
    )


def polygon_problems(
    field: str, polygon: Polygon, x_range: tuple[float, float], y_range: tuple[float, float]
) -> Iterator[FieldProblem]:
    """Problems of a zone: at least three corners, at most 100, all within range, not all on one line."""
    if not 3 <= len(polygon) <= 100:
        yield FieldProblem(field, f"A zone has 3 to 100 corners; this has {len(polygon)}.")
        return
    if not all(x_range[0] <= p.x <= x_range[1] and y_range[0] <= p.y <= y_range[1] for p in polygon):
        yield FieldProblem(
            field,
            f"Every corner must lie within {x_range[0]:g}..{x_range[1]:g} across and "
            f"{y_range[0]:g}..{y_range[1]:g} down.",
        )
        return
    ahead = (*polygon[1:], polygon[0])
    if math.isclose(sum(a.x * b.y - b.x * a.y for a, b in zip(polygon, ahead, strict=True)), 0.0, abs_tol=1e-12):
        yield FieldProblem(field, "The corners of this zone enclose nothing.")


def terms_problems(
    terms: Terms, profile: JurisdictionProfile, certificate: ThresholdCertificate | None, rehearsal: bool, now: datetime
) -> Iterator[FieldProblem]:
    """Everything wrong with the terms; `certificate` is the one they name, None when the hub does not hold it."""
    yield from _camera_problems(terms.cameras)
    yield from _window_problems(terms.window, profile.longest_window, now)
    if rehearsal and terms.categories:
        yield FieldProblem("terms.categories", "A rehearsal looks for consenting people only and has no categories.")
    if not rehearsal and not terms.categories:
        yield FieldProblem("terms.categories", "Choose at least one category of people to look for.")
    if len(set(terms.categories)) != len(terms.categories):
        yield FieldProblem("terms.categories", "A category is named twice.")
    if not 1 <= terms.largest_watchlist <= profile.largest_watchlist:
        yield FieldProblem(
            "terms.largest_watchlist",
            f"The watchlist may hold 1 to {profile.largest_watchlist} people under this profile.",
        )
    if not 1 <= len(terms.officers) <= MOST_OFFICERS:
        yield FieldProblem("terms.officers", f"Name 1 to {MOST_OFFICERS} officers on duty.")
    if len(set(terms.officers)) != len(terms.officers):
        yield FieldProblem("terms.officers", "An officer is named twice.")
    if not 0.0 < terms.threshold <= 1.0:
        yield FieldProblem("terms.threshold", "A threshold lies above 0 and not above 1.")
    elif certificate is None or certificate.certificate != terms.certificate:
        yield FieldProblem("terms.certificate", "There is no such threshold certificate here; import it or calibrate.")
    else:
        verdict = threshold_allowed(certificate, terms.setup, terms.largest_watchlist, terms.threshold, now)
        if isinstance(verdict, Refusal):
            yield FieldProblem("terms.threshold", verdict.sentence)


def _camera_problems(cameras: tuple[CameraTerms, ...]) -> Iterator[FieldProblem]:
    if not 1 <= len(cameras) <= MOST_CAMERAS:
        yield FieldProblem("terms.cameras", f"Name 1 to {MOST_CAMERAS} cameras.")
    if len({each.camera for each in cameras}) != len(cameras):
        yield FieldProblem("terms.cameras", "A camera is named twice.")
    for number, camera in enumerate(cameras):
        field = f"terms.cameras.{number}"
        yield from text_problems(f"{field}.name", camera.name, longest=LONGEST_NAME)
        yield from polygon_problems(f"{field}.zone", camera.zone, (0.0, 1.0), (0.0, 1.0))


def _window_problems(window: Window, longest: timedelta, now: datetime) -> Iterator[FieldProblem]:
    if window.end <= window.start:
        yield FieldProblem("terms.window.end", "The end must come after the start.")
    elif window.end - window.start > longest:
        yield FieldProblem(
            "terms.window.end",
            f"A deployment may last {longest / timedelta(hours=1):g} hours at most under this profile.",
        )
    if window.end <= now:
        yield FieldProblem("terms.window.end", "The time window is over already.")
