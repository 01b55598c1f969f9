"""`openlfr demo`: the whole system at work on a made-up street, with no camera, no download and no account."""

from pathlib import Path
from typing import Annotated

import typer

from openlfr.cli.demo_console import demo_in_browser
from openlfr.cli.demo_terminal import demo_in_terminal


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
    port: Annotated[int, typer.Option(min=1, max=65535, help="Of the console's address.")] = 8080,
    terminal: Annotated[
        bool, typer.Option("--terminal", help="In this terminal alone: no hub, no browser, a table.")
    ] = False,
    pictures: Annotated[Path, typer.Option(help="With --terminal: the folder for the picture of each alert.")] = Path(
        "openlfr-demo"
    ),
) -> None:
    """Show the main job: listed people raise an alert, people decide what it means, everybody else is forgotten.

    Without a camera of yours, two people walk along a made-up street, small, blurred, turned and half covered; one of
    them is on the watchlist and one is not. A hub and a node run on this machine with a deployment that is marked as a
    rehearsal, and the console opens at the address that is printed. When it ends, everything of it is deleted.
    """
    own = [*(camera or []), *(source or [])]
    if terminal:
        raise typer.Exit(demo_in_terminal(own, watch_for or [], seconds, pictures))
    demo_in_browser(own, watch_for or [], seconds, port)
