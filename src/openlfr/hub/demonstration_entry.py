"""The one-time link of a demonstration: whoever opens it first is signed in as its onlooker, and nobody after them.

Only `openlfr demo` has this route: no other hub lets anybody in without a proof of who they are.
"""

import hmac
import threading
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Path
from fastapi.responses import RedirectResponse

from openlfr.hub.problems import ProblemError
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.session_cookie import set_session_cookie

_PATH: Final = "/demonstration/{code}"


class OneTimeEntry:
    """A session that waits for the one browser that shows `code`, which is then sent to `page` of the console."""

    def __init__(self, code: str, session: str, page: str) -> None:
        self._code = code
        self._page = page
        self._session: str | None = session
        self._lock = threading.Lock()

    @property
    def path(self) -> str:
        """Where the link leads at the hub."""
        return PREFIX + _PATH.format(code=self._code)

    def take(self, code: str) -> str | None:
        """The session's token, once; None for another code, and ever after."""
        with self._lock:
            if not hmac.compare_digest(code.encode(), self._code.encode()):
                return None
            session, self._session = self._session, None
            return session

    def router(self) -> APIRouter:
        """The route of the link."""
        router = APIRouter(tags=["demonstration"])

        @router.get(_PATH, status_code=HTTPStatus.SEE_OTHER, response_class=RedirectResponse)
        def enter(code: Annotated[str, Path(max_length=200)]) -> RedirectResponse:
            """Sign this browser in as the demonstration's onlooker."""
            session = self.take(code)
            if session is None:
                raise ProblemError(
                    HTTPStatus.NOT_FOUND,
                    "link_used",
                    "This link was used already, or is of another demonstration: start the demonstration anew.",
                )
            answer = RedirectResponse(self._page, HTTPStatus.SEE_OTHER)
            set_session_cookie(answer, session)
            return answer

        return router
