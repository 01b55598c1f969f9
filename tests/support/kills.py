"""Running work in a process of its own and killing it, as a loss of power or the system's out-of-memory killer does."""

import multiprocessing
import os
import random
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import Any

_CONTEXT = multiprocessing.get_context("forkserver")
_CONTEXT.set_forkserver_preload(["openlfr.records.hub_records", "openlfr.records.retention", "tests.support.purgeable"])

_START_WAIT_S = 60


def work_until_killed(
    work: Callable[..., None], *arguments: object, chance: random.Random, at_most_s: float
) -> list[Any]:
    """Start `work(report, *arguments)`, kill it at a random moment after its first report; all it reported.

    `work` sends one message when it is ready, then one after each step that is done for good. It may also end by
    itself before it is killed.
    """
    ours, theirs = _CONTEXT.Pipe(duplex=False)
    process = _CONTEXT.Process(target=work, args=(theirs, *arguments))
    process.start()
    theirs.close()
    reports = _read(ours, _START_WAIT_S)
    time.sleep(chance.uniform(0, at_most_s))
    if process.pid is not None and process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    process.join()
    while more := _read(ours, 0):
        reports += more
    assert process.exitcode in (0, -signal.SIGKILL), f"the work failed by itself: exit code {process.exitcode}"
    return reports


def _read(connection: Connection, wait_s: float) -> list[Any]:
    try:
        return [connection.recv()] if connection.poll(wait_s) else []
    except EOFError:
        return []
