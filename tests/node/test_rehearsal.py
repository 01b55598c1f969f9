import threading

import pytest
from tests.support.cameras import ScriptedSource, wait_until
from tests.support.faces import models
from tests.support.street import HOPPER, recognition, street

from openlfr.capture.camera import CameraState, Pace
from openlfr.capture.synthetic import SyntheticStreetSource
from openlfr.node.alert import Alert
from openlfr.node.analyst import Analyst
from openlfr.node.node import Node
from openlfr.node.rehearsal import NamedSource, Rehearsal
from openlfr.vision.detector import DetectorOptions


def _rehearsal(*sources: NamedSource, pace: Pace = Pace.FAST, listed: tuple[str, ...] = (HOPPER,)) -> Rehearsal:
    alerts: list[Alert] = []
    detector = models().detector(DetectorOptions(min_face_px=48))
    return Rehearsal(sources, recognition(*listed), detector, on_alert=alerts.append, pace=pace)


def _street(frames: int) -> SyntheticStreetSource:
    return SyntheticStreetSource(street(), frames=frames)


def _until_over(rehearsal: Rehearsal) -> None:
    rehearsal.start()
    rehearsal.wait(threading.Event(), seconds=120, tick=lambda: None, every_s=0.02)


def test_a_recording_read_fast_loses_no_frame_and_balances() -> None:
    rehearsal = _rehearsal(NamedSource("one", _street(120)))
    _until_over(rehearsal)
    summary = rehearsal.stop()
    assert (summary.frames_decoded, summary.frames_analysed, summary.frames_dropped) == (120, 120, 0)
    assert summary.ledger.balanced
    assert summary.faces_seen >= 1
    assert [station.state for station in summary.stations] == [CameraState.ENDED]


def test_a_recording_read_fast_is_never_thinned_as_a_camera_that_falls_behind_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    eased: list[Node] = []
    monkeypatch.setattr("openlfr.node.rehearsal.EASE_EVERY_S", 0.0)
    monkeypatch.setattr(Node, "ease", lambda node: eased.append(node))
    for pace in (Pace.FAST, Pace.OWN_SPEED):
        assert not eased
        rehearsal = _rehearsal(NamedSource("one", _street(25)), pace=pace)
        _until_over(rehearsal)
        rehearsal.stop()
    assert eased


def test_one_camera_that_cannot_be_used_does_not_stop_the_other() -> None:
    rehearsal = _rehearsal(NamedSource("gone", "/nowhere/clip.mp4"), NamedSource("fine", _street(25)))
    _until_over(rehearsal)
    summary = rehearsal.stop()
    assert [station.name for station in summary.unusable] == ["gone"]
    assert "/nowhere/clip.mp4" in summary.unusable[0].reason
    assert summary.frames_analysed == 25


def test_a_fault_in_the_analysis_of_one_camera_ends_that_camera_alone(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    original = Analyst.analyse

    def failing(self: Analyst, frame: object) -> list[Alert]:
        if self._camera == "bad" and self.counts.frames >= 3:
            raise RuntimeError("secret numbers of a face")
        return original(self, frame)  # type: ignore[arg-type]

    monkeypatch.setattr(Analyst, "analyse", failing)
    rehearsal = _rehearsal(NamedSource("bad", _street(50)), NamedSource("good", _street(25)))
    _until_over(rehearsal)
    summary = rehearsal.stop()
    bad, good = summary.stations
    assert bad.state is CameraState.FAILED
    assert "RuntimeError" in bad.reason
    assert "secret" not in bad.reason + capsys.readouterr().out
    assert (good.state, good.analysed) == (CameraState.ENDED, 25)
    assert summary.lost == (bad,)
    assert summary.ledger.balanced


def test_stopping_in_the_middle_ends_every_passage() -> None:
    rehearsal = _rehearsal(NamedSource("endless", SyntheticStreetSource(street())), pace=Pace.OWN_SPEED)
    rehearsal.start()
    wait_until(lambda: rehearsal.ledger.counts().created > 0, at_most_s=60)
    summary = rehearsal.stop()
    assert summary.ledger.balanced
    assert summary.ledger.created > 0


def test_a_rehearsal_ends_by_itself_when_its_time_is_up() -> None:
    rehearsal = _rehearsal(NamedSource("endless", SyntheticStreetSource(street())), pace=Pace.OWN_SPEED)
    rehearsal.start()
    rehearsal.wait(threading.Event(), seconds=0.5, tick=lambda: None, every_s=0.05)
    assert rehearsal.stop().stations[0].state is CameraState.ENDED


def test_alerts_of_several_cameras_are_handed_over_one_at_a_time() -> None:
    inside = 0
    most = 0

    def on_alert(_: Alert) -> None:
        nonlocal inside, most
        inside += 1
        most = max(most, inside)
        threading.Event().wait(0.05)
        inside -= 1

    detector = models().detector(DetectorOptions(min_face_px=48))
    decides = recognition(HOPPER)
    decides._cool_down._period_s = 0.0
    sources = [NamedSource(f"camera {i}", _street(170)) for i in range(2)]
    rehearsal = Rehearsal(sources, decides, detector, on_alert=on_alert, pace=Pace.FAST)
    _until_over(rehearsal)
    assert rehearsal.stop().alerts == 2
    assert most == 1


def test_a_camera_that_gives_nothing_is_no_error() -> None:
    rehearsal = _rehearsal(NamedSource("silent", ScriptedSource([])), pace=Pace.OWN_SPEED)
    rehearsal.start()
    summary = rehearsal.stop()
    assert summary.faces_seen == 0
    assert summary.latency_ms.p50 is None
