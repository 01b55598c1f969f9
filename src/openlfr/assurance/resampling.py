"""Bootstrap over people: pictures of one person are not independent, so whole people are drawn, never pictures."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from openlfr.assurance.intervals import Interval

Index = npt.NDArray[np.intp]


def bootstrap_over_people(
    person: npt.NDArray[np.integer],
    statistic: Callable[[Index], float],
    rng: np.random.Generator,
    *,
    resamples: int = 2000,
    confidence: float = 0.95,
) -> Interval:
    """Percentile interval of `statistic` when people are drawn anew with replacement (Efron and Tibshirani, ch. 13).

    Args:
        person: for each observation the number of its person, (n,) integers.
        statistic: takes indices of observations, a person drawn twice appearing twice, and returns the figure.
            A resample on which it returns not-a-number (nobody of a group was drawn) is left out.
        rng: the source of chance; the same seed gives the same interval.
        resamples: more steadies the ends of the interval and costs that much longer.

    Raises:
        ValueError: no observations, or no resample gave a number.
    """
    if not len(person):
        raise ValueError("A bootstrap needs at least one observation.")
    order = np.argsort(person, kind="stable")
    _, first, pictures = np.unique(person[order], return_index=True, return_counts=True)
    values = np.array([statistic(_draw(order, first, pictures, rng)) for _ in range(resamples)], dtype=np.float64)
    values = values[~np.isnan(values)]
    if not values.size:
        raise ValueError("No resample gave a number: there are too few people for this figure.")
    tail = (1 - confidence) / 2
    low, high = np.quantile(values, [tail, 1 - tail], method="inverted_cdf")
    return Interval(float(low), float(high), confidence)


def _draw(order: Index, first: Index, pictures: Index, rng: np.random.Generator) -> Index:
    """Indices of the observations of as many people as there are, drawn with replacement."""
    people = rng.integers(len(first), size=len(first))
    lengths = pictures[people]
    ends = np.cumsum(lengths)
    within = np.arange(ends[-1]) - np.repeat(ends - lengths, lengths)
    return np.asarray(order[np.repeat(first[people], lengths) + within])
