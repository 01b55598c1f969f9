"""The hub's own authority for certificates, which comes out of its vault, and what trusts it.

ECDSA on P-256, since browsers accept no Ed25519. The authority's key follows from a secret of the vault, so nothing but
the vault has to be kept: a certificate of the authority made anew is trusted like the old one.
"""

import hashlib
import ipaddress
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.types import CertificatePublicKeyTypes
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from openlfr.policy.identifiers import HubId
from openlfr.sealing.durable import write_synced

PIN_BYTES: Final = 32
SERVER_CERTIFICATE_LIFE: Final = timedelta(days=397)
"""Browsers refuse longer ones; a hub has a new one issued at each start and when half of it is over."""

_P256_ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
_BEGINNING: Final = datetime(2020, 1, 1, tzinfo=UTC)
_NO_END: Final = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
"""RFC 5280, section 4.1.2.5: a certificate without a well-defined end."""
_CLOCKS_DIFFER: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class TlsFiles:
    """Where a server finds its certificate, its key (readable by its owner only), and the authority of its peers."""

    certificate: Path
    key: Path
    authority: Path


@dataclass(frozen=True, slots=True)
class ServerCertificate:
    """A certificate for a server, with its key and the authority that issued it, as PEM."""

    certificate: bytes
    key: bytes = field(repr=False)
    authority: bytes
    ends_at: datetime

    def written(self, folder: Path) -> TlsFiles:
        """The three as files in `folder`, which must exist."""
        files = TlsFiles(folder / "server.pem", folder / "server.key", folder / "authority.pem")
        write_synced(files.certificate, self.certificate)
        write_synced(files.key, self.key)
        write_synced(files.authority, self.authority)
        return files


class Authority:
    """Issues the certificates of one hub's servers."""

    def __init__(self, key: ec.EllipticCurvePrivateKey, name: str) -> None:
        """Use `of`."""
        self._key = key
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.pem = self._own_certificate().public_bytes(Encoding.PEM)

    @classmethod
    def of(cls, secret: bytes | bytearray, hub: HubId) -> Self:
        """The authority of a hub. `secret`: the 32 bytes of the vault's key for it; the same give the same key.

        384 bits are reduced to the curve's order, so that no key is likelier than another (FIPS 186-5, A.2.1).
        """
        drawn = HKDF(algorithm=SHA256(), length=48, salt=None, info=b"openlfr tls authority v1").derive(bytes(secret))
        scalar = int.from_bytes(drawn, "big") % (_P256_ORDER - 1) + 1
        return cls(ec.derive_private_key(scalar, ec.SECP256R1()), f"OpenLFR hub {hub}"[:64])

    @property
    def pin(self) -> bytes:
        """SHA-256 of the authority's public key: what an enrolment code carries."""
        return _pin(self._key.public_key())

    def issue(self, hosts: Sequence[str], now: datetime) -> ServerCertificate:
        """A certificate for a server that is reached under these names and IP addresses."""
        if not hosts:
            raise ValueError("A server's certificate names at least one host.")
        key = ec.generate_private_key(ec.SECP256R1())
        ends_at = now + SERVER_CERTIFICATE_LIFE - _CLOCKS_DIFFER
        certificate = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])]))
            .issuer_name(self._name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - _CLOCKS_DIFFER)
            .not_valid_after(ends_at)
            .add_extension(x509.SubjectAlternativeName([_general_name(host) for host in hosts]), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            # Servers of a cluster are each other's clients as well.
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), False
            )
            .add_extension(_usage(authority=False), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return ServerCertificate(certificate.public_bytes(Encoding.PEM), private, self.pem, ends_at)

    def _own_certificate(self) -> x509.Certificate:
        public = self._key.public_key()
        return (
            x509.CertificateBuilder()
            .subject_name(self._name)
            .issuer_name(self._name)
            .public_key(public)
            .serial_number(int.from_bytes(_pin(public)[:16], "big") >> 1 | 1)
            .not_valid_before(_BEGINNING)
            .not_valid_after(_NO_END)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(authority=True), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(public), critical=False)
            .sign(self._key, SHA256())
        )


def pin_of(authority_pem: bytes) -> bytes:
    """SHA-256 of the public key of an authority's certificate. Raises ValueError when these bytes are none."""
    return _pin(x509.load_pem_x509_certificate(authority_pem).public_key())


def client_context(authority_pem: bytes) -> ssl.SSLContext:
    """Trusts servers of this authority under the name they are called by, and nobody else. TLS 1.3 only."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(cadata=authority_pem.decode("ascii"))
    return context


def _pin(key: CertificatePublicKeyTypes) -> bytes:
    return hashlib.sha256(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).digest()


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _usage(*, authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=authority,
        crl_sign=authority,
        encipher_only=False,
        decipher_only=False,
    )
