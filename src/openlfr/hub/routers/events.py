"""What happens, as it happens, for the console: server-sent events."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query

from openlfr.hub.event_stream import EventStream
from openlfr.hub.events import EventFeed
from openlfr.hub.parts import part
from openlfr.hub.problems import ProblemError
from openlfr.hub.signed_in import SignedIn
from openlfr.records.changes import BEFORE_EVERYTHING

router = APIRouter(tags=["events"])

_EXAMPLE: Final = (
    "id: 4711\nevent: alert.raised\n"
    'data: {"act":"RAISE_ALERT","at":"2026-05-11T14:02:11.000000+00:00",'
    '"deployment":"0196c000-0000-7000-8000-000000000001","id":4711,"kind":"alert.raised",'
    '"record":"0196c000-0000-7000-8000-00000000a1e7"}\n\n'
)

Number = Annotated[
    int | None,
    Query(ge=BEFORE_EVERYTHING, description="Go on after the event of this number; -1 for everything there ever was."),
]


@router.get(
    "/events",
    status_code=HTTPStatus.OK,
    response_class=EventStream,
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}, "example": _EXAMPLE}}}},
)
async def listen_to_events(
    caller: SignedIn,
    feed: Annotated[EventFeed, Depends(part(EventFeed))],
    after: Number = None,
    last_event_id: Annotated[
        str | None, Header(pattern=r"^(-1|[0-9]{1,18})$", description="As browsers send it when they come again.")
    ] = None,
) -> EventStream:
    """Live updates of the kinds that the roles of who is signed in may view, of deployments within their reach.

    Each event names a record that changed, for the client to read anew; nothing about anybody is in it. `id` counts
    up, with gaps. A client that was cut off sends the last one it saw as `Last-Event-ID`, as browsers do by
    themselves, and misses nothing. Between them comes `fleet`, without an id: the state of nodes and cameras as a
    whole. The stream ends when the session is locked, ended or its roles or reach change.
    """
    seen = after if last_event_id is None else int(last_event_id)
    if seen is not None and not await feed.known(seen):
        raise ProblemError(
            HTTPStatus.CONFLICT,
            "unknown_event",
            "This hub has had no event of that number, as after a restored backup: reload, and begin without one.",
        )
    return feed.stream(caller, seen)
