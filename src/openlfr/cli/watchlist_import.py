"""`openlfr watchlist import`: pictures into a list, with progress and a file that says what became of every row."""

import csv
import io
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from openlfr.capture.file_names import shown
from openlfr.cli.hub_access import CLEAN, FINDINGS, DatabaseAddress, VaultFolder, give_up, opened, origin
from openlfr.cli.watchlist_access import ActingAs, acting, answered, lists_service
from openlfr.enrolment.duplicates import PairKind
from openlfr.enrolment.enrol import Enroller
from openlfr.enrolment.listing import WatchlistError
from openlfr.matching.threshold import ThresholdError, checked_threshold
from openlfr.node.recognition import chosen_threshold
from openlfr.policy.identifiers import DeploymentId, WatchlistId
from openlfr.records.watchlist_import import ImportReport, TemplateMaker, WatchlistImport
from openlfr.records.watchlist_import_lines import LineResult
from openlfr.records.watchlist_source import WatchlistSource, read_source
from openlfr.records.watchlist_store import AskedList
from openlfr.records.watchlist_tables import Outcome
from openlfr.reporting.formula_guard import with_formula_guard
from openlfr.sealing.durable import write_synced
from openlfr.vision.inference import InferenceError
from openlfr.vision.models import Models, open_models
from openlfr.vision.packs import PackError

RESULT_COLUMNS: Final = ("row", "person", "picture", "outcome", "reason", "quality", "advice", "entry")
_FINE: Final = frozenset({Outcome.IMPORTED, Outcome.UPDATED, Outcome.DUPLICATE})
_PAIR_WORDS: Final = {
    PairKind.SAME_FILE_TWO_PEOPLE: "one file given for two people: one of them is wrong",
    PairKind.SAME_PERSON_TWO_NAMES: "probably one person under two names, or twins",
    PairKind.LOOK_ALIKES: "look-alikes: one may raise alerts for the other",
    PairKind.SAME_FILE: "one file twice for one person",
    PairKind.NEAR_IDENTICAL: "one picture twice for one person",
}


