"""One deployment at work on a node: its list, its cameras, its ledger, and the question before every frame."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from openlfr.capture.camera import Camera
from openlfr.capture.clock import Clock
from openlfr.capture.frame import Frame
from openlfr.capture.source import Source
from openlfr.link.messages import CameraSettings, Tally
from openlfr.link.sealed_alert import later_message, seal_alert, seal_later_shots
from openlfr.node.alert import Alert, SeenAfter
from openlfr.node.analyst import FACES_SEEN_METHOD, Analyst, AnalystCounts
from openlfr.node.ledger import PrivacyLedger
from openlfr.node.node import Node, Station, StationStatus
from openlfr.node.preview import Preview
from openlfr.node.probe_files import about_probe, jpeg, small_jpeg
from openlfr.node.recognition import Recognition
from openlfr.node.watchlist_in_memory import WatchlistInMemory
from openlfr.policy.authority import CameraTerms
from openlfr.policy.certificates import MatchingSetup
from openlfr.policy.identifiers import AlertId, CameraId, DeploymentId, EntryId, NewId, NodeId, PictureId
from openlfr.policy.plan import ArmedPlan, Loaded
from openlfr.policy.raised_alert import MOST_PICTURES, AlertPictures, LaterShots, RaisedAlert
from openlfr.policy.refusal import Allowed, Refusal
from openlfr.sealing.exchange import ExchangePublicKey
from openlfr.sealing.signature import SigningKey
from openlfr.vision.detector import DetectorOptions
from openlfr.vision.models import Models
from openlfr.vision.zone import Zone

log = structlog.get_logger(__name__)

Verdict = Callable[[DeploymentId, CameraId, Loaded], Allowed | Refusal]


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What every deployment of a node shares. `open_source` turns a camera's address into a source; `verdict` is the
    rule, asked before each frame; `deliver` takes a sealed message from any thread, under an identifier that makes
    it the same when it comes again."""

    node: NodeId
    signer: SigningKey
    hub_exchange_key: ExchangePublicKey
    clock: Clock
    new_id: NewId
    open_source: Callable[[str], str | Source]
    verdict: Verdict
    deliver: Callable[[str, bytes], None]


@dataclass(frozen=True, slots=True)
class _Under:
    """What a camera's newest frame was analysed under."""

    plan: ArmedPlan
    loaded: Loaded


@dataclass(frozen=True, slots=True)
class OpenCamera:
    """A camera as the hub knows it, and its terms in the plan."""

    settings: CameraSettings
    terms: CameraTerms


