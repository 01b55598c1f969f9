"""Uploaded pictures between request and import: in memory, in a folder of their own, and gone with their job.

Reference pictures may lie on no disk unsealed. What is uploaded is written to a file system in memory (/dev/shm) for as
long as its import runs; what a killed hub left there is removed when it starts again.
"""

import csv
import errno
import io
import json
import os
import shutil
import stat
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Final

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from openlfr.capture.file_names import shown
from openlfr.capture.pictures import MAX_PICTURE_BYTES
from openlfr.enrolment.listing import MAX_CSV_BYTES
from openlfr.hub.field_sentences import field_sentence
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.records.watchlist_source import COLUMNS

LARGEST_UPLOAD: Final = 256 << 20
"""Bytes of one request, and of what its archive holds: larger lists come in several files, or by the command line."""
MOST_FILES: Final = 5000
_MEMORY: Final = Path("/dev/shm")  # noqa: S108 - the point of it: no disk
_DEEPEST: Final = 8
_LONGEST_NAME: Final = 200
_CHUNK: Final = 1 << 20
_TABLE: Final = "people.csv"
_PICTURES: Final = "pictures"
_ENTRY: Final = b"PK\x01\x02"
_MOST_ENTRIES: Final = 4 * MOST_FILES
"""Of an archive, with its folders and what packing programs add."""
_TABLE_ENDINGS: Final = (".csv", ".json")


class JsonRow(BaseModel):
    """One row of a list in JSON: the columns of the CSV file, with lists and truth values as JSON has them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    person_id: str = Field(max_length=500)
    image: str = Field(max_length=500)
    name: str = ""
    category: list[str] = Field(default_factory=list, max_length=50)
    offence: str = ""
    reason: str = ""
    where_link: str = ""
    legal_basis: str = ""
    expires_on: str = ""
    picture_source: str = ""
    picture_taken_on: str = ""
    warning_markers: list[str] = Field(default_factory=list, max_length=50)
    look_alikes: list[str] = Field(default_factory=list, max_length=50)
    under_18: bool = False
    vulnerable: bool = False
    blue_list: bool = False
    consent_reference: str = ""


@dataclass(frozen=True, slots=True)
class UploadedFile:
    """A file of a request: the name it was given, and its content, open at the beginning."""

    name: str
    content: IO[bytes]


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload laid out as imports read it: `source` is a CSV file beside its pictures, or a folder of them."""

    folder: Path
    source: Path

    def remove(self) -> None:
        """Nothing of it is left."""
        shutil.rmtree(self.folder, ignore_errors=True)


class _UnusableError(Exception):
    """The upload cannot be used; the message is a sentence, `field` the part of the form."""

    def __init__(self, field: str, sentence: str) -> None:
        super().__init__(sentence)
        self.field = field


class Uploads:
    """The place of one hub's uploads. What an earlier run of the hub left there is removed when this is made."""

    def __init__(self, hub: str, place: Path | None = None) -> None:
        """`hub` is its vault's identifier; `place` must be in memory, and is /dev/shm where there is one."""
        self._prefix = f"openlfr-upload-{hub}-"
        self._place = place or (_MEMORY if os.access(_MEMORY, os.W_OK) else Path(tempfile.gettempdir()))
        for left in self._place.glob(f"{self._prefix}*"):
            shutil.rmtree(left, ignore_errors=True)

    def new_folder(self) -> Path:
        """An empty folder for its owner only, which the caller removes."""
        return Path(tempfile.mkdtemp(prefix=self._prefix, dir=self._place))

    def lay_out(
        self, table: UploadedFile | None, pictures: Sequence[UploadedFile], archive: UploadedFile | None
    ) -> Upload | Refusal:
        """Lay out what was uploaded: a table with its pictures, or an archive that holds either form whole."""
        folder = self.new_folder()
        try:
            return Upload(folder, _laid_out(folder / _PICTURES, table, pictures, archive))
        except _UnusableError as error:
            shutil.rmtree(folder, ignore_errors=True)
            return refused_fields("The upload", [FieldProblem(error.field, str(error))])
        except OSError as error:
            shutil.rmtree(folder, ignore_errors=True)
            if error.errno != errno.ENOSPC:
                raise
            return Refusal(RefusalCode.NOT_READY, "There is no room for this upload just now: send less, or later.")
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise


def _laid_out(
    folder: Path, table: UploadedFile | None, pictures: Sequence[UploadedFile], archive: UploadedFile | None
) -> Path:
    folder.mkdir()
    if archive is not None:
        if table is not None or pictures:
            raise _UnusableError("archive", "Send either an archive, or a table with its pictures, not both.")
        return _unpacked(archive, folder)
    if table is None:
        raise _UnusableError("table", "Send a table (CSV or JSON) with its pictures, or an archive (zip) of both.")
    for each in pictures:
        _write(folder, each.name, each.content, "pictures")
    return _table(folder, table.name, _read(table.content, MAX_CSV_BYTES, "table"), "table")


