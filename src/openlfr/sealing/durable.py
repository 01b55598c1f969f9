"""Files that are replaced whole or not at all, and old contents that are overwritten before they are let go."""

import os
from pathlib import Path

_OVERWRITE_CHUNK = 1 << 20


def sync_folder(folder: Path) -> None:
    """Make a creation, rename or removal in this folder survive a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_synced(path: Path, content: bytes) -> None:
    """Write a file readable by its owner only, and wait until it is on the disk."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def erase(path: Path) -> None:
    """Overwrite a file with zeros and unlink it.

    On flash storage and on copy-on-write file systems the old blocks may survive elsewhere; what protects them there
    is that they are sealed. Nothing happens when there is no such file.
    """
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except FileNotFoundError:
        return
    with os.fdopen(descriptor, "wb") as file:
        left = os.fstat(file.fileno()).st_size
        zeros = bytes(min(left, _OVERWRITE_CHUNK))
        while left > 0:
            left -= file.write(zeros[: min(left, len(zeros))])
        file.flush()
        os.fsync(file.fileno())
    path.unlink()


class ReplacedWhole:
    """A file that always holds either its old content or its new one, however the program ends.

    Every replacement leaves the old content overwritten. A replacement cut short is cleaned up by `recover`, which
    must be called under the same lock as `replace`. Needs a file system with hard links.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._new = path.with_name(path.name + ".new")
        self._old = path.with_name(path.name + ".old")

    @property
    def leftovers(self) -> tuple[Path, Path]:
        """Where an interrupted replacement may have left something, until `recover` is called."""
        return self._new, self._old

    def recover(self) -> None:
        """Finish what an interrupted `replace` left: the unfinished new file and the old content go."""
        erase(self._new)
        if self._old.exists():
            if self.path.exists() and self._old.samefile(self.path):
                # Killed after the link and before the rename: the "old" name is the valid file itself.
                self._old.unlink()
            else:
                erase(self._old)
            sync_folder(self.path.parent)

    def replace(self, content: bytes) -> None:
        """Put new content in place of the old. Raises OSError with the old content untouched."""
        self.recover()
        try:
            write_synced(self._new, content)
            if self.path.exists():
                os.link(self.path, self._old)
            self._new.replace(self.path)
        except OSError:
            self.recover()
            raise
        sync_folder(self.path.parent)
        erase(self._old)
        sync_folder(self.path.parent)
