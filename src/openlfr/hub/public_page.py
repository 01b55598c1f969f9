"""The public page as the hub serves it, where its force turned that on: what `openlfr publish` writes, made anew at
most once a minute, whoever asks and however often."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from openlfr.assurance.certificate import default_certificates
from openlfr.hub.settings import PublicPageSettings
from openlfr.policy.retention import RetentionPolicy
from openlfr.records.hub_records import HubRecords
from openlfr.records.published import read_published
from openlfr.reporting.public_site import SiteSettings, signed_site

KEPT_FOR: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class _Made:
    at: datetime
    files: Mapping[str, bytes]


class PublicPage:
    """The files of one hub's public page. Thread-safe; nobody waits while another makes it anew, but for the first."""

    def __init__(self, records: HubRecords, settings: PublicPageSettings, policy: RetentionPolicy) -> None:
        self.shown = settings.page
        self._records = records
        self._site = SiteSettings(
            settings.publisher, settings.contact, policy, default_certificates(), settings.calendar
        )
        self._making = threading.Lock()
        self._made: _Made | None = None

    def files(self) -> Mapping[str, bytes] | None:
        """Every file by its path; None while it is being made for the first time: ask again in a moment.

        Raises NotPublishableError when the records do not add up.
        """
        made, now = self._made, self._records.clock()
        if made is not None and made.at <= now < made.at + KEPT_FOR:
            return made.files
        if not self._making.acquire(blocking=False):
            return None if made is None else made.files
        try:
            published = read_published(self._records)
            files = signed_site(published, self._site, self._records.signer)
            self._made = _Made(now, files)
            return files
        finally:
            self._making.release()
