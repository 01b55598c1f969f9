"""Recordings of the synthetic street, and the truth about them."""

from pathlib import Path

import av
import cv2
from tests.support.faces import astronaut, grace_hopper
from tests.support.street import COLLINS, HOPPER, street

from openlfr.assurance.ground_truth import Conditions, TruePassage, ground_truth_csv

FRAMES_PER_S = 10


def write_street(path: Path, seconds: float = 10.0) -> tuple[TruePassage, ...]:
    """Hopper and then Collins walk past; the passages as the street itself knows them, faces from 12 pixels."""
    scene = street()
    seen: dict[str, list[tuple[float, float]]] = {}
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=FRAMES_PER_S)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        stream.options = {"preset": "ultrafast", "crf": "20"}
        for number in range(int(seconds * FRAMES_PER_S)):
            index = round(number * scene.frames_per_s / FRAMES_PER_S)
            frame = av.VideoFrame.from_ndarray(scene.render(index), format="bgr24")
            frame.pts = number
            container.mux(stream.encode(frame))
            for face in scene.visible(index):
                width = face.box[2] - face.box[0]
                if width >= 12:
                    seen.setdefault(face.label, []).append((number / FRAMES_PER_S, width))
        container.mux(stream.encode())
    return tuple(
        TruePassage(
            label, looks[0][0], looks[-1][0], Conditions(size=round(max(width for _, width in looks)), mask=False)
        )
        for label, looks in seen.items()
        if len(looks) > 1
    )


def write_truth(path: Path, truth: dict[str, tuple[TruePassage, ...]]) -> Path:
    path.write_bytes(ground_truth_csv(truth))
    return path


def write_portraits(folder: Path, *people: str) -> Path:
    """A watchlist's folder with a picture of each of the people named."""
    portraits = {HOPPER: grace_hopper(), COLLINS: astronaut()}
    for person in people:
        (folder / person).mkdir(parents=True)
        cv2.imwrite(str(folder / person / "1.png"), portraits[person])
    return folder
