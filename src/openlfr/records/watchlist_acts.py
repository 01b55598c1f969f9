"""How every act on a watchlist is carried out, and what the deployment's authority demands of it."""

from collections.abc import Callable
from typing import TypeVar

from sqlalchemy.orm import Session

from openlfr.policy.identifiers import DeploymentId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import THE_HUB, Action
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.deployment_store import read_deployment
from openlfr.records.hub_records import HubRecords
from openlfr.records.watchlist_draft import Demands
from openlfr.records.watchlist_store import KIND, AskedList, as_value
from openlfr.records.watchlist_tables import WatchlistRow

_Result = TypeVar("_Result")


def carried_out(
    records: HubRecords,
    asked: AskedList,
    action: Action,
    act: Callable[[Session], _Result | Refusal],
    words: str,
) -> _Result | Refusal:
    """The one way an act is carried out: what `act` changes and the audit entry, both kept or none.

    `words` is the act's justification. A refusal is logged too; `act` changes nothing before it refuses.
    """
    with records.database.writing() as session:
        record = reference(KIND, asked.watchlist)
        done = act(session)
        if isinstance(done, Refusal):
            return write_refused(records, session, asked.by, action, record, asked.origin, done)
        write_done(records, session, asked.by, action, record, asked.origin, words)
        return done


def demands_on(records: HubRecords, session: Session, row: WatchlistRow) -> Demands | Refusal:
    """What the authority of the list's deployment asks of its entries today."""
    deployment = read_deployment(records, session, DeploymentId(row.deployment_id), THE_HUB)
    builders = as_value(session, row).builders
    today = records.clock().date()
    demands = None if deployment is None else Demands.of(deployment.deployment, builders, today)
    return demands or Refusal(RefusalCode.AUTHORITY_MISSING, "This deployment has no authority.")
