"""Requests that create something may be sent twice, when an answer was lost, and are carried out once.

`APIRouter(route_class=OnceOnly)` is all that a router needs: each of its POST routes then takes the header
`Idempotency-Key`. The same request under the same key of the same person, within a day, is answered with the same
status and `Location`, and with what stands at that address now, read anew through its own route: rights are asked
and the look is in the audit log as always, and what was destroyed meanwhile is not shown. So no copy of a body is
kept. A route whose answer is worth repeating therefore says where what it made is found.
"""

from collections.abc import Awaitable, Callable, Coroutine
from http import HTTPStatus
from typing import Annotated, Any, Final

import httpx
import structlog
from fastapi import Depends, Header, Request, Response
from fastapi.routing import APIRoute
from starlette.concurrency import run_in_threadpool

from openlfr.hub.parts import HubServices
from openlfr.hub.problems import ProblemError
from openlfr.hub.signed_in import SignedIn
from openlfr.records.errors import RecordsError
from openlfr.records.idempotency import (
    LONGEST_KEY,
    AnsweredRequests,
    Claimed,
    EarlierAnswer,
    KeyedRequest,
    NotNow,
)
from openlfr.records.idempotency_tables import MAX_LOCATION

HEADER: Final = "Idempotency-Key"
REPLAYED: Final = "Idempotency-Replayed"

log = structlog.get_logger(__name__)


class OnceOnly(APIRoute):
    """A route whose POST takes an `Idempotency-Key`. For routes that people use who are signed in (`SignedIn`)."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        if "POST" in (options.get("methods") or ()):
            options["dependencies"] = [Depends(_claim), *(options.get("dependencies") or ())]
        super().__init__(*arguments, **options)

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler of the framework, which has the request claimed, with what comes after it."""
        handle = super().get_route_handler()

        async def once(request: Request) -> Response:
            if request.method == "POST" and HEADER in request.headers:
                return await _once(request, handle)
            return await handle(request)

        return once


class _AnsweredBeforeError(Exception):
    """Leaves the handler before anything is done: the request was answered already."""

    def __init__(self, answer: EarlierAnswer) -> None:
        super().__init__()
        self.answer = answer


async def _claim(
    request: Request,
    services: HubServices,
    caller: SignedIn,
    idempotency_key: Annotated[
        str | None,
        Header(
            min_length=1,
            max_length=LONGEST_KEY,
            pattern=r"^[\x21-\x7e]+$",
            description="Made up by the sender, a new one for each thing to be made. The same request under the "
            "same key within 24 hours is carried out once and answered alike.",
        ),
    ] = None,
) -> None:
    if idempotency_key is None:
        return
    whole = (request.method.encode(), request.scope["raw_path"], request.scope["query_string"], await request.body())
    asked = KeyedRequest(caller.staff, idempotency_key, b"\0".join(whole))
    answer = await run_in_threadpool(AnsweredRequests(services.records).claim, asked)
    match answer:
        case Claimed.NEW:
            request.state.claimed = (AnsweredRequests(services.records), asked)
        case EarlierAnswer():
            raise _AnsweredBeforeError(answer)
        case NotNow.OTHER_REQUEST:
            raise ProblemError(
                HTTPStatus.UNPROCESSABLE_ENTITY,
                "idempotency_key_reused",
                f"Another request came under this {HEADER} within 24 hours: make a new key for each thing to be made.",
            )
        case NotNow.UNDER_WAY:
            raise ProblemError(
                HTTPStatus.CONFLICT,
                "request_under_way",
                f"The first request under this {HEADER} is being carried out, or was cut short: wait, and look whether "
                "it was done before you ask again under a new key.",
            )


async def _once(request: Request, handle: Callable[[Request], Awaitable[Response]]) -> Response:
    await request.body()  # kept by the request: a form is read as a stream, which nobody could read again
    try:
        response = await handle(request)
    except _AnsweredBeforeError as before:
        return await _as_it_stands(request, before.answer)
    except Exception:
        await _settle(request, None)
        raise
    await _settle(request, response)
    return response


async def _settle(request: Request, response: Response | None) -> None:
    """Keep how a claimed request was answered; let go of one that was refused or failed, for it changed nothing."""
    claimed = getattr(request.state, "claimed", None)
    if claimed is None:
        return
    requests, asked = claimed
    try:
        if response is None or not 200 <= response.status_code < 300:
            await run_in_threadpool(requests.forget, asked)
            return
        location = response.headers.get("location", "")
        kept = location if location.startswith("/") and len(location) <= MAX_LOCATION else None
        await run_in_threadpool(requests.answered, asked, EarlierAnswer(response.status_code, kept))
    except RecordsError as error:
        # What was asked for is done or refused already, and the sender must hear of it.
        log.warning("idempotency_key_not_settled", reason=str(error))


async def _as_it_stands(request: Request, answer: EarlierAnswer) -> Response:
    """The earlier answer: its status and `Location`, and what is read there now with the sender's own rights."""
    if answer.location is None:
        return Response(status_code=answer.status, headers={REPLAYED: "true"})
    client = (request.client.host, request.client.port) if request.client else ("unknown", 0)
    transport = httpx.ASGITransport(request.app, raise_app_exceptions=False, client=client)
    credentials = {
        name: value for name, value in request.headers.items() if name in ("host", "cookie", "authorization", "accept")
    }
    async with httpx.AsyncClient(transport=transport, base_url=str(request.base_url), trust_env=False) as reader:
        found = await reader.get(answer.location, headers=credentials)
    headers = {REPLAYED: "true", "Location": answer.location}
    status = answer.status if found.is_success else found.status_code
    return Response(found.content, status, headers, found.headers.get("content-type"))
