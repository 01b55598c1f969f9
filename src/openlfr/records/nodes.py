"""The registry of nodes: whose messages are believed, who may open a list, and who is never spoken to again."""

import secrets
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from sqlalchemy import ColumnElement, Select, and_, select
from sqlalchemy.orm import Session

from openlfr.link.enrolment import EnrolmentCode, NodePublicKeys, hash_of_secret
from openlfr.link.watchlist_bundle import NodeKeys
from openlfr.policy.deployment import UNDER_AUTHORITY
from openlfr.policy.identifiers import CameraId, DeploymentId, NodeId, WatchlistId, is_identifier
from openlfr.policy.refusal import Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import THE_HUB, Action, Actor, may_act
from openlfr.policy.text import text_problems
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.audit_entry import THE_HUB_ITSELF, AuditEvent, Processing, SystemAct
from openlfr.records.camera_places import seen_cameras
from openlfr.records.deployment_tables import MAX_NAME, DeploymentRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.node_tables import CameraRow, NodeRow, WriteOffRow
from openlfr.records.watchlist_tables import WatchlistDeliveryRow
from openlfr.sealing.exchange import ExchangePublicKey
from openlfr.sealing.signature import VerifyKey

KIND: Final = "node"
CODE_LIFE: Final = timedelta(hours=1)


class NodeState(StrEnum):
    """Where a node stands with its hub."""

    INVITED = "invited"
    """It has a one-time code and has not come yet."""
    ENROLLED = "enrolled"
    REVOKED = "revoked"
    """For good: it would have to be enrolled as a new node."""


@dataclass(frozen=True, slots=True)
class Node:
    """A node as the registry has it. `fingerprint` is that of its key for signatures, empty until it is enrolled.

    At `doubled_at` two programs were seen with the node's keys: since then it gets no orders, and must be revoked.
    """

    node: NodeId
    name: str
    state: NodeState
    invited_at: datetime
    code_valid_until: datetime
    enrolled_at: datetime | None
    revoked_at: datetime | None
    doubled_at: datetime | None
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """A node that may enrol: `code` is told once, here, and works once, until `node.code_valid_until`."""

    node: Node
    code: str


@dataclass(frozen=True, slots=True)
class OwedReceipt:
    """A bundle that was made for a node and that no receipt says is destroyed there."""

    bundle: str
    node: NodeId
    deployment: DeploymentId
    watchlist: WatchlistId


@dataclass(frozen=True, slots=True)
class EnrolledNode:
    """A node that is believed: its keys, its nkey on the bus, and whether somebody runs it twice."""

    keys: NodeKeys
    nkey: str
    doubled: bool
    settings_version: int


