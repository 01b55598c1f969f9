"""What an import is made of: a CSV file with the fields of every entry, or a folder that knows only names and pictures.

The CSV file is UTF-8 with a first line of column names, in any order, and one row for each picture. A person's rows may
repeat the fields of the entry or leave them empty after the first; rows that contradict an earlier one are refused.

    person_id          the force's reference of the person (required)
    image              path of the picture, relative to the CSV file (required)
    name               the person's name, in any script
    category           one or more of the closed list, parted by ";" (wanted_by_courts;suspect)
    offence            what they are sought for
    reason             why they are on this list
    where_link         why they are expected at this place
    legal_basis        one of the closed list (court_warrant, power_of_arrest, ...)
    expires_on         2026-05-31
    picture_source     one of the closed list (custody, records_system, ...)
    picture_taken_on   2025-02-03
    warning_markers    parted by ";"
    look_alikes        known relatives or look-alikes, parted by ";"
    under_18, vulnerable, blue_list   yes or no; empty means no
    consent_reference  the signed form of a tester on the blue list

An empty cell makes the entry incomplete: it is kept, and cannot be accepted before it is completed by a later import. A
cell that cannot be understood refuses its row. Leading apostrophes that guard against spreadsheet formulas stay part of
the text: what is imported is exactly what the file says.
"""

import hashlib
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Final, TypeVar

from openlfr.capture.file_names import shown
from openlfr.enrolment.listing import (
    MAX_PICTURES,
    WatchlistError,
    WatchlistListing,
    in_one_sentence,
    list_watchlist,
    person_identifier,
    read_csv,
)
from openlfr.policy.identifiers import PersonReference
from openlfr.policy.refusal import FieldProblem
from openlfr.policy.text import LONGEST_NAME, text_problems
from openlfr.policy.watchlist import Category, LegalBasis, PictureSource
from openlfr.records.watchlist_draft import EntryDraft, contradictions, filled_in

REQUIRED: Final = ("person_id", "image")
COLUMNS: Final = (
    *REQUIRED,
    "name",
    "category",
    "offence",
    "reason",
    "where_link",
    "legal_basis",
    "expires_on",
    "picture_source",
    "picture_taken_on",
    "warning_markers",
    "look_alikes",
    "under_18",
    "vulnerable",
    "blue_list",
    "consent_reference",
)
_SAYS: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False, "": False}

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class SourcePicture:
    """One row that can be tried: whose picture, the file, and what is said of the picture."""

    line: int
    person: PersonReference
    path: Path
    name: str
    source: PictureSource | None
    taken_on: date | None


@dataclass(frozen=True, slots=True)
class SourceProblem:
    """One row that gives no picture, and why in a sentence."""

    line: int
    person: str
    picture: str
    sentence: str


@dataclass(frozen=True, slots=True)
class WatchlistSource:
    """Everything that a file or folder says. `digest` tells whether it is the same one when an import goes on."""

    pictures: tuple[SourcePicture, ...]
    problems: tuple[SourceProblem, ...]
    people: Mapping[PersonReference, EntryDraft]
    digest: bytes

    @property
    def rows(self) -> int:
        return len(self.pictures) + len(self.problems)


class _CellError(Exception):
    """A cell cannot be understood; the message is a sentence."""


def read_source(path: Path) -> WatchlistSource:
    """The rows of a CSV file or the pictures of a folder. Raises WatchlistError when it cannot be used at all."""
    with in_one_sentence(path):
        return _folder(list_watchlist(path)) if path.is_dir() else _csv(path)


def _folder(listing: WatchlistListing) -> WatchlistSource:
    pictures = tuple(
        SourcePicture(line, PersonReference(each.person), each.path, each.name, None, None)
        for line, each in enumerate(listing.pictures, 1)
    )
    problems = tuple(
        SourceProblem(line, "", problem.where, f"{problem.where} {problem.sentence}")
        for line, problem in enumerate(listing.problems, len(pictures) + 1)
    )
    seen = hashlib.sha256()
    for each in pictures:
        status = each.path.stat()
        seen.update(f"{each.person}\0{each.name}\0{status.st_size}\0{status.st_mtime_ns}\0".encode())
    people = {each.person: EntryDraft(each.person, name=str(each.person)) for each in pictures}
    return WatchlistSource(pictures, problems, people, seen.digest())


def _csv(path: Path) -> WatchlistSource:
    rows = read_csv(path)
    columns = _columns(path, next(rows, (1, ""))[1])
    pictures: list[SourcePicture] = []
    problems: list[SourceProblem] = []
    people: dict[PersonReference, EntryDraft] = {}
    seen: set[tuple[str, str]] = set()
    for line, row in rows:
        if isinstance(row, str):
            problems.append(SourceProblem(line, "", "", f"The row {row}"))
            continue
        if len(row) != len(columns):
            sentence = f"The row has {len(row)} fields instead of {len(columns)}: quote a field that holds a comma."
            problems.append(SourceProblem(line, "", "", sentence))
            continue
        if len(pictures) + len(problems) >= MAX_PICTURES:
            raise WatchlistError(f"The CSV file {shown(path)} has over {MAX_PICTURES} rows; split it.")
        cells = {column: unicodedata.normalize("NFC", cell.strip()) for column, cell in zip(columns, row, strict=True)}
        try:
            picture, draft = _picture(line, cells, path.parent)
            people[picture.person] = _joined(picture, people.get(picture.person), draft, seen)
        except _CellError as error:
            problems.append(SourceProblem(line, shown(cells["person_id"]), shown(cells["image"]), str(error)))
            continue
        seen.add((picture.person, picture.name))
        pictures.append(picture)
    if not pictures and not problems:
        raise WatchlistError(f"The CSV file {shown(path)} has no rows; write one for each picture.")
    return WatchlistSource(tuple(pictures), tuple(problems), people, hashlib.sha256(path.read_bytes()).digest())


