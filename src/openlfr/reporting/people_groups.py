"""Counts by group of people: who was looked for, alerted on and arrested for what. Small ones are withheld.

They are told for closed report years of the whole hub only, once all their deployments are reported. Told for other
periods, for part of a hub, or again after each deployment, the difference between two reports would say who it was.
"""

import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from openlfr.policy.alert import OffenceGroup, PublishedOutcome, Result
from openlfr.policy.watchlist import Category
from openlfr.records.published import PublishedDeployment, PublishedRecords
from openlfr.reporting.periods import Period, ReportCalendar
from openlfr.reporting.suppression import SMALLEST_PUBLISHED, suppress_small

_Group = TypeVar("_Group", bound=StrEnum)


def untold(published: PublishedRecords, period: Period, calendar: ReportCalendar) -> str | None:
    """Why groups of people are not told for a period, in a sentence; None where they are."""
    if not published.limited_to.whole_hub:
        reason = "for all forces and sites of a hub together"
    elif not calendar.is_year(period):
        reason = f"for whole report years, such as {calendar.year_of(period.first)}"
    elif calendar.day_of(published.as_of) <= period.last:
        reason = "once the year is over"
    elif any(calendar.day_of(each) in period for each in published.to_report):
        reason = "once every deployment of the year is reported"
    else:
        return None
    return (
        "Who was looked for, and what people were arrested for, is told by group of people, with small counts "
        f"withheld, and only {reason}: otherwise the difference between two reports could say who it was."
    )


def counts_by_group(deployments: Sequence[PublishedDeployment]) -> dict[str, dict[str, int | None]]:
    """Alerts by category of the person and by age, arrests by offence and by later result; None is withheld.

    One alert may fall under several categories, one arrest under several offences.
    """
    alerts = sum(each.statistics.total_alerts for each in deployments)
    arrests = sum(each.statistics.outcomes[PublishedOutcome.ARREST] for each in deployments)
    children = sum(each.statistics.under_18_alerts for each in deployments)
    results = _summed((each.statistics.arrest_results for each in deployments), Result)
    results["no result recorded yet"] = max(0, arrests - sum(results.values()))
    counted = {
        "Alerts by category": _summed((each.alert_categories for each in deployments), Category),
        "Alerts by age": {"under 18": children, "18 or over": alerts - children},
        "Arrests by offence": _summed((each.statistics.offence_groups for each in deployments), OffenceGroup),
        "Arrests by later result": results,
    }
    return {title: suppress_small(counts) for title, counts in counted.items() if any(counts.values())}


def listed(deployments: Sequence[PublishedDeployment]) -> dict[str, int | None]:
    """People on the watchlists, added up over deployments, by category, and children; None is withheld."""
    compositions = [each.composition for each in deployments if each.composition is not None]
    if not compositions:
        return {}
    children = {"under 18 years of age": sum(each.under_18 for each in compositions)}
    return {
        **suppress_small(_summed((each.categories for each in compositions), Category)),
        **suppress_small(children, total_published=False),
    }


def times(deployments: Sequence[PublishedDeployment]) -> dict[str, tuple[timedelta | None, int]]:
    """Median times, to the minute, and how many they are of; None, with the count, where those are too few."""
    found = {
        "From going live to an alert on a person who was confirmed": [
            each for deployment in deployments for each in deployment.located_after
        ],
        "From an alert to approaching the person": [
            each for deployment in deployments for each in deployment.approached_after
        ],
    }
    return {
        name: (_median(values) if len(values) >= SMALLEST_PUBLISHED else None, len(values))
        for name, values in found.items()
    }


def _median(values: Sequence[timedelta]) -> timedelta:
    minutes = statistics.median(each / timedelta(minutes=1) for each in values)
    return timedelta(minutes=max(1, round(minutes)))


def _summed(counts: Iterable[Mapping[_Group, int]], every: type[_Group]) -> dict[str, int]:
    """All groups with their counts, those with none too: a group that is left out would tell that it has none."""
    total: Counter[_Group] = Counter()
    for each in counts:
        total.update(each)
    return {group.value: total[group] for group in every}
