"""Where a request came from."""

from fastapi import Request


def client_address(request: Request) -> str:
    """The address of whoever asks, as the server (and a proxy that it trusts) says; empty where there is none."""
    return request.client.host if request.client else ""
