"""A labelled set of pictures to measure on: who is on which picture, after known mistakes in the labels are mended."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from openlfr.capture.file_names import shown
from openlfr.capture.pictures import PictureError, read_file
from openlfr.enrolment.listing import ReferencePicture, WatchlistError, list_watchlist, person_identifier, read_csv

SAME_PERSON_COLUMNS = ("identity_a", "identity_b", "source")
RELATIVES_COLUMNS = ("identity_a", "identity_b", "relation")
WRONG_IMAGE_COLUMNS = ("image", "shown_person")


class DatasetError(Exception):
    """The data cannot be used; the message is one sentence that says why and what to do."""


@dataclass(frozen=True, slots=True)
class Corrections:
    """What is known to be wrong in a set's labels.

    `same_person`: two names of one person. `wrong_image`: picture (its name without ending) to who it truly shows.
    `relatives`: twins and siblings, true look-alikes, with and without whom false positives are reported.
    """

    same_person: tuple[tuple[str, str], ...] = ()
    wrong_image: tuple[tuple[str, str], ...] = ()
    relatives: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture, its person after correction, and its file's SHA-256 (empty where the file cannot be read)."""

    person: str
    reference: ReferencePicture
    sha256: str

    @property
    def name(self) -> str:
        return self.reference.name


@dataclass(frozen=True, slots=True)
class Dataset:
    """Pictures in natural order of their names, wrong ones of unknown people left out. `digest` is over every picture's
    name, person and content: another picture, label or correction gives another digest."""

    name: str
    pictures: tuple[LabelledPicture, ...]
    relatives: frozenset[str]
    left_out: tuple[str, ...]
    digest: str

    def by_person(self) -> dict[str, list[LabelledPicture]]:
        """People in the order of their first picture."""
        found: dict[str, list[LabelledPicture]] = {}
        for picture in self.pictures:
            found.setdefault(picture.person, []).append(picture)
        return found


def read_dataset(folder: Path, corrections: Corrections | None = None) -> Dataset:
    """A folder of `<person>/<picture>` or `<person>.<ext>` with its labels mended. Raises DatasetError."""
    if not folder.is_dir():
        raise DatasetError(f"There is no folder {shown(folder)}; name a folder of <person>/<picture>.")
    try:
        listing = list_watchlist(folder)
    except WatchlistError as error:
        raise DatasetError(str(error)) from error
    known = corrections or Corrections()
    people = {picture.person for picture in listing.pictures}
    one_name = _one_name_each(known.same_person)
    shows = dict(known.wrong_image)
    pictures: list[LabelledPicture] = []
    left_out: list[str] = []
    digest = hashlib.sha256()
    for reference in listing.pictures:
        person = reference.person
        for key in _names(reference.name):
            person = shows.get(key, person)
        if person not in people:
            left_out.append(reference.name)
            continue
        person = one_name.get(person, person)
        try:
            sha256 = hashlib.sha256(read_file(reference.path, name=reference.name)).hexdigest()
        except PictureError:
            sha256 = ""
        digest.update(f"{reference.name}\0{person}\0{sha256}\n".encode())
        pictures.append(LabelledPicture(person, reference, sha256))
    relatives = frozenset(one_name.get(name, name) for pair in known.relatives for name in pair)
    return Dataset(folder.resolve().name, tuple(pictures), relatives, tuple(left_out), digest.hexdigest())


def read_corrections(paths: Iterable[Path]) -> Corrections:
    """Corrections from CSV files; what a file corrects is told by its first line: `identity_a,identity_b,source` (two
    names of one person), `identity_a,identity_b,relation` (relatives) or `image,shown_person`. Raises DatasetError."""
    same_person: list[tuple[str, str]] = []
    wrong_image: list[tuple[str, str]] = []
    relatives: list[tuple[str, str]] = []
    for path in paths:
        columns, rows = _read_table(path)
        if set(RELATIVES_COLUMNS) <= set(columns):
            relatives += [(row["identity_a"], row["identity_b"]) for row in rows]
        elif set(SAME_PERSON_COLUMNS[:2]) <= set(columns):
            same_person += [(row["identity_a"], row["identity_b"]) for row in rows]
        elif set(WRONG_IMAGE_COLUMNS) <= set(columns):
            wrong_image += [(_stem(row["image"]), row["shown_person"]) for row in rows]
        else:
            raise DatasetError(
                f"The corrections {shown(path)} have the columns {', '.join(map(shown, columns)) or 'none'}; they must "
                "have identity_a,identity_b,source or identity_a,identity_b,relation or image,shown_person."
            )
    return Corrections(tuple(same_person), tuple(wrong_image), tuple(relatives))


def read_groups(path: Path) -> dict[str, dict[str, str]]:
    """Groups from a CSV file: `image` or `person`, then a column for each attribute (sex, age band ...), empty where
    not known. Per attribute the group of each picture or person named. Raises DatasetError."""
    columns, rows = _read_table(path)
    key = columns[0] if columns else ""
    if key not in ("image", "person") or len(columns) < 2:
        raise DatasetError(
            f"The groups {shown(path)} must begin with a line such as image,sex or person,sex,age: first who or which "
            "picture, then one column for each attribute."
        )
    groups: dict[str, dict[str, str]] = {attribute: {} for attribute in columns[1:]}
    for row in rows:
        member = row[key] if key == "person" else _stem(row[key])
        for attribute in columns[1:]:
            if row[attribute]:
                groups[attribute][member] = row[attribute]
    return groups


