"""Pixels of a frame in two forms: a decoder's own picture, converted only where somebody looks, and a plain array."""

import threading
from typing import Final, cast

import cv2
import numpy as np
from av.video.frame import VideoFrame
from av.video.reformatter import ColorRange, Colorspace, Interpolation, VideoReformatter
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]

# Kr and Kb of ITU-R BT.709, BT.601 and BT.2020, by libav's AVColorSpace. Anything else, and video that does not say,
# is read as BT.601, which is also what swscale does.
_LUMA_WEIGHTS: Final = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593), 10: (0.2627, 0.0593)}
_BT601: Final = (0.299, 0.114)
_SWSCALE_COLORSPACE: Final = {1: Colorspace.ITU709, 9: Colorspace.BT2020, 10: Colorspace.BT2020}

# Formats whose rectangles are cut straight from the planes, with the chroma's subsampling (horizontal, vertical).
_PLANAR: Final = {
    "yuv420p": (2, 2),
    "yuvj420p": (2, 2),
    "nv12": (2, 2),
    "yuv422p": (2, 1),
    "yuvj422p": (2, 1),
    "yuv444p": (1, 1),
    "yuvj444p": (1, 1),
}

# A swscale context is set up for one pair of sizes and is not safe across threads; each thread keeps the last few.
_REFORMATTERS_PER_THREAD = 16
_per_thread = threading.local()


class ArrayFrameImage:
    """A frame that is a uint8 array (height, width, 3), blue-green-red, already. The array is not copied, and must
    not change afterwards."""

    __slots__ = ("_bgr",)

    def __init__(self, bgr: Pixels) -> None:
        if bgr.ndim != 3 or bgr.shape[2] != 3 or bgr.dtype != np.uint8:
            raise ValueError(f"A picture must be uint8 of shape (height, width, 3), not {bgr.dtype} {bgr.shape}.")
        self._bgr = bgr

    @property
    def width(self) -> int:
        return int(self._bgr.shape[1])

    @property
    def height(self) -> int:
        return int(self._bgr.shape[0])

    def scaled(self, width: int, height: int) -> Pixels:
        """See FrameImage."""
        if (width, height) == (self.width, self.height):
            return self._bgr.copy()
        shrinking = width <= self.width and height <= self.height
        interpolation = cv2.INTER_AREA if shrinking else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(self._bgr, (width, height), interpolation=interpolation), np.uint8)

    def region(self, left: int, top: int, right: int, bottom: int) -> Pixels:
        """See FrameImage."""
        _check_inside(left, top, right, bottom, self.width, self.height)
        return self._bgr[top:bottom, left:right].copy()


class VideoFrameImage:
    """A decoded frame in the decoder's own format, turned upright if the recording says that it lies on its side.

    `scaled` has swscale shrink and convert in one step; `region` converts the pixels of the rectangle alone. Formats
    that can't be cut straight from their planes are converted whole, once.
    """

    __slots__ = ("_full", "_quarter_turns", "_video")

    def __init__(self, video: VideoFrame) -> None:
        self._video = video
        # libav gives the angle anticlockwise. Whole quarter turns are what phones write.
        self._quarter_turns = round(video.rotation / 90) % 4
        self._full: Pixels | None = None

    @property
    def width(self) -> int:
        return self._video.height if self._quarter_turns % 2 else self._video.width

    @property
    def height(self) -> int:
        return self._video.width if self._quarter_turns % 2 else self._video.height

    def scaled(self, width: int, height: int) -> Pixels:
        """See FrameImage."""
        if self._quarter_turns % 2:
            width, height = height, width
        return self._upright(_swscaled(self._video, width, height))

    def region(self, left: int, top: int, right: int, bottom: int) -> Pixels:
        """See FrameImage."""
        _check_inside(left, top, right, bottom, self.width, self.height)
        left, top, right, bottom = self._as_stored(left, top, right, bottom)
        if self._video.format.name in _PLANAR:
            return self._upright(_planar_region(self._video, left, top, right, bottom))
        if self._full is None:
            self._full = _swscaled(self._video, self._video.width, self._video.height)
        return self._upright(self._full[top:bottom, left:right].copy())

    def _upright(self, stored: Pixels) -> Pixels:
        return np.ascontiguousarray(np.rot90(stored, self._quarter_turns)) if self._quarter_turns else stored

    def _as_stored(self, left: int, top: int, right: int, bottom: int) -> tuple[int, int, int, int]:
        """The rectangle in the coordinates of the picture before it is turned upright."""
        width, height = self._video.width, self._video.height
        if self._quarter_turns == 1:
            return width - bottom, left, width - top, right
        if self._quarter_turns == 2:
            return width - right, height - bottom, width - left, height - top
        if self._quarter_turns == 3:
            return top, height - right, bottom, height - left
        return left, top, right, bottom


