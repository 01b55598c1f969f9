"""One whole deployment over the API, by a person of each role at a browser of their own."""

import csv
import io
import json
import zipfile
from base64 import b64decode
from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from tests.support.api_hub import READY, ApiHub, running_api
from tests.support.database import HandClock
from tests.support.deployment_values import START
from tests.support.staffed_hub import PICTURES, SECRET_NAME
from tests.support.watchlists import people_csv

from openlfr.policy.identifiers import DeploymentId, NodeId
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Role
from openlfr.records.hub_records import HubRecords
from openlfr.records.statistics import report_faces_seen

APPLICANT, AUTHORISER, BUILDER = Role.APPLICANT, Role.AUTHORISING_OFFICER, Role.WATCHLIST_MANAGER
OPERATOR, ENGAGER = Role.OPERATOR, Role.ENGAGEMENT_OFFICER
ADMINISTRATOR, AUDITOR = Role.ADMINISTRATOR, Role.AUDITOR


@pytest.fixture
def api(records: HubRecords, clock: HandClock, tmp_path: Path) -> Iterator[ApiHub]:
    memory = tmp_path / "memory"
    memory.mkdir()
    with running_api(records, clock, memory) as running:
        yield running


def zipped(folder: Path) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as packed:
        for path in sorted(folder.iterdir()):
            packed.write(path, path.name)
    return content.getvalue()


def upload(api: ApiHub, watchlist: str, archive: bytes) -> Any:
    answer = api.browsers[BUILDER].request(
        "POST", f"/watchlists/{watchlist}/imports", files={"archive": ("people.zip", archive, "application/zip")}
    )
    assert answer.status_code == HTTPStatus.ACCEPTED, answer.text
    assert answer.headers["location"] == f"/api/v1/jobs/{answer.json()['job']}"
    return answer.json()


def built_list(api: ApiHub, deployment: str, folder: Path) -> str:
    """Import, review, approve and freeze a list of three, as its people do."""
    begun = api.post(BUILDER, f"/deployments/{deployment}/watchlists", None, HTTPStatus.CREATED)
    watchlist = f"/watchlists/{begun['watchlist']}"
    people_csv(folder, 3)
    job = api.job(BUILDER, upload(api, begun["watchlist"], zipped(folder)))
    assert (job["state"], job["result"]["outcomes"]) == ("done", {"imported": 3}), job
    assert list((folder.parent / "memory").iterdir()) == []  # nothing that was uploaded is left

    (imported,) = api.get(BUILDER, f"{watchlist}/imports")
    rows = api.get(BUILDER, f"{watchlist}/imports/{imported['import_id']}/rows", limit=2)
    assert [row["person"] for row in rows["items"]] == ["N/1", "N/2"]
    last = api.get(BUILDER, f"{watchlist}/imports/{imported['import_id']}/rows", cursor=rows["next"])
    assert ([row["person"] for row in last["items"]], last["next"]) == (["N/3"], None)
    file = api.browsers[BUILDER].get(f"{watchlist}/imports/{imported['import_id']}/rows.csv")
    assert [row["person"] for row in csv.DictReader(io.StringIO(file.text))] == ["N/1", "N/2", "N/3"]

    entries = api.get(AUTHORISER, f"{watchlist}/entries", review="pending")["items"]
    assert sorted(entry["name"] for entry in entries) == ["Name of N/1", "Name of N/2", "Name of N/3"]
    picture = entries[0]["pictures"][0]["picture"]
    for form in ("portrait", "whole"):
        shown = api.browsers[AUTHORISER].get(f"{watchlist}/pictures/{picture}", params={"form": form})
        assert shown.content.startswith(b"\xff\xd8")
        assert (shown.headers["content-type"], shown.headers["cache-control"]) == ("image/jpeg", "no-store")
    version = api.get(AUTHORISER, watchlist)["version"]
    first = f"{watchlist}/entries/{entries[0]['entry']}"
    assert api.post(AUTHORISER, f"{first}/review", {"verdict": "accept"})["review"] == "accepted"
    stale = api.post(AUTHORISER, f"{watchlist}/accept-clean", {"version": version}, HTTPStatus.CONFLICT)
    assert stale["code"] == "changed_meanwhile"
    version = api.get(AUTHORISER, watchlist)["version"]
    assert api.post(AUTHORISER, f"{watchlist}/accept-clean", {"version": version}) == {"accepted": 2}
    version = api.get(AUTHORISER, watchlist)["version"]
    alone = api.post(BUILDER, f"{watchlist}/approve", {"version": version}, HTTPStatus.FORBIDDEN)
    assert alone["code"] == "same_person"
    approved = api.post(AUTHORISER, f"{watchlist}/approve", {"version": version})
    frozen = api.post(BUILDER, f"{watchlist}/freeze", {"version": approved["version"]})
    assert (frozen["state"], frozen["size"], len(frozen["content_hash"])) == ("frozen", 3, 64)
    assert api.get(AUDITOR, f"{watchlist}/composition")["people"] == 3
    return str(begun["watchlist"])


