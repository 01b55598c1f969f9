"""Events for people at their consoles: a projection of the audit log, read once and told to everybody who listens.

The number of an event is the sequence of its entry in the log, so a listener that was cut off goes on after the last
one it saw, without loss and without repetition, from any point of the log and at any process of the hub. The newest
events are kept in memory, encoded once; an older point is caught up with from the log. Nothing is queued for anybody:
each listener has only its place, and one that does not read is cut (`event_stream`) and comes again.

What the fleet does from moment to moment (`fleet`) is no event: it has no number and is not in the log. Listeners are
told of it as they come (with limited rights, of the cameras within reach, within a second), and when it changed, at
most once a second.
"""

import asyncio
from bisect import bisect_right
from collections import Counter
from collections.abc import AsyncGenerator, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Final

import structlog

from openlfr.hub.event_kinds import Event, EventKind, Hearing, event_of, kinds_for
from openlfr.hub.event_stream import SLOWEST_SEND_S, EventStream, OpenStreams
from openlfr.hub.fleet_situation import FleetSource, fleet_document
from openlfr.hub.problems import ProblemError
from openlfr.hub.signed_in import Caller, Standing
from openlfr.hub.tip import AuditTip
from openlfr.policy.identifiers import CameraId
from openlfr.policy.reach import WHOLE_HUB, Reach
from openlfr.policy.roles import Actor
from openlfr.records.camera_places import seen_cameras
from openlfr.records.changes import BEFORE_EVERYTHING, Change, changes_after, newest_change
from openlfr.records.errors import RecordsError
from openlfr.records.hub_records import HubRecords
from openlfr.records.reach import ReachDigests, Whereabouts
from openlfr.sealing.canonical import canonical_bytes

MOST_LISTENERS: Final = 2000
_MOST_OF_ONE: Final = 40
"""Windows of one person, at all of their machines."""
_KEPT_EVENTS: Final = 4096
_READ_AT_ONCE: Final = 500
_SENT_AT_ONCE: Final = 256
_FLEET_EVERY_S: Final = 1.0
_STANDING_EVERY_S: Final = 5.0
_AGAIN_AFTER_S: Final = 1.0
_FLEET_KINDS: Final = frozenset({EventKind.NODE_CHANGED, EventKind.CAMERA_CHANGED})
_ABOUT_CALLERS: Final = frozenset({"session", "staff", "access token"})
"""Records whose changes may shut a listener out."""

Sees = Callable[[CameraId], bool]
"""Which cameras somebody sees."""

log = structlog.get_logger(__name__)


@dataclass(eq=False, slots=True)
class Listener:
    """One listener: who it is, what it may hear of, up to where it was told, and the bell that wakes it."""

    caller: Caller
    hearing: Hearing
    place: int = BEFORE_EVERYTHING
    bell: asyncio.Event = field(default_factory=asyncio.Event)
    shut_out: bool = False

    def end(self) -> None:
        """Have its stream end."""
        self.shut_out = True
        self.bell.set()


