"""Pictures of people as answers: JPEG files that no browser and no proxy may keep."""

from typing import Any, Final

from fastapi import Response

_NEVER_KEPT: Final = {"Cache-Control": "no-store", "Content-Disposition": "inline"}


class JpegResponse(Response):
    """A JPEG file."""

    media_type = "image/jpeg"


def jpeg(content: bytes) -> JpegResponse:
    """The answer with a picture."""
    return JpegResponse(content, headers=_NEVER_KEPT)


JPEG_ANSWER: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "description": "The picture.",
        "content": {"image/jpeg": {"schema": {"type": "string", "format": "binary"}}},
    }
}
"""The `responses` of a route that answers with a picture."""
