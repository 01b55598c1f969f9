import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper
from tests.vision.packs.tiny_pack import (
    MEAN,
    SCALE,
    evaluated,
    expected_templates,
    model_bytes,
    tiny_detector,
    tiny_recogniser,
)

from openlfr.vision.packs import ColourOrder, PackError, Preprocessing
from openlfr.vision.packs.manifest import TensorLayout
from openlfr.vision.packs.prepare import describe, prepare

RECOGNISER = Preprocessing(ColourOrder.RGB, TensorLayout.NCHW, MEAN, SCALE, (112, 112))
PLAIN = Preprocessing(ColourOrder.BGR, TensorLayout.NCHW, (0, 0, 0), (1, 1, 1), None, 32)


def pictures(count: int, height: int, width: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    return np.random.default_rng(count).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def test_colour_order_mean_and_scale_are_inside_and_a_model_for_one_picture_takes_many() -> None:
    prepared = prepare(tiny_recogniser(), RECOGNISER, name="tiny")
    given = pictures(3, 112, 112)
    (found,) = evaluated(onnx.load_model_from_string(prepared), {"pictures": given})
    np.testing.assert_allclose(found, expected_templates(given), rtol=1e-4, atol=1e-3)


def test_a_detector_takes_any_size_and_keeps_its_outputs_in_order() -> None:
    prepared = prepare(tiny_detector(), PLAIN, name="tiny")
    found = evaluated(onnx.load_model_from_string(prepared), {"pictures": pictures(2, 64, 96)})
    signature = describe(prepared, PLAIN, name="tiny").signature
    shapes = {name: rows.shape for name, rows in zip(signature.outputs, found, strict=True)}
    assert list(shapes)[:4] == ["cls_8", "cls_16", "cls_32", "obj_8"]
    assert (shapes["cls_8"], shapes["kps_32"]) == ((2, 96, 1), (2, 6, 10))
    assert (signature.size_px, signature.multiple_of) == (None, 32)


def test_a_model_with_channels_last_gets_them_last() -> None:
    nodes = [helper.make_node("ReduceMean", ["face", "axes"], ["out"], keepdims=0)]
    face = helper.make_tensor_value_info("face", TensorProto.FLOAT, [1, 112, 112, 3])
    out = helper.make_tensor_value_info("out", TensorProto.FLOAT, [1, 3])
    source = model_bytes(nodes, [face], [out], {"axes": np.array([1, 2], np.int64)})
    last = Preprocessing(ColourOrder.RGB, TensorLayout.NHWC, MEAN, SCALE, (112, 112))
    given = pictures(2, 112, 112)
    (found,) = evaluated(onnx.load_model_from_string(prepare(source, last, name="t")), {"pictures": given})
    red_green_blue = given[..., ::-1].astype(np.float64).mean(axis=(1, 2))
    np.testing.assert_allclose(found, (red_green_blue - MEAN) * SCALE, rtol=1e-4)


def test_preparing_twice_gives_the_same_bytes_so_that_two_processes_may() -> None:
    assert prepare(tiny_detector(), PLAIN, name="a") == prepare(tiny_detector(), PLAIN, name="a")


def test_a_file_that_is_no_onnx_model_is_refused() -> None:
    with pytest.raises(PackError, match="The model odd is not an ONNX file"):
        prepare(b"GIF89a, really", PLAIN, name="odd")


def test_an_empty_file_is_refused() -> None:
    with pytest.raises(PackError, match="The model odd has 0 inputs"):
        prepare(b"", PLAIN, name="odd")


@pytest.mark.parametrize(
    ("inputs", "output_type", "words"),
    [
        (
            [("a", TensorProto.FLOAT, [1, 3, 8, 8]), ("b", TensorProto.FLOAT, [1, 3, 8, 8])],
            TensorProto.FLOAT,
            "2 inputs",
        ),
        ([("a", TensorProto.FLOAT, [1, 3, 8])], TensorProto.FLOAT, "four dimensions"),
        ([("a", TensorProto.DOUBLE, [1, 3, 8, 8])], TensorProto.DOUBLE, "must be a float32 tensor"),
        (
            [("a", TensorProto.FLOAT, [1, 3, 8, 8])],
            TensorProto.INT64,
            "Every output of the model odd must be a float32",
        ),
    ],
)
def test_a_model_of_another_form_is_refused(
    inputs: list[tuple[str, int, list[int]]], output_type: int, words: str
) -> None:
    last = inputs[-1][0]
    nodes = [
        helper.make_node("Add", [inputs[0][0], last], ["sum"]),
        helper.make_node("Cast", ["sum"], ["out"], to=output_type),
    ]
    values = [helper.make_tensor_value_info(*value) for value in inputs]
    out = helper.make_tensor_value_info("out", output_type, inputs[0][2])
    with pytest.raises(PackError, match=words):
        prepare(model_bytes(nodes, values, [out], {}), PLAIN, name="odd")


def test_weights_in_another_file_are_refused_before_anything_opens_that_file() -> None:
    model = onnx.load_model_from_string(tiny_detector())
    tensor = model.graph.initializer[1]
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")
    with pytest.raises(PackError, match="keeps weights in another file"):
        prepare(model.SerializeToString(), PLAIN, name="odd")
