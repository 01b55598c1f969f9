"""Certificates: signed, found for what they were made for, and understood by the rules of deployments."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from openlfr.assurance.certificate import (
    CertificateError,
    IssuedCertificate,
    certificate_for,
    default_certificates,
    open_certificate,
    sign_certificate,
)
from openlfr.assurance.report import DataUsed, SizeThreshold
from openlfr.policy.certificates import MatchingSetup, ThresholdCertificate, threshold_allowed
from openlfr.policy.identifiers import CertificateId
from openlfr.policy.refusal import Allowed, Refusal
from openlfr.sealing.signature import SigningKey
from openlfr.vision.packs.store import find_pack

KEY, OTHER = SigningKey(bytes(range(32))), SigningKey(bytes(32))
SETUP = MatchingSetup("pack", "bf16", "mean-1")
ISSUED = datetime(2026, 1, 1, tzinfo=UTC)


def issued(size: int = 1000, threshold: float = 0.55, setup: MatchingSetup = SETUP) -> IssuedCertificate:
    return IssuedCertificate(
        certificate=ThresholdCertificate(
            CertificateId(f"c{size}"), setup, threshold, 0.001, 1, size, ISSUED, ISSUED + timedelta(days=365)
        ),
        measured=SizeThreshold(size, 0.001, threshold - 0.01, threshold - 0.02, threshold, (), None),
        made_of="made",
        data=(DataUsed("made", 1, 1, 0, "ab" * 32),),
        findings=("Found.",),
        not_covered=("Everything else.",),
    )


def test_a_certificate_comes_back_as_it_was() -> None:
    assert open_certificate(sign_certificate(issued(), KEY), KEY.public) == issued()


def test_an_altered_or_foreign_certificate_is_refused() -> None:
    content = sign_certificate(issued(), KEY)
    with pytest.raises(CertificateError, match="signed by somebody else"):
        open_certificate(content, OTHER.public)
    forged = sign_certificate(issued(threshold=0.1), OTHER)
    with pytest.raises(CertificateError):
        open_certificate(forged, KEY.public)
    with pytest.raises(CertificateError, match="not a signed document"):
        open_certificate(content[:-40], KEY.public)


def test_no_changed_byte_changes_what_a_certificate_says() -> None:
    content = sign_certificate(issued(), KEY).rstrip(b"\n")
    refused = 0
    for place in range(0, len(content), 97):
        changed = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        try:
            opened = open_certificate(changed, KEY.public)
        except CertificateError:
            refused += 1
        else:  # the envelope's word on whose key it is; that is not believed
            assert opened == issued()
    assert refused


def test_the_one_that_fits_is_found_and_none_where_none_does() -> None:
    small, large = issued(1000, 0.55), issued(10_000, 0.60)
    soon = ISSUED + timedelta(days=1)
    assert certificate_for([large, small], SETUP, 800, soon) == small
    assert certificate_for([large, small], SETUP, 1001, soon) == large
    assert certificate_for([large, small], SETUP, 10_001, soon) is None
    assert certificate_for([large, small], replace(SETUP, precision="f32"), 800, soon) is None
    assert certificate_for([large, small], SETUP, 800, ISSUED + timedelta(days=365)) is None


def test_the_rules_refuse_a_threshold_below_the_certified_one() -> None:
    certificate = open_certificate(sign_certificate(issued(), KEY), KEY.public).certificate
    soon = ISSUED + timedelta(days=1)
    assert isinstance(threshold_allowed(certificate, SETUP, 1000, 0.55, soon), Allowed)
    assert isinstance(threshold_allowed(certificate, SETUP, 1000, 0.549, soon), Refusal)


def test_the_certificates_of_the_package_are_whole_and_say_what_they_do_not_cover() -> None:
    certificates = default_certificates()
    assert certificates
    identity = find_pack("default").pack.identity
    for each in certificates:
        assert each.certificate.setup.model_pack == identity
        assert each.certificate.lowest_threshold >= each.measured.threshold
        assert each.certificate.expires_at > each.certificate.issued_at
        assert each.not_covered
        assert each.findings
        assert each.data
    sizes = [each.certificate.largest_watchlist for each in certificates]
    assert sizes == sorted(sizes)


def test_every_setup_of_the_default_pack_has_a_shipped_certificate() -> None:
    covered = {
        (each.certificate.setup.precision, each.certificate.setup.fusion_rule, each.certificate.largest_watchlist)
        for each in default_certificates()
    }
    assert covered == set(product(("bf16", "f32"), ("mean-1", "mean-1.dlib-1"), (1_000, 3_000, 10_000)))
