"""A hub with its people: records, services and one member of staff for each role, for tests of whole acts."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from sqlalchemy.orm import Session
from tests.support.database import HandClock
from tests.support.deployment_values import (
    ADMINISTRATOR,
    CERTIFICATE,
    EVERYBODY,
    NOON,
    READY,
    SETUP,
    START,
    application,
    frozen_list,
    terms,
)

from openlfr.policy.application import Application
from openlfr.policy.deployment import Deployment
from openlfr.policy.direction import Direction
from openlfr.policy.documents import from_document
from openlfr.policy.identifiers import (
    AlertId,
    CameraId,
    DeploymentId,
    EntryId,
    NodeId,
    PersonReference,
    StaffId,
    WatchlistId,
)
from openlfr.policy.jurisdiction import PACKAGED_PROFILES, packaged_profile
from openlfr.policy.plan import ArmedPlan
from openlfr.policy.raised_alert import (
    AlertPictures,
    CandidatePicture,
    FacePlace,
    ListedPerson,
    ProbePicture,
    RaisedAlert,
)
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Actor, Competence, Role, Skill
from openlfr.policy.watchlist import Category, Watchlist
from openlfr.records.alerts import Alerts
from openlfr.records.certificates import import_certificate
from openlfr.records.deployment_store import DeploymentRecord
from openlfr.records.deployments import Asked, Deployments, WrittenDecision
from openlfr.records.hub_records import HubRecords
from openlfr.records.people import People
from openlfr.records.plans import plan_in_force
from openlfr.records.presence import check_in
from openlfr.sealing.canonical import parse_canonical

TERMINAL = "console 1"
SECRET_NAME = "Zbigniew Quibbleworth"
PICTURES = AlertPictures(
    probes=(b"\xff\xd8 the passer-by " + b"p" * 3000, b"\xff\xd8 the passer-by a moment before " + b"q" * 3000),
    candidates=(b"\xff\xd8 the reference " + b"c" * 3000, b"\xff\xd8 an older reference " + b"d" * 3000),
)
PROBE_FACE, CANDIDATE_FACE = FacePlace(0.5, 0.5, 1 / 2.4), FacePlace(0.5, 0.5, 1 / 1.8)


@dataclass
class ListsByHand:
    """Watchlists as a test puts them there."""

    lists: dict[WatchlistId, Watchlist] = field(default_factory=dict)

    def find(self, session: Session, watchlist: WatchlistId) -> Watchlist | None:
        return self.lists.get(watchlist)

    def remaining(self, session: Session, deployment: DeploymentId) -> int:
        return sum(each.deployment == deployment for each in self.lists.values())


@dataclass
class StaffedHub:
    """Records with their services, and an actor for each role, as the records know them."""

    records: HubRecords
    clock: HandClock
    people: People
    deployments: Deployments
    alerts: Alerts
    lists: ListsByHand
    staff: Mapping[Role, Actor]

    @property
    def applicant(self) -> Actor:
        return self.staff[Role.APPLICANT]

    @property
    def authoriser(self) -> Actor:
        return self.staff[Role.AUTHORISING_OFFICER]

    @property
    def builder(self) -> Actor:
        return self.staff[Role.WATCHLIST_MANAGER]

    @property
    def operator(self) -> Actor:
        return self.staff[Role.OPERATOR]

    @property
    def engager(self) -> Actor:
        return self.staff[Role.ENGAGEMENT_OFFICER]

    @property
    def administrator(self) -> Actor:
        return self.staff[Role.ADMINISTRATOR]

    @property
    def auditor(self) -> Actor:
        return self.staff[Role.AUDITOR]

    def another(self, name: str, *roles: Role) -> Actor:
        """One more member of staff, with training of every kind."""
        return hired(self.people, self.administrator, name, *roles)

    def asked(self, by: Actor, deployment: DeploymentId) -> Asked:
        return Asked(by, deployment, TERMINAL)

    def application(self, **changes: object) -> Application:
        """An application that names this hub's officers."""
        return application(**{"terms": self.decision().terms, **changes})

    def decision(self, **changes: object) -> WrittenDecision:
        """A decision on terms that name this hub's officers."""
        officers = (self.operator.staff, self.engager.staff)
        return WrittenDecision(terms(**{"officers": officers, **changes}), "Necessary and proportionate.")

    def drafted(self, **changes: object) -> DeploymentId:
        return kept(self.deployments.draft(self.applicant, self.application(**changes), TERMINAL)).deployment.deployment

    def authorised(self) -> DeploymentId:
        deployment = self.drafted()
        kept(self.deployments.submit(self.asked(self.applicant, deployment)))
        kept(self.deployments.authorise(self.asked(self.authoriser, deployment), self.decision()))
        return deployment

    def tested(self) -> DeploymentId:
        deployment = self.authorised()
        self.make_ready(deployment)
        return deployment

    def live(self) -> DeploymentId:
        """A deployment that is live at START, with the operator checked in."""
        deployment = self.tested()
        self.take_live(deployment)
        return deployment

    def make_ready(self, deployment: DeploymentId) -> None:
        """Attach a list to an authorised deployment and test it."""
        listed = self.frozen_list(deployment)
        kept(self.deployments.attach_watchlist(self.asked(self.builder, deployment), listed.watchlist))
        kept(self.deployments.record_readiness(self.asked(self.operator, deployment), READY))

    def take_live(self, deployment: DeploymentId) -> None:
        """Take a tested deployment live at START."""
        self.clock.now = START
        assert not isinstance(check_in(self.records, self.operator, deployment, TERMINAL), Refusal)
        kept(self.deployments.go_live(self.asked(self.operator, deployment)))

    def frozen_list(self, deployment: DeploymentId, /, **changes: object) -> Watchlist:
        watchlist = frozen_list(watchlist=WatchlistId(self.records.new_id()), deployment=deployment, **changes)
        self.lists.lists[watchlist.watchlist] = watchlist
        return watchlist

    def value(self, deployment: DeploymentId) -> Deployment:
        return kept(self.deployments.view(self.asked(self.auditor, deployment))).deployment

    def raised(self, deployment: DeploymentId, /, **changes: object) -> RaisedAlert:
        """An alert under the plan in force, of a person with a name that is easily searched for."""
        person = ListedPerson(
            entry=EntryId(self.records.new_id()),
            person=PersonReference("N/4711"),
            name=SECRET_NAME,
            categories=(Category.WANTED_BY_COURTS,),
            offence="Burglary",
            reason="Failed to appear.",
            warning_markers=("violent",),
            look_alikes=("his brother",),
            picture_taken_on=date(1984, 2, 3),
            under_18=False,
            vulnerable=False,
            blue_list=False,
        )
        with self.records.database.reading() as session:
            document = plan_in_force(session, deployment)
        assert document is not None
        plan = from_document(ArmedPlan, parse_canonical(document.body))
        complete = RaisedAlert(
            alert=AlertId(self.records.new_id()),
            deployment=deployment,
            plan=plan.plan,
            node=NodeId("node-1"),
            camera=CameraId("cam-1"),
            captured_at=self.clock.now,
            score=0.81,
            second_score=0.77,
            threshold=0.64,
            setup=SETUP,
            watchlist_hash=plan.watchlist_hash,
            shots=4,
            quality=71.0,
            direction=Direction.TOWARDS_LEFT,
            probes=(
                ProbePicture(self.clock.now, 71.0, PROBE_FACE),
                ProbePicture(self.clock.now - timedelta(milliseconds=600), 58.0, PROBE_FACE),
            ),
            candidates=(
                CandidatePicture(person.picture_taken_on, 80.0, CANDIDATE_FACE),
                CandidatePicture(date(1979, 5, 6), 64.0, CANDIDATE_FACE),
            ),
            person=person,
        )
        return replace(complete, **changes)  # type: ignore[arg-type]

    def alerted(self, deployment: DeploymentId, *, blue_list: bool = False) -> AlertId:
        raised = self.raised(deployment)
        raised = replace(raised, person=replace(raised.person, blue_list=blue_list))
        record = self.alerts.raise_alert(raised, PICTURES)
        assert not isinstance(record, Refusal), record
        return record.alert.alert


