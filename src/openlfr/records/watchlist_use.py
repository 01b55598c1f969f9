"""Frozen lists in use: handed to nodes, people taken off at any moment, destroyed, and receipts taken in."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from openlfr.link.removal_order import RemovalOrder, sign_removal
from openlfr.link.watchlist_bundle import Manifest, NodeKeys, make_bundle, read_receipt
from openlfr.link.watchlist_content import ListedEntry, ListedPicture, list_hash
from openlfr.policy.authority import Terms
from openlfr.policy.deployment import TRANSITIONS, UNDER_AUTHORITY
from openlfr.policy.identifiers import DeploymentId, EntryId, NodeId, PictureId, WatchlistId
from openlfr.policy.refusal import Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import THE_HUB, Action
from openlfr.policy.text import text_problems
from openlfr.policy.watchlist import WatchlistState, change_watchlist, remove_person
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.audit_entry import AuditEvent, Processing, Who
from openlfr.records.deployment_store import read_deployment
from openlfr.records.deployment_tables import DeploymentRow
from openlfr.records.deployments import Asked, Deployments
from openlfr.records.hub_records import HubRecords
from openlfr.records.nodes import enrolled_nodes
from openlfr.records.receipts import PurgeReceipt
from openlfr.records.retention import Retention
from openlfr.records.watchlist_acts import carried_out
from openlfr.records.watchlist_frozen import CompleteEntry, completed_entries, kept_digests, list_identity
from openlfr.records.watchlist_store import (
    KIND,
    AskedList,
    as_value,
    listed,
    picture_place,
    save_value,
)
from openlfr.records.watchlist_tables import (
    Review,
    WatchlistDeliveryRow,
    WatchlistEntryRow,
    WatchlistPairRow,
    WatchlistPictureRow,
    WatchlistRemovalRow,
    WatchlistRow,
)
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.signature import SignedDocument, VerifyKey

_PICTURES_AT_ONCE: Final = 500


@dataclass(frozen=True, slots=True)
class MadeBundle:
    """A bundle as a file's bytes, and its identifier."""

    bundle: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Delivery:
    """A bundle made for a node; `acknowledged` once the node's receipt of its destruction is here."""

    bundle: str
    node: NodeId
    acknowledged: bool


