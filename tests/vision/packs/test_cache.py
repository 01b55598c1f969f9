from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import pytest

from openlfr.vision.packs.cache import read_or_build, write_whole

CONTENT = b"a prepared model" * 1000


class CountingBuild:
    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> bytes:
        self.times += 1
        return CONTENT


def test_what_was_built_once_is_read_from_then_on(tmp_path: Path) -> None:
    build = CountingBuild()
    assert read_or_build(tmp_path / "new" / "folder", "key", build) == (CONTENT, None)
    assert read_or_build(tmp_path / "new" / "folder", "key", build) == (CONTENT, None)
    assert build.times == 1


def flip_a_bit(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "damage",
    [
        lambda folder: flip_a_bit(folder / "key.onnx"),
        lambda folder: (folder / "key.onnx").write_bytes(CONTENT[:100]),
        lambda folder: (folder / "key.onnx").unlink(),
        lambda folder: (folder / "key.onnx.sha256").unlink(),
        lambda folder: (folder / "key.onnx.sha256").write_bytes(b"\xff\x00"),
    ],
    ids=["a bit flipped", "cut short", "gone", "checksum gone", "checksum damaged"],
)
def test_a_damaged_file_is_built_anew_not_trusted(tmp_path: Path, damage: Callable[[Path], object]) -> None:
    read_or_build(tmp_path, "key", CountingBuild())
    damage(tmp_path)
    again = CountingBuild()
    assert read_or_build(tmp_path, "key", again) == (CONTENT, None)
    assert again.times == 1
    assert read_or_build(tmp_path, "key", again) == (CONTENT, None)
    assert again.times == 1


def test_a_folder_that_cannot_be_written_costs_a_warning_only(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where the folder should be", encoding="utf-8")
    content, warning = read_or_build(blocked / "cache", "key", CountingBuild())
    assert content == CONTENT
    assert warning is not None
    assert warning.startswith(f"Prepared models cannot be kept in {blocked / 'cache'}")


def _build_in_a_process(folder: Path) -> bool:
    return read_or_build(folder, "key", lambda: CONTENT) == (CONTENT, None)


def test_processes_that_build_at_once_do_not_disturb_each_other(tmp_path: Path) -> None:
    with ProcessPoolExecutor(4) as pool:
        assert all(pool.map(_build_in_a_process, [tmp_path] * 40))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key.onnx", "key.onnx.sha256"]


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space left"):
        write_whole(path, b"new")
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]
