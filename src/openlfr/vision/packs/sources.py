"""What a pack can be added from: a folder, an archive, or a manifest at an address with its files beside it.

Of each only the files that the manifest names are read, under the paths that the manifest's parser has let through, so
nothing can be written outside the pack's own folder, whatever an archive contains.
"""

import errno
import hashlib
import lzma
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path, PurePosixPath
from typing import IO, Protocol
from urllib.parse import quote, urljoin

from openlfr.vision.packs.download import Limits, download, is_address, shown
from openlfr.vision.packs.manifest import MANIFEST_NAME, MAX_MANIFEST_BYTES, PackError

MAX_ARCHIVE_MEMBERS = 10_000
_PIECE_BYTES = 1 << 20


class PackSource(Protocol):
    def manifest(self) -> bytes:
        """The text of the manifest. Raises PackError when there is none."""
        ...

    def copy(self, path: str, to: Path) -> None:
        """Write the file the manifest calls `path` to `to`. Raises PackError when it is not there or too large."""
        ...


def open_source(source: str, sha256: str | None, scratch: Path, limits: Limits) -> PackSource:
    """Look at what `source` is, and that its SHA-256 is `sha256`: of the file for an archive or a manifest, of the
    manifest for a folder. An address needs a hash; it is downloaded into the folder `scratch` first.

    Raises PackError when there is nothing there, the hash is another, or an address comes without one.
    """
    if sha256 is not None:
        sha256 = sha256.lower()
        if len(sha256) != 64 or not set(sha256) <= set("0123456789abcdef"):
            raise PackError("A SHA-256 is 64 hexadecimal digits; copy it whole from the pack's publisher.")
    if is_address(source):
        if sha256 is None:
            raise PackError("An address needs --sha256 with the hash its publisher gives, so that nobody can swap it.")
        path = scratch / "download"
        download(source, path, limits)
        name = shown(source)
    else:
        path, name = Path(source), source
        if path.is_dir():
            path = path / MANIFEST_NAME
        if not path.is_file():
            raise PackError(
                f"There is no pack at {path}; give a folder with a {MANIFEST_NAME}, an archive or an address."
            )
    if sha256 is not None and (found := _sha256_of(path)) != sha256:
        raise PackError(
            f"{name} has the SHA-256 {found}, not {sha256}; it was changed or damaged, so nothing was added."
        )
    if tarfile.is_tarfile(path):
        return ArchiveSource(partial(_tar_members, path, limits), limits)
    if zipfile.is_zipfile(path):
        return ArchiveSource(partial(_zip_members, path, limits), limits)
    return AddressSource(source, path, limits) if is_address(source) else FolderSource(path, limits)


class FolderSource:
    """A folder; `manifest_path` is the manifest in it."""

    def __init__(self, manifest_path: Path, limits: Limits) -> None:
        self._path = manifest_path
        self._limits = limits

    def manifest(self) -> bytes:
        return _manifest_of(self._path)

    def copy(self, path: str, to: Path) -> None:
        folder = self._path.parent.resolve()
        file = (folder / path).resolve()
        if not file.is_relative_to(folder):
            raise PackError(f"{path} is a link to outside the pack's folder; put the file itself there.")
        if not file.is_file():
            raise PackError(f"The file {path}, which the manifest names, is not in {folder}.")
        with file.open("rb") as stream:
            _copy_bounded(stream, to, path, self._limits)


class AddressSource:
    """A manifest at an address; its files have addresses relative to its own, and the hashes it names."""

    def __init__(self, address: str, manifest_path: Path, limits: Limits) -> None:
        self._address = address
        self._path = manifest_path
        self._limits = limits

    def manifest(self) -> bytes:
        return _manifest_of(self._path)

    def copy(self, path: str, to: Path) -> None:
        download(urljoin(self._address, quote(path)), to, self._limits)


class ArchiveSource:
    """A tar (compressed or not) or zip archive with the manifest at its root or in its one folder. Links in it count
    as not there."""

    def __init__(self, members: Callable[[], Iterator[tuple[str, IO[bytes]]]], limits: Limits) -> None:
        self._members = members
        self._limits = limits
        self._folder = PurePosixPath()

    def manifest(self) -> bytes:
        found: list[tuple[PurePosixPath, bytes]] = []
        with _damage_reported():
            for name, stream in self._members():
                path = PurePosixPath(name)
                if path.name == MANIFEST_NAME and len(path.parts) <= 2:
                    found.append((path.parent, stream.read(MAX_MANIFEST_BYTES + 1)))
        if len(found) != 1:
            raise PackError(f"The archive must hold one {MANIFEST_NAME}, at its root or in its one folder.")
        self._folder, text = found[0]
        return text

    def copy(self, path: str, to: Path) -> None:
        with _damage_reported():
            for name, stream in self._members():
                if PurePosixPath(name) == self._folder / path:
                    _copy_bounded(stream, to, path, self._limits)
                    return
        raise PackError(f"The file {path}, which the manifest names, is not in the archive.")


def _tar_members(archive: Path, limits: Limits) -> Iterator[tuple[str, IO[bytes]]]:
    unpacked = 0
    with tarfile.open(archive) as tar:
        for count, member in enumerate(tar, 1):
            unpacked += member.size
            _check_extent(count, unpacked, limits)
            if member.isreg() and (stream := tar.extractfile(member)) is not None:
                yield member.name, stream


def _zip_members(archive: Path, limits: Limits) -> Iterator[tuple[str, IO[bytes]]]:
    with zipfile.ZipFile(archive) as opened:
        entries = opened.infolist()
        _check_extent(len(entries), sum(entry.file_size for entry in entries), limits)
        for entry in entries:
            if not entry.is_dir() and not stat.S_ISLNK(entry.external_attr >> 16):
                with opened.open(entry) as stream:
                    yield entry.filename, stream


def _check_extent(members: int, unpacked_bytes: int, limits: Limits) -> None:
    if members > MAX_ARCHIVE_MEMBERS or unpacked_bytes > limits.archive_bytes:
        raise PackError(
            f"The archive is too large: at most {MAX_ARCHIVE_MEMBERS} files and {limits.archive_bytes} bytes, unpacked."
        )


@contextmanager
def _damage_reported() -> Iterator[None]:
    try:
        yield
    except (
        tarfile.TarError,
        zipfile.BadZipFile,
        lzma.LZMAError,
        zlib.error,
        EOFError,
        NotImplementedError,  # a compression Python does not know
        RuntimeError,  # zipfile's word for an encrypted member
    ) as error:
        raise PackError(f"The archive is damaged, encrypted or of an unknown kind ({error}).") from error
    except OSError as error:
        # From gzip and bz2 without a number, from a seek to where a damaged index points as EINVAL; else the disk's.
        if error.errno not in {None, errno.EINVAL}:
            raise
        raise PackError(f"The archive is damaged ({error}).") from error


def _manifest_of(path: Path) -> bytes:
    with path.open("rb") as stream:
        return stream.read(MAX_MANIFEST_BYTES + 1)


def _copy_bounded(stream: IO[bytes], to: Path, path: str, limits: Limits) -> None:
    copied = 0
    with to.open("wb") as file:
        while piece := stream.read(_PIECE_BYTES):
            copied += len(piece)
            if copied > limits.file_bytes:
                raise PackError(f"The file {path} is larger than {limits.file_bytes} bytes, the most a file may be.")
            file.write(piece)


def _sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
