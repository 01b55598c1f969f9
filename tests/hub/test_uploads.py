"""What is uploaded lies in memory, leads nowhere else, and is gone when it was used."""

import io
import json
import os
import stat
import zipfile
from pathlib import Path

import pytest

from openlfr.hub.uploads import Upload, UploadedFile, Uploads
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.watchlist_source import read_source

CSV = b"person_id,image\nN/1,a/1.jpg\n"


@pytest.fixture
def uploads(tmp_path: Path) -> Uploads:
    return Uploads("hub-1", tmp_path)


def file(name: str, content: bytes) -> UploadedFile:
    return UploadedFile(name, io.BytesIO(content))


def packed(files: dict[str, bytes]) -> UploadedFile:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, each in files.items():
            pack.writestr(name, each)
    return file("people.zip", content.getvalue())


def laid_out(answer: Upload | Refusal) -> Upload:
    assert isinstance(answer, Upload), answer
    return answer


def refused(answer: Upload | Refusal) -> str:
    assert isinstance(answer, Refusal), answer
    assert answer.code is RefusalCode.INVALID_FIELDS
    return answer.problems[0].sentence


def test_a_table_with_its_pictures_is_read_as_a_list(uploads: Uploads, tmp_path: Path) -> None:
    upload = laid_out(uploads.lay_out(file("people.csv", CSV), [file("a/1.jpg", b"jpeg")], None))
    (picture,) = read_source(upload.source).pictures
    assert picture.path.read_bytes() == b"jpeg"
    assert stat.S_IMODE(upload.folder.stat().st_mode) == 0o700
    upload.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_table_in_json_says_the_same_as_one_in_csv(uploads: Uploads) -> None:
    rows = [
        {
            "person_id": "N/1",
            "image": "1.jpg",
            "name": "Ann; Example",
            "category": ["wanted_by_courts", "suspect"],
            "under_18": True,
        }
    ]
    table = file("people.json", json.dumps(rows).encode())
    source = read_source(laid_out(uploads.lay_out(table, [file("1.jpg", b"x")], None)).source)
    (person,) = source.people.values()
    assert (person.name, [each.name for each in person.categories], person.under_18, person.vulnerable) == (
        "Ann; Example",
        ["WANTED_BY_COURTS", "SUSPECT"],
        True,
        False,
    )


def test_an_archive_is_a_table_with_pictures_or_a_folder_for_each_person(uploads: Uploads) -> None:
    with_table = laid_out(uploads.lay_out(None, [], packed({"drawn/people.csv": CSV, "drawn/a/1.jpg": b"x"})))
    assert [each.name for each in read_source(with_table.source).pictures] == ["a/1.jpg"]
    folders = packed({"Ann/1.jpg": b"x", "Bob/1.jpg": b"y", "__MACOSX/Ann/._1.jpg": b"z", "Ann/.DS_Store": b""})
    by_name = laid_out(uploads.lay_out(None, [], folders))
    assert sorted(each.person for each in read_source(by_name.source).pictures) == ["Ann", "Bob"]


def test_the_same_archive_sent_again_is_the_same_source(uploads: Uploads) -> None:
    twice = [read_source(laid_out(uploads.lay_out(None, [], packed({"Ann/1.jpg": b"x"}))).source) for _ in range(2)]
    assert twice[0].digest == twice[1].digest


@pytest.mark.parametrize("name", ["../outside.jpg", "/etc/outside.jpg", "a/../../b.jpg", "..\\b.jpg", "", "a\0b.jpg"])
def test_no_file_lands_outside_its_folder(uploads: Uploads, tmp_path: Path, name: str) -> None:
    for answer in (
        uploads.lay_out(file("people.csv", CSV), [file(name, b"x")], None),
        uploads.lay_out(None, [], packed({"people.csv": CSV, name or "../x": b"x"})),
    ):
        if isinstance(answer, Upload):  # a zip file cuts a name at its zero byte
            assert {path.name for path in answer.folder.rglob("*") if path.is_file()} == {"people.csv", "a"}
            answer.remove()
        else:
            assert "cannot be used: rename it." in refused(answer)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["../outside/people.csv", "/{outside}/people.csv", "a/../../people.csv", "..\\b.csv"])
