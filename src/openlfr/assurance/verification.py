"""1:1 comparison: how often two pictures of one person are told from two of different people (ISO/IEC 19795-1)."""

from collections.abc import Sequence

import numpy as np

from openlfr.assurance.acquisition import Specimen
from openlfr.assurance.error_rates import (
    det_curve,
    equal_error_rate,
    false_positives,
    threshold_at,
    true_positives,
)
from openlfr.assurance.evaluation import EvaluationError
from openlfr.assurance.judging import Terms
from openlfr.assurance.report import Point, Rate, Verification
from openlfr.assurance.searches import Watchlist, acquired
from openlfr.enrolment.enrol import NotEnrolledReason


def verification(pairs: Sequence[tuple[Specimen, Specimen, bool]], fmrs: Sequence[float], terms: Terms) -> Verification:
    """1:1: each pair is a search of a watchlist of one, so that scores are made in the one way there is.

    A pair of which a picture gives no template has no match, whatever the threshold; one of which a picture's label is
    unclear is left out. Raises EvaluationError when there
    are no pairs of one of the two kinds.
    """
    mated: list[float] = []
    non_mated: list[float] = []
    for a, b, same in pairs:
        if NotEnrolledReason.SEVERAL_FACES in (a.failure, b.failure):
            continue
        score = -np.inf
        if acquired(a, terms.floor) and acquired(b, terms.floor):
            score = Watchlist([a], terms.rule).search([b], terms.floor)[0].top_score
        (mated if same else non_mated).append(score)
    if not mated or not non_mated:
        raise EvaluationError("The pairs must hold pairs of one person and of two.")
    genuine, impostor = np.array(mated), np.array(non_mated)
    curve = det_curve(genuine, impostor)
    right = (1 - curve.false_negative) * genuine.size + (1 - curve.false_positive) * impostor.size
    points = []
    for fmr in fmrs:
        threshold = threshold_at(impostor, fmr)
        points.append(
            Point(
                f"FMR {fmr:g}",
                threshold,
                Rate.exact(false_positives(impostor, threshold)),
                Rate.exact(true_positives(genuine, threshold)),
            )
        )
    return Verification(
        mated=genuine.size,
        non_mated=impostor.size,
        equal_error_rate=equal_error_rate(curve)[0],
        best_accuracy=float(right.max() / (genuine.size + impostor.size)),
        points=tuple(points),
    )
