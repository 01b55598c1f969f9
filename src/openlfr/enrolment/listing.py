"""What a watchlist path means: a folder of people's pictures, or a CSV file that names them."""

import csv
import io
import os
import unicodedata
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from openlfr.capture.file_names import natural_order, shown
from openlfr.capture.pictures import PICTURE_SUFFIXES

MAX_CSV_BYTES = 64 * 1024 * 1024
MAX_PICTURES = 500_000
"""More than any watchlist; stops somebody who named the wrong folder."""

_REQUIRED_COLUMNS = ("person_id", "image")
_OPTIONAL_COLUMNS = ("category", "reason")
_LITTER = frozenset({"thumbs.db", "desktop.ini"})


class WatchlistError(Exception):
    """A watchlist path cannot be used at all; the message is one sentence that says why and what to do."""


@dataclass(frozen=True, slots=True)
class ReferencePicture:
    """One picture of one person. `name` is how the picture is called in tables, logs and alerts: its path within the
    watchlist, safe to show. `category` and `reason` are the CSV's, empty otherwise."""

    person: str
    path: Path
    name: str
    category: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class ListingProblem:
    """A row or file that gives no reference picture: where, and one sentence on why."""

    where: str
    sentence: str


@dataclass(frozen=True, slots=True)
class WatchlistListing:
    """The reference pictures in natural order (2 before 10), and what was left out. The pictures are not opened yet."""

    source: Path
    pictures: tuple[ReferencePicture, ...]
    problems: tuple[ListingProblem, ...]


def list_watchlist(path: Path) -> WatchlistListing:
    """The pictures of a folder of `<person>/<picture>` or `<person>.<ext>`, or of a CSV file with the columns
    `person_id,image[,category,reason]`, image paths relative to the CSV file.

    A bad row or file becomes a problem and never stops the others. In a folder, hidden files are skipped and links
    that lead out of it are not followed. Raises WatchlistError when the path is missing, cannot be read, is neither of
    the two, or gives no picture at all.
    """
    with in_one_sentence(path):
        listing = _folder(path) if path.is_dir() else _csv(path)
    if listing.pictures:
        return listing
    if listing.problems:
        first = listing.problems[0]
        raise WatchlistError(
            f"The watchlist {shown(path)} gives no picture ({len(listing.problems)} left out; the first, "
            f"{first.where}: {first.sentence})"
        )
    raise WatchlistError(
        f"The watchlist {shown(path)} holds no pictures; put in one folder of pictures for each person, or one picture "
        "named after each person."
    )


def _folder(root: Path) -> WatchlistListing:
    real_root = os.path.realpath(root)
    pictures: list[ReferencePicture] = []
    problems: list[ListingProblem] = []

    def inside(entry: os.DirEntry[str]) -> bool:
        return not entry.is_symlink() or os.path.realpath(entry.path).startswith(real_root + os.sep)

    def consider(entry: os.DirEntry[str], person: str, where: str) -> None:
        if not inside(entry):
            problems.append(ListingProblem(where, "is a link that leads out of the watchlist; copy the picture here."))
        elif _is_folder(entry):
            problems.append(ListingProblem(where, "is a folder within a person's folder; move its pictures up."))
        elif Path(entry.name).suffix.lower() not in PICTURE_SUFFIXES:
            problems.append(ListingProblem(where, "is not a picture file; save it as JPEG, PNG, WebP, BMP or TIFF."))
        elif len(pictures) >= MAX_PICTURES:
            raise WatchlistError(f"The folder {shown(root)} holds over {MAX_PICTURES} pictures; name a watchlist's.")
        else:
            pictures.append(ReferencePicture(person_identifier(person), Path(entry.path), where))

    for entry in _entries(root):
        if not (_is_folder(entry) and inside(entry)):
            consider(entry, Path(entry.name).stem, shown(entry.name))
            continue
        try:
            within = _entries(entry.path)
        except OSError as error:
            problems.append(ListingProblem(shown(entry.name), f"cannot be read: {error.strerror}."))
            continue
        if not within:
            problems.append(ListingProblem(shown(entry.name), "is an empty folder; put the person's pictures in."))
        for picture in within:
            consider(picture, entry.name, f"{shown(entry.name)}/{shown(picture.name)}")
    return WatchlistListing(root, tuple(pictures), tuple(problems))


@contextmanager
def in_one_sentence(path: Path) -> Iterator[None]:
    """Whatever keeps a watchlist path from being read, as a WatchlistError."""
    try:
        yield
    except FileNotFoundError as error:
        raise WatchlistError(
            f"There is no watchlist {shown(path)}; name a folder of pictures or a CSV file."
        ) from error
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise WatchlistError(f"The watchlist {shown(path)} cannot be read: {shown(why)}.") from error