class EventFeed:
    """The one reader of the log in this process. For one event loop; `run` must be running."""

    def __init__(
        self,
        records: HubRecords,
        tip: AuditTip,
        standing: Standing,
        fleet: FleetSource,
        *,
        kept_events: int = _KEPT_EVENTS,
        standing_every_s: float = _STANDING_EVERY_S,
        slowest_send_s: float = SLOWEST_SEND_S,
        most_of_one: int = _MOST_OF_ONE,
    ) -> None:
        """`kept_events` is how many the log is not read again for, `standing_every_s` how long a session that locked
        by itself may go on, `slowest_send_s` how long a listener may take to make room, and `most_of_one` how often one
        person may listen."""
        self._records = records
        self._tip = tip
        self._standing = standing
        self._fleet = fleet
        self._kept_events = kept_events
        self._standing_every_s = standing_every_s
        self._slowest_send_s = slowest_send_s
        self._streams = OpenStreams(most_of_one)
        self._listeners: set[Listener] = set()
        self._events: list[tuple[EventKind, Whereabouts | None, bytes]] = []
        self._numbers: list[int] = []
        self._from = self._position = 0
        self._fleet_now: dict[Reach, bytes] = {}
        self._read = asyncio.Event()
        self.published: Counter[EventKind] = Counter()
        self.cut = 0

    @property
    def listeners(self) -> int:
        """How many listen now."""
        return len(self._listeners)

    async def run(self) -> None:
        """Read, tell and look after listeners, until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._follow())
            tasks.create_task(self._watch_fleet())
            tasks.create_task(self._watch_standing())

    def end(self) -> None:
        """End the streams of all listeners; they come again, and are let in if the hub is there."""
        for listener in self._listeners:
            listener.end()

    def _admitted(self, caller: Caller) -> Listener:
        if len(self._listeners) >= MOST_LISTENERS:
            raise ProblemError(
                HTTPStatus.SERVICE_UNAVAILABLE,
                "too_many_listeners",
                "Too many consoles listen at this hub: close those that nobody looks at, then try again.",
                headers={"Retry-After": "10"},
            )
        return Listener(caller, self._hearing(caller.actor))

    def _hearing(self, actor: Actor) -> Hearing:
        return Hearing(kinds_for(actor, self._records.clock()), ReachDigests.of(self._records, actor.reach))

    async def known(self, after: int) -> bool:
        """Whether the log reaches as far as an event that somebody says they have seen."""
        return after <= self._position or after <= await asyncio.to_thread(self._newest)

    def stream(self, caller: Caller, after: int | None) -> EventStream:
        """The answer to somebody who listens: events numbered above `after` (None: from now on), as they come, and the
        state of the fleet.

        Ends when the listener is shut out (signed out, locked, roles or reach changed) or does not read. Raises
        ProblemError when there are too many.
        """
        events = self._streams.one_of(caller.staff, self._listen(self._admitted(caller), after))
        return EventStream(events, self._note_cut, self._slowest_send_s)

    async def _listen(self, listener: Listener, after: int | None) -> AsyncGenerator[bytes, None]:
        await self._read.wait()
        listener.place = self._position if after is None else after
        self._listeners.add(listener)
        fleet = b""
        try:
            while not listener.shut_out:
                listener.bell.clear()
                now = self._fleet_now.get(listener.caller.actor.reach)
                if now is not None and fleet != now and listener.hearing.kinds & _FLEET_KINDS:
                    fleet = now
                    yield fleet
                elif listener.place >= self._position:
                    await listener.bell.wait()
                elif listener.place >= self._from:
                    chunk, listener.place = self._kept_after(listener.place, listener.hearing)
                    if chunk:
                        yield chunk
                else:
                    changes = await asyncio.to_thread(self._changes, listener.place)
                    listener.place = changes[-1].sequence
                    told = (each for each in _events(changes) if listener.hearing.admits(each.kind, each.where))
                    chunk = b"".join(each.encoded() for each in told)
                    if chunk:
                        yield chunk
        finally:
            self._listeners.discard(listener)

    def _kept_after(self, place: int, hearing: Hearing) -> tuple[bytes, int]:
        """Some of the kept events after a place, in one piece, and the place up to which they reach."""
        first = bisect_right(self._numbers, place)
        last = first + _SENT_AT_ONCE
        reached = self._position if last >= len(self._numbers) else self._numbers[last - 1]
        told = (encoded for kind, where, encoded in self._events[first:last] if hearing.admits(kind, where))
        return b"".join(told), reached

    def _note_cut(self) -> None:
        self.cut += 1

    async def _follow(self) -> None:
        await self._tip.changed(0)
        self._from = self._position = self._tip.size - 1
        self._fleet_now = self._encoded_fleets()
        self._read.set()
        while True:
            await self._tip.changed(self._position + 1)
            try:
                changes = await asyncio.to_thread(self._changes, self._position)
            except RecordsError as error:
                log.warning("events_not_read", reason=str(error))
                await asyncio.sleep(_AGAIN_AFTER_S)
                continue
            self._take(changes)
            touched = {each.record.id for each in changes if each.record.kind in _ABOUT_CALLERS}
            if touched:
                await self._ask_standing([each for each in self._listeners if _names(each.caller) & touched])

    def _take(self, changes: Sequence[Change]) -> None:
        events = _events(changes)
        for event in events:
            self._numbers.append(event.number)
            self._events.append((event.kind, event.where, event.encoded()))
            self.published[event.kind] += 1
        before, self._position = self._position, changes[-1].sequence
        surplus = len(self._numbers) - self._kept_events
        if surplus > 0:
            self._from = self._numbers[surplus - 1]
            del self._numbers[:surplus], self._events[:surplus]
        told = {(event.kind, event.where) for event in events}
        for listener in self._listeners:
            if any(listener.hearing.admits(kind, where) for kind, where in told):
                listener.bell.set()
            elif listener.place == before:
                listener.place = self._position  # nothing here is for it: it stays abreast without being woken

    async def _watch_fleet(self) -> None:
        await self._read.wait()
        while True:
            before, self._fleet_now = self._fleet_now, self._encoded_fleets(await self._seen_by_limited())
            for listener in self._listeners:
                reach = listener.caller.actor.reach
                if self._fleet_now.get(reach) != before.get(reach):
                    listener.bell.set()
            await asyncio.sleep(_FLEET_EVERY_S)

    async def _seen_by_limited(self) -> Mapping[Reach, Sees]:
        """Which cameras those who listen with limited rights see; nothing is read where nobody is limited."""
        actors = [each.caller.actor for each in self._listeners]
        limited = [each for each in actors if not each.reach.whole_hub]
        try:
            return await asyncio.to_thread(self._seen_by, limited) if limited else {}
        except RecordsError as error:
            log.warning("camera_places_not_read", reason=str(error))
            return {}

    def _seen_by(self, limited: Collection[Actor]) -> dict[Reach, Sees]:
        with self._records.database.reading() as session:
            each_once = {actor.reach: actor for actor in limited}
            return {reach: seen_cameras(self._records, session, actor) for reach, actor in each_once.items()}

    def _encoded_fleets(self, seen: Mapping[Reach, Sees] | None = None) -> dict[Reach, bytes]:
        """What is told of the fleet, to whom: all of it, and what each limited reach sees."""
        chosen: dict[Reach, Sees | None] = {WHOLE_HUB: None, **(seen or {})}
        try:
            return {
                reach: b"event: fleet\ndata: %s\n\n"
                % canonical_bytes(fleet_document(self._fleet, self._records.clock(), sees))
                for reach, sees in chosen.items()
            }
        except ValueError as error:
            # A node's figures that no document can hold must not end the events of everybody.
            log.warning("fleet_not_told", reason=str(error))
            return self._fleet_now

    async def _watch_standing(self) -> None:
        while True:
            await asyncio.sleep(self._standing_every_s)
            await self._ask_standing(list(self._listeners))

    async def _ask_standing(self, listeners: Collection[Listener]) -> None:
        """Shut out whoever would not be let in again, or would hear of other things: they come back as they are now."""
        try:
            standing = await asyncio.to_thread(self._standing_of, {each.caller for each in listeners})
        except RecordsError as error:
            log.warning("standing_not_read", reason=str(error))
            return
        for listener in listeners:
            actor = standing[listener.caller]
            if actor is None or self._hearing(actor) != listener.hearing:
                listener.end()

    def _standing_of(self, callers: Collection[Caller]) -> dict[Caller, Actor | None]:
        return {caller: self._standing.now(caller) for caller in callers}

    def _changes(self, after: int) -> Sequence[Change]:
        with self._records.database.reading() as session:
            return changes_after(session, after, _READ_AT_ONCE)

    def _newest(self) -> int:
        with self._records.database.reading() as session:
            return newest_change(session)


def _events(changes: Sequence[Change]) -> list[Event]:
    return [event for change in changes if (event := event_of(change)) is not None]


def _names(caller: Caller) -> frozenset[str]:
    """Everything by which the log may name this caller."""
    session = () if caller.session is None else (caller.session.session,)
    token = () if caller.token is None else (caller.token.token,)
    return frozenset({caller.staff, *session, *token})
