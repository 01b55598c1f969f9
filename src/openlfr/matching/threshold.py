"""Thresholds: from a wanted false positive identification rate and the size of the watchlist to a score, and back."""

import math
from dataclasses import dataclass

import pydantic


class ThresholdError(ValueError):
    """The threshold or rate asked for cannot be used; the message says why and what can."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How often two different people reach a score: a generalised Pareto tail (Pickands, Ann. Statist. 3, 1975).

    Of all comparisons of two different people's pictures the part `share` scores above `start`; above it, the excess
    follows `scale` and `shape`. `made_of` says in words what was measured; it speaks for pictures like those.
    """

    start: float
    share: float
    scale: float
    shape: float
    made_of: str

    def false_match_rate(self, threshold: float) -> float:
        """Share of comparisons of two different people at or above `threshold` (FMR, ISO/IEC 19795-1)."""
        over = max(threshold - self.start, 0.0)
        if abs(self.shape) < 1e-9:
            return self.share * math.exp(-over / self.scale)
        inside = 1 + self.shape * over / self.scale
        return self.share * inside ** (-1 / self.shape) if inside > 0 else 0.0

    def threshold_at(self, false_match_rate: float) -> float:
        """The score whose false match rate this is; `start` for rates above what the tail covers."""
        times = math.log(self.share / min(false_match_rate, self.share))
        if abs(self.shape) < 1e-9:
            return self.start + self.scale * times
        return self.start + self.scale * math.expm1(self.shape * times) / self.shape


class _CalibrationFile(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid", frozen=True)

    start: float = pydantic.Field(ge=-1, le=1)
    share: float = pydantic.Field(gt=0, le=1)
    scale: float = pydantic.Field(gt=0)
    shape: float = pydantic.Field(ge=-1, le=1)
    made_of: str


def parse_calibration(content: bytes) -> Calibration:
    """Reads a pack's calibration file (JSON). Raises ThresholdError when it is not one."""
    try:
        read = _CalibrationFile.model_validate_json(content)
    except pydantic.ValidationError as error:
        raise ThresholdError(f"The pack's calibration file cannot be read ({error.error_count()} faults).") from None
    return Calibration(read.start, read.share, read.scale, read.shape, read.made_of)


def predicted_fpir(calibration: Calibration, threshold: float, pictures: int) -> float:
    """Chance that a passer-by who is not on a watchlist of so many pictures raises an alert.

    1 - (1 - FMR)^N: grows about linearly with the list, as the published tests found (1 in 60,000 at 1,000, 1 in 6,000
    at 10,000). It takes the comparisons of one passer-by as independent; on LFW the measured rate was up to 1.5 times
    the predicted one, within its interval.
    """
    return -math.expm1(pictures * math.log1p(-min(calibration.false_match_rate(threshold), 1 - 1e-12)))


def threshold_for(calibration: Calibration, target_fpir: float, pictures: int) -> float:
    """The threshold at which `predicted_fpir` is `target_fpir` for a watchlist of so many pictures."""
    if not 0 < target_fpir < 1:
        raise ThresholdError(f"The target FPIR must lie between 0 and 1, such as 0.001; it is {target_fpir:g}.")
    per_comparison = -math.expm1(math.log1p(-target_fpir) / max(pictures, 1))
    return calibration.threshold_at(per_comparison)


def checked_threshold(threshold: float) -> float:
    """A threshold a user gave, if it is one. Raises ThresholdError."""
    if not math.isfinite(threshold) or not 0 < threshold < 1:
        raise ThresholdError(
            f"The threshold must lie between 0 and 1, such as 0.45; it is {threshold:g}. "
            "Leave it out to have it derived from the size of the watchlist."
        )
    return threshold
