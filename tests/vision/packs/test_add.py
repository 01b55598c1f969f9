import hashlib
import io
import stat
import tarfile
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.vision.packs.tiny_pack import tiny_detector, tiny_manifest, tiny_recogniser, write_tiny_pack

from openlfr.vision.packs import LoadedPack, ModelPack, PackError, add_pack, load_pack, pack_names
from openlfr.vision.packs.download import Limits, download, shown

NOT_FREE = "LicenseRef-vendor"
FILES = {
    "pack.toml": tiny_manifest().encode(),
    "models/detector.onnx": tiny_detector(),
    "models/recogniser.onnx": tiny_recogniser(),
}
Answer = Callable[[BaseHTTPRequestHandler], None]


def sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def never_asked(pack: ModelPack) -> bool:
    raise AssertionError(f"the licence {pack.licence} is a free one")


def sound(_: LoadedPack) -> None:
    return None


def add(source: Path | str, home: Path, pinned: str | None = None, limits: Limits | None = None) -> None:
    add_pack(
        str(source),
        sha256=pinned,
        licence_accepted=never_asked,
        try_out=sound,
        home=home,
        limits=limits or Limits(silence_s=2),
    )


def assert_nothing_was_added(home: Path) -> None:
    assert [path for path in home.rglob("*") if path.is_file() and "cache" not in path.parts] == []
    assert pack_names(home=home) == ["default"]


def tar_of(files: dict[str, bytes], *links: tarfile.TarInfo) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        for link in links:
            tar.addfile(link)
    return stream.getvalue()


