"""`openlfr evaluate-video` on recordings of the synthetic street, with the real models."""

import json
import shutil
from pathlib import Path

import pytest
import typer
from tests.support.street import COLLINS, HOPPER
from tests.support.street_clips import write_portraits, write_street, write_truth
from typer.testing import CliRunner

from openlfr.assurance import video_run
from openlfr.assurance.ground_truth import TruePassage
from openlfr.assurance.report_file import check_report
from openlfr.assurance.video_playing import Clip, PlayedClip, play
from openlfr.assurance.video_report import VideoReport
from openlfr.cli.evaluate import verify_report
from openlfr.cli.evaluate_video import evaluate_video

RUNNER = CliRunner()
APP = typer.Typer()
APP.command("evaluate-video")(evaluate_video)
APP.command("report")(verify_report)


class Street:
    """A clip of the street, its truth, and the arguments to evaluate it with."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clip = folder / "street.mp4"
        self.passages = write_street(self.clip)
        self.truth = write_truth(folder / "truth.csv", {"street.mp4": self.passages})
        self.watchlist = write_portraits(folder / "list", HOPPER)

    def arguments(self, *clips: Path, truth: Path | None = None, out: str = "out") -> list[str]:
        given = ["evaluate-video", *map(str, clips or (self.clip,)), "--truth", str(truth or self.truth)]
        given += ["--watchlist", str(self.watchlist), "--out", str(self.folder / out), "--no-cache"]
        return [*given, "--threshold", "0.45", "--no-second-opinion", "--precision", "f32"]

    def report(self, out: str = "out") -> VideoReport:
        checked = check_report((self.folder / out / "video-evaluation.json").read_bytes())
        assert isinstance(checked.report, VideoReport)
        return checked.report


@pytest.fixture(scope="module")
def street(tmp_path_factory: pytest.TempPathFactory) -> Street:
    """Evaluated once, with the same pack as a candidate in its shadow."""
    made = Street(tmp_path_factory.mktemp("street"))
    result = RUNNER.invoke(APP, [*made.arguments(), "--candidate-pack", "default", "--candidate-threshold", "0.45"])
    assert result.exit_code == 0, result.output
    assert "1 people" in result.stdout
    return made


def test_the_listed_person_is_found_in_time_and_the_other_raises_nothing(street: Street) -> None:
    (run,) = street.report().runs
    (clip,) = run.clips
    listed = [passage for passage in street.passages if passage.person == HOPPER]
    assert (run.figures.tpir.count, run.figures.tpir.total) == (len(listed), len(listed))
    assert run.figures.fpir.total == len(street.passages) - len(listed) >= 1
    assert run.figures.fpir.count == 0
    assert run.figures.false_alerts == ()
    assert run.figures.found_after is not None
    assert 0 <= run.figures.found_after.longest_s <= max(p.to_s - p.from_s for p in listed) + 0.5
    assert clip.problem == ""
    assert (clip.frames, clip.found, clip.listed) == (100, len(listed), len(listed))
    assert clip.recording_s == pytest.approx(9.9)
    assert clip.faces_seen >= 2
    assert clip.templates_created == clip.templates_destroyed + clip.templates_in_alerts > 0
    assert {(each.condition, each.label) for each in run.figures.conditions} >= {("mask", "no")}
    assert street.report().simulated == ""


def test_a_candidate_that_is_the_same_pack_agrees_and_keeps_nothing(street: Street) -> None:
    (run,) = street.report().runs
    assert run.shadow is not None
    agreement = run.shadow.agreement
    assert agreement.same_person >= 1
    assert agreement.passages == agreement.same_person + agreement.neither
    assert agreement.templates_created == agreement.templates_destroyed > 0
    assert run.shadow.broke_off == ""


def test_the_page_shows_the_figures_and_any_change_to_it_or_the_report_is_found(street: Street, tmp_path: Path) -> None:
    out = Path(shutil.copytree(street.folder / "out", tmp_path / "out"))
    report, page = out / "video-evaluation.json", out / "video-evaluation.html"
    shown = page.read_text(encoding="utf-8")
    assert "In shadow" in shown
    assert "SIMULATED" not in shown
    assert "<script" not in shown
    arguments = ["report", str(report), "--data", str(street.watchlist)]
    assert RUNNER.invoke(APP, arguments).exit_code == 0
    whole = report.read_text(encoding="utf-8")
    report.write_text(whole.replace('"repeated_alerts": ', '"repeated_alerts": 1'), encoding="utf-8")
    result = RUNNER.invoke(APP, arguments)
    assert (result.exit_code, "was altered" in result.stderr) == (1, True)
    report.write_text(whole, encoding="utf-8")
    page.write_text(shown.replace("Results", "results"), encoding="utf-8")
    result = RUNNER.invoke(APP, arguments)
    assert (result.exit_code, "page is not the one" in result.stderr) == (1, True)


def test_a_clip_that_cannot_be_played_or_has_the_wrong_truth_stops_no_other(street: Street) -> None:
    broken, short = street.folder / "broken.mp4", street.folder / "short.mp4"
    broken.write_bytes(b"no video")
    write_street(short, seconds=1.0)
    truth = {
        "street.mp4": street.passages,
        "broken.mp4": (TruePassage(HOPPER, 0, 1),),
        "gone.mp4": (),
        "short.mp4": (TruePassage(HOPPER, 0, 30),),
    }
    path = write_truth(street.folder / "more.csv", truth)
    clips = (broken, street.folder / "gone.mp4", short, street.clip)
    result = RUNNER.invoke(APP, street.arguments(*clips, truth=path, out="more"))
    assert result.exit_code == 1, result.output
    assert "broken.mp4 is not counted" in result.stdout
    (run,) = street.report("more").runs
    problems = {clip.name: clip.problem for clip in run.clips}
    assert "holds no video" in problems["broken.mp4"]
    assert "gone.mp4" in problems["gone.mp4"]
    assert "goes on to 30 s, but the clip is over after 0.9 s" in problems["short.mp4"]
    assert problems["street.mp4"] == ""
    assert run.figures.tpir == street.report().runs[0].figures.tpir


def test_an_interrupted_evaluation_goes_on_with_the_next_clip(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    second = street.folder / "second.mp4"
    second.write_bytes(street.clip.read_bytes())
    path = write_truth(street.folder / "two.csv", {"street.mp4": street.passages, "second.mp4": street.passages})
    arguments = street.arguments(street.clip, second, truth=path, out="two")
    played: list[str] = []

    def interrupted(clip: Clip, *rest: object, **more: object) -> PlayedClip:
        if played:
            raise KeyboardInterrupt
        played.append(clip.name)
        return play(clip, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(video_run, "play", interrupted)
    assert RUNNER.invoke(APP, arguments).exit_code == 130
    kept = street.folder / "two" / "played.jsonl"
    assert kept.stat().st_mode & 0o077 == 0
    assert len(kept.read_text(encoding="utf-8").splitlines()) == 1
    kept.write_text(kept.read_text(encoding="utf-8") + '{"cut', encoding="utf-8")

    def remembered(clip: Clip, *rest: object, **more: object) -> PlayedClip:
        played.append(clip.name)
        return play(clip, *rest, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(video_run, "play", remembered)
    result = RUNNER.invoke(APP, arguments)
    assert result.exit_code == 0, result.output
    assert played == ["street.mp4", "second.mp4"]
    assert not kept.exists()
    first, again = street.report("two").runs[0].clips
    assert (first.found, first.frames) == (again.found, again.frames)


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (["--truth", "nowhere.csv"], "There is no ground truth nowhere.csv"),
        (["--watchlist", "nowhere"], "There is no folder nowhere"),
        (["--min-face", "3"], "must be 8 to 2000 pixels"),
        (["--threshold", "2"], "must lie between 0 and 1"),
        (["--candidate-threshold", "0.5"], "needs a --candidate-pack"),
        (["--candidate-pack", "nosuchpack"], "nosuchpack"),
    ],
)
def test_unusable_orders_are_refused_in_one_sentence(street: Street, change: list[str], sentence: str) -> None:
    result = RUNNER.invoke(APP, [*street.arguments(out="refused"), *change])
    assert result.exit_code == 2
    assert sentence in " ".join(result.stderr.split())
    assert not (street.folder / "refused" / "video-evaluation.json").exists()


def test_clips_and_truth_must_speak_of_one_another(street: Street) -> None:
    other = write_truth(street.folder / "other.csv", {"street.mp4": street.passages, "missing.mp4": ()})
    result = RUNNER.invoke(APP, street.arguments(truth=other))
    assert (result.exit_code, "names missing.mp4, which was not given" in " ".join(result.stderr.split())) == (2, True)
    other = write_truth(street.folder / "other.csv", {"else.mp4": ()})
    result = RUNNER.invoke(APP, street.arguments(truth=other))
    assert "says nothing of street.mp4" in " ".join(result.stderr.split())
    result = RUNNER.invoke(APP, street.arguments(street.clip, street.clip))
    assert "Two clips are called street.mp4" in " ".join(result.stderr.split())


def test_the_report_holds_no_picture_and_no_template(street: Street) -> None:
    content = (street.folder / "out" / "video-evaluation.json").read_text(encoding="utf-8")
    assert COLLINS not in content  # she is not listed, so nothing names her
    lists = [value for value in json.loads(content)["report"].values() if isinstance(value, list)]
    assert all(not isinstance(each, float) for values in lists for each in values)