@dataclass(frozen=True, slots=True)
class Nodes:
    """The service for nodes. `authority_pin` is that of the hub's own authority for certificates: codes carry it."""

    records: HubRecords
    authority_pin: bytes
    random_bytes: Callable[[int], bytes] = secrets.token_bytes

    def invite(self, by: Actor, name: str, origin: str) -> Invitation | Refusal:
        """Make a one-time code with which a machine becomes the node of this name."""
        now = self.records.clock()
        with self.records.database.writing() as session:
            verdict = may_act(by, Action.ENROL_NODE, now)
            problems = tuple(text_problems("name", name, longest=MAX_NAME))
            if not isinstance(verdict, Refusal) and problems:
                verdict = refused_fields("The node", problems)
            if isinstance(verdict, Refusal):
                log = reference(KIND, "")
                return write_refused(self.records, session, by, Action.ENROL_NODE, log, origin, verdict)
            code = EnrolmentCode.new(self.authority_pin, self.random_bytes)
            row = NodeRow(
                id=self.records.new_id(),
                name=name,
                invited_at=now,
                code_digest=bytes.fromhex(code.secret_hash),
                code_valid_until=now + CODE_LIFE,
                settings_version=0,
            )
            session.add(row)
            session.flush()
            write_done(
                self.records, session, by, Action.ENROL_NODE, reference(KIND, row.id), origin, f"A code for {name}."
            )
            return Invitation(_node(row), str(code))

    def enrol(self, secret: str, keys: NodePublicKeys, origin: str) -> Node | Refusal:
        """Bind the keys of whoever brings a code's secret to its node, once.

        The same keys with the same secret again within its hour are the same node: its answer may have been lost.
        """
        of_code = select(NodeRow).where(NodeRow.code_digest == bytes.fromhex(hash_of_secret(secret)))
        with self.records.database.reading() as session:
            if session.scalars(of_code).one_or_none() is None:
                # Any machine may try: it neither takes the write lock nor fills the audit log.
                return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such code: copy all of it, or have one made.")
        with self.records.database.writing() as session:
            row = session.scalars(of_code).one()
            log = reference(KIND, row.id)
            refusal = self._enrolment_refusal(session, row, keys)
            if refusal is not None:
                return write_refused(self.records, session, THE_HUB, Action.ENROL_NODE, log, origin, refusal)
            if row.enrolled_at is None:
                row.verify_key = keys.verify.raw
                row.exchange_key = keys.exchange.raw
                row.bus_key = keys.nkey
                row.enrolled_at = self.records.clock()
                words = f"Enrolled with key {keys.verify.fingerprint}."
                write_done(self.records, session, THE_HUB, Action.ENROL_NODE, log, origin, words)
            return _node(row)

    def note_doubled(self, node: NodeId, words: str) -> None:
        """Keep that somebody runs a node's keys twice, at the first notice of it: it gets no more orders."""
        with self.records.database.writing() as session:
            row = session.get_one(NodeRow, node)
            if row.doubled_at is None:
                row.doubled_at = self.records.clock()
                event = AuditEvent(
                    THE_HUB_ITSELF, SystemAct.NODE_DOUBLED, Processing.NONE, reference(KIND, node), "hub", words
                )
                self.records.audit.append(session, event)

    def everybody(self, by: Actor, origin: str) -> Sequence[Node] | Refusal:
        """All nodes there ever were, the oldest first; for limited rights, those that run a camera within reach.

        Nothing in them is about a person.
        """
        verdict = may_act(by, Action.VIEW_FLEET, self.records.clock())
        if isinstance(verdict, Refusal):
            with self.records.database.writing() as session:
                log = reference(KIND, "")
                return write_refused(self.records, session, by, Action.VIEW_FLEET, log, origin, verdict)
        with self.records.database.reading() as session:
            rows = session.scalars(select(NodeRow).order_by(NodeRow.id))
            if by.reach.whole_hub:
                return [_node(row) for row in rows]
            seen = seen_cameras(self.records, session, by)
            cameras = session.execute(select(CameraRow.id, CameraRow.node_id))
            running = {node for camera, node in cameras if seen(CameraId(camera))}
            return [_node(row) for row in rows if row.id in running]

    def revoke(self, by: Actor, node: NodeId, reason: str, origin: str) -> Node | Refusal:
        """Never speak to a node again, nor believe it; lists it still holds stay owed until they are written off."""
        with self.records.database.writing() as session:
            row = self._changeable(session, by, Action.REVOKE_NODE, node, reason)
            if not isinstance(row, Refusal) and row.revoked_at is not None:
                row = Refusal(RefusalCode.ALREADY_DECIDED, "This node is revoked already.")
            if isinstance(row, Refusal):
                log = reference(KIND, node)
                return write_refused(self.records, session, by, Action.REVOKE_NODE, log, origin, row)
            row.revoked_at = self.records.clock()
            write_done(self.records, session, by, Action.REVOKE_NODE, reference(KIND, node), origin, reason)
            return _node(row)

    def write_off(self, by: Actor, node: NodeId, bundle: str, reason: str, origin: str) -> OwedReceipt | Refusal:
        """Take upon oneself that a lost node will never say that a bundle is destroyed there.

        The node must be revoked first: a node that still gets orders is not lost. A receipt that comes all the same
        counts as well.
        """
        with self.records.database.writing() as session:
            row = self._changeable(session, by, Action.WRITE_OFF_DELIVERY, node, reason)
            found = row if isinstance(row, Refusal) else self._given_up(session, row, bundle)
            if isinstance(found, Refusal):
                log = reference(KIND, node)
                return write_refused(self.records, session, by, Action.WRITE_OFF_DELIVERY, log, origin, found)
            session.add(
                WriteOffRow(
                    bundle_id=bundle,
                    node_id=node,
                    deployment_id=found.deployment_id,
                    written_off_at=self.records.clock(),
                    written_off_by=by.staff,
                )
            )
            log = reference("watchlist", found.watchlist_id)
            words = f"Bundle {bundle} at node {node}: {reason}"
            write_done(self.records, session, by, Action.WRITE_OFF_DELIVERY, log, origin, words)
            return _owed(found)

    def owed(self, by: Actor, origin: str) -> Sequence[OwedReceipt] | Refusal:
        """What is waited for in vain, or may be: every bundle that no node has said it destroyed and that nobody wrote
        off, of deployments whose authority is over and of revoked nodes. Elsewhere a list may well be in use."""
        verdict = may_act(by, Action.WRITE_OFF_DELIVERY, self.records.clock())
        if isinstance(verdict, Refusal):
            with self.records.database.writing() as session:
                log = reference(KIND, "")
                return write_refused(self.records, session, by, Action.WRITE_OFF_DELIVERY, log, origin, verdict)
        with self.records.database.reading() as session:
            in_use = select(DeploymentRow.id).where(DeploymentRow.state.in_(UNDER_AUTHORITY))
            revoked = select(NodeRow.id).where(NodeRow.revoked_at.is_not(None))
            over = WatchlistDeliveryRow.deployment_id.not_in(in_use) | WatchlistDeliveryRow.node_id.in_(revoked)
            return [_owed(row) for row in session.scalars(_owed_deliveries().where(over))]

    def _enrolment_refusal(self, session: Session, row: NodeRow, keys: NodePublicKeys) -> Refusal | None:
        if row.revoked_at is not None:
            return Refusal(RefusalCode.ALREADY_DECIDED, "This node is revoked: have a new code made for it.")
        if self.records.clock() >= row.code_valid_until:
            return Refusal(RefusalCode.TOO_LATE, "This code has run out: have a new one made.")
        if row.enrolled_at is not None:
            held = (row.verify_key, row.exchange_key, row.bus_key)
            if held == (keys.verify.raw, keys.exchange.raw, keys.nkey):
                return None
            return Refusal(RefusalCode.ALREADY_DECIDED, "This code was used already: have a new one made.")
        taken = select(NodeRow.id).where(
            (NodeRow.verify_key == keys.verify.raw)
            | (NodeRow.exchange_key == keys.exchange.raw)
            | (NodeRow.bus_key == keys.nkey)
        )
        if session.execute(taken).first():
            return Refusal(
                RefusalCode.ALREADY_DECIDED, "These keys belong to another node: enrol this one in a folder of its own."
            )
        return None

    def _changeable(self, session: Session, by: Actor, action: Action, node: NodeId, reason: str) -> NodeRow | Refusal:
        verdict = may_act(by, action, self.records.clock())
        if isinstance(verdict, Refusal):
            return verdict
        problems = tuple(text_problems("reason", reason))
        if problems:
            return refused_fields("This", problems)
        row = session.get(NodeRow, node) if is_identifier(node) else None
        return row or Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such node.")

    def _given_up(self, session: Session, row: NodeRow, bundle: str) -> WatchlistDeliveryRow | Refusal:
        delivery = session.get(WatchlistDeliveryRow, (bundle, row.id)) if is_identifier(bundle) else None
        if delivery is None:
            return Refusal(RefusalCode.UNKNOWN_RECORD, "No such watchlist was handed to this node.")
        if delivery.destroyed_at is not None:
            return Refusal(RefusalCode.ALREADY_DECIDED, "The node has said that this watchlist is destroyed there.")
        if session.get(WriteOffRow, (bundle, row.id)) is not None:
            return Refusal(RefusalCode.ALREADY_DECIDED, "This watchlist is written off already.")
        if row.revoked_at is None:
            return Refusal(
                RefusalCode.NOT_READY, "This node is not given up: revoke it first, or wait for its receipt."
            )
        return delivery