def zip_of(files: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def in_folder(folder: str) -> dict[str, bytes]:
    return {f"{folder}/{name}": content for name, content in FILES.items()}


@contextmanager
def server(answers: dict[str, Answer]) -> Iterator[str]:
    """An HTTP server on loopback that answers each path as told, and 404 elsewhere; gives its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answers.get(self.path.partition("?")[0], not_found)(self)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{listening.server_address[1]}"
        finally:
            listening.shutdown()


def content(body: bytes, *, claimed: int | None = None) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", str(len(body) if claimed is None else claimed))
        handler.end_headers()
        handler.wfile.write(body)

    return answer


def not_found(handler: BaseHTTPRequestHandler) -> None:
    handler.send_error(404)


def redirect(to: str) -> Answer:
    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(302)
        handler.send_header("Location", to)
        handler.end_headers()

    return answer


def drip(pause_s: float) -> Answer:
    """A byte now and then, until the client has had enough."""

    def answer(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "1000")
        handler.end_headers()
        try:
            for _ in range(1000):
                handler.wfile.write(b".")
                handler.wfile.flush()
                time.sleep(pause_s)
        except OSError:
            return

    return answer


def test_a_folder_becomes_a_pack(tmp_path: Path) -> None:
    add(write_tiny_pack(tmp_path / "source"), tmp_path / "home")
    assert pack_names(home=tmp_path / "home") == ["default", "tiny"]
    assert load_pack("tiny", home=tmp_path / "home").pack.name == "tiny"


@pytest.mark.parametrize("pack_into", [tar_of, zip_of])
@pytest.mark.parametrize("files", [FILES, in_folder("tiny-1.0"), in_folder("./")], ids=["root", "in a folder", "dot"])
def test_an_archive_becomes_a_pack(
    tmp_path: Path, pack_into: Callable[[dict[str, bytes]], bytes], files: dict[str, bytes]
) -> None:
    archive = tmp_path / "pack.archive"
    archive.write_bytes(pack_into(files))
    add(archive, tmp_path / "home", sha256(archive.read_bytes()).upper())
    assert load_pack("tiny", home=tmp_path / "home").pack.name == "tiny"


def test_an_archive_at_an_address_becomes_a_pack_through_a_redirect(tmp_path: Path) -> None:
    body = tar_of(FILES)
    with server({"/a": redirect("/b"), "/b": content(body)}) as address:
        add(f"{address}/a", tmp_path, sha256(body))
    assert load_pack("tiny", home=tmp_path).pack.name == "tiny"


def test_a_manifest_at_an_address_brings_the_files_beside_it(tmp_path: Path) -> None:
    with server({f"/v1/{name}": content(body) for name, body in FILES.items()}) as address:
        add(f"{address}/v1/pack.toml?key=word", tmp_path, sha256(FILES["pack.toml"]))
    assert load_pack("tiny", home=tmp_path).pack.name == "tiny"


def test_an_address_needs_a_hash(tmp_path: Path) -> None:
    with server({}) as address, pytest.raises(PackError, match="An address needs --sha256"):
        add(f"{address}/pack.tar.gz", tmp_path)
    assert_nothing_was_added(tmp_path)


@pytest.mark.parametrize(
    ("answer", "limits", "words"),
    [
        (content(tar_of(FILES)), Limits(), "has the SHA-256 [0-9a-f]{64}, not 0{64}"),
        (content(b"half", claimed=1000), Limits(), "could not be read to the end"),
        (redirect("/pack"), Limits(), "redirects more than 5 times"),
        (redirect("file:///etc/passwd"), Limits(), "could not be read to the end"),
        (content(b"x" * 5000), Limits(file_bytes=4999), "is larger than 4999 bytes"),
        (drip(0.02), Limits(file_s=0.2), "took longer than 0.2 s"),
        (drip(5), Limits(silence_s=0.2), "was silent for 0.2 s"),
        (lambda handler: handler.send_error(503), Limits(), "answered 503"),
        (lambda handler: handler.connection.close(), Limits(), "could not be read to the end"),
    ],
    ids=["hash", "cut off", "redirect loop", "to a file", "too large", "drips", "silent", "error", "hangs up"],
)
def test_a_bad_server_adds_nothing_and_its_password_is_not_shown(
    tmp_path: Path, answer: Answer, limits: Limits, words: str
) -> None:
    with server({"/pack": answer}) as address, pytest.raises(PackError, match=words) as refusal:
        add(address.replace("http://", "http://someone:pass-phrase@") + "/pack?key=secret", tmp_path, "0" * 64, limits)
    assert not [secret for secret in ("someone", "pass-phrase", "secret") if secret in str(refusal.value)]
    assert_nothing_was_added(tmp_path)


def test_a_server_that_is_not_there_is_said_to_be_unreachable(tmp_path: Path) -> None:
    with server({}) as address:
        pass
    with pytest.raises(PackError, match=f"{address}/pack could not be read to the end"):
        add(f"{address}/pack", tmp_path, "0" * 64)


def test_a_file_beside_the_manifest_that_is_not_the_named_one_adds_nothing(tmp_path: Path) -> None:
    files = FILES | {"models/detector.onnx": tiny_detector() + b"\0"}
    with server({f"/{name}": content(body) for name, body in files.items()}) as address:
        with pytest.raises(PackError, match="has the SHA-256"):
            add(f"{address}/pack.toml", tmp_path, sha256(FILES["pack.toml"]))
        assert_nothing_was_added(tmp_path)
    with server({"/pack.toml": content(FILES["pack.toml"])}) as address:
        with pytest.raises(PackError, match=r"models/detector\.onnx answered 404"):
            add(f"{address}/pack.toml", tmp_path, sha256(FILES["pack.toml"]))
        assert_nothing_was_added(tmp_path)


def test_an_address_is_shown_without_login_and_query() -> None:
    assert shown("https://user:word@host:8443/pack.tar?key=1#x") == "https://host:8443/pack.tar"


@pytest.mark.parametrize("address", ["http://[::nowhere/x", "http://host\x00/x"])
def test_an_address_that_is_none_is_refused(tmp_path: Path, address: str) -> None:
    with pytest.raises(PackError, match="is not a valid address; copy it whole"):
        add(address, tmp_path, "0" * 64)


def test_a_manifest_cannot_send_the_download_to_another_host(tmp_path: Path) -> None:
    with server({"/detector.onnx": content(tiny_detector())}) as elsewhere:
        manifest = FILES["pack.toml"].replace(b"models/detector.onnx", f"{elsewhere}/detector.onnx".encode())
        with server({"/pack.toml": content(manifest)}) as address, pytest.raises(PackError, match="answered 404"):
            add(f"{address}/pack.toml", tmp_path, sha256(manifest))
    assert_nothing_was_added(tmp_path)


def test_a_part_is_all_that_a_refused_download_leaves_in_its_own_folder(tmp_path: Path) -> None:
    ticks = iter(range(1000))
    with server({"/x": content(b"x" * 100)}) as address, pytest.raises(PackError, match="took longer than 0 s"):
        download(f"{address}/x", tmp_path / "to", Limits(file_s=0), clock=lambda: float(next(ticks)))
    assert [path.name for path in tmp_path.iterdir()] == ["to"]


def link(name: str, target: str, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def without(name: str) -> dict[str, bytes]:
    return {key: value for key, value in FILES.items() if key != name}


def zip_with_link() -> bytes:
    stream = io.BytesIO(zip_of(without("models/detector.onnx")))
    with zipfile.ZipFile(stream, "a") as archive:
        info = zipfile.ZipInfo("models/detector.onnx")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return stream.getvalue()


@pytest.mark.parametrize(
    ("archive", "words"),
    [
        (tar_of(without("models/detector.onnx")), "models/detector.onnx, which the manifest names, is not in"),
        (
            tar_of(without("models/detector.onnx"), link("models/detector.onnx", "/etc/passwd", tarfile.SYMTYPE)),
            "models/detector.onnx, which the manifest names, is not in",
        ),
        (
            tar_of(without("models/detector.onnx"), link("models/detector.onnx", "pack.toml", tarfile.LNKTYPE)),
            "models/detector.onnx, which the manifest names, is not in",
        ),
        (zip_with_link(), "models/detector.onnx, which the manifest names, is not in"),
        (tar_of(without("pack.toml")), "must hold one pack.toml"),
        (tar_of(in_folder("a") | in_folder("b")), "must hold one pack.toml"),
        (tar_of(in_folder("a/b")), "must hold one pack.toml"),
        (zip_of({}), "must hold one pack.toml"),
        (tar_of(FILES)[:-200], "The archive is damaged"),
        (zip_of(FILES)[:200] + zip_of(FILES)[210:], "The archive is damaged"),
        (tar_of({f"{n}": b"" for n in range(10_001)}), "at most 10000 files"),
        (tar_of(FILES | {"bomb": bytes(3_000_000)}), "at most 10000 files and 2000000 bytes"),
        (zip_of(FILES | {"bomb": bytes(3_000_000)}), "at most 10000 files and 2000000 bytes"),
        (zip_of(FILES | {"models/detector.onnx": bytes(1_500_000)}), "is larger than 1000000 bytes"),
        (b"neither tar nor zip", "is not a TOML file"),
        (tar_of(FILES | {"pack.toml": b"# " * 200_000}), "a manifest has at most"),
        (
            tar_of(FILES | {"pack.toml": FILES["pack.toml"].replace(b"models/detector", b"../../detector")}),
            "must be a relative path",
        ),
    ],
)
def test_a_bad_archive_adds_nothing(tmp_path: Path, archive: bytes, words: str) -> None:
    (tmp_path / "pack").write_bytes(archive)
    with pytest.raises(PackError, match=words):
        add(tmp_path / "pack", tmp_path / "home", limits=Limits(file_bytes=1_000_000, archive_bytes=2_000_000))
    assert_nothing_was_added(tmp_path / "home")


def test_what_else_an_archive_holds_is_written_nowhere(tmp_path: Path) -> None:
    extra = {"../escaped": b"1", "/tmp/escaped-openlfr": b"2", "models/more.txt": b"3"}
    (tmp_path / "pack").write_bytes(tar_of(FILES | extra))
    add(tmp_path / "pack", tmp_path / "home")
    packs = tmp_path / "home" / "packs"
    found = {str(path.relative_to(packs)) for path in packs.rglob("*") if path.is_file()}
    assert found == {f"tiny/{name}" for name in FILES}
    assert not Path("/tmp/escaped-openlfr").exists()


def test_a_link_in_a_folder_may_not_lead_out_of_it(tmp_path: Path) -> None:
    source = write_tiny_pack(tmp_path / "source")
    (source / "models" / "detector.onnx").rename(tmp_path / "detector.onnx")
    (source / "models" / "detector.onnx").symlink_to(tmp_path / "detector.onnx")
    with pytest.raises(PackError, match="is a link to outside the pack's folder"):
        add(source, tmp_path / "home")
    assert_nothing_was_added(tmp_path / "home")


@pytest.mark.parametrize("pinned", ["0" * 63, "0" * 65, "x" * 64, ""])
def test_a_hash_that_is_none_is_refused(tmp_path: Path, pinned: str) -> None:
    with pytest.raises(PackError, match="A SHA-256 is 64 hexadecimal digits"):
        add(write_tiny_pack(tmp_path / "source"), tmp_path / "home", pinned)


def test_the_hash_of_a_folder_is_that_of_its_manifest(tmp_path: Path) -> None:
    source = write_tiny_pack(tmp_path / "source")
    with pytest.raises(PackError, match="it was changed or damaged, so nothing was added"):
        add(source, tmp_path / "home", "0" * 64)
    add(source, tmp_path / "home", sha256(FILES["pack.toml"]))


@pytest.mark.parametrize("missing", ["nowhere", "empty"])
def test_a_place_with_no_pack_is_refused(tmp_path: Path, missing: str) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(PackError, match=r"There is no pack at .*; give a folder with a pack\.toml, an archive or an"):
        add(tmp_path / missing, tmp_path / "home")


def test_a_licence_that_is_not_free_is_asked_about_before_any_model_is_fetched(tmp_path: Path) -> None:
    manifest = tiny_manifest(licence=NOT_FREE).encode()
    fetched: list[str] = []
    asked: list[str] = []

    def noted(name: str, body: bytes) -> Answer:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            fetched.append(name)
            content(body)(handler)

        return answer

    def refuse(pack: ModelPack) -> bool:
        asked.append(pack.licence)
        return False

    def accept(pack: ModelPack) -> bool:
        asked.append(pack.licence)
        return True

    files = FILES | {"pack.toml": manifest}
    with server({f"/{name}": noted(name, body) for name, body in files.items()}) as address:
        source, pinned = f"{address}/pack.toml", sha256(manifest)
        with pytest.raises(PackError, match=f"The licence {NOT_FREE} of the pack tiny was not accepted, so nothing"):
            add_pack(source, sha256=pinned, licence_accepted=refuse, try_out=sound, home=tmp_path)
        assert fetched == ["pack.toml"]
        assert_nothing_was_added(tmp_path)
        add_pack(source, sha256=pinned, licence_accepted=accept, try_out=sound, home=tmp_path)
    assert asked == [NOT_FREE, NOT_FREE]
    assert pack_names(home=tmp_path) == ["default", "tiny"]


def test_a_pack_whose_models_are_not_what_it_says_adds_nothing(tmp_path: Path) -> None:
    def unsound(pack: LoadedPack) -> None:
        raise PackError(f"{pack.pack.name} does not run")

    source = str(write_tiny_pack(tmp_path / "source"))
    with pytest.raises(PackError, match="tiny does not run"):
        add_pack(source, sha256=None, licence_accepted=never_asked, try_out=unsound, home=tmp_path / "home")
    assert_nothing_was_added(tmp_path / "home")


def test_the_built_in_packs_name_is_taken(tmp_path: Path) -> None:
    with pytest.raises(PackError, match="A pack cannot be called default"):
        add(write_tiny_pack(tmp_path / "source", tiny_manifest(name="default")), tmp_path / "home")


def test_another_pack_of_the_same_name_is_not_overwritten(tmp_path: Path) -> None:
    add(write_tiny_pack(tmp_path / "source"), tmp_path / "home")
    other = write_tiny_pack(tmp_path / "other", tiny_manifest().replace('version = "1.0"', 'version = "2.0"'))
    with pytest.raises(PackError, match=r"There is another pack called tiny already, in .*; delete that folder first"):
        add(other, tmp_path / "home")
    assert load_pack("tiny", home=tmp_path / "home").pack.version == "1.0"


def test_adding_the_same_pack_again_repairs_it(tmp_path: Path) -> None:
    source, home = write_tiny_pack(tmp_path / "source"), tmp_path / "home"
    add(source, home)
    models = home / "packs" / "tiny" / "models"
    (models / "detector.onnx").write_bytes(b"damaged")
    (models / "recogniser.onnx").unlink()
    add(source, home)
    load_pack("tiny", home=home)
    assert [path.name for path in (home / "packs").iterdir()] == ["tiny"]


def test_a_folder_that_cannot_be_written_is_said_so(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("in the way", encoding="utf-8")
    with pytest.raises(PackError, match="The pack could not be added to"):
        add(write_tiny_pack(tmp_path / "source"), tmp_path / "home")
