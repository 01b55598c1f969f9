import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

from openlfr.vision.inference import InferenceError, Outputs, Pictures
from openlfr.vision.inference.turns import Turns


def marked(first: int, count: int = 1, side: int = 2) -> NDArray[np.uint8]:
    """Pictures filled with their own number: first, first + 1, ..."""
    numbers = np.arange(first, first + count, dtype=np.uint8)
    return np.ones((count, side, side, 3), np.uint8) * numbers[:, None, None, None]


class Model:
    """Answers each picture with its number; holds every run until told to go on."""

    def __init__(self) -> None:
        self.runs: list[list[int]] = []
        self.given: list[Pictures] = []
        self.most_at_once = 0
        self.failure: Exception | None = None
        self.go_on = threading.Event()
        self._running = 0
        self._lock = threading.Lock()

    def execute(self, pictures: Pictures) -> Outputs:
        with self._lock:
            self._running += 1
            self.most_at_once = max(self.most_at_once, self._running)
            self.runs.append(pictures[:, 0, 0, 0].tolist())
            self.given.append(pictures)
        self.go_on.wait(10)
        with self._lock:
            self._running -= 1
        if self.failure is not None:
            raise self.failure
        return {"number": pictures[:, 0, 0, :1].astype(np.float32)}


def until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not condition():
        assert time.monotonic() < deadline, "nothing happened for ten seconds"
        time.sleep(0.001)


class Callers:
    """Threads that ask one after another, each only once the one before is running or in the queue."""

    def __init__(self, turns: Turns) -> None:
        self.turns = turns
        self.pool = ThreadPoolExecutor(64)

    def ask(self, model: Model, pictures: Pictures, max_batch: int = 8) -> "Future[list[float]]":
        before = self.turns._free + len(self.turns._queue), len(self.turns._queue)
        answer = self.pool.submit(
            lambda: [float(x) for x in self.turns.run(model.execute, pictures, max_batch=max_batch)["number"][:, 0]]
        )
        until(lambda: (self.turns._free + len(self.turns._queue), len(self.turns._queue)) != before)
        return answer


@pytest.fixture
def callers() -> Callers:
    return Callers(Turns(1))


def test_callers_that_wait_share_the_next_run_and_each_gets_its_own_rows(callers: Callers) -> None:
    model = Model()
    first = callers.ask(model, marked(1))
    waiting = [callers.ask(model, marked(10, 2)), callers.ask(model, marked(20)), callers.ask(model, marked(30, 3))]
    model.go_on.set()
    assert first.result(10) == [1]
    assert [answer.result(10) for answer in waiting] == [[10, 11], [20], [30, 31, 32]]
    assert model.runs == [[1], [10, 11, 20, 30, 31, 32]]


def test_a_batch_is_never_larger_than_allowed_and_small_requests_fill_it_up(callers: Callers) -> None:
    model = Model()
    answers = [callers.ask(model, marked(n, count), max_batch=4) for n, count in ((1, 1), (10, 3), (20, 2), (30, 1))]
    model.go_on.set()
    for answer in answers:
        answer.result(10)
    assert model.runs == [[1], [10, 11, 12, 30], [20, 21]]


def test_pictures_of_another_size_or_model_are_not_mixed_in(callers: Callers) -> None:
    model, other = Model(), Model()
    other.go_on.set()
    answers = [
        callers.ask(model, marked(1)),
        callers.ask(model, marked(2)),
        callers.ask(other, marked(3)),
        callers.ask(model, marked(4, side=3)),
        callers.ask(model, marked(5)),
    ]
    model.go_on.set()
    assert [answer.result(10) for answer in answers] == [[1], [2], [3], [4], [5]]
    assert (model.runs, other.runs) == ([[1], [2, 5], [4]], [[3]])


