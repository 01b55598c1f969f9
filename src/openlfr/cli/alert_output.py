"""Where the alerts of a rehearsal go: JSON lines, pictures, and the log on the screen."""

import contextlib
import os
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import IO

from openlfr.capture.pictures import PictureError
from openlfr.cli.pictures import save_comparison
from openlfr.cli.screen import AlertLog, alert_line, write_line
from openlfr.node.alert import Alert


class OutputError(Exception):
    """Alerts or their pictures cannot be written where they were asked for; one sentence that says what to do."""


def check_outputs(jsonl: str | None, pictures: Path | None) -> None:
    """Raises OutputError for places that cannot be written. Touches none: other input may still prove unusable, and
    must then not have cost an older file its content."""
    if jsonl is not None and jsonl != "-":
        path = Path(jsonl)
        if path.is_dir():
            raise OutputError(f"{path} is a folder; give --jsonl a file to write.")
        if not path.parent.is_dir():
            raise OutputError(f"The folder of {path} does not exist; make it first or choose another file for --jsonl.")
        if not os.access(path if path.exists() else path.parent, os.W_OK):
            raise OutputError(f"{path} may not be written; choose another file for --jsonl.")
    if pictures is not None:
        folder = pictures.absolute()
        there = next(place for place in (folder, *folder.parents) if place.exists())
        if not there.is_dir() or not os.access(there, os.W_OK):
            raise OutputError(f"No picture can be written to {pictures}; choose another folder for them.")


def open_lines(target: str | None, stack: contextlib.ExitStack) -> IO[str] | None:
    """Where the objects go: a file, standard output for `-`, or nowhere. Raises OutputError."""
    if target is None:
        return None
    if target == "-":
        return sys.stdout
    try:
        return stack.enter_context(Path(target).open("w", encoding="utf-8"))
    except OSError as error:
        raise OutputError(f"{target} cannot be written ({error.strerror}); choose another file for --jsonl.") from error


class AlertOutput:
    """Where the alerts of a rehearsal go. A fault in writing never stops the analysis by an exception: it is kept in
    `faults`, a sentence each, and where objects can no longer be written, everything is asked to stop."""

    def __init__(
        self, lines: IO[str] | None, pictures: Path | None, candidates: Mapping[str, Path], stop: threading.Event
    ) -> None:
        self.log = AlertLog()
        self.faults: list[str] = []
        self._lines = lines
        self._pictures = pictures
        self._candidates = candidates
        self._stop = stop

    @property
    def writes_lines(self) -> bool:
        return self._lines is not None

    def take(self, alert: Alert) -> None:
        """Writes an alert wherever it was asked for, and wipes it."""
        self.write(alert_line(alert))
        self.log.add(alert, self._saved(alert))
        alert.wipe()

    def write(self, line: dict[str, object]) -> None:
        """Writes one object, if objects are wanted and can still be written."""
        if self._lines is None:
            return
        try:
            write_line(self._lines, line)
        except OSError as error:
            self._fault(f"The JSON lines can no longer be written ({error.strerror}).")
            if self._lines is sys.stdout:
                # What is left in its buffer would fail once more when Python ends.
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            self._lines = None
            self._stop.set()

    def _saved(self, alert: Alert) -> Path | None:
        if self._pictures is None:
            return None
        try:
            return save_comparison(alert, self._candidates[alert.candidate_picture], self._pictures)
        except (OSError, PictureError):
            self._fault(f"Not every alert's picture could be written to {self._pictures}.")
            return None

    def _fault(self, sentence: str) -> None:
        if sentence not in self.faults:
            self.faults.append(sentence)
