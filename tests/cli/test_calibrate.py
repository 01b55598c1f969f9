"""`openlfr calibrate`: a calibration file, a report and certificates, on people made of numbers."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import typer
from tests.support.faces import models
from tests.support.made_folder import made_folder
from typer.testing import CliRunner

from openlfr.assurance.certificate import CertificateError, open_certificate
from openlfr.assurance.report import CalibrationReport
from openlfr.assurance.report_file import check_report
from openlfr.cli.calibrate import calibrate
from openlfr.cli.evaluate import verify_report
from openlfr.matching.threshold import parse_calibration, threshold_for
from openlfr.policy.certificates import MatchingSetup, threshold_allowed
from openlfr.policy.refusal import Allowed, Refusal
from openlfr.sealing.signature import SigningKey, VerifyKey

RUNNER = CliRunner()
APP = typer.Typer()
APP.command()(calibrate)
APP.command("report")(verify_report)
PLAIN = ["--no-second-opinion", "--precision", "f32"]


def test_a_calibration_writes_what_packs_and_authorities_need(tmp_path: Path) -> None:
    folder = made_folder(tmp_path, models(), 60, 2, singles=200)
    (tmp_path / "groups.csv").write_text(
        "person,kind\n" + "".join(f"p{n:04d},{'odd' if n % 2 else 'even'}\n" for n in range(260)), encoding="utf-8"
    )
    (tmp_path / "key").write_bytes(bytes(range(32)))
    out = tmp_path / "out"
    arguments = ["calibrate", str(folder), *PLAIN, "--cache", str(tmp_path / "cache"), "--out", str(out)]
    arguments += ["--target-fpir", "0.01", "--watchlist-size", "100", "--watchlist-size", "50", "--valid-days", "10"]
    arguments += ["--groups", str(tmp_path / "groups.csv"), "--key", str(tmp_path / "key")]
    result = RUNNER.invoke(APP, arguments)
    assert result.exit_code == 0, result.output
    key = SigningKey(bytes(range(32))).public
    assert key.raw.hex() in " ".join(result.stdout.split())

    calibration = parse_calibration((out / "calibration-f32-mean-1.json").read_bytes())
    assert "33670 comparisons of single pictures of 260 different people" in calibration.made_of
    report = check_report((out / "calibration-report.json").read_bytes(), trusted=key).report
    assert isinstance(report, CalibrationReport)
    assert [size.watchlist for size in report.sizes] == [50, 100]
    for size in report.sizes:
        assert size.threshold == pytest.approx(threshold_for(calibration, 0.01, size.watchlist), abs=1e-3)
        assert size.low < size.threshold < size.high
    assert [growth.watchlist for growth in report.growth] == [50, 100, 300, 1000, 3000, 10000]
    assert report.growth[1].measured is not None
    assert report.growth[-1].measured is None

    issued = [open_certificate(path.read_bytes(), key) for path in sorted(out.glob("certificate-*.json"))]
    assert sorted(each.certificate.largest_watchlist for each in issued) == [50, 100]
    large = max(issued, key=lambda each: each.certificate.largest_watchlist)
    setup = MatchingSetup(models().identity, "f32", "mean-1")
    now = datetime.now(UTC)
    assert large.certificate.expires_at - large.certificate.issued_at == timedelta(days=10)
    lowest = large.certificate.lowest_threshold
    assert lowest >= large.measured.high
    assert isinstance(threshold_allowed(large.certificate, setup, 100, lowest, now), Allowed)
    assert isinstance(threshold_allowed(large.certificate, setup, 100, lowest - 0.001, now), Refusal)
    assert isinstance(threshold_allowed(large.certificate, setup, 101, lowest, now), Refusal)

    checked = RUNNER.invoke(APP, ["report", str(out / "calibration-report.json"), "--signer", key.raw.hex()])
    assert checked.exit_code == 0, checked.output
    content = next(out.glob("certificate-*.json")).read_bytes()
    with pytest.raises(CertificateError):
        open_certificate(content, VerifyKey(bytes(32)))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "at least 246 people"),
        (["--target-fpir", "0"], "lies between 0 and 1"),
        (["--watchlist-size", "0"], "at least one person"),
        (["--every-group"], "needs to know the groups"),
        (["--key", "nowhere"], "cannot be read"),
    ],
)
def test_unusable_input_is_refused_in_one_sentence(tmp_path: Path, arguments: list[str], words: str) -> None:
    folder = made_folder(tmp_path, models(), 5, 2, singles=5)
    out = tmp_path / "out"
    given = ["calibrate", str(folder), *PLAIN, "--cache", str(tmp_path / "cache"), "--out", str(out), *arguments]
    result = RUNNER.invoke(APP, given)
    assert result.exit_code == 2, result.output
    assert words in " ".join(result.stderr.split())
    assert not out.exists()
