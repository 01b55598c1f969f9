"""The ground truth's file: what it says is what was written, and every mistake in it is told with its line."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.assurance.ground_truth import (
    Conditions,
    GroundTruthError,
    TruePassage,
    ground_truth_csv,
    read_ground_truth,
    size_label,
)


def written(folder: Path, text: str) -> Path:
    path = folder / "truth.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_passages_come_in_order_of_time_with_what_was_noted_of_them(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        "clip,person,from_s,to_s,size,mask\nb.mp4,,4,5.5,,\nb.mp4,Ann,1.5,3,41.5,yes\nempty.mp4,,,,,\n",
    )
    assert read_ground_truth(path) == {
        "b.mp4": (
            TruePassage("Ann", 1.5, 3.0, Conditions(size=41.5, mask=True)),
            TruePassage("", 4.0, 5.5, Conditions()),
        ),
        "empty.mp4": (),
    }


@pytest.mark.parametrize(
    ("row", "sentence"),
    [
        ("a.mp4,Ann,5,3,,", "Line 2 .* ends \\(3 s\\) before it begins \\(5 s\\)"),
        ("a.mp4,Ann,,3,,", "Line 2 .* no usable from_s \\(empty\\)"),
        ("a.mp4,Ann,nan,3,,", "no usable from_s \\(nan\\)"),
        ("a.mp4,Ann,-1,3,,", "no usable from_s \\(-1\\)"),
        ("a.mp4,Ann,1,3,big,", "size big; write the face's width in pixels"),
        ("a.mp4,Ann,1,3,0,", "size 0"),
        ("a.mp4,Ann,1,3,,maybe", "says maybe of mask; write yes or no"),
        ("a.mp4,Ann,1,3", "has 4 fields instead of 6"),
        (",Ann,1,3,,", "names no clip"),
        ("videos/a.mp4,Ann,1,3,,", "without its folder"),
        ("a.mp4,Ann,1,3,,\na.mp4,Ann,2,4,,", "Lines 2 and 3 .* show Ann twice at the same time"),
        ("a.mp4,Ann,1,3,,\na.mp4,,,,,", "Line 3 .* nobody of the list is in a.mp4, and line 2 names a passage"),
        ('a.mp4,"Ann,1,3,,', "Line 2 .* quotation mark"),
    ],
)
def test_a_wrong_line_is_named_with_what_to_do(tmp_path: Path, row: str, sentence: str) -> None:
    path = written(tmp_path, f"clip,person,from_s,to_s,size,mask\n{row}\n")
    with pytest.raises(GroundTruthError, match=sentence):
        read_ground_truth(path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "must be clip,person,from_s,to_s"),
        ("clip,person,from_s\n", "mend to_s"),
        ("clip,person,from_s,to_s,hat\n", "mend hat"),
        ("clip,person,from_s,to_s,clip\n", "named twice"),
        ("clip,person,from_s,to_s\n", "names no clip"),
    ],
)
def test_a_file_without_the_right_first_line_or_any_clip_is_refused(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(GroundTruthError, match=sentence):
        read_ground_truth(written(tmp_path, text))


def test_a_missing_file_and_one_that_is_no_text_are_refused(tmp_path: Path) -> None:
    with pytest.raises(GroundTruthError, match="There is no ground truth"):
        read_ground_truth(tmp_path / "none.csv")
    (tmp_path / "truth.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(GroundTruthError, match="name a CSV file in UTF-8"):
        read_ground_truth(tmp_path / "truth.csv")


@pytest.mark.parametrize(
    ("size", "label"),
    [
        (31.9, "under 32 px"),
        (32, "32 to 48 px"),
        (95.9, "64 to 96 px"),
        (96, "96 px and more"),
        (300, "96 px and more"),
    ],
)
def test_a_size_falls_into_the_band_whose_lower_end_it_reaches(size: float, label: str) -> None:
    assert size_label(size) == label


_NAMES = st.text(st.characters(categories=("L", "N")) | st.sampled_from(" ,\"'-"), min_size=1, max_size=8)
_NOTED = st.none() | st.booleans()
_CONDITIONS = st.builds(Conditions, st.none() | st.floats(1, 500), _NOTED, _NOTED, _NOTED, _NOTED)
_PASSAGE = st.tuples(st.floats(0, 100), st.floats(0.01, 100), _CONDITIONS)


@given(st.dictionaries(_NAMES.map(str.strip).filter(bool), st.lists(_PASSAGE, max_size=3), min_size=1, max_size=3))
def test_what_is_written_is_read_back(
    tmp_path_factory: pytest.TempPathFactory, made: dict[str, list[tuple[float, float, Conditions]]]
) -> None:
    truth = {
        clip: tuple(
            sorted(
                (TruePassage("", start, start + lasts, noted) for start, lasts, noted in passages),
                key=lambda passage: (passage.from_s, passage.to_s),
            )
        )
        for clip, passages in made.items()
    }
    path = tmp_path_factory.mktemp("truth") / "truth.csv"
    path.write_bytes(ground_truth_csv(truth))
    assert read_ground_truth(path) == truth
