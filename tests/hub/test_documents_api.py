"""Documents over the API: who gets them, that they open and check out, and that the log has every disclosure."""

import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import ValidationError
from pypdf import PdfReader
from tests.support.api_hub import ApiHub, running_api
from tests.support.database import HandClock, SqliteSource, new_hub_records
from tests.support.hub_app import running_hub_app
from tests.support.reported_hub import SECRET_NOTE, Day, live_day, lived
from tests.support.staffed_hub import SECRET_NAME

from openlfr.assurance.certificate import default_certificates
from openlfr.hub.public_page import KEPT_FOR
from openlfr.hub.settings import PublicPageSettings
from openlfr.policy.identifiers import AlertId, DeploymentId
from openlfr.policy.retention import packaged_retention_policy
from openlfr.policy.roles import Role
from openlfr.records.published import read_published
from openlfr.reporting.evidence_pack import check_pack
from openlfr.reporting.public_site import SiteSettings, signed_site
from openlfr.reporting.regulator_export import check_regulator_export
from openlfr.reporting.signed_files import check_files

AUTHORISER, AUDITOR, OPERATOR = Role.AUTHORISING_OFFICER, Role.AUDITOR, Role.OPERATOR
DISCLOSED = {"recipient": "Crown Court at Croydon", "reason": "Case 12/34."}
NOTICE = {"page": "https://force.example/lfr", "contact": "dpo@force.example"}


@dataclass
class Lived:
    """A hub with a reported deployment, and one that is live with an alert."""

    api: ApiHub
    reported: DeploymentId
    live: DeploymentId
    alert: AlertId

    def file(self, role: Role, path: str, body: object = None, **query: str) -> httpx.Response:
        """A file that somebody with this role asked for."""
        browser = self.api.browsers[role]
        answer = browser.get(path, params=query) if body is None else browser.post(path, json=body)
        assert answer.status_code == HTTPStatus.OK, answer.text
        assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
        assert answer.headers["Cache-Control"] == "no-store"
        return answer


@pytest.fixture(scope="module")
def hub(sqlite_source: SqliteSource, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lived]:
    """Lived through once: documents change nothing but the log."""
    clock, folder = HandClock(), tmp_path_factory.mktemp("hub")
    records = new_hub_records(sqlite_source.fresh(), folder / "vault", clock)
    (folder / "memory").mkdir()
    with running_api(records, clock, folder / "memory") as api:
        reported = lived(api.hub.hub, Day(arrests=3, false=1))
        live, (alert, *_) = live_day(api.hub.hub, Day(day=4, arrests=1, no_action=0))
        api.later(clock.now)
        yield Lived(api, reported, live, alert)
        assert not list((folder / "memory").iterdir())
    records.close()


def text_of(answer: httpx.Response) -> str:
    return "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(answer.content)).pages)


def test_the_annual_report_comes_in_every_form(hub: Lived, tmp_path: Path) -> None:
    forms = {
        form: hub.file(AUTHORISER, "/annual-report", {"year": 2026, "form": form})
        for form in ("html", "pdf", "json", "csv", "signed")
    }
    assert "Live facial recognition in 2026" in text_of(forms["pdf"])
    assert "Live facial recognition in 2026" in forms["html"].text
    assert json.loads(forms["json"].text)["to"] == "2026-12-31"
    assert forms["csv"].text.startswith("Table,Row,Figure,Value")
    (tmp_path / "report.zip").write_bytes(forms["signed"].content)
    manifest = check_files(tmp_path / "report.zip", hub.api.records.signer.public)
    assert (manifest.kind, manifest.subject, len(manifest.files)) == ("annual report", "2026", 4)
    for each in forms.values():
        assert SECRET_NAME not in each.text
        assert SECRET_NOTE not in each.text
    logged = hub.api.get(AUDITOR, "/audit/entries", act="PUBLISH_RECORDS")["items"]
    assert {each["processing"] for each in logged} == {"disclosure"}
    may = hub.file(AUTHORISER, "/annual-report", {"first": "2026-05-01", "last": "2026-05-31", "form": "json"})
    assert 'filename="report-2026-05-01-to-2026-05-31.json"' in may.headers["Content-Disposition"]
    assert json.loads(may.text)["groups"] is None
    years = hub.api.get(AUTHORISER, "/annual-report/years")
    assert [(each["name"], each["groups_are_told"]) for each in years] == [("2026", False)]
    nothing = hub.api.post(AUTHORISER, "/annual-report", {"year": 2024}, HTTPStatus.CONFLICT)
    assert "No deployment of 2024" in nothing["detail"]
    for unclear in ({}, {"year": 2026, "first": "2026-05-01"}, {"first": "2026-05-02", "last": "2026-05-01"}):
        hub.api.post(AUTHORISER, "/annual-report", unclear, HTTPStatus.UNPROCESSABLE_ENTITY)