def group_of(picture: LabelledPicture, groups: Mapping[str, str]) -> str | None:
    """The group of a picture: by its own name, else by its person's."""
    for key in _names(picture.name):
        if key in groups:
            return groups[key]
    return groups.get(picture.person)


def read_names(path: Path) -> frozenset[str]:
    """Pictures named one a line, as in a hand-picked list, without their endings. Raises DatasetError."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(f"The list {shown(path)} cannot be read; it is a text file, one picture a line.") from error
    names = frozenset(_stem(line) for line in lines if line.strip())
    if not names:
        raise DatasetError(f"The list {shown(path)} names no picture; write one a line.")
    return names


def is_named(picture: LabelledPicture, names: frozenset[str]) -> bool:
    """Whether a picture is on a list that `read_names` read."""
    return any(key in names for key in _names(picture.name))


def read_pairs(path: Path, dataset: Dataset) -> list[tuple[LabelledPicture, LabelledPicture, bool]]:
    """Pairs for 1:1 comparison in LFW's format: `person n m` (one person) or `person n other m` (two), n the number at
    the end of `<person>_<nnnn>`. Whether a pair is of one person follows from the mended labels. Raises DatasetError.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise DatasetError(
            f"The pairs {shown(path)} cannot be read; they are a text file as LFW's pairs.txt."
        ) from error
    by_name = {_stem(picture.name): picture for picture in dataset.pictures}
    left_out = {_stem(name) for name in dataset.left_out}
    pairs = []
    for number, line in enumerate(lines, 1):
        match line.split("\t") if "\t" in line else line.split():
            case [person, first, second] if first.isdecimal() and second.isdecimal():
                stems = (_numbered(person, first), _numbered(person, second))
            case [person, first, other, second] if first.isdecimal() and second.isdecimal():
                stems = (_numbered(person, first), _numbered(other, second))
            case [] | [_] | [_, _]:
                continue
            case _:
                raise DatasetError(f"Line {number} of the pairs {shown(path)} is no pair; write person n m.")
        if left_out.intersection(stems):
            continue
        try:
            a, b = (by_name[stem] for stem in stems)
        except KeyError as error:
            raise DatasetError(
                f"Line {number} of the pairs {shown(path)} names {shown(str(error.args[0]))}, which the data set does "
                "not hold; use the pairs that belong to it."
            ) from error
        pairs.append((a, b, a.person == b.person))
    if not pairs:
        raise DatasetError(f"The pairs {shown(path)} hold none; write person n m or person n other m, one a line.")
    return pairs


def _read_table(path: Path) -> tuple[Sequence[str], list[dict[str, str]]]:
    """A CSV file's columns in lower case and its rows. A row that cannot be read, or has too few or too many fields,
    makes the whole file unusable: figures made with half of the corrections would look like figures made with all."""
    try:
        records = list(read_csv(path))
    except FileNotFoundError as error:
        raise DatasetError(f"There is no file {shown(path)}; check the name.") from error
    except (OSError, WatchlistError) as error:
        raise DatasetError(f"{shown(path)} cannot be read: name a CSV file in UTF-8.") from error
    if not records or isinstance(records[0][1], str):
        raise DatasetError(f"{shown(path)} is empty; its first line names the columns.")
    columns = [cell.strip().lower() for cell in records[0][1]]
    rows = []
    for line, cells in records[1:]:
        if isinstance(cells, str) or len(cells) != len(columns):
            raise DatasetError(f"Line {line} of {shown(path)} has not the {len(columns)} fields of the first; mend it.")
        rows.append({column: cell.strip() for column, cell in zip(columns, cells, strict=True)})
    return columns, rows


def _one_name_each(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """For each name that has others, the one that stands for them all (the first in order)."""
    together: dict[str, set[str]] = {}
    for pair in pairs:
        a, b = (person_identifier(name) for name in pair)
        joined = together.get(a, {a}) | together.get(b, {b})
        for name in joined:
            together[name] = joined
    return {name: min(joined) for name, joined in together.items()}


def _names(name: str) -> tuple[str, ...]:
    """Ways in which lists call a picture: by its file's name, or by its path in the set, in either case without the
    ending. The longer one is asked last, and so decides."""
    path = PurePosixPath(name)
    return (path.stem, str(path.with_suffix(""))) if path.parent.name else (path.stem,)


def _stem(name: str) -> str:
    """As `_names`, of a name on a list: only endings of pictures are taken off."""
    name = name.strip()
    path = PurePosixPath(name)
    return str(path.with_suffix("")) if path.suffix.lower() in _ENDINGS else name


_ENDINGS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".bmp", ".tif", ".tiff", ".gif"})


def _numbered(person: str, number: str) -> str:
    return f"{person}/{person}_{int(number):04d}"
