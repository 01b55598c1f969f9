"""Lists, searches and proofs over the API, as screens and auditors use them, on both databases."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from tests.support.api_hub import ApiHub, running_api
from tests.support.database import HandClock
from tests.support.deployment_values import NOON
from tests.support.staffed_hub import PICTURES, SECRET_NAME
from tests.support.watchlists import row, with_lists, write_csv, write_picture

from openlfr.policy.identifiers import DeploymentId
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Role
from openlfr.records.audit_export import check_export
from openlfr.records.audit_head import TreeHead
from openlfr.records.hub_records import HubRecords
from openlfr.records.merkle import leaf_hash, root_from_inclusion
from openlfr.sealing.signature import SignedDocument

APPLICANT, AUTHORISER, BUILDER = Role.APPLICANT, Role.AUTHORISING_OFFICER, Role.WATCHLIST_MANAGER
OPERATOR, ENGAGER = Role.OPERATOR, Role.ENGAGEMENT_OFFICER
ADMINISTRATOR, AUDITOR = Role.ADMINISTRATOR, Role.AUDITOR


@pytest.fixture
def api(records: HubRecords, clock: HandClock, tmp_path: Path) -> Iterator[ApiHub]:
    (tmp_path / "memory").mkdir()
    with running_api(records, clock, tmp_path / "memory") as running:
        yield running


def test_deployments_are_found_by_state_time_and_site_a_page_at_a_time(api: ApiHub) -> None:
    drafted = []
    for number in range(5):
        location = {**api.application()["location"], "name": f"Site {number % 2}"}
        window = {
            "start": (NOON + timedelta(days=number)).isoformat(),
            "end": (NOON + timedelta(days=number, hours=6)).isoformat(),
        }
        body = {"application": api.application(location=location, terms=api.terms(window=window))}
        drafted.append(api.post(APPLICANT, "/deployments", body, HTTPStatus.CREATED)["deployment"])
        api.clock.advance(timedelta(seconds=1))
    first = api.get(AUDITOR, "/deployments", limit=3)
    second = api.get(AUDITOR, "/deployments", limit=3, cursor=first["next"])
    found = [each["deployment"] for page in (first, second) for each in page["items"]]
    assert (found, second["next"]) == (drafted[::-1], None)

    def search(**query: Any) -> list[str]:
        return [each["deployment"] for each in api.get(AUDITOR, "/deployments", **query)["items"]]

    assert search(site="sITE 1") == [drafted[3], drafted[1]]
    assert search(state=["submitted", "live"]) == []
    assert search(since=(NOON + timedelta(days=3)).isoformat()) == [drafted[4], drafted[3]]
    assert search(until=(NOON + timedelta(days=1)).isoformat()) == [drafted[0]]
    wrong = api.get(AUDITOR, "/deployments", HTTPStatus.UNPROCESSABLE_ENTITY, cursor="nonsense")
    assert wrong["problems"][0]["field"] == "cursor"


def test_a_list_of_deployments_goes_on_when_a_search_had_to_open_too_many(
    api: ApiHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openlfr.records.deployment_reading._OPENED_AT_ONCE", 2)
    monkeypatch.setattr("openlfr.records.deployment_reading._OPENED_AT_MOST", 2)
    wanted = api.hub.hub.drafted(location=replace(api.hub.hub.application().location, name="Rare"))
    for _ in range(5):
        api.clock.advance(timedelta(seconds=1))
        api.hub.hub.drafted()
    pages, cursor = 0, None
    found: list[str] = []
    while True:
        query: dict[str, Any] = {"site": "rare"} if cursor is None else {"site": "rare", "cursor": cursor}
        page = api.get(AUDITOR, "/deployments", **query)
        found += [each["deployment"] for each in page["items"]]
        pages, cursor = pages + 1, page["next"]
        if cursor is None:
            break
    assert (found, pages > 1) == ([wanted], True)


def test_alerts_are_listed_without_a_word_about_the_person(api: ApiHub, tmp_path: Path) -> None:
    target = api.target(tmp_path / "drawn")
    for _ in range(3):
        raised = api.hub.hub.raised(DeploymentId(target["deployment"]))
        assert not isinstance(api.hub.services.alerts.raise_alert(raised, PICTURES), Refusal)
        api.clock.advance(timedelta(seconds=1))
    path = f"/deployments/{target['deployment']}/alerts"
    first = api.get(AUTHORISER, path, limit=3)
    second = api.get(AUTHORISER, path, limit=3, cursor=first["next"])
    assert (len(first["items"]), len(second["items"]), second["next"]) == (3, 1, None)
    assert SECRET_NAME not in json.dumps([first, second])
    assert api.get(AUTHORISER, path, state="closed")["items"] == []
    stale = {"version": 7, "judgement": "engage", "reasons": ["subject: features agree"]}
    told = api.post(OPERATOR, f"/alerts/{target['alert']}/adjudicate", stale, HTTPStatus.CONFLICT)
    assert told["code"] == "changed_meanwhile"
    standing, view = (api.get(OPERATOR, f"/alerts/{target['alert']}{part}") for part in ("/summary", ""))
    assert standing == view["summary"] | {"open_acts": view["open_acts"]}
    unknown = "/alerts/0196c000-0000-7000-8000-00000000dead"
    for part in ("", "/summary", "/history"):
        assert api.get(OPERATOR, f"{unknown}{part}", HTTPStatus.NOT_FOUND)["code"] == "unknown_record"


def test_a_person_is_taken_off_a_list_in_use_and_nodes_are_ordered_so(api: ApiHub, tmp_path: Path) -> None:
    target = api.target(tmp_path / "drawn")
    path = f"/watchlists/{target['watchlist']}"
    before = api.get(OPERATOR, path)
    removed = api.post(OPERATOR, f"{path}/entries/{target['entry']}/remove", {"reason": "Surrendered."})
    assert removed["watchlist"] == target["watchlist"]
    after = api.get(OPERATOR, path)
    assert (before["size"], after["size"]) == (3, 2)
    assert before["content_hash"] != after["content_hash"]
    api.get(OPERATOR, f"{path}/pictures/{target['picture']}", HTTPStatus.NOT_FOUND)
    assert api.get(OPERATOR, f"{path}/entries/{target['entry']}")["review"] == "removed"
    in_use = {"version": after["version"], "reason": "Drawn by mistake."}
    told = api.post(BUILDER, f"{path}/destroy", in_use, HTTPStatus.CONFLICT)
    assert told["detail"].endswith("end the deployment first.")
    assert api.get(BUILDER, f"{path}/deliveries") == []


def test_an_import_says_what_became_of_every_row_and_a_child_needs_a_second_authority(
    api: ApiHub, tmp_path: Path
) -> None:
    watchlist = with_lists(api.hub.hub).begun()
    path = f"/watchlists/{watchlist}"
    good, child = (write_picture(tmp_path / f"{n}.png", n).read_bytes() for n in (1, 2))
    faceless = write_picture(tmp_path / "3.png", 3, grey=7).read_bytes()
    rows = [row("N/1", "1.png"), row("N/2", "2.png", under_18="yes"), row("N/3", "3.png"), row("N/4", "absent.png")]
    table = write_csv(tmp_path / "people.csv", rows).read_bytes()
    pictures = {"1.png": good, "2.png": child, "3.png": faceless}
    files = [("table", ("people.csv", table)), *(("pictures", (name, each)) for name, each in pictures.items())]
    answer = api.browsers[BUILDER].request("POST", f"{path}/imports", files=files)
    assert answer.status_code == HTTPStatus.ACCEPTED, answer.text
    job = api.job(BUILDER, answer.json())
    assert job["result"]["outcomes"] == {"imported": 1, "incomplete": 1, "refused": 2}, job
    (imported,) = api.get(BUILDER, f"{path}/imports")
    said = {each["person"]: each for each in api.get(BUILDER, f"{path}/imports/{imported['import_id']}/rows")["items"]}
    assert "no face" in said["N/3"]["reason"]
    assert str(tmp_path) not in json.dumps(said)
    entry = said["N/2"]["entry"]
    (problem,) = api.get(AUTHORISER, f"{path}/entries/{entry}")["problems"]
    assert problem["field"] == "second_authority"
    given = api.post(AUTHORISER, f"{path}/entries/{entry}/give-second-authority", {"reason": "Missing, aged 15."})
    assert given["by"] == api.staff(AUTHORISER)
    assert api.get(AUTHORISER, f"{path}/entries/{entry}")["problems"] == []

    # A file that cannot be used is a job that failed with a sentence, and no folder of ours in it.
    wrong = api.browsers[BUILDER].request("POST", f"{path}/imports", files={"table": ("x.csv", b"person,image\na,b\n")})
    failed = api.job(BUILDER, wrong.json())
    assert (failed["state"], "lacks the column person_id" in failed["sentence"]) == ("failed", True), failed
    assert "memory" not in failed["sentence"]
    assert list((tmp_path / "memory").iterdir()) == []
    nothing = api.browsers[BUILDER].request("POST", f"{path}/imports")
    assert nothing.status_code == HTTPStatus.UNPROCESSABLE_ENTITY
    assert nothing.json()["problems"][0]["field"] == "table"


def test_an_import_may_be_larger_than_any_other_request(api: ApiHub) -> None:
    watchlist = with_lists(api.hub.hub).begun()
    table = b"person_id,image\n" + b"N/1,1.jpg\n" + bytes(2 * api.hub.settings.largest_body)
    answer = api.browsers[BUILDER].request(
        "POST", f"/watchlists/{watchlist}/imports", files={"table": ("x.csv", table)}
    )
    assert answer.status_code == HTTPStatus.ACCEPTED, answer.text
    big = {"name": "x" * (2 * api.hub.settings.largest_body), "roles": []}
    told = api.post(ADMINISTRATOR, "/people", big, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    assert told["code"] == "too_large"


def test_an_auditor_finds_opens_proves_and_hands_out_entries(api: ApiHub) -> None:
    deployment = api.authorised()
    about: dict[str, Any] = {"record_kind": "deployment", "record": deployment}
    found = api.get(AUDITOR, "/audit/entries", **about)["items"]
    acts = ["AUTHORISE_DEPLOYMENT", "SUBMIT_APPLICATION", "DRAFT_APPLICATION"]
    assert [each["act"] for each in found] == acts
    page = api.get(AUDITOR, "/audit/entries", **about, limit=2)
    assert [each["act"] for each in api.get(AUDITOR, "/audit/entries", **about, cursor=page["next"])["items"]] == acts[
        2:
    ]
    by_whom = api.get(AUDITOR, "/audit/entries", staff=api.staff(APPLICANT), act=["SUBMIT_APPLICATION"])["items"]
    assert [each["record_id"] for each in by_whom] == [deployment]
    assert api.get(AUDITOR, "/audit/entries", **about, until=NOON.isoformat())["items"] == []
    entry = api.get(AUDITOR, f"/audit/entries/{found[0]['sequence']}")
    assert entry["justification"] == "Necessary and proportionate."
    looked = api.get(AUDITOR, "/audit/entries", act="READ_AUDIT", limit=1)["items"]
    assert looked[0]["act"] == "READ_AUDIT"  # the search just made

    proof = api.get(AUDITOR, f"/audit/entries/{found[0]['sequence']}/proof")
    trusted = api.records.signer.public
    assert proof["signer"] == trusted.raw.hex()
    head = TreeHead.opened(SignedDocument.from_bytes(proof["head"].encode()), trusted)
    content = proof["content"].encode()
    assert leaf_hash(content).hex() == proof["leaf"] == hashlib.sha256(b"\x00" + content).hexdigest()
    path = [bytes.fromhex(each) for each in proof["path"]]
    assert root_from_inclusion(bytes.fromhex(proof["leaf"]), proof["sequence"], proof["size"], path) == head.root
    api.get(AUDITOR, "/audit/entries/100000/proof", HTTPStatus.NOT_FOUND)

    recipient = {"recipient": "Information Commissioner", "reason": "ICO/2026/17"}
    export = api.browsers[AUDITOR].post("/audit/export", recipient)
    assert check_export(export.content.splitlines(), trusted).complete
    about_it = {**recipient, "record_kind": "deployment", "record_id": deployment}
    part = api.browsers[AUDITOR].post("/audit/export", about_it)
    assert check_export(part.content.splitlines(), trusted).entries == 4  # three acts, and this disclosure
    half = api.post(AUDITOR, "/audit/export", {**recipient, "record_kind": "x"}, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert half["problems"][0]["field"] == "record_id"
    noted = api.post(AUDITOR, "/audit/verify", {"heads": ["3"]}, HTTPStatus.UNPROCESSABLE_ENTITY)
    assert noted["problems"][0]["field"] == "heads.0"


def test_an_administrator_appoints_trains_and_lets_go(api: ApiHub) -> None:
    added = api.post(ADMINISTRATOR, "/people", {"name": "Nia New", "roles": ["operator"]}, HTTPStatus.CREATED)
    path = f"/people/{added['staff']}"
    trained = {"version": added["version"], "skill": "live operation", "expires_on": "2027-01-01"}
    version = api.post(ADMINISTRATOR, f"{path}/record-competence", trained)["version"]
    nia = next(each for each in api.get(APPLICANT, "/people/colleagues") if each["staff"] == added["staff"])
    assert (nia["name"], nia["roles"], nia["live_until"]) == ("Nia New", ["operator"], "2027-01-01")
    stale = api.post(ADMINISTRATOR, f"{path}/set-roles", {"version": 1, "roles": []}, HTTPStatus.CONFLICT)
    assert stale["code"] == "changed_meanwhile"
    changed = api.post(ADMINISTRATOR, f"{path}/set-roles", {"version": version, "roles": ["auditor"]})
    closed = api.post(ADMINISTRATOR, f"{path}/close-account", {"version": changed["version"]})
    assert closed["closed_at"] is not None
    assert api.get(AUDITOR, path)["roles"] == ["auditor"]
    own = f"/people/{api.staff(ADMINISTRATOR)}/close-account"
    assert api.post(ADMINISTRATOR, own, {"version": 1}, HTTPStatus.FORBIDDEN)["code"] == "same_person"


def test_a_hold_keeps_a_record_until_it_is_released(api: ApiHub, tmp_path: Path) -> None:
    alert = api.target(tmp_path / "drawn")["alert"]
    hold = {"record_kind": "alert", "record_id": alert, "authority": "Crown Court", "reason": "R v Example"}
    placed = api.post(AUTHORISER, "/legal-holds", hold, HTTPStatus.CREATED)
    assert [each["hold"] for each in api.get(AUDITOR, "/legal-holds")] == [placed["hold"]]
    wordless = {**hold, "authority": " "}
    assert api.post(AUTHORISER, "/legal-holds", wordless, HTTPStatus.CONFLICT)["code"] == "authority_missing"
    release = {"authority": "Crown Court", "reason": "The case is over."}
    api.post(AUTHORISER, f"/legal-holds/{placed['hold']}/release", release)
    assert api.get(AUDITOR, "/legal-holds") == []
    api.post(AUTHORISER, f"/legal-holds/{placed['hold']}/release", release, HTTPStatus.NOT_FOUND)


def test_what_was_typed_wrongly_is_said_in_words(api: ApiHub) -> None:
    def problem(role: Role, path: str, body: object) -> tuple[str, str]:
        (first, *_) = api.post(role, path, body, HTTPStatus.UNPROCESSABLE_ENTITY)["problems"]
        return first["field"], first["sentence"]

    unnamed = ("deployment", "This is no identifier: take it from the list that names the record.")
    assert problem(OPERATOR, "/deployments/Tuesday/pause", {}) == unnamed
    control = ("name", "This contains control characters; please remove them.")
    assert problem(ADMINISTRATOR, "/people", {"name": "Nia\x00New", "roles": []}) == control
    empty = ("reason", "Please fill this in.")
    assert problem(ADMINISTRATOR, "/retention/purge", {"reason": "  "}) == empty
    typing = {"application": {**api.application(), "use_cases": "market"}}
    assert problem(APPLICANT, "/deployments", typing)[0] == "application.use_cases"
    zoneless = api.terms(window={"start": "2026-05-11T14:00:00", "end": "2026-05-11T20:00:00Z"})
    field, sentence = problem(APPLICANT, "/deployments", {"application": api.application(terms=zoneless)})
    assert (field, sentence.partition(",")[0]) == (
        "application.terms.window.start",
        "Say how far the time is from UTC",
    )


def test_an_act_sent_twice_under_one_key_is_carried_out_once(api: ApiHub) -> None:
    body, key = {"application": api.application()}, {"Idempotency-Key": "7d1f0f6e-0c0f-4f4e-9a43-2d7c4a4b3d10"}
    first, again = (api.browsers[APPLICANT].post("/deployments", body, headers=key) for _ in range(2))
    assert (first.json(), first.status_code) == (again.json(), again.status_code)
    assert (again.headers["Idempotency-Replayed"], len(api.get(AUDITOR, "/deployments")["items"])) == ("true", 1)
    path = f"/deployments/{first.json()['deployment']}/submit"
    key = {"Idempotency-Key": "7d1f0f6e-0c0f-4f4e-9a43-2d7c4a4b3d11"}
    first, again = (api.browsers[APPLICANT].post(path, {"version": 1}, headers=key) for _ in range(2))
    assert first.json()["state"] == "submitted"
    assert (first.json(), again.headers["Location"]) == (again.json(), first.headers["Location"])
