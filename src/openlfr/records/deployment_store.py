"""Deployments between rows and values: kept is the value of the rules, sealed, beside the columns that SQL checks.

Whoever reads says for whom: what lies beyond somebody's reach is not there for them. The hub reads for itself as
`THE_HUB`, and for somebody whose reach was asked already, in the same transaction, as them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import Session

from openlfr.policy.authority import Authority, AuthorityBasis
from openlfr.policy.deployment import Deployment, DeploymentState
from openlfr.policy.documents import from_document, to_document
from openlfr.policy.identifiers import DeploymentId, StaffId, is_identifier
from openlfr.policy.roles import Actor
from openlfr.records.deployment_tables import AuthorityRow, DeploymentRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.reach import force_digest, reaches, site_digest, within_reach
from openlfr.sealing.box import Place
from openlfr.sealing.signature import SignedDocument
from openlfr.sealing.vault_file import KeyPurpose

AUTHORITY_KIND: Final = "deployment authority"


@dataclass(frozen=True, slots=True)
class DeploymentRecord:
    """A deployment as it is kept: its value, how often it was changed, and the profile it is under."""

    deployment: Deployment
    version: int
    profile: str


def read_deployment(
    records: HubRecords, session: Session, deployment: DeploymentId, by: Actor
) -> DeploymentRecord | None:
    """The deployment of this identifier, or None; None as well when it is beyond the reach of `by`."""
    row = session.get(DeploymentRow, deployment) if is_identifier(deployment) else None
    if row is None or not reaches(records, session, by, deployment):
        return None
    return _record(records, row)


def deployments_in(
    records: HubRecords, session: Session, by: Actor, *states: DeploymentState
) -> list[DeploymentRecord]:
    """The deployments in these states within the reach of `by`, oldest first; in all states when none is named."""
    rows = select(DeploymentRow).where(*within_reach(records, by)).order_by(DeploymentRow.drafted_at, DeploymentRow.id)
    if states:
        rows = rows.where(DeploymentRow.state.in_(states))
    return [_record(records, row) for row in session.scalars(rows)]


def over_after_urgent_authority(records: HubRecords, session: Session) -> list[DeploymentRecord]:
    """The deployments that are over and not reported, and began under an urgent authority: its review may be owed."""
    urgent = select(AuthorityRow.deployment_id).where(AuthorityRow.basis == AuthorityBasis.URGENT)
    rows = select(DeploymentRow).where(
        DeploymentRow.state.in_((DeploymentState.ENDED, DeploymentState.PURGED)), DeploymentRow.id.in_(urgent)
    )
    return [_record(records, row) for row in session.scalars(rows.order_by(DeploymentRow.id))]


def deployments_page(
    records: HubRecords,
    session: Session,
    by: Actor,
    conditions: Sequence[ColumnElement[bool]],
    after: DeploymentId | None,
    most: int,
) -> list[DeploymentRecord]:
    """At most `most` deployments within the reach of `by` that meet conditions on `DeploymentRow`, the newest first,
    after the one named."""
    wanted = (*within_reach(records, by), *conditions)
    rows = select(DeploymentRow).where(*wanted).order_by(DeploymentRow.id.desc()).limit(most)
    if after is not None:
        rows = rows.where(DeploymentRow.id < after)
    return [_record(records, row) for row in session.scalars(rows)]


def insert_deployment(records: HubRecords, session: Session, deployment: Deployment, profile: str) -> DeploymentRecord:
    """Keep a new draft under a key of its own."""
    (key,) = records.vault.create_keys(KeyPurpose.DEPLOYMENT)
    row = DeploymentRow(id=deployment.deployment, profile=profile, key_id=key.id, version=1, drafted_at=records.clock())
    _write(records, row, deployment)
    session.add(row)
    session.flush()
    return DeploymentRecord(deployment, 1, profile)


def save_deployment(
    records: HubRecords, session: Session, before: DeploymentRecord, after: Deployment, submitted_by: StaffId | None
) -> DeploymentRecord:
    """Keep what an act made of a deployment, and sign a new authority if there is one.

    `submitted_by` is who submits in this act, if anybody does.
    """
    row = session.get_one(DeploymentRow, after.deployment)
    if submitted_by is not None:
        row.submitted_by = submitted_by
    if after.authority is not None and after.authority != before.deployment.authority:
        _add_authority(records, session, row, after.authority)
    row.version = before.version + 1
    _write(records, row, after)
    session.flush()
    return DeploymentRecord(after, row.version, row.profile)


def signed_authorities(records: HubRecords, session: Session, deployment: DeploymentId) -> list[SignedDocument]:
    """Every authority of a deployment under the hub's signature, in the order they were decided."""
    rows = session.scalars(
        select(AuthorityRow).where(AuthorityRow.deployment_id == deployment).order_by(AuthorityRow.sequence)
    )
    return [
        SignedDocument.from_bytes(records.sealer.unseal(row.document, _authority_place(deployment, row.sequence)))
        for row in rows
    ]


def _add_authority(records: HubRecords, session: Session, row: DeploymentRow, authority: Authority) -> None:
    document = records.signer.sign_document(AUTHORITY_KIND, to_document(authority)).to_bytes()
    place = _authority_place(authority.deployment, authority.sequence)
    session.add(
        AuthorityRow(
            deployment_id=authority.deployment,
            sequence=authority.sequence,
            authority_id=authority.authority,
            basis=authority.basis,
            decided_by=authority.decided_by,
            decided_at=authority.decided_at,
            document=records.sealer.seal(records.vault.key(row.key_id), document, place),
        )
    )


def _write(records: HubRecords, row: DeploymentRow, deployment: Deployment) -> None:
    authority = deployment.authority
    terms = deployment.application.terms if authority is None else authority.terms
    row.state = deployment.state
    row.rehearsal = deployment.rehearsal
    row.use_case = deployment.application.use_case
    row.force_digest = force_digest(records, deployment.application.controller)
    row.site_digest = site_digest(records, deployment.application.location.name)
    row.window_start = terms.window.start
    row.window_end = terms.window.end
    row.threshold = terms.threshold
    row.authorised_by = None if authority is None else authority.decided_by
    row.watchlist_hash = deployment.watchlist_hash
    row.went_live_at = deployment.went_live_at
    row.ended_at = deployment.ended_at
    row.end_reason = deployment.end_reason
    key = records.vault.key(row.key_id)
    row.content = records.sealer.seal_json(key, to_document(deployment), _content_place(deployment.deployment))


def _record(records: HubRecords, row: DeploymentRow) -> DeploymentRecord:
    document = records.sealer.unseal_json(row.content, _content_place(DeploymentId(row.id)))
    return DeploymentRecord(from_document(Deployment, document), row.version, row.profile)


def _content_place(deployment: DeploymentId) -> Place:
    return Place(DeploymentRow.__tablename__, "content", deployment)


def _authority_place(deployment: DeploymentId, sequence: int) -> Place:
    return Place(AuthorityRow.__tablename__, "document", f"{deployment}/{sequence}")
