"""One camera: a thread that keeps its source open, and the newest frame for whoever looks."""

import random
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

import structlog

from openlfr.capture.backoff import REFUSED_DELAY_S, STABLE_S, reconnect_delay_s
from openlfr.capture.clock import Clock, SystemClock
from openlfr.capture.frame import Frame
from openlfr.capture.health import CameraHealth, HealthIssue, HealthMonitor, glance_at
from openlfr.capture.mailbox import Mailbox
from openlfr.capture.pacing import Pacer
from openlfr.capture.source import (
    Connection,
    Dropped,
    DropReason,
    LostSourceError,
    Picture,
    RefusedSourceError,
    Source,
    Timing,
    UnusableSourceError,
)
from openlfr.capture.sources import open_source

_log = structlog.get_logger(__name__)


class Pace(StrEnum):
    """How fast a recording is read."""

    OWN_SPEED = "own_speed"  # as it was filmed; what isn't taken in time is dropped
    FAST = "fast"  # as fast as frames are taken; none is dropped


class CameraState(StrEnum):
    """Where a camera stands."""

    CONNECTING = "connecting"
    LIVE = "live"
    RECONNECTING = "reconnecting"
    ENDED = "ended"  # the recording is over, or the camera was stopped
    FAILED = "failed"  # it can't work until somebody changes something


TRANSITIONS: Mapping[CameraState, frozenset[CameraState]] = MappingProxyType(
    {
        CameraState.CONNECTING: frozenset(
            {CameraState.LIVE, CameraState.RECONNECTING, CameraState.ENDED, CameraState.FAILED}
        ),
        CameraState.LIVE: frozenset({CameraState.RECONNECTING, CameraState.ENDED, CameraState.FAILED}),
        CameraState.RECONNECTING: frozenset({CameraState.LIVE, CameraState.RECONNECTING, CameraState.ENDED}),
        CameraState.ENDED: frozenset(),
        CameraState.FAILED: frozenset(),
    }
)
FINAL_STATES = frozenset(state for state, onward in TRANSITIONS.items() if not onward)


@dataclass(frozen=True, slots=True)
class CameraCounts:
    """Totals since the start. Every frame decoded was taken, was dropped as OVERWRITTEN or STOPPED, or still waits to
    be taken; the other reasons count pictures that never became frames. `reconnects` counts connections after the
    first."""

    decoded: int
    taken: int
    dropped: Mapping[DropReason, int]
    reconnects: int

    @property
    def dropped_in_all(self) -> int:
        return sum(self.dropped.values())


