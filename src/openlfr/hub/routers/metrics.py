"""Numbers about the hub for Prometheus, which comes with an access token."""

from typing import Annotated

from fastapi import APIRouter, Depends, Response
from prometheus_client import CONTENT_TYPE_LATEST

from openlfr.hub.metrics import HubMetrics
from openlfr.hub.parts import part
from openlfr.hub.problems import answered
from openlfr.hub.signed_in import Caller, signed_in_or_token
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.account_tables import Scope

router = APIRouter(tags=["metrics"])


@router.get(
    "/metrics",
    response_class=Response,
    responses={200: {"content": {"text/plain": {"schema": {"type": "string"}}}}},
)
def get_metrics(
    caller: Annotated[Caller, Depends(signed_in_or_token(Scope.READ_METRICS))],
    numbers: Annotated[HubMetrics, Depends(part(HubMetrics))],
) -> Response:
    """Counts of requests, events, alerts, nodes, cameras and deliveries, with nothing about anybody in them."""
    reach = caller.actor.reach
    if not reach.whole_hub:
        sentence = f"Your rights are limited to {reach}, and these numbers are of the whole hub."
        answered(Refusal(RefusalCode.OUT_OF_REACH, sentence))
    return Response(numbers.exposition(), media_type=CONTENT_TYPE_LATEST)
