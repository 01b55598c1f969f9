"""What the API answers when it does not do what was asked: one form for everything, as RFC 9457 has it.

A rule's refusal, a field that cannot be accepted, an unknown path and a fault of our own all come as
`application/problem+json` with a code for programs and a sentence for people that says what to do. A fault of our own
says nothing of itself but a number, under which the log has the rest.
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from traceback import extract_tb
from typing import Final, TypeVar
from uuid import uuid4

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field
from starlette.exceptions import HTTPException

from openlfr.hub.field_sentences import field_sentence
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.errors import DatabaseBusyError, DiskFullError, RecordsError
from openlfr.sealing.errors import SealingError

_Answer = TypeVar("_Answer")

MEDIA_TYPE: Final = "application/problem+json"
_TRY_AGAIN_S: Final = 5
_LONGEST_FIELD: Final = 200
_MOST_PROBLEMS: Final = 100
_FRAMES: Final = 8

STATUS_OF_REFUSAL: Final[Mapping[RefusalCode, HTTPStatus]] = {
    RefusalCode.WRONG_ROLE: HTTPStatus.FORBIDDEN,
    RefusalCode.SAME_PERSON: HTTPStatus.FORBIDDEN,
    RefusalCode.NOT_COMPETENT: HTTPStatus.FORBIDDEN,
    RefusalCode.OUT_OF_REACH: HTTPStatus.FORBIDDEN,
    RefusalCode.SECOND_PERSON_NEEDED: HTTPStatus.FORBIDDEN,
    RefusalCode.INVALID_FIELDS: HTTPStatus.UNPROCESSABLE_ENTITY,
    RefusalCode.UNKNOWN_RECORD: HTTPStatus.NOT_FOUND,
}
"""Every other refusal is a conflict with the state of things: 409."""

log = structlog.get_logger(__name__)


class WrongField(BaseModel):
    """One field that cannot be accepted."""

    field: str = Field(examples=["terms.window.end"])
    sentence: str = Field(examples=["Please fill this in."])


class Problem(BaseModel):
    """Why the request was not done; nothing was changed by it (RFC 9457)."""

    type: str = Field(examples=["urn:openlfr:problem:wrong_role"])
    title: str = Field(examples=["Forbidden"])
    status: int = Field(examples=[403])
    code: str = Field(description="For programs.", examples=["wrong_role"])
    detail: str = Field(
        description="For people: what is wrong and what to do.",
        examples=["You may not authorise a deployment: the role authorising officer is needed."],
    )
    problems: list[WrongField] = Field(default_factory=list, description="The fields that are wrong, if any are.")


class ProblemError(Exception):
    """Ends a request with a problem document. `code` is for programs, `sentence` for people."""

    def __init__(
        self,
        status: HTTPStatus,
        code: str,
        sentence: str,
        problems: Sequence[WrongField] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(sentence)
        self.status = status
        self.code = code
        self.sentence = sentence
        self.problems = tuple(problems)
        self.headers = dict(headers or {})

    def response(self) -> JSONResponse:
        """The document, as it goes on the wire."""
        document = Problem(
            type=f"urn:openlfr:problem:{self.code}",
            title=self.status.phrase,
            status=self.status,
            code=self.code,
            detail=self.sentence,
            problems=list(self.problems),
        )
        return JSONResponse(document.model_dump(), self.status, self.headers, MEDIA_TYPE)


def answered(answer: _Answer | Refusal) -> _Answer:
    """The value of a service's answer; a refusal ends the request with its problem document."""
    if isinstance(answer, Refusal):
        problems = [WrongField(field=each.field, sentence=each.sentence) for each in answer.problems]
        status = STATUS_OF_REFUSAL.get(answer.code, HTTPStatus.CONFLICT)
        raise ProblemError(status, answer.code, answer.sentence, problems)
    return answer


def too_many(sentence: str, wait_s: int) -> ProblemError:
    """Asked too often: the sentence says how long to wait, and the header says it to programs."""
    return ProblemError(
        HTTPStatus.TOO_MANY_REQUESTS, "too_many_requests", sentence, headers={"Retry-After": str(wait_s)}
    )


def too_large() -> ProblemError:
    """More bytes than the route takes."""
    sentence = "The request has more bytes than this address takes: send less at once."
    return ProblemError(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "too_large", sentence)


