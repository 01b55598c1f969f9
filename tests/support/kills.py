"""Killing work at a chosen step, as a loss of power or the system's out-of-memory killer does at any.

A step is a call that reaches the disk, the database or another process. The work runs in a process of its own that
sends itself SIGKILL just before a step: nothing of it runs any more, and how busy the machine is does not matter.
"""

import multiprocessing
import os
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import FrameType
from typing import Any, Final

_CONTEXT: Final = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["openlfr.records.hub_records", "openlfr.records.retention", "tests.support.purgeable"])

_STEPS: Final = frozenset(
    {"execute", "executemany", "commit", "rollback", "wait", "fsync", "fdatasync", "write", "link", "replace", "unlink"}
)
"""Names of the functions, in Python, in the drivers and in the system's library, whose calls are steps."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How the work ended: everything it reported, and the number of steps it took if it was let go to the end."""

    reports: list[Any]
    steps: int | None


def work_killed_before(step: int | None, work: Callable[..., None], *arguments: object) -> Ended:
    """Run `work(report, *arguments)` and kill it before its `step`-th step, counted from 0; None lets it end.

    `work` calls `report` with each thing that is done for good.
    """
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=_work, args=(theirs, step, work, arguments))
    process.start()
    theirs.close()
    messages = []
    while True:
        try:
            messages.append(ours.recv())
        except EOFError:
            break
    process.join()
    assert process.exitcode in (0, -signal.SIGKILL), f"the work failed by itself: exit code {process.exitcode}"
    reports = [content for kind, content in messages if kind == "report"]
    return Ended(reports, next((content for kind, content in messages if kind == "steps"), None))


def _work(connection: Connection, step: int | None, work: Callable[..., None], arguments: tuple[object, ...]) -> None:
    taken = 0

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal taken
        if event == "c_call":
            name = argument.__name__
        elif event == "call":
            name = frame.f_code.co_name
        else:
            return
        if name in _STEPS:
            if taken == step:
                os.kill(os.getpid(), signal.SIGKILL)
            taken += 1

    def report(content: object) -> None:
        sys.setprofile(None)
        connection.send(("report", content))
        sys.setprofile(watch)

    sys.setprofile(watch)
    work(report, *arguments)
    sys.setprofile(None)
    connection.send(("steps", taken))
