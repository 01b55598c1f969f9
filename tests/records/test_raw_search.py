"""Searching raw bytes: nothing is missed where one piece of a file ends and the next begins."""

from pathlib import Path

import pytest

from openlfr.records.raw_search import Search, Trace, search_here
from openlfr.sealing.box import Place, seal

PIECE = 8 << 20
GONE, LIVING = "ab" * 16, "cd" * 16
SEALED = seal(GONE, bytes(32), b"face", Place("table", "column", "row"))
IDENTIFIER = "01890a5d-ac96-774b-bcce-b302099a8057"


def search(place: Path) -> list[Trace]:
    found = search_here(Search((place,), frozenset(), frozenset({LIVING}), frozenset({IDENTIFIER})), 10)
    assert found.trace_count == len(found.traces)
    assert found.unreadable == ()
    return list(found.traces)


@pytest.mark.parametrize("shift", [0, 1, 12, 27, 28, 29, 40, 63, 64, 65])
def test_a_mark_on_the_seam_between_two_pieces_is_found_once(tmp_path: Path, shift: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(PIECE - shift) + SEALED[:28] + bytes(100))
    assert search(path) == [Trace(path, PIECE - shift, GONE, None)]


@pytest.mark.parametrize("shift", [0, 1, 35, 36, 37, 63, 64, 65])
def test_an_identifier_on_the_seam_is_found_once(tmp_path: Path, shift: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"-" * (PIECE - shift) + IDENTIFIER.encode() + bytes(100))
    assert search(path) == [Trace(path, PIECE - shift, None, IDENTIFIER)]


def test_living_keys_and_other_identifiers_are_none_of_its_business(tmp_path: Path) -> None:
    living = seal(LIVING, bytes(32), b"face", Place("table", "column", "row"))
    (tmp_path / "file").write_bytes(living + IDENTIFIER.replace("7", "8").encode())
    assert search(tmp_path) == []


def test_links_are_not_followed_and_every_plain_file_is_searched(tmp_path: Path) -> None:
    inside, outside = tmp_path / "inside", tmp_path / "outside"
    inside.mkdir()
    outside.write_bytes(SEALED)
    (inside / "link").symlink_to(outside)
    (inside / "dangling").symlink_to(tmp_path / "absent")
    assert search(inside) == []
    (inside / "hidden").mkdir()
    (inside / "hidden" / ".file").write_bytes(SEALED)
    assert {trace.path for trace in search(inside)} == {inside / "hidden" / ".file"}


def test_without_living_keys_only_those_that_are_gone_are_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(SEALED)
    assert search_here(Search((tmp_path,), frozenset({LIVING})), 10).trace_count == 0
    assert search_here(Search((tmp_path,), frozenset({GONE})), 10).trace_count == 2


def test_only_the_first_traces_are_told_but_all_are_counted(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(SEALED * 50)
    found = search_here(Search((tmp_path,), frozenset({GONE})), 10)
    assert (len(found.traces), found.trace_count, found.files) == (10, 100, 1)
