"""What a runtime is: the Protocols, and the values that describe one."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from openlfr.vision.packs.prepare import ModelSignature, PreparedModel

Pictures = NDArray[np.uint8]
"""Pictures of one size: shape (n, height, width, 3), uint8, blue-green-red, n at least 1."""

Outputs = Mapping[str, NDArray[np.float32]]
"""A model's outputs by name, in the model's own order, each float32 with n first."""


class InferenceError(Exception):
    """A runtime cannot do what was asked; the message says why and what to do."""


class Precision(StrEnum):
    """The numbers a model is computed in. Scores differ between them, so the one in use is on every alert."""

    AUTO = "auto"
    """What this processor does natively: bf16 where it has instructions for that, f32 elsewhere."""
    F32 = "f32"
    BF16 = "bf16"


@dataclass(frozen=True, slots=True)
class Execution:
    """How a session truly runs, as goes on record beside its scores; `precision` is never AUTO."""

    runtime: str
    device: str
    precision: Precision
    streams: int
    threads_per_stream: int


class Session(Protocol):
    """One model, compiled, shared by all threads."""

    @property
    def model(self) -> ModelSignature: ...

    @property
    def execution(self) -> Execution: ...

    def run(self, pictures: Pictures) -> Outputs:
        """Outputs for n pictures, row i for picture i; waits its turn while every stream is busy (see `Turns`).

        The arrays are new and the caller's own. They hold biometric data: overwrite them when done. The session's own
        copies of input and output are overwritten before this returns; what a layer in the middle left behind stays
        until the next run or `scrub`.

        Raises ValueError when `pictures` is not what the model takes, InferenceError when the runtime fails.
        """
        ...

    def warm(self, height: int, width: int) -> None:
        """Compile for pictures of this size now, so that the first real one need not wait."""
        ...

    def scrub(self) -> None:
        """Overwrite what the runtime keeps between runs, activations included, by running black pictures of every size
        it has seen. For the end of a deployment, or an idle second."""
        ...


class Runtime(Protocol):
    """Opens sessions that share one budget of streams and threads."""

    def open(self, model: PreparedModel, *, batch_sizes: Sequence[int] = (1,)) -> Session:
        """Compile a model. Any n can be run; it is cut into runs of the sizes in `batch_sizes`, largest first, and
        callers that wait at the same time share runs of at most the largest."""
        ...


def check_pictures(pictures: Pictures, model: ModelSignature) -> None:
    """Raise ValueError, in one sentence, unless `pictures` is what `model` takes."""
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or pictures.shape[3] != 3 or not pictures.size:
        raise ValueError(
            f"{model.name} takes uint8 pictures of shape (n, height, width, 3), not {pictures.dtype} {pictures.shape}."
        )
    height, width = pictures.shape[1:3]
    if model.size_px is not None and (height, width) != model.size_px:
        raise ValueError(
            f"{model.name} takes pictures of {model.size_px[1]} x {model.size_px[0]} pixels, not {width} x {height}."
        )
    if height % model.multiple_of or width % model.multiple_of:
        raise ValueError(
            f"{model.name} takes pictures whose sides are multiples of {model.multiple_of} pixels, "
            f"not {width} x {height}."
        )


def check_batch_sizes(batch_sizes: Sequence[int]) -> tuple[int, ...]:
    """The sizes, largest first. Raises ValueError unless they are positive and 1 is among them."""
    if 1 not in batch_sizes or min(batch_sizes) < 1:
        raise ValueError(f"Batch sizes must be positive and include 1, not {tuple(batch_sizes)}.")
    return tuple(sorted(set(batch_sizes), reverse=True))


def run_in_sizes(pictures: Pictures, batch_sizes: tuple[int, ...], run: Callable[[Pictures], Outputs]) -> Outputs:
    """`run` over n pictures in slices of the given sizes (largest first, 1 among them), the rows joined again."""
    parts: list[Outputs] = []
    start = 0
    for size in runs_of(len(pictures), batch_sizes):
        parts.append(run(pictures[start : start + size]))
        start += size
    if len(parts) == 1:
        return parts[0]
    joined = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    for part in parts:
        for rows in part.values():
            rows.fill(0)
    return joined


def runs_of(count: int, batch_sizes: tuple[int, ...]) -> list[int]:
    """`count` as a sum of batch sizes (largest first, 1 among them), greedily: 11 of (8, 4, 2, 1) is [8, 2, 1]."""
    runs: list[int] = []
    for size in batch_sizes:
        whole, count = divmod(count, size)
        runs += [size] * whole
    return runs
