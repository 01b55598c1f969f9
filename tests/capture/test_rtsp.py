"""Cameras over real RTSP on loopback, well and badly behaved."""

import itertools
import logging
import socket
import time
from collections.abc import Iterator

import av
import pytest
import structlog
from tests.capture.conftest import StartCamera
from tests.support.cameras import Taker, wait_for_state, wait_until
from tests.support.clips import number_in
from tests.support.rtsp_server import Clip, RtspServer

from openlfr.capture import video
from openlfr.capture.camera import Camera, CameraState
from openlfr.capture.source import DropReason, LostSourceError, Picture, UnusableSourceError
from openlfr.capture.sources import open_source

# Every sign in it means something else somewhere in an address.
_PASSWORD = "h@nt:er#2?"


@pytest.fixture
def server(clip: Clip) -> Iterator[RtspServer]:
    with RtspServer(clip, username="warden", password=_PASSWORD) as running:
        yield running


@pytest.fixture
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Notice silence after half a second, so that the tests of silence are quick."""
    monkeypatch.setattr(video, "OPEN_TIMEOUT_S", 0.5)
    monkeypatch.setattr(video, "READ_TIMEOUT_S", 0.5)


def _numbers(taker: Taker) -> list[int]:
    images = [frame.image for frame in list(taker.frames)]
    return [number_in(image.region(0, 0, image.width, image.height)) for image in images]


@pytest.mark.parametrize("authentication", ["digest", "basic"])
@pytest.mark.parametrize("transport", ["", "?transport=tcp", "?transport=udp"])
def test_a_camera_with_a_password_is_watched(clip: Clip, authentication: str, transport: str) -> None:
    with RtspServer(clip, username="warden", password=_PASSWORD) as server:
        server.authentication = "basic" if authentication == "basic" else "digest"
        connection = open_source(server.url + transport).open()
        items = [connection.read() for _ in range(12)]
        connection.close()
    numbers = [number_in(item.image.region(0, 0, 320, 240)) for item in items if isinstance(item, Picture)]
    assert numbers == list(range(12))


def test_a_camera_that_insists_on_udp_is_given_it(clip: Clip, start_camera: StartCamera) -> None:
    with RtspServer(clip, transports=frozenset({"udp"})) as server:
        camera, taker = start_camera(server.url)
        wait_until(lambda: len(taker.frames) >= 5)
        assert camera.state is CameraState.LIVE
        camera.stop()


def test_the_first_frame_is_the_streams_first_so_no_key_frame_is_lost(
    server: RtspServer, start_camera: StartCamera
) -> None:
    camera, taker = start_camera(server.url)
    wait_until(lambda: len(taker.frames) >= 30)
    assert _numbers(taker)[:30] == list(range(30))
    assert camera.counts().dropped == {}


def test_several_clients_are_served_at_once(server: RtspServer, start_camera: StartCamera) -> None:
    takers = [start_camera(server.url)[1] for _ in range(3)]
    wait_until(lambda: all(len(taker.frames) >= 10 for taker in takers))
    assert [_numbers(taker)[:10] for taker in takers] == [list(range(10))] * 3


@pytest.mark.parametrize(("username", "password"), [("warden", "wrong"), ("nobody", _PASSWORD), (None, None)])
def test_a_wrong_password_fails_with_what_to_do(
    server: RtspServer, start_camera: StartCamera, username: str | None, password: str | None
) -> None:
    camera, _ = start_camera(server.url_with(username, password))
    wait_for_state(camera, CameraState.FAILED)
    assert camera.state_reason == (
        f"The camera rtsp://{'***@' if username else ''}127.0.0.1:{server.port}/street refused the user name or "
        "password: check them and write them as in rtsp://USER:PASSWORD@HOST/."
    )


def test_a_wrong_path_fails_with_what_to_do(server: RtspServer, start_camera: StartCamera) -> None:
    camera, _ = start_camera(server.url.replace("/street", "/lane"))
    wait_for_state(camera, CameraState.FAILED)
    assert "has no stream at that path: look the path up in its manual" in camera.state_reason


def test_a_password_that_changes_under_way_does_not_end_a_camera(server: RtspServer, start_camera: StartCamera) -> None:
    camera, _ = start_camera(server.url)
    wait_for_state(camera, CameraState.LIVE)
    server.password = "changed"
    server.cut()
    wait_until(lambda: "refused the user name or password" in camera.state_reason)
    assert camera.state is CameraState.RECONNECTING


def test_a_camera_that_is_off_is_waited_for(server: RtspServer, start_camera: StartCamera) -> None:
    server.stop_listening()
    camera, taker = start_camera(server.url)
    wait_for_state(camera, CameraState.RECONNECTING)
    assert "refuses connections: check the port, and that it is switched on" in camera.state_reason
    server.listen()
    wait_until(lambda: len(taker.frames) >= 3)


@pytest.mark.usefixtures("_impatient")
def test_a_server_that_accepts_and_then_hangs_is_noticed(server: RtspServer, start_camera: StartCamera) -> None:
    server.faults.hangs_on_connect = True
    camera, taker = start_camera(server.url)
    wait_for_state(camera, CameraState.RECONNECTING)
    assert "did not answer within 0.5 s: check that it is reachable" in camera.state_reason
    server.faults.hangs_on_connect = False
    wait_until(lambda: len(taker.frames) >= 3)


@pytest.mark.usefixtures("_impatient")
def test_something_that_listens_but_is_no_camera_is_noticed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as mute:
        source = open_source(f"rtsp://warden:hunter2@127.0.0.1:{mute.getsockname()[1]}/street")
        with pytest.raises(LostSourceError, match=r"did not answer within 0\.5 s") as lost:
            source.open()
    assert "hunter2" not in str(lost.value)


@pytest.mark.usefixtures("_impatient")
@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_stream_that_falls_silent_is_noticed_and_taken_up_again(
    server: RtspServer, start_camera: StartCamera, transport: str
) -> None:
    camera, taker = start_camera(f"{server.url}?transport={transport}")
    wait_until(lambda: len(taker.frames) >= 5)
    server.faults.stalled = True
    wait_for_state(camera, CameraState.RECONNECTING)
    server.faults.stalled = False
    before = len(taker.frames)
    wait_until(lambda: len(taker.frames) >= before + 5)
    assert camera.counts().reconnects >= 1


def test_a_stream_that_is_cut_is_taken_up_again(server: RtspServer, start_camera: StartCamera) -> None:
    camera, taker = start_camera(server.url)
    for _ in range(3):
        before = len(taker.frames)
        wait_until(lambda before=before: len(taker.frames) >= before + 5)  # type: ignore[misc]
        server.cut()
    wait_until(lambda: camera.counts().reconnects == 3)
    before = len(taker.frames)
    wait_until(lambda: len(taker.frames) >= before + 5)
    assert [frame.sequence for frame in taker.frames] == list(range(len(taker.frames)))


@pytest.mark.parametrize(
    ("transport", "fault"), [("tcp", "corrupt_share"), ("udp", "corrupt_share"), ("udp", "drop_share")]
)
def test_damaged_packets_cost_frames_but_not_the_stream(
    server: RtspServer, start_camera: StartCamera, transport: str, fault: str
) -> None:
    setattr(server.faults, fault, 0.2)
    camera, taker = start_camera(f"{server.url}?transport={transport}")
    wait_until(lambda: camera.counts().dropped.get(DropReason.CORRUPT, 0) > 0)
    setattr(server.faults, fault, 0.0)
    before = len(taker.frames)
    wait_until(lambda: len(taker.frames) >= before + 30)
    # After the next key frame the pictures are whole again.
    numbers = _numbers(taker)[-10:]
    assert [(later - earlier) % 50 for earlier, later in itertools.pairwise(numbers)] == [1] * 9
    assert camera.counts().reconnects == 0


def test_a_client_that_joins_in_the_middle_counts_what_came_before_a_key_frame(
    server: RtspServer, start_camera: StartCamera
) -> None:
    server.faults.skips_frames = 3
    camera, taker = start_camera(server.url)
    wait_until(lambda: len(taker.frames) >= 1)
    assert _numbers(taker)[0] == 12
    assert camera.counts().dropped == {DropReason.BEFORE_KEYFRAME: 9}


def test_a_machine_that_cannot_keep_up_leaves_pictures_out_instead_of_falling_behind(server: RtspServer) -> None:
    taker = Taker()

    def slowly() -> None:
        taker()
        time.sleep(0.12)

    camera = Camera("gate", server.url, on_frame=slowly)
    taker.camera = camera
    camera.start()
    wait_until(lambda: camera.counts().dropped.get(DropReason.BEHIND, 0) > 40)
    camera.stop()
    numbers = _numbers(taker)
    gaps = [(earlier, later) for earlier, later in itertools.pairwise(numbers) if (later - earlier) % 50 != 1]
    assert gaps
    # Each gap ends with a key frame: the clip has one every twelve frames.
    assert all(later in (0, 12, 24, 36, 48) for _, later in gaps)


def test_the_resolution_may_change_in_the_middle(
    server: RtspServer, start_camera: StartCamera, clip: Clip, small_clip: Clip
) -> None:
    camera, taker = start_camera(server.url)

    def sizes() -> list[tuple[int, int]]:
        return [(frame.image.width, frame.image.height) for frame in list(taker.frames)]

    wait_until(lambda: sizes().count((320, 240)) >= 5)
    server.switch_to(small_clip)
    wait_until(lambda: sizes().count((160, 120)) >= 5)
    assert (camera.health().width, camera.health().height) == (160, 120)
    server.switch_to(clip)
    wait_until(lambda: sizes()[-1] == (320, 240))
    assert camera.counts().reconnects == 0
    small = next(frame.image for frame in taker.frames if frame.image.width == 160)
    assert small.scaled(64, 48).shape == (48, 64, 3)


@pytest.mark.usefixtures("_impatient")
def test_credentials_are_in_nothing_that_is_printed_logged_or_raised(
    server: RtspServer, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    with structlog.testing.capture_logs() as logged:
        said: list[str] = []
        for url in (
            server.url,
            server.url_with("warden", "wr0ng!pw"),
            f"{server.url}x",
            "rtsp://warden:wr0ng!pw@127.0.0.1:9/",
        ):
            camera = Camera("gate", url, on_frame=lambda: None, chance=lambda: 0.0)
            camera.start()
            wait_until(lambda camera=camera: camera.state is not CameraState.CONNECTING)  # type: ignore[misc]
            said += [camera.state_reason, repr(camera), repr(camera.health()), repr(camera.counts())]
            server.faults.hangs_on_connect = url == server.url
            server.cut()
            wait_until(lambda camera=camera: camera.state is not CameraState.LIVE)  # type: ignore[misc]
            said.append(camera.state_reason)
            server.faults.hangs_on_connect = False
            camera.stop()
            source = open_source(url)
            said += [source.description, repr(source), str(source)]
        with pytest.raises(UnusableSourceError) as refusal:
            open_source(server.url_with("warden", "wr0ng!pw")).open()
        error: BaseException | None = refusal.value
        assert refusal.value.__suppress_context__
        said += [str(error), repr(error)]
    everything = "\n".join([*said, repr(logged), caplog.text, *capfd.readouterr()])
    assert "***@127.0.0.1" in everything
    for secret in ("warden", _PASSWORD, "wr0ng!pw", "h%40nt", "wr0ng%21pw"):
        assert secret not in everything


def test_libavs_own_log_is_off() -> None:
    # It prints addresses with their passwords. PyAV keeps it off unless somebody turns it on.
    assert av.logging.get_level() is None
