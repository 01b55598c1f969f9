"""Files under one signature: a manifest of names, sizes and hashes, signed by the hub, beside the files themselves.

Evidence packs, regulator exports and published reports are all such sets, as a folder or as one zip file, and one
check finds any byte that was changed and any file that is missing or was added.
"""

import hashlib
import shutil
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import IO, Final

from openlfr.policy.documents import DocumentError, from_document, to_document
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.signature import SignedDocument, SigningKey, VerifyKey

MANIFEST: Final = "manifest.json"
MANIFEST_KIND: Final = "manifest of files"
MOST_FILES: Final = 100_000
_LARGEST_MANIFEST: Final = 64 * 1024 * 1024
_BLOCK: Final = 1 << 20
_ZIP_EPOCH: Final = (1980, 1, 1, 0, 0, 0)


class SignedFilesError(Exception):
    """A set of files is not what was signed; the message is one sentence that says what is wrong."""


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One file: its name with `/` between folders, its size in bytes and SHA-256."""

    name: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a set of files is ("evidence pack", ...), about which record, when it was made, and every file in it."""

    kind: str
    subject: str
    made_at: datetime
    files: tuple[FileEntry, ...]


def signed_manifest(kind: str, subject: str, made_at: datetime, files: Mapping[str, bytes], key: SigningKey) -> bytes:
    """The manifest of these files, signed. Raises ValueError for a name that could leave its folder."""
    entries = tuple(
        FileEntry(_checked_name(name), len(content), hashlib.sha256(content).hexdigest())
        for name, content in sorted(files.items())
    )
    return key.sign_document(MANIFEST_KIND, to_document(Manifest(kind, subject, made_at, entries))).to_bytes()


def write_zip(target: Path, files: Mapping[str, bytes], manifest: bytes) -> None:
    """All files and the manifest in one new zip file. Raises FileExistsError rather than overwrite, OSError."""
    try:
        with target.open("xb") as file, zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:
            target.chmod(0o600)
            for name, content in [(MANIFEST, manifest), *sorted(files.items())]:
                pack.writestr(zipfile.ZipInfo(name, _ZIP_EPOCH), content, zipfile.ZIP_DEFLATED)
    except FileExistsError:
        raise
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def write_folder(target: Path, files: Mapping[str, bytes], manifest: bytes, *, public: bool = False) -> None:
    """All files and the manifest in a new folder, for its owner only unless `public`.

    Raises FileExistsError rather than mix with another's, and OSError.
    """
    with new_folder(target, public=public) as open_new:
        for name, content in [*files.items(), (MANIFEST, manifest)]:
            with open_new(_checked_name(name)) as file:
                file.write(content)


OpenNew = Callable[[str], IO[bytes]]
"""Opens a new file of a set for writing, by its name; one at a time."""


@contextmanager
def new_folder(target: Path, *, public: bool = False) -> Iterator[OpenNew]:
    """A new folder, for its owner only unless `public`, gone again if it could not be filled. Raises FileExistsError,
    OSError."""
    target.mkdir(mode=0o755 if public else 0o700)

    def open_new(name: str) -> IO[bytes]:
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        return path.open("xb")

    try:
        yield open_new
    except BaseException:
        shutil.rmtree(target, ignore_errors=True)
        raise


@contextmanager
def new_zip(file: IO[bytes]) -> Iterator[OpenNew]:
    """A zip file written into an open one, which need not be kept in memory nor read again."""
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as pack:

        def open_new(name: str) -> IO[bytes]:
            info = zipfile.ZipInfo(name, _ZIP_EPOCH)
            info.compress_type = zipfile.ZIP_DEFLATED
            return pack.open(info, "w", force_zip64=True)

        yield open_new


def write_signed(
    open_new: OpenNew,
    kind: str,
    subject: str,
    made_at: datetime,
    files: Iterable[tuple[str, Iterable[bytes]]],
    key: SigningKey,
) -> Manifest:
    """Write files piece by piece as they are made, and their signed manifest last: none is ever whole in memory.

    Raises ValueError for a name that could leave its folder.
    """
    entries = []
    for name, pieces in files:
        size, digest = 0, hashlib.sha256()
        with open_new(_checked_name(name)) as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                size += len(piece)
        entries.append(FileEntry(name, size, digest.hexdigest()))
    manifest = Manifest(kind, subject, made_at, tuple(sorted(entries, key=lambda each: each.name)))
    with open_new(MANIFEST) as file:
        file.write(key.sign_document(MANIFEST_KIND, to_document(manifest)).to_bytes())
    return manifest


