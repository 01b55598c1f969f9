"""Passkeys (WebAuthn level 3): options for the browser, and its answers checked. The person is always verified, by a
finger, a face or a code at their own device; attestation is not asked for."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import (
    parse_authentication_credential_json,
    parse_registration_credential_json,
)
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from openlfr.sealing.canonical import JsonValue

_TIMEOUT_MS: Final = 300_000


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that a device made: its identifier, public key (COSE), and how often it was used."""

    credential_id: bytes
    public_key: bytes
    uses: int


@dataclass(frozen=True, slots=True)
class HubSite:
    """The site that passkeys are bound to: its host, and the address that browsers name as theirs."""

    host: str
    address: str

    def making(
        self, challenge: bytes, user: bytes, sign_in_name: str, name: str, known: Sequence[bytes]
    ) -> Mapping[str, JsonValue]:
        """Options for `navigator.credentials.create`: a passkey that is found without typing a name."""
        options = generate_registration_options(
            rp_id=self.host,
            rp_name="OpenLFR",
            user_id=user,
            user_name=sign_in_name,
            user_display_name=name,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED, user_verification=UserVerificationRequirement.REQUIRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
        )
        return _read(options_to_json(options))

    def using(self, challenge: bytes, known: Sequence[bytes]) -> Mapping[str, JsonValue]:
        """Options for `navigator.credentials.get`; `known` is empty where nobody said yet who they are."""
        options = generate_authentication_options(
            rp_id=self.host,
            challenge=challenge,
            timeout=_TIMEOUT_MS,
            allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in known],
            user_verification=UserVerificationRequirement.REQUIRED,
        )
        return _read(options_to_json(options))

    def made(self, answer: str, challenge: bytes) -> NewPasskey | None:
        """The passkey in a browser's answer to `making`; None when the answer is not one to this challenge."""
        try:
            verified = verify_registration_response(
                credential=parse_registration_credential_json(answer),
                expected_challenge=challenge,
                expected_rp_id=self.host,
                expected_origin=self.address,
                require_user_verification=True,
            )
        except Exception:  # the library raises many kinds for answers that were made to harm
            return None
        return NewPasskey(verified.credential_id, verified.credential_public_key, verified.sign_count)

    def used(self, answer: str, challenge: bytes, public_key: bytes, uses: int) -> int | None:
        """How often the passkey was used by now, by the browser's answer to `using`; None for a false answer.

        A counter that does not grow, where the device counts at all, is a false answer: the passkey was copied.
        """
        try:
            return verify_authentication_response(
                credential=parse_authentication_credential_json(answer),
                expected_challenge=challenge,
                expected_rp_id=self.host,
                expected_origin=self.address,
                credential_public_key=public_key,
                credential_current_sign_count=uses,
                require_user_verification=True,
            ).new_sign_count
        except Exception:  # the library raises many kinds for answers that were made to harm
            return None


def credential_of(answer: str) -> bytes | None:
    """Which passkey an answer says it is of, before anything is checked."""
    try:
        return parse_authentication_credential_json(answer).raw_id
    except Exception:  # the library raises many kinds for answers that were made to harm
        return None


def _read(options: str) -> Mapping[str, JsonValue]:
    value: Mapping[str, JsonValue] = json.loads(options)
    return value
