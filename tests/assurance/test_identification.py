"""Mated and non-mated searches against plain loops, and how false positives grow with the watchlist."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.assurance.identification import (
    fmr_for,
    fpir_at_size,
    fpir_scaled,
    mated_searches,
    non_mated_top_scores,
)


def test_a_search_finds_its_mate_by_the_best_of_the_persons_pictures() -> None:
    scores = np.array([[0.2, 0.9, 0.5], [0.6, 0.1, 0.7]])
    searches = mated_searches(scores, np.array([7, 7]), np.array([7, 7, 8]))
    assert searches.mate_score.tolist() == [0.9, 0.6]
    assert searches.best_other_score.tolist() == [0.5, 0.7]
    assert searches.rank.tolist() == [1, 2]


def test_a_tie_counts_against_the_mate() -> None:
    searches = mated_searches(np.full((1, 4), 0.5), np.array([1]), np.array([1, 2, 3, 4]))
    assert searches.rank.tolist() == [4]


def test_a_probe_without_a_template_is_found_at_no_rank() -> None:
    searches = mated_searches(np.full((2, 3), -np.inf), np.array([1, 2]), np.array([1, 2, 3]))
    assert searches.rank.tolist() == [3, 3]
    assert searches.found_within(rank=3).count == 0


def test_found_within_counts_rank_and_threshold_together() -> None:
    scores = np.array([[0.9, 0.1], [0.3, 0.2], [0.4, 0.6]])
    searches = mated_searches(scores, np.array([0, 0, 0]), np.array([0, 1]))
    assert searches.found_within(rank=1).count == 2
    assert searches.found_within(rank=1, threshold=0.5).count == 1
    assert searches.found_within(rank=2).count == 3


@given(st.integers(1, 6), st.integers(1, 8), st.integers(0, 2**32))
def test_searches_are_sorted_out_as_a_loop_would(probes: int, entries: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, size=(probes, entries)) / 4
    entry_person = rng.integers(0, 4, size=entries)
    probe_person = rng.choice(entry_person, size=probes)
    searches = mated_searches(scores, probe_person, entry_person)
    for i in range(probes):
        best: dict[int, float] = {}
        for j in range(entries):
            best[int(entry_person[j])] = max(best.get(int(entry_person[j]), -1.0), float(scores[i, j]))
        mate = best.pop(int(probe_person[i]))
        assert searches.mate_score[i] == mate
        assert searches.best_other_score[i] == max(best.values(), default=-np.inf)
        assert searches.rank[i] == 1 + sum(other >= mate for other in best.values())


def test_a_person_who_is_not_enrolled_cannot_be_a_mated_search() -> None:
    for entries in ([1, 2], []):
        with pytest.raises(ValueError, match="non-mated"):
            mated_searches(np.zeros((1, len(entries))), np.array([3]), np.array(entries, dtype=int))
    with pytest.raises(ValueError, match="do not fit"):
        mated_searches(np.zeros((2, 2)), np.array([1]), np.array([1, 2]))


@pytest.mark.parametrize("column", [0, 1])
def test_a_score_that_is_not_a_number_is_refused(column: int) -> None:
    scores = np.array([[0.9, 0.5]])
    scores[0, column] = np.nan
    with pytest.raises(ValueError, match="not a number"):
        mated_searches(scores, np.array([1]), np.array([1, 2]))


def test_the_top_score_of_each_non_mated_search_is_kept() -> None:
    assert non_mated_top_scores(np.array([[0.1, 0.4], [0.3, 0.2]])).tolist() == [0.4, 0.3]
    with pytest.raises(ValueError, match="at least one entry"):
        non_mated_top_scores(np.zeros((3, 0)))


def test_false_positives_grow_with_the_watchlist_as_the_national_test_printed() -> None:
    # 1 in 60,000 at 1,000 images and 1 in 6,000 at 10,000.
    assert fpir_scaled(1 / 60_000, measured_at=1_000, wanted_at=10_000) == pytest.approx(1 / 6_000, rel=1e-3)


@given(st.floats(1e-12, 0.5), st.integers(1, 100_000))
def test_growth_agrees_with_the_formula_and_with_its_own_reverse(fmr: float, size: int) -> None:
    fpir = fpir_at_size(fmr, size)
    if fmr > 1e-3:
        assert fpir == pytest.approx(1 - (1 - fmr) ** size)
    if fpir < 0.99:
        assert fmr_for(fpir, size) == pytest.approx(fmr, rel=1e-9)
    assert fpir <= size * fmr * (1 + 1e-12)


def test_simulated_watchlists_grow_as_the_formula_says() -> None:
    rng = np.random.default_rng(2)
    tops = rng.random((20_000, 300)).max(axis=1)
    assert (tops >= 0.999).mean() == pytest.approx(fpir_at_size(0.001, 300), abs=0.01)


def test_the_ends_of_the_scale_are_kept() -> None:
    assert fpir_at_size(1.0, 5) == fpir_scaled(1.0, 10, 5) == 1.0
    assert fpir_at_size(0.5, 0) == fpir_scaled(0.0, 10, 1000) == 0.0
    with pytest.raises(ValueError, match="between 0 and 1"):
        fpir_at_size(1.5, 10)
    with pytest.raises(ValueError, match="at least 1"):
        fpir_scaled(0.1, 0, 10)
