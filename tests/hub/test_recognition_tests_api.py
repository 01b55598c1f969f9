"""Blue-list tests and known-answer scores over the API, as the phone and the console use them."""

from collections.abc import Iterator
from datetime import timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from tests.records.test_known_answers import CASES
from tests.records.test_recognition_tests import TESTER, live_with_testers, recognised
from tests.support.api_hub import ApiHub, running_api
from tests.support.database import HandClock, SqliteSource
from tests.support.watchlists import with_lists

from openlfr.hub.jobs import hub_jobs
from openlfr.hub.serve import questions_of
from openlfr.hub.settings import HubSettings
from openlfr.policy.alert import AdjudicationReason, Judgement
from openlfr.policy.identifiers import DeploymentId, EntryId
from openlfr.policy.roles import Role
from openlfr.records.hub_records import HubRecords

OPERATOR, ENGAGER, AUDITOR, APPLICANT = Role.OPERATOR, Role.ENGAGEMENT_OFFICER, Role.AUDITOR, Role.APPLICANT


@pytest.fixture
def source(sqlite_source: SqliteSource) -> SqliteSource:
    """The services are tried on every database by their own tests."""
    return sqlite_source


@pytest.fixture
def api(records: HubRecords, clock: HandClock, tmp_path: Path) -> Iterator[ApiHub]:
    (tmp_path / "memory").mkdir()
    with running_api(records, clock, tmp_path / "memory") as running:
        yield running


@pytest.fixture
def live(api: ApiHub, tmp_path: Path) -> tuple[DeploymentId, EntryId]:
    """A live rehearsal with one tester on its list, everybody at their browsers."""
    found = live_with_testers(with_lists(api.hub.hub), tmp_path / "drawn", rehearsal=True)
    api.later(api.clock.now)
    return found


def import_csv(api: ApiHub, test: str, content: bytes, status: HTTPStatus) -> Any:
    files = {"table": ("paper.csv", content, "text/csv")}
    answer = api.browsers[OPERATOR].request("POST", f"/recognition-tests/{test}/import-passages", files=files)
    assert answer.status_code == status, answer.text
    return answer.json()


def test_a_test_is_begun_counted_on_the_phone_and_ended(api: ApiHub, live: tuple[DeploymentId, EntryId]) -> None:
    deployment, entry = live
    path = f"/deployments/{deployment}/recognition-tests"
    assert api.get(AUDITOR, path) == []
    begun = api.post(OPERATOR, path, status=HTTPStatus.CREATED)
    test = f"/recognition-tests/{begun['test']}"
    assert begun["rate"] == {"recognised": 0, "passages": 0, "rate": None, "low": 0.0, "high": 1.0}
    assert "end it first" in api.post(OPERATOR, path, status=HTTPStatus.CONFLICT)["detail"]

    api.clock.advance(timedelta(minutes=2))
    recognised(api.hub.hub, deployment, entry)
    api.post(ENGAGER, f"{test}/count-passage", {"tester": TESTER})
    api.clock.advance(timedelta(minutes=2))
    missed = api.post(ENGAGER, f"{test}/count-passage", {"tester": TESTER})
    assert [each["alert"] is None for each in missed["passages"]] == [False, True]
    assert {each["tester"] for each in missed["passages"]} == {entry}
    assert (missed["rate"]["recognised"], missed["rate"]["passages"], missed["rate"]["rate"]) == (1, 2, 0.5)
    assert 0 < missed["rate"]["low"] < 0.02
    assert 0.98 < missed["rate"]["high"] < 1
    assert api.get(APPLICANT, test) == missed

    ended = api.post(OPERATOR, f"{test}/end")
    assert ended["ended_at"] is not None
    assert api.get(AUDITOR, path) == [ended]
    assert "has ended" in api.post(OPERATOR, f"{test}/count-passage", {"tester": TESTER}, HTTPStatus.CONFLICT)["detail"]