@dataclass(frozen=True, slots=True)
class WatchlistsInUse:
    """The service for frozen lists."""

    records: HubRecords
    deployments: Deployments
    retention: Retention

    def bundle(self, asked: AskedList, nodes: Sequence[NodeKeys], *, in_pieces: bool = False) -> MadeBundle | Refusal:
        """Seal a frozen list to nodes of its deployment; each opens it once. Nothing else ever exports a picture.

        One that is sent `in_pieces` counts as handed over once `hand_over` says so, before its last piece goes out.
        """
        # Sealing thousands of portraits takes seconds, in which an alert must not wait for the one writer.
        with self.records.database.reading() as session:
            made = self._bundled(session, asked, nodes)
        with self.records.database.writing() as session:
            if isinstance(made, Refusal):
                return self._refused(session, asked, Action.BUNDLE_WATCHLIST, made)
            done, version = made
            row = session.get_one(WatchlistRow, asked.watchlist)
            if row.version != version:
                changed = Refusal(
                    RefusalCode.CHANGED_MEANWHILE, "Somebody changed this watchlist meanwhile: make the bundle again."
                )
                return self._refused(session, asked, Action.BUNDLE_WATCHLIST, changed)
            now = self.records.clock()
            session.add_all(
                WatchlistDeliveryRow(
                    bundle_id=done.bundle,
                    node_id=node.node,
                    watchlist_id=asked.watchlist,
                    deployment_id=row.deployment_id,
                    verify_key=node.verify.raw,
                    made_at=now,
                    handed_over_at=None if in_pieces else now,
                )
                for node in nodes
            )
            self.records.audit.append(
                session,
                *(
                    AuditEvent(
                        Who.acting(asked.by, Action.BUNDLE_WATCHLIST),
                        Action.BUNDLE_WATCHLIST,
                        Processing.DISCLOSURE,
                        reference(KIND, asked.watchlist),
                        asked.origin,
                        f"Bundle {done.bundle}.",
                        recipient=f"{node.node}, key {node.verify.fingerprint}",
                    )
                    for node in nodes
                ),
            )
            return done

    def hand_over(self, bundle: str, node: NodeId) -> Refusal | None:
        """Note that the rest of a bundle goes out now: from here on its node owes a receipt. Refused where the node
        was revoked, or the deployment ended, since the bundle was made."""
        with self.records.database.writing() as session:
            row = session.get_one(WatchlistDeliveryRow, (bundle, node))
            if node not in enrolled_nodes(session):
                return Refusal(RefusalCode.TOO_LATE, "This node is revoked: it gets no watchlist any more.")
            if session.get_one(DeploymentRow, row.deployment_id).state not in UNDER_AUTHORITY:
                return Refusal(RefusalCode.TOO_LATE, "The deployment is over: no node gets its watchlist any more.")
            row.handed_over_at = row.handed_over_at or self.records.clock()
            return None

    def deliveries(self, watchlist: WatchlistId) -> Sequence[Delivery]:
        """Where bundles of a list went."""
        with self.records.database.reading() as session:
            rows = session.scalars(
                select(WatchlistDeliveryRow)
                .where(WatchlistDeliveryRow.watchlist_id == watchlist)
                .order_by(WatchlistDeliveryRow.made_at, WatchlistDeliveryRow.node_id)
            )
            return [Delivery(row.bundle_id, NodeId(row.node_id), row.destroyed_at is not None) for row in rows]

    def take_receipt(self, document: SignedDocument, origin: str) -> Refusal | None:
        """Take in a node's signed word that nothing of a bundle is left on it; None, or why it does not count."""
        with self.records.database.writing() as session:
            rows = session.scalars(
                select(WatchlistDeliveryRow).where(WatchlistDeliveryRow.verify_key == document.signer.raw)
            ).all()
            for row in rows:
                try:
                    receipt = read_receipt(document, VerifyKey(row.verify_key))
                except SignatureInvalidError as error:
                    return Refusal(RefusalCode.UNKNOWN_RECORD, str(error))
                if (receipt.bundle, receipt.node, receipt.watchlist) != (row.bundle_id, row.node_id, row.watchlist_id):
                    continue
                if row.destroyed_at is None:
                    row.destroyed_at = receipt.destroyed_at
                    row.receipt = document.to_bytes()
                    record = reference(KIND, row.watchlist_id)
                    words = f"Node {row.node_id} says that bundle {row.bundle_id} is destroyed there."
                    write_done(self.records, session, THE_HUB, Action.DESTROY_WATCHLIST, record, origin, words)
                return None
            return Refusal(RefusalCode.UNKNOWN_RECORD, "No bundle was made for the node that signed this receipt.")

    def remove(self, asked: AskedList, entry: EntryId, reason: str) -> SignedDocument | Refusal:
        """Take a person off a frozen list, at any moment: the signed order that nodes obey.

        Their pictures are deleted here in the same transaction, and the plan of a deployment that uses the list names
        the list's new hash, so that no node analyses with the old one.
        """
        return carried_out(
            self.records,
            asked,
            Action.REMOVE_FROM_WATCHLIST,
            lambda session: self._removed(session, asked, entry, reason),
            f"Removed entry {entry}: {reason}",
        )

    def removals(self, watchlist: WatchlistId, after: int = 0) -> Sequence[SignedDocument]:
        """The orders of a list with a number above `after`, in order, for a node that missed some."""
        with self.records.database.reading() as session:
            rows = session.scalars(
                select(WatchlistRemovalRow)
                .where(WatchlistRemovalRow.watchlist_id == watchlist, WatchlistRemovalRow.sequence > after)
                .order_by(WatchlistRemovalRow.sequence)
            )
            return [SignedDocument.from_bytes(row.document) for row in rows]

    def destroy(self, asked: AskedList, reason: str) -> PurgeReceipt | Refusal:
        """Destroy a list that no deployment uses (any more), now. Raises as `Retention.destroy`."""
        with self.records.database.writing() as session:
            refusal = self._destruction_refusal(session, asked, reason)
            if refusal is not None:
                return self._refused(session, asked, Action.DESTROY_WATCHLIST, refusal)
        who = Who.acting(asked.by, Action.DESTROY_WATCHLIST)
        record = reference(KIND, asked.watchlist)
        return self.retention.destroy(record, who, Action.DESTROY_WATCHLIST, asked.origin, reason)

    def _bundled(
        self, session: Session, asked: AskedList, nodes: Sequence[NodeKeys]
    ) -> tuple[MadeBundle, int] | Refusal:
        """The bundle, and the version of the list that it holds."""
        row = listed(session, asked, Action.BUNDLE_WATCHLIST, self.records)
        if isinstance(row, Refusal):
            return row
        if row.state is not WatchlistState.FROZEN or row.content_hash is None:
            return Refusal(
                RefusalCode.WRONG_STATE, f"Only a frozen watchlist is handed to nodes, and this one is {row.state}."
            )
        terms = self._terms(session, row)
        refusal = terms if isinstance(terms, Refusal) else _nodes_refusal(terms, nodes)
        if isinstance(terms, Refusal) or refusal is not None:
            return refusal or _NO_AUTHORITY
        completed = completed_entries(self.records, session, row, None)
        if isinstance(completed, Refusal):
            return completed
        manifest = Manifest(
            bundle=self.records.new_id(),
            identity=list_identity(row),
            content_hash=row.content_hash,
            removals=row.removals,
            people=len(completed),
            made_at=self.records.clock(),
            open_until=terms.window.end,
            recipients=(),
            sealed_sha256="",
        )
        if manifest.made_at >= manifest.open_until:
            return Refusal(RefusalCode.TOO_LATE, "The authorised time is over: no node needs this watchlist any more.")
        entries = self._opened(session, completed)
        content = make_bundle(self.records.signer, manifest, entries, nodes)
        return MadeBundle(manifest.bundle, content), row.version

    def _opened(self, session: Session, completed: Sequence[CompleteEntry]) -> list[ListedEntry]:
        """Entries with templates and portraits; the pictures themselves stay sealed."""
        wanted = [picture.picture for each in completed for picture in each.pictures]
        blobs: dict[PictureId, tuple[bytes, bytes]] = {}
        unseal = self.records.sealer.unseal
        for start in range(0, len(wanted), _PICTURES_AT_ONCE):
            rows = session.execute(
                select(WatchlistPictureRow.id, WatchlistPictureRow.template, WatchlistPictureRow.portrait).where(
                    WatchlistPictureRow.id.in_(wanted[start : start + _PICTURES_AT_ONCE])
                )
            )
            for found, template, portrait in rows:
                picture = PictureId(found)
                blobs[picture] = (
                    unseal(template, picture_place("template", picture)),
                    unseal(portrait, picture_place("portrait", picture)),
                )
        return [
            ListedEntry(
                each.entry,
                tuple(
                    ListedPicture(
                        picture.picture, picture.details.sha256, picture.details.quality, *blobs[picture.picture]
                    )
                    for picture in each.pictures
                ),
            )
            for each in completed
        ]

    def _removed(self, session: Session, asked: AskedList, entry: EntryId, reason: str) -> SignedDocument | Refusal:
        row = listed(session, asked, Action.REMOVE_FROM_WATCHLIST, self.records)
        if isinstance(row, Refusal):
            return row
        problems = tuple(text_problems("reason", reason))
        if problems:
            return refused_fields("The removal", problems)
        digests = kept_digests(session, asked.watchlist)
        before = as_value(session, row)
        after_hash = list_hash(list_identity(row), {each: d for each, d in digests.items() if each != entry})
        now = self.records.clock()
        after = remove_person(before, asked.by, now, after_hash)
        if isinstance(after, Refusal):
            return after
        entry_row = session.get(WatchlistEntryRow, entry)
        if entry_row is None or entry not in digests:
            return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such person on this watchlist.")
        order = RemovalOrder(
            watchlist=asked.watchlist,
            sequence=row.removals + 1,
            entry=entry,
            decided_at=now,
            hash_before=before.content_hash or "",
            hash_after=after_hash,
        )
        document = sign_removal(self.records.signer, order)
        deployment = read_deployment(self.records, session, before.deployment, asked.by)
        if (
            deployment is not None
            and deployment.deployment.watchlist == asked.watchlist
            and deployment.deployment.state in TRANSITIONS[Action.REMOVE_FROM_WATCHLIST]
        ):
            noted = self.deployments.note_removal(session, Asked(asked.by, before.deployment, asked.origin), after)
            if isinstance(noted, Refusal):
                return noted
        entry_row.review = Review.REMOVED
        row.removals = order.sequence
        session.flush()
        of_entry = WatchlistPictureRow.entry_id == entry
        pictures = select(WatchlistPictureRow.id).where(of_entry)
        session.execute(
            delete(WatchlistPairRow).where(
                WatchlistPairRow.first_picture.in_(pictures) | WatchlistPairRow.second_picture.in_(pictures)
            )
        )
        session.execute(delete(WatchlistPictureRow).where(of_entry))
        save_value(session, row, after)
        session.add(
            WatchlistRemovalRow(
                watchlist_id=asked.watchlist,
                sequence=order.sequence,
                entry_id=entry,
                decided_at=now,
                document=document.to_bytes(),
            )
        )
        return document

    def _destruction_refusal(self, session: Session, asked: AskedList, reason: str) -> Refusal | None:
        row = listed(session, asked, Action.DESTROY_WATCHLIST, self.records)
        if isinstance(row, Refusal):
            return row
        problems = tuple(text_problems("reason", reason))
        if problems:
            return refused_fields("The destruction", problems)
        changed = change_watchlist(as_value(session, row), Action.DESTROY_WATCHLIST, asked.by, self.records.clock())
        if isinstance(changed, Refusal):
            return changed
        deployment = read_deployment(self.records, session, DeploymentId(row.deployment_id), THE_HUB)
        if (
            deployment is not None
            and deployment.deployment.watchlist == asked.watchlist
            and deployment.deployment.state in UNDER_AUTHORITY
        ):
            return Refusal(
                RefusalCode.NOT_READY, "A deployment that has not ended uses this watchlist: end the deployment first."
            )
        return None

    def _terms(self, session: Session, row: WatchlistRow) -> Terms | Refusal:
        deployment = read_deployment(self.records, session, DeploymentId(row.deployment_id), THE_HUB)
        if deployment is None or deployment.deployment.authority is None:
            return _NO_AUTHORITY
        if deployment.deployment.state not in UNDER_AUTHORITY:
            return Refusal(
                RefusalCode.AUTHORITY_MISSING,
                f"This deployment is {deployment.deployment.state}: no node gets its watchlist any more.",
            )
        return deployment.deployment.authority.terms

    def _refused(self, session: Session, asked: AskedList, action: Action, refusal: Refusal) -> Refusal:
        record = reference(KIND, asked.watchlist)
        return write_refused(self.records, session, asked.by, action, record, asked.origin, refusal)


_NO_AUTHORITY = Refusal(RefusalCode.AUTHORITY_MISSING, "This deployment has no authority.")


def _nodes_refusal(terms: Terms, nodes: Sequence[NodeKeys]) -> Refusal | None:
    own = {camera.node for camera in terms.cameras}
    strangers = sorted({each.node for each in nodes} - own)
    if not nodes or len({each.node for each in nodes}) < len(nodes):
        return Refusal(RefusalCode.INVALID_FIELDS, "Name at least one node, and each once.")
    if strangers:
        return Refusal(
            RefusalCode.WRONG_CAMERA,
            f"The node {strangers[0]} has no camera in this deployment; those that have: {', '.join(sorted(own))}.",
        )
    return None