def alerted(api: ApiHub, deployment: str) -> str:
    """What the node does: an alert under the plan in force."""
    raised = api.hub.hub.raised(DeploymentId(deployment))
    record = api.hub.services.alerts.raise_alert(raised, PICTURES)
    assert not isinstance(record, Refusal), record
    return f"/alerts/{raised.alert}"


def test_a_deployment_from_application_to_review_over_the_api(api: ApiHub, tmp_path: Path) -> None:
    # The applicant forgets the assessments, is told which, mends it; another decides.
    incomplete = {"application": api.application(assessments=[])}
    drafted = api.post(APPLICANT, "/deployments", incomplete, HTTPStatus.CREATED)
    path = f"/deployments/{drafted['deployment']}"
    refused = api.post(APPLICANT, f"{path}/submit", {"version": 1}, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert {problem["field"] for problem in refused["problems"]} == {"assessments"}
    assert "data protection impact assessment is missing" in refused["detail"]
    api.act(APPLICANT, path, "redraft", application=api.application())
    assert "SUBMIT_APPLICATION" in api.get(APPLICANT, path)["open_acts"]
    submitted = api.act(APPLICANT, path, "submit")
    stale = api.post(AUTHORISER, f"{path}/authorise", api.decision(1), HTTPStatus.CONFLICT)
    assert stale["code"] == "changed_meanwhile"
    api.post(AUTHORISER, f"{path}/authorise", api.decision(submitted["version"]))
    (authority,) = api.get(AUDITOR, f"{path}/authorities")
    assert authority["decided_by"] == api.staff(AUTHORISER)

    watchlist = built_list(api, drafted["deployment"], tmp_path / "drawn")
    api.act(BUILDER, path, "attach-watchlist", watchlist=watchlist)
    api.act(OPERATOR, path, "record-readiness", **READY)

    # Two o'clock: nobody is there, then somebody is.
    api.later(START)
    version = api.get(OPERATOR, f"{path}/summary")["version"]
    early = api.post(OPERATOR, f"{path}/go-live", {"version": version}, HTTPStatus.CONFLICT)
    assert early["detail"] == "No officer on duty has checked in: check in at the site first."
    api.post(OPERATOR, f"{path}/check-in")
    assert api.act(OPERATOR, path, "go-live")["state"] == "live"
    page = api.get(OPERATOR, path)
    assert (page["plan"]["order"], [each["counts"] for each in page["officers"]]) == ("analyse", [True])
    assert page["countdown"]["presence_ends_at"] == page["officers"][0]["counts_until"]

    # A man wanted by the courts: judged blind, approached, arrested.
    alert = alerted(api, drafted["deployment"])
    (waiting,) = api.get(ENGAGER, f"{path}/alerts/open")
    assert SECRET_NAME not in json.dumps(waiting)
    assert "score" not in waiting
    assert (waiting["camera_name"], waiting["place"]) == ("North End, facing south", "North End")
    blind = api.get(OPERATOR, alert, blind=True)
    assert (blind["person"]["name"], blind["score"], blind["blind"]) == (SECRET_NAME, None, True)
    assert api.browsers[OPERATOR].get(f"{alert}/pictures/probe").content == PICTURES.probe
    assert api.browsers[OPERATOR].get(f"{alert}/pictures/candidate").content == PICTURES.candidate
    assert (blind["direction"], len(blind["probes"])) == ("towards the camera, to the left of the picture", 2)
    assert blind["candidates"][1] == {
        "taken_on": "1979-05-06",
        "quality": 64.0,
        "face": {"x": 0.5, "y": 0.5, "height": 1 / 1.8},
    }
    further = api.get(OPERATOR, f"{alert}/further-pictures")
    assert b64decode(further["probes"][0]) == PICTURES.probes[1]
    assert b64decode(further["candidates"][0]) == PICTURES.candidates[1]
    api.act(OPERATOR, alert, "mark-seen")
    reasons = ["subject: features agree"]
    judged = api.act(OPERATOR, alert, "adjudicate", judgement="engage", reasons=reasons, note="A scar.", blind=True)
    assert judged["decided"] == "engage"
    assert api.get(OPERATOR, alert, blind=True)["score"] == 0.81
    api.act(ENGAGER, alert, "engage")
    api.clock.advance(timedelta(minutes=4))
    arrest = {
        "identity": "is the person on the watchlist",
        "identity_method": "document",
        "outcome": "arrest",
        "offence_groups": ["theft"],
        "ended_at": api.clock.now.isoformat(),
        "information_given": True,
    }
    assert api.act(ENGAGER, alert, "record-outcome", **arrest)["published"] == "true alert confirmed"
    api.act(ENGAGER, alert, "add-later-result", result="charged", offence_groups=["theft"])
    wrong = alerted(api, drafted["deployment"])
    api.act(OPERATOR, wrong, "mark-seen")
    api.act(OPERATOR, wrong, "adjudicate", judgement="no match", reasons=["subject: features differ"])
    history = [each["act"] for each in api.get(OPERATOR, f"{alert}/history")["items"]]
    assert history[-1] == "RAISE_ALERT"
    assert history.count("VIEW_ALERT") == 5

    # Counts, a pause, the end.
    report_faces_seen(api.records, DeploymentId(drafted["deployment"]), NodeId("node-1"), 4000, "tracks/1")
    figures = api.get(OPERATOR, f"{path}/figures")
    assert (figures["faces_seen"], figures["alerts"], figures["open_alerts"]) == (4000, 2, 0)
    assert api.post(ENGAGER, f"{path}/pause", {})["state"] == "paused"
    api.act(OPERATOR, path, "resume", reason="The march has passed.")
    assert api.post(ENGAGER, f"{path}/end", {})["end_reason"] == "completed"
    assert api.get(OPERATOR, path)["plan"]["order"] == "stop"

    # Everything of it is destroyed, with receipts, and looked for in vain.
    api.later(api.clock.now + timedelta(hours=25))
    due = api.get(ADMINISTRATOR, "/retention/due")
    assert {each["record_kind"] for each in due["due"]} == {"alert", "watchlist"}
    purge = api.post(ADMINISTRATOR, "/retention/purge", {"reason": "Its period is over."}, HTTPStatus.ACCEPTED)
    receipts = api.job(ADMINISTRATOR, purge)["result"]["receipts"]
    assert {each["record_kind"] for each in receipts} == {"alert", "watchlist"}
    assert api.get(AUDITOR, "/retention/receipts", record=watchlist)["items"][0]["record_id"] == watchlist
    api.get(OPERATOR, alert, HTTPStatus.NOT_FOUND)
    verified = api.job(AUDITOR, api.post(AUDITOR, "/retention/verify-deletion", None, HTTPStatus.ACCEPTED))
    assert verified["result"]["clean"], verified
    assert api.hub.services.deployments.record_purge(DeploymentId(drafted["deployment"]))

    # Reported, reviewed; was he on a list? The log has every step.
    api.act(OPERATOR, path, "report")
    api.act(AUTHORISER, path, "review", finding="Worth it.")
    assert api.get(APPLICANT, f"{path}/statistics")["outcomes"]["arrest"] == 1
    (past,) = api.get(ADMINISTRATOR, "/statistics/deployments")["items"]
    assert (past["deployment"], past["statistics"]["total_alerts"]) == (drafted["deployment"], 2)
    asked = {"by": "reference", "text": "n 1", "authority": "DPO", "reason": "SAR/2026/8"}
    (listed,) = api.post(AUDITOR, "/rights-requests", asked)
    assert listed["watchlist"] == watchlist
    timeline = api.get(AUDITOR, f"{path}/timeline", limit=200)["items"]
    done = [each["act"] for each in reversed(timeline) if not each["refused"]]
    assert done[:3] == ["DRAFT_APPLICATION", "DRAFT_APPLICATION", "SUBMIT_APPLICATION"]
    assert done[-2:] == ["REPORT_DEPLOYMENT", "REVIEW_DEPLOYMENT"]
    whole = api.job(AUDITOR, api.post(AUDITOR, "/audit/verify", {"heads": []}, HTTPStatus.ACCEPTED))
    assert whole["result"]["intact"], whole
