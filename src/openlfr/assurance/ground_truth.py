"""Ground truth: who is visible when in a clip, as somebody who watched it wrote down.

A CSV file in UTF-8. Its first line names the columns `clip,person,from_s,to_s` and, where they were noted, any of
`size,blur,turn,mask,glasses`; each further line is one person's way through a clip:

- `clip`: the name of the clip's file, without its folder;
- `person`: as the watchlist calls them; empty for somebody who has no name here and is not on the list;
- `from_s`, `to_s`: when the face is first and last visible, in seconds of the recording;
- `size`: the face's greatest width in pixels; the other conditions `yes` or `no`; empty where nobody looked.

A line that names a clip and nothing else says that nobody of the list is in it: every alert there is a false one.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from openlfr.capture.file_names import shown
from openlfr.enrolment.listing import WatchlistError, person_identifier, read_csv

REQUIRED_COLUMNS = ("clip", "person", "from_s", "to_s")
TRAITS = ("blur", "turn", "mask", "glasses")
COLUMNS = (*REQUIRED_COLUMNS, "size", *TRAITS)

SIZE_BANDS_PX = (32, 48, 64, 96)


class GroundTruthError(Exception):
    """The ground truth cannot be used; the message is one sentence that says where, why and what to do."""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What makes a passage easy or hard. `size` is the greatest width of the face, in pixels of the clip; None, there
    and elsewhere: nobody noted it."""

    size: float | None = None
    blur: bool | None = None
    turn: bool | None = None
    mask: bool | None = None
    glasses: bool | None = None

    def labels(self) -> dict[str, str]:
        """Each condition that is known, in words that figures are grouped by: {"size": "32 to 48 px", "mask": "no"}."""
        known: dict[str, str] = {}
        if self.size is not None:
            known["size"] = size_label(self.size)
        for trait in TRAITS:
            noted = getattr(self, trait)
            if noted is not None:
                known[trait] = "yes" if noted else "no"
        return known


def size_label(size_px: float) -> str:
    """The band a face of this width falls into, the lower end included: 32 px is "32 to 48 px"."""
    edges = (0, *SIZE_BANDS_PX)
    for low, high in zip(edges, SIZE_BANDS_PX, strict=False):
        if size_px < high:
            return f"under {high} px" if not low else f"{low} to {high} px"
    return f"{SIZE_BANDS_PX[-1]} px and more"


@dataclass(frozen=True, slots=True)
class TruePassage:
    """One person's way through a clip, in seconds of the recording. `person` is empty for somebody without a name, who
    is not on the list."""

    person: str
    from_s: float
    to_s: float
    conditions: Conditions = Conditions()


def read_ground_truth(path: Path) -> dict[str, tuple[TruePassage, ...]]:
    """The passages of each clip, in order of time; none for a clip in which nobody of the list is. Raises
    GroundTruthError naming the first line that is wrong: figures made with half of the truth would look like figures
    made with all of it."""
    try:
        records = list(read_csv(path))
    except FileNotFoundError as error:
        raise GroundTruthError(f"There is no ground truth {shown(path)}; check the name.") from error
    except (OSError, WatchlistError) as error:
        raise GroundTruthError(f"The ground truth {shown(path)} cannot be read: name a CSV file in UTF-8.") from error
    columns = _columns(path, records)
    found: dict[str, list[tuple[int, TruePassage]]] = {}
    empty: dict[str, int] = {}
    for line, cells in records[1:]:
        where = f"Line {line} of the ground truth {shown(path)}"
        if isinstance(cells, str):
            raise GroundTruthError(f"{where} {cells}")
        if len(cells) != len(columns):
            raise GroundTruthError(f"{where} has {len(cells)} fields instead of {len(columns)}; mend it.")
        row = {column: cell.strip() for column, cell in zip(columns, cells, strict=True)}
        clip = row["clip"]
        if not clip or "/" in clip:
            raise GroundTruthError(f"{where} names no clip; give the file's name without its folder.")
        if not any(value for column, value in row.items() if column != "clip"):
            empty.setdefault(clip, line)
            found.setdefault(clip, [])
            continue
        found.setdefault(clip, []).append((line, _passage(row, where)))
    if not found:
        raise GroundTruthError(f"The ground truth {shown(path)} names no clip; write one line for each passage.")
    for clip, passages in found.items():
        _check_together(path, clip, passages, empty.get(clip))
    return {
        clip: tuple(sorted((passage for _, passage in passages), key=lambda p: (p.from_s, p.to_s, p.person)))
        for clip, passages in found.items()
    }