def import_pictures(
    path: Annotated[Path, typer.Argument(metavar="CSV_OR_FOLDER", help="A CSV file, or a folder of PERSON/PICTURE.")],
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    deployment: Annotated[str | None, typer.Option(metavar="ID", help="Begin a new list for this deployment.")] = None,
    watchlist: Annotated[
        str | None, typer.Option("--list", metavar="ID", help="Go on with this list, or complete it.")
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Where to say what became of each row. Default: NAME-results.csv, here."),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(help="Score from which two people are look-alikes, 0 to 1. Derived from the list if left out."),
    ] = None,
    model_pack: Annotated[str, typer.Option(help="See: openlfr models list")] = "default",
) -> None:
    """Import pictures into a watchlist that is being built.

    A CSV file (UTF-8) has one row for each picture. Columns, in any order: person_id and image (required), name,
    category, offence, reason, where_link, legal_basis, expires_on, picture_source, picture_taken_on, warning_markers,
    look_alikes, under_18, vulnerable, blue_list, consent_reference.

    Several values in a cell are parted by ";", days are written 2026-05-31, yes or no is yes or no. category:
    wanted_by_courts, suspect, subject_to_conditions, missing_at_risk, risk_of_harm, associate, witness, victim.
    legal_basis: court_warrant, power_of_arrest, court_order, prevention_of_crime, protection_of_life, consent.
    picture_source: custody, records_system, national_database, partner_agency, family, open_source, other_lawful,
    consent.

    An entry with empty cells is kept and named as incomplete: import a completed file with --list. A folder gives
    only names and pictures. Interrupted? Run the same command again: it goes on where it stopped.

    Exit status: 0 when every row is fine, 1 when some need a person, 2 when nothing could be imported.
    """
    if (deployment is None) == (watchlist is None):
        give_up("Name either --deployment for a new list, or --list to go on with one.")
    source, models = _prepared(path, threshold, model_pack)
    with opened(database, vault) as records:
        by = acting(records, acting_as)
        maker = TemplateMaker(
            Enroller(models.detector_session, models.extractor, quality_floor=0.0),
            models.identity,
            models.execution.precision.value,
        )
        importing = WatchlistImport(records, maker, os.cpu_count() or 1)
        if watchlist is None:
            target = DeploymentId(deployment or "")
            watchlist = importing.unfinished(target, source) or (
                answered(lists_service(records).begin(by, target, origin("watchlist import"))).watchlist.watchlist
            )
        console = Console(stderr=True, highlight=False)
        console.print(f"List {watchlist}: {source.rows:,} rows. If this is interrupted, run it again: it goes on.")
        columns = (TextColumn("Importing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=console, disable=not console.is_terminal) as progress:
            task = progress.add_task("import", total=source.rows)
            asked = AskedList(by, WatchlistId(watchlist), origin("watchlist import"))
            try:
                report = answered(
                    importing.run(
                        asked,
                        source,
                        lambda pictures: _look_alike_threshold(models, pictures, threshold),
                        lambda done, _: progress.update(task, completed=done),
                    )
                )
            except InferenceError as error:
                give_up(str(error))
        models.scrub()
        result_file = results or Path(f"{path.resolve().stem}-results.csv")
        _write_results(result_file, importing.results(report))
        _print(report, result_file)
    raise typer.Exit(CLEAN if set(report.outcomes) <= _FINE else FINDINGS)


def _prepared(path: Path, threshold: float | None, model_pack: str) -> tuple[WatchlistSource, Models]:
    try:
        if threshold is not None:
            checked_threshold(threshold)
        return read_source(path), open_models(model_pack, streams=os.cpu_count() or 1)
    except (WatchlistError, PackError, InferenceError, ThresholdError) as error:
        give_up(shown(str(error)))


def _look_alike_threshold(models: Models, pictures: int, given: float | None) -> float | None:
    """The one given, else the one a deployment of this size would need; None for a pack that has no calibration."""
    try:
        return chosen_threshold(models, pictures, given).value
    except ThresholdError:
        return None


def _write_results(path: Path, lines: Iterable[LineResult]) -> None:
    """The result file, readable by its owner only and whole or not there: it names people."""
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(RESULT_COLUMNS)
    for each in lines:
        said = each.content
        cells = (
            str(each.line),
            said.person,
            said.picture,
            each.outcome.value,
            said.reason,
            "" if said.quality is None else f"{said.quality:.0f}",
            said.advice,
            said.entry or "",
        )
        writer.writerow([with_formula_guard(shown(cell)) for cell in cells])
    unfinished = path.with_name(path.name + ".new")
    try:
        write_synced(unfinished, text.getvalue().encode())
        unfinished.replace(path)
    except OSError as error:
        give_up(f"Everything is imported, but {shown(path)} cannot be written: {error.strerror}. Run this again.")


def _print(report: ImportReport, result_file: Path) -> None:
    console = Console(highlight=False)
    table = Table(title="Rows", title_justify="left", show_header=False)
    for outcome in Outcome:
        if report.outcomes.get(outcome):
            table.add_row(outcome.value, f"{report.outcomes[outcome]:,}")
    if report.resumed:
        table.add_row("of these, before the interruption", f"{report.resumed:,}")
    table.add_row("people on the list", f"{report.people:,}")
    table.add_row("pictures on the list", f"{report.pictures:,}")
    console.print(table)
    found = [kind for kind in PairKind if any(pair.kind is kind for pair in report.pairs)]
    if found:
        pairs = Table(title="Pictures that are alike", title_justify="left", show_header=False)
        for kind in found:
            count = sum(pair.kind is kind for pair in report.pairs)
            pairs.add_row(f"{'at least ' * report.pairs_cut}{count:,}", _PAIR_WORDS[kind])
        console.print(pairs)
    if report.threshold is None:
        console.print("This model pack has no calibration: give --threshold to find look-alikes.")
    elif report.floor is None:
        console.print(f"No two people on the list reach a similarity of {report.threshold:.3f}.")
    else:
        console.print(
            f"The threshold must lie above {report.floor:.3f}: so alike are the two most alike people on the list."
        )
    console.print(Text(f"What became of each row: {shown(result_file)} (it names people: delete it when done)."))
