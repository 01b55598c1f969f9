"""Templates: the numbers computed from an aligned face, that two pictures of one person share more or less."""

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray


class RecogniserSession(Protocol):
    """Runs the recognition network. Pictures are uint8 (n, size, size, 3) BGR; one output of shape (n, dimension)."""

    def run(self, pictures: NDArray[np.uint8]) -> Mapping[str, NDArray[np.float32]]: ...


class TemplateExtractor:
    """Chips in, templates out. As thread-safe as its session."""

    def __init__(self, session: RecogniserSession, *, flip_average: bool) -> None:
        self._session = session
        self._flip_average = flip_average

    def extract(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
        """Templates, float32 (n, dimension), each of length 1, of `chips`, uint8 (n, size, size, 3) BGR.

        With flip averaging the network also sees each chip mirrored and the two answers are added: what differs
        between a face and its mirror image is mostly light and pose, not identity. What the network saw and answered
        is overwritten before returning; the chips stay the caller's.
        """
        if not len(chips):
            raise ValueError("No chips were given.")
        count = len(chips)
        seen = np.concatenate([chips, chips[:, :, ::-1]]) if self._flip_average else chips
        (raw,) = self._session.run(seen).values()
        templates: NDArray[np.float32] = raw[:count] + raw[count:] if self._flip_average else raw.copy()
        raw[...] = 0
        if self._flip_average:
            seen[...] = 0
        length = np.linalg.norm(templates, axis=1, keepdims=True)
        templates /= np.maximum(length, np.float32(1e-12))
        return templates
