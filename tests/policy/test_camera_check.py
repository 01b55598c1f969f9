"""The report on a camera: what follows from its figures, in words that say what to do."""

from dataclasses import replace

import pytest

from openlfr.policy.camera_check import (
    EYE_PX_EDGES,
    CheckFigures,
    CheckRow,
    CheckSubject,
    CheckVerdict,
    ReasonCount,
    Spread,
    report_of,
)

GOOD = CheckFigures(
    seconds=30.0,
    width=1920,
    height=1080,
    decoded=750,
    analysed=300,
    smallest_face_px=40,
    faces=200,
    in_zone=200,
    passages=10,
    clear=10,
    passed=10,
    eye_px=Spread(30.0, 40.0, 60.0),
    sharpness=Spread(90.0, 95.0, 99.0),
    pitch=Spread(-12.0, -8.0, -2.0),
    yaw=Spread(1.0, 6.0, 15.0),
)


def row(figures: CheckFigures, subject: CheckSubject) -> CheckRow:
    (found,) = (each for each in report_of(figures).rows if each.subject is subject)
    return found


def test_a_good_camera_has_nothing_to_mend() -> None:
    report = report_of(GOOD)
    assert report.verdict is CheckVerdict.GOOD
    assert {each.subject for each in report.rows} == set(CheckSubject)
    assert all(each.finding and not each.advice for each in report.rows)
    assert row(GOOD, CheckSubject.LIGHT).finding == "All faces are well lit."
    assert row(replace(GOOD, dark=1), CheckSubject.LIGHT).finding == "Of the faces, 10 % too dark."


@pytest.mark.parametrize(
    ("changes", "subject", "verdict", "advice"),
    [
        (
            {"eye_px": Spread(15.0, 22.0, 30.0)},
            CheckSubject.FACE_SIZE,
            CheckVerdict.BORDERLINE,
            "Faces are 22 px between the eyes at the median; 32 wanted: bring the camera closer",
        ),
        ({"eye_px": Spread(9.0, 14.0, 19.0)}, CheckSubject.FACE_SIZE, CheckVerdict.POOR, "14 px between the eyes"),
        (
            {"too_small": 2},
            CheckSubject.FACE_SIZE,
            CheckVerdict.BORDERLINE,
            "20 % of the faces stay narrower than the 40",
        ),
        (
            {"sharpness": Spread(30.0, 50.0, 70.0)},
            CheckSubject.SHARPNESS,
            CheckVerdict.POOR,
            "focus on where people walk",
        ),
        ({"dark": 5}, CheckSubject.LIGHT, CheckVerdict.POOR, "too dark: add light"),
        ({"bright": 2}, CheckSubject.LIGHT, CheckVerdict.BORDERLINE, "too bright: lower the exposure"),
        ({"back_lit": 9}, CheckSubject.LIGHT, CheckVerdict.POOR, "lit from behind: turn the camera"),
        (
            {"pitch": Spread(-40.0, -30.0, -20.0)},
            CheckSubject.POSE,
            CheckVerdict.POOR,
            "too steep, 15° wanted at the most",
        ),
        ({"pitch": Spread(10.0, 20.0, 30.0)}, CheckSubject.POSE, CheckVerdict.BORDERLINE, "mount it higher"),
        ({"yaw": Spread(20.0, 45.0, 60.0)}, CheckSubject.POSE, CheckVerdict.POOR, "walk towards it"),
        (
            {"passed": 3, "reasons": (ReasonCount("Sharpness", 6), ReasonCount("MouthOcclusionPrevention", 1))},
            CheckSubject.GATE,
            CheckVerdict.POOR,
            "What is in the way: 60 % blurred, 10 % lower face covered.",
        ),
        ({"zone_drawn": True, "in_zone": 20}, CheckSubject.ZONE, CheckVerdict.POOR, "Draw the zone where people walk"),
        ({"decoded": 150}, CheckSubject.PICTURES, CheckVerdict.POOR, "12 pictures a second or more"),
        ({"lost": 40}, CheckSubject.PICTURES, CheckVerdict.BORDERLINE, "check the network"),
        ({"reconnects": 1}, CheckSubject.PICTURES, CheckVerdict.BORDERLINE, "was lost 1 time: check its cable"),
        ({"issues": ("clock jump",)}, CheckSubject.PICTURES, CheckVerdict.BORDERLINE, "Seen at times: clock jump."),
        ({"width": 640, "height": 480}, CheckSubject.PICTURE_SIZE, CheckVerdict.POOR, "a stream of 1080 lines"),
        ({"width": 1080, "height": 1920}, CheckSubject.PICTURE_SIZE, CheckVerdict.GOOD, ""),
    ],
)
def test_what_is_not_good_is_named_with_what_to_do(
    changes: dict[str, object], subject: CheckSubject, verdict: CheckVerdict, advice: str
) -> None:
    figures = replace(GOOD, **changes)  # type: ignore[arg-type]
    found = row(figures, subject)
    assert found.verdict is verdict
    assert advice in found.advice
    assert bool(found.advice) is (verdict is not CheckVerdict.GOOD)
    # Each fault is told in one row, and the whole is as bad as the worst of it.
    assert [each.subject for each in report_of(figures).rows if each.verdict is not CheckVerdict.GOOD] in (
        [subject],
        [],
    )
    assert report_of(figures).verdict is verdict


@pytest.mark.parametrize(
    ("figures", "advice"),
    [
        (CheckFigures(), "Have two or three people walk towards the camera"),
        (CheckFigures(faces=40, in_zone=0, zone_drawn=True), "Faces pass outside the zone"),
        (CheckFigures(faces=40, in_zone=40, passages=9, clear=1), "too blurred, too dark or too far turned"),
    ],
)
def test_too_few_faces_say_nothing_and_how_to_have_more_is_said(figures: CheckFigures, advice: str) -> None:
    found = row(figures, CheckSubject.FACES)
    assert found.verdict is CheckVerdict.TOO_FEW_FACES
    assert advice in found.advice
    for subject in (CheckSubject.FACE_SIZE, CheckSubject.SHARPNESS, CheckSubject.LIGHT, CheckSubject.GATE):
        assert row(figures, subject).verdict is CheckVerdict.TOO_FEW_FACES


def test_a_dark_or_blurred_picture_says_so_where_faces_cannot() -> None:
    figures = CheckFigures(width=1920, height=1080, issues=("blurred", "dark"))
    assert row(figures, CheckSubject.LIGHT) == CheckRow(
        CheckSubject.LIGHT,
        CheckVerdict.POOR,
        "The whole picture is dark.",
        "Add light, or have the camera expose longer.",
    )
    assert "Focus the camera" in row(figures, CheckSubject.SHARPNESS).advice
    assert "blurred" not in row(figures, CheckSubject.PICTURES).advice


def test_figures_of_another_form_are_refused() -> None:
    with pytest.raises(ValueError, match="other bins"):
        CheckFigures(eye_px_bins=(0,) * len(EYE_PX_EDGES))
    with pytest.raises(ValueError, match="reason that nobody knows"):
        CheckFigures(reasons=(ReasonCount("Beauty", 3),))
    with pytest.raises(ValueError, match="than there are"):
        CheckFigures(reasons=(ReasonCount("Sharpness", 3),) * 12)
    with pytest.raises(ValueError, match="than there are"):
        CheckFigures(issues=("dark",) * 21)
    with pytest.raises(ValueError, match="short name"):
        CheckFigures(issues=("d" * 41,))
