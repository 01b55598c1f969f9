"""Errors by group, counted by people, and sentences that never say that there is no difference."""

import numpy as np
import pytest
from tests.support.specimens import at_cosine, specimen

from openlfr.assurance.differential import Verdict
from openlfr.assurance.fairness import FPIR, by_group
from openlfr.assurance.intervals import Proportion
from openlfr.assurance.searches import Search
from openlfr.matching.gallery import Candidate


def searches_of(group: str, errors: int, total: int, *, pictures: int = 1) -> list[Search]:
    """So many people of a group, each searched for with so many pictures, all of the first `errors` in error."""
    found = []
    for number in range(total):
        for picture in range(pictures):
            probe = specimen(f"{group}{number}", f"{picture}.jpg", at_cosine(1, 0, 1))
            found.append(Search(probe, False, (Candidate("x", "x", 0.9 if number < errors else 0.1),)))
    return found


def groups_of(*names: str, people: int) -> dict[str, dict[str, str]]:
    return {"kind": {f"{name}{number}": name for name in names for number in range(people)}}


def is_error(search: Search) -> bool:
    return search.top_score >= 0.5


def test_a_group_that_is_stopped_more_often_is_named() -> None:
    searches = [*searches_of("a", 60, 1000), *searches_of("b", 10, 1000)]
    (found,) = by_group(searches, FPIR, is_error, groups_of("a", "b", people=1000), 0.5, "made")
    assert [(g.group, g.errors.count, g.errors.total, g.verdict) for g in found.groups] == [
        ("a", 60, 1000, Verdict.HIGHER),
        ("b", 10, 1000, Verdict.LOWER),
    ]
    exact = Proportion(60, 1000).interval()
    assert (found.groups[0].errors.low, found.groups[0].errors.high) == (exact.low, exact.high)
    assert found.max_to_min == pytest.approx(6)
    assert "higher for a" in found.verdict


def test_too_few_are_said_to_be_too_few_and_a_bound_is_given() -> None:
    searches = [*searches_of("a", 1, 20), *searches_of("b", 1, 20)]
    (found,) = by_group(searches, FPIR, is_error, groups_of("a", "b", people=20), 0.5, "made")
    assert {group.verdict for group in found.groups} == {Verdict.TOO_FEW}
    assert "Too few to say for a, b." in found.verdict
    assert found.difference_bound > found.largest_difference == 0


def test_no_verdict_says_that_there_is_no_bias() -> None:
    rng = np.random.default_rng(0)
    for _ in range(30):
        errors = rng.integers(0, 200, size=2)
        searches = [*searches_of("a", int(errors[0]), 200), *searches_of("b", int(errors[1]), 200)]
        (found,) = by_group(searches, FPIR, is_error, groups_of("a", "b", people=200), 0.5, "made")
        assert not {"unbiased", "fair", "no bias", "equal"} & set(found.verdict.lower().split())
        assert "no difference larger than" in found.verdict


def test_a_person_counts_once_however_many_pictures_there_are() -> None:
    searches = [*searches_of("a", 2, 10, pictures=5), *searches_of("b", 0, 10)]
    (found,) = by_group(searches, FPIR, is_error, groups_of("a", "b", people=10), 0.5, "made")
    assert [(group.errors.count, group.errors.total) for group in found.groups] == [(2, 10), (0, 10)]


def test_an_attribute_known_of_one_group_only_gives_no_comparison() -> None:
    assert by_group(searches_of("a", 1, 10), FPIR, is_error, groups_of("a", people=10), 0.5, "made") == ()
