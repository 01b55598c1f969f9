"""From the hub's records to what is published: the figures of deployments as the columns have them."""

from collections.abc import Sequence
from datetime import UTC, tzinfo
from decimal import Decimal

from openlfr.policy.alert import PublishedClass, PublishedOutcome
from openlfr.records.published import PublishedDeployment, PublishedRecords
from openlfr.reporting.deployment_record import DeploymentRecord
from openlfr.reporting.publication import NotPublishableError, Publication


def record_of(published: PublishedDeployment, zone: tzinfo = UTC) -> DeploymentRecord:
    """One deployment in the published columns, its day as people in `zone` told it. Raises NotPublishableError before
    it ended, and while an alert has no class."""
    counts = published.statistics
    if counts.duration is None or counts.went_live_at is None or counts.threshold is None:
        raise NotPublishableError(f"{counts.location}: this deployment has not ended; its record is made afterwards.")
    if counts.unclassified:
        raise NotPublishableError(
            f"{counts.location}: {counts.unclassified} alerts have no class yet; classify each before publishing."
        )
    return DeploymentRecord(
        location=counts.location,
        day=counts.went_live_at.astimezone(zone).date(),
        duration=counts.duration,
        use_case=counts.use_case,
        watchlist_size=counts.watchlist_size,
        min_threshold=Decimal(repr(counts.threshold)),
        total_alerts=counts.total_alerts,
        true_confirmed=counts.classes[PublishedClass.TRUE_CONFIRMED],
        true_unconfirmed=counts.classes[PublishedClass.TRUE_UNCONFIRMED],
        false_confirmed=counts.classes[PublishedClass.FALSE_CONFIRMED],
        false_unconfirmed=counts.classes[PublishedClass.FALSE_UNCONFIRMED],
        arrests=counts.outcomes[PublishedOutcome.ARREST],
        other_action=counts.outcomes[PublishedOutcome.OTHER],
        no_action=counts.outcomes[PublishedOutcome.NO_ACTION],
        faces_seen=counts.faces_seen,
        faces_seen_method=counts.faces_seen_method or "no node reported any",
    )


def publication_of(
    published: PublishedRecords, deployments: Sequence[PublishedDeployment] | None = None, zone: tzinfo = UTC
) -> Publication:
    """Deployments (all of them when none are named), once every check has passed. Raises NotPublishableError."""
    chosen = published.deployments if deployments is None else deployments
    return Publication(tuple(record_of(each, zone) for each in chosen), published.as_of.astimezone(zone).date(), ())


def publisher_of(deployments: Sequence[PublishedDeployment]) -> str:
    """The force or forces that answer for these deployments."""
    return ", ".join(dict.fromkeys(each.controller for each in deployments)) or "No deployment yet"
