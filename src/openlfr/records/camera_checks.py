"""Checks of cameras: who may have one made and when, and the newest figures of each camera."""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.policy.camera_check import CheckFigures
from openlfr.policy.deployment import DeploymentState
from openlfr.policy.documents import from_document, to_document
from openlfr.policy.identifiers import CameraId, DeploymentId, NodeId, StaffId
from openlfr.policy.plan import ArmedPlan
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import Action, Actor
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.audit_entry import THE_HUB_ITSELF, AuditEvent, Processing, SystemAct
from openlfr.records.camera_places import camera_to_set_up
from openlfr.records.cameras import KIND
from openlfr.records.deployment_tables import DeploymentRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.node_tables import CameraCheckRow, CameraRow, NodeRow
from openlfr.records.plans import plan_in_force
from openlfr.sealing.canonical import canonical_bytes, parse_canonical

SHORTEST_CHECK_S: Final = 10
LONGEST_CHECK_S: Final = 120
_ARMED: Final = (DeploymentState.LIVE, DeploymentState.PAUSED)
"""A deployment on hold goes on with one key: its cameras are left to it."""


@dataclass(frozen=True, slots=True)
class KeptCheck:
    """A check of a camera that gave figures, about nobody."""

    check: str
    camera: CameraId
    asked_by: StaffId
    asked_at: datetime
    kept_at: datetime
    figures: CheckFigures


@dataclass(frozen=True, slots=True)
class CameraChecks:
    """The service for checks of cameras."""

    records: HubRecords

    def begin(
        self,
        by: Actor,
        camera: CameraId,
        seconds: int,
        origin: str,
        *,
        people_know: bool,
        heard: Set[NodeId],
        running: bool,
    ) -> NodeId | Refusal:
        """Have a camera checked for so long: the node that is to do it, one of those `heard` at this moment.

        `people_know`: whoever asks confirms that signs are up, or that only people who agreed to it are before the
        camera. `running`: a check of it goes on already. It is in the audit log before it begins.
        """
        with self.records.database.writing() as session:
            log = reference(KIND, camera)
            node = self._allowed(session, by, camera, seconds, people_know=people_know, heard=heard, running=running)
            if isinstance(node, Refusal):
                return write_refused(self.records, session, by, Action.CONFIGURE_CAMERAS, log, origin, node)
            words = f"Began a check of {seconds} seconds, and confirmed that people before the camera know of it."
            write_done(self.records, session, by, Action.CONFIGURE_CAMERAS, log, origin, words)
            return node

    def end(self, by: Actor, camera: CameraId, measured_s: float | None, origin: str) -> Refusal | None:
        """Have a check end before its time: after it has measured for so long, or None where none goes on. It is in the
        audit log before it ends."""
        with self.records.database.writing() as session:
            log = reference(KIND, camera)
            found = camera_to_set_up(self.records, session, by, camera)
            refusal = found if isinstance(found, Refusal) else None
            if refusal is None and measured_s is None:
                refusal = Refusal(RefusalCode.WRONG_STATE, "This camera is not being checked: there is nothing to end.")
            if refusal is not None:
                return write_refused(self.records, session, by, Action.CONFIGURE_CAMERAS, log, origin, refusal)
            words = f"Ended its check after {measured_s:.0f} seconds."
            write_done(self.records, session, by, Action.CONFIGURE_CAMERAS, log, origin, words)
            return None

    def keep(self, check: KeptCheck, origin: str) -> None:
        """Keep what a check found in place of the camera's check before; nothing where the camera is gone meanwhile,
        and nothing twice."""
        with self.records.database.writing() as session:
            row = session.get(CameraCheckRow, check.camera)
            if session.get(CameraRow, check.camera) is None or (row is not None and row.id == check.check):
                return
            if row is not None:
                session.delete(row)
                session.flush()
            session.add(
                CameraCheckRow(
                    camera_id=check.camera,
                    id=check.check,
                    asked_by=check.asked_by,
                    asked_at=check.asked_at,
                    kept_at=check.kept_at,
                    figures=canonical_bytes(to_document(check.figures)),
                )
            )
            log = reference(KIND, check.camera)
            words = "Kept what its check found, in place of the check before."
            self.records.audit.append(
                session,
                AuditEvent(THE_HUB_ITSELF, SystemAct.CAMERA_CHECKED, Processing.ALTERATION, log, origin, words),
            )

    def newest(self, by: Actor, camera: CameraId) -> KeptCheck | Refusal | None:
        """The newest check of a camera that gave figures; None before there is one."""
        with self.records.database.reading() as session:
            found = camera_to_set_up(self.records, session, by, camera)
            if isinstance(found, Refusal):
                return found
            row = session.get(CameraCheckRow, camera)
            return None if row is None else _kept(row)

    def _allowed(
        self,
        session: Session,
        by: Actor,
        camera: CameraId,
        seconds: int,
        *,
        people_know: bool,
        heard: Set[NodeId],
        running: bool,
    ) -> NodeId | Refusal:
        row = camera_to_set_up(self.records, session, by, camera)
        if isinstance(row, Refusal):
            return row
        problems = tuple(_problems(seconds, people_know=people_know))
        if problems:
            return refused_fields("The check", problems)
        if session.get_one(NodeRow, row.node_id).revoked_at is not None:
            return Refusal(RefusalCode.WRONG_STATE, "This camera's node is revoked: give the camera to another one.")
        if running:
            return Refusal(RefusalCode.WRONG_STATE, "This camera is being checked already: wait for the report.")
        if row.node_id not in heard:
            return Refusal(
                RefusalCode.NOT_READY,
                "This camera's node is not heard now: see whether it runs and reaches this hub, and check again.",
            )
        if _is_armed(session, camera):
            return Refusal(
                RefusalCode.WRONG_STATE,
                "A live deployment has this camera armed: check it before the deployment or after it.",
            )
        return NodeId(row.node_id)


def _problems(seconds: int, *, people_know: bool) -> Iterator[FieldProblem]:
    if not SHORTEST_CHECK_S <= seconds <= LONGEST_CHECK_S:
        yield FieldProblem("seconds", f"A check lasts {SHORTEST_CHECK_S} to {LONGEST_CHECK_S} seconds.")
    if not people_know:
        yield FieldProblem(
            "people_know",
            "Confirm that signs are up, or that only people who agreed to it are before the camera.",
        )


def _is_armed(session: Session, camera: CameraId) -> bool:
    """Whether a deployment that is live, or on hold, names the camera."""
    for deployment in session.scalars(select(DeploymentRow.id).where(DeploymentRow.state.in_(_ARMED))):
        document = plan_in_force(session, DeploymentId(deployment))
        if document is None:
            continue
        plan = from_document(ArmedPlan, parse_canonical(document.body))
        if any(each.camera == camera for each in plan.cameras):
            return True
    return False


def _kept(row: CameraCheckRow) -> KeptCheck:
    return KeptCheck(
        check=row.id,
        camera=CameraId(row.camera_id),
        asked_by=StaffId(row.asked_by),
        asked_at=row.asked_at,
        kept_at=row.kept_at,
        figures=from_document(CheckFigures, parse_canonical(row.figures)),
    )