def enrolled_nodes(session: Session) -> Mapping[NodeId, EnrolledNode]:
    """Every node that is enrolled and not revoked: nobody else is spoken to, or believed."""
    rows = session.scalars(select(NodeRow).where(NodeRow.enrolled_at.is_not(None), NodeRow.revoked_at.is_(None)))
    return {NodeId(row.id): _enrolled(row) for row in rows}


def owed_receipts(session: Session) -> Mapping[NodeId, Sequence[OwedReceipt]]:
    """Of each node that may still answer, every bundle that it was handed and has not said it destroyed, the oldest
    first; those it has in use are among them."""
    rows = session.scalars(
        _owed_deliveries().join(NodeRow, NodeRow.id == WatchlistDeliveryRow.node_id).where(NodeRow.revoked_at.is_(None))
    )
    owed: dict[NodeId, list[OwedReceipt]] = {}
    for row in rows:
        owed.setdefault(NodeId(row.node_id), []).append(_owed(row))
    return owed


def _owed_deliveries() -> Select[WatchlistDeliveryRow]:
    return (
        select(WatchlistDeliveryRow)
        .outerjoin(WriteOffRow, _same_delivery())
        .where(
            WatchlistDeliveryRow.handed_over_at.is_not(None),
            WatchlistDeliveryRow.destroyed_at.is_(None),
            WriteOffRow.bundle_id.is_(None),
        )
        .order_by(WatchlistDeliveryRow.made_at, WatchlistDeliveryRow.bundle_id)
    )


