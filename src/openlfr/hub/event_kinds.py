"""The kinds of events, who may hear of them, and which entries of the audit log make one.

An event says that something about a record changed; whoever hears it reads the record, if they may. So it holds
identifiers and nothing else, and tells the same to everybody who may view the kind and whose reach covers the
deployment, where it is about one: to the others it is not told at all.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from openlfr.policy.refusal import Allowed
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.records.audit_entry import Processing
from openlfr.records.changes import Change
from openlfr.records.reach import ReachDigests, Whereabouts
from openlfr.sealing.canonical import JsonValue, canonical_bytes


class EventKind(StrEnum):
    """What an event is about. A closed list: other systems branch on it."""

    DEPLOYMENT_CHANGED = "deployment.changed"
    PRESENCE_CHANGED = "presence.changed"
    ALERT_RAISED = "alert.raised"
    ALERT_CHANGED = "alert.changed"
    WATCHLIST_CHANGED = "watchlist.changed"
    NODE_CHANGED = "node.changed"
    CAMERA_CHANGED = "camera.changed"
    PEOPLE_CHANGED = "people.changed"
    CERTIFICATE_CHANGED = "certificate.changed"
    WEBHOOK_CHANGED = "webhook.changed"


_WITHIN_REACH: Final = frozenset(
    {
        EventKind.DEPLOYMENT_CHANGED,
        EventKind.PRESENCE_CHANGED,
        EventKind.ALERT_RAISED,
        EventKind.ALERT_CHANGED,
        EventKind.WATCHLIST_CHANGED,
        EventKind.NODE_CHANGED,
        EventKind.CAMERA_CHANGED,
    }
)
"""Kinds that are told within reach only. For the log nodes and cameras lie nowhere: limited rights hear of none of
their changes, and are told of those within reach by the state of the fleet."""

ALERT_KINDS: Final = frozenset({EventKind.ALERT_RAISED, EventKind.ALERT_CHANGED})

_EVERYBODY_AT_WORK: Final = frozenset({Action.VIEW_DEPLOYMENT, Action.CONFIGURE_CAMERAS})

VIEWED_BY: Final[Mapping[EventKind, frozenset[Action]]] = {
    EventKind.DEPLOYMENT_CHANGED: frozenset({Action.VIEW_DEPLOYMENT}),
    EventKind.PRESENCE_CHANGED: frozenset({Action.VIEW_DEPLOYMENT}),
    EventKind.ALERT_RAISED: frozenset({Action.VIEW_ALERT}),
    EventKind.ALERT_CHANGED: frozenset({Action.VIEW_ALERT}),
    EventKind.WATCHLIST_CHANGED: frozenset({Action.VIEW_WATCHLIST}),
    EventKind.NODE_CHANGED: _EVERYBODY_AT_WORK,
    EventKind.CAMERA_CHANGED: _EVERYBODY_AT_WORK,
    EventKind.PEOPLE_CHANGED: frozenset({Action.VIEW_STAFF}),
    EventKind.CERTIFICATE_CHANGED: frozenset({Action.VIEW_DEPLOYMENT, Action.IMPORT_CERTIFICATE}),
    EventKind.WEBHOOK_CHANGED: frozenset({Action.MANAGE_WEBHOOKS}),
}
"""Whoever may take one of these actions hears of the kind."""

_KIND_OF_RECORD: Final[Mapping[str, EventKind]] = {
    "deployment": EventKind.DEPLOYMENT_CHANGED,
    "alert": EventKind.ALERT_CHANGED,
    "watchlist": EventKind.WATCHLIST_CHANGED,
    "node": EventKind.NODE_CHANGED,
    "camera": EventKind.CAMERA_CHANGED,
    "staff": EventKind.PEOPLE_CHANGED,
    "certificate": EventKind.CERTIFICATE_CHANGED,
    "webhook": EventKind.WEBHOOK_CHANGED,
}
"""As the log names records; what is not here makes no event."""

_KIND_OF_ACT: Final[Mapping[str, EventKind]] = {
    Action.RAISE_ALERT.name: EventKind.ALERT_RAISED,
    Action.CHECK_IN.name: EventKind.PRESENCE_CHANGED,
    Action.CHECK_OUT.name: EventKind.PRESENCE_CHANGED,
}

_CHANGING: Final = frozenset({Processing.COLLECTION, Processing.ALTERATION, Processing.COMBINATION, Processing.ERASURE})
"""Looking at something and telling others of it change nothing; what was refused is logged as no processing."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event. `number` is the sequence of its entry in the audit log; `act` is named as the log names it. `where` is
    for choosing whom to tell, and is told to nobody."""

    number: int
    kind: EventKind
    record: str
    deployment: str | None
    at: datetime
    act: str
    where: Whereabouts | None

    def document(self) -> Mapping[str, JsonValue]:
        """The event as it is sent."""
        return {
            "id": self.number,
            "kind": self.kind.value,
            "record": self.record,
            "deployment": self.deployment,
            "at": self.at.isoformat(),
            "act": self.act,
        }

    def encoded(self) -> bytes:
        """The event in the form of server-sent events. JSON has no line breaks of its own, so nothing is split."""
        data = canonical_bytes(self.document())
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (self.number, self.kind.encode(), data)


def event_of(change: Change) -> Event | None:
    """The event that an entry of the log makes, or None."""
    kind = _KIND_OF_RECORD.get(change.record.kind)
    if kind is None or change.processing not in _CHANGING:
        return None
    return Event(
        number=change.sequence,
        kind=_KIND_OF_ACT.get(change.act, kind),
        record=change.record.id,
        deployment=change.deployment,
        at=change.at,
        act=change.act,
        where=change.where,
    )


@dataclass(frozen=True, slots=True)
class Hearing:
    """What somebody may hear of: kinds, and of those that lie somewhere the ones within reach."""

    kinds: frozenset[EventKind]
    reach: ReachDigests

    def admits(self, kind: EventKind, where: Whereabouts | None) -> bool:
        return kind in self.kinds and (kind not in _WITHIN_REACH or self.reach.cover(where))


def kinds_for(actor: Actor, now: datetime) -> frozenset[EventKind]:
    """The kinds that somebody may hear of now, by their roles and training."""
    allowed = {
        action
        for actions in VIEWED_BY.values()
        for action in actions
        if isinstance(may_act(actor, action, now), Allowed)
    }
    return frozenset(kind for kind, actions in VIEWED_BY.items() if actions & allowed)
