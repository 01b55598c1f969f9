"""`openlfr simulate` with two people whose portraits installed packages carry."""

from pathlib import Path

import cv2
import pytest
import typer
from tests.support.faces import astronaut, grace_hopper
from tests.support.street_clips import write_street
from typer.testing import CliRunner

from openlfr.assurance.ground_truth import read_ground_truth
from openlfr.assurance.report_file import check_report
from openlfr.assurance.video_report import VideoReport
from openlfr.cli.simulate import simulate

RUNNER = CliRunner()
APP = typer.Typer()
APP.command("simulate")(simulate)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Hopper in two pictures, so that she is the one who can be listed, and Collins in one."""
    folder = tmp_path_factory.mktemp("simulate")
    for person, picture, lights in (("hopper", grace_hopper(), (1.0, 0.85)), ("collins", astronaut(), (1.0,))):
        (folder / "people" / person).mkdir(parents=True)
        for number, light in enumerate(lights):
            path = folder / "people" / person / f"{number}.png"
            cv2.imwrite(str(path), cv2.convertScaleAbs(picture, alpha=light))
    write_street(folder / "street.mp4", seconds=1.0)
    return folder


def arguments(data: Path, out: str, size: int = 1) -> list[str]:
    given = [str(data / "people"), "--street", str(data / "street.mp4"), "--passages", "4", "--walkers", "2"]
    given += ["--watchlist-size", str(size), "--threshold", "0.45", "--min-face", "24", "--out", str(data / out)]
    return [*given, "--no-cache", "--no-second-opinion", "--precision", "f32"]


def reported(data: Path, out: str) -> VideoReport:
    page = (data / out / "video-evaluation.html").read_bytes()
    checked = check_report((data / out / "video-evaluation.json").read_bytes(), page=page)
    assert isinstance(checked.report, VideoReport)
    assert b"SIMULATED" in page
    assert b"<h1>Evaluation of face recognition on video: simulated</h1>" in page
    return checked.report


def test_listed_walkers_are_found_others_are_not_and_all_of_it_says_that_it_is_simulated(data: Path) -> None:
    result = RUNNER.invoke(APP, arguments(data, "out"))
    assert result.exit_code == 0, result.output
    assert "simulated, 1 people" in result.stdout
    report = reported(data, "out")
    assert "4 passages of 2 people of people" in report.simulated
    assert "The list of 1: 1 of people." in report.notes
    (run,) = report.runs
    assert (run.figures.tpir.total, run.figures.fpir.total) == (2, 2)
    assert run.figures.tpir.count >= 1
    assert run.figures.fpir.count == 0
    (truth,) = read_ground_truth(data / "out" / "ground-truth.csv").values()
    assert [passage.person for passage in truth] == ["hopper", "collins"] * 2
    again = RUNNER.invoke(APP, arguments(data, "again"))
    assert again.exit_code == 0, again.output
    assert reported(data, "again").runs[0].figures == run.figures
    assert reported(data, "again").runs[0].clips[0].sha256 == run.clips[0].sha256


@pytest.mark.parametrize(
    ("size", "change", "sentence"),
    [
        (1, ["--street", "nowhere.mp4"], "no file, folder or camera called nowhere.mp4"),
        (1, ["--walkers", "5"], "more walkers than passages"),
        (2, ["--walkers", "4"], "4 people cannot walk"),
        (1, ["--walkers", "4"], "must hold the listed half"),
        (3, [], "make no list of 3: add --distractors"),
    ],
)
def test_what_cannot_be_simulated_is_refused_in_one_sentence(
    data: Path, size: int, change: list[str], sentence: str
) -> None:
    result = RUNNER.invoke(APP, [*arguments(data, "refused", size), *change])
    assert result.exit_code == 2
    assert sentence in " ".join(result.stderr.split())
    assert not (data / "refused" / "video-evaluation.json").exists()