def ground_truth_csv(truth: Mapping[str, Sequence[TruePassage]]) -> bytes:
    """The file that `read_ground_truth` reads back as it was."""
    lines = [",".join(COLUMNS)]
    for clip, passages in truth.items():
        if not passages:
            lines.append(_quoted(clip) + "," * (len(COLUMNS) - 1))
        for passage in passages:
            cells = [clip, passage.person, repr(passage.from_s), repr(passage.to_s)]
            for field in fields(Conditions):
                value = getattr(passage.conditions, field.name)
                cells.append("" if value is None else repr(value) if field.name == "size" else "yes" if value else "no")
            lines.append(",".join(map(_quoted, cells)))
    return ("\n".join(lines) + "\n").encode()


def _quoted(cell: str) -> str:
    return '"' + cell.replace('"', '""') + '"' if any(c in cell for c in ',"\r\n') else cell


def _columns(path: Path, records: Sequence[tuple[int, list[str] | str]]) -> list[str]:
    first = records[0][1] if records else []
    columns = [cell.strip().lower() for cell in first] if isinstance(first, list) else []
    wrong = sorted(set(columns) - set(COLUMNS)) or [c for c in REQUIRED_COLUMNS if c not in columns]
    if wrong or len(set(columns)) < len(columns):
        raise GroundTruthError(
            f"The first line of the ground truth {shown(path)} must be clip,person,from_s,to_s and may go on with "
            f"size,blur,turn,mask,glasses; mend {', '.join(map(shown, wrong)) or 'the column named twice'}."
        )
    return columns


def _passage(row: Mapping[str, str], where: str) -> TruePassage:
    from_s, to_s = (_seconds(row[column], column, where) for column in ("from_s", "to_s"))
    if not from_s < to_s:
        raise GroundTruthError(f"{where} ends ({to_s:g} s) before it begins ({from_s:g} s); exchange from_s and to_s.")
    size = None
    if row.get("size"):
        size = _number(row["size"])
        if size is None or size <= 0:
            raise GroundTruthError(f"{where} gives the size {shown(row['size'])}; write the face's width in pixels.")
    traits = {trait: _yes_or_no(row.get(trait, ""), trait, where) for trait in TRAITS}
    return TruePassage(person_identifier(row["person"]), from_s, to_s, Conditions(size, **traits))


def _seconds(cell: str, column: str, where: str) -> float:
    seconds = _number(cell)
    if seconds is None or seconds < 0:
        raise GroundTruthError(
            f"{where} has no usable {column} ({shown(cell) or 'empty'}); write seconds, such as 3.2."
        )
    return seconds


def _number(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) else None


def _yes_or_no(cell: str, trait: str, where: str) -> bool | None:
    match cell.lower():
        case "":
            return None
        case "yes":
            return True
        case "no":
            return False
        case _:
            raise GroundTruthError(f"{where} says {shown(cell)} of {trait}; write yes or no, or leave it empty.")


def _check_together(path: Path, clip: str, passages: Sequence[tuple[int, TruePassage]], empty: int | None) -> None:
    if empty is not None and passages:
        raise GroundTruthError(
            f"Line {empty} of the ground truth {shown(path)} says that nobody of the list is in {shown(clip)}, and "
            f"line {passages[0][0]} names a passage; remove one."
        )
    last: dict[str, tuple[int, TruePassage]] = {}
    for line, passage in sorted(passages, key=lambda each: each[1].from_s):
        before = last.get(passage.person)
        if passage.person and before is not None and passage.from_s <= before[1].to_s:
            raise GroundTruthError(
                f"Lines {before[0]} and {line} of the ground truth {shown(path)} show {passage.person} twice at the "
                f"same time; join them."
            )
        last[passage.person] = (line, passage)
