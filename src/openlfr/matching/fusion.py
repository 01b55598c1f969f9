"""Fusion: several shots of one passage become one template."""

import numpy as np
from numpy.typing import NDArray

MEAN_RULE = "mean-1"
"""Name of the rule below, for which a calibration holds."""


def fuse(templates: NDArray[np.float32], qualities: NDArray[np.float32]) -> NDArray[np.float32]:
    """The mean of a passage's templates (shots, dimension), weighted by quality squared (0..100), of length 1.

    Averaging keeps what all shots share, the identity, and cancels what differs, pose and noise. A maximum over the
    shots would raise the false positive rate with every look; the mean does not. Squaring the weights lets one good
    shot outweigh several bad ones.
    """
    weights = np.square(np.maximum(qualities, 1.0)).astype(np.float32)
    fused = weights @ templates
    return (fused / max(float(np.linalg.norm(fused)), 1e-12)).astype(np.float32)
