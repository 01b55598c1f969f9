"""`openlfr simulate`: labelled people walk over street footage by the thousand; the report says it is simulated."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from openlfr.assurance.simulation_run import SimulationOrder
from openlfr.assurance.simulation_run import simulate as run_simulation
from openlfr.assurance.video_run import Side
from openlfr.cli.evaluate import (
    CacheFolder,
    CorrectionFiles,
    NoCache,
    PackName,
    SecondOpinionChoice,
    default_cache,
    measuring,
    write_results,
)
from openlfr.cli.evaluate_video import (
    SmallestFace,
    TargetFpir,
    Threshold,
    decision_of,
    played_in,
    write_video_report,
)
from openlfr.cli.signing import SigningKeyFile, signing_key
from openlfr.vision.inference import Precision

TRUTH_NAME = "ground-truth.csv"


def simulate(
    people: Annotated[Path, typer.Argument(metavar="PEOPLE", help="Folder of PERSON/PICTURE: who walks.")],
    street: Annotated[
        list[Path], typer.Option(metavar="CLIP", help="Recording of a street that they walk over; repeat for several.")
    ],
    passages: Annotated[int, typer.Option(min=1, metavar="N", help="Walks in all.")] = 1000,
    walkers: Annotated[int, typer.Option(min=2, metavar="N", help="People who walk; half of them are listed.")] = 500,
    watchlist_size: Annotated[
        list[int] | None, typer.Option(metavar="N", help="People on the watchlist; repeat. 1,000 if left out.")
    ] = None,
    distractors: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="Other people to fill longer lists with; repeat for several."),
    ] = None,
    corrections: CorrectionFiles = None,
    threshold: Threshold = None,
    target_fpir: TargetFpir = None,
    min_face: SmallestFace = 40.0,
    second_opinion: SecondOpinionChoice = True,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where the report goes.")] = Path("simulation"),
    seed: Annotated[int, typer.Option(min=0, help="Of every draw: the same seed gives the same walks.")] = 0,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    key: SigningKeyFile = None,
    model_pack: PackName = "default",
    precision: Annotated[Precision, typer.Option(help="auto is what this machine does natively.")] = Precision.AUTO,
) -> None:
    """Let heads cut out of labelled pictures walk over street footage, play that through the whole pipeline, and write
    a report (HTML and JSON) with the ground truth beside it. Interrupted, it goes on where it stopped.

    Exits with 0, or 2 when the data cannot be used.
    """
    signer = None if key is None else signing_key(key)
    order = SimulationOrder(
        people=people,
        streets=tuple(street),
        sizes=tuple(watchlist_size or (1000,)),
        passages=passages,
        walkers=walkers,
        distractors=tuple(distractors or ()),
        corrections=tuple(corrections or ()),
        seed=seed,
        decision=decision_of(threshold, target_fpir, min_face),
    )
    played = played_in(out)
    with measuring(model_pack, precision, second_opinion, None if no_cache else cache or default_cache()) as tools:
        report, truth = run_simulation(
            order, Side(tools.models, tools.cache), played, now=datetime.now(UTC), on_stage=tools.on_stage
        )
    write_results(out, {TRUTH_NAME: truth})
    write_video_report(report, out, signer)
    played.finished()