def _owed(row: WatchlistDeliveryRow) -> OwedReceipt:
    return OwedReceipt(
        row.bundle_id, NodeId(row.node_id), DeploymentId(row.deployment_id), WatchlistId(row.watchlist_id)
    )


def _enrolled(row: NodeRow) -> EnrolledNode:
    if row.verify_key is None or row.exchange_key is None or row.bus_key is None:
        raise ValueError("A node without keys is not enrolled.")
    keys = NodeKeys(NodeId(row.id), ExchangePublicKey(row.exchange_key), VerifyKey(row.verify_key))
    return EnrolledNode(keys, row.bus_key, row.doubled_at is not None, row.settings_version)


def written_off(session: Session, deployment: DeploymentId | None = None) -> Sequence[WriteOffRow]:
    """What was written off of one deployment, or of all, and no receipt has come for since: the oldest first."""
    rows = (
        select(WriteOffRow)
        .join(WatchlistDeliveryRow, _same_delivery())
        .where(WatchlistDeliveryRow.destroyed_at.is_(None))
        .order_by(WriteOffRow.written_off_at)
    )
    return session.scalars(rows if deployment is None else rows.where(WriteOffRow.deployment_id == deployment)).all()


def _same_delivery() -> ColumnElement[bool]:
    return and_(
        WriteOffRow.bundle_id == WatchlistDeliveryRow.bundle_id, WriteOffRow.node_id == WatchlistDeliveryRow.node_id
    )


def _node(row: NodeRow) -> Node:
    state = (
        NodeState.REVOKED
        if row.revoked_at is not None
        else NodeState.INVITED
        if row.enrolled_at is None
        else NodeState.ENROLLED
    )
    return Node(
        node=NodeId(row.id),
        name=row.name,
        state=state,
        invited_at=row.invited_at,
        code_valid_until=row.code_valid_until,
        enrolled_at=row.enrolled_at,
        revoked_at=row.revoked_at,
        doubled_at=row.doubled_at,
        fingerprint="" if row.verify_key is None else VerifyKey(row.verify_key).fingerprint,
    )
