"""`openlfr evaluate` and the check of its reports, on real pictures and on people made of numbers."""

import json
import shutil
from pathlib import Path

import cv2
import pytest
import typer
from tests.support.faces import astronaut, grace_hopper, models
from tests.support.made_folder import made_folder
from typer.testing import CliRunner

from openlfr.assurance.report import EvaluationReport
from openlfr.assurance.report_file import check_report
from openlfr.cli.evaluate import evaluate, verify_report

RUNNER = CliRunner()
APP = typer.Typer()
APP.command()(evaluate)
APP.command("report")(verify_report)
PLAIN = ["--no-second-opinion", "--precision", "f32"]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an evaluation with groups, a list, a correction and a signature; copy it to change it."""
    tmp_path = tmp_path_factory.mktemp("evaluated")
    folder = made_folder(tmp_path, models(), 40, 3, singles=80)
    (tmp_path / "groups.csv").write_text(
        "person,kind\n" + "".join(f"p{n:04d},{'odd' if n % 2 else 'even'}\n" for n in range(120)), encoding="utf-8"
    )
    (tmp_path / "list.txt").write_text("p0001_0002.jpg\np0002_0002.jpg\n", encoding="utf-8")
    (tmp_path / "same.csv").write_text("identity_a,identity_b,source\np0000,p0119,made\n", encoding="utf-8")
    (tmp_path / "key").write_bytes(bytes(range(32)))
    for number in range(40):  # the same people again, as if in other pictures, and people nobody knows
        shutil.copytree(folder / f"p{number:04d}", tmp_path / "again" / f"p{number:04d}")
        shutil.copytree(folder / f"p{number + 40:04d}", tmp_path / "strangers" / f"q{number:04d}")
    arguments = ["evaluate", str(folder), *PLAIN, "--cache", str(tmp_path / "cache"), "--out", str(tmp_path / "out")]
    arguments += ["--watchlist-size", "20", "--watchlist-size", "30", "--fpir", "0.1", "--draws", "2"]
    arguments += ["--groups", str(tmp_path / "groups.csv"), "--list", str(tmp_path / "list.txt")]
    arguments += ["--probes", str(tmp_path / "again"), "--probes", str(tmp_path / "strangers")]
    arguments += ["--corrections", str(tmp_path / "same.csv"), "--key", str(tmp_path / "key")]
    result = RUNNER.invoke(APP, arguments)
    assert result.exit_code == 0, result.output
    assert "watchlist of 20" in result.stdout
    assert "FPIR by kind" in result.stdout
    assert "evaluate consented or research data only" in result.stderr
    return tmp_path


def test_an_evaluation_writes_a_report_with_all_that_was_asked_for(evaluated: Path) -> None:
    page = (evaluated / "out" / "evaluation.html").read_bytes()
    checked = check_report((evaluated / "out" / "evaluation.json").read_bytes(), page=page)
    report = checked.report
    assert isinstance(report, EvaluationReport)
    assert [(search.probes, search.watchlist) for search in report.searches] == [
        ("set", 20),
        ("again", 20),
        ("strangers", 20),
        ("list", 20),
        ("set", 30),
        ("again", 30),
        ("strangers", 30),
        ("list", 30),
    ]
    _, again, strangers, _ = report.searches[:4]
    assert (again.mated, again.non_mated) == (40, 20)
    assert (strangers.mated, strangers.non_mated) == (0, 40)
    assert again.points[0].label == "set's for FPIR 0.1"
    assert again.points[0].threshold == report.searches[0].points[-1].threshold
    main = report.searches[0]
    assert main.non_mated == 119 - 20
    assert main.mated in (40, 41)  # one more where the person with a second name was drawn
    assert main.points[-1].fpir.count <= 9
    assert main.points[-1].tpir.rate > 0.9
    assert {result.error for result in main.groups} == {"FTA", "FPIR", "FNIR"}
    assert main.over_draws[0].draws == 2
    assert report.setup.precision == "f32"
    assert report.setup.fusion_rule == "mean-1"
    assert report.data[0].people == 119
    assert checked.signer is not None


def test_an_untouched_report_and_its_data_pass_the_check(evaluated: Path) -> None:
    arguments = ["report", str(evaluated / "out" / "evaluation.json"), "--data", str(evaluated / "set")]
    result = RUNNER.invoke(APP, [*arguments, "--corrections", str(evaluated / "same.csv")])
    assert result.exit_code == 0, result.output
    assert "as they were made" in result.stdout


def test_a_changed_report_page_or_picture_fails_the_check(evaluated: Path, tmp_path: Path) -> None:
    evaluated = Path(shutil.copytree(evaluated, tmp_path / "copy"))
    report, page = evaluated / "out" / "evaluation.json", evaluated / "out" / "evaluation.html"
    arguments = ["report", str(report), "--data", str(evaluated / "set")]
    arguments += ["--corrections", str(evaluated / "same.csv")]
    whole = report.read_text(encoding="utf-8")
    report.write_text(whole.replace('"watchlist": 20', '"watchlist": 21'), encoding="utf-8")
    result = RUNNER.invoke(APP, arguments)
    assert (result.exit_code, "was altered" in result.stderr) == (1, True)
    report.write_text(whole, encoding="utf-8")
    shown = page.read_text(encoding="utf-8")
    page.write_text(shown.replace("watchlist of 20", "watchlist of 21"), encoding="utf-8")
    result = RUNNER.invoke(APP, arguments)
    assert (result.exit_code, "page is not the one" in result.stderr) == (1, True)
    page.write_text(shown, encoding="utf-8")
    next((evaluated / "set" / "p0007").iterdir()).write_bytes(b"another picture")
    result = RUNNER.invoke(APP, arguments)
    assert result.exit_code == 1
    assert "is not what the report was made with" in " ".join(result.stderr.split())


def test_real_pictures_without_a_cache(tmp_path: Path) -> None:
    """Two women in two pictures each, and two more names for the astronaut: whichever of the two is enrolled is found,
    and the names are false positives where she is the one."""
    for person, picture in (("collins", astronaut()), ("hopper", grace_hopper())):
        (tmp_path / "set" / person).mkdir(parents=True)
        for number, light in enumerate((1.0, 0.8)):
            path = tmp_path / "set" / person / f"{number}.png"
            cv2.imwrite(str(path), cv2.convertScaleAbs(picture, alpha=light))
    for number in range(2):
        cv2.imwrite(
            str(tmp_path / "set" / f"double{number}.png"), cv2.convertScaleAbs(astronaut(), alpha=0.9 - number / 9)
        )
    out = tmp_path / "out"
    arguments = ["evaluate", str(tmp_path / "set"), *PLAIN, "--no-cache", "--watchlist-size", "1", "--fpir", "0.7"]
    result = RUNNER.invoke(APP, [*arguments, "--eye-px", "20", "--out", str(out)])
    assert result.exit_code == 0, result.output
    report = check_report((out / "evaluation.json").read_bytes()).report
    assert isinstance(report, EvaluationReport)
    (search,) = report.searches
    assert (search.mated, search.non_mated, search.rank_one.count) == (1, 3, 1)
    assert search.points[-1].fpir.count <= 2
    assert [band.label for band in search.by_size] == ["20 px between the eyes"]
    assert not list(tmp_path.glob("**/*.sqlite"))


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nowhere"], "There is no folder nowhere"),
        (["{set}", "--corrections", "nowhere.csv"], "There is no file nowhere.csv"),
        (["{set}", "--groups", "{wrong}"], "must begin with a line such as image,sex"),
        (["{set}", "--list", "{wrong}"], "names none of the pictures"),
        (["{set}", "--pairs", "{wrong}"], "no pair"),
        (["{set}", "--watchlist-size", "99"], "A watchlist of 99 needs more than 99 people"),
        (["{set}", "--watchlist-size", "0"], "at least one person"),
        (["{set}", "--fpir", "1.5"], "lie between 0 and 1"),
        (["{set}", "--probes", "nowhere"], "There is no folder nowhere"),
        (["{set}", "--key", "{wrong}"], "exactly 32 random bytes"),
        (["{set}", "--model-pack", "none"], "There is no model pack called 'none'"),
    ],
)
def test_unusable_input_is_refused_in_one_sentence(tmp_path: Path, arguments: list[str], words: str) -> None:
    folder = made_folder(tmp_path, models(), 5, 2, singles=5)
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("who knows what this is", encoding="utf-8")
    given = [argument.format(set=folder, wrong=wrong) for argument in arguments]
    out = tmp_path / "out"
    result = RUNNER.invoke(APP, ["evaluate", *given, *PLAIN, "--cache", str(tmp_path / "cache"), "--out", str(out)])
    assert result.exit_code == 2, result.output
    assert words in " ".join(result.stderr.split())
    assert "Traceback" not in result.output
    assert not out.exists()


def test_a_report_that_is_none_is_said_to_be_none(tmp_path: Path) -> None:
    path = tmp_path / "evaluation.json"
    path.write_text(json.dumps({"report": 1}), encoding="utf-8")
    result = RUNNER.invoke(APP, ["report", str(path)])
    assert (result.exit_code, "This is no report" in result.stderr) == (1, True)
    result = RUNNER.invoke(APP, ["report", str(tmp_path / "nowhere.json")])
    assert (result.exit_code, "cannot be read" in " ".join(result.stderr.split())) == (2, True)
