"""Reading pictures: every form they come in, and every way they can be wrong."""

import contextlib
import io
import os
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from openlfr.capture import pictures
from openlfr.capture.pictures import PictureError, read_picture

RED, BLUE = (255, 0, 0), (0, 0, 255)


def two_halves(mode: str = "RGB", size: tuple[int, int] = (40, 20)) -> Image.Image:
    """Red on the left, blue on the right."""
    picture = Image.new("RGB", size, RED)
    picture.paste(BLUE, (size[0] // 2, 0, size[0], size[1]))
    return picture.convert(mode)


def saved(picture: Image.Image, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "BMP", "TIFF", "MPO", "GIF", "PPM"])
def test_every_kind_is_read_as_bgr(kind: str) -> None:
    picture = read_picture(saved(two_halves(size=(64, 32)), kind))
    assert picture.shape == (32, 64, 3)
    assert picture.dtype == np.uint8
    assert picture[16, 8].astype(int) == pytest.approx([0, 0, 255], abs=12)
    assert picture[16, 56].astype(int) == pytest.approx([255, 0, 0], abs=12)
    assert picture.flags.writeable
    assert picture.flags.c_contiguous


@pytest.mark.parametrize("mode", ["CMYK", "P", "RGBA"])
def test_every_colour_mode_is_converted(mode: str) -> None:
    picture = read_picture(saved(two_halves(mode, (64, 32)), "TIFF"))
    assert picture[16, 8].astype(int) == pytest.approx([0, 0, 255], abs=40)
    assert picture[16, 56].astype(int) == pytest.approx([255, 0, 0], abs=110 if mode == "CMYK" else 40)


def test_grey_becomes_three_equal_channels() -> None:
    picture = read_picture(saved(Image.new("L", (4, 4), 90), "PNG"))
    assert (picture == 90).all()


def test_sixteen_bits_lose_their_lower_half_and_are_not_clipped() -> None:
    deep = np.array([[0, 0x4080, 0x80FF, 0xFFFF]], np.uint16)
    for kind in (".png", ".pgm", ".tiff"):
        ok, content = cv2.imencode(kind, deep)
        assert ok
        assert read_picture(content.tobytes())[0, :, 0].tolist() == [0, 0x40, 0x80, 0xFF], kind


def test_what_is_transparent_is_grey_and_not_black() -> None:
    picture = Image.new("RGBA", (4, 2), (255, 0, 0, 255))
    picture.putpixel((0, 0), (255, 255, 255, 0))
    read = read_picture(saved(picture, "PNG"))
    assert read[0, 0].tolist() == [127, 127, 127]
    assert read[1, 1].tolist() == [0, 0, 255]


def test_of_an_animation_the_first_frame_counts() -> None:
    frames = [Image.new("RGB", (8, 8), colour) for colour in (RED, BLUE)]
    for kind in ("GIF", "WEBP", "PNG"):
        content = saved(frames[0], kind, save_all=True, append_images=frames[1:], duration=100)
        assert read_picture(content)[4, 4].astype(int) == pytest.approx([0, 0, 255], abs=12), kind


@pytest.mark.parametrize(
    ("orientation", "red_at"),
    [(1, (5, 2)), (2, (5, 38)), (3, (15, 38)), (4, (15, 2)), (5, (2, 5)), (6, (2, 15)), (7, (38, 15)), (8, (38, 5))],
)
def test_pictures_are_turned_upright_by_their_exif(orientation: int, red_at: tuple[int, int]) -> None:
    stored = Image.new("RGB", (40, 20), BLUE)
    stored.paste(RED, (0, 0, 10, 10))
    exif = Image.Exif()
    exif[0x0112] = orientation
    picture = read_picture(saved(stored, "JPEG", exif=exif, quality=95))
    assert picture.shape[:2] == ((20, 40) if orientation < 5 else (40, 20))
    assert picture[red_at].astype(int) == pytest.approx([0, 0, 255], abs=60)


def png_header(width: int, height: int) -> bytes:
    """A PNG that claims a size and holds next to nothing."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize(("width", "height"), [(60_000, 60_000), (10_001, 8_000), (2**31 - 1, 2**31 - 1)])
@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
def test_an_absurd_size_is_refused_without_being_allocated(width: int, height: int) -> None:
    with pytest.raises(PictureError, match=r"big\.png has over 80 megapixels; use a smaller one"):
        read_picture(png_header(width, height), name="big.png")


def test_a_file_of_gigabytes_is_refused_without_being_read(tmp_path: Path) -> None:
    big = tmp_path / "big.jpg"
    with big.open("wb") as file:
        file.truncate(5 * 2**30)
    with pytest.raises(PictureError, match=r"big\.jpg has over 64 MiB; use a smaller one"):
        read_picture(big)


def test_too_many_bytes_in_memory_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pictures, "MAX_PICTURE_BYTES", 100)
    with pytest.raises(PictureError, match="use a smaller one"):
        read_picture(saved(two_halves(), "BMP"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "TIFF", "BMP"])
def test_a_picture_cut_short_is_refused(kind: str) -> None:
    rng = np.random.default_rng(0)
    whole = saved(Image.fromarray(rng.integers(0, 255, (200, 200, 3), np.uint8)), kind)
    with pytest.raises(PictureError, match=r"whole one|save it as JPEG"):
        read_picture(whole[: len(whole) // 2])


@pytest.mark.filterwarnings("ignore::UserWarning", "ignore::PIL.Image.DecompressionBombWarning")
@settings(max_examples=150, deadline=None)
@given(st.sampled_from(["PNG", "JPEG", "WEBP", "TIFF", "BMP", "GIF", "PPM"]), st.data())
def test_a_damaged_picture_is_read_or_refused_and_nothing_else(kind: str, data: st.DataObject) -> None:
    content = bytearray(saved(two_halves(size=(24, 24)), kind))
    for _ in range(data.draw(st.integers(1, 6))):
        content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
    with contextlib.suppress(PictureError):
        assert read_picture(bytes(content)).ndim == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "is empty; save it again"),
        (b"GIF89", "save it as JPEG, PNG"),
        (b"%PDF-1.4 not a picture", "save it as JPEG"),
    ],
)
def test_what_is_no_picture_is_named_so(content: bytes, words: str) -> None:
    with pytest.raises(PictureError, match=words):
        read_picture(content, name="alice/1.jpg")


def test_files_that_are_none_are_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.jpg")
    for path, words in (
        (tmp_path / "missing.jpg", "There is no picture .*missing.jpg; check the name"),
        (tmp_path, "is not a file"),
        (tmp_path / "pipe.jpg", "is not a file"),
        (Path("/dev/zero"), "is not a file"),
        (tmp_path / "a\0b.jpg", "cannot be a file's name"),
        (tmp_path / ("x" * 300), "cannot be read"),
    ):
        with pytest.raises(PictureError, match=words):
            read_picture(path)


@pytest.mark.parametrize(
    "name", ["line\nfeed.jpg", "bell\x07.jpg", "\x1b[31mred.jpg", "\udce9t\udce9.jpg", "\u202egpj.exe.jpg"]
)
def test_odd_names_are_shown_safely(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    path.write_bytes(b"")
    with pytest.raises(PictureError) as caught:
        read_picture(path)
    sentence = str(caught.value)
    assert sentence.isprintable()
    sentence.encode("utf-8")
    assert "\\" in sentence
