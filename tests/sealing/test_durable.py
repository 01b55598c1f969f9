"""Replacing a file whole, and cleaning up after a replacement that was cut short."""

from pathlib import Path

from openlfr.sealing.durable import ReplacedWhole, erase


def test_a_replacement_killed_before_the_rename_leaves_the_valid_file_alone(tmp_path: Path) -> None:
    file = ReplacedWhole(tmp_path / "vault")
    file.replace(b"valid")
    new, old = file.leftovers
    new.write_bytes(b"half")
    old.hardlink_to(file.path)
    file.recover()
    assert file.path.read_bytes() == b"valid"
    assert list(tmp_path.iterdir()) == [file.path]


def test_a_replacement_killed_after_the_rename_has_its_old_content_overwritten(tmp_path: Path) -> None:
    file = ReplacedWhole(tmp_path / "vault")
    file.replace(b"valid")
    _, old = file.leftovers
    old.write_bytes(b"secret of old")
    with old.open("rb") as still_open:
        file.recover()
        assert still_open.read() == bytes(len(b"secret of old"))
    assert list(tmp_path.iterdir()) == [file.path]


def test_erasing_overwrites_every_byte_and_unlinks(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"x" * 3_000_001)
    with path.open("rb") as still_open:
        erase(path)
        assert still_open.read() == bytes(3_000_001)
    assert not path.exists()
    erase(path)
