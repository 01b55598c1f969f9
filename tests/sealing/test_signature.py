"""Signed documents: the signer, the kind and every byte are held."""

import pytest

from openlfr.sealing.canonical import JsonValue
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.signature import SignedDocument, SigningKey

HUB = SigningKey(bytes(range(32)))
STRANGER = SigningKey(bytes(range(1, 33)))
PLAN: JsonValue = {"cameras": ["north", "süd"], "threshold": 0.64, "rehearsal": False}


def test_a_document_survives_its_bytes_and_opens_for_who_trusts_the_signer() -> None:
    received = SignedDocument.from_bytes(HUB.sign_document("plan", PLAN).to_bytes())
    assert received.opened_by(HUB.public, "plan") == PLAN


def test_a_document_signed_by_somebody_else_is_refused_even_if_it_claims_our_key() -> None:
    forged = STRANGER.sign_document("plan", PLAN)
    with pytest.raises(SignatureInvalidError, match="signed by somebody else"):
        forged.opened_by(HUB.public, "plan")
    claiming = SignedDocument(forged.kind, forged.body, HUB.public, forged.signature)
    with pytest.raises(SignatureInvalidError):
        claiming.opened_by(HUB.public, "plan")


def test_a_signature_for_one_kind_is_no_signature_for_another() -> None:
    receipt = HUB.sign_document("receipt", PLAN)
    with pytest.raises(SignatureInvalidError, match="A plan was expected, and this is a receipt"):
        receipt.opened_by(HUB.public, "plan")
    relabelled = SignedDocument("plan", receipt.body, receipt.signer, receipt.signature)
    with pytest.raises(SignatureInvalidError):
        relabelled.opened_by(HUB.public, "plan")


def test_an_altered_body_is_refused() -> None:
    document = HUB.sign_document("plan", PLAN)
    altered = SignedDocument("plan", document.body.replace(b"0.64", b"0.54"), document.signer, document.signature)
    with pytest.raises(SignatureInvalidError, match="altered"):
        altered.opened_by(HUB.public, "plan")


@pytest.mark.parametrize("rubbish", [b"", b"{}", b"\xff", b'{"kind":"plan"}', b"[" * 10_000])
def test_rubbish_is_not_a_signed_document(rubbish: bytes) -> None:
    with pytest.raises(SignatureInvalidError, match="not a signed document"):
        SignedDocument.from_bytes(rubbish)


def test_a_fingerprint_is_short_and_of_the_key() -> None:
    assert len(HUB.public.fingerprint) == 32
    assert HUB.public.fingerprint != STRANGER.public.fingerprint
