import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openlfr.capture.address import AddressError, CameraAddress

# A password as a person may type it: everything but a slash, and the signs that mean something else in an address.
_typed = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="/%$"), min_size=1)
_names = st.text(st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_characters="/%$:@"), min_size=1)


@given(_names, _typed)
def test_a_password_may_be_typed_as_it_is(username: str, password: str) -> None:
    address = CameraAddress.parse(f"rtsp://{username}:{password}@10.0.0.7:8554/street/1?profile=main")
    assert (address.username, address.password) == (username, password)
    assert (address.host, address.path, address.query) == ("10.0.0.7:8554", "/street/1", "profile=main")


@given(_names, _typed)
def test_the_secret_address_means_the_same(username: str, password: str) -> None:
    address = CameraAddress("rtsp", "10.0.0.7", "/street", "", username, password)
    assert CameraAddress.parse(address.secret_url()) == address


@given(
    st.text("abcxyzABC@:#?&é", min_size=4),
    st.sampled_from(["{}", "{!r}", "{!s}"]),
)
def test_nothing_printed_of_an_address_holds_its_credentials(secret: str, how: str) -> None:
    address = CameraAddress.parse(f"rtsp://warden{secret}:{secret}@10.0.0.7/street?token={secret}")
    shown = how.format(address)
    assert secret not in shown
    assert "warden" not in shown
    assert "10.0.0.7" in shown


@pytest.mark.parametrize(
    "path",
    [
        "/user=admin_password=tlJwpbo6_channel=1_stream=0.sdp",  # a common recorder's way
        "/live/tlJwpbo6@main",  # a slash typed raw in a password ends up here
        "/stream?pwd=tlJwpbo6",
        "/token/tlJwpbo6",
    ],
)
def test_a_password_elsewhere_in_the_address_is_hidden_too(path: str) -> None:
    assert "tlJwpbo6" not in str(CameraAddress.parse(f"rtsp://10.0.0.7{path}"))


def test_a_harmless_path_stays_readable() -> None:
    assert str(CameraAddress.parse("rtsp://a:b@10.0.0.7:554/street/1")) == "rtsp://***@10.0.0.7:554/street/1"


def test_a_container_of_an_address_hides_its_credentials_as_well() -> None:
    @dataclasses.dataclass
    class Settings:
        camera: CameraAddress

    assert "hunter2" not in repr(Settings(CameraAddress.parse("rtsp://u:hunter2@h/s")))


def test_credentials_may_come_from_the_environment() -> None:
    address = CameraAddress.parse("rtsp://${WHO}:${GATE_PASSWORD}@h/s", {"WHO": "ward", "GATE_PASSWORD": "p@/s"})
    assert (address.username, address.password) == ("ward", "p@/s")


def test_a_variable_that_is_not_set_is_named() -> None:
    with pytest.raises(AddressError, match="GATE_PASSWORD, which is not set: set it first"):
        CameraAddress.parse("rtsp://u:${GATE_PASSWORD}@h/s", {})


@pytest.mark.parametrize("text", ["", "street", "rtsp:/h", "rtsp://", "rtsp://u:hunter2@/street"])
def test_what_is_no_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(AddressError) as refusal:
        CameraAddress.parse(text)
    assert "hunter2" not in str(refusal.value)


def test_an_ipv6_address_is_read_in_brackets_and_without_them_one_is_told_to_write_them() -> None:
    address = CameraAddress.parse("rtsp://viewer:a:b@[2001:db8::7]:554/1")
    assert (address.host, address.password) == ("[2001:db8::7]:554", "a:b")
    with pytest.raises(AddressError, match=r"in brackets, as in rtsp://\[2001:db8::7\]/PATH"):
        CameraAddress.parse("rtsp://fe80::1/1")


@pytest.mark.parametrize("port", ["0", "65536", "99999999"])
def test_a_port_that_is_none_is_told(port: str) -> None:
    with pytest.raises(AddressError, match="from 1 to 65535"):
        CameraAddress.parse(f"rtsp://viewer:word@10.0.0.7:{port}/1")