def test_a_passage_that_cannot_be_counted_is_refused_in_words(api: ApiHub, live: tuple[DeploymentId, EntryId]) -> None:
    begun = api.post(OPERATOR, f"/deployments/{live[0]}/recognition-tests", status=HTTPStatus.CREATED)
    count = f"/recognition-tests/{begun['test']}/count-passage"
    stranger = api.post(ENGAGER, count, {"tester": "N/1"}, HTTPStatus.NOT_FOUND)
    assert "not a tester" in stranger["detail"]
    early = (api.clock.now - timedelta(hours=1)).isoformat()
    assert api.post(ENGAGER, count, {"tester": TESTER, "passed_at": early}, HTTPStatus.CONFLICT)["code"] == (
        "outside_window"
    )
    api.post(ENGAGER, count, {"tester": TESTER})
    api.clock.advance(timedelta(seconds=5))
    assert api.post(ENGAGER, count, {"tester": TESTER}, HTTPStatus.CONFLICT)["code"] == "not_yet"
    assert api.post(AUDITOR, count, {"tester": TESTER}, HTTPStatus.FORBIDDEN)["code"] == "wrong_role"
    assert api.get(AUDITOR, f"/recognition-tests/{begun['test']}")["rate"]["passages"] == 1


def test_a_list_kept_on_paper_is_counted_whole_or_not_at_all(api: ApiHub, live: tuple[DeploymentId, EntryId]) -> None:
    begun = api.post(OPERATOR, f"/deployments/{live[0]}/recognition-tests", status=HTTPStatus.CREATED)
    api.clock.advance(timedelta(minutes=10))
    times = [(api.clock.now - timedelta(minutes=minutes)).isoformat() for minutes in (8, 4)]
    good = "tester,time\n" + "".join(f"{TESTER},{time}\n" for time in times)
    unlisted = import_csv(api, begun["test"], f"{good}N/1,{times[0]}\n".encode(), HTTPStatus.NOT_FOUND)
    assert unlisted["detail"].startswith("Passage 3: ")
    wrong = import_csv(api, begun["test"], b"tester,time\nT/1,yesterday\n", HTTPStatus.UNPROCESSABLE_ENTITY)
    assert wrong["problems"][0]["field"] == "table"
    assert wrong["problems"][0]["sentence"].startswith("Line 2: ")
    assert api.get(AUDITOR, f"/recognition-tests/{begun['test']}")["rate"]["passages"] == 0
    assert import_csv(api, begun["test"], good.encode(), HTTPStatus.OK)["rate"]["passages"] == 2
    assert import_csv(api, begun["test"], good.encode(), HTTPStatus.OK)["rate"]["passages"] == 2


def test_questions_of_the_settings_are_put_answered_and_scored(
    api: ApiHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases = tmp_path / "cases"
    cases.mkdir()
    (cases / "cases.toml").write_text(CASES)
    for name in ("probe.jpg", "ref.jpg"):
        (cases / name).write_bytes(b"\xff\xd8\xff " + name.encode())
    target = api.target(tmp_path / "drawn")
    monkeypatch.setenv("OPENLFR_HUB_KNOWN_ANSWERS", str(cases))
    asking = hub_jobs(api.hub.services, questions_of(HubSettings()))[0]
    assert asking.name == "put questions with a known answer"
    while not (put := asking.work()):
        api.clock.advance(timedelta(minutes=1))
    assert isinstance(put, list)
    alert = put[0]
    api.later(api.clock.now)
    api.post(OPERATOR, f"/deployments/{target['deployment']}/check-in")
    assert alert in [each["alert"] for each in api.get(OPERATOR, f"/deployments/{target['deployment']}/alerts/open")]
    api.act(OPERATOR, f"/alerts/{alert}", "mark-seen")
    judged = {"judgement": Judgement.NO_MATCH, "reasons": [AdjudicationReason.SUBJECT_FEATURES_AGREE], "note": ""}
    api.act(OPERATOR, f"/alerts/{alert}", "adjudicate", **judged)
    operator = api.staff(OPERATOR)
    (own,) = api.get(OPERATOR, "/known-answers/scores")
    assert (own["staff"], own["decided"]) == (operator, 1)
    assert api.get(ENGAGER, "/known-answers/scores") == []
    assert own in api.get(AUDITOR, "/known-answers/scores")
    assert api.get(AUDITOR, "/known-answers/scores", staff=operator) == [own]
    refused = api.get(ENGAGER, "/known-answers/scores", HTTPStatus.FORBIDDEN, staff=operator)
    assert "your own answers only" in refused["detail"]
