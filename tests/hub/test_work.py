"""Long acts one after another: their progress is seen by whoever asked, they end cleanly, and none waits for ever."""

import threading
from collections.abc import Iterator

import pytest
from tests.support.database import HandClock
from tests.support.deployment_values import counted_ids

from openlfr.hub.work import MOST_WAITING, Job, JobFailedError, JobKind, JobState, OnProgress, Task, Work
from openlfr.policy.identifiers import StaffId
from openlfr.policy.refusal import Refusal, RefusalCode

ANN, BOB = StaffId("ann"), StaffId("bob")
LIMIT_S = 60.0


@pytest.fixture
def work() -> Iterator[Work]:
    running = Work(HandClock(), counted_ids())
    yield running
    running.close()


def begun(work: Work, task: Task, by: StaffId = ANN) -> Job:
    job = work.begin(JobKind.PURGE, by, "all", task)
    assert isinstance(job, Job), job
    return job


class Held:
    """A task that goes on when it is let go, and counts on."""

    def __init__(self) -> None:
        self.started, self.go_on = threading.Event(), threading.Event()

    def __call__(self, progress: OnProgress) -> str:
        progress(1, 3)
        self.started.set()
        self.go_on.wait(LIMIT_S)
        progress(2, 3)
        return "done"


def test_a_job_runs_on_and_says_how_far_it_is(work: Work) -> None:
    held = Held()
    job = begun(work, held)
    held.started.wait(LIMIT_S)
    running = work.job(job.job, ANN)
    assert isinstance(running, Job)
    assert (running.state, running.done, running.total) == (JobState.RUNNING, 1, 3)
    held.go_on.set()
    ended = work.settled(job.job, LIMIT_S)
    assert (ended.state, ended.result, ended.done) == (JobState.DONE, "done", 2)


def test_nobody_sees_the_jobs_of_others(work: Work) -> None:
    job = begun(work, lambda _: "mine")
    work.settled(job.job, LIMIT_S)
    refusal = work.job(job.job, BOB)
    assert isinstance(refusal, Refusal)
    assert refusal.code is RefusalCode.UNKNOWN_RECORD
    assert "do not outlive the hub's program" in refusal.sentence
    assert (work.jobs(BOB), [each.job for each in work.jobs(ANN)]) == ([], [job.job])


def test_a_refusal_a_failure_and_a_fault_end_one_job_and_not_the_worker(work: Work) -> None:
    def failing(_: OnProgress) -> object:
        raise JobFailedError("The file lacks a column.")

    def faulty(_: OnProgress) -> object:
        raise RuntimeError("Zbigniew Quibbleworth in /home/somebody")

    refused = work.settled(begun(work, lambda _: Refusal(RefusalCode.NOT_READY, "Not yet.")).job, LIMIT_S)
    failed = work.settled(begun(work, failing).job, LIMIT_S)
    fault = work.settled(begun(work, faulty).job, LIMIT_S)
    assert (refused.state, refused.refusal is not None) == (JobState.REFUSED, True)
    assert (failed.state, failed.sentence) == (JobState.FAILED, "The file lacks a column.")
    assert fault.state is JobState.FAILED
    assert "Quibbleworth" not in fault.sentence
    assert work.settled(begun(work, lambda _: 1).job, LIMIT_S).state is JobState.DONE


def test_more_than_may_wait_are_refused_and_tidied_up(work: Work) -> None:
    held = Held()
    begun(work, held)
    held.started.wait(LIMIT_S)
    waiting = [begun(work, lambda _: None) for _ in range(MOST_WAITING)]
    tidied = threading.Event()
    refusal = work.begin(JobKind.PURGE, ANN, "all", lambda _: None, tidied.set)
    assert isinstance(refusal, Refusal)
    assert tidied.is_set()
    held.go_on.set()
    assert all(work.settled(each.job, LIMIT_S).state is JobState.DONE for each in waiting)


def test_closing_cancels_what_runs_and_what_waits_and_tidies_both_up(work: Work) -> None:
    held, tidied = Held(), threading.Semaphore(0)
    running = work.begin(JobKind.WATCHLIST_IMPORT, ANN, "list", held, tidied.release)
    waiting = work.begin(JobKind.WATCHLIST_IMPORT, ANN, "list", held, tidied.release)
    assert isinstance(running, Job)
    assert isinstance(waiting, Job)
    held.started.wait(LIMIT_S)
    closing = threading.Thread(target=work.close, args=(LIMIT_S,))
    closing.start()
    assert work.settled(waiting.job, LIMIT_S).state is JobState.CANCELLED
    held.go_on.set()
    closing.join(LIMIT_S)
    assert work.settled(running.job, LIMIT_S).state is JobState.CANCELLED
    assert tidied.acquire(timeout=LIMIT_S)
    assert tidied.acquire(timeout=LIMIT_S)
    assert isinstance(work.begin(JobKind.PURGE, ANN, "all", lambda _: None), Refusal)
