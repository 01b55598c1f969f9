"""Asking a virtual camera on loopback for its streams, with every answer that a bad one may give."""

import asyncio
import gzip
from datetime import timedelta

import pytest
from tests.support.onvif_camera import OnvifCamera, Video

from openlfr.capture.onvif_streams import MOST_STREAMS, CameraStream, StreamsUnknownError, streams_of

BIG = Video("main", "H265", 2560, 1440, 25, "rtsp://127.0.0.1:8554/main?channel=1&subtype=0")
SMALL = Video("sub", "H264", 640, 360, 12.5, "rtsp://127.0.0.1:8554/sub")
TWO = (SMALL, BIG)
WORD = "word"


def asked(camera: OnvifCamera, user: str = "viewer", password: str = WORD, within_s: float = 10) -> list[CameraStream]:
    return list(asyncio.run(streams_of(camera.address, user, password, within_s)))


def refused(camera: OnvifCamera, user: str = "viewer", password: str = WORD, within_s: float = 10) -> str:
    with pytest.raises(StreamsUnknownError) as caught:
        asked(camera, user, password, within_s)
    return str(caught.value)


@pytest.mark.parametrize("media2", [True, False])
@pytest.mark.parametrize("asks_digest", [True, False])
def test_a_camera_tells_its_streams_and_never_hears_the_password(media2: bool, asks_digest: bool) -> None:
    with OnvifCamera(TWO, "viewer", "pass word&<ü>", asks_digest, media2) as camera:
        assert asked(camera, "viewer", "pass word&<ü>") == [
            CameraStream("main", BIG.address, "H265", 2560, 1440, 25.0),
            CameraStream("sub", SMALL.address, "H264", 640, 360, 12.5),
        ]
        assert not any("pass word" in each for each in camera.asked)


def test_a_camera_that_anybody_may_ask_is_asked_without_a_login() -> None:
    with OnvifCamera(TWO) as camera:
        assert len(asked(camera, "", "")) == 2
        assert not any("UsernameToken" in each for each in camera.asked)


@pytest.mark.parametrize("asks_digest", [True, False])
def test_a_wrong_password_is_told_in_a_sentence_that_does_not_repeat_it(asks_digest: bool) -> None:
    with OnvifCamera(TWO, "viewer", "word", asks_digest) as camera:
        said = refused(camera, "viewer", "guess-1")
        assert said.startswith("The camera at 127.0.0.1 does not take this user name and password.")
        assert "guess-1" not in said
        assert refused(camera, "", "") == "The camera at 127.0.0.1 wants a user name and a password: type them."


def test_a_camera_whose_clock_is_hours_off_is_proved_the_login_by_its_own_time() -> None:
    with OnvifCamera(TWO, "viewer", "word", clock_ahead=timedelta(hours=-5)) as camera:
        assert len(asked(camera)) == 2
        assert "does not take this user name and password" in refused(camera, "viewer", "guess-1")


def test_a_camera_that_wants_the_password_itself_does_not_get_it() -> None:
    with OnvifCamera(TWO) as camera:
        camera.answer = lambda _body: (401, {"WWW-Authenticate": 'Basic realm="camera"'}, b"")
        assert "does not take this user name" in refused(camera, "viewer", "top-secret")
        assert not any("Basic" in each or "top-secret" in each for each in camera.asked)


def test_a_stream_on_another_machine_is_looked_for_at_the_camera_itself() -> None:
    elsewhere = Video("main", "H264", 1, 1, 1, "rtsp://admin:own@192.0.2.7:9554/main")
    with OnvifCamera((elsewhere,), says_host="192.0.2.7") as camera:
        assert [each.address for each in asked(camera)] == ["rtsp://127.0.0.1:9554/main"]


@pytest.mark.parametrize(
    "address", ["http://127.0.0.1/x.mjpg", "file:///etc/passwd", "rtsp://[", "rtsp://h/a b", "", "x" * 9999]
)
def test_what_is_no_rtsp_address_is_no_stream(address: str) -> None:
    with OnvifCamera((Video("main", "H264", 1, 1, 1, address),)) as camera:
        assert refused(camera) == "The camera at 127.0.0.1 says that it has no video stream: set one up in it first."


def test_numbers_that_are_none_are_unknown() -> None:
    video = Video("main", "H264", 10**30, -1, float("inf"), SMALL.address)
    with OnvifCamera((video,)) as camera:
        assert asked(camera) == [CameraStream("main", SMALL.address, "H264", 0, 0, 0.0)]


def test_no_camera_fills_the_list_of_streams() -> None:
    many = tuple(Video(f"p{n}", "H264", n, n, 1, f"rtsp://127.0.0.1/{n}") for n in range(60))
    with OnvifCamera(many) as camera:
        assert len(asked(camera)) == MOST_STREAMS


LAUGHS = b'<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><l>&b;</l>'
OUTSIDE = b'<!DOCTYPE l [<!ENTITY a SYSTEM "file:///etc/hostname">]><l>&a;</l>'


@pytest.mark.parametrize(
    ("headers", "content"),
    [
        ({}, b""),
        ({}, b"\x00\xff garbage"),
        ({}, LAUGHS),
        ({}, OUTSIDE),
        # a hundred megabytes, of which one is read
        ({"Content-Length": "104857600"}, b"<a>" * 500_000),
        # a thousand times that, compressed
        ({"Content-Encoding": "gzip"}, gzip.compress(b" " * 10_000_000)),
        # deep, and named as what is looked for
        ({}, b"<GetProfilesResponse>" + b"<Profiles>" * 40_000),
        ({}, b"<GetServicesResponse>" + b"<Service>" * 20_000 + b"</Service>" * 20_000 + b"</GetServicesResponse>"),
    ],
)
def test_an_answer_that_cannot_be_read_is_told_as_that(headers: dict[str, str], content: bytes) -> None:
    with OnvifCamera(TWO) as camera:
        camera.answer = lambda _body: (200, headers, content)
        assert refused(camera).startswith("What the camera at 127.0.0.1 answers could not be read as ONVIF.")


def test_a_redirect_is_not_followed() -> None:
    with OnvifCamera(TWO) as camera, OnvifCamera(TWO) as other:
        camera.answer = lambda _body: (307, {"Location": other.address}, b"")
        assert "could not be read as ONVIF" in refused(camera)
        assert other.asked == []


def test_a_camera_that_sends_a_challenge_nobody_knows_is_told_as_that() -> None:
    with OnvifCamera(TWO) as camera:
        camera.answer = lambda _body: (401, {"WWW-Authenticate": 'Digest realm="r", nonce="n", algorithm=X'}, b"")
        assert "could not be read as ONVIF" in refused(camera)


def test_a_camera_that_never_ends_its_answer_is_given_up() -> None:
    with OnvifCamera(TWO) as camera:
        camera.answer = lambda _body: (200, {"Content-Length": "1000"}, b"<a>")
        assert refused(camera, within_s=0.3).startswith("The camera at 127.0.0.1 did not answer in time.")


def test_a_camera_that_is_gone_is_told_as_that() -> None:
    with OnvifCamera(TWO) as camera:
        pass
    assert refused(camera).startswith("The camera at 127.0.0.1 cannot be reached any more")


@pytest.mark.parametrize("address", ["rtsp://127.0.0.1/x", "http://", "http://user@127.0.0.1/", "http://127.0.0.1:x/"])
def test_only_the_address_of_a_device_service_is_asked(address: str) -> None:
    with pytest.raises(StreamsUnknownError, match="not the address of an ONVIF camera"):
        asyncio.run(streams_of(address, "viewer", "word"))
