"""How long to wait before the next attempt to reach a lost camera: pure arithmetic."""

FIRST_DELAY_S = 0.25
LONGEST_DELAY_S = 10.0
# A connection that held this long was a good one, and the next loss starts from the shortest delay again.
STABLE_S = 10.0
# Between attempts at a camera that worked and now refuses us (a password changed under way). Many cameras lock an
# account for half an hour after a few wrong passwords, and start again with each further one.
REFUSED_DELAY_S = 60.0


def reconnect_delay_s(failures: int, chance: float) -> float:
    """Seconds to wait after the `failures`-th failure in a row (from 1), with `chance` drawn evenly from [0, 1).

    Exponential with full jitter, so that the cameras of a street which lost power together do not all come back in
    the same instant (M. Brooker, "Exponential Backoff and Jitter", AWS Architecture Blog, 2015).
    """
    ceiling = min(LONGEST_DELAY_S, FIRST_DELAY_S * 2.0 ** min(failures - 1, 32))
    return ceiling * chance
