"""Pictures as a source: one file, or a folder of them."""

import re
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps

from openlfr.capture.images import ArrayFrameImage, Pixels
from openlfr.capture.source import Connection, Dropped, DropReason, Picture, Timing, UnusableSourceError

PICTURE_SUFFIXES = frozenset({".bmp", ".jpeg", ".jpg", ".pgm", ".png", ".ppm", ".tif", ".tiff", ".webp"})

# Larger than any camera's picture; a header that claims more is not believed, let alone allocated for.
MAX_PICTURE_PIXELS = 80_000_000

# Pictures have no speed of their own; their media time runs as if they were video.
_NOMINAL_PICTURES_PER_S = 25.0


class UnreadablePictureError(Exception):
    """The message is one sentence that names the file and says why."""


class PictureFiles:
    """Pictures one after the other, each a frame."""

    timing = Timing.STILLS

    def __init__(self, description: str, paths: list[Path]) -> None:
        self.description = description
        self._paths = paths

    def open(self) -> Connection:
        return _PictureSequence(self._paths)


class _PictureSequence:
    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        self._next = 0
        self._given = 0

    def read(self) -> Picture | Dropped | None:
        """See Connection."""
        if self._next == len(self._paths):
            return None
        path = self._paths[self._next]
        self._next += 1
        try:
            image = ArrayFrameImage(read_picture(path))
        except UnreadablePictureError as error:
            if len(self._paths) == 1:
                raise UnusableSourceError(str(error)) from error
            return Dropped(DropReason.CORRUPT)
        media_time_s = self._given / _NOMINAL_PICTURES_PER_S
        self._given += 1
        return Picture(image, media_time_s)

    def thin(self, on: bool) -> None:
        """See Connection."""

    def close(self) -> None:
        """See Connection."""
        self._next = len(self._paths)


def picture_folder(folder: Path) -> PictureFiles:
    """The pictures of a folder, in the order a person counts: shot2 before shot10. Raises UnusableSourceError if it
    holds none."""
    paths = sorted(
        (path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()),
        key=lambda path: _natural_order(path.name),
    )
    if not paths:
        kinds = ", ".join(sorted(suffix[1:] for suffix in PICTURE_SUFFIXES))
        raise UnusableSourceError(f"The folder {folder} holds no pictures: put some in it ({kinds}) or name another.")
    return PictureFiles(str(folder), paths)


def read_picture(path: Path) -> Pixels:
    """The picture as uint8 (height, width, 3), blue-green-red, turned upright by its EXIF orientation. Raises
    UnreadablePictureError, before anything is allocated if the header claims an absurd size."""
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > MAX_PICTURE_PIXELS:
                raise UnreadablePictureError(_too_large(path))
            upright = ImageOps.exif_transpose(picture).convert("RGB")
            return np.ascontiguousarray(np.asarray(upright, np.uint8)[:, :, ::-1])
    except Image.DecompressionBombError as error:
        raise UnreadablePictureError(_too_large(path)) from error
    except (OSError, ValueError, SyntaxError) as error:
        # Pillow raises SyntaxError for some damaged PNGs.
        raise UnreadablePictureError(f"The picture {path} can't be read: replace it with an undamaged one.") from error


def _too_large(path: Path) -> str:
    return f"The picture {path} claims more than {MAX_PICTURE_PIXELS // 1_000_000} million pixels: use a smaller one."


def _natural_order(name: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"([0-9]+)", name.lower())
    return [(0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part]
