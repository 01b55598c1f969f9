"""`openlfr evaluate`: how accurate recognition is on labelled pictures, as a report; and the check of such a report."""

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table
from rich.text import Text

from openlfr.assurance.acquisition import TemplateCache, opened_cache, recipe_of
from openlfr.assurance.dataset import Corrections, DatasetError, read_corrections, read_dataset
from openlfr.assurance.evaluation import EvaluationError
from openlfr.assurance.evaluation_run import USUAL_FPIRS, EvaluationOrder
from openlfr.assurance.evaluation_run import evaluate as run_evaluation
from openlfr.assurance.ground_truth import GroundTruthError
from openlfr.assurance.report import EvaluationReport
from openlfr.assurance.report_file import ReportError, check_report, seal_report
from openlfr.capture.file_names import shown
from openlfr.cli.hub_access import FINDINGS, give_up
from openlfr.cli.signing import SigningKeyFile, TrustedKey, signing_key, trusted_key
from openlfr.matching.threshold import ThresholdError
from openlfr.reporting.evaluation_page import evaluation_page, rate_text
from openlfr.vision.inference import InferenceError, Precision
from openlfr.vision.models import Models, open_models
from openlfr.vision.packs import PackError
from openlfr.vision.packs.places import places

REPORT_NAME, PAGE_NAME = "evaluation.json", "evaluation.html"

CacheFolder = Annotated[
    Path | None,
    typer.Option(
        metavar="FOLDER",
        help="Where templates are kept, so that an interrupted run goes on. They are biometric data: only evaluate "
        "research material or people who consented.",
    ),
]
NoCache = Annotated[bool, typer.Option("--no-cache", help="Keep no templates on disk; an interrupted run starts anew.")]
CorrectionFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--corrections",
        metavar="CSV",
        help="Known mistakes in the labels: identity_a,identity_b,source or identity_a,identity_b,relation or "
        "image,shown_person. Repeat for several.",
    ),
]
GroupFiles = Annotated[
    list[Path] | None,
    typer.Option("--groups", metavar="CSV", help="Groups of people: image or person, then a column an attribute."),
]
SecondOpinionChoice = Annotated[
    bool, typer.Option("--second-opinion/--no-second-opinion", help="Score with the second recogniser as well.")
]
DatasetFolder = Annotated[Path, typer.Argument(metavar="DATASET", help="Folder of PERSON/PICTURE.")]
PackName = Annotated[str, typer.Option(help="See: openlfr models list")]


def evaluate(
    dataset: DatasetFolder,
    corrections: CorrectionFiles = None,
    groups: GroupFiles = None,
    watchlist_size: Annotated[
        list[int] | None, typer.Option(metavar="N", help="People enrolled; repeat. 1,000, or half of those there are.")
    ] = None,
    fpir: Annotated[
        list[float] | None, typer.Option(metavar="X", help="Target FPIR; repeat. 0.01, 0.003 and 0.001.")
    ] = None,
    probes: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="Other pictures searched against the same people (masked ...); repeat."),
    ] = None,
    subset: Annotated[
        list[Path] | None,
        typer.Option(
            "--list",
            metavar="FILE",
            help="Pictures of the data set to count on their own (sunglasses ...), one a line.",
        ),
    ] = None,
    pairs: Annotated[Path | None, typer.Option(metavar="FILE", help="Pairs for 1:1, as LFW's pairs.txt.")] = None,
    eye_px: Annotated[
        list[float] | None, typer.Option(metavar="PX", help="Also reduce probes to so many pixels between the eyes.")
    ] = None,
    draws: Annotated[
        int, typer.Option(min=0, metavar="N", help="Also repeat the test with N other draws of who is enrolled.")
    ] = 0,
    second_opinion: SecondOpinionChoice = True,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the report goes.")] = Path("evaluation"),
    seed: Annotated[int, typer.Option(min=0, help="Of every draw: the same seed gives the same figures.")] = 0,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    key: SigningKeyFile = None,
    model_pack: PackName = "default",
    precision: Annotated[Precision, typer.Option(help="auto is what this machine does natively.")] = Precision.AUTO,
) -> None:
    """Measure accuracy and fairness on labelled pictures, and write a report (HTML and JSON) that can be checked.

    Exits with 0, or 2 when the data cannot be used.
    """
    signer = None if key is None else signing_key(key)
    order = EvaluationOrder(
        dataset=dataset,
        corrections=tuple(corrections or ()),
        groups=tuple(groups or ()),
        sizes=tuple(watchlist_size or ()),
        fpirs=tuple(fpir or USUAL_FPIRS),
        probes=tuple(probes or ()),
        lists=tuple(subset or ()),
        pairs=pairs,
        eye_px=tuple(eye_px or ()),
        seed=seed,
        draws=draws,
    )
    with measuring(model_pack, precision, second_opinion, None if no_cache else cache or default_cache()) as tools:
        report = run_evaluation(order, tools.models, tools.cache, now=datetime.now(UTC), on_stage=tools.on_stage)
    page = evaluation_page(report).encode()
    write_results(out, {PAGE_NAME: page, REPORT_NAME: seal_report(report, page, signer)})
    _print(report, out)