@dataclass(slots=True)
class DeploymentWork:
    """From the loaded list to its destruction. `open` and `close` are called by one thread at a time."""

    plan: ArmedPlan
    watchlist: WatchlistInMemory
    models: Models
    setup: MatchingSetup
    around: Surroundings
    ledger: PrivacyLedger = field(default_factory=PrivacyLedger)
    _node: Node | None = None
    _cameras: tuple[OpenCamera, ...] = ()
    _threshold: float = 0.0
    _under: dict[CameraId, _Under] = field(default_factory=dict)
    _before: AnalystCounts = field(default_factory=AnalystCounts)

    @property
    def loaded(self) -> Loaded:
        """What this deployment would analyse with now."""
        return Loaded(self.watchlist.content_hash, self._threshold if self._node else self.plan.threshold, self.setup)

    @property
    def is_open(self) -> bool:
        return self._node is not None

    def may_analyse(self, camera: CameraId) -> Allowed | Refusal:
        return self.around.verdict(self.plan.deployment, camera, self.loaded)

    def runs(self, cameras: Sequence[OpenCamera]) -> bool:
        """Whether exactly these cameras are open, at the plan's threshold."""
        return self.is_open and self._cameras == tuple(cameras) and self._threshold == self.plan.threshold

    def open(self, cameras: Sequence[OpenCamera], previews: Mapping[CameraId, Preview]) -> None:
        """Open these cameras and analyse what the rule allows of them."""
        self._cameras, self._threshold = tuple(cameras), self.plan.threshold
        recognition = Recognition(self.models, self.watchlist.gallery, self._threshold)
        self._node = node = Node(
            [self._station(each, recognition, previews[each.settings.camera]) for each in cameras],
            on_alert=self._alerted,
        )
        node.start()

    def close(self) -> None:
        """Close every camera, and end every passage: nothing of anybody who walked past is held when this returns."""
        if self._node is not None:
            self._end_stations(self._node)
            self.models.scrub()

    def destroy(self) -> None:
        """Close, and overwrite the list, which comes before what the models still hold of either."""
        if self._node is not None:
            self._end_stations(self._node)
        self.watchlist.destroy()
        self.models.scrub()

    def status(self) -> Mapping[CameraId, StationStatus]:
        return {} if self._node is None else {CameraId(each.name): each for each in self._node.status()}

    def ease(self) -> None:
        """To be called every second or two (see `Node.ease`)."""
        if self._node is not None:
            self._node.ease()

    def tally(self) -> Tally:
        """What was counted, over all openings of the cameras."""
        counts = _sum(self._before, self._node.status() if self._node is not None else ())
        ledger = self.ledger.counts()
        return Tally(
            deployment=self.plan.deployment,
            method=FACES_SEEN_METHOD,
            frames=counts.frames,
            passages=counts.passages,
            faces_seen=counts.faces_seen,
            failures_to_acquire=counts.failures_to_acquire,
            suppressed=counts.suppressed,
            created=ledger.created,
            destroyed=ledger.destroyed,
            carried=ledger.in_alerts,
        )

    def _end_stations(self, node: Node) -> None:
        node.stop()
        self._before = _sum(self._before, node.status())
        self._node, self._cameras = None, ()

    def _station(self, camera: OpenCamera, recognition: Recognition, preview: Preview) -> Station:
        settings = camera.settings
        analyst = Analyst(
            settings.camera,
            detector=self.models.detector(DetectorOptions(min_face_px=settings.smallest_face_px)),
            recognition=recognition,
            ledger=self.ledger,
            zone=Zone(tuple((point.x, point.y) for point in camera.terms.zone)) if camera.terms.zone else None,
            on_seen_after=self._seen_after,
            new_id=self.around.new_id,
            monotonic_s=self.around.clock.monotonic_s,
        )
        source = self.around.open_source(settings.address)
        opened = Camera(settings.camera, source, on_frame=self._frame_arrived, clock=self.around.clock)
        return Station(opened, _Asking(self, settings.camera, analyst, preview))

    def _frame_arrived(self) -> None:
        if self._node is not None:
            self._node.frame_arrived()

    def _alerted(self, alert: Alert) -> None:
        """Sign, seal and hand over, in the thread that found it; nothing is kept here."""
        try:
            camera = CameraId(alert.camera)
            under = self._under[camera]
            entry, picture = EntryId(alert.person_id), PictureId(alert.candidate_picture)
            person = self.watchlist.person(entry, picture)
            candidates = self.watchlist.candidates(entry, picture, MOST_PICTURES)
            if person is None or not candidates:
                return  # taken off the list between the match and here
            raised = RaisedAlert(
                alert=AlertId(alert.alert_id),
                deployment=under.plan.deployment,
                plan=under.plan.plan,
                node=self.around.node,
                camera=camera,
                captured_at=alert.captured_at,
                score=alert.score,
                second_score=alert.second_score,
                threshold=under.loaded.threshold,
                setup=under.loaded.setup,
                watchlist_hash=under.plan.watchlist_hash,
                shots=alert.shots,
                quality=alert.quality,
                direction=alert.direction,
                probes=tuple(about_probe(each) for each in alert.probes),
                candidates=tuple(each.about for each in candidates),
                person=person,
            )
            best, *others = alert.probes
            pictures = AlertPictures(
                probes=(jpeg(best.picture), *(small_jpeg(each.picture) for each in others)),
                candidates=tuple(each.portrait for each in candidates),
            )
            sealed = seal_alert(raised, pictures, self.around.signer, self.around.hub_exchange_key)
            self.around.deliver(raised.alert, sealed)
        finally:
            alert.wipe()

    def _seen_after(self, seen: SeenAfter) -> None:
        """As `_alerted`, for what was seen after an alert; nothing of somebody who was taken off the list meanwhile."""
        try:
            if not self.watchlist.holds(EntryId(seen.person_id)):
                return
            later = LaterShots(
                alert=AlertId(seen.alert_id),
                deployment=self.plan.deployment,
                node=self.around.node,
                direction=seen.direction,
                probes=tuple(about_probe(each) for each in seen.probes),
            )
            files = [small_jpeg(each.picture) for each in seen.probes]
            sealed = seal_later_shots(later, files, self.around.signer, self.around.hub_exchange_key)
            self.around.deliver(later_message(later.alert), sealed)
        finally:
            seen.wipe()

    def note_under(self, camera: CameraId) -> Allowed | Refusal:
        """The rule's answer for a frame that is about to be analysed; what it was told stands on the frame's alerts."""
        under = _Under(self.plan, self.loaded)
        answer = self.around.verdict(under.plan.deployment, camera, under.loaded)
        if isinstance(answer, Allowed):
            self._under[camera] = under
        return answer


class _Asking:
    """An analyst that asks before each frame, and forgets what it held as soon as the answer is no."""

    def __init__(self, work: DeploymentWork, camera: CameraId, analyst: Analyst, preview: Preview) -> None:
        self._work = work
        self._camera = camera
        self._analyst = analyst
        self._preview = preview

    @property
    def counts(self) -> AnalystCounts:
        return self._analyst.counts

    def analyse(self, frame: Frame) -> list[Alert]:
        self._preview.offer(frame)
        if isinstance(self._work.note_under(self._camera), Refusal):
            self._analyst.end()
            return []
        return self._analyst.analyse(frame)

    def end(self) -> None:
        self._analyst.end()


def own_cameras(plan: ArmedPlan, node: NodeId, settings: Sequence[CameraSettings]) -> tuple[OpenCamera, ...]:
    """The cameras of this node in a plan, as far as the node knows where they are."""
    known = {each.camera: each for each in settings}
    return tuple(
        OpenCamera(known[terms.camera], terms) for terms in plan.cameras if terms.node == node and terms.camera in known
    )


def _sum(before: AnalystCounts, stations: Sequence[StationStatus]) -> AnalystCounts:
    every = [before, *(each.counts for each in stations)]
    return AnalystCounts(
        frames=sum(each.frames for each in every),
        passages=sum(each.passages for each in every),
        faces_seen=sum(each.faces_seen for each in every),
        failures_to_acquire=sum(each.failures_to_acquire for each in every),
        suppressed=sum(each.suppressed for each in every),
    )
