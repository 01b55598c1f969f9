"""`openlfr watch`: cameras against a folder of pictures, as a rehearsal."""

import contextlib
import logging
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, NoReturn

import structlog
import typer
from rich.console import Console
from rich.live import Live
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.text import Text

from openlfr.capture.camera import Pace
from openlfr.capture.file_names import shown
from openlfr.cli.alert_output import AlertOutput, OutputError, check_outputs, open_lines
from openlfr.cli.screen import counted, live_view, print_summary, summary_line
from openlfr.enrolment.enrol import Enroller, Enrolment
from openlfr.enrolment.listing import WatchlistError, WatchlistListing, list_watchlist
from openlfr.matching.gallery import Entry, Gallery
from openlfr.matching.threshold import ThresholdError
from openlfr.node.memory import forbid_core_dumps
from openlfr.node.recognition import Recognition, chosen_threshold
from openlfr.node.rehearsal import NOTICE, NamedSource, Rehearsal, Summary
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.inference import InferenceError, Precision
from openlfr.vision.models import Models, open_models
from openlfr.vision.packs import PackError

EXIT_ENDED, EXIT_UNUSABLE, EXIT_LOST = 0, 2, 3

PROBLEMS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class WatchOptions:
    """What the command line asked for, beyond sources and watchlist."""

    threshold: float | None = None
    target_fpir: float | None = None
    jsonl: str | None = None
    max_seconds: float | None = None
    fast: bool = False
    min_face_px: float = 40.0
    model_pack: str = "default"
    precision: Precision = Precision.AUTO
    second_opinion: bool = True
    alert_pictures: Path | None = None


def watch(
    sources: Annotated[
        list[str],
        typer.Argument(
            help="rtsp://..., http://..., a USB camera (0), a video file, GIF, picture or folder of pictures."
        ),
    ],
    watchlist: Annotated[
        Path, typer.Option(help="Folder of PERSON/PICTURE or PERSON.jpg, or a CSV file (person_id,image).")
    ],
    threshold: Annotated[
        float | None,
        typer.Option(help="Score from which an alert is raised, 0 to 1. Derived from --target-fpir if left out."),
    ] = None,
    target_fpir: Annotated[
        float | None, typer.Option(help="Share of passers-by not on the list who may raise an alert (default 0.001).")
    ] = None,
    jsonl: Annotated[
        str | None, typer.Option(help="Write alerts and summary as JSON lines to this file, - for standard output.")
    ] = None,
    max_seconds: Annotated[float | None, typer.Option(help="End by itself after so many seconds.", min=0.1)] = None,
    fast: Annotated[
        bool, typer.Option("--fast", help="Read files as fast as they can be analysed; no frame is dropped.")
    ] = False,
    min_face: Annotated[
        float, typer.Option(help="Width of the smallest face wanted, in pixels of the picture.")
    ] = 40.0,
    model_pack: Annotated[str, typer.Option(help="See: openlfr models list")] = "default",
    precision: Annotated[Precision, typer.Option(help="Numbers the models are computed in.")] = Precision.AUTO,
    second_opinion: Annotated[
        bool,
        typer.Option("--second-opinion/--no-second-opinion", help="Ask an independent recogniser before an alert."),
    ] = True,
    alert_pictures: Annotated[
        Path | None,
        typer.Option(help="Folder for a picture of each alert beside its candidate. None is kept otherwise."),
    ] = None,
) -> None:
    """Look for the people of a watchlist in cameras or recordings, as a rehearsal.

    Exit status: 0 when the sources ended, 2 for unusable input or output, 3 when a source was lost for good.
    """
    options = WatchOptions(
        threshold,
        target_fpir,
        jsonl,
        max_seconds,
        fast,
        min_face,
        model_pack,
        precision,
        second_opinion,
        alert_pictures,
    )
    named = [
        NamedSource(f"camera-{i}" if len(sources) > 1 else "camera", source) for i, source in enumerate(sources, 1)
    ]
    raise typer.Exit(run_rehearsal(named, lambda: list_watchlist(watchlist), options))


