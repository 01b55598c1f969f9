"""The match-event feed, for other systems with an access token: video management, dispatch, records."""

from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query
from pydantic import BaseModel, Field

from openlfr.hub.event_stream import STREAMED, EventStream
from openlfr.hub.match_feed import MatchEvent, MatchFeed
from openlfr.hub.parts import part
from openlfr.hub.problems import ProblemError
from openlfr.hub.signed_in import Caller, signed_in_or_token
from openlfr.records.account_tables import Scope
from openlfr.records.changes import BEFORE_EVERYTHING
from openlfr.records.match_events import Recipient

_LARGEST_PAGE: Final = 200

router = APIRouter(prefix="/match-events", tags=["match events"])

OurMatchFeed = Annotated[MatchFeed, Depends(part(MatchFeed))]


class MatchEvents(BaseModel):
    """One page of match events, in order."""

    items: list[MatchEvent]
    next: int = Field(description="Ask for the next page with `after` set to this.", examples=[4711])
    more: bool = Field(description="Whether there may be more right now: ask on at once.")


def other_system(caller: Annotated[Caller, Depends(signed_in_or_token(Scope.READ_MATCH_FEED))]) -> Caller:
    """Another system: people look at alerts one by one, and each look is theirs."""
    if caller.token is None:
        raise ProblemError(
            HTTPStatus.FORBIDDEN,
            "token_needed",
            "This feed is for other systems: use an access token that an administrator made for it.",
        )
    return caller


OtherSystem = Annotated[Caller, Depends(other_system)]


@router.get("")
def list_match_events(
    caller: OtherSystem,
    feed: OurMatchFeed,
    after: Annotated[
        int, Query(ge=BEFORE_EVERYTHING, description="`next` of the page before; -1 for the first.")
    ] = BEFORE_EVERYTHING,
    limit: Annotated[int, Query(ge=1, le=_LARGEST_PAGE)] = 50,
) -> MatchEvents:
    """Matches, and what came of them, in the order it happened.

    Each match in a page is a disclosure to the system whose token this is, and is in the audit log before it is
    answered. Nothing of it is answered any more once the alert is destroyed. Tests among real alerts are left out.
    """
    page = feed.page(caller.actor, after, limit, _recipient(caller))
    return MatchEvents(items=list(page.events), next=page.next, more=page.more)


@router.get("/stream", status_code=HTTPStatus.OK, response_class=EventStream, responses=STREAMED)
async def stream_match_events(
    caller: OtherSystem,
    feed: OurMatchFeed,
    after: Annotated[int | None, Query(ge=BEFORE_EVERYTHING)] = None,
    last_event_id: Annotated[str | None, Header(pattern=r"^(-1|[0-9]{1,18})$")] = None,
) -> EventStream:
    """The same events as they come: server-sent events, each a document as in a page. Goes on after `Last-Event-ID`."""
    seen = after if last_event_id is None else int(last_event_id)
    return EventStream(feed.stream(caller, seen, _recipient(caller)))


def _recipient(caller: Caller) -> Recipient:
    return Recipient(caller.token.name if caller.token else "", caller.origin)
