"""Builders of policy values: a complete application and everything around it, to be varied by each test."""

import itertools
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from openlfr.policy.application import Application, Assessment, Location, LocationGround, UseCase
from openlfr.policy.authority import CameraTerms, Point, Terms, Window
from openlfr.policy.certificates import MatchingSetup, ThresholdCertificate
from openlfr.policy.deployment import Readiness
from openlfr.policy.deployment_acts import Decision
from openlfr.policy.identifiers import (
    AuthorityId,
    CameraId,
    CertificateId,
    DeploymentId,
    EntryId,
    NewId,
    NodeId,
    PersonReference,
    PictureId,
    StaffId,
    WatchlistId,
    uuid7_source,
)
from openlfr.policy.jurisdiction import Aim, AssessmentKind, JurisdictionProfile, packaged_profile
from openlfr.policy.roles import Actor, Competence, Role, Skill
from openlfr.policy.watchlist import (
    Category,
    LegalBasis,
    ListContent,
    Picture,
    PictureSource,
    Watchlist,
    WatchlistEntry,
    WatchlistState,
)

NOON = datetime(2026, 5, 11, 12, 0, tzinfo=UTC)
START = NOON + timedelta(hours=2)
END = NOON + timedelta(hours=8)
LATER = date(2027, 1, 1)

UK = packaged_profile("uk")
EU = packaged_profile("eu")
SETUP = MatchingSetup("sface", "f32", "mean of best shots")
SQUARE = (Point(0.0, 0.0), Point(1.0, 0.0), Point(1.0, 1.0), Point(0.0, 1.0))
DEPLOYMENT = DeploymentId("0196c000-0000-7000-8000-000000000001")
CERTIFICATE = ThresholdCertificate(
    certificate=CertificateId("0196c000-0000-7000-8000-0000000000ce"),
    setup=SETUP,
    lowest_threshold=0.6,
    target_fpir=1e-4,
    smallest_watchlist=1,
    largest_watchlist=50_000,
    issued_at=NOON - timedelta(days=30),
    expires_at=NOON + timedelta(days=300),
)


def counted_ids() -> NewId:
    """Valid identifiers that count up, so that failures can be read."""
    numbers = itertools.count(1)
    return uuid7_source(lambda: NOON, lambda size: next(numbers).to_bytes(size))


def actor(name: str, *roles: Role, trained: bool = True) -> Actor:
    """Somebody with these roles and, unless told otherwise, with current training of every kind."""
    competences = tuple(Competence(skill, LATER) for skill in Skill) if trained else ()
    return Actor(StaffId(name), frozenset(roles), competences)


APPLICANT = actor("ann", Role.APPLICANT)
AUTHORISER = actor("osei", Role.AUTHORISING_OFFICER)
BUILDER = actor("wim", Role.WATCHLIST_MANAGER)
OPERATOR = actor("olu", Role.OPERATOR)
ENGAGER = actor("eve", Role.ENGAGEMENT_OFFICER)
ADMINISTRATOR = actor("adam", Role.ADMINISTRATOR)
AUDITOR = actor("ida", Role.AUDITOR)
EVERYBODY = (APPLICANT, AUTHORISER, BUILDER, OPERATOR, ENGAGER, ADMINISTRATOR, AUDITOR)


def terms(**changes: object) -> Terms:
    """Complete terms of a six-hour deployment with one camera, varied by keyword."""
    complete = Terms(
        cameras=(CameraTerms(CameraId("cam-1"), NodeId("node-1"), "North End, facing south", SQUARE),),
        window=Window(START, END),
        categories=(Category.WANTED_BY_COURTS, Category.SUSPECT),
        threshold=0.64,
        setup=SETUP,
        certificate=CERTIFICATE.certificate,
        largest_watchlist=1000,
        officers=(OPERATOR.staff, ENGAGER.staff),
    )
    return replace(complete, **changes)  # type: ignore[arg-type]


def application(profile: JurisdictionProfile = UK, /, **changes: object) -> Application:
    """An application that can be submitted under `profile`, varied by keyword."""
    complete = Application(
        controller="Borough Police",
        purpose="Find people wanted by the courts at the market.",
        use_case=UseCase.CRIME_HOTSPOT,
        location=Location("North End", SQUARE, LocationGround.HOTSPOT, "Robberies have doubled since March."),
        terms=terms(),
        expected_footfall=12_000,
        necessity="Warrants were not served at known addresses.",
        proportionality="Six hours, one camera, a short list.",
        less_intrusive_alternatives="Patrols with printed pictures found nobody in four weeks.",
        assessments=tuple(Assessment(kind, f"REF/{kind}", LATER) for kind in AssessmentKind),
        aim=Aim.SERIOUS_OFFENCE_SUSPECTS if profile.aims else None,
    )
    return replace(complete, **changes)  # type: ignore[arg-type]


def decision(profile: JurisdictionProfile = UK, /, **changes: object) -> Decision:
    """An authorising officer's decision on the terms applied for, varied by keyword."""
    complete = Decision(
        authority=AuthorityId("0196c000-0000-7000-8000-0000000000aa"),
        terms=terms(),
        reason="Necessary and proportionate for the stated purpose.",
        profile=profile,
        certificate=CERTIFICATE,
        external_reference="Court of Ghent 2026/44" if profile.external_authority else None,
    )
    return replace(complete, **changes)  # type: ignore[arg-type]


def entry(**changes: object) -> WatchlistEntry:
    """A complete entry of an adult wanted by the courts, varied by keyword."""
    complete = WatchlistEntry(
        entry=EntryId("0196c000-0000-7000-8000-0000000000e1"),
        person=PersonReference("N/12345"),
        name="Alex Example",
        pictures=(Picture(PictureId("0196c000-0000-7000-8000-0000000000f1"), PictureSource.CUSTODY, date(2025, 2, 3)),),
        categories=(Category.WANTED_BY_COURTS,),
        offence="Burglary",
        reason="Failed to appear on 3 March 2026.",
        where_link="Lives two streets away.",
        legal_basis=LegalBasis.COURT_WARRANT,
        expires_on=LATER,
    )
    return replace(complete, **changes)  # type: ignore[arg-type]


def frozen_list(**changes: object) -> Watchlist:
    """A frozen list of ten people for `DEPLOYMENT`, varied by keyword."""
    complete = Watchlist(
        watchlist=WatchlistId("0196c000-0000-7000-8000-000000000011"),
        deployment=DEPLOYMENT,
        builders=(BUILDER.staff,),
        drawn_at=NOON,
        state=WatchlistState.FROZEN,
        approved_by=AUTHORISER.staff,
        frozen_at=NOON,
        content_hash="ab" * 32,
        size=10,
        content=ListContent(LATER, (), SETUP.model_pack, SETUP.precision),
    )
    return replace(complete, **changes)  # type: ignore[arg-type]


READY = Readiness(signage_in_place=True, briefing_held=True, cameras_checked=True)
