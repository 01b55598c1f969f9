"""Webhooks: addresses of other systems that want to hear of events, and how far each of them has been told.

Whoever runs the hub decides who is told what; each decision is in the audit log. The secret that signs deliveries is
made here, told once and kept sealed.
"""

import base64
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NewType

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import is_identifier
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.policy.text import text_problems
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.audit_entry import THE_HUB_ITSELF, AuditEvent, Processing, SystemAct
from openlfr.records.changes import newest_change
from openlfr.records.deployment_tables import MAX_NAME
from openlfr.records.hub_records import HubRecords
from openlfr.records.webhook_tables import AttemptOutcome, DisabledReason, WebhookAttemptRow, WebhookRow
from openlfr.sealing.box import Place
from openlfr.sealing.canonical import canonical_bytes, parse_canonical
from openlfr.sealing.vault_file import KeyPurpose

KIND: Final = "webhook"
LONGEST_ADDRESS: Final = 2048
MOST_WEBHOOKS: Final = 50
ATTEMPTS_KEPT: Final = 100
_SECRET_BYTES: Final = 32

WebhookId = NewType("WebhookId", str)


@dataclass(frozen=True, slots=True)
class WebhookWanted:
    """What an administrator asks for: the address, a name for the log, and the kinds of events it hears of.

    `with_matches`: events of alerts carry the facts of the match, which is a disclosure each time.
    """

    name: str
    address: str
    kinds: tuple[str, ...]
    with_matches: bool


@dataclass(frozen=True, slots=True)
class Failing:
    """The next event has not got through: since when, how many attempts, and when it is tried again."""

    since: datetime
    failures: int
    next_attempt_at: datetime


