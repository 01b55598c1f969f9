"""Where the evaluation data is, for tests that measure against it. It is never part of this repository."""

import os
from pathlib import Path

import pytest

_PROJECT = Path(__file__).resolve().parents[2]


def evaluation_data(*parts: str) -> Path:
    """A file or folder of the evaluation data, such as ``evaluation_data("video", "street_crowd_640x360.mp4")``.

    It lies in `../shared/data` from the project's root, or where OPENLFR_EVALUATION_DATA points; without it the test
    that asks is skipped.
    """
    root = Path(os.environ.get("OPENLFR_EVALUATION_DATA") or _PROJECT.parent / "shared" / "data")
    path = root.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"needs the evaluation data: {path} is not there (set OPENLFR_EVALUATION_DATA)")
    return path
