"""The folder of a demonstration: deleted however it ends; what a crash left is deleted at the next start."""

import contextlib
import fcntl
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import typer

from openlfr.cli.hub_access import give_up
from openlfr.cli.stopping import STOPS, stopping_signals

PREFIX: Final = "openlfr-demo-"


@contextlib.contextmanager
def demonstration_folder() -> Iterator[Path]:
    """A new folder, deleted at the end, which a signal brings about in an orderly way from the first moment on.

    While it is used its descriptor is locked; the system lets go of that however the process ends. So a folder that
    nobody holds is what a killed process or a loss of power left, and is deleted first.
    """
    above = Path(tempfile.gettempdir())
    if _swept(above):
        typer.echo("An earlier demonstration was cut off: what it left is deleted now.")
    before = {number: signal.getsignal(number) for number in STOPS}
    for number in stopping_signals():
        signal.signal(number, signal.default_int_handler)
    try:
        folder, descriptor = _made()
    except OSError as error:
        give_up(f"No folder can be made in {above}: {error.strerror}. Name another one with TMPDIR.")
    try:
        yield folder
    finally:
        for number in STOPS:
            signal.signal(number, signal.SIG_IGN)
        shutil.rmtree(folder)
        os.close(descriptor)
        # A terminal that was closed reads nothing any more.
        with contextlib.suppress(OSError):
            typer.echo("Everything of the demonstration is deleted.")
        for number, handler in before.items():
            signal.signal(number, handler)


def _made() -> tuple[Path, int]:
    """A new folder and the descriptor that holds it. Whoever deletes leftovers may have been quicker: then another."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=PREFIX))
        descriptor = _held(folder)
        if descriptor is not None:
            return folder, descriptor


def _swept(above: Path) -> int:
    """Delete the folders of this user's demonstrations that no process holds; how many there were."""
    swept = 0
    for folder in above.glob(f"{PREFIX}*"):
        if folder.is_symlink() or folder.lstat().st_uid != os.getuid():
            continue
        descriptor = _held(folder)
        if descriptor is not None:
            shutil.rmtree(folder)
            os.close(descriptor)
            swept += 1
    return swept


def _held(folder: Path) -> int | None:
    """A descriptor that holds the folder; None when another process holds it or it is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if os.fstat(descriptor).st_ino == folder.stat().st_ino:
            return descriptor
    except OSError:
        pass
    os.close(descriptor)
    return None