@dataclass(frozen=True, slots=True)
class Webhook:
    """One webhook. `cursor` is the sequence up to which it was told everything it wanted."""

    webhook: WebhookId
    wanted: WebhookWanted
    registered_at: datetime
    cursor: int
    failing: Failing | None
    disabled_at: datetime | None
    disabled_because: DisabledReason | None


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt to deliver; `event` is None for a test delivery, `status` where the receiver answered at all."""

    event: int | None
    at: datetime
    outcome: AttemptOutcome
    status: int | None
    took_ms: int


@dataclass(frozen=True, slots=True)
class Webhooks:
    """The service for webhooks."""

    records: HubRecords
    random_bytes: Callable[[int], bytes] = secrets.token_bytes

    def register(self, by: Actor, wanted: WebhookWanted, origin: str) -> tuple[Webhook, str] | Refusal:
        """A new webhook, told of what happens from now on, and its secret, which is told this once.

        The secret has the form of the Standard Webhooks specification: `whsec_` and base 64.
        """
        webhook = WebhookId(self.records.new_id())
        with self.records.database.writing() as session:
            problems = _problems(wanted)
            refusal = self._may(by) or (refused_fields("The webhook", problems) if problems else None)
            if refusal is None and _count(session) >= MOST_WEBHOOKS:
                refusal = Refusal(
                    RefusalCode.WRONG_STATE, f"There are {MOST_WEBHOOKS} webhooks already: remove one first."
                )
            if refusal is not None:
                return self._refused(session, by, "", origin, refusal)
            secret = self.random_bytes(_SECRET_BYTES)
            key = self.records.vault.sole_key(KeyPurpose.STAFF)
            seal = self.records.sealer.seal
            row = WebhookRow(
                id=webhook,
                name=wanted.name,
                key_id=key.id,
                address=seal(key, wanted.address.encode(), _place("address", webhook)),
                secret=seal(key, secret, _place("secret", webhook)),
                kinds=canonical_bytes(sorted(set(wanted.kinds))),
                with_matches=wanted.with_matches,
                registered_by=by.staff,
                registered_at=self.records.clock(),
                cursor=newest_change(session),
                failures=0,
            )
            session.add(row)
            session.flush()
            matches = "with" if wanted.with_matches else "without"
            self._done(session, by, webhook, origin, f"{wanted.name}: {', '.join(wanted.kinds)}, {matches} matches.")
            return self._value(row), f"whsec_{base64.b64encode(secret).decode()}"

    def everything(self, by: Actor, origin: str) -> Sequence[Webhook] | Refusal:
        """All webhooks, the oldest first, for who manages them."""
        with self.records.database.reading() as session:
            refusal = self._may(by)
            if refusal is None:
                return self._all(session)
        with self.records.database.writing() as session:
            return self._refused(session, by, "", origin, refusal)

    def one(self, by: Actor, webhook: WebhookId, origin: str) -> tuple[Webhook, Sequence[Attempt]] | Refusal:
        """A webhook and the last attempts to deliver to it, the newest first."""
        with self.records.database.reading() as session:
            found = self._found(session, by, webhook)
            attempts = session.scalars(
                select(WebhookAttemptRow)
                .where(WebhookAttemptRow.webhook_id == webhook)
                .order_by(WebhookAttemptRow.number.desc())
            ).all()
        if isinstance(found, Refusal):
            with self.records.database.writing() as session:
                return self._refused(session, by, webhook, origin, found)
        return self._value(found), [
            Attempt(each.event, each.attempted_at, each.outcome, each.status, each.took_ms) for each in attempts
        ]

    def disable(self, by: Actor, webhook: WebhookId, origin: str) -> Webhook | Refusal:
        """Tell it nothing more; what happens meanwhile it hears of once it is enabled again."""
        with self.records.database.writing() as session:
            row = self._known(session, by, webhook, origin)
            if isinstance(row, Refusal):
                return row
            if row.disabled_at is None:
                row.disabled_at, row.disabled_because = self.records.clock(), DisabledReason.BY_AN_ADMINISTRATOR
            self._done(session, by, webhook, origin, "Disabled.")
            return self._value(row)

    def enable(self, by: Actor, webhook: WebhookId, origin: str) -> Webhook | Refusal:
        """Go on where it was left, at once."""
        with self.records.database.writing() as session:
            row = self._known(session, by, webhook, origin)
            if isinstance(row, Refusal):
                return row
            row.disabled_at = row.disabled_because = None
            row.failures, row.failing_since, row.next_attempt_at = 0, None, None
            self._done(session, by, webhook, origin, "Enabled.")
            return self._value(row)

    def remove(self, by: Actor, webhook: WebhookId, origin: str) -> WebhookId | Refusal:
        """Forget a webhook, its secret and its attempts."""
        with self.records.database.writing() as session:
            row = self._known(session, by, webhook, origin)
            if isinstance(row, Refusal):
                return row
            session.execute(delete(WebhookAttemptRow).where(WebhookAttemptRow.webhook_id == webhook))
            session.delete(row)
            self._done(session, by, webhook, origin, "Removed.")
            return webhook

    def enabled(self) -> Sequence[WebhookId]:
        """The webhooks that are to be told, for who delivers."""
        with self.records.database.reading() as session:
            found = session.scalars(select(WebhookRow.id).where(WebhookRow.disabled_at.is_(None)))
            return [WebhookId(each) for each in found]

    def find(self, webhook: WebhookId) -> Webhook | None:
        """A webhook as it stands, for who delivers; None once it is removed."""
        with self.records.database.reading() as session:
            row = session.get(WebhookRow, webhook)
            return None if row is None else self._value(row)

    def secret(self, webhook: WebhookId) -> bytes | None:
        """What signs deliveries; None once the webhook is removed."""
        with self.records.database.reading() as session:
            row = session.get(WebhookRow, webhook)
            return None if row is None else self.records.sealer.unseal(row.secret, _place("secret", webhook))

    def passed(self, webhook: WebhookId, cursor: int) -> None:
        """Note that nothing up to `cursor` is wanted: a restarted hub need not look at it again."""
        with self.records.database.writing() as session:
            row = session.get(WebhookRow, webhook)
            if row is not None:
                row.cursor = max(row.cursor, cursor)

    def tested(self, webhook: WebhookId, attempt: Attempt) -> None:
        """Keep what became of a test delivery."""
        with self.records.database.writing() as session:
            if session.get(WebhookRow, webhook) is not None:
                self._keep(session, webhook, attempt)

    def delivered(self, webhook: WebhookId, attempt: Attempt) -> None:
        """Keep an attempt that got through; a delivered event is not sent again."""
        with self.records.database.writing() as session:
            row = session.get(WebhookRow, webhook)
            if row is None:
                return
            self._keep(session, webhook, attempt)
            row.cursor = max(row.cursor, attempt.event or row.cursor)
            row.failures, row.failing_since, row.next_attempt_at = 0, None, None

    def failed(self, webhook: WebhookId, attempt: Attempt, next_attempt_at: datetime | None) -> None:
        """Keep an attempt that failed, and when the event is tried again: never, and the webhook is disabled."""
        with self.records.database.writing() as session:
            row = session.get(WebhookRow, webhook)
            if row is None:
                return
            self._keep(session, webhook, attempt)
            row.failures += 1
            row.failing_since = row.failing_since or attempt.at
            row.next_attempt_at = next_attempt_at
            if next_attempt_at is None and row.disabled_at is None:
                row.disabled_at, row.disabled_because = self.records.clock(), DisabledReason.GAVE_UP
                since = row.failing_since.isoformat()
                words = f"{row.name}: {row.failures} attempts since {since}, the last {attempt.outcome}."
                self.records.audit.append(
                    session,
                    AuditEvent(
                        THE_HUB_ITSELF,
                        SystemAct.WEBHOOK_DISABLED,
                        Processing.ALTERATION,
                        reference(KIND, webhook),
                        "hub",
                        words,
                    ),
                )

    def _keep(self, session: Session, webhook: WebhookId, attempt: Attempt) -> None:
        of_it = WebhookAttemptRow.webhook_id == webhook
        number = (session.scalar(select(func.max(WebhookAttemptRow.number)).where(of_it)) or 0) + 1
        session.execute(delete(WebhookAttemptRow).where(of_it, WebhookAttemptRow.number <= number - ATTEMPTS_KEPT))
        session.add(
            WebhookAttemptRow(
                webhook_id=webhook,
                number=number,
                event=attempt.event,
                attempted_at=attempt.at,
                outcome=attempt.outcome,
                status=attempt.status,
                took_ms=attempt.took_ms,
            )
        )

    def _known(self, session: Session, by: Actor, webhook: WebhookId, origin: str) -> WebhookRow | Refusal:
        found = self._found(session, by, webhook)
        return self._refused(session, by, webhook, origin, found) if isinstance(found, Refusal) else found

    def _found(self, session: Session, by: Actor, webhook: WebhookId) -> WebhookRow | Refusal:
        refusal = self._may(by)
        row = session.get(WebhookRow, webhook) if refusal is None and is_identifier(webhook) else None
        return row if row is not None else refusal or _UNKNOWN

    def _may(self, by: Actor) -> Refusal | None:
        verdict = may_act(by, Action.MANAGE_WEBHOOKS, self.records.clock())
        return verdict if isinstance(verdict, Refusal) else None

    def _refused(self, session: Session, by: Actor, webhook: str, origin: str, refusal: Refusal) -> Refusal:
        record = reference(KIND, webhook)
        return write_refused(self.records, session, by, Action.MANAGE_WEBHOOKS, record, origin, refusal)

    def _done(self, session: Session, by: Actor, webhook: str, origin: str, words: str) -> None:
        write_done(self.records, session, by, Action.MANAGE_WEBHOOKS, reference(KIND, webhook), origin, words)

    def _all(self, session: Session) -> list[Webhook]:
        return [self._value(row) for row in session.scalars(select(WebhookRow).order_by(WebhookRow.id))]

    def _value(self, row: WebhookRow) -> Webhook:
        webhook = WebhookId(row.id)
        failing = None
        if row.failing_since is not None and row.next_attempt_at is not None:
            failing = Failing(row.failing_since, row.failures, row.next_attempt_at)
        return Webhook(
            webhook=webhook,
            wanted=WebhookWanted(
                name=row.name,
                address=self.records.sealer.unseal_text(row.address, _place("address", webhook)),
                kinds=_kinds(row.kinds),
                with_matches=row.with_matches,
            ),
            registered_at=row.registered_at,
            cursor=row.cursor,
            failing=failing,
            disabled_at=row.disabled_at,
            disabled_because=row.disabled_because,
        )


_UNKNOWN: Final = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such webhook: it may have been removed.")


def _problems(wanted: WebhookWanted) -> list[FieldProblem]:
    problems = list(text_problems("name", wanted.name, longest=MAX_NAME))
    problems += text_problems("address", wanted.address, longest=LONGEST_ADDRESS)
    if not wanted.kinds:
        problems.append(FieldProblem("kinds", "Name at least one kind of event."))
    return problems


def _kinds(document: bytes) -> tuple[str, ...]:
    match parse_canonical(document):
        case [*kinds]:
            return tuple(str(kind) for kind in kinds)
        case _:
            raise ValueError("The kinds of a webhook are a list.")


def _count(session: Session) -> int:
    return session.execute(select(func.count()).select_from(WebhookRow)).scalar_one()


def _place(column: str, webhook: str) -> Place:
    return Place(WebhookRow.__tablename__, column, webhook)
