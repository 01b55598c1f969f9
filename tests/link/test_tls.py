"""The hub's authority: the same for the same vault, trusted by whoever has its certificate."""

import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from openlfr.link.tls import SERVER_CERTIFICATE_LIFE, Authority, client_context, pin_of
from openlfr.policy.identifiers import HubId

NOW = datetime.now(UTC)
AUTHORITY = Authority.of(b"\x01" * 32, HubId("hub-1"))


def handshake(files: Path, client: ssl.SSLContext, host: str) -> None:
    """A whole handshake in memory. Raises what the client raises."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(files / "server.pem", files / "server.key")
    to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
    asking = client.wrap_bio(to_client, to_server, server_hostname=host)
    answering = server.wrap_bio(to_server, to_client, server_side=True)
    for _ in range(4):
        for side in (asking, answering):
            try:
                side.do_handshake()
            except ssl.SSLWantReadError:
                continue
    assert asking.version() == "TLSv1.3"


def test_the_same_secret_gives_the_same_authority_and_another_gives_another() -> None:
    again = Authority.of(b"\x01" * 32, HubId("hub-1"))
    other = Authority.of(b"\x02" * 32, HubId("hub-1"))
    assert again.pin == AUTHORITY.pin == pin_of(AUTHORITY.pem) == pin_of(again.pem)
    assert other.pin != AUTHORITY.pin


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "hub.example"])
def test_a_server_is_trusted_under_every_name_it_was_issued_for(tmp_path: Path, host: str) -> None:
    AUTHORITY.issue(["hub.example", "127.0.0.1", "::1"], NOW).written(tmp_path)
    handshake(tmp_path, client_context(AUTHORITY.pem), host)


def test_a_certificate_issued_before_the_hub_was_started_anew_is_trusted_after_it(tmp_path: Path) -> None:
    Authority.of(b"\x01" * 32, HubId("hub-1")).issue(["hub.example"], NOW).written(tmp_path)
    handshake(tmp_path, client_context(AUTHORITY.pem), "hub.example")


@pytest.mark.parametrize(
    ("secret", "host", "issued_at", "why"),
    [
        (b"\x02" * 32, "hub.example", NOW, "unable to get local issuer|self.signed|signature failure"),
        (b"\x01" * 32, "other.example", NOW, "Hostname mismatch"),
        (b"\x01" * 32, "hub.example", NOW - SERVER_CERTIFICATE_LIFE, "expired"),
        (b"\x01" * 32, "hub.example", NOW + timedelta(days=3), "not yet valid"),
    ],
    ids=["another authority of the same name", "another name", "too old", "not yet"],
)
def test_any_other_server_is_refused(tmp_path: Path, secret: bytes, host: str, issued_at: datetime, why: str) -> None:
    Authority.of(secret, HubId("hub-1")).issue(["hub.example"], issued_at).written(tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match=why):
        handshake(tmp_path, client_context(AUTHORITY.pem), host)


def test_the_key_on_the_disk_is_its_owners_only_and_in_no_other_file(tmp_path: Path) -> None:
    issued = AUTHORITY.issue(["hub.example"], NOW)
    files = issued.written(tmp_path)
    assert stat.S_IMODE(files.key.stat().st_mode) == 0o600
    assert b"PRIVATE KEY" not in files.certificate.read_bytes() + files.authority.read_bytes()
    assert "PRIVATE" not in repr(issued)
    assert issued.ends_at - NOW < timedelta(days=398)