def _joined(
    picture: SourcePicture, before: EntryDraft | None, draft: EntryDraft, seen: Collection[tuple[str, str]]
) -> EntryDraft:
    """What the file says of a person up to this row."""
    if (picture.person, picture.name) in seen:
        raise _CellError("The same picture is named for this person by an earlier row: remove one.")
    if before is None:
        return draft
    if different := contradictions(before, draft):
        raise _CellError(f"An earlier row of this person says otherwise about {', '.join(different)}: mend one.")
    return filled_in(before, draft)


def _columns(path: Path, header: list[str] | str) -> list[str]:
    found = [cell.strip().lower() for cell in header] if isinstance(header, list) else []
    missing = [column for column in REQUIRED if column not in found]
    unknown = [column for column in found if column not in COLUMNS]
    if missing:
        raise WatchlistError(
            f"The CSV file {shown(path)} lacks the column {' and '.join(missing)}; its first line must name "
            "person_id, image and any of the other columns (see: openlfr watchlist import --help)."
        )
    if unknown:
        raise WatchlistError(
            f"The CSV file {shown(path)} has a column that is not known: {shown(unknown[0]) or 'one without a name'}; "
            f"the columns are {', '.join(COLUMNS)}."
        )
    if len(set(found)) < len(found):
        raise WatchlistError(f"The CSV file {shown(path)} names a column twice in its first line; remove one.")
    return found


def _picture(line: int, cells: Mapping[str, str], folder: Path) -> tuple[SourcePicture, EntryDraft]:
    person, image = PersonReference(person_identifier(cells["person_id"])), cells["image"]
    if not person or not image or "\0" in image:
        raise _CellError(f"The row has no usable {'image' if person else 'person_id'}: fill it in.")
    problem = next(text_problems("person_id", person, longest=LONGEST_NAME), None)
    if problem is not None:
        raise _CellError(f"person_id: {problem.sentence}")
    draft = EntryDraft(
        person=person,
        name=_text(cells, "name", LONGEST_NAME),
        categories=tuple(_choice_of(Category, "category", each) for each in _several(cells, "category")),
        offence=_text(cells, "offence"),
        reason=_text(cells, "reason"),
        where_link=_text(cells, "where_link"),
        legal_basis=_one(LegalBasis, cells, "legal_basis"),
        expires_on=_day(cells, "expires_on"),
        warning_markers=_several(cells, "warning_markers"),
        look_alikes=_several(cells, "look_alikes"),
        under_18=_yes(cells, "under_18"),
        vulnerable=_yes(cells, "vulnerable"),
        blue_list=_yes(cells, "blue_list"),
        consent_reference=_text(cells, "consent_reference", LONGEST_NAME) or None,
    )
    source = _one(PictureSource, cells, "picture_source")
    return SourcePicture(line, person, folder / image, shown(image), source, _day(cells, "picture_taken_on")), draft


def _text(cells: Mapping[str, str], column: str, longest: int | None = None) -> str:
    text = cells.get(column, "")
    problems: Iterator[FieldProblem] = (
        text_problems(column, text, required=False)
        if longest is None
        else text_problems(column, text, longest=longest, required=False)
    )
    for problem in problems:
        raise _CellError(f"{column}: {problem.sentence}")
    return text


def _several(cells: Mapping[str, str], column: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in _text(cells, column).split(";") if part.strip())


def _one(kind: type[_Choice], cells: Mapping[str, str], column: str) -> _Choice | None:
    text = cells.get(column, "")
    return _choice_of(kind, column, text) if text else None


def _choice_of(kind: type[_Choice], column: str, text: str) -> _Choice:
    """A member by its name in code or by its words."""
    for member in kind:
        if text.lower() in (member.name.lower(), member.value.lower()):
            return member
    listed = ", ".join(member.name.lower() for member in kind)
    raise _CellError(f"{column}: {shown(text)[:80]!r} is not on the list; choose from {listed}.")


def _day(cells: Mapping[str, str], column: str) -> date | None:
    text = cells.get(column, "")
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise _CellError(f"{column}: {shown(text)[:80]!r} is not a day; write it as 2026-05-31.") from None


def _yes(cells: Mapping[str, str], column: str) -> bool:
    text = cells.get(column, "").lower()
    if text not in _SAYS:
        raise _CellError(f"{column}: {shown(text)[:80]!r} is neither yes nor no.")
    return _SAYS[text]