def _check_inside(left: int, top: int, right: int, bottom: int, width: int, height: int) -> None:
    if not (0 <= left < right <= width and 0 <= top < bottom <= height):
        raise ValueError(f"The region ({left}, {top}, {right}, {bottom}) is not inside a frame of {width} x {height}.")


def _swscaled(video: VideoFrame, width: int, height: int) -> Pixels:
    """Convert to BGR at the given size. Area averaging when shrinking: dearer than swscale's fast bilinear, but without
    it small faces alias."""
    shrinking = width < video.width or height < video.height
    converted = _reformatter(video, width, height).reformat(
        video,
        width,
        height,
        "bgr24",
        src_colorspace=_SWSCALE_COLORSPACE.get(video.colorspace, Colorspace.ITU601),
        dst_colorspace=Colorspace.ITU601,
        src_color_range=ColorRange.JPEG if _is_full_range(video) else ColorRange.MPEG,
        dst_color_range=ColorRange.JPEG,
        interpolation=Interpolation.AREA if shrinking else Interpolation.BILINEAR,
        threads=1,
    )
    return np.asarray(converted.to_ndarray(), np.uint8)


def _reformatter(video: VideoFrame, width: int, height: int) -> VideoReformatter:
    kept: dict[tuple[str, int, int, int, int], VideoReformatter] = _per_thread.__dict__.setdefault("kept", {})
    key = (video.format.name, video.width, video.height, width, height)
    reformatter = kept.pop(key, None)
    if reformatter is None:
        reformatter = VideoReformatter()
        if len(kept) >= _REFORMATTERS_PER_THREAD:
            del kept[next(iter(kept))]
    kept[key] = reformatter
    return reformatter


def _is_full_range(video: VideoFrame) -> bool:
    return video.format.name.startswith("yuvj") or video.color_range == ColorRange.JPEG


def _planar_region(video: VideoFrame, left: int, top: int, right: int, bottom: int) -> Pixels:
    """Convert a rectangle of a planar YUV picture. Chroma is repeated, not interpolated, so that a pixel's colour does
    not depend on where the rectangle's edge runs."""
    across, down = _PLANAR[video.format.name]
    y = _plane(video, 0)[top:bottom, left:right]
    chroma_rows = slice(top // down, -(-bottom // down))
    chroma_columns = slice(left // across, -(-right // across))
    if video.format.name == "nv12":
        interleaved = _plane(video, 1)[chroma_rows, 2 * chroma_columns.start : 2 * chroma_columns.stop]
        halves = [interleaved[:, 0::2], interleaved[:, 1::2]]
    else:
        halves = [_plane(video, index)[chroma_rows, chroma_columns] for index in (1, 2)]
    offset_y, offset_x = top % down, left % across
    u, v = (
        half.repeat(down, axis=0).repeat(across, axis=1)[
            offset_y : offset_y + y.shape[0], offset_x : offset_x + y.shape[1]
        ]
        for half in halves
    )
    matrix = _yuv_to_bgr(video.colorspace, _is_full_range(video))
    return np.asarray(cv2.transform(cv2.merge((y, u, v)), matrix), np.uint8)


def _plane(video: VideoFrame, index: int) -> Pixels:
    plane = video.planes[index]
    # A plane is a buffer like a memoryview, which PyAV's type hints do not say.
    rows: Pixels = np.frombuffer(cast(memoryview, plane), np.uint8).reshape(-1, plane.line_size)
    return rows[: plane.height]


def _yuv_to_bgr(colorspace: int, full_range: bool) -> NDArray[np.float32]:
    """The 3 x 4 matrix that takes 8-bit (Y, Cb, Cr, 1) to (B, G, R), by ITU-R BT.601, BT.709 and BT.2020, clause on
    the derivation of colour difference signals."""
    kr, kb = _LUMA_WEIGHTS.get(colorspace, _BT601)
    kg = 1.0 - kr - kb
    luma, chroma = (1.0, 1.0) if full_range else (255.0 / 219.0, 255.0 / 224.0)
    black = 0.0 if full_range else 16.0
    b_u, r_v = 2 * (1 - kb) * chroma, 2 * (1 - kr) * chroma
    g_u, g_v = -b_u * kb / kg, -r_v * kr / kg
    rows = [(luma, b_u, 0.0), (luma, g_u, g_v), (luma, 0.0, r_v)]
    return np.array([(y, u, v, -y * black - 128.0 * (u + v)) for y, u, v in rows], np.float32)
