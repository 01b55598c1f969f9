"""The models of imports: opened by the first that needs them, kept for the next, and rid of faces after each."""

import threading
from pathlib import Path

import cv2
import pytest
from tests.support.faces import astronaut
from tests.support.watchlists import QUICK

from openlfr.enrolment.listing import ReferencePicture
from openlfr.hub.enrolment_models import EnrolmentModels, OpenedMaker, pack_opener
from openlfr.vision.inference import InferenceError


def test_the_models_are_opened_once_and_scrubbed_after_every_use() -> None:
    opened, scrubbed = [], []

    def open_them() -> OpenedMaker:
        opened.append(threading.get_ident())
        return OpenedMaker(QUICK, lambda: scrubbed.append(1))

    models = EnrolmentModels(open_them)
    assert opened == []

    def use() -> None:
        with models.in_use() as maker:
            assert maker is QUICK

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(opened), len(scrubbed)) == (1, 4)
    with pytest.raises(KeyError), models.in_use():
        raise KeyError
    assert len(scrubbed) == 5


def test_models_that_could_not_be_opened_are_tried_again() -> None:
    answers: list[InferenceError | OpenedMaker] = [InferenceError("No runtime."), OpenedMaker(QUICK, lambda: None)]

    def open_them() -> OpenedMaker:
        answer = answers.pop(0)
        if isinstance(answer, InferenceError):
            raise answer
        return answer

    models = EnrolmentModels(open_them)
    with pytest.raises(InferenceError), models.in_use():
        pass
    with models.in_use() as maker:
        assert maker is QUICK


@pytest.mark.slow
def test_the_packaged_models_make_templates_of_poor_pictures_too(tmp_path: Path) -> None:
    path = tmp_path / "1.png"
    cv2.imwrite(str(path), astronaut())
    with EnrolmentModels(pack_opener()).in_use() as maker:
        (enrolled,) = maker.enroller.enrol([ReferencePicture("N/1", path, "1.png")]).enrolled
    assert enrolled.template.shape == (128,)
    assert "sface" in maker.model_pack
