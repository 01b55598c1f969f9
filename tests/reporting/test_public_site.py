"""The public page: no script, no other host, nothing about anybody, and every number traced to the rows it is from."""

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.support.example_documents import CONTACT, DAYS, ZONE
from tests.support.reported_hub import METHOD, SECRET_NOTE, SECRET_REFERENCE
from tests.support.staffed_hub import SECRET_NAME, StaffedHub

from openlfr.policy.alert import FALSE_CLASSES, PublishedClass
from openlfr.policy.deployment import Deployment
from openlfr.policy.retention import packaged_retention_policy
from openlfr.records.alert_tables import AlertRow
from openlfr.records.deployment_tables import DeploymentRow, FacesSeenRow
from openlfr.records.published import PublishedRecords, read_published
from openlfr.reporting.deployment_record import Column
from openlfr.reporting.periods import ReportCalendar
from openlfr.reporting.public_site import SiteSettings, pages

SETTINGS = SiteSettings("Borough Police", CONTACT, packaged_retention_policy(), calendar=ReportCalendar(ZONE))


@pytest.fixture(scope="module")
def published(reported_hub: StaffedHub, coming: Deployment) -> PublishedRecords:
    assert coming.authority is not None
    return read_published(reported_hub.records)


@pytest.fixture(scope="module")
def site(published: PublishedRecords) -> dict[str, bytes]:
    return dict(pages(published, SETTINGS))


