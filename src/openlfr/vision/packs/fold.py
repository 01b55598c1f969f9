"""Block-quantised ONNX to float ONNX.

The OpenCV Model Zoo's `int8bq` files keep each weight as int8 blocks: DequantizeLinear with a `block_size` (opset 21),
then Reshape to the weight's shape. onnxruntime and OpenVINO refuse that form, so the arithmetic is done here, once.
"""

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import numpy_helper


def fold_constants(model: onnx.ModelProto) -> None:
    """Replace, in place, every DequantizeLinear and Reshape of constants by its result, a float initializer.

    Also removes initializers nobody uses any more and graph inputs that are really initializers or unused. Quantised
    activations are left alone: runtimes know those.
    """
    graph = model.graph
    constants = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
    kept: list[onnx.NodeProto] = []
    for node in graph.node:
        if node.op_type not in {"DequantizeLinear", "Reshape"} or any(name not in constants for name in node.input):
            kept.append(node)
            continue
        values = [constants[name] for name in node.input]
        attributes = {a.name: a.i for a in node.attribute}
        if node.op_type == "DequantizeLinear":
            constants[node.output[0]] = dequantise(
                values[0],
                values[1],
                values[2] if len(values) > 2 else None,
                axis=attributes.get("axis", 1),
                block_size=attributes.get("block_size", 0),
            )
        else:
            constants[node.output[0]] = _reshape(values[0], values[1])
    used = {name for node in kept for name in node.input} | {output.name for output in graph.output}
    inputs = [value for value in graph.input if value.name in used and value.name not in constants]
    initializers = [
        numpy_helper.from_array(np.ascontiguousarray(array), name) for name, array in constants.items() if name in used
    ]
    for field, replacement in ((graph.node, kept), (graph.input, inputs), (graph.initializer, initializers)):
        copies = [type(item).FromString(item.SerializeToString()) for item in replacement]
        del field[:]
        field.extend(copies)


def dequantise(
    quantised: NDArray[np.generic],
    scale: NDArray[np.generic],
    zero_point: NDArray[np.generic] | None,
    *,
    axis: int,
    block_size: int,
) -> NDArray[np.float32]:
    """ONNX operator DequantizeLinear, opset 21: `(quantised - zero_point) * scale`.

    `scale` and `zero_point` are scalars (one for the tensor), vectors (one for each index of `axis`, block size 0), or,
    with a block size, shaped like `quantised` but for `axis`, where one value serves `block_size` neighbours.
    """

    def spread(values: NDArray[np.generic]) -> NDArray[np.float32]:
        floats = values.astype(np.float32)
        if block_size:
            return np.repeat(floats, block_size, axis).take(np.arange(quantised.shape[axis]), axis)
        if floats.size == 1:
            return floats.reshape(())
        shape = [1] * quantised.ndim
        shape[axis] = -1
        return floats.reshape(shape)

    offset = np.float32(0) if zero_point is None else spread(zero_point)
    return np.asarray((quantised.astype(np.float32) - offset) * spread(scale), dtype=np.float32)


def _reshape(data: NDArray[np.generic], shape: NDArray[np.generic]) -> NDArray[np.generic]:
    """ONNX operator Reshape: 0 keeps the dimension at that place, -1 is worked out."""
    wanted = [data.shape[place] if size == 0 else int(size) for place, size in enumerate(shape.tolist())]
    return data.reshape(wanted)
