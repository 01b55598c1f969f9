"""Error rates by group of people: what differs, how large a difference cannot be excluded, and who are too few."""

from collections.abc import Callable, Mapping, Sequence

from openlfr.assurance.dataset import group_of
from openlfr.assurance.differential import differential
from openlfr.assurance.intervals import Proportion
from openlfr.assurance.report import GroupFigure, GroupResult, Rate
from openlfr.assurance.searches import Search

FPIR, FNIR, FTA = "FPIR", "FNIR", "FTA"

Groups = Mapping[str, Mapping[str, str]]
"""Per attribute the group of each picture or person, as `dataset.read_groups` gives them."""


def by_group(
    searches: Sequence[Search],
    error: str,
    is_error: Callable[[Search], bool],
    groups: Groups,
    threshold: float,
    threshold_label: str,
) -> tuple[GroupResult, ...]:
    """One result for each attribute for which searches of at least two groups are known.

    Only the first search of each person counts: pictures of one person are not independent, and exact intervals need
    trials that are.
    """
    results = []
    for attribute, group_of_member in groups.items():
        people: dict[tuple[str, str], bool] = {}
        for search in searches:
            group = group_of(search.probe.picture, group_of_member)
            if group is not None:
                people.setdefault((group, search.probe.person), is_error(search))
        counts: dict[str, Proportion] = {}
        for name in sorted({group for group, _ in people}):
            erred = [wrong for (group, _), wrong in people.items() if group == name]
            counts[name] = Proportion(sum(erred), len(erred))
        if len(counts) >= 2:
            results.append(group_result(attribute, error, counts, threshold, threshold_label))
    return tuple(results)


def group_result(
    attribute: str, error: str, counts: Mapping[str, Proportion], threshold: float, threshold_label: str
) -> GroupResult:
    """The differential measures of ISO/IEC 19795-10 over two or more groups, each with a trial."""
    measured = differential(counts)
    return GroupResult(
        attribute=attribute,
        error=error,
        threshold=threshold,
        threshold_label=threshold_label,
        overall=Rate.exact(measured.overall),
        groups=tuple(
            GroupFigure(each.group, Rate.within(each.errors, each.interval), each.p_value, each.verdict)
            for each in measured.groups
        ),
        largest_difference=measured.max_difference,
        difference_bound=measured.max_difference_interval.high,
        max_to_min=measured.max_to_min,
        verdict=measured.verdict(),
    )
