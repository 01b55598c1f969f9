"""What a threshold certificate means: for which models, sizes and scores a threshold was shown to be safe."""

from dataclasses import dataclass
from datetime import datetime

from openlfr.policy.identifiers import CertificateId
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode


@dataclass(frozen=True, slots=True)
class MatchingSetup:
    """How scores are made. Scores of two setups cannot be compared, and a certificate holds for exactly one."""

    model_pack: str
    precision: str
    fusion_rule: str

    def __str__(self) -> str:
        return f"{self.model_pack} in {self.precision} with {self.fusion_rule}"


@dataclass(frozen=True, slots=True)
class ThresholdCertificate:
    """The result of a measured calibration (issued and signed by assurance).

    Thresholds from `lowest_threshold` up give at most `target_fpir` false identifications per passage against lists of
    `smallest_watchlist` to `largest_watchlist` people. FPIR grows with the list's size, so beyond it nothing is known.
    """

    certificate: CertificateId
    setup: MatchingSetup
    lowest_threshold: float
    target_fpir: float
    smallest_watchlist: int
    largest_watchlist: int
    issued_at: datetime
    expires_at: datetime


def threshold_allowed(
    certificate: ThresholdCertificate, setup: MatchingSetup, watchlist_size: int, threshold: float, now: datetime
) -> Allowed | Refusal:
    """Invariant 7: the threshold has a certificate for this setup and this size, and is not below it.

    A list smaller than the certificate's range is allowed: fewer people can only mean fewer false identifications.
    """
    if setup != certificate.setup:
        return Refusal(
            RefusalCode.NOT_CERTIFIED,
            f"The certificate is for {certificate.setup}, not for {setup}: "
            "calibrate this setup, or use the certified one.",
        )
    if not certificate.issued_at <= now < certificate.expires_at:
        return Refusal(
            RefusalCode.NOT_CERTIFIED,
            f"The certificate is valid from {certificate.issued_at:%Y-%m-%d} to {certificate.expires_at:%Y-%m-%d}: "
            "calibrate anew.",
        )
    if watchlist_size > certificate.largest_watchlist:
        return Refusal(
            RefusalCode.NOT_CERTIFIED,
            f"The certificate holds for up to {certificate.largest_watchlist} people and the watchlist may have "
            f"{watchlist_size}: shorten the list, or calibrate for its size.",
        )
    if not threshold >= certificate.lowest_threshold:
        return Refusal(
            RefusalCode.NOT_CERTIFIED,
            f"The threshold {threshold:g} is below {certificate.lowest_threshold:g}, the lowest that is certified.",
        )
    return Allowed()
