"""Who runs when: a fixed number of streams, first come first served, and callers of one model share a run."""

import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from openlfr.vision.inference.session import InferenceError, Outputs, Pictures


class Turns:
    """Gives the threads of a process turns on `streams` streams, over all the sessions of a runtime.

    A caller who finds a stream free runs at once. The others queue; whoever finishes hands the stream to the oldest of
    them, who also takes along everybody waiting for the same model with pictures of the same size, up to `max_batch`
    pictures. So nobody waits for a batch to fill, an idle machine answers as fast as it can, a busy one works in
    batches, and no camera is starved: a plain semaphore lets the thread that just released it take it again.
    """

    def __init__(self, streams: int) -> None:
        if streams < 1:
            raise ValueError(f"There must be at least one stream, not {streams}.")
        self._free = streams
        self._queue: deque[_Request] = deque()
        self._lock = threading.Lock()

    def run(self, execute: Callable[[Pictures], Outputs], pictures: Pictures, *, max_batch: int) -> Outputs:
        """`execute(pictures)`, perhaps as part of a larger call of the same `execute`. The result is the caller's own.

        What `execute` raises for a shared call reaches each of its callers as an InferenceError.
        """
        mine = _Request(execute, pictures, max_batch)
        try:
            with self._lock:
                if self._free:
                    self._free -= 1
                    mine.batch = [mine]
                else:
                    self._queue.append(mine)
            if mine.batch is None:
                mine.woken.wait()
        except BaseException:
            self._give_up(mine)
            raise
        if mine.batch is not None:
            self._lead(mine.batch)
        return mine.result()

    def _give_up(self, mine: "_Request") -> None:
        """Leave the queue after an interrupt; a stream already handed over goes to those who were to share it."""
        with self._lock:
            if mine in self._queue:
                self._queue.remove(mine)
            elif mine.batch is not None:
                self._queue.extendleft(reversed(mine.batch[1:]))
                self._hand_over()

    def _lead(self, batch: "list[_Request]") -> None:
        try:
            if len(batch) == 1:
                batch[0].outputs = batch[0].execute(batch[0].pictures)
            else:
                _run_together(batch)
        except BaseException as error:
            for request in batch:
                request.failure = error
            if len(batch) == 1 or not isinstance(error, Exception):
                raise
        finally:
            with self._lock:
                self._hand_over()
            for request in batch[1:]:
                request.woken.set()

    def _hand_over(self) -> None:
        """Give the stream of the thread that holds the lock to the oldest in the queue, with its batch."""
        if not self._queue:
            self._free += 1
            return
        oldest = self._queue.popleft()
        batch, room = [oldest], oldest.max_batch - len(oldest.pictures)
        for request in list(self._queue):
            if request.joins(oldest) and len(request.pictures) <= room:
                self._queue.remove(request)
                room -= len(request.pictures)
                batch.append(request)
        oldest.batch = batch
        oldest.woken.set()


@dataclass(slots=True, eq=False)
class _Request:
    """One caller's pictures and, later, its outputs or why there are none. `batch` is set for whoever shall lead."""

    execute: Callable[[Pictures], Outputs]
    pictures: Pictures
    max_batch: int
    outputs: Outputs | None = None
    failure: BaseException | None = None
    batch: "list[_Request] | None" = None
    woken: threading.Event = field(default_factory=threading.Event)

    def joins(self, other: "_Request") -> bool:
        return self.execute == other.execute and self.pictures.shape[1:] == other.pictures.shape[1:]

    def result(self) -> Outputs:
        if self.outputs is None:
            raise InferenceError(f"The batch these pictures were part of failed: {self.failure}") from self.failure
        return self.outputs


def _run_together(batch: list[_Request]) -> None:
    together = np.concatenate([request.pictures for request in batch])
    try:
        outputs = batch[0].execute(together)
    finally:
        together.fill(0)
    start = 0
    for request in batch:
        stop = start + len(request.pictures)
        request.outputs = {name: rows[start:stop].copy() for name, rows in outputs.items()}
        start = stop
    for rows in outputs.values():
        rows.fill(0)
