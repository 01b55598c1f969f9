"""`openlfr calibrate`: thresholds from comparisons of different people, and the certificates they need."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openlfr.assurance.calibration_run import CalibrationOrder, CalibrationOutcome, calibration_file
from openlfr.assurance.calibration_run import calibrate as run_calibration
from openlfr.assurance.certificate import sign_certificate
from openlfr.assurance.report_file import seal_report
from openlfr.capture.file_names import shown
from openlfr.cli.evaluate import (
    CacheFolder,
    CorrectionFiles,
    DatasetFolder,
    GroupFiles,
    NoCache,
    PackName,
    SecondOpinionChoice,
    default_cache,
    measuring,
    write_results,
)
from openlfr.cli.signing import SigningKeyFile, signing_key
from openlfr.reporting.calibration_page import calibration_page
from openlfr.sealing.signature import SigningKey
from openlfr.sealing.unlock import KEY_FILE_BYTES
from openlfr.vision.inference import Precision

REPORT_NAME, PAGE_NAME = "calibration-report.json", "calibration-report.html"


def calibrate(
    dataset: DatasetFolder,
    target_fpir: Annotated[
        list[float] | None, typer.Option(metavar="X", help="False positive rate to keep to; repeat. 0.001 if left out.")
    ] = None,
    watchlist_size: Annotated[
        list[int] | None, typer.Option(metavar="N", help="People on the watchlist; repeat. 1,000 if left out.")
    ] = None,
    corrections: CorrectionFiles = None,
    groups: GroupFiles = None,
    probes: Annotated[
        list[Path] | None,
        typer.Option(metavar="FOLDER", help="Other people compared with the data set's, to learn of groups; repeat."),
    ] = None,
    every_group: Annotated[
        bool, typer.Option("--every-group", help="Certify the threshold that keeps every group to the target.")
    ] = False,
    valid_days: Annotated[int, typer.Option(min=1, max=3650, help="How long certificates are valid.")] = 365,
    second_opinion: SecondOpinionChoice = True,
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where everything goes.")] = Path("calibration"),
    seed: Annotated[int, typer.Option(min=0, help="Of every draw: the same seed gives the same figures.")] = 0,
    cache: CacheFolder = None,
    no_cache: NoCache = False,
    key: SigningKeyFile = None,
    model_pack: PackName = "default",
    precision: Annotated[Precision, typer.Option(help="auto is what this machine does natively.")] = Precision.AUTO,
) -> None:
    """Find the threshold for a false positive rate, and write the pack's calibration file, a report, and a signed
    certificate for each size and rate.

    Exits with 0, or 2 when the data cannot be used.
    """
    signer = SigningKey(os.urandom(KEY_FILE_BYTES)) if key is None else signing_key(key)
    order = CalibrationOrder(
        dataset=dataset,
        targets=tuple(target_fpir or (0.001,)),
        sizes=tuple(watchlist_size or (1000,)),
        corrections=tuple(corrections or ()),
        groups=tuple(groups or ()),
        probes=tuple(probes or ()),
        every_group=every_group,
        valid_for=timedelta(days=valid_days),
        seed=seed,
    )
    with measuring(model_pack, precision, second_opinion, None if no_cache else cache or default_cache()) as tools:
        found = run_calibration(order, tools.models, tools.cache, now=datetime.now(UTC), on_stage=tools.on_stage)
    page = calibration_page(found.report).encode()
    setup = found.report.setup
    files = {
        PAGE_NAME: page,
        REPORT_NAME: seal_report(found.report, page, signer),
        f"calibration-{setup.precision}-{setup.fusion_rule}.json": calibration_file(found.calibration),
    }
    for issued in found.certificates:
        files[f"certificate-{issued.certificate.certificate}.json"] = sign_certificate(issued, signer)
    write_results(out, files)
    _print(found, signer, key is None)
    typer.echo(f"Written to {shown(out)}: {', '.join(files)}")


def _print(found: CalibrationOutcome, signer: SigningKey, once: bool) -> None:
    console = Console(highlight=False)
    if not console.is_terminal:
        console = Console(highlight=False, width=160)
    table = Table("people on the watchlist", "FPIR", "threshold", "95% interval", "for every group", "certified from")
    for size, issued in zip(found.report.sizes, found.certificates, strict=True):
        table.add_row(
            f"{size.watchlist:,}",
            f"{size.target_fpir:.3g}",
            f"{size.threshold:.3f}",
            f"{size.low:.3f} to {size.high:.3f}",
            "not measured" if size.for_every_group is None else f"{size.for_every_group:.3f}",
            f"{issued.certificate.lowest_threshold:.3f}",
        )
    console.print(table)
    for issued in found.certificates:
        for sentence in issued.findings:
            console.print(Text(f"{issued.certificate.certificate}: {shown(sentence)}"))
    kept = "a key made for this run and not kept" if once else "your key"
    console.print(Text(f"Signed by {kept}; whoever trusts these certificates trusts {signer.public.raw.hex()}"))
