"""Prepared models on disk: written atomically, checked when read, never trusted when damaged.

Preparation gives the same bytes for the same source, so two processes that prepare at once write the same file.
"""

import contextlib
import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path


def read_or_build(folder: Path, key: str, build: Callable[[], bytes]) -> tuple[bytes, str | None]:
    """The bytes kept in `folder` under `key`, or `build()`'s, kept for next time.

    The SHA-256 lies beside the file; a file that does not match it is built anew. The second value is a warning in one
    sentence when the folder cannot be written: then the bytes are good, and will be built again next time.
    """
    path, checksum = folder / f"{key}.onnx", folder / f"{key}.onnx.sha256"
    with contextlib.suppress(OSError):
        kept = path.read_bytes()
        if hashlib.sha256(kept).hexdigest() == checksum.read_text(encoding="ascii", errors="replace").strip():
            return kept, None
    built = build()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(path, built)
        write_whole(checksum, hashlib.sha256(built).hexdigest().encode() + b"\n")
    except OSError as error:
        return built, (
            f"Prepared models cannot be kept in {folder} ({error.strerror}); they are prepared anew at every start."
        )
    return built, None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that a reader, or a machine that loses power, finds the old content or the new, never a part."""
    descriptor, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Make renames inside `folder` last through a loss of power."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
