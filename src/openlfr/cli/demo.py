"""`openlfr demo`: the main job on a made-up street, with no camera, no download and no account."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from openlfr.capture.file_names import shown
from openlfr.capture.pictures import PictureError, read_picture
from openlfr.capture.synthetic import StreetPerson, SyntheticStreet, SyntheticStreetSource
from openlfr.cli.watch import EXIT_UNUSABLE, WatchOptions, run_rehearsal
from openlfr.enrolment.listing import ReferencePicture, WatchlistListing
from openlfr.enrolment.stills import StillDetector
from openlfr.node.rehearsal import NamedSource
from openlfr.vision.models import open_models

LISTED = ("Grace Hopper", "matplotlib", "mpl-data/sample_data/grace_hopper.jpg")
NOT_LISTED = ("Eileen Collins", "skimage", "data/astronaut.png")
"""People whose portraits installed packages carry; both pictures are in the public domain."""

DEMO_SECONDS = 40.0

DEMO_TARGET_FPIR = 1e-6
"""For a list of one: as strict a threshold as a list of a thousand gets at one false alert per thousand passers-by."""


def demo(
    camera: Annotated[list[str] | None, typer.Option(help="Use your own USB camera, such as 0.")] = None,
    source: Annotated[
        list[str] | None, typer.Option(help="Use your own stream or recording (see: openlfr watch).")
    ] = None,
    watch_for: Annotated[
        list[Path] | None, typer.Option(help="Look for the person in this picture (may be repeated).")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option("--for", help="End by itself after so many seconds.", min=1.0)
    ] = None,
    pictures: Annotated[Path, typer.Option(help="Folder for the picture of each alert.")] = Path("openlfr-demo"),
) -> None:
    """Show the main job: listed people raise an alert, everybody else is forgotten.

    Without a camera of yours, two people walk along a made-up street, small, blurred, turned and half covered; one of
    them is on the watchlist and one is not.
    """
    console = Console(stderr=True)
    own = [*(camera or []), *(source or [])]
    try:
        sources = (
            [NamedSource(f"camera-{i}", spec) for i, spec in enumerate(own, 1)]
            if own
            else [NamedSource("synthetic street", SyntheticStreetSource(SyntheticStreet(demo_people())))]
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
    raise typer.Exit(status)


def demo_people() -> tuple[StreetPerson, ...]:
    """The two people of the demonstration, cut out of their portraits. Raises PictureError when one is missing."""
    detector = StillDetector(open_models().detector_session)
    people = []
    for name, package, path in (LISTED, NOT_LISTED):
        portrait = read_picture(_carried(package, path))
        face = max(detector.detect(portrait), key=lambda found: found.box.size).box
        people.append(StreetPerson(name, portrait, (face.x, face.y, face.x + face.width, face.y + face.height)))
    return tuple(people)


def _watchlist(pictures: list[Path] | None) -> WatchlistListing:
    if pictures:
        return WatchlistListing(pictures[0], tuple(ReferencePicture(p.stem, p, str(p)) for p in pictures), ())
    path = _carried(LISTED[1], LISTED[2])
    return WatchlistListing(path, (ReferencePicture(LISTED[0], path, path.name),), ())


def _carried(package: str, path: str) -> Path:
    return Path(str(files(package) / path))