def verify_report(
    report: Annotated[Path, typer.Argument(metavar="REPORT", help="The JSON file of an evaluation.")],
    data: Annotated[
        list[Path] | None, typer.Option(metavar="FOLDER", help="Also check that this is the data it was made with.")
    ] = None,
    corrections: CorrectionFiles = None,
    signer: TrustedKey = None,
) -> None:
    """Check that an evaluation's report, the page beside it and the data it names are as they were.

    Exits with 0 if they are, 1 if not, and 2 if a file cannot be read.
    """
    trusted = None if signer is None else trusted_key(signer)
    page_path = report.with_suffix(".html")
    try:
        content = report.read_bytes()
        page = page_path.read_bytes() if page_path.exists() else None
        known = read_corrections(corrections or ()) if corrections else Corrections()
        datasets = [read_dataset(folder, known) for folder in data or ()]
    except OSError as error:
        give_up(f"{shown(str(error.filename))} cannot be read: {error.strerror}.")
    except DatasetError as error:
        give_up(str(error))
    try:
        checked = check_report(content, page=page, trusted=trusted)
    except ReportError as error:
        _found(str(error))
    known_digests = {used.digest for used in checked.report.data}
    for dataset in datasets:
        if dataset.digest not in known_digests:
            _found(
                f"The data {shown(dataset.name)} is not what the report was made with: a picture, a label or a "
                "correction differs."
            )
    what = "The report is" if page is None else "The report and its page are"
    by = "nobody signed it" if checked.signer is None else f"signed by {checked.signer.raw.hex()}"
    typer.echo(f"{what} as they were made ({checked.sha256}); {by}.")


class Tools:
    """What a measurement needs: models, the cache of templates, and somewhere to show progress."""

    def __init__(self, models: Models, cache: TemplateCache | None, on_stage: Callable[[str, int, int], None]) -> None:
        self.models = models
        self.cache = cache
        self.on_stage = on_stage


@contextmanager
def measuring(pack: str, precision: Precision, second_opinion: bool, cache: Path | None) -> Iterator[Tools]:
    """Models and cache opened, progress shown, and every refusal told in one sentence with exit status 2."""
    console = Console(stderr=True, highlight=False, soft_wrap=True)
    try:
        with ExitStack() as stack:
            models = open_models(pack, precision=precision, second_opinion=second_opinion)
            kept = None if cache is None else stack.enter_context(opened_cache(cache, recipe_of(models)))
            if cache is not None:
                console.print(Text(f"Templates are kept in {shown(cache)}: evaluate consented or research data only."))
            columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
            progress = stack.enter_context(Progress(*columns, console=console, disable=not console.is_terminal))
            tasks: dict[str, TaskID] = {}

            def on_stage(stage: str, done: int, total: int) -> None:
                if stage not in tasks:
                    tasks[stage] = progress.add_task(stage, total=total)
                progress.update(tasks[stage], completed=done, total=total)

            yield Tools(models, kept, on_stage)
    except (DatasetError, EvaluationError, GroundTruthError, PackError, InferenceError, ThresholdError) as error:
        give_up(shown(str(error)))
    except (OSError, sqlite3.Error) as error:
        give_up(f"The templates cannot be kept in {shown(cache or '')} ({error}): name another --cache, or --no-cache.")


def default_cache() -> Path:
    """Beside the prepared models."""
    return places().cache.parent / "evaluation"


def write_results(folder: Path, files: dict[str, bytes]) -> None:
    """Write what a command found; ends it with a sentence where that cannot be done."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            partial = folder / f".{name}.{os.getpid()}"
            partial.write_bytes(content)
            partial.replace(folder / name)
    except OSError as error:
        give_up(f"The results cannot be written to {shown(folder)}: {error.strerror}.")


def _print(report: EvaluationReport, out: Path) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=160)
    for search in report.searches:
        table = Table(
            title=f"{shown(search.probes)}, watchlist of {search.watchlist:,}: {search.mated:,} mated searches, "
            f"{search.non_mated:,} non-mated",
            title_justify="left",
        )
        for column in ("threshold set by", "threshold", "FPIR measured", "TPIR"):
            table.add_column(column)
        for point in search.points_without_relatives or search.points:
            table.add_row(shown(point.label), f"{point.threshold:.3f}", rate_text(point.fpir), rate_text(point.tpir))
        console.print(table)
        for result in search.groups:
            console.print(
                Text(
                    f"{result.error} by {shown(result.attribute)}, {shown(result.threshold_label)}: "
                    f"{shown(result.verdict)}"
                )
            )
    console.print(Text(f"Report: {shown(out / PAGE_NAME)} and {shown(out / REPORT_NAME)}"))


def _found(sentence: str) -> NoReturn:
    Console(stderr=True).print(Text(sentence))
    raise typer.Exit(FINDINGS)
