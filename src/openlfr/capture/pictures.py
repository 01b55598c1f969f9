"""Reading pictures: from anybody, in any state, without trusting a word of the file."""

import io
import os
import stat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from openlfr.capture.file_names import shown
from openlfr.capture.images import Pixels

MAX_PICTURE_BYTES = 64 * 1024 * 1024
"""A larger file is refused before it is read."""

MAX_PICTURE_PIXELS = 80_000_000
"""More than any camera of ours; a picture whose header claims more is refused before anything is allocated for it."""

_FORMATS = ("JPEG", "PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM")
PICTURE_SUFFIXES = frozenset(
    {".jpg", ".jpeg", ".jpe", ".mpo", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif", ".pgm", ".ppm"}
)

# Pillow loads its decoders when first asked, and not safely so when two threads ask at once: load them all now.
Image.init()

_BEHIND_TRANSPARENCY = (127, 127, 127)


class PictureError(Exception):
    """A picture cannot be used; the message is one sentence that names it and says what to do."""


def read_file(path: Path, *, name: str | None = None) -> bytes:
    """The bytes of a picture file; `name` is what error messages call it.

    Raises PictureError when it is missing, no ordinary file, larger than MAX_PICTURE_BYTES, or cannot be read.
    """
    called = shown(name or path)
    try:
        # Opening a named pipe would otherwise wait for somebody to write to it.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode) and status.st_size <= MAX_PICTURE_BYTES:
                with os.fdopen(descriptor, "rb", closefd=False) as file:
                    return file.read(MAX_PICTURE_BYTES + 1)
        finally:
            os.close(descriptor)
    except FileNotFoundError as error:
        raise PictureError(f"There is no picture {called}; check the name.") from error
    except ValueError as error:
        raise PictureError(f"{called} cannot be a file's name; check it.") from error
    except OSError as error:
        raise PictureError(f"The picture {called} cannot be read ({error.strerror}); check file and rights.") from error
    if not stat.S_ISREG(status.st_mode):
        raise PictureError(f"{called} is not a file; name a picture file.")
    raise PictureError(_too_many_bytes(called))


def read_picture(source: Path | bytes, *, name: str | None = None) -> Pixels:
    """The picture upright as a camera's viewer would show it, uint8 (height, width, 3), blue-green-red, the caller's.

    Takes a file or a file's bytes; `name` is what error messages call it. Of several frames it is the first; grey,
    16-bit, palette and CMYK pictures are converted, transparency lies on mid-grey. Raises PictureError.
    """
    if isinstance(source, bytes):
        called, content = shown(name or "sent"), source
    else:
        called, content = shown(name or source), read_file(source, name=name)
    if not content:
        raise PictureError(f"The picture {called} is empty; save it again.")
    if len(content) > MAX_PICTURE_BYTES:
        raise PictureError(_too_many_bytes(called))
    try:
        with Image.open(io.BytesIO(content), formats=_FORMATS) as picture:
            size = picture.size
            if size[0] * size[1] <= MAX_PICTURE_PIXELS:
                picture.seek(0)
                return _bgr(picture)
    except UnidentifiedImageError as error:
        raise PictureError(
            f"{called} is not a picture that can be read; save it as JPEG, PNG, WebP, BMP or TIFF."
        ) from error
    except Image.DecompressionBombError as error:
        raise PictureError(_too_many_pixels(called)) from error
    except MemoryError as error:
        raise PictureError(f"The picture {called} does not fit into memory; use a smaller one.") from error
    except Exception as error:  # Pillow's decoders let through whatever a damaged file makes them stumble over
        raise PictureError(f"The picture {called} is damaged or cut short; replace it with a whole one.") from error
    raise PictureError(_too_many_pixels(called))


def _too_many_bytes(called: str) -> str:
    return f"The picture {called} has over {MAX_PICTURE_BYTES // 2**20} MiB; use a smaller one."


def _too_many_pixels(called: str) -> str:
    return f"The picture {called} has over {MAX_PICTURE_PIXELS // 1_000_000} megapixels; use a smaller one."


def _bgr(picture: Image.Image) -> Pixels:
    ImageOps.exif_transpose(picture, in_place=True)
    if picture.mode.startswith("I"):
        picture = Image.fromarray(_eight_bit(np.asarray(picture)))
    elif picture.mode == "F":
        raise ValueError("floating-point pictures have no agreed white")
    if picture.has_transparency_data:
        seen_through = picture.convert("RGBA")
        picture = Image.new("RGB", picture.size, _BEHIND_TRANSPARENCY)
        picture.paste(seen_through, mask=seen_through.getchannel("A"))
    return np.ascontiguousarray(np.asarray(picture.convert("RGB"), np.uint8)[:, :, ::-1])


def _eight_bit(grey: NDArray[np.integer]) -> NDArray[np.uint8]:
    """The upper half of 16-bit values; Pillow's own conversion would clip them all to white."""
    return np.asarray(np.clip(grey, 0, 65535) >> 8, np.uint8)
