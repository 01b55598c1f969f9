"""Short recordings, made on the spot: every frame's number can be read back from its picture."""

import wave
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

FRAMES_PER_S = 25
# The frame's number in binary, as black and white squares along the top.
_BITS = 10


def numbered_picture(number: int, width: int = 320, height: int = 240) -> NDArray[np.uint8]:
    """A grainy picture that carries `number` (under 1024)."""
    rng = np.random.default_rng(number % 5)
    coarse = rng.integers(40, 215, (height // 16 + 1, width // 16 + 1, 3), np.uint8)
    smooth = cv2.resize(coarse, (width, height), interpolation=cv2.INTER_CUBIC).astype(np.int16)
    grain = rng.integers(-12, 13, smooth.shape, np.int16)
    picture: NDArray[np.uint8] = np.clip(smooth + grain, 0, 255).astype(np.uint8)
    square = width // _BITS
    for bit in range(_BITS):
        picture[: height // 4, bit * square : (bit + 1) * square] = 255 if number >> bit & 1 else 0
    return picture


def number_in(picture: NDArray[np.uint8]) -> int:
    """The number that a picture carries, whatever was done to it by a codec."""
    height, width = picture.shape[:2]
    square = width // _BITS
    row = picture[height // 8]
    return sum(1 << bit for bit in range(_BITS) if row[bit * square + square // 2].mean() > 127)


def write_clip(
    path: Path,
    frames: int,
    *,
    width: int = 320,
    height: int = 240,
    b_frames: int = 0,
    key_frame_every: int = 12,
    rotation_deg: int = 0,
) -> Path:
    """An H.264 recording of numbered pictures."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_S)
        stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
        stream.gop_size = key_frame_every
        tune = {} if b_frames else {"tune": "zerolatency"}
        stream.options = {"preset": "ultrafast", "crf": "18", "bf": str(b_frames), "sc_threshold": "0", **tune}
        if rotation_deg:
            stream.set_display_rotation(rotation_deg)
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered_picture(number, width, height), format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_gif(path: Path, frames: int) -> Path:
    """An animated GIF of numbered pictures, ten a second."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("gif", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 240, "rgb8"
        for number in range(frames):
            frame = av.VideoFrame.from_ndarray(numbered_picture(number), format="bgr24").reformat(format="rgb8")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


def write_sound(path: Path) -> Path:
    """A sound file: something libav opens that holds no video."""
    with wave.open(str(path), "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(16000))
    return path
