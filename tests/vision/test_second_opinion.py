"""dlib's network as it is run here against dlib itself, on real faces, and what is refused."""

from pathlib import Path

import dlib
import face_recognition_models
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

from openlfr.capture.images import ArrayFrameImage
from openlfr.vision import second_opinion
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.dlib_network import DlibWeightsError, network_from
from openlfr.vision.face import BGRImage
from openlfr.vision.inference import OpenVinoRuntime, Precision
from openlfr.vision.models import open_models
from openlfr.vision.packs import PackError
from openlfr.vision.second_opinion import DlibSecondOpinion, open_second_opinion


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def opinion(home: Path) -> DlibSecondOpinion:
    return open_second_opinion(OpenVinoRuntime(Precision.F32), home=home)


@pytest.fixture(scope="module")
def astronaut() -> BGRImage:
    return np.ascontiguousarray(data.astronaut()[:, :, ::-1])


@pytest.fixture(scope="module")
def landmarks(astronaut: BGRImage, home: Path) -> NDArray[np.float32]:
    models = open_models(precision=Precision.F32, home=home)
    (face,) = models.detector(DetectorOptions(min_face_px=60)).detect(ArrayFrameImage(astronaut))
    return face.landmarks


@pytest.fixture(scope="module")
def chip(opinion: DlibSecondOpinion, astronaut: BGRImage, landmarks: NDArray[np.float32]) -> BGRImage:
    return opinion.chip(ArrayFrameImage(astronaut), landmarks)


def by_dlib(chips: NDArray[np.uint8]) -> NDArray[np.float32]:
    """The mean over each chip and its mirror image, by dlib's own code."""
    recogniser = dlib.face_recognition_model_v1(face_recognition_models.face_recognition_model_location())
    both = [[np.ascontiguousarray(view[:, :, ::-1]) for view in (chip, chip[:, ::-1])] for chip in chips]
    return np.array([np.mean(recogniser.compute_face_descriptor(pair), axis=0) for pair in both], np.float32)


def test_descriptors_are_the_ones_dlib_computes(opinion: DlibSecondOpinion, chip: BGRImage) -> None:
    rng = np.random.default_rng(1)
    chips = np.stack([chip, np.flipud(chip), rng.integers(0, 256, chip.shape).astype(np.uint8)])
    np.testing.assert_allclose(opinion.describe(chips), by_dlib(chips), atol=1e-5)


def test_a_face_is_cut_out_as_dlib_cuts_it_out(opinion: DlibSecondOpinion, astronaut: BGRImage, chip: BGRImage) -> None:
    rgb = np.ascontiguousarray(astronaut[:, :, ::-1])
    (rectangle,) = dlib.get_frontal_face_detector()(rgb, 0)
    five = dlib.shape_predictor(face_recognition_models.pose_predictor_five_point_model_location())
    theirs = dlib.get_face_chip(rgb, five(rgb, rectangle), 150, 0.25)[:, :, ::-1]
    ours, dlibs = opinion.describe(np.stack([chip, theirs]))
    # dlib draws the line between two people at 0.6; one picture cut out twice lies far inside it.
    assert np.linalg.norm(ours - dlibs) < 0.35


def test_a_mirrored_face_has_the_same_descriptor(opinion: DlibSecondOpinion, chip: BGRImage) -> None:
    here, mirrored = opinion.describe(np.stack([chip, chip[:, ::-1]]))
    np.testing.assert_allclose(here, mirrored, atol=1e-5)


def test_describing_leaves_the_chips_to_the_caller(opinion: DlibSecondOpinion, chip: BGRImage) -> None:
    chips = chip[None].copy()
    opinion.describe(chips)
    assert (chips[0] == chip).all()
    with pytest.raises(ValueError, match="No chips"):
        opinion.describe(chips[:0])


def test_the_name_tells_which_weights_gave_the_descriptor(opinion: DlibSecondOpinion) -> None:
    name, digest = opinion.name.split("@")
    assert name == "dlib-resnet-v1"
    assert second_opinion.WEIGHTS_SHA256.startswith(digest)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr(second_opinion, "WEIGHTS_PACKAGE", "no_such_package_of_weights")
    with pytest.raises(PackError, match="install it, or leave it out"):
        open_second_opinion(OpenVinoRuntime(Precision.F32), home=home)


def test_other_weights_than_those_measured_are_refused(monkeypatch: pytest.MonkeyPatch, home: Path) -> None:
    monkeypatch.setattr(second_opinion, "WEIGHTS_FILE", "models/shape_predictor_5_face_landmarks.dat")
    with pytest.raises(PackError, match="not the file that was measured"):
        open_second_opinion(OpenVinoRuntime(Precision.F32), home=home)
    monkeypatch.setattr(second_opinion, "WEIGHTS_FILE", "models/none.dat")
    with pytest.raises(PackError, match=r"none\.dat: No such file"):
        open_second_opinion(OpenVinoRuntime(Precision.F32), home=home)


def test_a_file_that_is_not_the_network_is_no_network() -> None:
    weights = Path(face_recognition_models.face_recognition_model_location()).read_bytes()
    for broken in (b"", weights[: len(weights) // 2], weights[100_000:], bytes(len(weights))):
        with pytest.raises(DlibWeightsError, match="a tensor of"):
            network_from(broken)
