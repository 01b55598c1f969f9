import base64
import hashlib
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.vision.packs.tiny_pack import tiny_manifest, write_tiny_pack
from typer.testing import CliRunner

from openlfr.cli.app import without_credentials
from openlfr.cli.models import app
from openlfr.vision.packs import pack_names

NOT_FREE = "LicenseRef-vendor"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("OPENLFR_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def openlfr_models(*arguments: str, answer: str | None = None) -> tuple[int, str, str]:
    """Exit code, output and error output, each with its line breaks taken for spaces: a table wraps."""
    result = CliRunner().invoke(app, list(arguments), input=answer, env={"COLUMNS": "200"})
    return result.exit_code, " ".join(result.stdout.split()), " ".join(result.stderr.split())


def test_list_shows_the_built_in_pack_with_models_and_licence() -> None:
    code, output, complaints = openlfr_models("list")
    assert (code, complaints) == (0, "")
    for word in ("default", "yunet-2023mar", "sface-2021dec", "MIT AND Apache-2.0", "built in"):
        assert word in output


def test_list_goes_on_past_an_unusable_pack_and_says_what_is_wrong(home: Path) -> None:
    write_tiny_pack(home / "packs" / "bad", "format = 1")
    write_tiny_pack(home / "packs" / "tiny", tiny_manifest(licence=NOT_FREE))
    code, output, complaints = openlfr_models("list")
    assert code == 0
    assert f"{NOT_FREE} (not free)" in output
    assert "unusable" in output
    assert "bad/pack.toml is not a valid manifest" in complaints


def test_verify_says_that_the_default_pack_is_sound_and_gives_its_identity() -> None:
    code, output, complaints = openlfr_models("verify")
    assert (code, complaints) == (0, "")
    assert "sound" in output
    assert "yunet-2023mar+sface-2021dec@" in output


def test_verify_ends_with_2_and_the_file_that_is_wrong(home: Path) -> None:
    folder = write_tiny_pack(home / "packs" / "tiny")
    (folder / "models" / "detector.onnx").write_bytes(b"swapped")
    code, output, complaints = openlfr_models("verify", "tiny")
    assert code == 2
    assert "unusable" in output
    assert f"{folder}/models/detector.onnx has the SHA-256" in complaints


def test_verify_of_a_pack_that_does_not_exist_ends_with_2() -> None:
    code, _, complaints = openlfr_models("verify", "[red]nope")
    assert code == 2
    assert "There is no model pack called '[red]nope' here; there is: default." in complaints


def test_add_from_a_folder_then_verify(tmp_path: Path) -> None:
    source = write_tiny_pack(tmp_path / "source")
    pinned = hashlib.sha256((source / "pack.toml").read_bytes()).hexdigest()
    code, output, complaints = openlfr_models("add", str(source), "--sha256", pinned)
    assert (code, complaints) == (0, "")
    assert "Added the pack tiny 1.0 (MIT) in" in output
    code, output, _ = openlfr_models("verify", "tiny")
    assert (code, "tiny-detector+tiny-recogniser@" in output) == (0, True)


@pytest.mark.parametrize("answer", ["n\n", "", "\n"], ids=["no", "nobody there", "just return"])
def test_a_licence_that_is_not_free_is_shown_and_not_accepted_by_silence(tmp_path: Path, answer: str) -> None:
    source = write_tiny_pack(tmp_path / "source", tiny_manifest(licence=NOT_FREE))
    code, output, complaints = openlfr_models("add", str(source), answer=answer)
    assert code == 2
    assert f"under the licence {NOT_FREE}, which is not a free one: Made in a test." in output
    assert "was not accepted, so nothing was added" in complaints
    assert pack_names() == ["default"]


@pytest.mark.parametrize(("arguments", "answer"), [(["--accept-licence"], None), ([], "y\n")])
def test_a_licence_is_accepted_by_option_or_answer(tmp_path: Path, arguments: list[str], answer: str | None) -> None:
    source = write_tiny_pack(tmp_path / "source", tiny_manifest(licence=NOT_FREE))
    code, output, _ = openlfr_models("add", str(source), *arguments, answer=answer)
    assert code == 0
    assert NOT_FREE in output
    assert pack_names() == ["default", "tiny"]


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ("no-such-folder", "There is no pack at no-such-folder; give a folder with a pack.toml"),
        ("http://127.0.0.1:1/pack.tar", "An address needs --sha256"),
    ],
)
def test_a_source_that_is_none_ends_with_2(source: str, words: str) -> None:
    code, _, complaints = openlfr_models("add", source)
    assert code == 2
    assert words in complaints


def test_a_pack_whose_templates_have_another_length_is_not_added(tmp_path: Path) -> None:
    source = write_tiny_pack(tmp_path / "source", tiny_manifest(dimension=512))
    code, _, complaints = openlfr_models("add", str(source))
    assert code == 2
    assert "its manifest says one template of 512 numbers each" in complaints
    assert pack_names() == ["default"]


def test_a_login_that_the_command_line_hid_reaches_the_server(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str | None] = []

    class Refusal(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.headers["Authorization"])
            self.send_error(404)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusal) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        typed = f"http://ward:hunter2@127.0.0.1:{server.server_port}/pack.tar"
        (source,), hidden = without_credentials([typed], {})
        for name, value in hidden.items():
            monkeypatch.setenv(name, value)
        code, _, complaints = openlfr_models("add", source, "--sha256", "0" * 64)
        server.shutdown()
    assert code == 2
    assert "hunter2" not in source + complaints
    assert seen == ["Basic " + base64.b64encode(b"ward:hunter2").decode()]
