"""Running models: one Protocol, OpenVINO and onnxruntime behind it, shared by every camera and batched.

Takes the prepared models of `vision.packs`; knows nothing of faces.
"""

from openlfr.vision.inference.onnx_runtime import Device, OnnxRuntime
from openlfr.vision.inference.openvino_runtime import OpenVinoRuntime
from openlfr.vision.inference.session import (
    Execution,
    InferenceError,
    Outputs,
    Pictures,
    Precision,
    Runtime,
    Session,
)
from openlfr.vision.inference.trial import try_out

__all__ = [
    "Device",
    "Execution",
    "InferenceError",
    "OnnxRuntime",
    "OpenVinoRuntime",
    "Outputs",
    "Pictures",
    "Precision",
    "Runtime",
    "Session",
    "try_out",
]
