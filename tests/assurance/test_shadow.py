"""Shadow mode: the candidate sees the same passages, changes nothing, keeps nothing, and is only counted."""

import gc

import numpy as np
import pytest
from numpy.typing import NDArray
from tests.support.faces import models
from tests.support.street import COLLINS, HOPPER, recognition, street, street_frame

from openlfr.assurance.shadow import ShadowRecognition
from openlfr.assurance.video_report import Agreement
from openlfr.node.alert import Alert
from openlfr.node.analyst import Analyst
from openlfr.node.ledger import PrivacyLedger
from openlfr.node.passage import Passage
from openlfr.node.recognition import Recognition
from openlfr.vision.detector import DetectorOptions


def walked(authorised: Recognition, shadow: ShadowRecognition | None, seconds: float = 7) -> list[Alert]:
    """Hopper and Collins walk past; the authorised side's alerts. Its ledger balances."""
    ledger = PrivacyLedger()
    analyst = Analyst(
        "camera",
        detector=models().detector(DetectorOptions(min_face_px=32)),
        recognition=authorised,
        ledger=ledger,
        shadow=shadow,
        new_id=iter(map(str, range(1000))).__next__,
        monotonic_s=lambda: 0.0,
    )
    scene = street()
    alerts = []
    for index in range(0, int(seconds * scene.frames_per_s), 4):
        alerts += analyst.analyse(street_frame(scene, index))
    analyst.end()
    assert ledger.counts().balanced
    return alerts


def balanced(agreement: Agreement) -> bool:
    return agreement.templates_created == agreement.templates_destroyed > 0


def test_a_candidate_that_is_the_authorised_pack_agrees_with_it_everywhere() -> None:
    shadow = ShadowRecognition(recognition(HOPPER))
    walked(recognition(HOPPER), shadow)
    found = shadow.agreement()
    assert found.same_person >= 1
    assert (found.another_person, found.only_authorised, found.only_candidate) == (0, 0, 0)
    assert found.passages == found.same_person + found.neither
    assert balanced(found)


def test_each_kind_of_disagreement_is_counted_as_such() -> None:
    alone = ShadowRecognition(recognition(HOPPER))
    walked(recognition(threshold=0.45), alone)
    assert alone.agreement().only_candidate >= 1
    assert alone.agreement().only_authorised == 0
    deaf = ShadowRecognition(recognition(HOPPER, threshold=0.999))
    walked(recognition(HOPPER), deaf)
    assert deaf.agreement().only_authorised >= 1
    assert deaf.agreement().only_candidate == 0
    assert balanced(deaf.agreement())


def test_the_same_passage_named_after_two_people_is_a_disagreement(monkeypatch: pytest.MonkeyPatch) -> None:
    shadow = ShadowRecognition(recognition(HOPPER))
    answered = ShadowRecognition.answered
    monkeypatch.setattr(ShadowRecognition, "answered", lambda self, passage, _: answered(self, passage, COLLINS))
    walked(recognition(HOPPER), shadow)
    found = shadow.agreement()
    assert found.another_person >= 1
    assert found.same_person == 0


def test_a_candidate_changes_nothing_about_the_alerts() -> None:
    def said(alerts: list[Alert]) -> list[tuple[object, ...]]:
        return [
            (a.person_id, a.score, a.first_score, a.shots, a.captured_at, a.model_pack, a.probes[0].picture.tobytes())
            for a in alerts
        ]

    without = said(walked(recognition(HOPPER), None))
    beside = said(walked(recognition(HOPPER), ShadowRecognition(recognition(HOPPER, COLLINS, threshold=0.2))))
    assert len(without) >= 1
    assert beside == without


def test_a_candidate_that_fails_ends_the_comparison_and_nothing_else(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Failing(Recognition):
        def extract(self, chips: NDArray[np.uint8]) -> NDArray[np.float32]:
            raise ValueError("secret numbers of a face")

    sound = recognition(HOPPER)
    failing = recognition(HOPPER)
    failing.__class__ = Failing
    shadow = ShadowRecognition(failing)
    alerts = walked(sound, shadow)
    assert [alert.person_id for alert in alerts] == [HOPPER]
    assert shadow.broke_off == "The candidate failed unexpectedly (ValueError), so no more was counted."
    assert shadow.agreement() == Agreement()
    printed = capsys.readouterr()
    assert "secret" not in printed.out + printed.err


def test_nothing_of_a_passage_is_held_once_it_is_over() -> None:
    shadow = ShadowRecognition(recognition())
    gc.collect()
    before = sum(isinstance(each, Passage) for each in gc.get_objects())
    walked(recognition(), shadow)
    gc.collect()
    assert sum(isinstance(each, Passage) for each in gc.get_objects()) == before
    assert shadow.agreement().neither >= 2
    assert balanced(shadow.agreement())