def _unpacked(archive: UploadedFile, folder: Path) -> Path:
    """A zip file laid out: its one table if it holds one, else the folder of PERSON/PICTURE that it is."""
    _refuse_crowded(archive.content)
    try:
        with zipfile.ZipFile(archive.content) as packed:
            files = [each for each in packed.infolist() if not each.is_dir() and not _litter(each.filename)]
            if len(files) > MOST_FILES:
                raise _UnusableError("archive", f"The archive holds {len(files)} files; {MOST_FILES} are the most.")
            if sum(each.file_size for each in files) > LARGEST_UPLOAD:
                raise _UnusableError("archive", f"The archive holds over {LARGEST_UPLOAD >> 20} MiB: split it.")
            tables = [each for each in files if each.filename.lower().endswith(_TABLE_ENDINGS)]
            if len(tables) > 1:
                raise _UnusableError("archive", "The archive holds more than one table: leave one CSV or JSON file.")
            for each in files:
                if each.flag_bits & 1 or stat.S_ISLNK(each.external_attr >> 16):
                    raise _UnusableError("archive", "The archive is locked or holds links: pack plain files.")
                if each not in tables:
                    with packed.open(each) as content:
                        _write(folder, each.filename, content, "archive")
            if not tables:
                return folder
            with packed.open(tables[0]) as content:
                place = _path(folder, tables[0].filename, "archive").parent
                return _table(place, tables[0].filename, _read(content, MAX_CSV_BYTES, "archive"), "archive")
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError) as error:
        raise _UnusableError("archive", "The archive cannot be read: pack it anew as a plain zip file.") from error


def _refuse_crowded(content: IO[bytes]) -> None:
    """Count the entries of an archive's directory before it is read: each takes ten times its bytes in memory."""
    entries = sum(chunk.count(_ENTRY) for chunk in iter(lambda: content.read(_CHUNK), b""))
    content.seek(0)
    if entries > _MOST_ENTRIES:
        raise _UnusableError("archive", f"The archive holds over {_MOST_ENTRIES} entries: split it.")


def _litter(name: str) -> bool:
    """What packing programs add by themselves."""
    return name.startswith("__MACOSX/") or PurePosixPath(name).name in (".DS_Store", "Thumbs.db", "desktop.ini")


def _table(folder: Path, name: str, content: bytes, field: str) -> Path:
    path = folder / _TABLE
    if path.exists():
        raise _UnusableError(field, f"A picture cannot be called {_TABLE}: rename it.")
    path.write_bytes(_as_csv(content, field) if name.lower().endswith(".json") else content)
    return path


def _as_csv(content: bytes, field: str) -> bytes:
    try:
        rows = TypeAdapter(list[JsonRow]).validate_python(json.loads(content))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise _UnusableError(
            field, f"The JSON table is wrong at {shown(where)[:100]}: {field_sentence(first)}"
        ) from error
    except (ValueError, RecursionError) as error:
        raise _UnusableError(field, "The table is no JSON: send a list of rows, in UTF-8.") from error
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for row in rows:
        writer.writerow([_cell(getattr(row, column)) for column in COLUMNS])
    return text.getvalue().encode("utf-8", "replace")


def _cell(value: str | bool | list[str]) -> str:
    if isinstance(value, bool):
        return "yes" if value else ""
    return ";".join(value) if isinstance(value, list) else value


def _write(folder: Path, name: str, content: IO[bytes], field: str) -> None:
    path = _path(folder, name, field)
    try:
        with path.open("xb") as file:
            for chunk in _chunks(content, MAX_PICTURE_BYTES, field):
                file.write(chunk)
    except FileExistsError as error:
        raise _UnusableError(field, f"Two files are called {shown(name)[:100]}: rename one.") from error
    # A folder's identity includes the times of its files: the same upload sent again must go on where it stopped.
    os.utime(path, (0, 0))


def _path(folder: Path, name: str, field: str) -> Path:
    """Where a file of this name lies within the upload, in a folder that is there. Raises _UnusableError."""
    path = folder.joinpath(*_safe_parts(name, field))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except (FileExistsError, NotADirectoryError) as error:
        raise _UnusableError(field, f"{shown(name)[:100]} is a file and a folder at once: rename one.") from error
    return path


def _safe_parts(name: str, field: str) -> tuple[str, ...]:
    """The parts of a file's name within the upload. Raises _UnusableError for one that leads elsewhere."""
    path = PurePosixPath(name.replace("\\", "/"))
    parts = path.parts
    bad = (
        not parts
        or path.is_absolute()
        or len(parts) > _DEEPEST
        or any(each == ".." or len(each.encode("utf-8", "replace")) > _LONGEST_NAME for each in parts)
        or any(ord(char) < 32 or 0xD800 <= ord(char) < 0xE000 for char in name)
    )
    if bad:
        raise _UnusableError(field, f"The file name {shown(name)[:100]!r} cannot be used: rename it.")
    return parts


def _read(content: IO[bytes], most: int, field: str) -> bytes:
    return b"".join(_chunks(content, most, field))


def _chunks(content: IO[bytes], most: int, field: str) -> Iterator[bytes]:
    size = 0
    while chunk := content.read(_CHUNK):
        size += len(chunk)
        if size > most:
            raise _UnusableError(field, f"A file has over {most >> 20} MiB: use a smaller one.")
        yield chunk
