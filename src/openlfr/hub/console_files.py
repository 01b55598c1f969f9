"""The console's files, as its build left them in this package: every address that is none of the API's is its own.

The build names files under assets/ by their content, so browsers keep those for good; screens they never keep, and for
the others they ask anew.
"""

from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Final

from fastapi.responses import HTMLResponse
from starlette.exceptions import HTTPException
from starlette.responses import Response
from starlette.staticfiles import StaticFiles
from starlette.types import Receive, Scope, Send

from openlfr.hub.public_routes import API

CONSOLE_FOLDER: Final = Path(__file__).parent / "console"
_INDEX: Final = "index.html"
_FOR_GOOD: Final = "public, max-age=31536000, immutable"
_ASK_ANEW: Final = "no-cache"
_NEVER_KEPT: Final = "no-store"
"""For screens: a browser that goes back must not show one that it kept whole, with whatever stood on it."""
_NOT_BUILT: Final = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>OpenLFR</title>
<h1>The console was not built</h1>
<p>The hub runs, and its API is at <a href="/api/v1/openapi.json">/api/v1</a>. Install OpenLFR from its package, which
carries the console, or build it as the README says, and start the hub again.</p></html>
"""


class Console:
    """Answers what no route of the API does."""

    def __init__(self, folder: Path = CONSOLE_FOLDER) -> None:
        self._built = (folder / _INDEX).is_file()
        self._files = StaticFiles(directory=folder, check_dir=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(API) or scope["method"] not in ("GET", "HEAD"):
            raise HTTPException(HTTPStatus.NOT_FOUND)
        await (await self._answer(scope))(scope, receive, send)

    async def _answer(self, scope: Scope) -> Response:
        if not self._built:
            return HTMLResponse(_NOT_BUILT, HTTPStatus.SERVICE_UNAVAILABLE, {"Cache-Control": "no-store"})
        path = scope["path"].lstrip("/") or _INDEX
        try:
            answer = await self._files.get_response(path, scope)
        except HTTPException:
            if PurePosixPath(path).suffix:  # a file that is missing, not a screen of the console
                raise
            path = _INDEX
            answer = await self._files.get_response(path, scope)
        answer.headers["Cache-Control"] = _kept(path)
        return answer


def _kept(path: str) -> str:
    """How long a browser may keep a file."""
    if path == _INDEX:
        return _NEVER_KEPT
    return _FOR_GOOD if path.startswith("assets/") else _ASK_ANEW
