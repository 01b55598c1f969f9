"""The hub's settings: read from the environment, and refused with a sentence when they cannot work."""

from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import ValidationError

from openlfr.hub.settings import HubSettings


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name, value in {
        "ADDRESS": "https://Hub.Force.example:443/",
        "OTHER_HOSTS": '["Balancer.internal"]',
        "IDLE_LOCK": "PT5M",
        "DIRECTORY_ISSUER": "https://login.force.example",
        "DIRECTORY_CLIENT_ID": "hub",
        "DIRECTORY_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
    }.items():
        monkeypatch.setenv(f"OPENLFR_HUB_{name}", value)
    settings = HubSettings()
    assert settings.address == "https://hub.force.example"
    assert settings.hosts == ("hub.force.example", "balancer.internal")
    assert settings.is_tls
    assert settings.idle_lock == timedelta(minutes=5)
    assert settings.directory.issuer == "https://login.force.example"


@pytest.mark.parametrize(
    "address",
    ["hub.force.example", "ftp://hub", "https://", "https://hub/console", "https://me:secret@hub", "https://hub?x=1"],
)
def test_an_address_that_people_cannot_type_is_refused(address: str) -> None:
    with pytest.raises(ValidationError):
        HubSettings(address=address)


@pytest.mark.parametrize(
    ("directory", "sentence"),
    [
        ({"ISSUER": "https://login.force.example"}, "CLIENT_ID"),
        ({"ISSUER": "http://login.force.example", "CLIENT_ID": "x", "CLIENT_SECRET_FILE": "/x"}, "with https"),
    ],
)
def test_a_directory_that_cannot_be_trusted_is_refused(
    monkeypatch: pytest.MonkeyPatch, directory: dict[str, str], sentence: str
) -> None:
    for name, value in directory.items():
        monkeypatch.setenv(f"OPENLFR_HUB_DIRECTORY_{name}", value)
    with pytest.raises(ValidationError, match=sentence):
        HubSettings()


def test_a_session_never_stays_open_for_longer_than_a_day() -> None:
    with pytest.raises(ValidationError):
        HubSettings(session_end=timedelta(hours=25))
    with pytest.raises(ValidationError):
        HubSettings(idle_lock=timedelta(hours=9))
