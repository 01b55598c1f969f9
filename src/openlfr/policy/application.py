"""The application to deploy: what it must say, in closed lists where the law wants them closed, and its validation."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from openlfr.policy.authority import Polygon, Terms, polygon_problems, terms_problems
from openlfr.policy.certificates import ThresholdCertificate
from openlfr.policy.jurisdiction import Aim, AssessmentKind, JurisdictionProfile
from openlfr.policy.refusal import FieldProblem
from openlfr.policy.text import LONGEST_NAME, text_problems
from openlfr.policy.watchlist import Category

LARGEST_FOOTFALL = 10_000_000


AIM_CATEGORIES: Mapping[Aim, frozenset[Category]] = {
    Aim.VICTIMS_AND_MISSING: frozenset({Category.MISSING_AT_RISK, Category.VICTIM}),
    Aim.IMMINENT_THREAT: frozenset({Category.SUSPECT, Category.WANTED_BY_COURTS, Category.RISK_OF_HARM}),
    Aim.SERIOUS_OFFENCE_SUSPECTS: frozenset({Category.SUSPECT, Category.WANTED_BY_COURTS}),
}
"""Who may be looked for under each aim: Regulation (EU) 2024/1689 Art 5(2) allows the use only to confirm the identity
of the specifically targeted individual, so neither witnesses nor associates."""


class LocationGround(StrEnum):
    """The only grounds for choosing a place (Bridges: where must not be left to an individual's discretion)."""

    HOTSPOT = "hotspot, with its access routes"
    PROTECTIVE_SECURITY = "protective security of an event or of critical national infrastructure"
    SOUGHT_PERSON_INTELLIGENCE = "intelligence on the likely location of sought persons"


class UseCase(StrEnum):
    """The use cases under the names that are published per deployment."""

    CRIME_HOTSPOT = "Crime Hotspot"
    MISSING_PERSON_HOTSPOT = "Missing Person Hotspot"
    CNI_PSO = "CNI PSO"
    EVENT_PSO = "Event PSO"
    SPECIFIC_INTELLIGENCE = "Specific intelligence on location of Sought Persons"


@dataclass(frozen=True, slots=True)
class PublishedUseCase:
    """The key of a use case in published records: its number, the section of the policy, and the ground it implies."""

    number: int
    section: str
    ground: LocationGround


USE_CASES: Mapping[UseCase, PublishedUseCase] = {
    UseCase.CRIME_HOTSPOT: PublishedUseCase(1, "2.3(a)", LocationGround.HOTSPOT),
    UseCase.MISSING_PERSON_HOTSPOT: PublishedUseCase(2, "2.3(b)", LocationGround.HOTSPOT),
    UseCase.CNI_PSO: PublishedUseCase(3, "2.7(a)", LocationGround.PROTECTIVE_SECURITY),
    UseCase.EVENT_PSO: PublishedUseCase(4, "2.7(b)", LocationGround.PROTECTIVE_SECURITY),
    UseCase.SPECIFIC_INTELLIGENCE: PublishedUseCase(5, "2.9", LocationGround.SOUGHT_PERSON_INTELLIGENCE),
}


@dataclass(frozen=True, slots=True)
class Location:
    """Where: a name, the polygon people walk through (longitude and latitude), and why here."""

    name: str
    zone: Polygon
    ground: LocationGround
    evidence: str


@dataclass(frozen=True, slots=True)
class Assessment:
    """One impact assessment: its reference in the force's register and the day by which it must be reviewed."""

    kind: AssessmentKind
    reference: str
    review_by: date


@dataclass(frozen=True, slots=True)
class Application:
    """What an applicant asks for and why; the authority decides on the `terms`.

    `controller` is the force that answers for the data (R25). An `assembly` (a protest) in the area needs the reference
    of a further authority (R6).
    """

    controller: str
    purpose: str
    use_case: UseCase
    location: Location
    terms: Terms
    expected_footfall: int
    necessity: str
    proportionality: str
    less_intrusive_alternatives: str
    assessments: tuple[Assessment, ...]
    aim: Aim | None = None
    assembly: bool = False
    assembly_authority_reference: str | None = None


def application_problems(
    application: Application,
    profile: JurisdictionProfile,
    certificate: ThresholdCertificate | None,
    rehearsal: bool,
    now: datetime,
) -> tuple[FieldProblem, ...]:
    """Everything wrong with an application; empty when it can be submitted."""
    return tuple(_problems(application, profile, certificate, rehearsal, now))


def _problems(
    application: Application,
    profile: JurisdictionProfile,
    certificate: ThresholdCertificate | None,
    rehearsal: bool,
    now: datetime,
) -> Iterator[FieldProblem]:
    yield from text_problems("controller", application.controller, longest=LONGEST_NAME)
    yield from text_problems("purpose", application.purpose)
    yield from text_problems("necessity", application.necessity)
    yield from text_problems("proportionality", application.proportionality)
    yield from text_problems("less_intrusive_alternatives", application.less_intrusive_alternatives)
    yield from _location_problems(application)
    if not 0 < application.expected_footfall <= LARGEST_FOOTFALL:
        yield FieldProblem(
            "expected_footfall",
            f"Estimate how many people will pass: 1 to {LARGEST_FOOTFALL}, walking, in the whole time.",
        )
    if profile.aims and application.aim not in profile.aims:
        yield FieldProblem("aim", f"Under this profile the aim must be one of: {'; '.join(profile.aims)}.")
    if not profile.aims and application.aim is not None:
        yield FieldProblem("aim", "This profile has no list of aims; leave this empty.")
    yield from aim_problems(application.aim, application.terms)
    if application.assembly:
        reference = application.assembly_authority_reference or ""
        yield from text_problems("assembly_authority_reference", reference, longest=LONGEST_NAME)
    yield from assessment_problems(application, profile, rehearsal, now.date())
    yield from terms_problems(application.terms, profile, certificate, rehearsal, now)


def aim_problems(aim: Aim | None, terms: Terms) -> Iterator[FieldProblem]:
    """Categories of people for whom the aim allows no search; none where the profile knows no aims."""
    for category in terms.categories:
        if aim is not None and category not in AIM_CATEGORIES[aim]:
            yield FieldProblem("terms.categories", f"The aim ({aim}) does not cover the category: {category}.")


def _location_problems(application: Application) -> Iterator[FieldProblem]:
    location = application.location
    yield from text_problems("location.name", location.name, longest=LONGEST_NAME)
    yield from text_problems("location.evidence", location.evidence)
    yield from polygon_problems("location.zone", location.zone, (-180.0, 180.0), (-90.0, 90.0))
    implied = USE_CASES[application.use_case].ground
    if location.ground is not implied:
        yield FieldProblem("location.ground", f"The use case {application.use_case} needs the ground: {implied}.")


def assessment_problems(
    application: Application, profile: JurisdictionProfile, rehearsal: bool, today: date
) -> Iterator[FieldProblem]:
    """Assessments that are missing or whose review is overdue today.

    A rehearsal looks only for people who consented, but sees everybody who passes: it needs the data protection impact
    assessment all the same, and none of the others.
    """
    for number, each in enumerate(application.assessments):
        yield from text_problems(f"assessments.{number}.reference", each.reference, longest=LONGEST_NAME)
        if each.review_by < today:
            yield FieldProblem(
                f"assessments.{number}.review_by",
                f"The {each.kind} was due for review on {each.review_by:%Y-%m-%d}: review it first.",
            )
    required = (AssessmentKind.DATA_PROTECTION,) if rehearsal else profile.required_assessments
    present = {each.kind for each in application.assessments}
    for kind in required:
        if kind not in present:
            yield FieldProblem("assessments", f"The {kind} is missing: give its reference and review date.")
