"""A request that is sent twice is carried out once, whatever happens in between; and no copy of its body is kept."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from http import HTTPStatus
from typing import Annotated

import httpx
import pytest
from fastapi import APIRouter, Form, Response
from pydantic import BaseModel
from sqlalchemy import select
from tests.support.database import HandClock
from tests.support.running_hub import RunningHub
from tests.support.staffed_hub import StaffedHub, staffed_from_records

from openlfr.hub.idempotency import OnceOnly
from openlfr.hub.problems import ProblemError
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.roles import Role
from openlfr.records.errors import DatabaseBusyError
from openlfr.records.hub_records import HubRecords
from openlfr.records.idempotency_tables import AnsweredRequestRow

NAME = "Zbigniew Quibbleworth"
KEY = "7d1f0f6e-0c0f-4f4e-9a43-2d7c4a4b3d10"


class Thing(BaseModel):
    number: int
    name: str


class Shelf:
    """A route that makes things, as the hub's own routes do, and remembers how often it was carried out."""

    def __init__(self) -> None:
        self.things: dict[int, str] = {}
        self.before: Callable[[], None] = lambda: None
        self.router = APIRouter(prefix="/things", route_class=OnceOnly)
        self.router.post("", status_code=HTTPStatus.CREATED)(self.make)
        self.router.post("/forms", status_code=HTTPStatus.CREATED)(self.make_by_form)
        self.router.get("/{number}")(self.show)

    def make(self, caller: SignedIn, thing: Thing, response: Response) -> Thing:
        self.before()
        self.things[len(self.things)] = thing.name
        response.headers["Location"] = f"{PREFIX}/things/{len(self.things) - 1}"
        return Thing(number=len(self.things) - 1, name=thing.name)

    def make_by_form(self, caller: SignedIn, name: Annotated[str, Form()], response: Response) -> Thing:
        return self.make(caller, Thing(number=0, name=name), response)

    def show(self, caller: SignedIn, number: int) -> Thing:
        if number not in self.things:
            raise ProblemError(HTTPStatus.NOT_FOUND, "unknown_record", "It is destroyed.")
        return Thing(number=number, name=self.things[number])


