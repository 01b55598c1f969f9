"""The portrait that nodes and officers get of a reference picture: the one face, upright and small."""

from typing import Final

import cv2
import numpy as np

from openlfr.capture.pictures import PictureError, read_picture
from openlfr.link.watchlist_content import PORTRAIT_SIDES
from openlfr.vision.face import Face

_LONGEST_SIDE_PX: Final = 320
_JPEG_QUALITY: Final = 90


def portrait(content: bytes, face: Face, name: str) -> bytes:
    """The face of a picture file as a JPEG of at most 320 pixels a side. `face` is in pixels of the picture upright.

    What lies beyond the picture's edges is black, so that every portrait has its face in the middle, equally large.
    Raises PictureError when the file cannot be read.
    """
    picture = read_picture(content, name=name)
    try:
        height, width = picture.shape[:2]
        wanted = face.box.grown(PORTRAIT_SIDES)
        left, top, right, bottom = wanted.pixels(width, height)
        beyond = (
            max(top - round(wanted.y), 0),
            max(round(wanted.y + wanted.height) - bottom, 0),
            max(left - round(wanted.x), 0),
            max(round(wanted.x + wanted.width) - right, 0),
        )
        cut_out = np.asarray(
            cv2.copyMakeBorder(picture[top:bottom, left:right], *beyond, cv2.BORDER_CONSTANT), np.uint8
        )
        scale = _LONGEST_SIDE_PX / max(cut_out.shape[:2])
        if scale < 1:
            cut_out = np.asarray(cv2.resize(cut_out, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        written, jpeg = cv2.imencode(".jpg", cut_out, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        if not written:
            raise PictureError(f"The face of {name} cannot be cut out; replace the picture.")
        return jpeg.tobytes()
    finally:
        picture[...] = 0
