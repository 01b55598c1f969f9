"""Reach in the records: which deployments lie within somebody's forces and sites.

What a deployment's force and site are called is sealed with it. Beside it stand keyed digests of both names, by which
SQL leaves out what is beyond reach before anything is counted, paged or opened.
"""

import hmac
from dataclasses import dataclass

from sqlalchemy import ColumnElement, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from openlfr.policy.identifiers import is_identifier
from openlfr.policy.reach import Reach, same_name
from openlfr.policy.roles import Actor
from openlfr.records.deployment_tables import DeploymentRow
from openlfr.records.hub_records import HubRecords
from openlfr.sealing.canonical import canonical_bytes
from openlfr.sealing.vault_file import KeyPurpose


def force_digest(records: HubRecords, name: str) -> bytes:
    """32 bytes that are equal for all spellings of a force's name, and say nothing without the vault."""
    return _digest(records, "force", name)


def site_digest(records: HubRecords, name: str) -> bytes:
    """The same of a site's name."""
    return _digest(records, "site", name)


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """Where a deployment lies, as digests."""

    force: bytes
    site: bytes


@dataclass(frozen=True, slots=True)
class ReachDigests:
    """A reach as digests: for what is told to many, of many deployments, without opening one."""

    forces: frozenset[bytes]
    sites: frozenset[bytes]

    @classmethod
    def of(cls, records: HubRecords, reach: Reach) -> "ReachDigests":
        return cls(
            frozenset(force_digest(records, each) for each in reach.forces),
            frozenset(site_digest(records, each) for each in reach.sites),
        )

    def cover(self, where: Whereabouts | None) -> bool:
        """Whether a deployment is within reach; one that is gone, with where it lay, is so for the whole hub only."""
        if where is None:
            return not self.forces and not self.sites
        return (not self.forces or where.force in self.forces) and (not self.sites or where.site in self.sites)


def within_reach(records: HubRecords, by: Actor) -> tuple[ColumnElement[bool], ...]:
    """The conditions on `DeploymentRow` that somebody's reach sets; none for who has the whole hub."""
    digests = ReachDigests.of(records, by.reach)
    conditions = []
    if digests.forces:
        conditions.append(DeploymentRow.force_digest.in_(sorted(digests.forces)))
    if digests.sites:
        conditions.append(DeploymentRow.site_digest.in_(sorted(digests.sites)))
    return tuple(conditions)


def of_reached(column: InstrumentedAttribute[str], records: HubRecords, by: Actor) -> tuple[ColumnElement[bool], ...]:
    """The same for rows of another table, whose `column` names their deployment."""
    conditions = within_reach(records, by)
    return (column.in_(select(DeploymentRow.id).where(*conditions)),) if conditions else ()


def reaches(records: HubRecords, session: Session, by: Actor, deployment: str) -> bool:
    """Whether there is a deployment of this identifier for somebody: one beyond their reach is as one that never was.

    Nothing of it is opened.
    """
    found = select(DeploymentRow.id).where(DeploymentRow.id == deployment, *within_reach(records, by))
    return is_identifier(deployment) and session.execute(found).first() is not None


def _digest(records: HubRecords, what: str, name: str) -> bytes:
    secret = records.vault.sole_key(KeyPurpose.REGISTER).secret
    return hmac.digest(secret, canonical_bytes(["reach", what, same_name(name)]), "sha256")
