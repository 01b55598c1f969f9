"""Webhooks: other systems that are told of events by a call. Administrators register them."""

from datetime import datetime
from http import HTTPStatus
from typing import Annotated, Self

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, Field
from starlette.concurrency import run_in_threadpool

from openlfr.hub.event_kinds import EventKind
from openlfr.hub.idempotency import OnceOnly
from openlfr.hub.parts import HubServices, part
from openlfr.hub.problems import ProblemError, answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.signed_in import SignedIn
from openlfr.hub.webhook_calls import address_problem
from openlfr.hub.webhooks import WebhookDeliveries
from openlfr.policy.refusal import FieldProblem, refused_fields
from openlfr.records.webhook_tables import AttemptOutcome, DisabledReason
from openlfr.records.webhooks import Attempt, Webhook, WebhookId, Webhooks, WebhookWanted

router = APIRouter(prefix="/webhooks", tags=["webhooks"], route_class=OnceOnly)


def _service(services: HubServices) -> Webhooks:
    return Webhooks(services.records)


OurWebhooks = Annotated[Webhooks, Depends(_service)]
OurDeliveries = Annotated[WebhookDeliveries, Depends(part(WebhookDeliveries))]


class NewWebhook(BaseModel):
    """A receiver to be told."""

    name: str = Field(description="As it stands in the log of disclosures.", examples=["Dispatch system"])
    address: str = Field(
        description="https, but on the hub's own machine. No redirect is followed.",
        examples=["https://dispatch.force.example/openlfr"],
    )
    kinds: list[EventKind] = Field(examples=[["alert.raised", "alert.changed"]])
    with_matches: bool = Field(
        default=False, description="Events of alerts carry the match; each delivery is then logged as a disclosure."
    )


class AttemptView(BaseModel):
    """One attempt to deliver an event, or a test."""

    event: int | None
    at: datetime
    outcome: AttemptOutcome
    status: int | None
    took_ms: int

    @classmethod
    def of(cls, attempt: Attempt) -> "AttemptView":
        return cls(
            event=attempt.event,
            at=attempt.at,
            outcome=attempt.outcome,
            status=attempt.status,
            took_ms=attempt.took_ms,
        )


class WebhookView(BaseModel):
    """A webhook as it stands; its secret is never shown again."""

    id: str
    name: str
    address: str
    kinds: list[EventKind]
    with_matches: bool
    registered_at: datetime
    told_up_to: int = Field(description="The number up to which it was told every event it wanted.")
    failing_since: datetime | None = Field(description="The next event has not been taken since then.")
    next_attempt_at: datetime | None
    disabled_at: datetime | None
    disabled_because: DisabledReason | None

    @classmethod
    def of(cls, webhook: Webhook, **more: object) -> Self:
        """The webhook as shown, with what a kind of answer shows beside it."""
        failing = webhook.failing
        shown = {
            "id": webhook.webhook,
            "name": webhook.wanted.name,
            "address": webhook.wanted.address,
            "kinds": webhook.wanted.kinds,
            "with_matches": webhook.wanted.with_matches,
            "registered_at": webhook.registered_at,
            "told_up_to": webhook.cursor,
            "failing_since": None if failing is None else failing.since,
            "next_attempt_at": None if failing is None else failing.next_attempt_at,
            "disabled_at": webhook.disabled_at,
            "disabled_because": webhook.disabled_because,
        }
        return cls.model_validate({**shown, **more})


class RegisteredWebhook(WebhookView):
    """A new webhook with its secret, which is shown this once (`whsec_` and base 64)."""

    secret: str = Field(examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"])


class WebhookDetail(WebhookView):
    """A webhook and the last attempts to deliver to it, the newest first."""

    attempts: list[AttemptView]


@router.post("", status_code=HTTPStatus.CREATED)
def register_webhook(
    caller: SignedIn, webhooks: OurWebhooks, wanted: NewWebhook, response: Response
) -> RegisteredWebhook:
    """Register a receiver. It is told of everything from now on."""
    problem = address_problem(wanted.address)
    if problem is not None:
        answered(refused_fields("The webhook", [FieldProblem("address", problem)]))
    asked = WebhookWanted(
        name=wanted.name,
        address=wanted.address,
        kinds=tuple(wanted.kinds),
        with_matches=wanted.with_matches,
    )
    webhook, secret = answered(webhooks.register(caller.actor, asked, caller.origin))
    response.headers["Location"] = f"{PREFIX}/webhooks/{webhook.webhook}"
    return RegisteredWebhook.of(webhook, secret=secret)


@router.get("")
def list_webhooks(caller: SignedIn, webhooks: OurWebhooks) -> list[WebhookView]:
    """Every webhook, the oldest first: there are 50 at most."""
    return [WebhookView.of(each) for each in answered(webhooks.everything(caller.actor, caller.origin))]


@router.get("/{webhook}")
def get_webhook(caller: SignedIn, webhooks: OurWebhooks, webhook: str) -> WebhookDetail:
    """A webhook, and what became of the last attempts."""
    found, attempts = answered(webhooks.one(caller.actor, WebhookId(webhook), caller.origin))
    return WebhookDetail.of(found, attempts=[AttemptView.of(each) for each in attempts])


@router.post("/{webhook}/test")
async def test_webhook(caller: SignedIn, webhooks: OurWebhooks, deliveries: OurDeliveries, webhook: str) -> AttemptView:
    """Send one delivery of the type `webhook.test` now; what became of it. Nothing about anybody is in it."""
    found, _ = answered(await run_in_threadpool(webhooks.one, caller.actor, WebhookId(webhook), caller.origin))
    attempt = await deliveries.test(found)
    if attempt is None:
        raise ProblemError(HTTPStatus.NOT_FOUND, "unknown_record", "This webhook was removed meanwhile.")
    return AttemptView.of(attempt)


@router.post("/{webhook}/disable")
def disable_webhook(caller: SignedIn, webhooks: OurWebhooks, webhook: str) -> WebhookView:
    """Tell it nothing more. What happens meanwhile it hears of once it is enabled again."""
    return WebhookView.of(answered(webhooks.disable(caller.actor, WebhookId(webhook), caller.origin)))


@router.post("/{webhook}/enable")
def enable_webhook(caller: SignedIn, webhooks: OurWebhooks, webhook: str) -> WebhookView:
    """Go on where it was left, at once."""
    return WebhookView.of(answered(webhooks.enable(caller.actor, WebhookId(webhook), caller.origin)))


@router.delete("/{webhook}", status_code=HTTPStatus.NO_CONTENT)
def remove_webhook(caller: SignedIn, webhooks: OurWebhooks, webhook: str) -> None:
    """Forget a webhook and its secret."""
    answered(webhooks.remove(caller.actor, WebhookId(webhook), caller.origin))
