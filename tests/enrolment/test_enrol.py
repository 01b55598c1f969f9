"""Enrolling real photographs: faces of every size, and each reason why one cannot be used."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from tests.support.evaluation_data import evaluation_data
from tests.support.faces import astronaut, grace_hopper, main_face, models

from openlfr.capture.images import ArrayFrameImage
from openlfr.enrolment.enrol import BATCH, Enrolled, Enroller, NotEnrolled, NotEnrolledReason, advice
from openlfr.enrolment.listing import ReferencePicture, list_watchlist
from openlfr.vision.alignment import align
from openlfr.vision.face import BGRImage
from openlfr.vision.quality import ADVICE, Quality, QualityMeasure


def enroller(*, readers: int = 2) -> Enroller:
    return Enroller(models().detector_session, models().extractor, readers=readers)


def encoded(picture: BGRImage, kind: str = ".png") -> bytes:
    ok, content = cv2.imencode(kind, picture)
    assert ok
    return content.tobytes()


def outcome(picture: BGRImage) -> Enrolled | NotEnrolled:
    return enroller().enrol_picture(ReferencePicture("p", Path("p.png"), "p.png"), encoded(picture))


def enrolled(picture: BGRImage) -> Enrolled:
    result = outcome(picture)
    assert isinstance(result, Enrolled), result
    return result


def refused(picture: BGRImage) -> NotEnrolled:
    result = outcome(picture)
    assert isinstance(result, NotEnrolled), result
    return result


def face_only(picture: BGRImage, margin: float = 1.0) -> BGRImage:
    left, top, right, bottom = main_face(picture).box.grown(margin).pixels(picture.shape[1], picture.shape[0])
    return np.ascontiguousarray(picture[top:bottom, left:right])


def in_a_photograph(face: BGRImage, share_of_width: float, width: int = 4000, height: int = 3000) -> BGRImage:
    """The face at this share of the width, in the middle of a dull wall."""
    factor = share_of_width * width / face.shape[1]
    if face.shape[0] * factor > height:
        factor = height / face.shape[0]
    small = cv2.resize(
        face, None, fx=factor, fy=factor, interpolation=cv2.INTER_AREA if factor < 1 else cv2.INTER_CUBIC
    )
    photograph = np.full((height, width, 3), 120, np.uint8)
    top, left = (height - small.shape[0]) // 2, (width - small.shape[1]) // 2
    photograph[top : top + small.shape[0], left : left + small.shape[1]] = small
    return photograph


@pytest.mark.parametrize("share", [0.03, 0.05, 0.2, 0.5, 0.8])
def test_a_face_is_found_at_any_share_of_a_large_photograph(share: float) -> None:
    face = face_only(grace_hopper(), 1.6)
    found = enrolled(in_a_photograph(face, share * 1.6))
    assert found.face.box.centre == pytest.approx((2000, 1500), rel=0.08)
    assert float(found.template @ enrolled(grace_hopper()).template) > 0.85


@pytest.mark.parametrize("margin", [0.85, 1.0, 1.2, 2.0])
@pytest.mark.parametrize("side", [112, 400])
def test_a_face_is_found_in_pictures_cropped_tight(margin: float, side: int) -> None:
    crop = face_only(grace_hopper(), margin)
    crop = np.asarray(cv2.resize(crop, (side, round(side * crop.shape[0] / crop.shape[1]))), np.uint8)
    found = enrolled(crop)
    assert float(found.template @ enrolled(grace_hopper()).template) > (0.6 if margin < 1 else 0.8)


def test_faces_are_in_pixels_of_the_picture() -> None:
    found, truth = enrolled(grace_hopper()), main_face(grace_hopper(), min_face_px=28)
    assert found.face.box.overlap(truth.box) > 0.85
    assert np.abs(found.face.landmarks - truth.landmarks).max() < 8


def test_a_template_is_that_of_the_aligned_face() -> None:
    found = enrolled(astronaut())
    chip = align(ArrayFrameImage(astronaut()), found.face.landmarks)
    assert found.template == pytest.approx(models().extractor.extract(chip[None])[0], abs=1e-3)
    assert found.template.shape == (models().dimension,)
    assert np.linalg.norm(found.template) == pytest.approx(1, abs=1e-5)
    assert found.quality.unified > 80
    assert found.notes == ()


def test_no_face_is_a_reason_with_advice() -> None:
    result = refused(np.full((300, 300, 3), 90, np.uint8))
    assert result.reason is NotEnrolledReason.NO_FACE
    assert result.sentence == "The picture p.png shows no face; use one that shows the face from the front."


def side_by_side(second_factor: float) -> BGRImage:
    first, second = (
        np.asarray(cv2.resize(face_only(p, 1.8), (300, 380)), np.uint8) for p in (astronaut(), grace_hopper())
    )
    picture = np.full((380, 600, 3), 128, np.uint8)
    picture[:, :300] = first
    small = cv2.resize(second, None, fx=second_factor, fy=second_factor, interpolation=cv2.INTER_AREA)
    picture[: small.shape[0], 600 - small.shape[1] :] = small
    return picture


def test_two_faces_of_the_same_size_are_refused_as_unclear() -> None:
    result = refused(side_by_side(1.0))
    assert result.reason is NotEnrolledReason.SEVERAL_FACES
    assert "shows 2 faces of about the same size, and it is not clear which is meant; crop it" in result.sentence


def test_a_much_smaller_second_face_is_a_note() -> None:
    found = enrolled(side_by_side(0.35))
    assert float(found.template @ enrolled(astronaut()).template) > 0.8
    assert found.notes == ("There is a smaller face beside the main one.",)


def test_a_picture_too_poor_says_what_to_do() -> None:
    tiny = cv2.resize(grace_hopper(), None, fx=0.02, fy=0.02, interpolation=cv2.INTER_AREA)
    blown_up = np.asarray(cv2.resize(tiny, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC), np.uint8)
    result = refused(blown_up)
    assert result.reason in (NotEnrolledReason.QUALITY_TOO_LOW, NotEnrolledReason.NO_FACE)
    strict = Enroller(models().detector_session, models().extractor, quality_floor=99.9)
    blurred = np.asarray(cv2.GaussianBlur(grace_hopper(), (0, 0), 9), np.uint8)
    poor = strict.enrol_picture(ReferencePicture("p", Path("p.png"), "p.png"), encoded(blurred))
    assert isinstance(poor, NotEnrolled)
    assert poor.reason is NotEnrolledReason.QUALITY_TOO_LOW
    assert poor.quality is not None
    assert ADVICE[QualityMeasure.SHARPNESS] in poor.sentence
    assert f"(quality {poor.quality.unified:.0f} of 100)" in poor.sentence


def test_advice_names_the_lowest_component_when_none_is_low_by_itself() -> None:
    middling = Quality(30, {QualityMeasure.SHARPNESS: 80, QualityMeasure.UNDER_EXPOSURE: 70})
    assert advice(middling) == ADVICE[QualityMeasure.UNDER_EXPOSURE]


def mixed_folder(root: Path) -> None:
    for number in range(BATCH + 3):
        (root / f"good{number}.png").write_bytes(encoded(np.ascontiguousarray(astronaut()[: 500 - number])))
    (root / "good2.png").write_bytes(b"\x89PNG broken")
    (root / "wall.png").write_bytes(encoded(np.full((100, 100, 3), 9, np.uint8)))
    (root / "gone.png").symlink_to("nowhere.png")


@pytest.mark.parametrize("readers", [1, 4])
def test_bad_pictures_never_stop_the_others_and_order_is_kept(tmp_path: Path, readers: int) -> None:
    mixed_folder(tmp_path)
    progress: list[tuple[int, int]] = []
    references = list_watchlist(tmp_path).pictures
    result = enroller(readers=readers).enrol(references, lambda done, total: progress.append((done, total)))
    names = [reference.name for reference in references]
    assert {n.picture: n.reason for n in result.not_enrolled} == {
        "gone.png": NotEnrolledReason.UNREADABLE,
        "good2.png": NotEnrolledReason.UNREADABLE,
        "wall.png": NotEnrolledReason.NO_FACE,
    }
    assert all(refusal.picture in refusal.sentence for refusal in result.not_enrolled)
    used = [e.picture for e in result.enrolled]
    assert used == [name for name in names if name in used]
    assert len(used) == BATCH + 2
    assert [done for done, _ in progress] == sorted({done for done, _ in progress})
    assert progress[-1] == (len(names), len(names))


def test_one_by_one_or_all_together_gives_the_same_templates(tmp_path: Path) -> None:
    mixed_folder(tmp_path)
    together = enroller().enrol(list_watchlist(tmp_path).pictures).enrolled
    for one in together:
        alone = enroller().enrol_picture(one.reference, one.reference.path.read_bytes())
        assert isinstance(alone, Enrolled)
        assert alone.template == pytest.approx(one.template, abs=1e-4)
        assert alone.sha256 == one.sha256


def test_an_empty_list_enrols_nobody() -> None:
    result = enroller().enrol(())
    assert result.enrolled == ()
    assert result.not_enrolled == ()


def test_reading_stays_a_window_ahead_and_stops_when_nobody_takes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "p.png").write_bytes(encoded(astronaut()))
    reference = ReferencePicture("p", tmp_path / "p.png", "p.png")
    read: list[Path] = []

    def counted(path: Path, *, name: str) -> bytes:
        read.append(path)
        return path.read_bytes()

    monkeypatch.setattr("openlfr.enrolment.enrol.read_file", counted)

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        enroller(readers=2).enrol([reference] * 500, stop)
    assert len(read) < 60


def test_nearly_all_of_lfw_and_of_tight_crops_enrols() -> None:
    lfw = list_watchlist(evaluation_data("lfw")).pictures[::100]
    tight = [
        ReferencePicture(path.name, path, path.name) for path in sorted(evaluation_data("utkface").iterdir())[::40]
    ]
    result = enroller().enrol([*lfw, *tight])
    assert len(result.not_enrolled) <= 0.02 * (len(lfw) + len(tight))
