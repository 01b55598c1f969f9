"""Keeping faces in memory, and getting them out of it again."""

import ctypes
import resource
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

_PR_SET_DUMPABLE = 4
_MOST_SHARED_BYTES = 64


def overwrite(arrays: Iterable[NDArray[np.generic]]) -> None:
    """Fill arrays with zeros in place. Views overwrite what they look at."""
    for array in arrays:
        array[...] = 0


def overwrite_bytes(content: bytes) -> None:
    """Fill a bytes object that nobody else reads any more with zeros, where CPython keeps it.

    Bytes cannot be changed by Python itself, and those of a face must not wait in freed memory until that is reused.
    Only for long ones that were received: short ones and literals are shared throughout the process.
    """
    if len(content) > _MOST_SHARED_BYTES:
        ctypes.memset(id(content) + bytes.__basicsize__ - 1, 0, len(content))


def forbid_core_dumps() -> None:
    """No memory image of this process is ever written: not by a crash, and not by another process of the same user.

    Sets RLIMIT_CORE to 0 and the process to not dumpable (prctl(2)), which also closes /proc/PID/mem to others.
    Raises OSError when the system refuses, since faces must then not be processed.
    """
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), "The system refused to switch off memory dumps of this process.")
