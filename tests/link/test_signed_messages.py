"""Messages of the link: read as they were signed, by whom they were signed, and as nothing else."""

import base64
from dataclasses import replace

import pytest
from tests.support.bus import NODE
from tests.support.deployment_values import NOON

from openlfr.link.bundle_pieces import PIECE_BYTES, NoPieceError, piece_of, read_piece, refused_piece
from openlfr.link.messages import (
    LONGEST_FOUND_TEXT,
    MOST_FOUND_CAMERAS,
    MOST_FOUND_STREAMS,
    SEARCH_FOUND_KIND,
    BundleWanted,
    CameraLogin,
    CameraSettings,
    FoundCamera,
    FoundStream,
    Hello,
    NodeSettings,
    Orders,
    ReceiptKept,
    SearchFound,
)
from openlfr.link.signed_messages import (
    MOST_MESSAGE_BYTES,
    open_login,
    open_settings,
    read_bundle_wanted,
    read_finding,
    read_hello,
    read_orders,
    read_receipt_kept,
    seal_login,
    seal_settings,
    sign_bundle_wanted,
    sign_finding,
    sign_hello,
    sign_orders,
    sign_receipt_kept,
)
from openlfr.policy.documents import to_document
from openlfr.policy.identifiers import CameraId, DeploymentId, HubId
from openlfr.sealing.errors import SealBrokenError, SignatureInvalidError
from openlfr.sealing.exchange import ExchangeKey, seal_to
from openlfr.sealing.signature import SigningKey

ONE, OTHER = SigningKey(b"\x01" * 32), SigningKey(b"\x02" * 32)
HELLO = Hello(NODE, "boot", 1, NOON, "0.1")
ORDERS = Orders(HubId("hub-1"), NODE, "boot", 1, NOON)
WANTED = BundleWanted(NODE, DeploymentId("d"), "ab" * 32)
KEPT = ReceiptKept(NODE, "bundle")
STREAM = FoundStream("profile_1", "rtsp://10.0.0.7/1", "H264", 1920, 1080, 12.5)
FOUND = SearchFound(NODE, "search", (FoundCamera("http://10.0.0.7/", "Gate", "Maker 1", (STREAM,)),), done=True)


def test_each_message_is_read_as_it_was_signed() -> None:
    assert read_hello(sign_hello(ONE, HELLO), ONE.public) == HELLO
    assert read_orders(sign_orders(ONE, ORDERS), ONE.public) == ORDERS
    assert read_bundle_wanted(sign_bundle_wanted(ONE, WANTED), ONE.public) == WANTED
    assert read_receipt_kept(sign_receipt_kept(ONE, KEPT), ONE.public) == KEPT
    assert read_finding(sign_finding(ONE, FOUND), ONE.public) == FOUND


def test_a_message_of_somebody_else_or_of_another_kind_is_refused() -> None:
    with pytest.raises(SignatureInvalidError, match="signed by somebody else"):
        read_orders(sign_orders(OTHER, ORDERS), ONE.public)
    with pytest.raises(SignatureInvalidError, match="A node orders was expected, and this is a node hello"):
        read_orders(sign_hello(ONE, HELLO), ONE.public)
    with pytest.raises(SignatureInvalidError, match="form that this version does not know"):
        read_orders(ONE.sign_document("node orders", {"hub": "hub-1"}).to_bytes(), ONE.public)
    with pytest.raises(SignatureInvalidError, match="larger than any"):
        read_orders(bytes(MOST_MESSAGE_BYTES + 1), ONE.public)


def test_what_strangers_devices_say_of_themselves_is_bounded_where_it_is_said_and_where_it_is_read() -> None:
    plain = FoundCamera("http://10.0.0.7/", "Gate", "Maker 1")
    for wrong in (
        lambda: FoundCamera("a" * (LONGEST_FOUND_TEXT + 1), "", ""),
        lambda: replace(STREAM, codec="s" * (LONGEST_FOUND_TEXT + 1)),
        lambda: replace(plain, streams=(STREAM,) * (MOST_FOUND_STREAMS + 1)),
        lambda: SearchFound(NODE, "search", (plain,) * (MOST_FOUND_CAMERAS + 1)),
        lambda: SearchFound(NODE, "search", problem="p" * (LONGEST_FOUND_TEXT + 1)),
    ):
        with pytest.raises(ValueError, match="at the most"):
            wrong()
    document = to_document(FOUND)
    assert isinstance(document, dict)
    document["problem"] = "p" * (LONGEST_FOUND_TEXT + 1)
    with pytest.raises(SignatureInvalidError, match="form that this version does not know"):
        read_finding(ONE.sign_document(SEARCH_FOUND_KIND, document).to_bytes(), ONE.public)


def test_logins_of_cameras_are_read_by_their_own_node_only() -> None:
    node, other = ExchangeKey(b"\x03" * 32), ExchangeKey(b"\x04" * 32)
    settings = NodeSettings(2, (CameraSettings(CameraId("c"), "North", "rtsp://user:secret@camera/1", 40),))
    sealed = seal_settings(settings, node.public)
    assert open_settings(sealed, node) == settings
    assert "secret" not in sealed
    login = CameraLogin("http://camera/onvif", "user", "secret")
    assert open_login(seal_login(login, node.public), node) == login
    assert "secret" not in repr(login)
    for elsewhere in (lambda: open_settings(sealed, other), lambda: open_login(sealed, node)):
        with pytest.raises(SealBrokenError):
            elsewhere()
    for wrong in ("not base64!", seal_settings(settings, node.public)[:-8], _sealed_otherwise(node)):
        with pytest.raises(SealBrokenError):
            open_settings(wrong, node)


def _sealed_otherwise(node: ExchangeKey) -> str:
    return base64.b64encode(seal_to(node.public, b'{"version":1}', "camera settings")).decode()


def test_a_bundle_comes_together_again_from_its_pieces() -> None:
    content = bytes(range(256)) * (PIECE_BYTES // 100)
    together = b""
    while len(together) < len(content):
        piece = read_piece(piece_of("bundle", content, len(together)).to_bytes())
        assert (piece.bundle, piece.offset, piece.total) == ("bundle", len(together), len(content))
        assert 0 < len(piece.content) <= PIECE_BYTES
        together += piece.content
    assert together == content
    with pytest.raises(ValueError, match="has no byte"):
        piece_of("bundle", content, len(content))


def test_a_refusal_travels_as_a_piece_and_anything_else_is_none() -> None:
    assert read_piece(refused_piece("There is no such list.").to_bytes()).refusal == "There is no such list."
    whole = piece_of("bundle", b"content", 0).to_bytes()
    for wrong in (b"", b"\x00", b"\xff" * 8, whole[:6], whole + bytes(PIECE_BYTES), b"\x00\x00\x00\x02{}"):
        with pytest.raises(NoPieceError):
            read_piece(wrong)
