"""What a watchlist path means, and what becomes of the rows and files that mean nothing."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from tests.support.evaluation_data import evaluation_data

from openlfr.enrolment.listing import ReferencePicture, WatchlistError, list_watchlist


def touch(root: Path, *names: str) -> Path:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
    return root


def names(root: Path) -> list[tuple[str, str]]:
    return [(p.person, p.name) for p in list_watchlist(root).pictures]


def problems(path: Path) -> dict[str, str]:
    return {problem.where: problem.sentence for problem in list_watchlist(path).problems}


def csv_file(root: Path, text: str, encoding: str = "utf-8") -> Path:
    path = root / "list.csv"
    path.write_bytes(text.encode(encoding))
    return path


def test_a_folder_for_each_person_and_a_picture_named_after_one_both_count(tmp_path: Path) -> None:
    touch(tmp_path, "alice/front.jpg", "alice/side.PNG", "bob.jpeg", "Zoë.webp")
    assert names(tmp_path) == [
        ("alice", "alice/front.jpg"),
        ("alice", "alice/side.PNG"),
        ("bob", "bob.jpeg"),
        ("Zoë", "Zoë.webp"),
    ]
    assert list_watchlist(tmp_path).problems == ()
    assert list_watchlist(tmp_path).pictures[2] == ReferencePicture("bob", tmp_path / "bob.jpeg", "bob.jpeg")


def test_pictures_come_in_the_order_people_count(tmp_path: Path) -> None:
    touch(tmp_path, "p10/shot2.jpg", "p10/shot10.jpg", "p2/b.jpg", "p2/A.jpg")
    assert [name for _, name in names(tmp_path)] == ["p2/A.jpg", "p2/b.jpg", "p10/shot2.jpg", "p10/shot10.jpg"]


def test_hidden_files_and_litter_are_skipped_in_silence(tmp_path: Path) -> None:
    touch(tmp_path, ".DS_Store", ".hidden/x.jpg", "Thumbs.db", "alice/.1.jpg", "alice/1.jpg", "alice/desktop.ini")
    assert names(tmp_path) == [("alice", "alice/1.jpg")]
    assert problems(tmp_path) == {}


def test_what_is_no_picture_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    touch(tmp_path, "alice/1.jpg", "alice/1.heic", "alice/more/2.jpg", "readme.txt")
    (tmp_path / "empty").mkdir()
    assert names(tmp_path) == [("alice", "alice/1.jpg")]
    found = problems(tmp_path)
    assert set(found) == {"alice/1.heic", "alice/more", "readme.txt", "empty"}
    assert "save it as JPEG" in found["alice/1.heic"]
    assert "move its pictures up" in found["alice/more"]
    assert "empty folder" in found["empty"]


def test_links_may_not_leave_the_folder(tmp_path: Path) -> None:
    root, outside = tmp_path / "list", tmp_path / "outside"
    touch(root, "alice/1.jpg")
    touch(outside, "secret.jpg", "people/2.jpg")
    (root / "bob.jpg").symlink_to(outside / "secret.jpg")
    (root / "carol").symlink_to(outside / "people")
    (root / "alice" / "up.jpg").symlink_to("../../outside/secret.jpg")
    (root / "loop.jpg").symlink_to("loop.jpg")
    (root / "dora.jpg").symlink_to("alice/1.jpg")
    # A sibling whose name begins alike is outside as well.
    touch(tmp_path / "list-other", "x.jpg")
    (root / "eve.jpg").symlink_to(tmp_path / "list-other" / "x.jpg")
    listed = [name for _, name in names(root)]
    # The loop is listed: reading it will say what is wrong.
    assert listed == ["alice/1.jpg", "dora.jpg", "loop.jpg"]
    assert {where for where, why in problems(root).items() if "leads out" in why} == {
        "bob.jpg",
        "carol",
        "alice/up.jpg",
        "eve.jpg",
    }


def test_a_watchlist_may_itself_be_reached_by_a_link(tmp_path: Path) -> None:
    touch(tmp_path / "real", "alice/1.jpg")
    (tmp_path / "link").symlink_to(tmp_path / "real")
    assert names(tmp_path / "link") == [("alice", "alice/1.jpg")]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda root: root / "missing", "There is no watchlist .*; name a folder of pictures or a CSV file"),
        (lambda root: root, "holds no pictures; put in one folder of pictures for each person"),
        (lambda root: touch(root, "notes.txt"), r"gives no picture \(1 left out; the first, notes.txt: is not"),
        (lambda root: touch(root, "bob.jpg") / "bob.jpg", "is a single picture; put it into a folder"),
    ],
    ids=["missing", "empty", "nothing usable", "a picture"],
)
def test_a_path_that_gives_nothing_is_refused_in_a_sentence(
    tmp_path: Path, make: Callable[[Path], Path], words: str
) -> None:
    path = make(tmp_path)
    with pytest.raises(WatchlistError, match=words):
        list_watchlist(path)


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(WatchlistError, match="neither a folder nor a file"):
        list_watchlist(tmp_path / "pipe")


def test_odd_names_are_safe_and_two_spellings_of_a_letter_are_one_person(tmp_path: Path) -> None:
    touch(tmp_path, "a\nb/1.jpg", "Zoe\u0308/1.jpg", "Zo\u00eb/2.jpg", "\udcff.jpg")
    listing = list_watchlist(tmp_path)
    assert {p.person for p in listing.pictures} == {"a\\nb", "Zo\u00eb", "\\udcff"}
    assert all(p.path.exists() for p in listing.pictures)
    assert all((p.person + p.name).isprintable() for p in listing.pictures)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
def test_a_csv_names_people_pictures_categories_and_reasons(tmp_path: Path, encoding: str) -> None:
    path = csv_file(
        tmp_path,
        'Person_ID, image ,reason,category\r\nbob,"b1, 2.jpg",warrant,A\r\n\r\nbob,b2.jpg,,\r\nZoë,sub/z.jpg,,B\r\n',
        encoding,
    )
    listing = list_watchlist(path)
    assert listing.problems == ()
    assert listing.pictures == (
        ReferencePicture("bob", tmp_path / "b1, 2.jpg", "b1, 2.jpg", "A", "warrant"),
        ReferencePicture("bob", tmp_path / "b2.jpg", "b2.jpg", "", ""),
        ReferencePicture("Zoë", tmp_path / "sub/z.jpg", "sub/z.jpg", "B", ""),
    )


def test_a_bad_row_is_named_by_its_line_and_the_rest_goes_on(tmp_path: Path) -> None:
    path = csv_file(
        tmp_path,
        'person_id,image\na,1.jpg\nb\nc,3.jpg,extra\n,4.jpg\ne,\nf,"6.jpg\ng,"7.jpg"\na,1.jpg\nh,8\0.jpg\ni,9.jpg\n',
    )
    assert names(path) == [("a", "1.jpg"), ("g", "7.jpg"), ("i", "9.jpg")]
    found = problems(path)
    assert set(found) == {f"line {n}" for n in (3, 4, 5, 6, 7, 9, 10)}
    assert "1 fields instead of 2" in found["line 3"]
    assert "quote a field that holds a comma" in found["line 4"]
    assert "no usable person_id" in found["line 5"]
    assert "no usable image" in found["line 6"]
    assert "quotation mark that is not closed" in found["line 7"]
    assert "a second time" in found["line 9"]


def test_a_field_may_run_over_lines_and_line_numbers_stay_right(tmp_path: Path) -> None:
    path = csv_file(tmp_path, 'person_id,image,reason\na,1.jpg,"one\ntwo"\nb\n')
    (picture,) = list_watchlist(path).pictures
    assert picture.reason == "one\\ntwo"
    assert set(problems(path)) == {"line 4"}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "name,file\nbob,1.jpg\n",
            r"lacks the columns person_id and image \(found: name, file\); its first line must be",
        ),
        ("person_id,picture\nbob,1.jpg\n", r"lacks the column image \(found: person_id, picture\)"),
        ("person_id;image\nbob;1.jpg\n", r"found: person_id;image"),
        ("", "found: none"),
        ("person_id,image,image\nbob,1.jpg,2.jpg\n", "names a column twice"),
        ("person_id,image\n", "holds no pictures"),
        ("person_id,image\nbob,\n", r"gives no picture \(1 left out; the first, line 2"),
    ],
)
def test_a_csv_with_wrong_columns_says_which_are_missing_and_which_were_found(
    tmp_path: Path, text: str, words: str
) -> None:
    with pytest.raises(WatchlistError, match=words):
        list_watchlist(csv_file(tmp_path, text))


@pytest.mark.parametrize("encoding", ["utf-16", "latin-1"])
def test_a_csv_in_another_encoding_is_refused(tmp_path: Path, encoding: str) -> None:
    with pytest.raises(WatchlistError, match="save it as CSV in UTF-8"):
        list_watchlist(csv_file(tmp_path, "person_id,image\nZoë,1.jpg\n", encoding))


def test_thousands_of_unclosed_quotation_marks_cost_no_more_than_their_rows(tmp_path: Path) -> None:
    rows = "".join(f'p{i},"{i}.jpg\n' for i in range(5000))
    path = csv_file(tmp_path, "person_id,image\n" + rows + "bob,1.jpg\n")
    assert ("bob", "1.jpg") in names(path)


def test_the_whole_of_lfw_is_listed() -> None:
    listing = list_watchlist(evaluation_data("lfw"))
    assert len(listing.pictures) == 13_232
    assert len({p.person for p in listing.pictures}) == 5_748
    assert listing.problems == ()