def documented_problems() -> dict[int | str, dict[str, object]]:
    """The `responses` of a router: in OpenAPI every route may answer with a problem instead."""
    return {
        "default": {
            "description": "The request was not done, and nothing was changed: a problem document says why.",
            "content": {MEDIA_TYPE: {"schema": _schema()}},
        }
    }


def _schema() -> dict[str, object]:
    """The schema of a problem, whole: nothing else would bring the part of it that it refers to into OpenAPI."""
    schema = Problem.model_json_schema()
    schema["properties"]["problems"]["items"] = schema.pop("$defs")[WrongField.__name__]
    return schema


def answer_with_problems(app: FastAPI) -> None:
    """Have every error that is expected answered with a problem document; `fault` answers the others."""
    app.add_exception_handler(ProblemError, _said)
    app.add_exception_handler(RequestValidationError, _fields)
    app.add_exception_handler(HTTPException, _of_the_framework)
    app.add_exception_handler(RecordsError, _records)
    app.add_exception_handler(SealingError, _records)


async def _said(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ProblemError)  # noqa: S101 - how the framework's types are told
    return error.response()


async def _fields(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    found = error.errors()
    if any(each["type"] == "json_invalid" for each in found):
        sentence = "The body is no JSON: send a JSON document, in UTF-8."
        return ProblemError(HTTPStatus.UNPROCESSABLE_ENTITY, "invalid_json", sentence).response()
    problems = [WrongField(field=_field(each["loc"]), sentence=field_sentence(each)) for each in found]
    first = problems[0]
    more = f" ({len(problems) - 1} more)" if len(problems) > 1 else ""
    return ProblemError(
        HTTPStatus.UNPROCESSABLE_ENTITY,
        RefusalCode.INVALID_FIELDS,
        f"The request cannot be accepted: {first.field}: {first.sentence}{more}",
        problems[:_MOST_PROBLEMS],
    ).response()


def _field(location: Sequence[object]) -> str:
    # The first part says where the field stood: body, query, path, header.
    named = ".".join(str(each) for each in (location[1:] if len(location) > 1 else location))
    return named[:_LONGEST_FIELD]


_SENTENCES: Final[Mapping[int, tuple[str, str]]] = {
    400: ("malformed", "The request could not be read: check how it is written."),
    404: ("unknown_path", "There is nothing at this address: /api/v1/openapi.json lists every path."),
    405: ("wrong_method", "This address does not take that method: the Allow header names those it takes."),
    415: ("wrong_media_type", "This address does not take that kind of content: see /api/v1/openapi.json."),
}


async def _of_the_framework(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)  # noqa: S101
    if error.status_code == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
        return too_large().response()
    code, sentence = _SENTENCES.get(error.status_code, ("refused", "The request was refused."))
    return ProblemError(HTTPStatus(error.status_code), code, sentence, headers=error.headers).response()


async def _records(_request: Request, error: Exception) -> JSONResponse:
    """The records cannot be used for now. What they said may name folders: it goes to the log."""
    log.error("records_unusable", reason=str(error))
    if isinstance(error, DiskFullError):
        sentence = "The hub's disk is full: nothing was kept. Tell the administrator."
        return ProblemError(HTTPStatus.INSUFFICIENT_STORAGE, "disk_full", sentence).response()
    busy = isinstance(error, DatabaseBusyError)
    sentence = (
        "The hub's records are busy: nothing was changed. Try again in a moment."
        if busy
        else "The hub's records cannot be used just now: nothing was changed. Tell the administrator."
    )
    code = "records_busy" if busy else "records_unusable"
    wait = {"Retry-After": str(_TRY_AGAIN_S)}
    return ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, code, sentence, headers=wait).response()


def fault(error: Exception, method: str) -> JSONResponse:
    """The answer to an error that nobody expected. Where it happened goes to the log, what it said to nobody: it may
    repeat personal data."""
    number = uuid4().hex
    where = [f"{frame.filename}:{frame.lineno}" for frame in extract_tb(error.__traceback__)[-_FRAMES:]]
    log.error("request_failed", number=number, method=method, kind=type(error).__name__, where=where)
    sentence = f"The hub could not do this, by a fault of its own. Give the administrator this number: {number}."
    return ProblemError(HTTPStatus.INTERNAL_SERVER_ERROR, "fault", sentence).response()
