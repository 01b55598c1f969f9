"""A demonstration: a rehearsal with every step of a real deployment, each done by the person whose step it is.

Nothing is set aside for it. Six made-up members of staff apply, authorise, build and approve a list of one consenting
tester, brief, check in and go live, through the same services and rules as everybody; the audit log tells it.
"""

import csv
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Final, TypeVar

from openlfr.hub.services import Services
from openlfr.policy.application import USE_CASES as PUBLISHED
from openlfr.policy.application import Application, Assessment, Location, UseCase
from openlfr.policy.authority import CameraTerms, Point, Terms, Window
from openlfr.policy.certificates import ThresholdCertificate
from openlfr.policy.deployment import Readiness
from openlfr.policy.identifiers import DeploymentId, StaffId, WatchlistId
from openlfr.policy.jurisdiction import AssessmentKind
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Actor, Competence, Role, Skill
from openlfr.policy.watchlist import LegalBasis, PictureSource
from openlfr.records.cameras import Camera
from openlfr.records.certificates import import_certificate
from openlfr.records.deployments import Asked, WrittenDecision
from openlfr.records.presence import check_in
from openlfr.records.watchlist_import import TemplateMaker, WatchlistImport
from openlfr.records.watchlist_source import read_source
from openlfr.records.watchlist_store import AskedList
from openlfr.records.watchlist_tables import Outcome

_Answer = TypeVar("_Answer")

ORIGIN: Final = "demonstration"
_LASTS: Final = timedelta(hours=8)
_WHOLE_PICTURE: Final = (Point(0.0, 0.0), Point(1.0, 0.0), Point(1.0, 1.0), Point(0.0, 1.0))
_SOMEWHERE: Final = (Point(-0.1009, 51.3731), Point(-0.0991, 51.3731), Point(-0.0991, 51.3743), Point(-0.1009, 51.3743))
_CAST: Final = {
    Role.APPLICANT: "Ann Applicant",
    Role.AUTHORISING_OFFICER: "Osei Authoriser",
    Role.WATCHLIST_MANAGER: "Wim Listkeeper",
    Role.OPERATOR: "Olu Operator",
    Role.ENGAGEMENT_OFFICER: "Eve Engager",
}


class DemonstrationError(Exception):
    """The demonstration cannot be prepared; the message says why."""


@dataclass(frozen=True, slots=True)
class Tester:
    """A person who consented to be looked for: a reference, a name and a picture's file."""

    reference: str
    name: str
    picture: Path
    taken_on: date


@dataclass(frozen=True, slots=True)
class Demonstration:
    """What was prepared: the deployment, and the member of staff for whoever looks on, who holds every role."""

    deployment: DeploymentId
    onlooker: StaffId


def prepare_demonstration(
    services: Services,
    administrator: Actor,
    cameras: Sequence[Camera],
    testers: Sequence[Tester],
    certificate: ThresholdCertificate,
    maker: TemplateMaker,
) -> Demonstration:
    """Take a new rehearsal through every step until it is live. Raises DemonstrationError when a rule says no."""
    cast = {role: _hired(services, administrator, name, role) for role, name in _CAST.items()}
    onlooker = _hired(services, administrator, "You, the onlooker", *Role)
    _done(import_certificate(services.records, administrator, certificate, ORIGIN))
    terms = _terms(services, cameras, certificate, (onlooker, cast[Role.OPERATOR], cast[Role.ENGAGEMENT_OFFICER]))
    draft = services.deployments.draft(cast[Role.APPLICANT], _application(services, terms), ORIGIN, rehearsal=True)
    deployment = _done(draft).deployment.deployment

    def asked(role: Role) -> Asked:
        return Asked(cast[role], deployment, ORIGIN)

    _done(services.deployments.submit(asked(Role.APPLICANT)))
    decision = WrittenDecision(terms, "Consenting people only, to show the system at work.")
    _done(services.deployments.authorise(asked(Role.AUTHORISING_OFFICER), decision))
    watchlist = _listed(services, cast, deployment, testers, maker)
    _done(services.deployments.attach_watchlist(asked(Role.WATCHLIST_MANAGER), watchlist))
    ready = Readiness(signage_in_place=True, briefing_held=True, cameras_checked=True)
    _done(services.deployments.record_readiness(asked(Role.OPERATOR), ready))
    _done(check_in(services.records, onlooker, deployment, ORIGIN))
    _done(services.deployments.go_live(asked(Role.OPERATOR)))
    return Demonstration(deployment, onlooker.staff)


