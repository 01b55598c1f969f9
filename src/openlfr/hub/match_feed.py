"""Match events for other systems: a page at a time or as they come, each told after it was logged as a disclosure."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from openlfr.hub.event_kinds import ALERT_KINDS, Event, EventKind, event_of
from openlfr.hub.event_stream import OpenStreams
from openlfr.hub.signed_in import Caller, Standing
from openlfr.hub.tip import AuditTip
from openlfr.policy.alert import AlertState, Judgement, Outcome, PublishedClass
from openlfr.policy.identifiers import AlertId
from openlfr.policy.roles import Actor
from openlfr.policy.watchlist import Category
from openlfr.records.changes import changes_after
from openlfr.records.hub_records import HubRecords
from openlfr.records.match_events import MatchFacts, Recipient, disclose_matches

_READ_AT_ONCE: Final = 500
_MOST_READ: Final = 5000
_STANDING_EVERY_S: Final = 5.0
_STREAMED_AT_ONCE: Final = 50
MOST_STREAMS: Final = 4
"""Of one access token: another system needs one, and has two while it comes again after a cut."""


class MatchFields(BaseModel):
    """One match as other systems know it: no name, no picture."""

    model_config = ConfigDict(frozen=True)

    match_id: str = Field(examples=["0196c000-0000-7000-8000-00000000a1e7"])
    rehearsal: bool = Field(description="Of consenting people only; nobody is to be approached.")
    score: float = Field(examples=[0.81])
    second_score: float | None = Field(description="Of the independent recogniser, where there is one.")
    threshold: float = Field(examples=[0.64])
    person_reference: str = Field(description="The force's own reference of the person.", examples=["N/4711"])
    categories: tuple[Category, ...]
    watchlist_id: str | None
    deployment_id: str
    site: str = Field(examples=["North End"])
    node_id: str
    camera_id: str
    camera_name: str = Field(examples=["North End, facing south"])
    captured_at: datetime
    raised_at: datetime
    model_pack: str = Field(examples=["sface"])
    precision: str = Field(examples=["f32"])
    state: AlertState
    judgement: Judgement | None = Field(description="What people said of the pictures last; null while nobody did.")
    outcome: Outcome | None
    published_class: PublishedClass | None

    @classmethod
    def of(cls, facts: MatchFacts) -> "MatchFields":
        """The fields of a match."""
        return cls(
            match_id=facts.match,
            rehearsal=facts.rehearsal,
            score=facts.score,
            second_score=facts.second_score,
            threshold=facts.threshold,
            person_reference=facts.person,
            categories=facts.categories,
            watchlist_id=facts.watchlist,
            deployment_id=facts.deployment,
            site=facts.site,
            node_id=facts.node,
            camera_id=facts.camera,
            camera_name=facts.camera_name,
            captured_at=facts.captured_at,
            raised_at=facts.raised_at,
            model_pack=facts.setup.model_pack,
            precision=facts.setup.precision,
            state=facts.state,
            judgement=facts.judgement,
            outcome=facts.outcome,
            published_class=facts.published_class,
        )


class MatchEvent(BaseModel):
    """That a match was made, or that something came of it, with the match as it stands now."""

    model_config = ConfigDict(frozen=True)

    id: int = Field(description="Counts up, with gaps; the position to go on from.", examples=[4711])
    kind: EventKind = Field(examples=["alert.raised"])
    at: datetime
    match: MatchFields

    def encoded(self) -> bytes:
        """The event in the form of server-sent events."""
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.id, self.kind.encode(), self.model_dump_json().encode())


@dataclass(frozen=True, slots=True)
class MatchPage:
    """Some match events in order; `next` is where to go on, and `more` whether there may be more right now."""

    events: tuple[MatchEvent, ...]
    next: int
    more: bool


class MatchFeed:
    """The feed of one hub. What is purged is gone from it, whatever the position asked for."""

    def __init__(self, records: HubRecords, tip: AuditTip, standing: Standing) -> None:
        self._records = records
        self._tip = tip
        self._standing = standing
        self._streams = OpenStreams(MOST_STREAMS)
        self._ending = asyncio.Event()

    def end(self) -> None:
        """End all streams."""
        self._ending.set()

    def page(self, by: Actor, after: int, most: int, recipient: Recipient) -> MatchPage:
        """The match events numbered above `after` within the reach of `by`, at most `most`, each match once, disclosed
        to the recipient.

        Of a match to which several things happened the page has one event, numbered as the last. At most 5,000
        entries of the log are looked through: a page may be empty and yet not be the last.
        """
        found, place, more = self._found(after, most)
        told = disclose_matches(self._records, by, list(found), recipient) if found else {}
        events = (
            MatchEvent(id=event.number, kind=event.kind, at=event.at, match=MatchFields.of(told[alert]))
            for alert, event in found.items()
            if alert in told
        )
        return MatchPage(tuple(events), place, more)

    def stream(self, caller: Caller, after: int | None, recipient: Recipient) -> AsyncIterator[bytes]:
        """Encoded match events as they come, until the caller would not be let in again.

        Raises ProblemError when there are too many of one access token.
        """
        token = "" if caller.token is None else caller.token.token
        return self._streams.one_of(token, self._told(caller, after, recipient))

    async def _told(self, caller: Caller, after: int | None, recipient: Recipient) -> AsyncGenerator[bytes, None]:
        await self._tip.changed(0)
        place = self._tip.size - 1 if after is None else after
        while not self._ending.is_set() and (actor := await asyncio.to_thread(self._standing.now, caller)) is not None:
            page = await asyncio.to_thread(self.page, actor, place, _STREAMED_AT_ONCE, recipient)
            place = page.next
            if page.events:
                yield b"".join(event.encoded() for event in page.events)
            if not page.more:
                await self._something_new(place)

    async def _something_new(self, place: int) -> None:
        """Until the log goes on after `place`, the streams end, or it is time to ask who listens."""
        waits = [asyncio.create_task(each) for each in (self._tip.changed(place + 1), self._ending.wait())]
        try:
            await asyncio.wait(waits, timeout=_STANDING_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for each in waits:
                each.cancel()

    def _found(self, after: int, most: int) -> tuple[dict[AlertId, Event], int, bool]:
        """The last event of each of at most `most` alerts, where to go on, and whether there may be more now."""
        found: dict[AlertId, Event] = {}
        place = after
        with self._records.database.reading() as session:
            while place < after + _MOST_READ:
                changes = changes_after(session, place, _READ_AT_ONCE)
                for change in changes:
                    event = event_of(change)
                    if event is not None and event.kind in ALERT_KINDS:
                        alert = AlertId(event.record)
                        if alert not in found and len(found) == most:
                            return found, place, True
                        found.pop(alert, None)
                        found[alert] = event
                    place = change.sequence
                if len(changes) < _READ_AT_ONCE:
                    return found, place, False
        return found, place, True
