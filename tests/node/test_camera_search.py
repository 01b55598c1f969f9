"""The node's search, over loopback, against a virtual camera."""

import asyncio

from structlog.testing import capture_logs
from tests.support.onvif_camera import LOOPBACK, OnvifCamera, Video

from openlfr.link.messages import CameraLogin, FoundCamera, FoundStream
from openlfr.node.camera_search import CameraSearch

MAIN = Video("main", "H264", 1920, 1080, 25, "rtsp://127.0.0.1:8554/main")


def looked(search: CameraSearch, camera: CameraLogin | None = None) -> tuple[list[FoundCamera], str]:
    found: list[FoundCamera] = []
    return found, asyncio.run(search(camera, found.append))


def test_what_is_found_in_the_network_can_be_asked_for_its_streams_and_no_login_is_logged() -> None:
    with OnvifCamera((MAIN,), "viewer", "top-secret") as camera, capture_logs() as logged:
        search = CameraSearch(lambda: [LOOPBACK], camera.group, 0.3)
        (found,), problem = looked(search)
        assert (found, problem) == (FoundCamera(camera.address, "North End", "Acme M1065"), "")
        (asked,), problem = looked(search, CameraLogin(found.address, "viewer", "top-secret"))
        assert asked.streams == (FoundStream("main", MAIN.address, "H264", 1920, 1080, 25.0),)
        assert problem == ""
        assert len(logged) == 2
        assert "top-secret" not in repr((asked, logged))
        nothing, problem = looked(search, CameraLogin(found.address, "viewer", "wrong"))
        assert not nothing
        assert "does not take this user name and password" in problem


def test_a_node_without_a_network_says_so() -> None:
    nothing, problem = looked(CameraSearch(list))
    assert not nothing
    assert problem.startswith("No network interface of this node carries multicast")
