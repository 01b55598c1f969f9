"""What every answer carries, and what a request must carry to get one: the browser's own safeguards, switched on."""

from http import HTTPStatus
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from openlfr.hub.csrf import comes_from_elsewhere
from openlfr.hub.problems import ProblemError, fault, too_large
from openlfr.hub.public_routes import API, PREFIX, PUBLIC_PAGE
from openlfr.hub.request_limits import SessionAllowance
from openlfr.hub.settings import HubSettings

VIOLATIONS: Final = f"{PREFIX}/reports/content-security"
CONTENT_SECURITY: Final = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self'",
        "connect-src 'self'",
        "font-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
        f"report-uri {VIOLATIONS}",
        "report-to csp",
    )
)
PUBLIC_PAGE_SECURITY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
"""The public page runs no script and loads nothing; its style stands in each page, so that a copy reads the same."""
_ALWAYS: Final = {
    "Content-Security-Policy": CONTENT_SECURITY,
    "Reporting-Endpoints": f'csp="{VIOLATIONS}"',
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(self), payment=(), usb=(), "
    "publickey-credentials-get=(self), publickey-credentials-create=(self)",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}
_TLS: Final = {"Strict-Transport-Security": "max-age=63072000"}


class AnswerCutShortError(Exception):
    """A fault came when part of the answer was on the wire: the server ends the connection."""


class Safeguards:
    """Refuses requests for other hosts, from other sites and too many; adds the headers to every answer."""

    def __init__(self, app: ASGIApp, settings: HubSettings, allowance: SessionAllowance) -> None:
        self._app = app
        self._settings = settings
        self._allowance = allowance
        self._headers = {**_ALWAYS, **(_TLS if settings.is_tls else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headed = self._headed(scope, send)
        started = replaced = False

        async def guarded(message: Message) -> None:
            nonlocal started, replaced
            started = True
            if _says_too_large_in_plain_text(message):
                replaced = True
                await too_large().response()(scope, receive, headed)
            elif not replaced:
                await headed(message)

        refusal = self._refusal(scope)
        answer = self._app if refusal is None else refusal.response()
        try:
            await answer(scope, receive, guarded)
        except Exception as error:
            answer = fault(error, scope["method"])
            if started:
                # The server logs what reaches it, whole; the error itself may repeat personal data.
                raise AnswerCutShortError("An answer ended in a fault: the log has its number above.") from None
            await answer(scope, receive, headed)

    def _headed(self, scope: Scope, send: Send) -> Send:
        api = scope["path"].startswith(API)
        public_page = scope["path"].startswith(PUBLIC_PAGE) and self._settings.public.page

        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers[name] = value
                if public_page:
                    headers["Content-Security-Policy"] = PUBLIC_PAGE_SECURITY
                if api:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        return sent

    def _refusal(self, scope: Scope) -> ProblemError | None:
        if _host(Headers(scope=scope).get("host", "")) not in self._settings.hosts:
            return ProblemError(
                HTTPStatus.MISDIRECTED_REQUEST, "wrong_host", f"This hub is reached at {self._settings.address}."
            )
        if comes_from_elsewhere(Request(scope), self._settings.address):
            return ProblemError(
                HTTPStatus.FORBIDDEN,
                "other_site",
                f"Another site sent this request: open {self._settings.address} and do it there.",
            )
        return self._allowance.of_address(scope["client"][0] if scope.get("client") else "unknown")


def _says_too_large_in_plain_text(message: Message) -> bool:
    """Whether Starlette refuses a body by itself: it does so outside of every handler of errors."""
    return (
        message["type"] == "http.response.start"
        and message["status"] == HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        and MutableHeaders(scope=message).get("content-type", "").startswith("text/plain")
    )


def _host(header: str) -> str:
    """The host without its port; an IPv6 address without its brackets."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.partition(":")[0].lower()
