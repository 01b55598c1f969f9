"""The public page, for everybody: no sign-in, no script, nothing about anybody. Off unless a force turns it on."""

from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Depends, Response
from starlette.exceptions import HTTPException

from openlfr.hub.parts import part
from openlfr.hub.problems import ProblemError
from openlfr.hub.public_page import KEPT_FOR, PublicPage
from openlfr.hub.public_routes import PUBLIC_PAGE
from openlfr.hub.routers.downloads import MEDIA_TYPES
from openlfr.reporting.publication import NotPublishableError

router = APIRouter(tags=["public page"], include_in_schema=False)

OurPublicPage = Annotated[PublicPage, Depends(part(PublicPage))]
_INDEX: Final = "index.html"
_RETRY_S: Final = 5

log = structlog.get_logger(__name__)


@router.api_route(f"{PUBLIC_PAGE}{{path:path}}", methods=["GET", "HEAD"])
def show_public_page(page: OurPublicPage, path: str) -> Response:
    """A file of the public page, as it was at most a minute ago."""
    if not page.shown:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    try:
        files = page.files()
    except NotPublishableError as error:
        log.error("public_page_unusable", reason=str(error))  # noqa: TRY400 - it says which records do not add up
        sentence = "The figures are being corrected and cannot be shown just now: look again later."
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "not_publishable", sentence) from error
    if files is None:
        sentence = "The page is being made: load it again in a few seconds."
        wait = {"Retry-After": str(_RETRY_S)}
        raise ProblemError(HTTPStatus.SERVICE_UNAVAILABLE, "not_ready", sentence, headers=wait)
    name = path or _INDEX
    if name not in files:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    kind = PurePosixPath(name).suffix
    headers = {"Cache-Control": f"public, max-age={KEPT_FOR.seconds}"}
    if kind in (".pdf", ".csv"):
        headers["Content-Disposition"] = f'attachment; filename="{PurePosixPath(name).name}"'
    return Response(files[name], media_type=MEDIA_TYPES[kind], headers=headers)
