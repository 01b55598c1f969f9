"""Totals of published deployment records, over all and by year, use case or threshold: every figure traces to rows."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import TypeVar

from openlfr.policy.application import UseCase
from openlfr.reporting.deployment_record import DeploymentRecord, FalseAlertRates

Key = TypeVar("Key", int, Decimal)


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over deployments, as published.

    `outcomes_exceeding` counts the deployments whose outcomes exceed their alerts, so that a reader can see how far
    the sums of the outcomes are to be trusted.
    """

    deployments: int
    duration: timedelta
    faces_seen: int
    total_alerts: int
    true_confirmed: int
    true_unconfirmed: int
    false_confirmed: int
    false_unconfirmed: int
    arrests: int
    other_action: int
    no_action: int
    outcomes_exceeding: int

    @property
    def hours(self) -> float:
        """The duration in hours."""
        return self.duration / timedelta(hours=1)

    def false_alert_rates(self) -> FalseAlertRates:
        """False alerts on both denominators."""
        return FalseAlertRates(self.false_confirmed + self.false_unconfirmed, self.faces_seen, self.total_alerts)


def totals(records: Iterable[DeploymentRecord]) -> Totals:
    """Add up; all nought for no records."""
    every = list(records)
    return Totals(
        deployments=len(every),
        duration=sum((record.duration for record in every), timedelta()),
        faces_seen=sum(record.faces_seen for record in every),
        total_alerts=sum(record.total_alerts for record in every),
        true_confirmed=sum(record.true_confirmed for record in every),
        true_unconfirmed=sum(record.true_unconfirmed for record in every),
        false_confirmed=sum(record.false_confirmed for record in every),
        false_unconfirmed=sum(record.false_unconfirmed for record in every),
        arrests=sum(record.arrests for record in every),
        other_action=sum(record.other_action for record in every),
        no_action=sum(record.no_action for record in every),
        outcomes_exceeding=sum(record.outcomes > record.total_alerts for record in every),
    )


@dataclass(frozen=True, slots=True)
class AnnualFigures:
    """What an annual report states: all deployments, and the same by year, threshold and use case, each in order.

    `by_use_case` is empty where the source leaves use cases out.
    """

    overall: Totals
    by_year: dict[int, Totals]
    by_threshold: dict[Decimal, Totals]
    by_use_case: dict[UseCase, Totals]


def annual_figures(records: Iterable[DeploymentRecord]) -> AnnualFigures:
    """The totals of an annual report."""
    every = list(records)
    of_use_case = {use_case: [record for record in every if record.use_case is use_case] for use_case in UseCase}
    return AnnualFigures(
        overall=totals(every),
        by_year=_by(every, lambda record: record.day.year),
        by_threshold=_by(every, lambda record: record.min_threshold),
        by_use_case={use_case: totals(some) for use_case, some in of_use_case.items() if some},
    )


def _by(records: Iterable[DeploymentRecord], key: Callable[[DeploymentRecord], Key]) -> dict[Key, Totals]:
    groups: dict[Key, list[DeploymentRecord]] = defaultdict(list)
    for record in records:
        groups[key(record)].append(record)
    return {group: totals(groups[group]) for group in sorted(groups)}