def run_rehearsal(sources: list[NamedSource], watchlist: Callable[[], WatchlistListing], options: WatchOptions) -> int:
    """Enrols, watches and reports; returns the exit status."""
    # Everything for people goes to standard error, so that standard output can be JSON lines and nothing else.
    console = Console(stderr=True)
    silence_logs(console.is_terminal)
    forbid_core_dumps()
    with contextlib.ExitStack() as stack:
        stop = threading.Event()
        try:
            stack.enter_context(_on_signals(_interrupt))
            check_outputs(options.jsonl, options.alert_pictures)
            DetectorOptions(min_face_px=options.min_face_px)
            listing = watchlist()
            models = open_models(options.model_pack, precision=options.precision, second_opinion=options.second_opinion)
            # Asked for what it refuses only: the list may be long, and a typing error should not wait for it.
            chosen_threshold(models, len(listing.pictures), options.threshold, options.target_fpir)
            for warning in models.pack.warnings:
                console.print(Text(warning, style="yellow"))
            console.print(Text(NOTICE, style="bold yellow"))
            enrolment = enrol_with_progress(console, models, listing)
            recognition = _recognition(models, enrolment, options, console)
            output = AlertOutput(
                open_lines(options.jsonl, stack),
                options.alert_pictures,
                {e.picture: e.reference.path for e in enrolment.enrolled},
                stop,
            )
        except KeyboardInterrupt:
            console.print("Stopped before any camera was opened.")
            return EXIT_ENDED
        except (WatchlistError, PackError, InferenceError, ThresholdError, OutputError, ValueError, OSError) as error:
            console.print(Text(shown(str(error)), style="bold red"))
            return EXIT_UNUSABLE
        stack.enter_context(_on_signals(stop.set))
        summary = _watch(sources, recognition, models, output, options, console, stop)
        recognition.wipe()
        models.scrub()
        not_enrolled = len(enrolment.not_enrolled) + len(listing.problems)
        print_summary(console, summary, len(enrolment.enrolled), not_enrolled)
        output.write(summary_line(summary, len(enrolment.enrolled), not_enrolled))
        for fault in output.faults:
            console.print(Text(shown(fault), style="bold red"))
    if output.faults or len(summary.unusable) == len(sources):
        return EXIT_UNUSABLE
    return EXIT_LOST if summary.unusable or summary.lost else EXIT_ENDED


def silence_logs(on_screen: bool) -> None:
    """The live table says what the log would; a program that reads JSON lines gets warnings only."""
    level = logging.ERROR if on_screen else logging.WARNING
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def enrol_with_progress(console: Console, models: Models, listing: WatchlistListing) -> Enrolment:
    """Enrols with a progress bar, and says what could not be used. Raises WatchlistError when nothing could."""
    columns = (TextColumn("Enrolling"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("enrol", total=len(listing.pictures))
        enroller = Enroller(models.detector_session, models.extractor, second_opinion=models.second_opinion)
        enrolment = enroller.enrol(listing.pictures, lambda done, _: progress.update(task, completed=done))
    problems = [f"{problem.where} {problem.sentence}" for problem in listing.problems]
    problems += [refused.sentence for refused in enrolment.not_enrolled]
    for problem in problems[:PROBLEMS_SHOWN]:
        console.print(Text(f"Not enrolled: {problem}", style="yellow"))
    if len(problems) > PROBLEMS_SHOWN:
        console.print(Text(f"... and {len(problems) - PROBLEMS_SHOWN} more; see: openlfr enrol check", style="yellow"))
    if not enrolment.enrolled:
        raise WatchlistError(
            f"No picture of {shown(listing.source)} could be enrolled; each needs one clear face. "
            "See: openlfr enrol check"
        )
    return enrolment


def _recognition(models: Models, enrolment: Enrolment, options: WatchOptions, console: Console) -> Recognition:
    entries = [Entry(e.person, e.picture, e.template, e.descriptor) for e in enrolment.enrolled]
    gallery = Gallery(models.dimension, entries)
    threshold = chosen_threshold(models, len(gallery), options.threshold, options.target_fpir)
    console.print(
        f"{counted(len(gallery), 'picture', 'pictures')} of {counted(len(gallery.people), 'person', 'people')} "
        f"enrolled; threshold {threshold.value:.3f} "
        f"({threshold.explanation})."
    )
    return Recognition(models, gallery, threshold.value)


def _watch(
    sources: list[NamedSource],
    recognition: Recognition,
    models: Models,
    output: AlertOutput,
    options: WatchOptions,
    console: Console,
    stop: threading.Event,
) -> Summary:
    rehearsal = Rehearsal(
        sources,
        recognition,
        models.detector(DetectorOptions(min_face_px=options.min_face_px)),
        on_alert=output.take,
        pace=Pace.FAST if options.fast else Pace.OWN_SPEED,
    )
    rehearsal.start()
    if console.is_terminal:
        with Live(console=console, refresh_per_second=4, transient=True) as live:
            rehearsal.wait(
                stop,
                seconds=options.max_seconds,
                tick=lambda: live.update(live_view(rehearsal.status(), output.log)),
                every_s=0.25,
            )
    else:
        rehearsal.wait(stop, seconds=options.max_seconds, tick=lambda: None, every_s=0.25)
    summary = rehearsal.stop()
    if console.is_terminal or not output.writes_lines:
        console.print(output.log.table())
    return summary


def _interrupt() -> NoReturn:
    raise KeyboardInterrupt


@contextlib.contextmanager
def _on_signals(act: Callable[[], None]) -> Iterator[None]:
    """Within, SIGINT and SIGTERM call `act`, the first time; the second one ends the program at once."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def on_signal(number: int, _frame: object) -> None:
        signal.signal(number, signal.SIG_DFL)
        act()

    for number in before:
        signal.signal(number, on_signal)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
