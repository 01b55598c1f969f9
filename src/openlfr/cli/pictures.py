"""The picture of an alert: probe and candidate side by side at one scale, for people to look at."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from openlfr.capture.file_names import shown
from openlfr.capture.pictures import read_picture
from openlfr.cli.screen import counted
from openlfr.node.alert import Alert

HEIGHT = 420
MARGIN = 16
CAPTION = 92
_DARK, _LIGHT, _WARNING = (18, 20, 24), (236, 238, 240), (255, 196, 64)


def save_comparison(alert: Alert, candidate: Path, folder: Path) -> Path:
    """Writes the picture of an alert into `folder` (made if need be) and returns its path. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"alert-{alert.captured_at:%Y%m%dT%H%M%SZ}-{alert.alert_id[:8]}.png"
    comparison(alert, candidate).save(path)
    return path


def comparison(alert: Alert, candidate: Path) -> Image.Image:
    """Probe on the left, candidate on the right, and in words what the comparison says and what it does not."""
    left, right = _scaled(alert.probes[0].picture), _scaled(read_picture(candidate))
    width = max(left.width + right.width + 3 * MARGIN, 760)
    canvas = Image.new("RGB", (width, HEIGHT + CAPTION + 2 * MARGIN), _DARK)
    canvas.paste(left, (MARGIN, MARGIN))
    canvas.paste(right, (left.width + 2 * MARGIN, MARGIN))
    draw = ImageDraw.Draw(canvas)
    large, small = ImageFont.load_default(20), ImageFont.load_default(15)
    second = "" if alert.second_score is None else f"   second opinion {alert.second_score:.3f}"
    top = HEIGHT + 2 * MARGIN
    draw.text((MARGIN, top), f"Is this {shown(alert.person_id)}?", _LIGHT, large)
    draw.text(
        (MARGIN, top + 30),
        f"score {alert.score:.3f}, threshold {alert.threshold:.3f}{second}   "
        f"{counted(alert.shots, 'shot', 'shots')}, quality {alert.quality:.0f}   "
        f"{alert.captured_at.astimezone():%H:%M:%S %Z}, {shown(alert.camera)}",
        _LIGHT,
        small,
    )
    draw.text((MARGIN, top + 54), "Rehearsal. An alert is a question: a person decides.", _WARNING, small)
    return canvas


def _scaled(picture: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> Image.Image:
    image = Image.fromarray(np.ascontiguousarray(picture[:, :, ::-1]))
    width = max(round(image.width * HEIGHT / image.height), 1)
    return image.resize((min(width, 2 * HEIGHT), HEIGHT), Image.Resampling.LANCZOS)
