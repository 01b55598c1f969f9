"""`openlfr enrol`: what reference pictures are worth, before anybody is looked for with them."""

import json
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from openlfr.capture.file_names import shown
from openlfr.enrolment.check import WatchlistCheck
from openlfr.enrolment.duplicates import SAME_PERSON, PairKind, find_pairs
from openlfr.enrolment.enrol import Enroller, Enrolment
from openlfr.enrolment.listing import WatchlistError, WatchlistListing, list_watchlist
from openlfr.matching.threshold import ThresholdError, checked_threshold
from openlfr.node.recognition import chosen_threshold
from openlfr.vision.inference import InferenceError
from openlfr.vision.models import Models, open_models
from openlfr.vision.packs import PackError
from openlfr.vision.quality import ADVICE

app = typer.Typer(no_args_is_help=True, help="Reference pictures: check them before they are used.")

EXIT_FINE, EXIT_SOME_UNUSABLE, EXIT_UNUSABLE = 0, 1, 2

ROWS_SHOWN = 200
"""Rows of each table; pictures without fault are left out first. --json has them all."""

_WIDTH_OF_FILES = 160

_PAIR_WORDS = {
    PairKind.SAME_FILE_TWO_PEOPLE: "one file under two names: one of them is wrong",
    PairKind.SAME_PERSON_TWO_NAMES: "probably one person under two names, or twins: merge or tell apart",
    PairKind.LOOK_ALIKES: "look-alikes: one may raise alerts for the other",
    PairKind.SAME_FILE: "the same file twice: remove one",
    PairKind.NEAR_IDENTICAL: "the same picture twice: remove one",
}


@app.callback()
def _enrol() -> None:
    """Reference pictures: check them before they are used."""


