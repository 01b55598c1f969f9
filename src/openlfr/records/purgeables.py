"""Every kind of record that retention destroys: a new kind is added here, or it is never destroyed."""

from typing import Final

from openlfr.records.alert_purge import PurgeableAlerts
from openlfr.records.deployment_purge import PurgeableDeployments, PurgeableStaff
from openlfr.records.membership import PurgeableMembership
from openlfr.records.purgeable import Purgeable
from openlfr.records.watchlist_purge import PurgeableWatchlists

PURGEABLES: Final[tuple[Purgeable, ...]] = (
    PurgeableAlerts(),
    PurgeableWatchlists(),
    PurgeableMembership(),
    PurgeableDeployments(),
    PurgeableStaff(),
)