def test_a_deployment_has_its_record_annex_and_notices(hub: Lived) -> None:
    record = hub.file(AUDITOR, f"/deployments/{hub.reported}/record")
    assert record.headers["Content-Type"] == "application/pdf"
    assert "North End" in text_of(record)
    assert "North End" in hub.file(OPERATOR, f"/deployments/{hub.reported}/record", form="csv").text
    unfinished = hub.api.get(AUDITOR, f"/deployments/{hub.live}/record", HTTPStatus.CONFLICT)
    assert "has not ended" in unfinished["detail"]
    annex = hub.file(Role.APPLICANT, f"/deployments/{hub.live}/impact-annex")
    assert "Impact assessment" in text_of(annex)
    for file in ("sign-a2.pdf", "leaflet.pdf", "notice.pdf"):
        answer = hub.file(OPERATOR, f"/deployments/{hub.live}/notices", {**NOTICE, "file": file})
        assert file in answer.headers["Content-Disposition"]
        assert "dpo@force.example" in text_of(answer)
    whole = hub.file(OPERATOR, f"/deployments/{hub.live}/notices", {**NOTICE, "file": "signed"})
    assert "sign-a3.pdf" in zipfile.ZipFile(io.BytesIO(whole.content)).namelist()
    wrong = hub.api.post(
        OPERATOR,
        f"/deployments/{hub.live}/notices",
        {"page": "our page", "contact": " ", "time_zone": "Croydon"},
        HTTPStatus.UNPROCESSABLE_ENTITY,
    )
    assert {each["field"] for each in wrong["problems"]} == {"page", "contact", "time_zone"}


