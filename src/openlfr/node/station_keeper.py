"""Which cameras of a node are open and which lists it holds, kept to what its plans say at this moment."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

import structlog

from openlfr.capture.camera import CameraState
from openlfr.capture.health import WHAT_TO_DO, HealthIssue
from openlfr.link.connection import LinkLostError
from openlfr.link.messages import CameraReport, CameraSituation, CheckFound, HeldList, OwedReceipt, Tally
from openlfr.link.removal_order import RemovalOrder
from openlfr.link.watchlist_bundle import BundleLog, open_bundle
from openlfr.node.deployment_work import DeploymentWork, Surroundings, own_cameras
from openlfr.node.looking_through import LookingThrough
from openlfr.node.node import StationStatus
from openlfr.node.obedience import Obeyed, is_over
from openlfr.node.state import NodeState
from openlfr.node.watchlist_in_memory import ListUnusableError, WatchlistInMemory, models_for
from openlfr.policy.identifiers import CameraId, DeploymentId
from openlfr.policy.plan import ArmedPlan, Loaded, Order
from openlfr.policy.refusal import Refusal
from openlfr.sealing.errors import SealingError
from openlfr.vision.inference import InferenceError
from openlfr.vision.models import Models
from openlfr.vision.packs import PackError

LOAD_AGAIN_AFTER_S: Final = 5.0
MOST_TALLIES: Final = 500
EASE_EVERY_S: Final = 2.0

log = structlog.get_logger(__name__)

Fetch = Callable[[ArmedPlan], Awaitable[bytes]]


class StationKeeper:
    """Belongs to one event loop; what blocks (cameras, models, long lists) is done beside it."""

    def __init__(
        self,
        state: NodeState,
        obeyed: Callable[[], Obeyed],
        around: Surroundings,
        fetch: Fetch,
        open_models: Callable[[], Models],
        send_preview: Callable[[CameraId, bytes], None],
    ) -> None:
        self._state = state
        self._obeyed = obeyed
        self._around = around
        self._fetch = fetch
        self._open_models = open_models
        self._models: Models | None = None
        self._opening_models = asyncio.Lock()
        self._works: dict[DeploymentId, DeploymentWork] = {}
        self._loading: dict[DeploymentId, asyncio.Task[None]] = {}
        self._load_from_s: dict[DeploymentId, float] = {}
        self._trouble: dict[DeploymentId, str] = {}
        self._tallies: dict[DeploymentId, Tally] = {}
        self._looking = LookingThrough(around, self._all_models, send_preview, self._why_no_check)
        self._not_noted: list[str] = []
        self._eased_s = 0.0
        self._turn = asyncio.Lock()

    @property
    def lists(self) -> tuple[HeldList, ...]:
        return tuple(work.watchlist.held for work in self._works.values())

    @property
    def tallies(self) -> tuple[Tally, ...]:
        """Of every deployment that was at work here since the start; one that was loaded anew goes on counting."""
        now = {work.plan.deployment: self._added_up(work) for work in self._works.values()}
        return tuple({**self._tallies, **now}.values())

    @property
    def troubles(self) -> tuple[str, ...]:
        """Why lists that should be here are not, in sentences."""
        return tuple(self._trouble.values())

    @property
    def findings(self) -> tuple[CheckFound, ...]:
        """What checks of cameras have found by now."""
        return self._looking.findings

    def obey(self, order: RemovalOrder) -> Refusal | None:
        """Take a person off the list in use, if it is in use here."""
        for work in self._works.values():
            if work.watchlist.identity.watchlist == order.watchlist:
                return work.watchlist.obey(order)
        return None

    def account_for(self, owed: Sequence[OwedReceipt]) -> None:
        """Have a receipt sent for whatever the hub waits for and this node does not hold. Raises OSError."""
        # What is being loaded may be among them, and in no log yet: the hub will say it again.
        if all(each.done() for each in self._loading.values()):
            held, now = {each.bundle for each in self.lists}, self._around.clock.utc()
            gone = [each for each in owed if each.bundle not in held]
            self._state.note(lambda seen: seen.accounting_for(gone, now))

    async def keep_to_plans(self) -> None:
        """Open, close, load and destroy, so that everything is as the plans have it now."""
        async with self._turn:
            self._note_destroyed()
            await asyncio.gather(*(self._keep_to_plan_of(deployment) for deployment in self._obeyed().plans))
            analysed = {camera for work in self._works.values() for camera in work.status()}
            await self._looking.keep_to(self._obeyed(), analysed, self._around.clock.utc())
            now_s = self._around.clock.monotonic_s()
            if now_s - self._eased_s >= EASE_EVERY_S:
                self._eased_s = now_s
                for work in self._works.values():
                    work.ease()

    async def close(self) -> None:
        """Close every camera and destroy every list: the program ends."""
        for task in self._loading.values():
            task.cancel()
        await asyncio.gather(*self._loading.values(), return_exceptions=True)
        async with self._turn:
            await asyncio.gather(*(self._end(work) for work in list(self._works.values())), self._looking.close_all())
            self._note_destroyed()

    def reports(self, store_trouble: str) -> tuple[CameraReport, ...]:
        """Every camera of this node, in the words the console shows."""
        obeyed = self._obeyed()
        return tuple(self._report(each.camera, obeyed, store_trouble) for each in obeyed.settings.cameras)

    async def _keep_to_plan_of(self, deployment: DeploymentId) -> None:
        # Read here and not before: a plan and the removals that came with it are taken in together.
        obeyed, now = self._obeyed(), self._around.clock.utc()
        plan = obeyed.plans[deployment]
        work = self._works.get(deployment)
        if is_over(plan, self._around.node, now):
            self._trouble.pop(deployment, None)
            if work is not None:
                await self._end(work)
            return
        if work is None:
            if plan.order is Order.ANALYSE and plan.window.contains(now):
                self._begin_loading(plan, obeyed)
            return
        work.plan = plan
        if work.watchlist.content_hash != plan.watchlist_hash:
            # Removals have been carried out by now: the plan is for another list, or for a newer copy of this one.
            await self._end(work)
            return
        cameras = own_cameras(plan, self._around.node, obeyed.settings.cameras)
        wanted = [each for each in cameras if not isinstance(work.may_analyse(each.settings.camera), Refusal)]
        if not wanted:
            if work.is_open:
                await asyncio.to_thread(work.close)
        elif not work.runs(cameras):
            await self._looking.close({each.settings.camera for each in cameras})
            await asyncio.to_thread(work.close)
            previews = {
                each.settings.camera: self._looking.preview(each.settings.camera, work.models) for each in cameras
            }
            await asyncio.to_thread(work.open, cameras, previews)

    def _begin_loading(self, plan: ArmedPlan, obeyed: Obeyed) -> None:
        deployment = plan.deployment
        now_s = self._around.clock.monotonic_s()
        running = self._loading.get(deployment)
        if running is not None and not running.done():
            return
        if now_s < self._load_from_s.get(deployment, float("-inf")):
            return
        if not own_cameras(plan, self._around.node, obeyed.settings.cameras):
            self._trouble[deployment] = "The settings of this deployment's cameras have not come yet."
            return
        self._load_from_s[deployment] = now_s + LOAD_AGAIN_AFTER_S
        self._loading[deployment] = asyncio.create_task(self._load(plan), name=f"list of {deployment}")

    async def _load(self, plan: ArmedPlan) -> None:
        try:
            self._works[plan.deployment] = await self._loaded(plan)
            self._trouble.pop(plan.deployment, None)
        except (ListUnusableError, LinkLostError, SealingError, PackError, InferenceError) as error:
            self._trouble[plan.deployment] = f"The watchlist could not be loaded: {error}"
        except OSError as error:
            self._trouble[plan.deployment] = (
                f"The watchlist could not be loaded, for this node's disk cannot be written: {error.strerror}."
            )

    async def _loaded(self, plan: ArmedPlan) -> DeploymentWork:
        state, clock = self._state, self._around.clock
        every = await self._all_models()
        models, setup = models_for(every, plan.setup)
        content = await self._fetch(plan)
        keys = state.keys
        opened = await asyncio.to_thread(
            open_bundle, content, self._around.node, keys.exchange, state.hub_key, state.seen.bundles, clock.utc()
        )
        if isinstance(opened, Refusal):
            raise ListUnusableError(opened.sentence)
        if opened.manifest.identity.deployment != plan.deployment:
            raise ListUnusableError("The hub sent the list of another deployment.")
        # Before anything of it is used: the same bundle never opens twice, and a receipt is owed from here on.
        state.note(lambda seen: seen.with_bundles(BundleLog((*seen.bundles.imports, opened.log.imports[-1]))))
        try:
            watchlist = await asyncio.to_thread(WatchlistInMemory, opened, models)
        except BaseException:
            self._not_noted.append(opened.manifest.bundle)
            raise
        log.info("watchlist loaded", deployment=plan.deployment, people=opened.manifest.people)
        return DeploymentWork(plan, watchlist, models, setup, self._around)

    async def _all_models(self) -> Models:
        async with self._opening_models:
            if self._models is None:
                self._models = await asyncio.to_thread(self._open_models)
            return self._models

    async def _end(self, work: DeploymentWork) -> None:
        """Destroy a list and all that was held with it; the receipt for it is owed from here on."""
        del self._works[work.plan.deployment]
        await asyncio.to_thread(work.destroy)
        self._tallies[work.plan.deployment] = self._added_up(work)
        while len(self._tallies) > MOST_TALLIES:
            del self._tallies[next(iter(self._tallies))]
        self._not_noted.append(work.watchlist.bundle)
        self._note_destroyed()
        log.info("watchlist destroyed", deployment=work.plan.deployment)

    def _note_destroyed(self) -> None:
        """Put down what is destroyed; tried again when the disk refuses, for the receipt must not be forgotten."""
        now = self._around.clock.utc()
        while self._not_noted:
            bundle = self._not_noted[0]
            try:
                self._state.note(lambda seen, gone=bundle: seen.destroyed(gone, now))  # type: ignore[misc]
            except OSError:
                return
            self._not_noted.pop(0)

    def _added_up(self, work: DeploymentWork) -> Tally:
        """The count of a deployment over every list it was given since the start."""
        now, before = work.tally(), self._tallies.get(work.plan.deployment)
        if before is None:
            return now
        return Tally(
            deployment=now.deployment,
            method=now.method,
            frames=before.frames + now.frames,
            passages=before.passages + now.passages,
            faces_seen=before.faces_seen + now.faces_seen,
            failures_to_acquire=before.failures_to_acquire + now.failures_to_acquire,
            suppressed=before.suppressed + now.suppressed,
            created=before.created + now.created,
            destroyed=before.destroyed + now.destroyed,
            carried=before.carried + now.carried,
        )

    def _why_no_check(self, camera: CameraId) -> str | None:
        """Why a camera may not be checked now, in a sentence: a check never stands beside a live deployment."""
        now = self._around.clock.utc()
        for plan in self._obeyed().plans.values():
            named = any((each.camera, each.node) == (camera, self._around.node) for each in plan.cameras)
            if named and plan.order is Order.ANALYSE and not is_over(plan, self._around.node, now):
                return "A live deployment has this camera armed: check it before the deployment or after it."
        return None

    def _report(self, camera: CameraId, obeyed: Obeyed, store_trouble: str) -> CameraReport:
        for work in self._works.values():
            status = work.status().get(camera)
            if status is not None and not isinstance(work.may_analyse(camera), Refusal):
                return _armed(camera, status, store_trouble)
        checking = self._looking.report(camera)
        if checking is not None:
            return checking
        reasons = [reason for plan in obeyed.plans.values() if (reason := self._why_waiting(plan, camera)) is not None]
        if reasons:
            return CameraReport(camera, CameraSituation.WAITING, reasons[-1])
        return CameraReport(camera, CameraSituation.IDLE, "No deployment names this camera.")

    def _why_waiting(self, plan: ArmedPlan, camera: CameraId) -> str | None:
        """Why a plan that names the camera does not have it analysed now; None where the plan has nothing to say."""
        named = any((each.camera, each.node) == (camera, self._around.node) for each in plan.cameras)
        if not named or plan.order is Order.STOP:
            return None
        work = self._works.get(plan.deployment)
        loaded = Loaded(plan.watchlist_hash, plan.threshold, plan.setup) if work is None else work.loaded
        answer = self._around.verdict(plan.deployment, camera, loaded)
        if isinstance(answer, Refusal):
            return answer.sentence
        if work is None:
            return self._trouble.get(plan.deployment, "The watchlist is being loaded.")
        return "The camera is being opened."


def _armed(camera: CameraId, status: StationStatus, store_trouble: str) -> CameraReport:
    match status.state:
        case CameraState.LIVE:
            faults = [
                *([store_trouble] if store_trouble else []),
                *(WHAT_TO_DO[HealthIssue(each)] for each in status.issues),
            ]
            situation = CameraSituation.DEGRADED if faults else CameraSituation.ARMED
            reason = " ".join(faults)
        case CameraState.CONNECTING:
            situation, reason = CameraSituation.WAITING, "The camera is being connected to."
        case _:
            situation, reason = CameraSituation.LOST, status.reason
    return CameraReport(
        camera,
        situation,
        reason,
        round(status.decoded_per_s, 1),
        round(status.analysed_per_s, 1),
        status.dropped,
        status.issues,
    )