def _listed(
    services: Services,
    cast: dict[Role, Actor],
    deployment: DeploymentId,
    testers: Sequence[Tester],
    maker: TemplateMaker,
) -> WatchlistId:
    """A frozen list of the testers: built by one person, reviewed and approved by another."""
    builder, approver = cast[Role.WATCHLIST_MANAGER], cast[Role.AUTHORISING_OFFICER]
    watchlist = _done(services.watchlists.begin(builder, deployment, ORIGIN)).watchlist.watchlist
    with tempfile.TemporaryDirectory() as folder:
        source = read_source(_as_csv(Path(folder), testers, services.records.clock().date()))
        importing = WatchlistImport(services.records, maker, os.cpu_count() or 1)
        no_threshold: Callable[[int], float | None] = lambda _pictures: None  # noqa: E731
        report = _done(importing.run(AskedList(builder, watchlist, ORIGIN), source, no_threshold))
    for line in importing.results(report):
        if line.outcome in (Outcome.REFUSED, Outcome.POOR):
            raise DemonstrationError(line.content.reason)
    _done(services.reviews.accept_clean(AskedList(approver, watchlist, ORIGIN)))
    _done(services.watchlists.approve(AskedList(approver, watchlist, ORIGIN)))
    _done(services.watchlists.freeze(AskedList(builder, watchlist, ORIGIN)))
    return watchlist


def _as_csv(folder: Path, testers: Sequence[Tester], today: date) -> Path:
    path = folder / "testers.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file,
            (
                "person_id",
                "image",
                "name",
                "reason",
                "where_link",
                "legal_basis",
                "expires_on",
                "picture_source",
                "picture_taken_on",
                "blue_list",
                "consent_reference",
            ),
        )
        writer.writeheader()
        for each in testers:
            writer.writerow(
                {
                    "person_id": each.reference,
                    "image": str(each.picture),
                    "name": each.name,
                    "reason": "Demonstration: walks past so that an alert can be seen.",
                    "where_link": "Walks along the street of the demonstration.",
                    "legal_basis": LegalBasis.CONSENT.value,
                    "expires_on": (today + timedelta(days=2)).isoformat(),
                    "picture_source": PictureSource.CONSENT.value,
                    "picture_taken_on": each.taken_on.isoformat(),
                    "blue_list": "yes",
                    "consent_reference": "demonstration",
                }
            )
    return path


def _terms(
    services: Services, cameras: Sequence[Camera], certificate: ThresholdCertificate, officers: Sequence[Actor]
) -> Terms:
    now = services.records.clock()
    return Terms(
        cameras=tuple(CameraTerms(each.camera, each.node, each.name, each.zone or _WHOLE_PICTURE) for each in cameras),
        window=Window(now, now + _LASTS),
        categories=(),
        threshold=certificate.lowest_threshold,
        setup=certificate.setup,
        certificate=certificate.certificate,
        largest_watchlist=min(certificate.largest_watchlist, 1000),
        officers=tuple(each.staff for each in officers),
    )


def _application(services: Services, terms: Terms) -> Application:
    use_case = UseCase.CRIME_HOTSPOT
    review_by = services.records.clock().date() + timedelta(days=365)
    return Application(
        controller="Demonstration Police",
        purpose="Show how a deployment runs, with people who consented.",
        use_case=use_case,
        location=Location(
            "Made-up High Street", _SOMEWHERE, PUBLISHED[use_case].ground, "None: this street does not exist."
        ),
        terms=terms,
        expected_footfall=500,
        necessity="People who decide about such a system should see it at work first.",
        proportionality="Nobody is looked for who did not consent; everybody else is forgotten at once.",
        less_intrusive_alternatives="Reading about it shows less.",
        assessments=tuple(Assessment(kind, f"DEMO/{number}", review_by) for number, kind in enumerate(AssessmentKind)),
    )


def _hired(services: Services, administrator: Actor, name: str, *roles: Role) -> Actor:
    """A new member of staff, trained for what their roles need."""
    member = _done(services.people.add(administrator, name, roles, ORIGIN))
    trained_until = services.records.clock().date() + timedelta(days=2)
    for skill in Skill:
        training = Competence(skill, trained_until)
        member = _done(services.people.record_competence(administrator, member.staff, training, member.version, ORIGIN))
    return _done(services.people.actor(member.staff))


def _done(answer: _Answer | Refusal) -> _Answer:
    if isinstance(answer, Refusal):
        raise DemonstrationError(answer.sentence)
    return answer
