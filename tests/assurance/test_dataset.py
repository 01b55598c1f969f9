"""Labels and their corrections: what a folder and its lists say."""

from pathlib import Path

import pytest

from openlfr.assurance.dataset import (
    DatasetError,
    group_of,
    is_named,
    read_corrections,
    read_dataset,
    read_groups,
    read_names,
    read_pairs,
)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "set"
    for name in ("Ann/Ann_0001.jpg", "Ann/Ann_0002.jpg", "Anne/Anne_0001.jpg", "Bob/Bob_0001.jpg", "Cy/Cy_0001.jpg"):
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return root


def written(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_two_names_of_one_person_become_one(folder: Path, tmp_path: Path) -> None:
    corrections = read_corrections([written(tmp_path / "a.csv", "identity_a,identity_b,source\nAnne,Ann,seen\n")])
    assert {picture.person for picture in read_dataset(folder, corrections).pictures} == {"Ann", "Bob", "Cy"}


def test_three_names_of_one_person_become_one_in_any_order(folder: Path, tmp_path: Path) -> None:
    rows = "identity_a,identity_b,source\nCy,Bob,x\nAnne,Ann,x\nBob,Anne,x\n"
    corrections = read_corrections([written(tmp_path / "a.csv", rows)])
    assert {picture.person for picture in read_dataset(folder, corrections).pictures} == {"Ann"}


def test_a_picture_of_somebody_else_goes_to_them_or_out(folder: Path, tmp_path: Path) -> None:
    rows = "image,shown_person,source\nAnn_0002,Bob,x\nCy/Cy_0001.jpg,a stranger,x\n"
    dataset = read_dataset(folder, read_corrections([written(tmp_path / "w.csv", rows)]))
    assert {picture.name: picture.person for picture in dataset.pictures} == {
        "Ann/Ann_0001.jpg": "Ann",
        "Ann/Ann_0002.jpg": "Bob",
        "Anne/Anne_0001.jpg": "Anne",
        "Bob/Bob_0001.jpg": "Bob",
    }
    assert dataset.left_out == ("Cy/Cy_0001.jpg",)


def test_relatives_stay_and_are_known(folder: Path, tmp_path: Path) -> None:
    rows = "identity_a,identity_b,relation\nAnn,Bob,twins\n"
    dataset = read_dataset(folder, read_corrections([written(tmp_path / "s.csv", rows)]))
    assert dataset.relatives == {"Ann", "Bob"}
    assert len(dataset.pictures) == 5


def test_the_digest_sees_a_picture_a_label_and_a_correction(folder: Path, tmp_path: Path) -> None:
    before = read_dataset(folder).digest
    assert read_dataset(folder).digest == before
    corrections = read_corrections([written(tmp_path / "a.csv", "identity_a,identity_b,source\nAnne,Ann,seen\n")])
    corrected = read_dataset(folder, corrections).digest
    (folder / "Bob" / "Bob_0001.jpg").write_bytes(b"another")
    changed = read_dataset(folder).digest
    (folder / "Bob").rename(folder / "Rob")
    assert len({before, corrected, changed, read_dataset(folder).digest}) == 4


def test_groups_go_by_picture_before_person(folder: Path, tmp_path: Path) -> None:
    by_picture = read_groups(written(tmp_path / "g.csv", "image,sex\nAnn_0001.jpg,women\nBob/Bob_0001.jpg,men\n"))
    by_person = read_groups(written(tmp_path / "h.csv", "person,age\nAnn,young\nBob,\n"))
    first, second, _, bob, _ = read_dataset(folder).pictures
    assert [group_of(picture, by_picture["sex"]) for picture in (first, second, bob)] == ["women", None, "men"]
    assert [group_of(picture, by_person["age"]) for picture in (first, second, bob)] == ["young", "young", None]


def test_a_list_names_pictures_with_or_without_folder_and_ending(folder: Path, tmp_path: Path) -> None:
    names = read_names(written(tmp_path / "l.txt", "Ann/Ann_0002.jpg\n\nBob_0001\n"))
    named = [picture.name for picture in read_dataset(folder).pictures if is_named(picture, names)]
    assert named == ["Ann/Ann_0002.jpg", "Bob/Bob_0001.jpg"]


def test_pairs_follow_the_mended_labels(folder: Path, tmp_path: Path) -> None:
    corrections = read_corrections([written(tmp_path / "a.csv", "identity_a,identity_b,source\nAnne,Ann,seen\n")])
    pairs = written(tmp_path / "pairs.txt", "2\t300\nAnn\t1\t2\nAnn\t1\tAnne\t1\nAnn\t2\tBob\t1\n")
    read = read_pairs(pairs, read_dataset(folder, corrections))
    assert [same for _, _, same in read] == [True, True, False]


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.csv", "who,what\nx,y\n", "they must have identity_a,identity_b,source"),
        ("a.csv", "identity_a,identity_b,source\nx,y\n", "Line 2 of"),
        ("a.csv", "", "is empty"),
    ],
)
def test_unusable_corrections_are_refused_in_one_sentence(tmp_path: Path, name: str, text: str, words: str) -> None:
    with pytest.raises(DatasetError, match=words):
        read_corrections([written(tmp_path / name, text)])


def test_missing_things_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match="There is no folder"):
        read_dataset(tmp_path / "nowhere")
    with pytest.raises(DatasetError, match="There is no file"):
        read_groups(tmp_path / "nowhere.csv")
    with pytest.raises(DatasetError, match="must begin with a line such as image,sex"):
        read_groups(written(tmp_path / "g.csv", "name,sex\nAnn,women\n"))
    with pytest.raises(DatasetError, match="names no picture"):
        read_names(written(tmp_path / "l.txt", "\n"))
    with pytest.raises(DatasetError, match="which the data set does not hold"):
        read_pairs(written(tmp_path / "p.txt", "Zoe\t1\t2\n"), read_dataset(folder))
