"""The documents under docs/examples, made from a made-up hub: `python -m tests.support.example_documents FOLDER`."""

import sys
import tempfile
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.support.database import HandClock, SqliteSource, new_hub_records
from tests.support.reported_hub import STREET, Day, lived
from tests.support.staffed_hub import StaffedHub, kept, staffed

from openlfr.policy.application import Location, LocationGround
from openlfr.policy.authority import Conditions, Window
from openlfr.policy.deployment import Deployment
from openlfr.policy.refusal import Refusal
from openlfr.policy.retention import packaged_retention_policy
from openlfr.records.audit_entry import THE_HUB_ITSELF
from openlfr.records.published import read_published
from openlfr.records.purgeables import PURGEABLES
from openlfr.records.retention import Retention
from openlfr.reporting.document import to_html
from openlfr.reporting.impact_annex import impact_annex
from openlfr.reporting.notices import SignSize, leaflet, notice_of, sign, web_notice
from openlfr.reporting.pdf import to_pdf
from openlfr.reporting.periods import ReportCalendar
from openlfr.reporting.public_site import SiteSettings, pages

MARK = "EXAMPLE with made-up figures: no such deployment took place."
ZONE = ZoneInfo("Europe/London")
PAGE = "https://example.org/lfr"
CONTACT = "Data protection officer, dpo@example.org"
DAYS = (
    Day(0, "North End", arrests=3, no_action=1, faces=9_120),
    Day(9, "Market Square", arrests=2, false=1, no_action=2, faces=12_480, children=1),
    Day(20, "Station Approach", arrests=4, no_action=1, faces=15_904, threshold=0.66),
    Day(34, "North End", arrests=1, no_action=1, faces=7_733, threshold=0.66),
)


def example_hub(folder: Path) -> StaffedHub:
    """A hub in a folder that has reported a few deployments and announced one."""
    clock = HandClock()
    records = new_hub_records(SqliteSource(folder).fresh(), folder / "vault", clock)
    hub = staffed(records, clock)
    for day in DAYS:
        lived(hub, day)
    clock.advance(timedelta(hours=25))
    Retention(records, packaged_retention_policy(), PURGEABLES).purge(THE_HUB_ITSELF, "hub", "Due.")
    return hub


def announced(hub: StaffedHub) -> Deployment:
    """A deployment to come that its authority lets the public know of."""
    start = hub.clock.now.replace(hour=14, minute=0) + timedelta(days=3)
    window = Window(start, start + timedelta(hours=6))
    decision = hub.decision(window=window, conditions=Conditions(advance_notice=True))
    place = Location("North End", STREET, LocationGround.HOTSPOT, "Robberies have doubled since March.")
    deployment = hub.drafted(terms=decision.terms, location=place)
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    return kept(hub.deployments.authorise(hub.asked(hub.authoriser, deployment), decision)).deployment


def documents(hub: StaffedHub) -> dict[str, bytes]:
    """Every example by its path."""
    policy = packaged_retention_policy()
    coming, now = announced(hub), hub.clock.now
    published = read_published(hub.records)
    notice = notice_of(coming, policy, page=PAGE, contact=CONTACT, now=now, zone=ZONE, mark=MARK)
    assert not isinstance(notice, Refusal)
    certificate = published.deployments[0].certificate
    annex = impact_annex(coming, hub.deployments.profiles["uk"], policy, certificate, now, MARK)
    site = pages(published, SiteSettings("Borough Police", CONTACT, policy, calendar=ReportCalendar(ZONE), mark=MARK))
    return {
        "impact-annex.pdf": to_pdf(annex),
        "sign-a3.pdf": sign(notice, SignSize.A3, now),
        "leaflet.pdf": leaflet(notice, now),
        "notice.html": to_html(web_notice(notice, now)).encode(),
        **{f"public-page/{path}": content for path, content in site},
    }


def main(target: Path) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for path, content in documents(example_hub(Path(folder))).items():
            (target / path).parent.mkdir(parents=True, exist_ok=True)
            (target / path).write_bytes(content)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
