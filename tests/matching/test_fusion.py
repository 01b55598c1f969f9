"""Fusing the shots of a passage."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from openlfr.matching.fusion import fuse


def unit(rng: np.random.Generator, count: int, dimension: int = 16) -> NDArray[np.float32]:
    vectors = rng.standard_normal((count, dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


@given(shots=st.integers(1, 6), seed=st.integers(0, 2**32 - 1))
def test_fusing_is_the_normalised_mean_weighted_by_quality_squared(shots: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    templates, qualities = unit(rng, shots), rng.uniform(1, 100, shots).astype(np.float32)
    total = [0.0] * 16
    for template, quality in zip(templates, qualities, strict=True):
        for i in range(16):
            total[i] += float(quality) ** 2 * float(template[i])
    length = sum(value**2 for value in total) ** 0.5
    np.testing.assert_allclose(fuse(templates, qualities), [value / length for value in total], atol=1e-5)


def test_one_shot_stays_as_it_is() -> None:
    (template,) = unit(np.random.default_rng(1), 1)
    np.testing.assert_allclose(fuse(template[None], np.array([40], np.float32)), template, atol=1e-6)


def test_several_looks_at_one_face_come_nearer_to_it_than_each_of_them() -> None:
    rng = np.random.default_rng(2)
    (face,) = unit(rng, 1, 128)
    noise = unit(rng, 4, 128)
    shots = face + noise
    shots /= np.linalg.norm(shots, axis=1, keepdims=True)
    fused = fuse(shots.astype(np.float32), np.full(4, 80, np.float32))
    assert float(fused @ face) > float((shots @ face).max())


def test_a_good_shot_outweighs_a_bad_one() -> None:
    good, bad = np.eye(2, dtype=np.float32)
    fused = fuse(np.stack([good, bad]), np.array([90, 30], np.float32))
    assert float(fused @ good) == pytest.approx(9 * float(fused @ bad))


def test_shots_without_any_quality_still_count_alike() -> None:
    fused = fuse(np.eye(2, dtype=np.float32), np.zeros(2, np.float32))
    assert fused[0] == pytest.approx(fused[1])