def test_an_evidence_pack_proves_itself_and_is_in_the_log_with_its_recipient(hub: Lived, tmp_path: Path) -> None:
    path = f"/alerts/{hub.alert}/evidence-pack"
    (tmp_path / "pack.zip").write_bytes(hub.file(AUTHORISER, path, DISCLOSED).content)
    checked = check_pack(tmp_path / "pack.zip", hub.api.records.signer.public)
    assert checked.manifest.subject == hub.alert
    entry = hub.api.get(AUDITOR, "/audit/entries", act="EXPORT_EVIDENCE")["items"][0]
    opened = hub.api.get(AUDITOR, f"/audit/entries/{entry['sequence']}")
    assert (opened["recipient"], opened["justification"]) == (DISCLOSED["recipient"], DISCLOSED["reason"])
    for role in Role:
        if role not in (AUTHORISER, AUDITOR):
            assert hub.api.post(role, path, DISCLOSED, HTTPStatus.FORBIDDEN)["code"] == "wrong_role"
    unnamed = hub.api.post(AUDITOR, path, {**DISCLOSED, "recipient": " "}, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert unnamed["problems"][0]["field"] == "recipient"


def test_a_regulator_gets_everything_and_can_check_it_offline(hub: Lived, tmp_path: Path) -> None:
    begun = hub.api.post(AUDITOR, "/regulator-export", DISCLOSED, HTTPStatus.ACCEPTED)
    result = hub.api.job(AUDITOR, begun)["result"]
    path = f"/regulator-export/{result['export']}"
    answer = hub.file(AUDITOR, path)
    assert len(answer.content) == result["size_bytes"]
    assert hub.file(AUDITOR, path).content == answer.content
    assert hub.api.get(AUTHORISER, path, HTTPStatus.FORBIDDEN)["code"] == "wrong_role"
    again = hub.api.job(AUDITOR, hub.api.post(AUDITOR, "/regulator-export", DISCLOSED, HTTPStatus.ACCEPTED))
    assert "have it made again" in hub.api.get(AUDITOR, path, HTTPStatus.NOT_FOUND)["detail"]
    assert again["result"]["files"] == result["files"]
    (tmp_path / "export.zip").write_bytes(answer.content)
    checked = check_regulator_export(tmp_path / "export.zip", hub.api.records.signer.public)
    assert checked.documents >= 2
    assert checked.audit_entries > 20
    assert hub.api.post(AUTHORISER, "/regulator-export", DISCLOSED, HTTPStatus.FORBIDDEN)["code"] == "wrong_role"
    notified = hub.file(AUDITOR, f"/deployments/{hub.reported}/use-notification", DISCLOSED)
    assert DISCLOSED["recipient"] in text_of(notified)


def test_the_public_page_is_what_publish_writes_with_headers_of_its_own(
    sqlite_source: SqliteSource, tmp_path: Path
) -> None:
    clock = HandClock()
    records = new_hub_records(sqlite_source.fresh(), tmp_path / "vault", clock)
    everybody = [role for role in Role if role is not Role.ADMINISTRATOR]
    public = {"page": True, "publisher": "Borough Police", "contact": "dpo@force.example"}
    with running_hub_app(records, clock, *everybody, public=public) as app:
        lived(app.hub, Day(arrests=3, false=1))
        stranger = app.browser()
        first = stranger.visit("/public/")
        settings = SiteSettings(
            "Borough Police", "dpo@force.example", packaged_retention_policy(), default_certificates()
        )
        written = signed_site(read_published(records), settings, records.signer)
        assert first.content == written["index.html"]
        assert {path: stranger.visit(f"/public/{path}").content for path in written} == written
        assert "script-src" not in first.headers["Content-Security-Policy"]
        assert first.headers["Content-Security-Policy"].startswith("default-src 'none'; style-src 'unsafe-inline'")
        assert first.headers["Cache-Control"] == "public, max-age=60"
        assert "Set-Cookie" not in first.headers
        assert stranger.visit("/public/../api/v1/session").status_code == HTTPStatus.UNAUTHORIZED
        assert stranger.visit("/public/nothing.html").status_code == HTTPStatus.NOT_FOUND
        assert stranger.visit("/public/", "POST").status_code in (HTTPStatus.FORBIDDEN, HTTPStatus.METHOD_NOT_ALLOWED)
    records.close()


def test_the_public_page_is_made_once_a_minute_whoever_asks(sqlite_source: SqliteSource, tmp_path: Path) -> None:
    clock = HandClock()
    records = new_hub_records(sqlite_source.fresh(), tmp_path / "vault", clock)
    public = {"page": True, "publisher": "Borough Police", "contact": "dpo@force.example"}
    with running_hub_app(records, clock, public=public) as app:
        page = app.browser()
        first = page.visit("/public/index.html").text
        clock.advance(KEPT_FOR / 2)
        assert page.visit("/public/index.html").text == first
        clock.advance(KEPT_FOR)
        assert page.visit("/public/index.html").text != first
    records.close()


def test_there_is_no_public_page_where_nobody_turned_it_on(hub: Lived) -> None:
    answer = hub.api.hub.browser().visit("/public/index.html")
    assert answer.status_code == HTTPStatus.NOT_FOUND


@pytest.mark.parametrize(
    ("given", "said"),
    [({"page": True}, "OPENLFR_HUB_PUBLIC_PUBLISHER"), ({"time_zone": "Croydon"}, "write it as Europe/London")],
)
def test_a_public_page_that_does_not_say_whose_it_is_is_no_setting(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ValidationError, match=said):
        PublicPageSettings(**given)