@pytest.fixture
def staff(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed_from_records(records, clock, Role.OPERATOR, Role.AUDITOR)


@pytest.fixture
def shelf() -> Shelf:
    return Shelf()


@pytest.fixture
def hub(records: HubRecords, clock: HandClock, shelf: Shelf) -> Iterator[RunningHub]:
    with RunningHub(records, clock, routers=(shelf.router,)) as running:
        yield running


@pytest.fixture
def operator(hub: RunningHub, staff: StaffedHub) -> dict[str, str]:
    return hub.signed_in(staff.operator)


def made(hub: RunningHub, who: dict[str, str], key: str | None, name: str = NAME) -> httpx.Response:
    keyed = {} if key is None else {"Idempotency-Key": key}
    return hub.ask("POST", "/things", {**who, **keyed}, json={"number": 0, "name": name})


def test_the_same_request_under_the_same_key_is_carried_out_once_and_answered_alike(
    hub: RunningHub, shelf: Shelf, operator: dict[str, str]
) -> None:
    first, again = made(hub, operator, "k1"), made(hub, operator, "k1")
    assert first.status_code == again.status_code == 201
    assert first.json() == again.json() == {"number": 0, "name": NAME}
    assert first.headers["Location"] == again.headers["Location"]
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert len(shelf.things) == 1


def test_without_a_key_or_under_another_it_is_carried_out_again(
    hub: RunningHub, shelf: Shelf, operator: dict[str, str]
) -> None:
    for key in (None, None, "k1", "k2"):
        assert made(hub, operator, key).status_code == 201
    assert len(shelf.things) == 4


def test_another_request_under_the_same_key_is_refused_in_words(
    hub: RunningHub, shelf: Shelf, operator: dict[str, str]
) -> None:
    made(hub, operator, "k1")
    answer = made(hub, operator, "k1", "Somebody Else")
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_key_reused")
    assert "new key" in answer.json()["detail"]
    assert len(shelf.things) == 1


def test_two_people_may_use_the_same_key(hub: RunningHub, shelf: Shelf, staff: StaffedHub) -> None:
    made(hub, hub.signed_in(staff.operator), "k1")
    made(hub, hub.signed_in(staff.auditor), "k1")
    assert len(shelf.things) == 2


def test_the_same_person_at_another_browser_is_the_same_person(
    hub: RunningHub, shelf: Shelf, staff: StaffedHub
) -> None:
    for _ in range(2):
        assert made(hub, hub.signed_in(staff.operator), "k1").status_code == 201
    assert len(shelf.things) == 1


def test_a_second_request_while_the_first_is_carried_out_is_told_to_wait(
    hub: RunningHub, shelf: Shelf, operator: dict[str, str]
) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> None:
        begun.set()
        assert go_on.wait(30)

    shelf.before = slowly
    with ThreadPoolExecutor() as threads:
        first = threads.submit(made, hub, operator, "k1")
        assert begun.wait(30)
        second = made(hub, operator, "k1")
        go_on.set()
        assert (second.status_code, second.json()["code"]) == (409, "request_under_way")
        assert first.result().status_code == 201
    assert made(hub, operator, "k1").status_code == 201
    assert len(shelf.things) == 1


def test_a_refused_or_failed_request_changed_nothing_and_may_be_sent_again(
    hub: RunningHub, shelf: Shelf, operator: dict[str, str]
) -> None:
    def refused() -> None:
        raise ProblemError(HTTPStatus.CONFLICT, "wrong_state", "Not yet.")

    def failed() -> None:
        raise DatabaseBusyError("Try again.")

    for cause, status in ((refused, 409), (failed, 503)):
        shelf.before = cause
        assert made(hub, operator, "k1").status_code == status
    invalid = hub.ask("POST", "/things", {**operator, "Idempotency-Key": "k1"}, json={"number": "many"})
    assert invalid.status_code == 422
    shelf.before = lambda: None
    assert made(hub, operator, "k1").status_code == 201
    assert len(shelf.things) == 1


def test_what_was_destroyed_meanwhile_is_not_shown_again(
    hub: RunningHub, shelf: Shelf, operator: dict[str, str], records: HubRecords
) -> None:
    made(hub, operator, KEY)
    shelf.things[0] = "renamed"
    assert made(hub, operator, KEY).json()["name"] == "renamed"
    del shelf.things[0]
    gone = made(hub, operator, KEY)
    assert (gone.status_code, gone.json()["detail"]) == (404, "It is destroyed.")
    assert shelf.things == {}
    with records.database.reading() as session:
        (row,) = session.scalars(select(AnsweredRequestRow))
        kept = repr({column: getattr(row, column) for column in AnsweredRequestRow.__mapper__.attrs.keys()})  # noqa: SIM118
    assert NAME not in kept
    assert KEY not in kept


def test_after_a_day_a_key_is_new_again(
    hub: RunningHub, shelf: Shelf, staff: StaffedHub, clock: HandClock, records: HubRecords
) -> None:
    for _ in range(2):
        assert made(hub, hub.signed_in(staff.operator), "k1").status_code == 201
        clock.advance(timedelta(hours=24))
    assert len(shelf.things) == 2
    with records.database.reading() as session:
        assert len(session.scalars(select(AnsweredRequestRow)).all()) == 1


def test_a_hub_that_was_killed_in_the_middle_does_not_do_it_again_by_itself(
    hub: RunningHub, shelf: Shelf, operator: dict[str, str], records: HubRecords
) -> None:
    made(hub, operator, "k1")
    with records.database.writing() as session:  # as it stands when the answer was never noted
        (row,) = session.scalars(select(AnsweredRequestRow))
        row.status = row.location = None
    answer = made(hub, operator, "k1")
    assert answer.status_code == 409
    assert "cut short" in answer.json()["detail"]
    assert len(shelf.things) == 1


def test_forms_are_compared_whole_too(hub: RunningHub, shelf: Shelf, operator: dict[str, str]) -> None:
    keyed = {**operator, "Idempotency-Key": "k1"}
    for _ in range(2):
        assert hub.ask("POST", "/things/forms", keyed, data={"name": NAME}).status_code == 201
    assert hub.ask("POST", "/things/forms", keyed, data={"name": "Somebody Else"}).status_code == 422
    assert len(shelf.things) == 1


@pytest.mark.parametrize("key", ["", "a" * 256, "two words"])
def test_a_key_that_is_none_is_refused(hub: RunningHub, shelf: Shelf, operator: dict[str, str], key: str) -> None:
    answer = made(hub, operator, key)
    assert answer.status_code == 422
    assert answer.json()["problems"][0]["field"].lower() == "idempotency-key"
    assert shelf.things == {}


def test_who_is_not_signed_in_learns_nothing_from_a_key(hub: RunningHub, operator: dict[str, str]) -> None:
    made(hub, operator, "k1")
    assert made(hub, {}, "k1").status_code == 401
