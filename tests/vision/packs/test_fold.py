import numpy as np
import onnx
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from onnx import TensorProto, helper
from tests.vision.packs.tiny_pack import Constants, evaluated, model_bytes, tiny_recogniser

from openlfr.vision.packs.fold import dequantise, fold_constants


def one_at_a_time(
    quantised: NDArray[np.int8], scale: NDArray[np.float32], zero: NDArray[np.int8], axis: int, block: int
) -> NDArray[np.float32]:
    """The operator's definition, an element at a time."""
    result = np.empty(quantised.shape, np.float32)
    for index in np.ndindex(quantised.shape):
        place = list(index)
        place[axis] //= block
        result[index] = (float(quantised[index]) - float(zero[tuple(place)])) * scale[tuple(place)]
    return result


@given(
    shape=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    axis_of=st.integers(0, 3),
    block=st.integers(1, 7),
    seed=st.integers(0, 2**32 - 1),
)
def test_each_block_gets_its_own_scale_and_zero_point(shape: list[int], axis_of: int, block: int, seed: int) -> None:
    numbers = np.random.default_rng(seed)
    axis = axis_of % len(shape)
    blocks = shape.copy()
    blocks[axis] = -(-shape[axis] // block)  # the last block may be cut short
    quantised = numbers.integers(-128, 128, shape).astype(np.int8)
    scale = numbers.uniform(0.01, 1, blocks).astype(np.float32)
    zero = numbers.integers(-128, 128, blocks).astype(np.int8)

    found = dequantise(quantised, scale, zero, axis=axis, block_size=block)

    np.testing.assert_allclose(found, one_at_a_time(quantised, scale, zero, axis, block), rtol=1e-6, atol=1e-6)
    np.testing.assert_array_equal(
        dequantise(quantised, scale, zero, axis=axis - len(shape), block_size=block), found
    )  # a negative axis counts from the end


def test_without_blocks_a_scale_serves_the_tensor_or_one_index_of_the_axis() -> None:
    quantised = np.array([[1, 2], [3, 4]], np.int8)
    ten = np.array(10, np.float32)
    np.testing.assert_array_equal(dequantise(quantised, ten, None, axis=1, block_size=0), [[10, 20], [30, 40]])
    by_row = dequantise(quantised, np.array([1, 10], np.float32), np.array([1, 0], np.int8), axis=0, block_size=0)
    np.testing.assert_array_equal(by_row, [[0, 1], [30, 40]])


def test_a_folded_model_is_plain_float_and_gives_what_the_quantised_one_gave() -> None:
    model = onnx.load_model_from_string(tiny_recogniser())
    face = np.random.default_rng(1).uniform(0, 255, (1, 3, 112, 112)).astype(np.float32)
    quantised_bytes = next(t.raw_data for t in model.graph.initializer if t.name == "quantised")
    # The reference evaluator knows block quantisation; the input that is an initializer must be given to it.
    (before,) = evaluated(model, {"face": face, "quantised": np.frombuffer(quantised_bytes, np.int8).reshape(48, 16)})

    fold_constants(model)

    assert [node.op_type for node in model.graph.node] == ["AveragePool", "Reshape", "MatMul"]
    assert [value.name for value in model.graph.input] == ["face"]
    assert {t.name: t.data_type for t in model.graph.initializer} == {
        "weight": TensorProto.FLOAT,
        "row": TensorProto.INT64,
    }
    (after,) = evaluated(model, {"face": face})
    np.testing.assert_allclose(after, before, rtol=1e-4)


def test_quantised_activations_are_left_to_the_runtime() -> None:
    nodes = [
        helper.make_node("QuantizeLinear", ["face", "scale", "zero"], ["q"]),
        helper.make_node("DequantizeLinear", ["q", "scale", "zero"], ["out"]),
    ]
    face = helper.make_tensor_value_info("face", TensorProto.FLOAT, [1, 3])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 3])
    constants: Constants = {"scale": np.array(0.5, np.float32), "zero": np.array(0, np.int8)}
    model = onnx.load_model_from_string(model_bytes(nodes, [face], [out], constants))
    fold_constants(model)
    assert [node.op_type for node in model.graph.node] == ["QuantizeLinear", "DequantizeLinear"]


def test_a_reshape_may_keep_a_dimension_or_have_it_worked_out() -> None:
    nodes = [
        helper.make_node("Reshape", ["weight", "shape"], ["reshaped"]),
        helper.make_node("MatMul", ["face", "reshaped"], ["out"]),
    ]
    face = helper.make_tensor_value_info("face", TensorProto.FLOAT, [1, 2])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 6])
    weight = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    constants: Constants = {"weight": weight, "shape": np.array([0, -1], np.int64)}
    model = onnx.load_model_from_string(model_bytes(nodes, [face], [out], constants))
    fold_constants(model)
    assert [(t.name, list(t.dims)) for t in model.graph.initializer] == [("reshaped", [2, 6])]
