from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.support.clips import number_in, numbered_picture, write_clip

from openlfr.capture.images import ArrayFrameImage, VideoFrameImage

_WIDTH, _HEIGHT = 131, 97  # odd on purpose: chroma has half a column and half a row more
_FORMATS = ["yuv420p", "yuvj420p", "nv12", "yuv422p", "yuvj422p", "yuv444p", "yuyv422", "bgra", "gray", "rgb8"]
_COLORSPACES = {"BT.709": 1, "not said": 2, "BT.601": 5, "BT.2020": 9}


def _smooth(width: int = _WIDTH, height: int = _HEIGHT) -> NDArray[np.uint8]:
    rng = np.random.default_rng(1)
    coarse = rng.integers(40, 216, (4, 5, 3), np.uint8)
    return np.asarray(cv2.resize(coarse, (width, height), interpolation=cv2.INTER_LINEAR), np.uint8)


def _frame(format_name: str, colorspace: int, full_range: bool = False) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(_smooth(), format="bgr24").reformat(format=format_name)
    frame.colorspace = colorspace
    frame.color_range = 2 if full_range else 0
    return frame


@st.composite
def _rectangles(draw: st.DrawFn) -> tuple[int, int, int, int]:
    left, top = draw(st.integers(0, _WIDTH - 1)), draw(st.integers(0, _HEIGHT - 1))
    return left, top, draw(st.integers(left + 1, _WIDTH)), draw(st.integers(top + 1, _HEIGHT))


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(_FORMATS), st.sampled_from(sorted(_COLORSPACES.values())), st.booleans(), _rectangles())
def test_a_region_is_the_same_part_of_the_whole_picture_converted_by_swscale(
    format_name: str, colorspace: int, full_range: bool, rectangle: tuple[int, int, int, int]
) -> None:
    image = VideoFrameImage(_frame(format_name, colorspace, full_range))
    left, top, right, bottom = rectangle
    region = image.region(left, top, right, bottom)
    whole = image.scaled(_WIDTH, _HEIGHT)[top:bottom, left:right]
    assert region.shape == whole.shape
    assert region.dtype == np.uint8
    difference = np.abs(region.astype(int) - whole)
    # swscale interpolates chroma where it likes (nv12, odd sizes); this picture's colours change slowly.
    assert difference.max() <= 12
    assert difference.mean() <= 4


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(_FORMATS[:6]), _rectangles())
def test_a_pixel_does_not_depend_on_where_the_rectangle_ends(
    format_name: str, rectangle: tuple[int, int, int, int]
) -> None:
    image = VideoFrameImage(_frame(format_name, 1))
    left, top, right, bottom = rectangle
    whole = image.region(0, 0, _WIDTH, _HEIGHT)
    np.testing.assert_array_equal(image.region(left, top, right, bottom), whole[top:bottom, left:right])


@pytest.mark.parametrize("colorspace", _COLORSPACES.values(), ids=_COLORSPACES.keys())
def test_pure_colours_come_out_as_the_standard_says(colorspace: int) -> None:
    kr, kb = {1: (0.2126, 0.0722), 9: (0.2627, 0.0593)}.get(colorspace, (0.299, 0.114))
    blue, green, red = 30, 90, 200
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    y, u, v = (
        16 + luma * 219 / 255,
        128 + (blue - luma) * 112 / 255 / (1 - kb),
        128 + (red - luma) * 112 / 255 / (1 - kr),
    )
    planes = [np.full(16 * 16, round(y), np.uint8), np.full(64, round(u), np.uint8), np.full(64, round(v), np.uint8)]
    frame = av.VideoFrame.from_ndarray(np.concatenate(planes).reshape(24, 16), format="yuv420p")
    frame.colorspace = colorspace
    shown = VideoFrameImage(frame)
    for picture in (shown.region(3, 3, 5, 5), shown.scaled(16, 16), shown.scaled(4, 4)):
        np.testing.assert_allclose(picture.reshape(-1, 3).mean(axis=0), (blue, green, red), atol=3)


@pytest.mark.parametrize(("width", "height"), [(64, 48), (40, 90), (131, 97), (262, 194)])
def test_scaling_agrees_with_opencv(width: int, height: int) -> None:
    image = VideoFrameImage(_frame("yuv444p", 5))
    expected = cv2.resize(_smooth(), (width, height), interpolation=cv2.INTER_AREA).astype(int)
    scaled = image.scaled(width, height)
    assert scaled.shape == (height, width, 3)
    assert np.abs(scaled - expected).mean() < 3


@pytest.mark.parametrize("image", [ArrayFrameImage(_smooth()), VideoFrameImage(_frame("yuv420p", 1))])
@pytest.mark.parametrize(
    "rectangle",
    [
        (-1, 0, 5, 5),
        (0, -1, 5, 5),
        (0, 0, _WIDTH + 1, 5),
        (0, 0, 5, _HEIGHT + 1),
        (5, 5, 5, 9),
        (5, 5, 9, 5),
        (9, 5, 5, 9),
    ],
)
def test_a_region_outside_the_frame_is_refused(
    image: ArrayFrameImage | VideoFrameImage, rectangle: tuple[int, int, int, int]
) -> None:
    with pytest.raises(ValueError, match="not inside a frame of 131 x 97"):
        image.region(*rectangle)


def test_what_an_array_image_gives_is_the_callers_own() -> None:
    original = _smooth()
    image = ArrayFrameImage(original.copy())
    image.region(0, 0, 9, 9)[:] = 0
    image.scaled(_WIDTH, _HEIGHT)[:] = 0
    np.testing.assert_array_equal(image.region(0, 0, _WIDTH, _HEIGHT), original)


def test_an_array_that_is_no_colour_picture_is_refused() -> None:
    with pytest.raises(ValueError, match="shape"):
        ArrayFrameImage(np.zeros((4, 4), np.uint8))


@pytest.mark.parametrize("degrees", [90, 180, -90])
def test_a_recording_that_lies_on_its_side_is_shown_upright(tmp_path: Path, degrees: int) -> None:
    path = write_clip(tmp_path / "phone.mp4", 3, rotation_deg=degrees)
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
    image = VideoFrameImage(frame)
    # An oracle that only knows numpy: turn the whole converted picture anticlockwise.
    stored = frame.to_ndarray(format="bgr24")
    upright = np.rot90(stored, degrees // 90)
    assert (image.height, image.width) == upright.shape[:2]
    whole = image.region(0, 0, image.width, image.height).astype(int)
    assert np.abs(whole - upright).mean() < 4
    np.testing.assert_array_equal(image.region(17, 31, 90, 64), whole[31:64, 17:90])
    assert np.abs(image.scaled(image.width, image.height).astype(int) - upright).mean() < 4
    np.testing.assert_allclose(whole, np.rot90(numbered_picture(0), degrees // 90), atol=90)
    assert number_in(np.rot90(whole.astype(np.uint8), -degrees // 90)) == 0
