"""Long acts, one after another on a thread of their own, so that no request waits for them.

A job lives in this process only: it does not outlive the hub's program, and whoever asks for it afterwards is told so.
What its act kept by then is kept; what it had not is asked for again. Jobs, and how many wait, are bounded.
"""

import threading
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

import structlog

from openlfr.policy.identifiers import NewId, StaffId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.schema import Clock

MOST_WAITING: Final = 20
_MOST_KEPT: Final = 200
_CLOSING_S: Final = 10.0

log = structlog.get_logger(__name__)


class JobKind(StrEnum):
    """What takes long."""

    WATCHLIST_IMPORT = "watchlist import"
    PURGE = "purge"
    AUDIT_VERIFICATION = "verification of the audit log"
    DELETION_VERIFICATION = "verification of deletion"
    REGULATOR_EXPORT = "regulator export"


class JobState(StrEnum):
    """Where a job is on its way."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED: Final = frozenset({JobState.DONE, JobState.REFUSED, JobState.FAILED, JobState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it stands. `done` of `total` units are done, where they can be counted. `record` is what it is about.

    `result` is there once it is done, `refusal` when the rules said no, `sentence` when it failed.
    """

    job: str
    kind: JobKind
    by: StaffId
    record: str
    state: JobState
    asked_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None
    done: int = 0
    total: int | None = None
    result: object | None = None
    refusal: Refusal | None = None
    sentence: str = ""


class JobCancelledError(Exception):
    """The hub stops: the act is to end where it is."""


class JobFailedError(Exception):
    """The act cannot be done; the message is one sentence for whoever asked for it."""


OnProgress = Callable[[int, int], None]
"""Called with the units done and their number; raises JobCancelledError when the act is to end."""
Task = Callable[[OnProgress], object]
"""Does the act and gives its result, or a Refusal. May raise JobFailedError."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    job: str
    task: Task
    afterwards: Callable[[], None]


class Work:
    """The one worker of a hub. Thread-safe; its thread begins with the first job."""

    def __init__(self, clock: Clock, new_id: NewId) -> None:
        self._clock = clock
        self._new_id = new_id
        self._jobs: OrderedDict[str, Job] = OrderedDict()
        self._waiting: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._worker: threading.Thread | None = None

    def begin(
        self,
        kind: JobKind,
        by: StaffId,
        record: str,
        task: Task,
        afterwards: Callable[[], None] = lambda: None,
    ) -> Job | Refusal:
        """Have a task done when those before it are; refused when too many wait.

        `afterwards` is called however the job ends, also when it never began or is refused here.
        """
        with self._changed:
            if self._closing or len(self._waiting) >= MOST_WAITING:
                refusal = Refusal(
                    RefusalCode.NOT_READY,
                    f"{len(self._waiting)} jobs wait already, which is the most: try again when one has ended.",
                )
            else:
                job = Job(self._new_id(), kind, by, record, JobState.WAITING, self._clock())
                self._jobs[job.job] = job
                self._waiting.append(_Waiting(job.job, task, afterwards))
                self._forget_oldest()
                if self._worker is None:
                    self._worker = threading.Thread(target=self._run, name="hub work", daemon=True)
                    self._worker.start()
                self._changed.notify_all()
                return job
        afterwards()
        return refusal

    def job(self, job: str, by: StaffId) -> Job | Refusal:
        """A job as it stands, for whoever asked for it."""
        with self._changed:
            found = self._jobs.get(job)
        if found is None or found.by != by:
            return Refusal(
                RefusalCode.UNKNOWN_RECORD,
                "There is no such job of yours. Jobs do not outlive the hub's program: if it was started anew, look at "
                "what was kept, and ask again.",
            )
        return found

    def jobs(self, by: StaffId) -> list[Job]:
        """The jobs somebody asked for, the newest first, as far as they are remembered."""
        with self._changed:
            return [each for each in reversed(self._jobs.values()) if each.by == by]

    def settled(self, job: str, timeout_s: float) -> Job:
        """The job once it has ended, or as it is after so many seconds. Raises KeyError for an unknown one."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs[job].state in ENDED, timeout_s)
            return self._jobs[job]

    def close(self, wait_s: float = _CLOSING_S) -> None:
        """End: nothing new begins, what runs is cancelled where it next counts, and is waited for so long."""
        with self._changed:
            self._closing = True
            given_up = list(self._waiting)
            self._waiting.clear()
            for each in given_up:
                self._note(each.job, state=JobState.CANCELLED, ended_at=self._clock())
            self._changed.notify_all()
        for each in given_up:
            each.afterwards()
        if self._worker is not None:
            self._worker.join(wait_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing)
                if self._closing:
                    return
                next_one = self._waiting.popleft()
                self._note(next_one.job, state=JobState.RUNNING, started_at=self._clock())
            ended = self._done(next_one)
            with self._changed:
                self._note(next_one.job, ended_at=self._clock(), **ended)

    def _done(self, waiting: _Waiting) -> dict[str, object]:
        """Do one task; what it changes of its job."""

        def progress(done: int, total: int) -> None:
            with self._changed:
                if self._closing:
                    raise JobCancelledError
                self._note(waiting.job, done=done, total=total)

        try:
            result = waiting.task(progress)
        except JobCancelledError:
            return {"state": JobState.CANCELLED}
        except JobFailedError as error:
            return {"state": JobState.FAILED, "sentence": str(error)}
        except Exception as error:  # a fault of one job must not end the worker
            # What the error says may name people or folders: its kind is enough to find the place.
            log.error("job_failed", job=waiting.job, kind=type(error).__name__)  # noqa: TRY400
            sentence = f"The hub could not do this. Give the administrator this number: {waiting.job}."
            return {"state": JobState.FAILED, "sentence": sentence}
        finally:
            waiting.afterwards()
        if isinstance(result, Refusal):
            return {"state": JobState.REFUSED, "refusal": result}
        return {"state": JobState.DONE, "result": result}

    def _note(self, job: str, **changes: object) -> None:
        if job in self._jobs:
            self._jobs[job] = replace(self._jobs[job], **changes)  # type: ignore[arg-type]
            self._changed.notify_all()

    def _forget_oldest(self) -> None:
        ended = [each.job for each in self._jobs.values() if each.state in ENDED]
        for each in ended[: max(len(self._jobs) - _MOST_KEPT, 0)]:
            del self._jobs[each]
