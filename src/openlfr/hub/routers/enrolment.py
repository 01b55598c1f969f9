"""Where a machine comes with its one-time code. Open to everybody: the code is what is asked for."""

from typing import Annotated, Final

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from openlfr.hub.client_address import client_address
from openlfr.hub.parts import part
from openlfr.hub.problems import answered
from openlfr.hub.reception import Reception

router = APIRouter(prefix="/enrolment", tags=["enrolment"])

OurReception = Annotated[Reception, Depends(part(Reception))]

_SIGNED_DOCUMENT: Final = {"type": "object", "description": "A signed document, as `openlfr node enrol` writes it."}


@router.get(
    "/authority",
    response_class=Response,
    responses={200: {"content": {"application/x-pem-file": {"schema": {"type": "string"}}}}},
)
def authority(reception: OurReception) -> Response:
    """The certificate of this hub's own authority. A machine trusts it once it fits the pin in its code."""
    return Response(reception.authority, media_type="application/x-pem-file")


@router.post(
    "",
    response_class=Response,
    responses={200: {"content": {"application/json": {"schema": _SIGNED_DOCUMENT}}}},
    openapi_extra={"requestBody": {"required": True, "content": {"application/json": {"schema": _SIGNED_DOCUMENT}}}},
)
async def enrol(request: Request, reception: OurReception) -> Response:
    """Become a node of this hub, with a code that works once. The request is signed by the keys it brings."""
    content = await request.body()
    answer = await run_in_threadpool(reception.enrol, content, f"enrolment from {client_address(request)}")
    return Response(answered(answer).to_bytes(), media_type="application/json")