def test_the_table_of_an_archive_lands_in_its_folder_too(tmp_path: Path, name: str) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    inside.mkdir()
    name = name.format(outside=str(outside).removeprefix("/"))
    answer = Uploads("hub-1", inside).lay_out(None, [], packed({"a/1.jpg": b"x", name: CSV}))
    assert "cannot be used: rename it." in refused(answer)
    assert not outside.exists()
    assert list(inside.iterdir()) == []


def test_what_is_a_file_and_a_folder_at_once_is_refused(uploads: Uploads, tmp_path: Path) -> None:
    assert "at once" in refused(uploads.lay_out(None, [], packed({"a": b"x", "a/people.csv": CSV})))
    assert "at once" in refused(
        uploads.lay_out(file("people.csv", CSV), [file("a", b"x"), file("a/1.jpg", b"x")], None)
    )
    assert list(tmp_path.iterdir()) == []


def test_an_archive_of_very_many_entries_is_refused_before_they_are_read(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openlfr.hub.uploads._MOST_ENTRIES", 3)
    assert "over 3 entries" in refused(uploads.lay_out(None, [], packed({f"{n}/": b"" for n in range(4)})))


def test_what_cannot_be_used_is_named(uploads: Uploads, tmp_path: Path) -> None:
    table, picture = file("people.csv", CSV), file("1.jpg", b"x")
    assert "Send a table" in refused(uploads.lay_out(None, [picture], None))
    assert "not both" in refused(uploads.lay_out(table, [], packed({"Ann/1.jpg": b"x"})))
    assert "cannot be read" in refused(uploads.lay_out(None, [], file("people.zip", b"PK no zip")))
    assert "more than one table" in refused(uploads.lay_out(None, [], packed({"a.csv": CSV, "b.csv": CSV})))
    assert "is no JSON" in refused(uploads.lay_out(file("people.json", b"{"), [], None))
    assert "person_id" in refused(uploads.lay_out(file("people.json", b'[{"image": "x"}]'), [], None))
    assert "Two files" in refused(uploads.lay_out(table, [file("1.jpg", b"x"), file("1.jpg", b"y")], None))
    assert list(tmp_path.iterdir()) == []


def test_a_small_archive_that_holds_too_much_is_refused_before_it_is_unpacked(
    uploads: Uploads, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("openlfr.hub.uploads.LARGEST_UPLOAD", 1 << 20)
    assert "split it" in refused(uploads.lay_out(None, [], packed({"Ann/1.jpg": bytes(2 << 20)})))
    monkeypatch.setattr("openlfr.hub.uploads.MOST_FILES", 2)
    assert "3 files" in refused(uploads.lay_out(None, [], packed({f"Ann/{n}.jpg": b"x" for n in range(3)})))
    assert list(tmp_path.iterdir()) == []


def test_links_in_an_archive_are_refused(uploads: Uploads) -> None:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as pack:
        link = zipfile.ZipInfo("Ann/1.jpg")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        pack.writestr(link, "/etc/passwd")
    assert "links" in refused(uploads.lay_out(None, [], file("people.zip", content.getvalue())))


def test_what_a_killed_hub_left_is_removed_at_the_next_start_and_nothing_of_others(tmp_path: Path) -> None:
    laid_out(Uploads("hub-1", tmp_path).lay_out(None, [], packed({"Ann/1.jpg": b"x"})))
    of_another = laid_out(Uploads("hub-2", tmp_path).lay_out(None, [], packed({"Ann/1.jpg": b"x"})))
    Uploads("hub-1", tmp_path)
    assert list(tmp_path.iterdir()) == [of_another.folder]


@pytest.mark.skipif(not os.access("/dev/shm", os.W_OK), reason="no file system in memory here")
def test_uploads_lie_in_memory_where_there_is_room_for_them() -> None:
    upload = laid_out(Uploads("a-test", None).lay_out(None, [], packed({"Ann/1.jpg": b"x"})))
    assert upload.folder.parent == Path("/dev/shm")
    upload.remove()