def check_files(source: Path, trusted: VerifyKey) -> Manifest:
    """Verify a folder or zip file offline, given only the hub's public key.

    Raises SignedFilesError for the first thing that is wrong, and OSError when it cannot be read.
    """
    with _opened(source) as there:
        manifest = _manifest(there, trusted)
        expected = {each.name: each for each in manifest.files}
        found = there.names() - {MANIFEST}
        if missing := sorted(expected.keys() - found):
            raise SignedFilesError(f"The file {missing[0]} is missing.")
        if extra := sorted(found - expected.keys()):
            raise SignedFilesError(f"The file {extra[0]!r} does not belong to what was signed.")
        for each in manifest.files:
            with there.file(each.name) as file:
                size, digest = 0, hashlib.sha256()
                while block := file.read(_BLOCK):
                    size += len(block)
                    digest.update(block)
                    if size > each.size:
                        break
            if (size, digest.hexdigest()) != (each.size, each.sha256):
                raise _changed(each)
    return manifest


def lines_checked(source: Path, manifest: Manifest, name: str) -> Iterator[bytes]:
    """The lines of a file of a set that was checked; its hash once more. Raises SignedFilesError, also at its end."""
    entry = next((each for each in manifest.files if each.name == name), None)
    if entry is None:
        raise SignedFilesError(f"The file {name} is missing.")
    with _opened(source) as there:
        yield from _lines(there, entry)


def check_documents(source: Path, manifest: Manifest, trusted: VerifyKey, kinds: Sequence[tuple[str, str]]) -> int:
    """Verify those files of a checked set that hold signed documents of their own, one a line, told by how their names
    begin.

    Returns how many there are. Raises SignedFilesError for one that `trusted` did not sign.
    """
    count = 0
    with _opened(source) as there:
        for each in manifest.files:
            kind = next((kind for beginning, kind in kinds if each.name.startswith(beginning)), None)
            if kind is None:
                continue
            for line in _lines(there, each):
                try:
                    SignedDocument.from_bytes(line).opened_by(trusted, kind)
                except SignatureInvalidError as error:
                    raise SignedFilesError(f"{each.name}: {error}") from error
                count += 1
    return count


def _lines(there: "_Folder | _Zip", entry: FileEntry) -> Iterator[bytes]:
    digest = hashlib.sha256()
    with there.file(entry.name) as file:
        for line in file:
            digest.update(line)
            yield line.rstrip(b"\n")
    if digest.hexdigest() != entry.sha256:
        raise _changed(entry)


def _changed(entry: FileEntry) -> SignedFilesError:
    return SignedFilesError(f"The file {entry.name} is not the one that was signed: it was changed.")


def _checked_name(name: str) -> str:
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or str(path) != name or "\\" in name or name in ("", "."):
        raise ValueError(f"{name!r} is not the name of a file within its folder.")
    return name


def _manifest(there: "_Folder | _Zip", trusted: VerifyKey) -> Manifest:
    if MANIFEST not in there.names():
        raise SignedFilesError(f"There is no {MANIFEST}: this is not a set of files that a hub signed.")
    with there.file(MANIFEST) as file:
        content = file.read(_LARGEST_MANIFEST + 1)
    if len(content) > _LARGEST_MANIFEST:
        raise SignedFilesError(f"{MANIFEST} is too large to be one of ours.")
    try:
        document = SignedDocument.from_bytes(content).opened_by(trusted, MANIFEST_KIND)
        manifest = from_document(Manifest, document)
        for each in manifest.files:
            _checked_name(each.name)
    except (SignatureInvalidError, DocumentError, ValueError) as error:
        raise SignedFilesError(f"The manifest cannot be trusted: {error}") from error
    return manifest


@dataclass(frozen=True, slots=True)
class _Folder:
    root: Path

    def names(self) -> set[str]:
        found = set()
        for path in self.root.rglob("*"):
            if path.is_symlink():
                raise SignedFilesError(f"{path.name!r} is a link, and not a file that was signed.")
            if not path.is_dir():
                found.add(path.relative_to(self.root).as_posix())
            if len(found) > MOST_FILES:
                raise SignedFilesError(f"There are more than {MOST_FILES:,} files here: this is not one of our sets.")
        return found

    def file(self, name: str) -> IO[bytes]:
        return (self.root / name).open("rb")


@dataclass(frozen=True, slots=True)
class _Zip:
    pack: zipfile.ZipFile

    def names(self) -> set[str]:
        listed = self.pack.namelist()
        if len(listed) != len(set(listed)) or len(listed) > MOST_FILES:
            raise SignedFilesError("The zip file holds a name twice, or too many: it was tampered with.")
        return set(listed)

    def file(self, name: str) -> IO[bytes]:
        return self.pack.open(name)


@contextmanager
def _opened(source: Path) -> Iterator[_Folder | _Zip]:
    if source.is_dir():
        yield _Folder(source)
        return
    try:
        with zipfile.ZipFile(source) as pack:
            yield _Zip(pack)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as error:
        raise SignedFilesError("This is not a zip file of ours, or it was damaged or cut short.") from error
