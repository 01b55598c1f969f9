"""What every benchmark prints around its figures: when, of which commit, on which machine and how busy, with what."""

import os
import platform
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]


def evaluation_data(*parts: str) -> Path:
    """A file or folder of the evaluation data: in `../shared/data` from the project's root, or where
    OPENLFR_EVALUATION_DATA points. Ends the program, saying so, when it is not there."""
    root = Path(os.environ.get("OPENLFR_EVALUATION_DATA") or PROJECT.parent / "shared" / "data")
    path = root.joinpath(*parts)
    if not path.exists():
        raise SystemExit(
            f"This benchmark needs the evaluation data: {path} is not there (set OPENLFR_EVALUATION_DATA)."
        )
    return path


def heading(title: str, material: str) -> str:
    """The first lines of a benchmark's results, in markdown. `material` names the clips and lists it worked on."""
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"### {title}\n\n"
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, commit {_commit()}, {machine()}; load average {load} at the end. "
        f"{material}\n"
    )


def machine() -> str:
    """The processor, the cores this process may use, and the Python."""
    cores = len(os.sched_getaffinity(0))
    return f"{_processor()}, {cores} core{'' if cores == 1 else 's'}, Python {platform.python_version()}"


def table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A markdown table: the first column left, the others right. Raises ValueError when a row has another length."""
    lines = [_row(columns), _row(["---", *["---:"] * (len(columns) - 1)])]
    for row in rows:
        if len(row) != len(columns):
            raise ValueError(f"A row of {len(row)} cells does not fit {len(columns)} columns.")
        lines.append(_row([str(cell).replace("|", "\\|") for cell in row]))
    return "\n".join(lines) + "\n"


def _row(cells: Iterable[object]) -> str:
    return "| " + " | ".join(str(cell) for cell in cells) + " |"


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown"
    found = subprocess.run(
        [git, "describe", "--always", "--dirty", "--exclude", "*"],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return found.stdout.strip() or "unknown"


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
        flags = next((line.split() for line in lines if line.startswith("flags")), [])
        if names:
            return names[0] + (" with AMX" if "amx_bf16" in flags else "")
    return platform.machine()
