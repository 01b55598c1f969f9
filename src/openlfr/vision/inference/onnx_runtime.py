"""Inference with onnxruntime: on an NVIDIA GPU where there is one, and on any processor as the second opinion on
OpenVINO's arithmetic."""

from collections.abc import Sequence
from enum import StrEnum

import numpy as np
import onnxruntime as ort

from openlfr.vision.inference.session import (
    Execution,
    InferenceError,
    Outputs,
    Pictures,
    Precision,
    check_batch_sizes,
    check_pictures,
    run_in_sizes,
)
from openlfr.vision.inference.turns import Turns
from openlfr.vision.packs.prepare import PICTURES, ModelSignature, PreparedModel

MAX_KNOWN_SHAPES = 12
"""Input shapes whose output shapes are remembered, and which `scrub` runs; the one known for longest is forgotten."""


class Device(StrEnum):
    AUTO = "auto"
    """CUDA if onnxruntime can use it here, else the CPU; a session says which it became."""
    CPU = "cpu"
    CUDA = "cuda"


class OnnxRuntime:
    """Sessions in f32 on one device. A session runs one batch at a time, of `threads` threads on a CPU."""

    def __init__(self, device: Device = Device.AUTO, *, threads: int = 1) -> None:
        if threads < 1:
            raise ValueError(f"Threads must be at least 1, not {threads}.")
        self._device = device
        self._threads = threads
        self._turns = Turns(1)

    def open(self, model: PreparedModel, *, batch_sizes: Sequence[int] = (1,)) -> "OnnxSession":
        sizes = check_batch_sizes(batch_sizes)
        cuda_here = "CUDAExecutionProvider" in ort.get_available_providers()
        if self._device is Device.CUDA and not cuda_here:
            raise InferenceError(
                "This onnxruntime has no CUDA: install openlfr[gpu] instead of onnxruntime, or use the device cpu."
            )
        wanted = cuda_here and self._device is not Device.CPU
        session = self._session(model, cuda=wanted)
        on_cuda = session.get_providers()[0] == "CUDAExecutionProvider"
        if self._device is Device.CUDA and not on_cuda:
            raise InferenceError("onnxruntime could not start CUDA; check the driver, or use the device cpu.")
        execution = Execution(
            f"onnxruntime {ort.__version__}", "CUDA" if on_cuda else "CPU", Precision.F32, 1, self._threads
        )
        return OnnxSession(session, model.signature, execution, sizes, self._turns)

    def _session(self, model: PreparedModel, *, cuda: bool) -> ort.InferenceSession:
        options = ort.SessionOptions()
        options.intra_op_num_threads = self._threads
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Idle threads that spin take the cores the decoders need.
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        # TF32 would change scores and call itself f32; an exhaustive search would stall at every new batch size.
        on_gpu = ("CUDAExecutionProvider", {"use_tf32": "0", "cudnn_conv_algo_search": "HEURISTIC"})
        providers = [on_gpu, "CPUExecutionProvider"] if cuda else ["CPUExecutionProvider"]
        try:
            return ort.InferenceSession(model.onnx, options, providers=providers)
        except Exception as error:  # onnxruntime's exceptions share no documented parent
            raise InferenceError(f"onnxruntime cannot load the model {model.signature.name}: {error}") from error


class OnnxSession:
    """See `Session`. Input and output are bound to numpy's memory, so onnxruntime keeps no copy of either in its
    arena on a CPU; activations stay in the arena until the next run of that shape, or `scrub`."""

    def __init__(
        self,
        session: ort.InferenceSession,
        model: ModelSignature,
        execution: Execution,
        batch_sizes: tuple[int, ...],
        turns: Turns,
    ) -> None:
        self._session = session
        self._model = model
        self._execution = execution
        self._batch_sizes = batch_sizes
        self._turns = turns
        self._output_shapes: dict[tuple[int, ...], list[tuple[int, ...]]] = {}
        if model.size_px is not None:
            self.warm(*model.size_px)

    @property
    def model(self) -> ModelSignature:
        return self._model

    @property
    def execution(self) -> Execution:
        return self._execution

    def run(self, pictures: Pictures) -> Outputs:
        check_pictures(pictures, self._model)
        return self._turns.run(self._execute, pictures, max_batch=self._batch_sizes[0])

    def warm(self, height: int, width: int) -> None:
        for size in self._batch_sizes:
            self.run(np.zeros((size, height, width, 3), np.uint8))

    def scrub(self) -> None:
        for shape in list(self._output_shapes):
            self.run(np.zeros(shape, np.uint8))

    def _execute(self, pictures: Pictures) -> Outputs:
        return run_in_sizes(pictures, self._batch_sizes, self._run_bound)

    def _run_bound(self, pictures: Pictures) -> Outputs:
        contiguous = np.ascontiguousarray(pictures)
        try:
            outputs = [np.empty(shape, np.float32) for shape in self._shapes(pictures.shape)]
            binding = self._session.io_binding()
            binding.bind_input(PICTURES, "cpu", 0, np.uint8, contiguous.shape, contiguous.ctypes.data)
            for name, array in zip(self._model.outputs, outputs, strict=True):
                binding.bind_output(name, "cpu", 0, np.float32, array.shape, array.ctypes.data)
            self._session.run_with_iobinding(binding)
        except Exception as error:  # onnxruntime's exceptions share no documented parent
            raise InferenceError(f"onnxruntime failed on {self._model.name}: {error}") from error
        finally:
            if contiguous is not pictures:
                contiguous.fill(0)
        return dict(zip(self._model.outputs, outputs, strict=True))

    def _shapes(self, shape: tuple[int, ...]) -> list[tuple[int, ...]]:
        """The outputs' shapes for an input shape, learnt from a black picture the first time."""
        if shape not in self._output_shapes:
            black = np.zeros(shape, np.uint8)
            found = [rows.shape for rows in self._session.run(list(self._model.outputs), {PICTURES: black})]
            if len(self._output_shapes) == MAX_KNOWN_SHAPES:
                del self._output_shapes[next(iter(self._output_shapes))]
            self._output_shapes[shape] = found
        return self._output_shapes[shape]
