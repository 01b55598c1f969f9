"""The services of one hub's records, made once and shared by routes, jobs and the link to nodes."""

from collections.abc import Mapping
from dataclasses import dataclass

from openlfr.policy.jurisdiction import PACKAGED_PROFILES, JurisdictionProfile, packaged_profile
from openlfr.policy.retention import packaged_retention_policy
from openlfr.records.alerts import Alerts
from openlfr.records.deployments import Deployments
from openlfr.records.hub_records import HubRecords
from openlfr.records.legal_holds import LegalHolds
from openlfr.records.membership import MembershipRegister
from openlfr.records.people import People
from openlfr.records.purgeables import PURGEABLES
from openlfr.records.retention import Retention
from openlfr.records.watchlist_reviews import WatchlistReviews
from openlfr.records.watchlist_store import ListDirectory
from openlfr.records.watchlist_use import WatchlistsInUse
from openlfr.records.watchlists import Watchlists


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that can be asked of the records of this hub."""

    records: HubRecords
    profiles: Mapping[str, JurisdictionProfile]
    people: People
    deployments: Deployments
    alerts: Alerts
    watchlists: Watchlists
    reviews: WatchlistReviews
    in_use: WatchlistsInUse
    retention: Retention
    holds: LegalHolds
    membership: MembershipRegister


def services_of(records: HubRecords) -> Services:
    """The services of opened records, under the packaged profiles and retention policy."""
    profiles = {name: packaged_profile(name) for name in PACKAGED_PROFILES}
    policy = packaged_retention_policy()
    deployments = Deployments(records, profiles, ListDirectory())
    retention = Retention(records, policy, PURGEABLES)
    return Services(
        records=records,
        profiles=profiles,
        people=People(records),
        deployments=deployments,
        alerts=Alerts(records, profiles, deployments),
        watchlists=Watchlists(records, profiles),
        reviews=WatchlistReviews(records),
        in_use=WatchlistsInUse(records, deployments, retention),
        retention=retention,
        holds=LegalHolds(records, policy, PURGEABLES),
        membership=MembershipRegister(records),
    )
