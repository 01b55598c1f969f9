"""Exact bounds of a proportion: so many events in so many trials (Clopper & Pearson, Biometrika 26 (1934) 404)."""

from scipy.special import betaincinv


def lower_bound(events: int, trials: int, confidence: float) -> float:
    """The one-sided lower bound at `confidence`, such as 0.95; 0 where nothing happened.

    Raises:
        ValueError: events outside 0..trials.
    """
    _check_counts(events, trials)
    return 0.0 if events == 0 else float(betaincinv(events, trials - events + 1, 1 - confidence))


def upper_bound(events: int, trials: int, confidence: float) -> float:
    """The one-sided upper bound at `confidence`; 1 where every trial was an event, or there was none.

    Raises:
        ValueError: events outside 0..trials.
    """
    _check_counts(events, trials)
    return 1.0 if events == trials else float(betaincinv(events + 1, trials - events, confidence))


def _check_counts(events: int, trials: int) -> None:
    if not 0 <= events <= trials:
        raise ValueError(f"{events} events in {trials} trials is impossible; count both anew.")
