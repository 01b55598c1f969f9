import re
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from openlfr.capture.address import AddressError, CameraAddress
from openlfr.cli.app import app, without_credentials


@pytest.mark.parametrize(
    ("argument", "user", "password"),
    [
        ("rtsp://ward:hunter2@h/street", "ward", "hunter2"),
        ("--source=rtsp://ward:hunter2@h/street", "ward", "hunter2"),
        ("RTSP://ward:hunter2@h/street", "ward", "hunter2"),
        ("rtsp://ward:hunter2@x@h/street", "ward", "hunter2@x"),
        ("rtsp://ward:hunter2%2Fx@h/street", "ward", "hunter2/x"),
        ("rtsp://ward:hunter2/x@h/street", "ward", "hunter2/x"),
        ("rtsp://hunter2@h/street", "hunter2", None),
    ],
)
def test_a_login_leaves_the_command_line_and_still_reaches_the_camera(
    argument: str, user: str, password: str | None
) -> None:
    (shown,), environment = without_credentials([argument], {"HOME": "/home/ward"})
    assert "hunter2" not in shown
    assert environment["HOME"] == "/home/ward"
    address = CameraAddress.parse(shown.removeprefix("--source="), environment)
    assert (address.username, address.password, address.host) == (user, password, "h")


def test_each_of_several_logins_has_names_of_its_own() -> None:
    shown, environment = without_credentials(["rtsp://a:b@h/", "postgresql+psycopg://c:d@h/"], {})
    assert shown == [
        "rtsp://${OPENLFR_LOGIN_1}:${OPENLFR_LOGIN_2}@h/",
        "postgresql+psycopg://${OPENLFR_LOGIN_3}:${OPENLFR_LOGIN_4}@h/",
    ]
    assert sorted(environment.values()) == ["a", "b", "c", "d"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["watch", "clip.mp4", "--watchlist", "people@work"],
        ["rtsp://10.0.0.7:554/live/sub@main"],
        ["rtsp://${WHO}:${GATE_PASSWORD}@h/"],
        ["--jsonl", "-"],
    ],
)
def test_arguments_without_a_login_stay_as_they_are(arguments: list[str]) -> None:
    assert without_credentials(arguments, {}) == (arguments, {})


def test_half_a_password_is_not_taken_for_a_host() -> None:
    with pytest.raises(AddressError, match="a slash in the password as %2F") as refusal:
        CameraAddress.parse("rtsp://ward:hun/ter2@10.0.0.7/street")
    assert "hun" not in str(refusal.value)


def test_every_command_that_the_documents_name_exists() -> None:
    root = Path(__file__).parents[2]
    pages = (root / "README.md", *(root / "docs").rglob("*.md"))
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    commands = set(re.findall(r"^(?:[A-Z_]+=\S+ )?openlfr ([a-z-]+)", text, re.MULTILINE))
    assert {"watch", "watchlist", "hub", "node"} <= commands
    for command in commands:
        result = CliRunner().invoke(app, [command, "--help"])
        assert result.exit_code == 0, f"openlfr {command}: {result.output}"


def test_a_process_that_imports_the_main_script_again_imports_no_command() -> None:
    asked = "import sys, openlfr.__main__; sys.exit('openlfr.cli' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", asked], check=False).returncode == 0
