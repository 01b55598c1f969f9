"""Inference on a CPU with OpenVINO, at a precision that is asked for, never guessed."""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from queue import SimpleQueue

import numpy as np
import openvino as ov
from numpy.typing import NDArray

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
from openlfr.vision.packs.prepare import ModelSignature, PreparedModel

_CORE = ov.Core()
# One for the process, and never let go: on AMX processors the CPU plugin gives the thread that loads it a signal stack,
# and frees that stack with the core, even while the thread still has it. The next Ctrl-C would then end the process
# with a segmentation fault.

MAX_COMPILED_SHAPES = 12
"""Shapes a session keeps compiled: one for each size of picture and batch. A camera's resolution is one size."""


class OpenVinoRuntime:
    """Sessions on the CPU; `streams` runs at once, over all sessions, of `threads_per_stream` threads each.

    The default, one stream of two threads, is for a node with two cores and several cameras. Six cameras at once got as
    many frames through it as through two streams of one thread (bf16 212 a second and 212, f32 104 and 104; templates
    alone: bf16 560 and 617 a second, f32 213 and 217), while a lone camera has its answer 1.6 times sooner than from
    one thread, and every stream costs 35 MB. More cores: more streams, two threads each.

    Every input shape is compiled for itself, and a batch is cut into a few fixed sizes: on an AMX processor a model
    compiled for any shape took 1.6 times as long for a batch of eight faces, and 1.25 times for a picture. Larger runs
    help less and less (bf16, one thread, ms a face: 4.4 alone, 3.6 in pairs, 3.0 in fours, 2.8 in eights), while each
    size keeps its own packed weights (SFace: about 80 MB), so (1, 2, 4) is a good choice for a recogniser and (1,)
    for a detector, which gains less than a tenth.
    """

    def __init__(self, precision: Precision = Precision.AUTO, *, streams: int = 1, threads_per_stream: int = 2) -> None:
        if threads_per_stream < 1:
            raise ValueError(f"There must be at least one thread a stream, not {threads_per_stream}.")
        self._precision = self._resolved(precision)
        self._streams = streams
        self._threads_per_stream = threads_per_stream
        self.turns = Turns(streams)

    @property
    def execution(self) -> Execution:
        version = ov.__version__.split("-")[0]
        return Execution(f"openvino {version}", "CPU", self._precision, self._streams, self._threads_per_stream)

    def open(self, model: PreparedModel, *, batch_sizes: Sequence[int] = (1,)) -> "OpenVinoSession":
        return OpenVinoSession(self, model, check_batch_sizes(batch_sizes))

    def read(self, model: PreparedModel) -> ov.Model:
        try:
            return _CORE.read_model(model.onnx, b"")
        except RuntimeError as error:
            raise InferenceError(f"OpenVINO cannot read the model {model.signature.name}: {error}") from error

    def compile(self, graph: ov.Model, name: str) -> ov.CompiledModel:
        """Compile for this runtime's precision and threads; raises InferenceError if it comes out at another one."""
        try:
            compiled = _CORE.compile_model(
                graph,
                "CPU",
                {
                    "INFERENCE_PRECISION_HINT": str(self._precision),
                    "NUM_STREAMS": str(self._streams),
                    "INFERENCE_NUM_THREADS": self._streams * self._threads_per_stream,
                    # The decoders want the same cores: let the kernel decide who runs where.
                    "ENABLE_CPU_PINNING": False,
                },
            )
        except RuntimeError as error:
            raise InferenceError(f"OpenVINO cannot compile the model {name}: {error}") from error
        found = compiled.get_property("INFERENCE_PRECISION_HINT")
        if found != {Precision.F32: ov.Type.f32, Precision.BF16: ov.Type.bf16}[self._precision]:
            raise InferenceError(f"OpenVINO compiled {name} in {found}, not in {self._precision} as asked.")
        return compiled

    def _resolved(self, asked: Precision) -> Precision:
        can_bf16 = "BF16" in _CORE.get_property("CPU", "OPTIMIZATION_CAPABILITIES")
        if asked is Precision.AUTO:
            # OpenVINO's own choice is f32 wherever 16 bits would have to be emulated.
            native = _CORE.get_property("CPU", "INFERENCE_PRECISION_HINT") != ov.Type.f32
            return Precision.BF16 if native and can_bf16 else Precision.F32
        if asked is Precision.BF16 and not can_bf16:
            raise InferenceError("This processor cannot compute in bf16; use the precision f32 or auto.")
        return asked


