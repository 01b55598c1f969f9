"""What nodes counted: kept for each start of a node, so that a node that was started anew counts on and not again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from openlfr.link.messages import Tally
from openlfr.policy.identifiers import DeploymentId, NodeId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.hub_records import HubRecords
from openlfr.records.node_tables import TallyRow
from openlfr.records.statistics import count_faces_seen

_COUNTS: Final = (
    "frames",
    "passages",
    "faces_seen",
    "failures_to_acquire",
    "suppressed",
    "created",
    "destroyed",
    "carried",
)


@dataclass(frozen=True, slots=True)
class DeploymentTally:
    """All counts of a deployment, over every node and start. `created - destroyed - carried` templates are in memory
    somewhere, or were when a node was cut off; once nodes have stopped in order it is 0."""

    frames: int = 0
    passages: int = 0
    faces_seen: int = 0
    failures_to_acquire: int = 0
    suppressed: int = 0
    created: int = 0
    destroyed: int = 0
    carried: int = 0


def keep_tallies(
    records: HubRecords, node: NodeId, boot: str, tallies: Sequence[Tally]
) -> Mapping[DeploymentId, Refusal]:
    """Keep what an enrolled node has counted since it started; no count ever goes back.

    Gives the refusals: of deployments that are unknown here, of ledgers that do not balance, of another method.
    """
    with records.database.writing() as session:
        answers = {each.deployment: _kept(records, session, node, boot, each) for each in tallies}
    return {deployment: answer for deployment, answer in answers.items() if isinstance(answer, Refusal)}


def deployment_tally(session: Session, deployment: DeploymentId) -> DeploymentTally:
    """What was counted for a deployment so far."""
    sums = (func.coalesce(func.sum(getattr(TallyRow, each)), 0) for each in _COUNTS)
    row = session.execute(select(*sums).where(TallyRow.deployment_id == deployment)).one()
    return DeploymentTally(*(int(each) for each in row))


def _kept(records: HubRecords, session: Session, node: NodeId, boot: str, tally: Tally) -> Refusal | None:
    rows = session.scalars(
        select(TallyRow).where(TallyRow.deployment_id == tally.deployment, TallyRow.node_id == node)
    ).all()
    own = next((row for row in rows if row.boot == boot), None)
    counts = {each: max(getattr(tally, each), getattr(own, each, 0)) for each in _COUNTS}
    if tally.destroyed + tally.carried > tally.created or min(getattr(tally, each) for each in _COUNTS) < 0:
        return Refusal(RefusalCode.INVALID_FIELDS, "The counts of this node do not balance.")
    faces = counts["faces_seen"] + sum(row.faces_seen for row in rows if row is not own)
    taken = count_faces_seen(records, session, tally.deployment, node, faces, tally.method)
    if isinstance(taken, Refusal):
        return taken
    if own is None:
        own = TallyRow(deployment_id=tally.deployment, node_id=node, boot=boot, method=tally.method)
        session.add(own)
    for name, count in counts.items():
        setattr(own, name, count)
    own.reported_at = records.clock()
    session.flush()
    return None
