"""The demonstration in this terminal alone: no hub, no browser, the node's own work in a table."""

from pathlib import Path
from typing import Final

import typer
from rich.console import Console
from rich.text import Text

from openlfr.capture.file_names import shown
from openlfr.capture.pictures import PictureError
from openlfr.cli.demo_street import LISTED, NOT_LISTED, carried, street_source
from openlfr.cli.watch import EXIT_UNUSABLE, WatchOptions, run_rehearsal
from openlfr.enrolment.listing import ReferencePicture, WatchlistListing
from openlfr.node.rehearsal import NamedSource

DEMO_SECONDS: Final = 40.0

DEMO_TARGET_FPIR: Final = 1e-6
"""For a list of one: as strict a threshold as a list of a thousand gets at one false alert per thousand passers-by."""


def demo_in_terminal(own: list[str], watch_for: list[Path], seconds: float | None, pictures: Path) -> int:
    """Look for one of the two people of the made-up street, or for `watch_for` at `own` sources; the exit status."""
    console = Console(stderr=True)
    try:
        sources = (
            [NamedSource(f"camera-{i}", spec) for i, spec in enumerate(own, 1)]
            if own
            else [NamedSource("synthetic street", street_source())]
        )
    except PictureError as error:
        console.print(Text(str(error), style="bold red"))
        raise typer.Exit(EXIT_UNUSABLE) from error
    if not own and not watch_for:
        console.print(
            f"{LISTED[0]} is on the watchlist, {NOT_LISTED[0]} is not; both walk along a made-up street. "
            "Ctrl-C ends the demonstration."
        )
    options = WatchOptions(
        target_fpir=DEMO_TARGET_FPIR,
        max_seconds=seconds if seconds is not None or own else DEMO_SECONDS,
        alert_pictures=pictures,
    )
    status = run_rehearsal(sources, lambda: _watchlist(watch_for), options)
    if any(pictures.glob("alert-*.png")):
        console.print(Text(f"Pictures of the alerts: {shown(pictures)}/"))
    return status


def _watchlist(pictures: list[Path]) -> WatchlistListing:
    if pictures:
        return WatchlistListing(pictures[0], tuple(ReferencePicture(p.stem, p, str(p)) for p in pictures), ())
    path = carried(LISTED[1], LISTED[2])
    return WatchlistListing(path, (ReferencePicture(LISTED[0], path, path.name),), ())
