"""A rehearsal on a living hub: taken live through every step by made-up staff, and looked at by tests."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import cv2
from sqlalchemy import select
from tests.support.faces import grace_hopper, models
from tests.support.living_hub import TERMINAL, administrator_of
from tests.support.scripted_hub import street_setup
from tests.support.staffed_hub import CANDIDATE_FACE, PICTURES, PROBE_FACE

from openlfr.cli.demo_console import demonstration_certificate
from openlfr.enrolment.enrol import Enroller
from openlfr.hub.demonstration import Tester, prepare_demonstration
from openlfr.hub.enrolment_models import pack_opener
from openlfr.hub.services import Services
from openlfr.policy.certificates import ThresholdCertificate
from openlfr.policy.deployment import DeploymentState
from openlfr.policy.documents import from_document
from openlfr.policy.identifiers import (
    AlertId,
    CameraId,
    CertificateId,
    DeploymentId,
    EntryId,
    NodeId,
    PersonReference,
    StaffId,
    WatchlistId,
)
from openlfr.policy.plan import ArmedPlan
from openlfr.policy.raised_alert import CandidatePicture, ListedPerson, ProbePicture, RaisedAlert
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Actor
from openlfr.policy.watchlist import Category
from openlfr.records.alert_tables import AlertRow
from openlfr.records.cameras import CameraDraft, Cameras
from openlfr.records.deletion import DeletionReport, verify_deletion
from openlfr.records.deployment_tables import DeploymentRow
from openlfr.records.deployments import Asked
from openlfr.records.plans import plan_in_force
from openlfr.records.purgeables import PURGEABLES
from openlfr.records.watchlist_import import TemplateMaker
from openlfr.records.watchlist_store import AskedList
from openlfr.records.watchlist_tables import WatchlistRow
from openlfr.records.watchlist_use import Delivery
from openlfr.sealing.canonical import parse_canonical
from openlfr.vision.models import open_models


@dataclass
class Rehearsal:
    """A deployment that went live, with one camera and one tester on its list."""

    services: Services
    deployment: DeploymentId
    watchlist: WatchlistId
    camera: CameraId
    onlooker: Actor

    def alerts(self) -> Sequence[AlertId]:
        """Alerts in the records, oldest first."""
        with self.services.records.database.reading() as session:
            rows = session.scalars(
                select(AlertRow.id).where(AlertRow.deployment_id == self.deployment).order_by(AlertRow.captured_at)
            )
            return [AlertId(each) for each in rows]

    def state(self) -> DeploymentState:
        with self.services.records.database.reading() as session:
            return session.get_one(DeploymentRow, self.deployment).state

    def deliveries(self) -> Sequence[Delivery]:
        return self.services.in_use.deliveries(self.watchlist)

    def end(self) -> None:
        ended = self.services.deployments.end(Asked(self.onlooker, self.deployment, TERMINAL))
        assert not isinstance(ended, Refusal), ended

    def destroy_list(self) -> None:
        done = self.services.in_use.destroy(AskedList(self.onlooker, self.watchlist, TERMINAL), "It is over.")
        assert not isinstance(done, Refusal), done

    def verify_deletion(self, folders: Sequence[Path]) -> DeletionReport:
        return verify_deletion(self.services.records, PURGEABLES, folders=folders)


@dataclass(frozen=True)
class Kit:
    """What makes templates, and the certificate for thresholds of their scores."""

    maker: TemplateMaker
    certificate: ThresholdCertificate


def quick_kit() -> Kit:
    """The models of tests, with a made-up certificate."""
    opened, setup, now = models(), street_setup(), datetime.now(UTC)
    maker = TemplateMaker(
        Enroller(opened.detector_session, opened.extractor, quality_floor=0.0), setup.model_pack, setup.precision
    )
    certificate = ThresholdCertificate(
        certificate=CertificateId("0196c000-0000-7000-8000-0000000000ce"),
        setup=setup,
        lowest_threshold=0.45,
        target_fpir=1e-3,
        smallest_watchlist=1,
        largest_watchlist=1000,
        issued_at=now - timedelta(days=1),
        expires_at=now + timedelta(days=300),
    )
    return Kit(maker, certificate)


def shipped_kit() -> Kit:
    """The models that a node opens by itself, and the certificate that the demonstration takes for them: the one that
    comes with the package, where it has one for this machine's precision."""
    return Kit(pack_opener()().maker, demonstration_certificate(open_models(second_opinion=True), datetime.now(UTC)))


def live_rehearsal(services: Services, node: NodeId, folder: Path, kit: Kit) -> Rehearsal:
    """Take a rehearsal live with a camera of this node, and Grace Hopper on the list; blocks."""
    records, administrator = services.records, administrator_of(services)
    camera = Cameras(records).add(administrator, CameraDraft(node, "North End", "synthetic:", 32), TERMINAL)
    assert not isinstance(camera, Refusal), camera
    picture = folder / "hopper.jpg"
    cv2.imwrite(str(picture), grace_hopper())
    tester = Tester("T/1", "Grace Hopper", picture, date(2025, 2, 3))
    made = prepare_demonstration(services, administrator, [camera], [tester], kit.certificate, kit.maker)
    with records.database.reading() as session:
        watchlist = session.scalars(select(WatchlistRow.id).where(WatchlistRow.deployment_id == made.deployment)).one()
    onlooker = services.people.actor(StaffId(made.onlooker))
    assert isinstance(onlooker, Actor)
    return Rehearsal(services, made.deployment, WatchlistId(watchlist), camera.camera, onlooker)


def raised_in(rehearsal: Rehearsal, node: NodeId) -> RaisedAlert:
    """An alert as this node would raise it now, of nobody."""
    records = rehearsal.services.records
    with records.database.reading() as session:
        document = plan_in_force(session, rehearsal.deployment)
    assert document is not None
    plan = from_document(ArmedPlan, parse_canonical(document.body))
    person = ListedPerson(
        entry=EntryId(records.new_id()),
        person=PersonReference("T/1"),
        name="Grace Hopper",
        categories=(Category.SUSPECT,),
        offence="",
        reason="Consented.",
        warning_markers=(),
        look_alikes=(),
        picture_taken_on=records.clock().date(),
        under_18=False,
        vulnerable=False,
        blue_list=True,
    )
    return RaisedAlert(
        alert=AlertId(records.new_id()),
        deployment=rehearsal.deployment,
        plan=plan.plan,
        node=node,
        camera=rehearsal.camera,
        captured_at=records.clock(),
        score=0.9,
        second_score=None,
        threshold=plan.threshold,
        setup=plan.setup,
        watchlist_hash=plan.watchlist_hash,
        shots=3,
        quality=80.0,
        direction=None,
        probes=(ProbePicture(records.clock(), 80.0, PROBE_FACE),) * len(PICTURES.probes),
        candidates=(CandidatePicture(records.clock().date(), 80.0, CANDIDATE_FACE),) * len(PICTURES.candidates),
        person=person,
    )
