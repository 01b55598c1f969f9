"""From a pack's ONNX file to the model that every runtime runs: the same input and arithmetic for all of them."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from openlfr.vision.packs.fold import fold_constants
from openlfr.vision.packs.manifest import ColourOrder, PackError, Preprocessing, TensorLayout

PREPARATION_VERSION = 1
"""Part of the cache's file names; raised whenever `prepare` would write another model from the same source."""

PICTURES = "pictures"
"""Name of a prepared model's only input: uint8 of shape (n, height, width, 3), blue-green-red."""


@dataclass(frozen=True, slots=True)
class ModelSignature:
    """What a prepared model takes and gives. Its one input is `pictures` (see PICTURES), any n, of `size_px` (height,
    width), or of any size whose sides are multiples of `multiple_of` where that is None. Its outputs are float32 with
    n first, in the order of `outputs`."""

    name: str
    outputs: tuple[str, ...]
    size_px: tuple[int, int] | None
    multiple_of: int


@dataclass(frozen=True, slots=True)
class PreparedModel:
    """A model every runtime can run: colour order, mean and scale are inside the ONNX."""

    signature: ModelSignature
    onnx: bytes = field(repr=False)


def prepare(source: bytes, preprocessing: Preprocessing, *, name: str) -> bytes:
    """Fold block-quantised weights, open the batch and picture dimensions, and put the preprocessing into the graph.

    Done in the graph rather than in numpy because both runtimes then take bytes straight from the picture: on a 2-core
    processor that costs no more than a ready float tensor would. The result is the same bytes for the same source.

    Raises PackError when the source is not an ONNX model with one float picture input and float outputs.
    """
    try:
        model = onnx.load_model_from_string(source)
    except Exception as error:  # protobuf raises its own, undocumented family
        raise PackError(f"The model {name} is not an ONNX file ({error}).") from error
    graph = model.graph
    if any(t.data_location == TensorProto.EXTERNAL for t in graph.initializer):
        raise PackError(f"The model {name} keeps weights in another file; merge them into one ONNX file.")
    fold_constants(model)
    _check_ends(graph, name)
    _open_batch(graph)
    _prepend(graph, preprocessing)
    del graph.value_info[:]
    try:
        onnx.checker.check_model(model)
    except onnx.checker.ValidationError as error:
        raise PackError(f"The model {name} is not a valid ONNX model: {error}.") from error
    return bytes(model.SerializeToString(deterministic=True))


def describe(prepared: bytes, preprocessing: Preprocessing, *, name: str) -> PreparedModel:
    """What `prepare` made, with its outputs in its own order."""
    outputs = tuple(output.name for output in onnx.load_model_from_string(prepared).graph.output)
    return PreparedModel(ModelSignature(name, outputs, preprocessing.size_px, preprocessing.multiple_of), prepared)


def _check_ends(graph: onnx.GraphProto, name: str) -> None:
    if len(graph.input) != 1:
        raise PackError(f"The model {name} has {len(graph.input)} inputs; a pack's model has one, the picture.")
    tensor = graph.input[0].type.tensor_type
    if tensor.elem_type != TensorProto.FLOAT or len(tensor.shape.dim) != 4:
        raise PackError(f"The input of the model {name} must be a float32 tensor of four dimensions.")
    if not graph.output or any(o.type.tensor_type.elem_type != TensorProto.FLOAT for o in graph.output):
        raise PackError(f"Every output of the model {name} must be a float32 tensor.")


def _open_batch(graph: onnx.GraphProto) -> None:
    """Make a model exported for one picture take n: a Reshape to (1, -1, ...) becomes one that keeps the first
    dimension, and the declared output shapes give way to the real ones."""
    constants = {tensor.name: tensor for tensor in graph.initializer}
    for node in graph.node:
        if node.op_type != "Reshape" or node.input[1] not in constants:
            continue
        shape = numpy_helper.to_array(constants[node.input[1]])
        if len(shape) > 1 and shape[0] == 1 and not any(a.name == "allowzero" and a.i for a in node.attribute):
            opened = f"{node.input[1]}/any_batch"
            if opened not in constants:
                tensor = numpy_helper.from_array(np.concatenate([[0], shape[1:]]).astype(np.int64), opened)
                constants[opened] = tensor
                graph.initializer.append(tensor)
            node.input[1] = opened
    for output in graph.output:
        dimensions = output.type.tensor_type.shape.dim
        for place, dimension in enumerate(dimensions):
            dimension.dim_param = "n" if place == 0 else f"{output.name}/{place}"


def _prepend(graph: onnx.GraphProto, preprocessing: Preprocessing) -> None:
    original = graph.input[0].name
    nodes: list[onnx.NodeProto] = []
    current = PICTURES

    def then(operator: str, constant: NDArray[np.generic] | None = None, **attributes: Any) -> None:
        nonlocal current
        result = f"{PICTURES}/{len(nodes)}"
        inputs = [current]
        if constant is not None:
            inputs.append(f"{result}/constant")
            graph.initializer.append(numpy_helper.from_array(constant, inputs[1]))
        nodes.append(helper.make_node(operator, inputs, [result], name=result, **attributes))
        current = result

    channels_first = preprocessing.layout is TensorLayout.NCHW
    if preprocessing.colour is ColourOrder.RGB:
        then("Gather", np.array([2, 1, 0], np.int64), axis=3)
    if channels_first:
        then("Transpose", perm=[0, 3, 1, 2])
    then("Cast", to=TensorProto.FLOAT)
    each = (1, 3, 1, 1) if channels_first else (1, 1, 1, 3)
    if any(preprocessing.mean):
        then("Sub", np.array(preprocessing.mean, np.float32).reshape(each))
    if preprocessing.scale != (1.0, 1.0, 1.0):
        then("Mul", np.array(preprocessing.scale, np.float32).reshape(each))

    rest = [onnx.NodeProto.FromString(node.SerializeToString()) for node in graph.node]
    for node in rest:
        for place, name in enumerate(node.input):
            if name == original:
                node.input[place] = current
    del graph.node[:]
    graph.node.extend([*nodes, *rest])
    height, width = preprocessing.size_px or ("height", "width")
    del graph.input[:]
    graph.input.append(helper.make_tensor_value_info(PICTURES, TensorProto.UINT8, ["n", height, width, 3]))
