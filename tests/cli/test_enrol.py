"""`openlfr enrol check`, as somebody at a terminal and as a program sees it."""

import json
from pathlib import Path

import cv2
import pytest
from tests.support.faces import astronaut, grace_hopper, grace_hopper_file
from typer.testing import CliRunner

from openlfr.cli.enrol import app

RUNNER = CliRunner()


@pytest.fixture
def watchlist(tmp_path: Path) -> Path:
    (tmp_path / "hopper").mkdir()
    (tmp_path / "hopper" / "1.jpg").write_bytes(grace_hopper_file().read_bytes())
    cv2.imwrite(str(tmp_path / "collins.png"), astronaut())
    return tmp_path


def test_a_good_watchlist_is_told_so(watchlist: Path) -> None:
    result = RUNNER.invoke(app, ["check", str(watchlist)])
    assert result.exit_code == 0, result.output
    assert "hopper/1.jpg" in result.stdout
    assert "collins.png" in result.stdout
    assert "good" in result.stdout
    assert "unusable" not in result.stdout


def test_faults_are_said_in_words_and_the_status_is_one(watchlist: Path) -> None:
    (watchlist / "impostor.jpg").write_bytes(grace_hopper_file().read_bytes())
    (watchlist / "broken.jpg").write_bytes(grace_hopper_file().read_bytes()[:2000])
    (watchlist / "notes.txt").write_text("hello")
    masked = grace_hopper().copy()
    masked[225:340, 170:370] = (190, 120, 60)
    cv2.imwrite(str(watchlist / "masked.png"), masked)
    result = RUNNER.invoke(app, ["check", str(watchlist)])
    words = " ".join(result.stdout.replace("│", " ").split())
    assert result.exit_code == 1
    assert "is damaged or cut short" in words
    assert "is not a picture file" in words
    assert "one file under two names: one of them is wrong" in words
    assert "people nobody would find" in words


def test_json_has_everything_on_standard_output_alone(watchlist: Path) -> None:
    (watchlist / "impostor.jpg").write_bytes(grace_hopper_file().read_bytes())
    (watchlist / "empty.jpg").write_bytes(b"")
    result = RUNNER.invoke(app, ["check", str(watchlist), "--json", "--threshold", "0.5"])
    found = json.loads(result.stdout)
    assert result.exit_code == 1
    by_name = {picture["picture"]: picture for picture in found["pictures"]}
    assert set(by_name) == {"collins.png", "hopper/1.jpg", "impostor.jpg", "empty.jpg"}
    assert by_name["hopper/1.jpg"]["usable"] is True
    assert by_name["hopper/1.jpg"]["quality"] > 80
    assert by_name["empty.jpg"] == {
        "person_id": "empty",
        "picture": "empty.jpg",
        "usable": False,
        "quality": None,
        "reasons": ["unreadable"],
        "advice": ["The picture empty.jpg is empty; save it again."],
        "notes": [],
    }
    (pair,) = found["pairs"]
    assert pair["kind"] == "same_file_two_people"
    assert set(pair["people"]) == {"hopper", "impostor"}
    assert (found["usable"], found["unusable"], found["people"]) == (3, 1, 4)
    assert found["people_without_picture"] == ["empty"]
    assert found["look_alike_threshold"] == 0.5
    assert found["precision"] in ("f32", "bf16")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["missing"], "There is no watchlist"),
        (["."], "holds no pictures"),
        ([".", "--threshold", "1.5"], "The threshold must lie between 0 and 1"),
        ([".", "--threshold", "nan"], "The threshold must lie between 0 and 1"),
    ],
)
def test_unusable_input_is_one_sentence_and_status_two(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    monkeypatch.chdir(tmp_path)
    result = RUNNER.invoke(app, ["check", *arguments])
    assert result.exit_code == 2
    assert words in " ".join(result.stderr.split())
    assert result.stdout == ""


def test_an_unknown_model_pack_is_status_two(watchlist: Path) -> None:
    result = RUNNER.invoke(app, ["check", str(watchlist), "--model-pack", "nowhere"])
    assert result.exit_code == 2
    assert "There is no model pack called 'nowhere'" in " ".join(result.stderr.split())


def test_a_list_of_which_no_picture_can_be_used_is_status_two_and_says_why(tmp_path: Path) -> None:
    (tmp_path / "bob.jpg").write_bytes(b"no picture")
    result = RUNNER.invoke(app, ["check", str(tmp_path)])
    assert result.exit_code == 2
    assert "No picture can be used" in result.stderr
    assert "bob.jpg" in result.stdout


def test_names_cannot_write_to_the_terminal(watchlist: Path) -> None:
    (watchlist / "[red]\x1b[2J\nmarkup.png").write_bytes((watchlist / "collins.png").read_bytes())
    result = RUNNER.invoke(app, ["check", str(watchlist)])
    assert "\x1b" not in result.output
    assert "[red]" in result.stdout
