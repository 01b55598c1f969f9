"""Whether a candidate raises an alert: the first recogniser's score, moved a little by the second opinion."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class SecondOpinionRule:
    """score + weight * (line - distance squared), to be compared with the threshold.

    `distance` is the Euclidean distance of the second recogniser's descriptors. At `line`, where that recogniser's
    makers draw the line between one person and two, the score stays as it is; nearer raises it, farther lowers it.
    A sum because the two err independently: near the threshold the log likelihood ratio of both together is close to a
    weighted sum. Squared distance because it falls off where a face is merely turned more gently than a centred cosine
    does, which lost as much as it gained. A rule that only vetoes was no better.

    `name` is part of the fusion rule's name, for which a calibration holds.
    """

    name: str
    weight: float
    line: float

    def __post_init__(self) -> None:
        if not self.weight > 0 or not self.line > 0:
            raise ValueError(f"Weight and line must be above 0, not {self.weight:g} and {self.line:g}.")

    @property
    def reach(self) -> float:
        """The most by which the second opinion can raise a score: a candidate farther than this under the threshold
        cannot come to it, so the second recogniser need not be asked."""
        return self.weight * self.line

    def decided(self, score: float, squared_distance: float) -> float:
        """The score that is compared with the threshold; not above 1, as people read it."""
        return min(score + self.weight * (self.line - squared_distance), 1.0)


def second_score(squared_distance: float) -> float:
    """The second opinion as people read it beside the first: 1 for the same picture, falling with the distance, below
    0.64 where dlib's makers would say two people."""
    return 1.0 - squared_distance


DLIB_RULE = SecondOpinionRule("dlib-1", weight=0.3, line=0.36)
"""For `vision.second_opinion.DlibSecondOpinion` beside SFace. The weight is the best of 0, 0.1, 0.2, 0.3 and 0.4 by
TPIR at FPIR 1e-3 over twelve random watchlists of 1,000 people of Labeled Faces in the Wild, and flat around it: one
number, chosen on those people (benchmarks/identification.py shows what it gains). dlib's line is a distance of 0.6."""
