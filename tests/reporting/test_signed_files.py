"""Files under one signature: any changed byte, missing or added file, and any other signer is found."""

import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from openlfr.reporting.signed_files import (
    MANIFEST,
    SignedFilesError,
    check_files,
    signed_manifest,
    write_folder,
    write_zip,
)
from openlfr.sealing.signature import SigningKey

KEY = SigningKey(b"\x01" * 32)
FILES = {"a.txt": b"first", "folder/b.bin": bytes(range(256)) * 10, "empty": b""}
MANIFEST_OF_FILES = signed_manifest("test set", "s", datetime(2026, 5, 1, tzinfo=UTC), FILES, KEY)


@pytest.fixture(params=["folder", "zip"])
def signed(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    target = tmp_path / "set"
    (write_folder if request.param == "folder" else write_zip)(target, FILES, MANIFEST_OF_FILES)
    return target


def rewritten(source: Path, changes: dict[str, bytes | None]) -> None:
    """The same set with other contents; None leaves a file out."""
    if source.is_dir():
        for name, content in changes.items():
            (source / name).unlink() if content is None else (source / name).write_bytes(content)
        return
    with zipfile.ZipFile(source) as pack:
        files: dict[str, bytes | None] = {name: pack.read(name) for name in pack.namelist()}
    with zipfile.ZipFile(source, "w") as pack:
        for name, content in {**files, **changes}.items():
            if content is not None:
                pack.writestr(name, content)


def test_what_was_signed_is_genuine(signed: Path) -> None:
    manifest = check_files(signed, KEY.public)
    assert (manifest.kind, manifest.subject) == ("test set", "s")
    assert [each.name for each in manifest.files] == sorted(FILES)


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_changed_longer_shorter_missing_or_added_file_is_found(signed: Path, name: str) -> None:
    content = FILES[name]
    flipped = bytes([content[0] ^ 1]) + content[1:] if content else b"x"
    steps: tuple[tuple[dict[str, bytes | None], str], ...] = (
        ({name: flipped}, "was changed"),
        ({name: content + b"x"}, "was changed"),
        ({name: content, "extra.txt": b""}, "does not belong"),
        ({"extra.txt": None, name: None}, "is missing"),
    )
    for changed, words in steps:
        rewritten(signed, changed)
        with pytest.raises(SignedFilesError, match=words):
            check_files(signed, KEY.public)


def test_every_byte_of_a_zip_file_counts(tmp_path: Path) -> None:
    target = tmp_path / "set.zip"
    write_zip(target, FILES, MANIFEST_OF_FILES)
    genuine = target.read_bytes()
    with zipfile.ZipFile(target) as pack:
        contents = {name: pack.read(name) for name in pack.namelist()}
    for place in range(0, len(genuine), 37):
        target.write_bytes(genuine[:place] + bytes([genuine[place] ^ 0x40]) + genuine[place + 1 :])
        try:
            check_files(target, KEY.public)
        except SignedFilesError:
            continue
        # What passes must be a byte of the zip's own housekeeping: every file still reads as signed.
        with zipfile.ZipFile(target) as pack:
            assert {name: pack.read(name) for name in pack.namelist()} == contents


def test_another_signer_and_a_manifest_that_was_touched_are_refused(signed: Path) -> None:
    with pytest.raises(SignedFilesError, match="cannot be trusted"):
        check_files(signed, SigningKey(b"\x02" * 32).public)
    rewritten(signed, {MANIFEST: MANIFEST_OF_FILES.replace(b'"kind"', b'"kinds"')})
    with pytest.raises(SignedFilesError, match="cannot be trusted"):
        check_files(signed, KEY.public)
    rewritten(signed, {MANIFEST: None})
    with pytest.raises(SignedFilesError, match="not a set of files"):
        check_files(signed, KEY.public)


def test_something_else_is_told_from_a_set(tmp_path: Path) -> None:
    (tmp_path / "note").write_bytes(b"hello")
    with pytest.raises(SignedFilesError, match="not a zip file of ours"):
        check_files(tmp_path / "note", KEY.public)


def test_a_link_in_place_of_a_file_is_refused(tmp_path: Path) -> None:
    write_folder(tmp_path / "set", FILES, MANIFEST_OF_FILES)
    shutil.copy(tmp_path / "set/a.txt", tmp_path / "elsewhere")
    (tmp_path / "set/a.txt").unlink()
    (tmp_path / "set/a.txt").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(SignedFilesError, match="is a link"):
        check_files(tmp_path / "set", KEY.public)


@pytest.mark.parametrize("name", ["../out", "/etc/passwd", "a/../b", "a\\b", "", ".", "a//b"])
def test_a_name_that_could_leave_its_folder_is_never_signed(name: str) -> None:
    with pytest.raises(ValueError, match="not the name of a file within its folder"):
        signed_manifest("k", "s", datetime(2026, 5, 1, tzinfo=UTC), {name: b""}, KEY)


def test_nothing_is_overwritten(signed: Path) -> None:
    for write in (write_folder, write_zip):
        with pytest.raises(FileExistsError):
            write(signed, FILES, MANIFEST_OF_FILES)
    check_files(signed, KEY.public)