@app.command()
def check(
    path: Annotated[
        Path,
        typer.Argument(
            metavar="PATH",
            help="Folder of PERSON/PICTURE or PERSON.jpg, or a CSV file (person_id,image[,category,reason]).",
        ),
    ],
    threshold: Annotated[
        float | None,
        typer.Option(help="Score from which two people are look-alikes, 0 to 1. Derived from the list if left out."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Write one JSON object to standard output instead.")] = False,
    model_pack: Annotated[str, typer.Option(help="See: openlfr models list")] = "default",
) -> None:
    """Judge every reference picture of a watchlist; find duplicates, people under two names, and look-alikes.

    Exit status: 0 when every picture can be used, 1 when some cannot, 2 when the input is unusable.
    """
    errors = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        if threshold is not None:
            checked_threshold(threshold)
        listing = list_watchlist(path)
        models = open_models(model_pack, streams=os.cpu_count() or 1)
        enrolment = _enrol_with_progress(errors, models, listing)
    except (WatchlistError, PackError, InferenceError, ThresholdError) as error:
        errors.print(Text(shown(str(error)), style="bold red"))
        raise typer.Exit(EXIT_UNUSABLE) from error
    look_alike = _look_alike_threshold(models, len(enrolment.enrolled), threshold)
    findings = find_pairs(enrolment.enrolled, look_alike_threshold=SAME_PERSON if look_alike is None else look_alike)
    models.scrub()
    found = WatchlistCheck(listing, enrolment, findings, look_alike)
    if as_json:
        typer.echo(json.dumps(_as_json(found, models), ensure_ascii=True, allow_nan=False, indent=1))
    else:
        _print(found)
    if not enrolment.enrolled:
        errors.print(Text("No picture can be used; each needs one clear face.", style="bold red"))
        raise typer.Exit(EXIT_UNUSABLE)
    raise typer.Exit(EXIT_SOME_UNUSABLE if found.unusable else EXIT_FINE)


def _enrol_with_progress(console: Console, models: Models, listing: WatchlistListing) -> Enrolment:
    columns = (TextColumn("Checking"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("check", total=len(listing.pictures))
        enroller = Enroller(models.detector_session, models.extractor)
        return enroller.enrol(listing.pictures, lambda done, _: progress.update(task, completed=done))


def _look_alike_threshold(models: Models, pictures: int, given: float | None) -> float | None:
    """The one given, else the one `openlfr watch` would use; None for a pack that has no calibration."""
    try:
        return chosen_threshold(models, pictures, given).value
    except ThresholdError:
        return None


def _print(found: WatchlistCheck) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=_WIDTH_OF_FILES)
    _print_pictures(console, found)
    _print_pairs(console, found)
    totals = Table(title="Totals", title_justify="left", show_header=False)
    totals.add_row("people", str(len(found.people)))
    totals.add_row("pictures that can be used", str(len(found.enrolment.enrolled)))
    totals.add_row("pictures and rows that cannot", str(found.unusable))
    without = found.people_without_picture
    if without:
        named = ", ".join(shown(person) for person in without[:10]) + (" ..." if len(without) > 10 else "")
        totals.add_row("people nobody would find", Text(f"{len(without)}: {named}", style="bold red"))
    for kind in PairKind:
        count = sum(pair.kind is kind for pair in found.findings.pairs)
        if count:
            totals.add_row(kind.value.replace("_", " "), str(count))
    console.print(totals)


def _print_pictures(console: Console, found: WatchlistCheck) -> None:
    table = Table(title="Reference pictures", title_justify="left", expand=True)
    for heading, ratio in (("person", 2), ("picture", 3), ("quality", 1), ("verdict", 1), ("why, and what to do", 5)):
        table.add_column(heading, overflow="fold", ratio=ratio)
    for problem in found.listing.problems[:ROWS_SHOWN]:
        table.add_row("", Text(problem.where), "", Text("left out", style="bold red"), Text(problem.sentence))
    for refused in found.enrolment.not_enrolled[:ROWS_SHOWN]:
        quality = "" if refused.quality is None else f"{refused.quality.unified:.0f}"
        verdict = Text("unusable", style="bold red")
        table.add_row(Text(refused.person), Text(refused.picture), quality, verdict, Text(refused.sentence))
    # Those with something to say come first, so that what is left out of a long list has no fault.
    for used in sorted(found.enrolment.enrolled, key=lambda e: not (e.quality.reasons or e.notes))[:ROWS_SHOWN]:
        said = [ADVICE[reason] for reason in used.quality.reasons] + list(used.notes)
        verdict = Text("weak", style="yellow") if used.quality.reasons else Text("good", style="green")
        table.add_row(
            Text(used.person), Text(used.picture), f"{used.quality.unified:.0f}", verdict, Text("; ".join(said))
        )
    console.print(table)
    groups = (found.listing.problems, found.enrolment.not_enrolled, found.enrolment.enrolled)
    if left_out := sum(max(len(group) - ROWS_SHOWN, 0) for group in groups):
        console.print(f"... and {left_out} more; --json has them all.")


def _print_pairs(console: Console, found: WatchlistCheck) -> None:
    pairs = found.findings.pairs
    if found.look_alike_threshold is None:
        console.print("This model pack has no calibration: give --threshold to find look-alikes.")
    if not pairs:
        return
    table = Table(title="Duplicates and look-alikes, worst first", title_justify="left", expand=True)
    for heading, ratio in (("one picture", 3), ("other picture", 3), ("similarity", 1), ("what it means", 4)):
        table.add_column(heading, overflow="fold", ratio=ratio)
    for pair in pairs[:ROWS_SHOWN]:
        one, other = (Text(f"{e.person}: {e.picture}") for e in (pair.first, pair.second))
        table.add_row(one, other, f"{pair.similarity:.3f}", _PAIR_WORDS[pair.kind])
    console.print(table)
    if len(pairs) > ROWS_SHOWN or found.findings.cut:
        console.print(f"... and {'at least ' * found.findings.cut}{len(pairs) - min(len(pairs), ROWS_SHOWN)} more.")


def _as_json(found: WatchlistCheck, models: Models) -> dict[str, object]:
    pictures = [
        {
            "person_id": e.person,
            "picture": e.picture,
            "usable": True,
            "quality": round(e.quality.unified, 1),
            "reasons": [reason.value for reason in e.quality.reasons],
            "advice": [ADVICE[reason] for reason in e.quality.reasons],
            "notes": list(e.notes),
        }
        for e in found.enrolment.enrolled
    ] + [
        {
            "person_id": n.person,
            "picture": n.picture,
            "usable": False,
            "quality": None if n.quality is None else round(n.quality.unified, 1),
            "reasons": [n.reason.value],
            "advice": [n.sentence],
            "notes": [],
        }
        for n in found.enrolment.not_enrolled
    ]
    pairs = [
        {
            "kind": pair.kind.value,
            "people": [pair.first.person, pair.second.person],
            "pictures": [pair.first.picture, pair.second.picture],
            "similarity": round(pair.similarity, 4),
        }
        for pair in found.findings.pairs
    ]
    return {
        "pictures": pictures,
        "left_out": [{"where": problem.where, "why": problem.sentence} for problem in found.listing.problems],
        "pairs": pairs,
        "pairs_cut": found.findings.cut,
        "people": len(found.people),
        "people_without_picture": list(found.people_without_picture),
        "usable": len(found.enrolment.enrolled),
        "unusable": found.unusable,
        "look_alike_threshold": found.look_alike_threshold,
        "model_pack": models.identity,
        "precision": models.execution.precision.value,
    }
