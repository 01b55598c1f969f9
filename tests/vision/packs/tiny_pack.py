"""A model pack of a few kilobytes: a block-quantised recogniser and a detector with YuNet's outputs."""

import hashlib
from pathlib import Path
from typing import Any, cast

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper
from onnx.reference import ReferenceEvaluator

Constants = dict[str, NDArray[Any]]

DIMENSION = 16
_POOLED = 4
_BLOCK = 8
MEAN = (10.0, 20.0, 30.0)
SCALE = (0.5, 0.25, 0.125)

_numbers = np.random.default_rng(7)
_QUANTISED: NDArray[np.int8] = _numbers.integers(-128, 128, (3 * _POOLED * _POOLED, DIMENSION)).astype(np.int8)
_SCALES = _numbers.uniform(0.001, 0.01, (3 * _POOLED * _POOLED // _BLOCK, DIMENSION)).astype(np.float32)
_ZERO_POINTS = _numbers.integers(-8, 8, _SCALES.shape).astype(np.int8)


def tiny_recogniser() -> bytes:
    """112 x 112 pictures, averaged over 4 x 4 cells and multiplied by a weight kept as int8 blocks of 8; made for one
    picture at a time, and, as old exporters do, with its initializers among its inputs."""
    constants: Constants = {
        "quantised": _QUANTISED,
        "scales": _SCALES,
        "zero_points": _ZERO_POINTS,
        "weight_shape": np.array(_QUANTISED.shape, np.int64),
        "row": np.array([1, -1], np.int64),
    }
    nodes = [
        helper.make_node(
            "DequantizeLinear", ["quantised", "scales", "zero_points"], ["floats"], axis=0, block_size=_BLOCK
        ),
        helper.make_node("Reshape", ["floats", "weight_shape"], ["weight"]),
        helper.make_node("AveragePool", ["face"], ["cells"], kernel_shape=[28, 28], strides=[28, 28]),
        helper.make_node("Reshape", ["cells", "row"], ["flat"]),
        helper.make_node("MatMul", ["flat", "weight"], ["template"]),
    ]
    inputs = [
        helper.make_tensor_value_info("face", TensorProto.FLOAT, [1, 3, 112, 112]),
        helper.make_tensor_value_info("quantised", TensorProto.INT8, list(_QUANTISED.shape)),
    ]
    outputs = [helper.make_tensor_value_info("template", TensorProto.FLOAT, [1, DIMENSION])]
    return model_bytes(nodes, inputs, outputs, constants)


def expected_templates(pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    """What the tiny recogniser must give for blue-green-red pictures, written out one number at a time."""
    weight = np.empty((len(_QUANTISED), DIMENSION), np.float32)
    for row in range(len(_QUANTISED)):
        for column in range(DIMENSION):
            block = row // _BLOCK
            offset = float(_QUANTISED[row, column]) - float(_ZERO_POINTS[block, column])
            weight[row, column] = offset * _SCALES[block, column]
    templates = []
    for picture in pictures:
        red_green_blue = [picture[:, :, 2], picture[:, :, 1], picture[:, :, 0]]
        flat = [
            (float(channel[28 * r : 28 * r + 28, 28 * c : 28 * c + 28].mean()) - mean) * scale
            for channel, mean, scale in zip(red_green_blue, MEAN, SCALE, strict=True)
            for r in range(_POOLED)
            for c in range(_POOLED)
        ]
        templates.append(np.array(flat) @ weight)
    return np.array(templates, np.float32)


def tiny_detector() -> bytes:
    """Any size that is a multiple of 32; the twelve outputs of YuNet, each a 1 x 1 convolution of averaged cells."""
    numbers = np.random.default_rng(8)
    constants: Constants = {}
    nodes: list[onnx.NodeProto] = []
    outputs: list[onnx.ValueInfoProto] = []
    for kind, channels in {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}.items():
        constants[f"{kind}_shape"] = np.array([1, -1, channels], np.int64)
        for stride in (8, 16, 32):
            name = f"{kind}_{stride}"
            constants[f"{name}_weight"] = (numbers.normal(size=(channels, 3, 1, 1)) / 100).astype(np.float32)
            nodes += [
                helper.make_node(
                    "AveragePool", ["image"], [f"{name}_p"], kernel_shape=[stride] * 2, strides=[stride] * 2
                ),
                helper.make_node("Conv", [f"{name}_p", f"{name}_weight"], [f"{name}_c"]),
                helper.make_node("Transpose", [f"{name}_c"], [f"{name}_t"], perm=[0, 2, 3, 1]),
                helper.make_node("Reshape", [f"{name}_t", f"{kind}_shape"], [name]),
            ]
            outputs.append(helper.make_tensor_value_info(name, TensorProto.FLOAT, [1, None, channels]))
    image = helper.make_tensor_value_info("image", TensorProto.FLOAT, [1, 3, 640, 640])
    return model_bytes(nodes, [image], outputs, constants)


def model_bytes(
    nodes: list[onnx.NodeProto],
    inputs: list[onnx.ValueInfoProto],
    outputs: list[onnx.ValueInfoProto],
    constants: Constants,
) -> bytes:
    initializers = [numpy_helper.from_array(array, name) for name, array in constants.items()]
    graph = helper.make_graph(nodes, "tiny", inputs, outputs, initializers)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 21)], ir_version=10)
    return bytes(model.SerializeToString())


def evaluated(model: onnx.ModelProto, inputs: Constants) -> list[NDArray[Any]]:
    """The model's outputs as ONNX's own reference implementation works them out."""
    return cast(list[NDArray[Any]], ReferenceEvaluator(model).run(None, inputs))


def tiny_manifest(*, name: str = "tiny", licence: str = "MIT", dimension: int = DIMENSION) -> str:
    return f"""
format = 1
name = "{name}"
version = "1.0"
licence = "{licence}"
notice = "Made in a test."

[detector]
name = "tiny-detector"
family = "yunet"
file = "models/detector.onnx"
sha256 = "{hashlib.sha256(tiny_detector()).hexdigest()}"
colour = "bgr"
mean = [0.0, 0.0, 0.0]
scale = [1.0, 1.0, 1.0]
size_multiple_of = 32
provenance = "made in a test"

[recogniser]
name = "tiny-recogniser"
file = "models/recogniser.onnx"
sha256 = "{hashlib.sha256(tiny_recogniser()).hexdigest()}"
colour = "rgb"
mean = {list(MEAN)}
scale = {list(SCALE)}
size = [112, 112]
dimension = {dimension}
alignment = "arcface-5-112"
flip_average = true
provenance = "made in a test"
"""


def write_tiny_pack(folder: Path, manifest: str | None = None) -> Path:
    """The tiny pack as files in `folder`, which is returned."""
    (folder / "models").mkdir(parents=True)
    (folder / "models" / "detector.onnx").write_bytes(tiny_detector())
    (folder / "models" / "recogniser.onnx").write_bytes(tiny_recogniser())
    (folder / "pack.toml").write_text(tiny_manifest() if manifest is None else manifest, encoding="utf-8")
    return folder
