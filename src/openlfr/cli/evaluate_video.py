"""`openlfr evaluate-video`: who is found, who is missed and who is stopped for nothing in recordings, as a report."""

from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openlfr.assurance.acquisition import opened_cache, recipe_of
from openlfr.assurance.report_file import seal_report
from openlfr.assurance.video_report import VideoReport
from openlfr.assurance.video_run import Candidate, Decision, PlayedFile, Side, VideoOrder
from openlfr.assurance.video_run import evaluate_video as run_evaluation
from openlfr.capture.file_names import shown
from openlfr.cli.evaluate import (
    CacheFolder,
    NoCache,
    PackName,
    SecondOpinionChoice,
    default_cache,
    measuring,
    write_results,
)
from openlfr.cli.hub_access import FINDINGS, give_up
from openlfr.cli.signing import SigningKeyFile, signing_key
from openlfr.cli.watch import silence_logs
from openlfr.reporting.evaluation_page import rate_text
from openlfr.reporting.video_evaluation_page import video_evaluation_page
from openlfr.sealing.signature import SigningKey
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.inference import Precision
from openlfr.vision.models import open_models

REPORT_NAME, PAGE_NAME = "video-evaluation.json", "video-evaluation.html"
PLAYED_NAME = "played.jsonl"

Threshold = Annotated[
    float | None,
    typer.Option(help="Score from which an alert is raised, 0 to 1. Derived from --target-fpir if left out."),
]
TargetFpir = Annotated[
    float | None, typer.Option(help="Share of passers-by not on the list who may raise an alert (default 0.001).")
]
SmallestFace = Annotated[float, typer.Option(help="Width of the smallest face wanted, in pixels of the picture.")]


def evaluate_video(
    clips: Annotated[list[Path], typer.Argument(metavar="CLIPS", help="Recordings of different names.")],
    truth: Annotated[
        Path,
        typer.Option(
            metavar="CSV",
            help="Who is visible when: clip,person,from_s,to_s and, where noted, size (pixels) and blur, turn, mask, "
            "glasses (yes or no). A line with a clip's name alone: nobody of the list is in it.",
        ),
    ],
    watchlist: Annotated[Path, typer.Option(metavar="FOLDER", help="Folder of PERSON/PICTURE.")],
    threshold: Threshold = None,
    target_fpir: TargetFpir = None,
    min_face: SmallestFace = 40.0,
    candidate_pack: Annotated[
        str | None,
        typer.Option(metavar="PACK", help="Also run this pack in shadow on the same passages, and count agreement."),
    ] = None,
    candidate_threshold: Annotated[
        float | None, typer.Option(help="The candidate's threshold, if its pack has none to derive from.")
    ] = None,
    second_opinion: SecondOpinionChoice = True,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the report goes.")] = Path("video-evaluation"),
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    key: SigningKeyFile = None,
    model_pack: PackName = "default",
    precision: Annotated[Precision, typer.Option(help="auto is what this machine does natively.")] = Precision.AUTO,
) -> None:
    """Play recordings through the whole pipeline, hold its alerts against who is truly in them, and write a report
    (HTML and JSON) that `openlfr verify report` checks. Interrupted, it goes on with the next clip.

    Exits with 0, 1 when a clip could not be played (the others are measured), or 2 when nothing can be measured.
    """
    signer = None if key is None else signing_key(key)
    if candidate_threshold is not None and candidate_pack is None:
        give_up("A --candidate-threshold needs a --candidate-pack: name the pack, or leave the threshold out.")
    order = VideoOrder(tuple(clips), truth, watchlist, decision_of(threshold, target_fpir, min_face))
    kept_in = None if no_cache else cache or default_cache()
    with ExitStack() as stack:
        tools = stack.enter_context(measuring(model_pack, precision, second_opinion, kept_in))
        candidate = None
        if candidate_pack is not None:
            models = open_models(candidate_pack, precision=precision, second_opinion=second_opinion)
            own = None if kept_in is None else stack.enter_context(opened_cache(kept_in, recipe_of(models)))
            candidate = Candidate(Side(models, own), candidate_threshold)
        played = played_in(out)
        report = run_evaluation(
            order,
            Side(tools.models, tools.cache),
            played,
            candidate=candidate,
            now=datetime.now(UTC),
            on_stage=tools.on_stage,
        )
    write_video_report(report, out, signer)
    played.finished()
    if any(clip.problem for run in report.runs for clip in run.clips):
        raise typer.Exit(FINDINGS)


def decision_of(threshold: float | None, target_fpir: float | None, min_face: float) -> Decision:
    """What was asked for, if it can be; ends the command with a sentence if not."""
    silence_logs(on_screen=True)
    try:
        DetectorOptions(min_face_px=min_face)
    except ValueError as error:
        give_up(str(error))
    return Decision(threshold, target_fpir, min_face)


def played_in(out: Path) -> PlayedFile:
    """What an interrupted run has left in the report's folder; ends the command if nothing can be kept there."""
    try:
        return PlayedFile(out / PLAYED_NAME)
    except OSError as error:
        give_up(f"Nothing can be kept in {shown(out)}: {error.strerror}. Name another folder with --out.")


def write_video_report(report: VideoReport, out: Path, signer: SigningKey | None) -> None:
    """Page and sealed JSON, and the figures on the screen."""
    page = video_evaluation_page(report).encode()
    write_results(out, {PAGE_NAME: page, REPORT_NAME: seal_report(report, page, signer)})
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=160)
    table = Table("watchlist", "threshold", "TPIR", "FPIR", "false alerts", "found after (median, 95%)")
    for run in report.runs:
        after = run.figures.found_after
        table.add_row(
            f"{'simulated, ' if report.simulated else ''}{run.people:,} people",
            f"{run.threshold:.3f}",
            rate_text(run.figures.tpir),
            rate_text(run.figures.fpir),
            f"{len(run.figures.false_alerts):,}",
            "" if after is None else f"{after.p50_s:.2f} s, {after.p95_s:.2f} s",
        )
    console.print(table)
    for run in report.runs:
        for clip in run.clips:
            if clip.problem:
                console.print(Text(f"{shown(clip.name)} is not counted: {shown(clip.problem)}"))
        if run.shadow is not None:
            counts = run.shadow.agreement
            console.print(
                Text(
                    f"In shadow, {run.shadow.setup}: of {counts.passages:,} passages {counts.same_person:,} with the "
                    f"same alert, {counts.another_person:,} with one on another person, {counts.only_authorised:,} "
                    f"with the authorised pack's alone, {counts.only_candidate:,} with the candidate's alone, "
                    f"{counts.neither:,} with none. {run.shadow.broke_off}"
                )
            )
    console.print(Text(f"Report: {shown(out / PAGE_NAME)} and {shown(out / REPORT_NAME)}"))