def kept(answer: DeploymentRecord | Refusal) -> DeploymentRecord:
    """The deployment, where an act had to succeed."""
    assert not isinstance(answer, Refusal), answer
    return answer


def hired(people: People, administrator: Actor, name: str, *roles: Role) -> Actor:
    member = people.add(administrator, name, roles, TERMINAL)
    assert not isinstance(member, Refusal)
    for skill in Skill:
        member = people.record_competence(
            administrator, member.staff, Competence(skill, date(2027, 1, 1)), member.version, TERMINAL
        )
        assert not isinstance(member, Refusal)
    return acting(people, member.staff)


def acting(people: People, staff: StaffId) -> Actor:
    found = people.actor(staff)
    assert not isinstance(found, Refusal)
    return found


def staffed(records: HubRecords, clock: HandClock) -> StaffedHub:
    """Services at NOON of the day that the values of tests are about, with actors the records need not know."""
    clock.now = NOON
    imported = import_certificate(records, ADMINISTRATOR, CERTIFICATE, TERMINAL)
    assert not isinstance(imported, Refusal)
    return services(records, clock)


def services(records: HubRecords, clock: HandClock) -> StaffedHub:
    """Services on records that are there already."""
    return _hub(records, clock, {role: each for each in EVERYBODY for role in each.roles})


def staffed_from_records(records: HubRecords, clock: HandClock, *roles: Role) -> StaffedHub:
    """The same with people whom an administrator added to the records, one for each of the roles."""
    clock.now = NOON
    people = People(records)
    first = people.appoint_first("Adam Admin", (), TERMINAL)
    assert not isinstance(first, Refusal)
    administrator = acting(people, first.staff)
    imported = import_certificate(records, administrator, CERTIFICATE, TERMINAL)
    assert not isinstance(imported, Refusal)
    staff: dict[Role, Actor] = {role: hired(people, administrator, f"Somebody as {role}", role) for role in roles}
    return _hub(records, clock, {**staff, Role.ADMINISTRATOR: administrator})


def _hub(records: HubRecords, clock: HandClock, staff: Mapping[Role, Actor]) -> StaffedHub:
    lists = ListsByHand()
    profiles = {name: packaged_profile(name) for name in PACKAGED_PROFILES}
    deployments = Deployments(records, profiles, lists)
    return StaffedHub(
        records=records,
        clock=clock,
        people=People(records),
        deployments=deployments,
        alerts=Alerts(records, profiles, deployments),
        lists=lists,
        staff=staff,
    )
