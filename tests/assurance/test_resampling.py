"""The bootstrap over people: whole people are drawn, and the interval widens where pictures hang together."""

import numpy as np
import pytest

from openlfr.assurance.resampling import bootstrap_over_people


def test_people_are_drawn_whole() -> None:
    person = np.array([5, 3, 5, 3, 9, 5])
    drawn: list[np.ndarray] = []

    def note(index: np.ndarray) -> float:
        drawn.append(index)
        return 0.0

    bootstrap_over_people(person, note, np.random.default_rng(0), resamples=200)
    pictures = {3: 2, 5: 3, 9: 1}
    for index in drawn:
        times = {number: int((person[index] == number).sum()) / pictures[number] for number in pictures}
        assert sum(times.values()) == 3  # three people, each time with all their pictures
        assert all(count.is_integer() for count in times.values())
        for i in range(len(person)):
            assert int((index == i).sum()) == times[int(person[i])]


def test_the_interval_of_a_mean_of_single_pictures_agrees_with_the_normal_one() -> None:
    rng = np.random.default_rng(3)
    values = rng.normal(10, 2, 400)
    interval = bootstrap_over_people(np.arange(400), lambda index: float(values[index].mean()), rng, resamples=4000)
    standard_error = values.std() / 20
    assert interval.low == pytest.approx(values.mean() - 1.96 * standard_error, abs=0.02)
    assert interval.high == pytest.approx(values.mean() + 1.96 * standard_error, abs=0.02)


def test_pictures_that_say_the_same_do_not_narrow_the_interval() -> None:
    rng = np.random.default_rng(4)
    of_person = rng.integers(0, 2, 50).astype(float)
    once = bootstrap_over_people(np.arange(50), lambda index: float(of_person[index].mean()), np.random.default_rng(5))
    person, values = np.repeat(np.arange(50), 20), np.repeat(of_person, 20)
    often = bootstrap_over_people(person, lambda index: float(values[index].mean()), np.random.default_rng(5))
    assert (often.low, often.high) == pytest.approx((once.low, once.high))


def test_the_same_seed_gives_the_same_interval_and_another_gives_another() -> None:
    values = np.random.default_rng(6).random(30)

    def interval(seed: int) -> tuple[float, float]:
        found = bootstrap_over_people(
            np.arange(30), lambda index: float(values[index].mean()), np.random.default_rng(seed), resamples=50
        )
        return found.low, found.high

    assert interval(1) == interval(1) != interval(2)


def test_resamples_without_a_number_are_left_out_and_none_at_all_is_refused() -> None:
    values = np.array([1.0, np.nan])
    interval = bootstrap_over_people(
        np.arange(2), lambda index: float(values[index].mean()), np.random.default_rng(7), resamples=100
    )
    assert (interval.low, interval.high) == (1.0, 1.0)
    with pytest.raises(ValueError, match="too few people"):
        bootstrap_over_people(np.arange(2), lambda _: float("nan"), np.random.default_rng(7), resamples=5)
    with pytest.raises(ValueError, match="at least one observation"):
        bootstrap_over_people(np.array([], dtype=int), lambda _: 0.0, np.random.default_rng(7))
