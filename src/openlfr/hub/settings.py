"""The hub's settings, from the environment (OPENLFR_HUB_...): checked once, at start, alike for every process."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, Field, IPvAnyNetwork, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from openlfr.reporting.periods import ReportCalendar, month_and_day

_MINUTE = timedelta(minutes=1)


def _origin(address: str) -> str:
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
        raise ValueError("Write the address as people type it, as in https://hub.force.example:8443.")
    if parts.username or parts.password:
        raise ValueError("An address here has no user name or password in it.")
    port = "" if parts.port in (None, {"http": 80, "https": 443}[parts.scheme]) else f":{parts.port}"
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    return f"{parts.scheme}://{host}{port}"


def time_zone_name(name: str) -> str:
    """The name of a time zone, if it is one. Raises ValueError."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError("This is no time zone: write it as Europe/London.") from error
    return name


def _month_and_day(text: str) -> str:
    month_and_day(text)
    return text


class DirectorySettings(BaseSettings):
    """A force's own directory, which people sign in with by OpenID Connect (OPENLFR_HUB_DIRECTORY_...)."""

    model_config = SettingsConfigDict(env_prefix="OPENLFR_HUB_DIRECTORY_", frozen=True, extra="ignore")

    issuer: str | None = None
    """The issuer's address; none, and nobody signs in that way."""
    client_id: str = ""
    client_secret_file: Path | None = None
    """A file that holds the secret and nothing else; its owner alone can read it."""
    ca_file: Path | None = None
    """The certificates that vouch for the directory's; none, and those that the system trusts do."""
    claim: str = "sub"
    """The claim that names the person, as the administrator wrote it into their account."""
    scope: str = "openid"

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.issuer is not None and (not self.client_id or self.client_secret_file is None):
            raise ValueError("A directory needs OPENLFR_HUB_DIRECTORY_CLIENT_ID and ..._CLIENT_SECRET_FILE.")
        address = urlsplit(self.issuer or "https:")
        if address.scheme != "https" and address.hostname not in ("localhost", "127.0.0.1", "::1"):
            raise ValueError("Write the directory's address with https: what it answers must be its own.")
        return self


class PublicPageSettings(BaseSettings):
    """Whether the hub shows its public page to everybody under /public/, and what a force says of itself there
    (OPENLFR_HUB_PUBLIC_...)."""

    model_config = SettingsConfigDict(env_prefix="OPENLFR_HUB_PUBLIC_", frozen=True, extra="ignore")

    page: bool = False
    publisher: str = ""
    """The force that publishes."""
    contact: str = ""
    """How people reach whoever answers for the data."""
    time_zone: Annotated[str, AfterValidator(time_zone_name)] = "UTC"
    """In which people there tell the time: Europe/London."""
    report_year_begins: Annotated[str, AfterValidator(_month_and_day)] = "01-01"
    """Month and day on which the force's report year begins, as 09-15. Choose it once: see `ReportCalendar`."""

    @property
    def calendar(self) -> ReportCalendar:
        """How the force counts days and report years."""
        return ReportCalendar(ZoneInfo(self.time_zone), *month_and_day(self.report_year_begins))

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.page and not (self.publisher and self.contact):
            raise ValueError("A public page needs OPENLFR_HUB_PUBLIC_PUBLISHER and OPENLFR_HUB_PUBLIC_CONTACT.")
        return self


class HubSettings(BaseSettings):
    """How this hub is reached, how long sessions last, how much is taken at once."""

    model_config = SettingsConfigDict(env_prefix="OPENLFR_HUB_", frozen=True, extra="ignore")

    address: Annotated[str, AfterValidator(_origin)] = "https://localhost:8443"
    """The one address that people type: passkeys are bound to its host, cookies and requests to the whole."""
    other_hosts: tuple[str, ...] = ()
    """Further names that requests may be addressed to, as of a load balancer's health check."""
    trusted_proxies: tuple[IPvAnyNetwork, ...] = ()
    """Reverse proxies before this hub, by address or network: of who asks through them, it believes their word
    (X-Forwarded-For). Without them that header is nobody's word, and not read."""
    idle_lock: timedelta = Field(default=15 * _MINUTE, ge=_MINUTE, le=8 * 60 * _MINUTE)
    session_end: timedelta = Field(default=12 * 60 * _MINUTE, ge=5 * _MINUTE, le=24 * 60 * _MINUTE)
    largest_body: int = Field(default=1024 * 1024, ge=1024)
    """Bytes; a route that takes more says so itself, with `max_body_size`."""
    requests_a_minute: int = Field(default=1200, ge=10)
    """Of one session, or of one address without a session."""
    known_answers: Path | None = None
    """A folder of questions with a known answer (openlfr known-answer check); none, and none is put."""
    directory: DirectorySettings = Field(default_factory=DirectorySettings)
    public: PublicPageSettings = Field(default_factory=PublicPageSettings)

    @property
    def host(self) -> str:
        """The host in the address: what passkeys are bound to."""
        return urlsplit(self.address).hostname or ""

    @property
    def hosts(self) -> tuple[str, ...]:
        """Every name that requests may be addressed to."""
        return (self.host, *(each.lower() for each in self.other_hosts))

    @property
    def is_tls(self) -> bool:
        return self.address.startswith("https:")
