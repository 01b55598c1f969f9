"""A hub served on HTTP with one person of each role at a browser of their own: the API as people use it."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from pathlib import Path
from typing import Any

import httpx
from tests.support.database import HandClock
from tests.support.deployment_values import CERTIFICATE, START
from tests.support.hub_app import Browser, HubApp, running_hub_app
from tests.support.staffed_hub import PICTURES
from tests.support.watchlists import QUICK, with_lists

from openlfr.hub.enrolment_models import EnrolmentModels, OpenedMaker
from openlfr.hub.schemas.application import APPLICATION_EXAMPLE, TERMS_EXAMPLE
from openlfr.hub.uploads import Uploads
from openlfr.hub.work import Work
from openlfr.policy.identifiers import DeploymentId
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Role
from openlfr.records.hub_records import HubRecords

JOB_TIMEOUT_S = 120.0
READY: Mapping[str, object] = {"signage_in_place": True, "briefing_held": True, "cameras_checked": True}


@dataclass
class ApiHub:
    """The hub, and the browsers of its people."""

    hub: HubApp
    work: Work
    browsers: dict[Role, Browser]

    @property
    def clock(self) -> HandClock:
        return self.hub.clock

    @property
    def records(self) -> HubRecords:
        return self.hub.records

    def later(self, now: datetime) -> None:
        """Hours pass, and everybody signs in again, for sessions lock."""
        self.clock.now = now
        self.browsers.update({role: self.hub.browser(role) for role in Role})

    def staff(self, role: Role) -> str:
        return self.hub.hub.staff[role].staff

    def get(self, role: Role, path: str, status: int = HTTPStatus.OK, **query: Any) -> Any:
        """What somebody with this role is answered, as read from JSON."""
        return _answer(self.browsers[role].get(path, params=query), status)

    def post(self, role: Role, path: str, body: object = None, status: int = HTTPStatus.OK) -> Any:
        """What an act of somebody with this role is answered, as read from JSON."""
        return _answer(self.browsers[role].post(path, json=body), status)

    def job(self, role: Role, begun: Mapping[str, Any]) -> Any:
        """A job once it has ended, as whoever asked for it sees it."""
        self.work.settled(begun["job"], JOB_TIMEOUT_S)
        return self.get(role, f"/jobs/{begun['job']}")

    def terms(self, **changes: object) -> dict[str, Any]:
        """Terms that name this hub's officers."""
        officers = [self.staff(Role.OPERATOR), self.staff(Role.ENGAGEMENT_OFFICER)]
        return {**TERMS_EXAMPLE, "certificate": CERTIFICATE.certificate, "officers": officers, **changes}

    def application(self, **changes: object) -> dict[str, Any]:
        return {**APPLICATION_EXAMPLE, "terms": self.terms(), **changes}

    def decision(self, version: int) -> dict[str, Any]:
        return {"version": version, "terms": self.terms(), "reason": "Necessary and proportionate."}

    def authorised(self) -> DeploymentId:
        """A deployment that was drafted, submitted and authorised, each by the person whose act it is."""
        drafted = self.post(Role.APPLICANT, "/deployments", {"application": self.application()}, HTTPStatus.CREATED)
        path = f"/deployments/{drafted['deployment']}"
        submitted = self.post(Role.APPLICANT, f"{path}/submit", {"version": drafted["version"]})
        self.post(Role.AUTHORISING_OFFICER, f"{path}/authorise", self.decision(submitted["version"]))
        return DeploymentId(drafted["deployment"])

    def act(self, role: Role, path: str, act: str, **body: object) -> Any:
        """An act on a record, with its version as it stands now."""
        version = self.get(role, f"{path}/summary")["version"]
        return self.post(role, f"{path}/{act}", {"version": version, **body})

    def target(self, folder: Path) -> dict[str, str]:
        """A live deployment with a frozen list of three and an alert: what each part of a path may name."""
        deployment = self.authorised()
        lists = with_lists(self.hub.hub)
        watchlist = lists.frozen(folder, 3, deployment)
        lists.attached(watchlist, deployment)
        path = f"/deployments/{deployment}"
        self.act(Role.OPERATOR, path, "record-readiness", **READY)
        self.later(START)
        self.post(Role.OPERATOR, f"{path}/check-in")
        self.act(Role.OPERATOR, path, "go-live")
        raised = self.hub.hub.raised(deployment)
        record = self.hub.services.alerts.raise_alert(raised, PICTURES)
        assert not isinstance(record, Refusal), record
        entry = self.get(Role.AUTHORISING_OFFICER, f"/watchlists/{watchlist}/entries")["items"][0]
        (imported,) = self.get(Role.WATCHLIST_MANAGER, f"/watchlists/{watchlist}/imports")
        return {
            "deployment": deployment,
            "watchlist": watchlist,
            "entry": entry["entry"],
            "picture": entry["pictures"][0]["picture"],
            "import": imported["import_id"],
            "alert": raised.alert,
            "staff": self.staff(Role.AUDITOR),
            "certificate": CERTIFICATE.certificate,
            "sequence": "3",
        }


@contextmanager
def running_api(records: HubRecords, clock: HandClock, memory: Path) -> Iterator[ApiHub]:
    """Serve a hub with everybody at a browser; `memory` stands in for the place where uploads lie."""
    work = Work(records.clock, records.new_id)
    parts = (work, Uploads(records.vault.id, memory), EnrolmentModels(lambda: OpenedMaker(QUICK, lambda: None)))
    everybody = [role for role in Role if role is not Role.ADMINISTRATOR]
    with running_hub_app(records, clock, *everybody, parts=parts) as hub:
        try:
            yield ApiHub(hub, work, {role: hub.browser(role) for role in Role})
        finally:
            work.close()


def _answer(response: httpx.Response, status: int) -> Any:
    assert response.status_code == status, (response.request.url, response.status_code, response.text)
    return response.json()
