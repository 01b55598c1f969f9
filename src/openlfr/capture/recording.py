"""Writes H.264 recordings of pictures already at hand, for measuring this machine. Never used on a camera's frames."""

from collections.abc import Iterable
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray


def write_recording(path: Path, pictures: Iterable[NDArray[np.uint8]], *, frames_per_s: int = 25) -> None:
    """Encodes pictures, uint8 (height, width, 3) BGR of one size, as a street camera would: no B-frames, one key frame
    a second, about 4 Mbit/s at 1080p. Raises OSError when the file cannot be written."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=frames_per_s)
        stream.pix_fmt = "yuv420p"
        stream.gop_size = frames_per_s
        stream.options = {"preset": "veryfast", "tune": "zerolatency", "crf": "26"}
        for number, picture in enumerate(pictures):
            if number == 0:
                stream.height, stream.width = picture.shape[:2]
            frame = av.VideoFrame.from_ndarray(picture, format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
