"""A search for cameras on loopback: real sockets, a virtual camera."""

import asyncio
import socket
from uuid import uuid4

import pytest
from tests.support.onvif_camera import LOOPBACK, OnvifCamera

from openlfr.capture.onvif_discovery import (
    LONGEST_NAME,
    MOST_OF_ONE_MACHINE,
    DiscoveredCamera,
    Interface,
    NoNetworkError,
    find_cameras,
    own_interfaces,
)


def found_by(camera: OnvifCamera, for_s: float = 0.3) -> tuple[DiscoveredCamera, ...]:
    return asyncio.run(find_cameras([LOOPBACK], for_s, uuid4, camera.group))


def test_a_camera_that_answers_is_found_with_its_name_and_model() -> None:
    with OnvifCamera() as camera:
        assert found_by(camera) == (DiscoveredCamera(camera.address, "North End", "Acme M1065"),)


def test_a_camera_that_names_another_machine_is_asked_where_it_answered_from() -> None:
    with OnvifCamera(says_host="192.0.2.7") as camera:
        assert [each.address for each in found_by(camera)] == [camera.address]


def test_one_machine_does_not_fill_the_list() -> None:
    with OnvifCamera(matches=50) as camera:
        assert len(found_by(camera)) == MOST_OF_ONE_MACHINE


@pytest.mark.parametrize(
    "scopes",
    [
        "",
        # a printer
        "http://schemas.microsoft.com/wxp/print/device",
        # entities: none is read, so nothing is said
        "]]>&bomb;",
    ],
)
def test_what_is_no_camera_is_left_out(scopes: str) -> None:
    with OnvifCamera(scopes=scopes) as camera:
        assert found_by(camera) == ()


@pytest.mark.parametrize(
    "said", ["ftp://127.0.0.1/x", "http://127.0.0.1:notaport/x", "http://[::1/x", "http://127.0.0.1/ü"]
)
def test_an_address_that_cannot_be_asked_is_left_out(said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with OnvifCamera() as camera:
        spoilt = camera.match(0).replace(camera.address.encode(), said.encode())
        monkeypatch.setattr(camera, "match", lambda _number: spoilt)
        assert found_by(camera) == ()


def test_words_of_a_stranger_are_cut_and_cannot_turn_the_line() -> None:
    name = "%E2%80%AEevil%0A" + "x" * 500
    with OnvifCamera(scopes=f"onvif://www.onvif.org/name/{name}") as camera:
        (found,) = found_by(camera)
    assert found.name.startswith("evil xxx")
    assert len(found.name) == LONGEST_NAME
    assert found.model == ""


def test_where_nobody_answers_nothing_is_found() -> None:
    with OnvifCamera(silent=True) as camera:
        assert found_by(camera) == ()


@pytest.mark.parametrize("interfaces", [[], [Interface("gone", "192.0.2.1")]])
def test_without_a_network_the_search_says_what_to_do(interfaces: list[Interface]) -> None:
    with pytest.raises(NoNetworkError, match=r"No network interface of this node carries multicast.*type the camera's"):
        asyncio.run(find_cameras(interfaces, 0.1, uuid4))


def test_loopback_is_no_network_with_cameras() -> None:
    assert all(not each.address.startswith("127.") for each in own_interfaces())
    for each in own_interfaces():
        socket.inet_aton(each.address)
