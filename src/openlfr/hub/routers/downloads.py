"""Files as answers that a browser saves and nobody keeps on the way."""

from collections.abc import Iterator
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Any, Final

from fastapi import Response

MEDIA_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".pdf": "application/pdf",
    ".json": "application/json",
    ".csv": "text/csv; charset=utf-8",
    ".zip": "application/zip",
}
_CHUNK: Final = 1 << 16


def saved_as(name: str) -> dict[str, str]:
    """The headers of a file with this name; a page too is saved, for it may not show itself under the hub's name."""
    return {"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"}


def file_answer(name: str, content: bytes) -> Response:
    """The answer with a file, of the kind that its name tells."""
    return Response(content, media_type=MEDIA_TYPES[PurePosixPath(name).suffix], headers=saved_as(name))


def read_once(path: Path) -> Iterator[bytes]:
    """The content of a file, which may be removed at once: it is read through what is open."""
    file = path.open("rb")

    def chunks() -> Iterator[bytes]:
        with file:
            while chunk := file.read(_CHUNK):
                yield chunk

    return chunks()


def file_answers(*suffixes: str) -> dict[int | str, dict[str, Any]]:
    """The `responses` of a route that answers with a file of one of these kinds."""
    kinds = [MEDIA_TYPES[suffix].partition(";")[0] for suffix in suffixes]
    return {
        HTTPStatus.OK.value: {
            "description": "The file.",
            "content": {kind: {"schema": {} if kind == "application/json" else _BINARY} for kind in kinds},
        }
    }


_BINARY: Final = {"type": "string", "format": "binary"}