class Camera:
    """A named source, read by a thread of its own between `start` and `stop`.

    `source` is what a user typed (see `open_source`) or a source already made. `on_frame` is called from the camera's
    thread whenever `take` has something new to give and when the camera reaches a final state; it must return at once.
    `chance` gives numbers drawn evenly from [0, 1), for the jitter of reconnecting. All methods are thread-safe.
    """

    def __init__(
        self,
        name: str,
        source: str | Source,
        *,
        on_frame: Callable[[], None],
        clock: Clock | None = None,
        pace: Pace = Pace.OWN_SPEED,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.name = name
        self._source = _parsed(source)
        self._on_frame = on_frame
        self._clock = clock or SystemClock()
        self._pace = pace
        self._chance = chance
        self._mailbox: Mailbox[Frame] = Mailbox()
        self._stopping = threading.Event()
        self._thinning = False
        self._thread = threading.Thread(target=self._run, name=f"camera-{name}", daemon=True)
        # Guards everything below.
        self._lock = threading.Lock()
        self._state = CameraState.CONNECTING
        self._reason = ""
        self._decoded = 0
        self._taken = 0
        self._dropped: Counter[DropReason] = Counter()
        self._connections = 0
        self._size: tuple[int, int] | None = None
        live = not isinstance(self._source, UnusableSourceError) and self._source.timing is Timing.LIVE
        self._monitor = HealthMonitor(judges_time=live)

    def start(self) -> None:
        """Begin to connect. From: not yet started."""
        self._thread.start()

    def take(self) -> Frame | None:
        """The newest frame that nobody has taken yet, if there is one."""
        frame = self._mailbox.take()
        if frame is not None:
            with self._lock:
                self._taken += 1
        return frame

    def thin(self, on: bool) -> None:
        """Ask for less decoding while this machine is overloaded: pictures that no other depends on are left out, and
        counted as THINNED. Cameras that send no such pictures are decoded in full all the same."""
        self._thinning = on

    @property
    def has_frame(self) -> bool:
        """Whether `take` would give a frame now."""
        return not self._mailbox.is_empty

    @property
    def state(self) -> CameraState:
        with self._lock:
            return self._state

    @property
    def state_reason(self) -> str:
        """One sentence on why the camera is in its state, if there is anything to say; never a credential."""
        with self._lock:
            return self._reason

    @property
    def finished(self) -> bool:
        """Whether no frame will ever come again and the last one has been taken."""
        return self.state in FINAL_STATES and self._mailbox.is_empty

    def counts(self) -> CameraCounts:
        """Totals up to now."""
        with self._lock:
            return CameraCounts(
                decoded=self._decoded,
                taken=self._taken,
                dropped=MappingProxyType(dict(self._dropped)),
                reconnects=max(0, self._connections - 1),
            )

    def health(self) -> CameraHealth:
        """The camera's condition now."""
        now_s = self._clock.monotonic_s()
        with self._lock:
            decoded_per_s, taken_per_s = self._monitor.rates(now_s, self._decoded, self._taken)
            issues = self._monitor.issues(now_s) if self._state is CameraState.LIVE else frozenset[HealthIssue]()
            if self._state in (CameraState.RECONNECTING, CameraState.FAILED):
                issues = frozenset({HealthIssue.NO_PICTURES})
            width, height = self._size or (None, None)
            return CameraHealth(
                decoded_per_s=decoded_per_s,
                taken_per_s=taken_per_s,
                dropped=MappingProxyType(dict(self._dropped)),
                width=width,
                height=height,
                issues=issues,
            )

    def stop(self, timeout_s: float = 1.5) -> bool:
        """Stop, and wait for the thread for `timeout_s` at most; whether it has ended.

        A thread that is still inside a library's connection attempt is left to run into that attempt's own time limit;
        what it then finds is thrown away. To: ENDED, unless FAILED already. May be called more than once.
        """
        self._stopping.set()
        if self._mailbox.close():
            self._count_dropped(DropReason.STOPPED, 1)
        if self._thread.is_alive():
            self._thread.join(timeout_s)
        self._move_to(CameraState.ENDED, "The camera was stopped.")
        return not self._thread.is_alive()

    def _run(self) -> None:
        if isinstance(self._source, UnusableSourceError):
            self._move_to(CameraState.FAILED, str(self._source))
            return
        try:
            if self._source.timing is Timing.LIVE:
                self._follow(self._source)
            else:
                self._play_once(self._source)
        except UnusableSourceError as error:
            self._move_to(CameraState.FAILED, str(error))
        except Exception as error:
            self._move_to(CameraState.FAILED, _unexpected(error))

    def _play_once(self, source: Source) -> None:
        try:
            connection = source.open()
        except LostSourceError as error:
            raise UnusableSourceError(str(error)) from error
        try:
            self._move_to(CameraState.LIVE, "")
            reason = "The recording is over."
            try:
                self._read_on(connection, source.timing)
            except LostSourceError as error:
                reason = str(error)
        finally:
            connection.close()
        if self.counts().decoded == 0 and not self._stopping.is_set():
            raise UnusableSourceError(f"{source.description} holds no picture that can be decoded.")
        self._move_to(CameraState.ENDED, reason)

    def _follow(self, source: Source) -> None:
        failures = 0
        while not self._stopping.is_set():
            connected_at_s: float | None = None
            refused = False
            try:
                connection = source.open()
                connected_at_s = self._clock.monotonic_s()
                try:
                    self._move_to(CameraState.LIVE, "")
                    self._read_on(connection, source.timing)
                finally:
                    connection.close()
                reason = "The camera ended its stream."
            except LostSourceError as error:
                reason = str(error)
            except UnusableSourceError as error:
                if self.state is CameraState.CONNECTING:
                    raise
                # It has worked before, or was away: a camera that restarts may answer anything for a while.
                reason, refused = str(error), isinstance(error, RefusedSourceError)
            except Exception as error:
                reason = _unexpected(error)
            if self._stopping.is_set():
                return
            if connected_at_s is not None and self._clock.monotonic_s() - connected_at_s >= STABLE_S:
                failures = 0
            failures += 1
            self._move_to(CameraState.RECONNECTING, reason)
            delay_s = REFUSED_DELAY_S if refused else reconnect_delay_s(failures, self._chance())
            self._clock.wait(delay_s, self._stopping)

    def _read_on(self, connection: Connection, timing: Timing) -> None:
        """Read to the end, or until stopped."""
        waits_for_taker = timing is Timing.STILLS or (timing is Timing.RECORDED and self._pace is Pace.FAST)
        pacer = Pacer()
        with self._lock:
            self._monitor.connection_began()
        while not self._stopping.is_set():
            connection.thin(self._thinning)
            item = connection.read()
            if item is None:
                return
            if isinstance(item, Dropped):
                self._count_dropped(item.reason, item.count)
                continue
            if waits_for_taker:
                self._mailbox.wait_until_empty()
            elif timing is Timing.RECORDED:
                self._clock.wait(pacer.wait_s(item.media_time_s, self._clock.monotonic_s()), self._stopping)
            self._deliver(item, timing)

    def _deliver(self, picture: Picture, timing: Timing) -> None:
        now_s = self._clock.monotonic_s()
        with self._lock:
            frame = Frame(
                camera=self.name,
                sequence=self._decoded,
                captured_monotonic_s=now_s,
                captured_at=self._clock.utc(),
                image=picture.image,
                media_time_s=None if timing is Timing.LIVE else picture.media_time_s,
            )
            self._decoded += 1
            self._size = (picture.image.width, picture.image.height)
        if self._mailbox.put(frame):
            self._count_dropped(DropReason.STOPPED if self._stopping.is_set() else DropReason.OVERWRITTEN, 1)
        self._on_frame()
        if self._monitor.is_due(now_s):
            glance = glance_at(picture.image)
            with self._lock:
                self._monitor.look(glance, now_s, picture.media_time_s)
                self._monitor.count(now_s, self._decoded, self._taken)

    def _count_dropped(self, reason: DropReason, count: int) -> None:
        with self._lock:
            self._dropped[reason] += count

    def _move_to(self, state: CameraState, reason: str) -> None:
        """Take a step of the table; one that the table doesn't have (out of a final state) is not taken."""
        with self._lock:
            if state not in TRANSITIONS[self._state]:
                return
            news = (state, reason) != (self._state, self._reason)
            self._state, self._reason = state, reason
            if state is CameraState.LIVE:
                self._connections += 1
        if news:
            _log.info("camera_state", camera=self.name, state=state.value, reason=reason)
        if state in FINAL_STATES:
            self._on_frame()


def _parsed(source: str | Source) -> Source | UnusableSourceError:
    """What the user typed is not kept: it may hold a password. An error is kept until the camera is started."""
    if not isinstance(source, str):
        return source
    try:
        return open_source(source)
    except UnusableSourceError as error:
        return error


def _unexpected(error: Exception) -> str:
    # The error's own text is not shown: it may hold an address.
    return f"The camera failed unexpectedly ({type(error).__name__})."
