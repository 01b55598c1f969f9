import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from openlfr.vision.inference.session import (
    Outputs,
    Pictures,
    check_batch_sizes,
    check_pictures,
    run_in_sizes,
    runs_of,
)
from openlfr.vision.packs import ModelSignature

FIXED = ModelSignature("faces", ("template",), (112, 112), 1)
ANY = ModelSignature("frames", ("out",), None, 32)


@pytest.mark.parametrize(
    ("pictures", "model", "words"),
    [
        (np.zeros((1, 112, 112, 3), np.float32), FIXED, r"takes uint8 pictures .*, not float32 \(1, 112, 112, 3\)"),
        (np.zeros((112, 112, 3), np.uint8), FIXED, r"of shape \(n, height, width, 3\), not uint8 \(112, 112, 3\)"),
        (np.zeros((1, 3, 112, 112), np.uint8), FIXED, "takes uint8 pictures of shape"),
        (np.zeros((0, 112, 112, 3), np.uint8), FIXED, "takes uint8 pictures of shape"),
        (np.zeros((1, 112, 96, 3), np.uint8), FIXED, "faces takes pictures of 112 x 112 pixels, not 96 x 112"),
        (np.zeros((1, 64, 100, 3), np.uint8), ANY, "sides are multiples of 32 pixels, not 100 x 64"),
    ],
)
def test_pictures_a_model_does_not_take_are_refused_in_words(
    pictures: NDArray[np.uint8], model: ModelSignature, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        check_pictures(pictures, model)


def test_pictures_a_model_takes_pass() -> None:
    check_pictures(np.zeros((5, 112, 112, 3), np.uint8), FIXED)
    check_pictures(np.zeros((2, 64, 96, 3), np.uint8), ANY)


@pytest.mark.parametrize("sizes", [(), (2, 4), (1, 0), (1, -2)])
def test_batch_sizes_must_be_positive_and_include_one(sizes: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="Batch sizes must be positive and include 1"):
        check_batch_sizes(sizes)


@given(count=st.integers(1, 200), sizes=st.sets(st.integers(1, 16)))
def test_any_number_of_pictures_is_cut_into_runs_of_the_sizes(count: int, sizes: set[int]) -> None:
    ordered = check_batch_sizes([*sizes, 1])
    runs = runs_of(count, ordered)
    assert sum(runs) == count
    assert set(runs) <= set(ordered)
    assert runs == sorted(runs, reverse=True)


@given(count=st.integers(1, 40))
def test_rows_come_back_in_the_pictures_order_and_the_pieces_are_overwritten(count: int) -> None:
    pictures = np.arange(count, dtype=np.uint8).reshape(count, 1, 1, 1).repeat(3, axis=3)
    pieces: list[NDArray[np.float32]] = []

    def run(part: Pictures) -> Outputs:
        pieces.append(part[:, 0, 0, :1].astype(np.float32) + 1)
        return {"out": pieces[-1]}

    found = run_in_sizes(pictures, (4, 2, 1), run)["out"]
    np.testing.assert_array_equal(found[:, 0], np.arange(count) + 1)
    if len(pieces) > 1:
        assert not any(piece.any() for piece in pieces)
