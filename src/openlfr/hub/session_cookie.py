"""The cookie of a session: out of reach of scripts, of other hosts, of plain HTTP and of requests from other sites."""

from typing import Final

from fastapi import Request, Response

COOKIE: Final = "__Host-openlfr-session"


def session_cookie(request: Request) -> str:
    """The session's token that the browser sent; empty for none."""
    return request.cookies.get(COOKIE, "")


def set_session_cookie(response: Response, token: str) -> None:
    """Hand the browser a session. It forgets it when it is closed; the hub ends it in any case."""
    response.set_cookie(COOKIE, token, path="/", secure=True, httponly=True, samesite="strict")


def clear_session_cookie(response: Response) -> None:
    response.delete_cookie(COOKIE, path="/", secure=True, httponly=True, samesite="strict")
