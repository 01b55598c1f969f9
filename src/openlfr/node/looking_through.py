"""Cameras that are open without a deployment: because somebody looks through them, or has one checked.

Nobody is recognised through either: a look sends blurred pictures, and a check measures faces without a template.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from openlfr.capture.camera import Camera, CameraState
from openlfr.capture.health import HealthIssue
from openlfr.capture.source import Source
from openlfr.link.messages import (
    LONGEST_FOUND_TEXT,
    CameraReport,
    CameraSettings,
    CameraSituation,
    CheckFound,
    CheckWanted,
)
from openlfr.node.commissioning import CameraCheck, check_detector
from openlfr.node.deployment_work import Surroundings
from openlfr.node.node import Node, Station
from openlfr.node.obedience import Obeyed
from openlfr.node.preview import Preview, PreviewOnly
from openlfr.policy.camera_check import CheckFigures
from openlfr.policy.identifiers import CameraId
from openlfr.vision.models import Models

MOST_CHECKS: Final = 2
"""At the same time: what they cost, live cameras of the same machine go without."""


@dataclass(slots=True)
class _Opened:
    settings: CameraSettings
    camera: Camera
    node: Node
    check: CameraCheck | None
    issues: set[HealthIssue] = field(default_factory=set)

    @property
    def check_id(self) -> str | None:
        return None if self.check is None else self.check.wanted.check


class LookingThrough:
    """Belongs to one event loop; cameras are opened and closed beside it."""

    def __init__(
        self,
        around: Surroundings,
        models: Callable[[], Awaitable[Models]],
        send_preview: Callable[[CameraId, bytes], None],
        why_no_check: Callable[[CameraId], str | None],
    ) -> None:
        """`why_no_check` says why a camera may not be checked, and is asked before every frame; from any thread."""
        self._around = around
        self._models = models
        self._send_preview = send_preview
        self._why_no_check = why_no_check
        self._previews: dict[CameraId, Preview] = {}
        self._opened: dict[CameraId, _Opened] = {}
        self._last_words: dict[str, CheckFound] = {}

    @property
    def findings(self) -> tuple[CheckFound, ...]:
        """What every check that the hub wants has found by now."""
        running = (
            CheckFound(self._around.node, each.check.wanted.check, _figures(each, each.check))
            for each in self._opened.values()
            if each.check is not None and each.check_id not in self._last_words
        )
        return (*running, *self._last_words.values())

    def preview(self, camera: CameraId, models: Models) -> Preview:
        """The preview of a camera, the same one whoever analyses its frames."""
        if camera not in self._previews:
            self._previews[camera] = Preview(
                models.detector_session,
                self._around.clock.monotonic_s,
                lambda picture: self._send_preview(camera, picture),
            )
        return self._previews[camera]

    def report(self, camera: CameraId) -> CameraReport | None:
        """What the console shows of a camera that is being checked, or that shows nothing though somebody looks through
        it; None of any other."""
        opened = self._opened.get(camera)
        if opened is None:
            return None
        (status,) = opened.node.status()
        lost = status.state in (CameraState.RECONNECTING, CameraState.FAILED)
        if opened.check is None and not lost:
            return None
        return CameraReport(
            camera,
            CameraSituation.LOST if lost else CameraSituation.CHECKING,
            status.reason if lost else "It is being checked: faces are measured, and nobody is recognised.",
            round(status.decoded_per_s, 1),
            round(status.analysed_per_s, 1),
            status.dropped,
            status.issues,
        )

    async def keep_to(self, obeyed: Obeyed, analysed: Set[CameraId], now: datetime) -> None:
        """Have those cameras open that somebody looks through or has checked, and no others. A camera that a deployment
        has open is looked through there."""
        looked = {each.camera for each in obeyed.previews if now < each.until}
        for camera, preview in self._previews.items():
            preview.wanted = camera in looked
        known = {each.camera: each for each in obeyed.settings.cameras}
        checks = self._still_to_check(obeyed, now)
        wanted = ((looked | checks.keys()) & known.keys()) - analysed
        await self.close(
            {
                camera
                for camera, each in self._opened.items()
                if camera not in wanted
                or known[camera] != each.settings
                or each.check_id != (checks[camera].check if camera in checks else None)
            }
        )
        for camera in wanted - self._opened.keys():
            models = await self._models()
            preview = self.preview(camera, models)
            preview.wanted = camera in looked
            self._open(known[camera], preview, checks.get(camera), models)

    async def close(self, cameras: Set[CameraId]) -> None:
        """Close these, as far as they are open here."""
        closing = [self._opened.pop(camera) for camera in cameras & self._opened.keys()]
        await asyncio.gather(*(asyncio.to_thread(each.node.stop) for each in closing))
        if any(each.check is not None for each in closing):
            await asyncio.to_thread((await self._models()).scrub)

    async def close_all(self) -> None:
        """The program ends."""
        await self.close(set(self._opened))

    def _still_to_check(self, obeyed: Obeyed, now: datetime) -> Mapping[CameraId, CheckWanted]:
        """The checks that go on or begin now. Of every other one that is wanted there is a last word after this."""
        asked = {each.check for each in obeyed.checks}
        self._last_words = {check: said for check, said in self._last_words.items() if check in asked}
        going_on: dict[CameraId, CheckWanted] = {}
        for wanted in obeyed.checks:
            if wanted.check in self._last_words:
                continue
            last = self._last_word(wanted, now)
            if last is None and (wanted.camera in going_on or len(going_on) == MOST_CHECKS):
                last = self._problem(wanted, f"This node checks {MOST_CHECKS} cameras at a time: wait for one to end.")
            if last is None:
                going_on[wanted.camera] = wanted
            else:
                self._last_words[wanted.check] = last
        return going_on

    def _last_word(self, wanted: CheckWanted, now: datetime) -> CheckFound | None:
        """What is said of a check that has come to its end, or may not be; None of one that may go on."""
        why_not = self._why_no_check(wanted.camera)
        if why_not is not None:
            return self._problem(wanted, why_not)
        opened = self._opened.get(wanted.camera)
        if opened is None or opened.check is None or opened.check_id != wanted.check:
            late = "The camera was not opened in time, or the clocks of this node and its hub differ."
            return self._problem(wanted, late) if now >= wanted.until else None
        if opened.check.has_begun:
            opened.issues.update(opened.camera.health().issues)
        (status,) = opened.node.status()
        if status.state is CameraState.FAILED:
            return self._problem(wanted, status.reason)
        if not opened.check.is_over:
            return None
        figures = _figures(opened, opened.check)
        if figures is None:
            return self._problem(wanted, f"No picture came from the camera. {status.reason}".strip())
        return CheckFound(self._around.node, wanted.check, figures, done=True)

    def _problem(self, wanted: CheckWanted, sentence: str) -> CheckFound:
        return CheckFound(self._around.node, wanted.check, problem=sentence[:LONGEST_FOUND_TEXT], done=True)

    def _open(self, settings: CameraSettings, preview: Preview, wanted: CheckWanted | None, models: Models) -> None:
        def arrived() -> None:
            node.frame_arrived()

        source: str | Source = self._around.open_source(settings.address)
        camera = Camera(settings.camera, source, on_frame=arrived, clock=self._around.clock)
        check = None
        if wanted is not None:
            check = CameraCheck(
                wanted,
                settings,
                allowed=lambda: self._why_no_check(settings.camera) is None,
                detector=check_detector(models, settings),
                preview=preview,
                clock=self._around.clock,
            )
        node = Node([Station(camera, check or PreviewOnly(preview))], on_alert=lambda alert: alert.wipe(), workers=1)
        self._opened[settings.camera] = _Opened(settings, camera, node, check)
        node.start()


def _figures(opened: _Opened, check: CameraCheck) -> CheckFigures | None:
    return check.figures(opened.camera.counts(), opened.issues) if check.has_begun else None