def test_turns_are_taken_in_the_order_of_coming(callers: Callers) -> None:
    model = Model()
    answers = [callers.ask(model, marked(n), max_batch=1) for n in range(1, 20)]
    model.go_on.set()
    for answer in answers:
        answer.result(10)
    assert model.runs == [[n] for n in range(1, 20)]


@pytest.mark.parametrize("streams", [1, 2, 3])
def test_no_more_runs_go_on_at_once_than_there_are_streams(streams: int) -> None:
    callers, model = Callers(Turns(streams)), Model()
    answers = [callers.ask(model, marked(n), max_batch=1) for n in range(1, 9)]
    until(lambda: len(model.runs) == streams)
    model.go_on.set()
    assert [answer.result(10) for answer in answers] == [[n] for n in range(1, 9)]
    assert model.most_at_once == streams
    assert (callers.turns._free, len(callers.turns._queue)) == (streams, 0)


def test_the_copy_made_for_a_shared_run_is_overwritten_and_the_callers_pictures_are_not(callers: Callers) -> None:
    model = Model()
    pictures = [marked(1), marked(2), marked(3)]
    answers = [callers.ask(model, each) for each in pictures]
    model.go_on.set()
    for answer in answers:
        answer.result(10)
    assert not model.given[1].any()
    assert [each[0, 0, 0, 0] for each in pictures] == [1, 2, 3]


def test_a_run_that_fails_fails_for_its_callers_only(callers: Callers) -> None:
    model, sound = Model(), Model()
    sound.go_on.set()
    alone = callers.ask(model, marked(1))
    shared = [callers.ask(model, marked(2)), callers.ask(model, marked(3))]
    after = callers.ask(sound, marked(4))
    model.failure = InferenceError("the processor is on fire")
    model.go_on.set()
    with pytest.raises(InferenceError, match=r"^the processor is on fire$"):
        alone.result(10)
    for answer in shared:
        with pytest.raises(InferenceError, match="these pictures were part of failed: the processor is on fire"):
            answer.result(10)
    assert after.result(10) == [4]
    assert callers.turns._free == 1


def interrupt_main_thread() -> None:
    """What Ctrl-C does."""
    main = threading.main_thread().ident
    assert main is not None
    signal.pthread_kill(main, signal.SIGINT)


def test_who_is_interrupted_in_the_queue_is_not_run(callers: Callers) -> None:
    model = Model()
    first = callers.ask(model, marked(1))

    def interrupt_once_queued() -> None:
        until(lambda: len(callers.turns._queue) == 1)
        time.sleep(0.05)  # in the queue, and now truly waiting
        interrupt_main_thread()

    callers.pool.submit(interrupt_once_queued)
    with pytest.raises(KeyboardInterrupt):
        callers.turns.run(model.execute, marked(2), max_batch=8)
    later = callers.ask(model, marked(3))
    model.go_on.set()
    assert (first.result(10), later.result(10)) == ([1], [3])
    assert model.runs == [[1], [3]]


def test_who_is_interrupted_just_when_its_turn_comes_passes_the_turn_on() -> None:
    callers, model = Callers(Turns(2)), Model()
    turns = callers.turns
    first = callers.ask(model, marked(1))
    with turns._lock:
        turns._free -= 1  # somebody has the second stream

    def interrupt_while_handing_over() -> list[float]:
        until(lambda: len(turns._queue) == 1)
        other = callers.ask(model, marked(3))
        with turns._lock:
            interrupt_main_thread()
            time.sleep(0.1)  # the interrupted thread now waits for the lock, to give up its place
            turns._hand_over()  # the second stream comes free, and the turn is theirs
        return other.result(10)

    other = callers.pool.submit(interrupt_while_handing_over)
    with pytest.raises(KeyboardInterrupt):
        turns.run(model.execute, marked(2), max_batch=8)
    model.go_on.set()
    assert (first.result(10), other.result(10)) == ([1], [3])
    assert sorted(model.runs) == [[1], [3]]
    until(lambda: turns._free == 2)
