"""Whether the hub runs, for machines that watch it (no detail, no sign-in), and how it is, for administrators."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated, Literal

import structlog
from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from openlfr.hub.parts import HubServices, part
from openlfr.hub.problems import ProblemError, answered
from openlfr.hub.routers.reports import OurViolations
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.roles import Action, may_act

log = structlog.get_logger(__name__)

router = APIRouter(prefix="/health", tags=["health"])


@dataclass(frozen=True, slots=True)
class Readiness:
    """What the hub cannot do without: by name, a question that returns a fault in a sentence, or None."""

    questions: Mapping[str, Callable[[], str | None]]

    def faults(self) -> Mapping[str, str | None]:
        return {name: _asked(name, question) for name, question in self.questions.items()}


class Alive(BaseModel):
    """The hub answers."""

    status: Literal["ok"] = "ok"


class PartState(BaseModel):
    """One thing the hub cannot do without."""

    name: str = Field(examples=["database"])
    fault: str | None = Field(description="What is wrong with it; null when nothing is.")


class Detail(BaseModel):
    """Everything the hub cannot do without."""

    ready: bool
    parts: list[PartState]
    policy_violations: int = Field(
        description="How often browsers reported something against the content security policy since the hub started."
    )


OurReadiness = Annotated[Readiness, Depends(part(Readiness))]


@router.get("/live")
def live() -> Alive:
    """The hub's program runs."""
    return Alive()


@router.get("/ready")
def ready(readiness: OurReadiness) -> Alive:
    """The hub can work: its database, vault, bus and jobs do. Says no more than that."""
    if any(readiness.faults().values()):
        raise ProblemError(
            HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", "The hub cannot work now: an administrator sees why."
        )
    return Alive()


@router.get("/detail")
def detail(caller: SignedIn, services: HubServices, readiness: OurReadiness, violations: OurViolations) -> Detail:
    """What is wrong, for administrators."""
    answered(may_act(caller.actor, Action.MANAGE_STAFF, services.records.clock()))
    faults = readiness.faults()
    parts = [PartState(name=name, fault=fault) for name, fault in faults.items()]
    return Detail(ready=not any(faults.values()), parts=parts, policy_violations=violations.count)


def _asked(name: str, question: Callable[[], str | None]) -> str | None:
    try:
        return question()
    except Exception as error:
        log.warning("not_ready", part=name, reason=str(error))
        return "It does not answer; the hub's log says more."