def _is_folder(entry: os.DirEntry[str]) -> bool:
    """False for a link that leads nowhere: opening it will say why."""
    try:
        return entry.is_dir()
    except OSError:
        return False


def _entries(folder: str | Path) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        visible = [e for e in entries if not e.name.startswith(".") and e.name.lower() not in _LITTER]
    return sorted(visible, key=lambda entry: natural_order(entry.name))


def read_csv(path: Path) -> Iterator[tuple[int, list[str] | str]]:
    """Each record of a CSV file with the number of its first line; instead of one that cannot be parsed, a sentence.

    After such a record, parsing goes on at the next line: a quotation mark that is never closed costs its own row, not
    the rest of the file. Raises WatchlistError when the file is none, too large, a picture or not UTF-8, and OSError.
    """
    size = path.stat().st_size
    if not path.is_file():
        raise WatchlistError(f"The watchlist {shown(path)} is neither a folder nor a file; name one of these.")
    if path.suffix.lower() in PICTURE_SUFFIXES:
        raise WatchlistError(
            f"The watchlist {shown(path)} is a single picture; put it into a folder, named after the person, and name "
            "the folder."
        )
    if size > MAX_CSV_BYTES:
        raise WatchlistError(f"The CSV file {shown(path)} has over {MAX_CSV_BYTES // 2**20} MiB; split it.")
    try:
        return _rows(list(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))
    except UnicodeDecodeError as error:
        raise WatchlistError(f"The CSV file {shown(path)} is not UTF-8 text; save it as CSV in UTF-8.") from error


def _csv(path: Path) -> WatchlistListing:
    rows = read_csv(path)
    columns = _columns(path, next(rows, (1, [])))
    pictures: list[ReferencePicture] = []
    problems: list[ListingProblem] = []
    seen: set[tuple[str, str]] = set()
    for line, row in rows:
        where = f"line {line}"
        if isinstance(row, str):
            problems.append(ListingProblem(where, row))
            continue
        if len(row) != len(columns):
            sentence = f"has {len(row)} fields instead of {len(columns)}; quote a field that holds a comma."
            problems.append(ListingProblem(where, sentence))
            continue
        fields = {column: field.strip() for column, field in zip(columns, row, strict=True)}
        person, image = person_identifier(fields["person_id"]), fields["image"]
        if not person or not image or "\0" in image:
            missing = "person_id" if not person else "image"
            problems.append(ListingProblem(where, f"has no usable {missing}; fill it in."))
            continue
        if (person, image) in seen:
            problems.append(ListingProblem(where, f"names {shown(image)} for {person} a second time; remove the row."))
            continue
        if len(pictures) >= MAX_PICTURES:
            raise WatchlistError(f"The CSV file {shown(path)} has over {MAX_PICTURES} rows; split it.")
        seen.add((person, image))
        category, reason = (shown(fields.get(column, "")) for column in _OPTIONAL_COLUMNS)
        pictures.append(ReferencePicture(person, path.parent / image, shown(image), category, reason))
    pictures.sort(key=lambda picture: (natural_order(picture.person), natural_order(picture.name)))
    return WatchlistListing(path, tuple(pictures), tuple(problems))


def _columns(path: Path, header: tuple[int, list[str] | str]) -> list[str]:
    _, cells = header
    found = [cell.strip().lower() for cell in cells] if isinstance(cells, list) else []
    missing = [column for column in _REQUIRED_COLUMNS if column not in found]
    if missing:
        listed = ", ".join(shown(column) for column in found if column) or "none"
        raise WatchlistError(
            f"The CSV file {shown(path)} lacks the column{'s' if len(missing) > 1 else ''} {' and '.join(missing)} "
            f"(found: {listed}); its first line must be person_id,image and may go on with category,reason."
        )
    if len(set(found)) < len(found):
        raise WatchlistError(f"The CSV file {shown(path)} names a column twice in its first line; remove one.")
    return found


def _rows(lines: Sequence[str]) -> Iterator[tuple[int, list[str] | str]]:
    start = 0
    while start < len(lines):
        reader = csv.reader((lines[i] for i in range(start, len(lines))), strict=True)
        first = start
        try:
            for row in reader:
                if any(field.strip() for field in row):
                    yield first + 1, row
                first = start + reader.line_num
            start = len(lines)
        except csv.Error:
            yield first + 1, "has a quotation mark that is not closed, or a field of enormous length; mend it."
            start = first + 1


def person_identifier(name: str) -> str:
    """A person's identifier: one spelling of each character, whichever way the file system writes it, safe to show."""
    return shown(unicodedata.normalize("NFC", name.strip()))