class OpenVinoSession:
    """See `Session`. Shapes beyond MAX_COMPILED_SHAPES push out the one not used for longest."""

    def __init__(self, runtime: OpenVinoRuntime, model: PreparedModel, batch_sizes: tuple[int, ...]) -> None:
        self._runtime = runtime
        self._model = model.signature
        self._batch_sizes = batch_sizes
        self._graph: ov.Model | None = runtime.read(model)
        self._compiled: OrderedDict[tuple[int, ...], _CompiledShape] = OrderedDict()
        self._compiled_lock = threading.Lock()
        self._compiling = threading.Lock()
        if self._model.size_px is not None:
            self.warm(*self._model.size_px)
            self._graph = None  # every shape there can be is compiled: its weights would lie in memory once more

    @property
    def model(self) -> ModelSignature:
        return self._model

    @property
    def execution(self) -> Execution:
        return self._runtime.execution

    def run(self, pictures: Pictures) -> Outputs:
        check_pictures(pictures, self._model)
        return self._runtime.turns.run(self._execute, pictures, max_batch=self._batch_sizes[0])

    def warm(self, height: int, width: int) -> None:
        for size in self._batch_sizes:
            self._shape((size, height, width)).scrub()

    def scrub(self) -> None:
        with self._compiled_lock:
            shapes = list(self._compiled.values())
        for shape in shapes:
            shape.scrub()

    def _execute(self, pictures: Pictures) -> Outputs:
        def run(part: Pictures) -> Outputs:
            outputs = self._shape(part.shape[:3]).run(part)
            return dict(zip(self._model.outputs, outputs, strict=True))

        return run_in_sizes(pictures, self._batch_sizes, run)

    def _shape(self, key: tuple[int, ...]) -> "_CompiledShape":
        """The model compiled for (n, height, width), compiled now if it was not yet."""
        if (found := self._find(key)) is not None:
            return found
        with self._compiling:
            if (found := self._find(key)) is not None:
                return found
            if self._graph is None:
                raise InferenceError(f"{self._model.name} was not compiled for the shape {key}.")
            graph = self._graph.clone()
            graph.reshape([*key, 3])
            made = _CompiledShape(self._runtime.compile(graph, self._model.name), self._runtime.execution.streams)
            with self._compiled_lock:
                self._compiled[key] = made
                if len(self._compiled) > MAX_COMPILED_SHAPES:
                    self._compiled.popitem(last=False)
        return made

    def _find(self, key: tuple[int, ...]) -> "_CompiledShape | None":
        with self._compiled_lock:
            if key in self._compiled:
                self._compiled.move_to_end(key)
            return self._compiled.get(key)


class _CompiledShape:
    """A model compiled for one input shape, with one infer request for each stream.

    A request keeps pointing at its last input, so between runs it is given a black picture of its own; that picture is
    also what `scrub` runs.
    """

    def __init__(self, compiled: ov.CompiledModel, streams: int) -> None:
        self._requests = [compiled.create_infer_request() for _ in range(streams)]
        self._black = ov.Tensor(np.zeros(tuple(compiled.inputs[0].shape), np.uint8))
        self._free: SimpleQueue[ov.InferRequest] = SimpleQueue()
        self._scrubbing = threading.Lock()
        for request in self._requests:
            request.set_input_tensor(self._black)
            self._free.put(request)

    def run(self, pictures: Pictures) -> list[NDArray[np.float32]]:
        private = None
        if not (pictures.flags.c_contiguous and pictures.flags.writeable):
            pictures = private = np.array(pictures, order="C")
        request = self._free.get()
        try:
            request.set_input_tensor(ov.Tensor(pictures, shared_memory=True))
            request.infer()
            kept = [tensor.data for tensor in request.output_tensors]
            outputs = [np.array(data) for data in kept]
            for data in kept:
                data.fill(0)
        except RuntimeError as error:
            raise InferenceError(f"OpenVINO failed: {error}") from error
        finally:
            request.set_input_tensor(self._black)
            self._free.put(request)
            if private is not None:
                private.fill(0)
        return outputs

    def scrub(self) -> None:
        # All requests at once, so that none is scrubbed twice and another not at all; two scrubbers would deadlock.
        with self._scrubbing:
            held = [self._free.get() for _ in self._requests]
            try:
                for request in held:
                    request.infer()
                    for tensor in request.output_tensors:
                        tensor.data.fill(0)
            finally:
                for request in held:
                    self._free.put(request)
