"""What every node is to be told, as the records have it: read when the audit log moves, and answered from memory.

A node asks each second; most answers are "nothing new" and must not cost the database anything.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.link.messages import CheckedIn, CheckWanted, Hello, Orders, OwedReceipt, PreviewWanted, SearchWanted
from openlfr.link.signed_messages import seal_settings
from openlfr.policy.deployment import DeploymentState
from openlfr.policy.documents import from_document
from openlfr.policy.identifiers import DeploymentId, NodeId, StaffId, WatchlistId
from openlfr.policy.plan import ArmedPlan, Order
from openlfr.records.cameras import settings_for
from openlfr.records.deployment_tables import CheckInRow, DeploymentRow, PlanRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.nodes import EnrolledNode, enrolled_nodes, owed_receipts
from openlfr.records.plans import hub_id, plan_in_force
from openlfr.records.watchlist_tables import WatchlistRemovalRow, WatchlistRow
from openlfr.sealing.canonical import parse_canonical
from openlfr.sealing.signature import SignedDocument

_TOLD: Final = (DeploymentState.TESTED, DeploymentState.LIVE, DeploymentState.PAUSED, DeploymentState.ENDED)
"""States in which a deployment may have something new for its nodes. Its last plan outlives them, see `OrderBook`."""
_MOST_FINISHED: Final = 10_000
_MOST_OWED: Final = 100
"""Receipts that one answer asks for: those that come make room for the next."""


@dataclass(frozen=True, slots=True)
class DeploymentOrders:
    """What the nodes of one deployment are to know: its newest plan, its list, and who is checked in."""

    deployment: DeploymentId
    sequence: int
    document: str
    over: bool
    nodes: frozenset[NodeId]
    watchlist: WatchlistId | None
    watchlist_hash: str
    removals: int
    check_ins: tuple[CheckedIn, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """Everything that any node may be told, at one moment."""

    nodes: Mapping[NodeId, EnrolledNode]
    deployments: Mapping[DeploymentId, DeploymentOrders]
    owed: Mapping[NodeId, Sequence[OwedReceipt]]

    def concern_of(self, node: NodeId) -> object:
        """Equal as long as there is nothing new for a node."""
        enrolled = self.nodes.get(node)
        if enrolled is None:
            return None
        # A node that a changed authority no longer names still has to learn just that: plans count for everybody.
        plans = tuple((each.deployment, each.sequence) for each in self.deployments.values())
        own = tuple((each.removals, each.check_ins) for each in self.deployments.values() if node in each.nodes)
        return plans, own, enrolled.settings_version, enrolled.doubled


@dataclass(frozen=True, slots=True)
class AskedOf:
    """What people want of one node at this moment, beside its orders: it stands in no record."""

    previews: tuple[PreviewWanted, ...] = ()
    searches: tuple[SearchWanted, ...] = ()
    checks: tuple[CheckWanted, ...] = ()


class OrderBook:
    """Reads what nodes are to be told, and answers them. Safe for one reader of the records at a time."""

    def __init__(self, records: HubRecords) -> None:
        self._records = records
        self.hub = hub_id(records)
        self._plans: dict[tuple[DeploymentId, int], ArmedPlan] = {}
        self._finished: dict[DeploymentId, tuple[str, int]] = {}

    def read(self) -> Standing:
        """The standing now. Raises RecordsError."""
        with self._records.database.reading() as session:
            nodes = enrolled_nodes(session)
            owed = {
                node: tuple(OwedReceipt(each.bundle, each.watchlist) for each in receipts)
                for node, receipts in owed_receipts(session).items()
            }
            told = session.execute(
                select(DeploymentRow.id, DeploymentRow.watchlist_hash).where(DeploymentRow.state.in_(_TOLD))
            ).all()
            deployments = {
                each.deployment: each
                for deployment, digest in told
                if (each := self._deployment(session, DeploymentId(deployment), digest or "")) is not None
            }
        kept = {(each.deployment, each.sequence) for each in deployments.values()}
        self._plans = {key: plan for key, plan in self._plans.items() if key in kept}
        return Standing(nodes, deployments, owed)

    def answer(
        self,
        standing: Standing,
        enrolled: EnrolledNode,
        hello: Hello,
        asked: AskedOf,
        now: datetime,
    ) -> Orders:
        """The orders that answer a hello. Reads the records only when there is something new for the node.

        A node that runs twice is told of nobody who is checked in, and of no plan: both stop analysing.
        """
        node = hello.node
        if enrolled.doubled:
            return Orders(self.hub, node, hello.boot, hello.number, now)
        held = {each.deployment: each.sequence for each in hello.plans}
        in_use = {each.bundle for each in hello.lists}
        owed = [each for each in standing.owed.get(node, ()) if each.bundle not in in_use]
        own = [each for each in standing.deployments.values() if node in each.nodes and not each.over]
        return Orders(
            hub=self.hub,
            node=node,
            boot=hello.boot,
            number=hello.number,
            at=now,
            plans=(
                *(
                    each.document
                    for each in standing.deployments.values()
                    if (each in own or each.deployment in held) and each.sequence > held.get(each.deployment, 0)
                ),
                *self._last_words(standing, held),
            ),
            removals=self._removals(standing, hello),
            check_ins=tuple(check_in for each in own for check_in in each.check_ins),
            settings=self._settings(enrolled) if hello.settings != enrolled.settings_version else "",
            previews=asked.previews,
            searches=asked.searches,
            checks=asked.checks,
            owed=tuple(owed[:_MOST_OWED]),
        )

    def _deployment(self, session: Session, deployment: DeploymentId, digest: str) -> DeploymentOrders | None:
        row = session.scalars(
            select(PlanRow).where(PlanRow.deployment_id == deployment).order_by(PlanRow.sequence.desc()).limit(1)
        ).one_or_none()
        if row is None:
            return None
        document = SignedDocument.from_bytes(row.document)
        key = (deployment, row.sequence)
        plan = self._plans.get(key)
        if plan is None:
            plan = self._plans[key] = from_document(ArmedPlan, parse_canonical(document.body))
        listed = session.execute(
            select(WatchlistRow.id, WatchlistRow.removals).where(
                WatchlistRow.deployment_id == deployment, WatchlistRow.content_hash == digest
            )
        ).first()
        check_ins = session.execute(
            select(CheckInRow.staff_id, CheckInRow.confirmed_at)
            .where(CheckInRow.deployment_id == deployment, CheckInRow.checked_out_at.is_(None))
            .order_by(CheckInRow.staff_id)
        )
        return DeploymentOrders(
            deployment=deployment,
            sequence=row.sequence,
            document=row.document.decode(),
            over=row.node_order is Order.STOP,
            nodes=frozenset(each.node for each in plan.cameras),
            watchlist=None if listed is None else WatchlistId(listed[0]),
            watchlist_hash=digest,
            removals=0 if listed is None else listed[1],
            check_ins=tuple(CheckedIn(deployment, StaffId(officer), at) for officer, at in check_ins),
        )

    def _last_words(self, standing: Standing, held: Mapping[DeploymentId, int]) -> Sequence[str]:
        """The last plans of deployments that are long over, for a node that has been away since before their end."""
        missing = [each for each in held if each not in standing.deployments and each not in self._finished]
        if missing:
            with self._records.database.reading() as session:
                found = {each: plan_in_force(session, each) for each in missing}
            if len(self._finished) + len(found) > _MOST_FINISHED:
                self._finished.clear()
            for deployment, document in found.items():
                self._finished[deployment] = ("", 0) if document is None else _numbered(document)
        return [
            self._finished[deployment][0]
            for deployment, sequence in held.items()
            if deployment not in standing.deployments and self._finished.get(deployment, ("", 0))[1] > sequence
        ]

    def _removals(self, standing: Standing, hello: Hello) -> tuple[str, ...]:
        newest = {each.watchlist: each.removals for each in standing.deployments.values() if each.watchlist}
        behind = [each for each in hello.lists if newest.get(each.watchlist, 0) > each.removals]
        if not behind:
            return ()
        with self._records.database.reading() as session:
            return tuple(
                document.decode()
                for each in behind
                for document in session.scalars(
                    select(WatchlistRemovalRow.document)
                    .where(
                        WatchlistRemovalRow.watchlist_id == each.watchlist, WatchlistRemovalRow.sequence > each.removals
                    )
                    .order_by(WatchlistRemovalRow.sequence)
                )
            )

    def _settings(self, enrolled: EnrolledNode) -> str:
        with self._records.database.reading() as session:
            settings = settings_for(self._records, session, enrolled.keys.node)
        return seal_settings(settings, enrolled.keys.exchange)


def _numbered(document: SignedDocument) -> tuple[str, int]:
    """A plan as it is sent, and its number."""
    return document.to_bytes().decode(), from_document(ArmedPlan, parse_canonical(document.body)).sequence