class Page(HTMLParser):
    """What a page refers to, and what it shows."""

    def __init__(self, content: bytes) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.addresses: list[str] = []
        self.text = ""
        self.feed(content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.addresses += [value or "" for name, value in attrs if name in ("href", "src", "action", "data")]
        assert not [name for name, _ in attrs if name.startswith("on")]

    def handle_data(self, data: str) -> None:
        self.text += data + " "


def html_pages(site: dict[str, bytes]) -> dict[str, Page]:
    return {path: Page(content) for path, content in site.items() if path.endswith(".html")}


def test_no_page_runs_a_script_or_asks_another_host(site: dict[str, bytes]) -> None:
    for path, page in html_pages(site).items():
        assert not {"script", "iframe", "object", "embed", "form", "img", "link"} & set(page.tags), path
        for address in page.addresses:
            assert not re.match(r"[a-z]+:|//", address), (path, address)


def test_every_link_leads_to_a_file_of_the_site_or_a_place_on_the_page(site: dict[str, bytes]) -> None:
    for path, page in html_pages(site).items():
        for address in page.addresses:
            if not address.startswith("#"):
                target = (Path("/") / path).parent / address
                assert str(target.resolve().relative_to("/")) in site, (path, address)


def test_every_page_has_its_machine_readable_forms_beside_it(site: dict[str, bytes]) -> None:
    for path in [path for path in site if re.fullmatch(r"deployments/.*\.html|\d{4}\.html|deployments\.html", path)]:
        stem = path.removesuffix(".html")
        json.loads(site[f"{stem}.json"])
        assert len(list(csv.reader(io.StringIO(site[f"{stem}.csv"].decode())))) >= 2
    assert site["deployments.pdf"].startswith(b"%PDF")


def test_it_holds_no_name_reference_note_picture_staff_or_identifier(
    reported_hub: StaffedHub, coming: Deployment, site: dict[str, bytes]
) -> None:
    with reported_hub.records.database.reading() as session:
        alerts = session.scalars(select(AlertRow.id)).all()
        deployments = session.scalars(select(DeploymentRow.id)).all()
        cameras = session.scalars(select(AlertRow.camera_id).distinct()).all()
    staff = [each.staff for each in reported_hub.staff.values()]
    secrets = [SECRET_NAME, SECRET_REFERENCE, SECRET_NOTE, "Failed to appear", coming.application.necessity]
    found = []
    for path, content in site.items():
        text = content.decode("latin-1")
        found += [(path, each) for each in [*secrets, *alerts, *deployments] if each in text]
        if not path.endswith(".pdf"):
            words = set(re.findall(r"[\w-]+", text))
            found += [(path, each) for each in [*staff, *cameras] if each in words]
    assert len(alerts) == sum(day.arrests + day.no_action + day.false for day in DAYS)
    assert found == []


def test_every_number_of_every_deployment_is_counted_from_its_rows(
    reported_hub: StaffedHub, published: PublishedRecords, site: dict[str, bytes]
) -> None:
    rows = list(csv.DictReader(io.StringIO(site["deployments.csv"].decode())))
    assert len(rows) == len(published.deployments) == len(DAYS)
    with reported_hub.records.database.reading() as session:
        for row, each in zip(rows, published.deployments, strict=True):
            of_it = select(func.count()).where(AlertRow.deployment_id == each.deployment, AlertRow.test.is_(False))
            deployment = session.get_one(DeploymentRow, each.deployment)
            faces = session.scalars(select(FacesSeenRow.faces).where(FacesSeenRow.deployment_id == each.deployment))
            seen = sum(faces)
            assert deployment.went_live_at is not None
            assert row[Column.DATE] == deployment.went_live_at.date().isoformat()
            assert row[Column.THRESHOLD] == f"{deployment.threshold:.2f}"
            assert int(row[Column.FACES_SEEN]) == seen
            assert int(row[Column.TOTAL_ALERTS]) == session.scalar(of_it)
            for column, kind in (
                (Column.TRUE_CONFIRMED, PublishedClass.TRUE_CONFIRMED),
                (Column.TRUE_UNCONFIRMED, PublishedClass.TRUE_UNCONFIRMED),
                (Column.FALSE_CONFIRMED, PublishedClass.FALSE_CONFIRMED),
                (Column.FALSE_UNCONFIRMED, PublishedClass.FALSE_UNCONFIRMED),
            ):
                assert int(row[column]) == session.scalar(of_it.where(AlertRow.published_class == kind))
            for column, outcomes in (
                (Column.ARREST, ["arrest"]),
                (Column.OTHER, ["voluntary interview", "other action", "disclosure made"]),
                (Column.NO_ACTION, ["no action"]),
            ):
                assert int(row[column]) == session.scalar(of_it.where(AlertRow.outcome.in_(outcomes)))


def test_every_total_is_counted_from_the_rows(reported_hub: StaffedHub, site: dict[str, bytes]) -> None:
    with reported_hub.records.database.reading() as session:
        alerts = session.scalar(select(func.count()).select_from(AlertRow).where(AlertRow.test.is_(False)))
        false = session.scalar(
            select(func.count()).select_from(AlertRow).where(AlertRow.published_class.in_(sorted(FALSE_CLASSES)))
        )
        arrests = session.scalar(select(func.count()).select_from(AlertRow).where(AlertRow.outcome == "arrest"))
        faces = session.scalar(select(func.sum(FacesSeenRow.faces)))
    total = json.loads(site["2026.json"])["totals"]["By year"]["All"]
    assert (total["alerts"], total["false alerts"], total["arrests"], total["faces seen"]) == (
        alerts,
        false,
        arrests,
        faces,
    )
    front = " ".join(html_pages(site)["index.html"].text.split())
    assert f"Faces seen (estimate) {faces:,} Alerts {alerts} False alerts {false}" in front
    shown = " ".join(html_pages(site)["totals.html"].text.split())
    for figure in (f"{faces:,}", f"{alerts:,}", f"{arrests:,}"):
        assert figure in shown


def test_where_and_when_next_is_there_in_the_time_of_the_place(site: dict[str, bytes], coming: Deployment) -> None:
    (listed,) = json.loads(site["next.json"])
    assert coming.authority is not None
    assert listed["from"] == coming.authority.terms.window.start.isoformat()
    front = html_pages(site)["index.html"].text
    assert "2026-06-18 15:00 BST" in front
    assert "2026-06-18 15:00 BST" in site["next.csv"].decode()


def test_the_counting_method_and_the_signed_head_are_there(site: dict[str, bytes], published: PublishedRecords) -> None:
    assert f"Method of counting faces seen: {METHOD}." in html_pages(site)["deployments/2026-05-11-north-end.html"].text
    head = published.deletion.head
    assert f"{head.size}:{head.root.hex()}" in html_pages(site)["deletion.html"].text
    assert json.loads(site["deletion.json"])["audit log head"] == f"{head.size}:{head.root.hex()}"


def test_a_site_without_deployments_is_whole_too(published: PublishedRecords) -> None:
    empty = PublishedRecords(published.as_of, (), (), published.deletion)
    site = dict(pages(empty, SETTINGS))
    assert "No deployment is announced at present." in html_pages(site)["index.html"].text
    assert "No deployment has been reported yet." in html_pages(site)["totals.html"].text
    test_every_link_leads_to_a_file_of_the_site_or_a_place_on_the_page(site)


def test_it_works_on_a_narrow_phone_and_by_keyboard(site: dict[str, bytes], tmp_path: Path) -> None:
    browser_of = pytest.importorskip("playwright.sync_api").sync_playwright
    for path, content in site.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    with browser_of() as playwright:
        installed = next((each for each in ("/usr/bin/chromium",) if Path(each).exists()), None)
        if installed is None and not Path(playwright.chromium.executable_path).exists():
            pytest.skip("No Chromium is installed.")
        browser = playwright.chromium.launch(executable_path=installed, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 390, "height": 844})
        requested: list[str] = []
        page.on("request", lambda request: requested.append(request.url))
        for path in [path for path in site if path.endswith(".html")]:
            page.goto(f"file://{tmp_path / path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        page.goto(f"file://{tmp_path / 'index.html'}")
        page.keyboard.press("Tab")
        assert page.evaluate("document.activeElement.textContent") == "To the content"
        page.keyboard.press("Tab")
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        page.wait_for_url("**/deployments.html")
        browser.close()
    assert all(each.startswith("file://") for each in requested)
