"""Signing and reading the messages of `link.messages`, and the plans and settings that travel in them.

Every reader raises SignatureInvalidError for what its sender's key did not sign, or what is of another form or kind.
"""

import base64
from typing import Final, TypeVar

from openlfr.link.messages import (
    BUNDLE_WANTED_KIND,
    CHECK_FOUND_KIND,
    DISMISSAL_KIND,
    HELLO_KIND,
    ORDERS_KIND,
    RECEIPT_KEPT_KIND,
    SEARCH_FOUND_KIND,
    BundleWanted,
    CameraLogin,
    CheckFound,
    Dismissal,
    Finding,
    Hello,
    NodeSettings,
    Orders,
    ReceiptKept,
    SearchFound,
)
from openlfr.policy.documents import DocumentError, from_document, to_document
from openlfr.policy.plan import ArmedPlan
from openlfr.sealing.canonical import canonical_bytes, parse_canonical
from openlfr.sealing.errors import SealBrokenError, SignatureInvalidError
from openlfr.sealing.exchange import ExchangeKey, ExchangePublicKey, seal_to
from openlfr.sealing.signature import SignedDocument, SigningKey, VerifyKey

PLAN_KIND: Final = "armed plan"
MOST_MESSAGE_BYTES: Final = 4 << 20
_SETTINGS_CONTEXT: Final = "camera settings"
_LOGIN_CONTEXT: Final = "camera login"

T = TypeVar("T")


def sign_hello(node: SigningKey, hello: Hello) -> bytes:
    return _signed(node, HELLO_KIND, hello)


def read_hello(content: bytes, node: VerifyKey) -> Hello:
    return _read(Hello, HELLO_KIND, content, node)


def sign_orders(hub: SigningKey, orders: Orders) -> bytes:
    return _signed(hub, ORDERS_KIND, orders)


def read_orders(content: bytes, hub: VerifyKey) -> Orders:
    return _read(Orders, ORDERS_KIND, content, hub)


def sign_dismissal(hub: SigningKey, dismissal: Dismissal) -> bytes:
    return _signed(hub, DISMISSAL_KIND, dismissal)


def read_dismissal(content: bytes, hub: VerifyKey) -> Dismissal:
    return _read(Dismissal, DISMISSAL_KIND, content, hub)


def sign_bundle_wanted(node: SigningKey, wanted: BundleWanted) -> bytes:
    return _signed(node, BUNDLE_WANTED_KIND, wanted)


def read_bundle_wanted(content: bytes, node: VerifyKey) -> BundleWanted:
    return _read(BundleWanted, BUNDLE_WANTED_KIND, content, node)


def sign_receipt_kept(hub: SigningKey, kept: ReceiptKept) -> bytes:
    return _signed(hub, RECEIPT_KEPT_KIND, kept)


def read_receipt_kept(content: bytes, hub: VerifyKey) -> ReceiptKept:
    return _read(ReceiptKept, RECEIPT_KEPT_KIND, content, hub)


def sign_finding(node: SigningKey, finding: Finding) -> bytes:
    return _signed(node, SEARCH_FOUND_KIND if isinstance(finding, SearchFound) else CHECK_FOUND_KIND, finding)


def read_finding(content: bytes, node: VerifyKey) -> Finding:
    if len(content) <= MOST_MESSAGE_BYTES and SignedDocument.from_bytes(content).kind == CHECK_FOUND_KIND:
        return _read(CheckFound, CHECK_FOUND_KIND, content, node)
    return _read(SearchFound, SEARCH_FOUND_KIND, content, node)


def read_plan(content: bytes, hub: VerifyKey) -> ArmedPlan:
    """A plan, as the hub wrote and signed it in its records."""
    return _read(ArmedPlan, PLAN_KIND, content, hub)


def seal_settings(settings: NodeSettings, node: ExchangePublicKey) -> str:
    """What stands in `Orders.settings`: only this node reads the logins of its cameras."""
    return _sealed(settings, node, _SETTINGS_CONTEXT)


def open_settings(sealed: str, node: ExchangeKey) -> NodeSettings:
    """The inverse of `seal_settings`. Raises SealBrokenError when it is for another node or of another form."""
    return _opened(NodeSettings, sealed, node, _SETTINGS_CONTEXT)


def seal_login(login: CameraLogin, node: ExchangePublicKey) -> str:
    """What stands in `SearchWanted.camera`: only this node reads it."""
    return _sealed(login, node, _LOGIN_CONTEXT)


def open_login(sealed: str, node: ExchangeKey) -> CameraLogin:
    """The inverse of `seal_login`. Raises SealBrokenError when it is for another node or of another form."""
    return _opened(CameraLogin, sealed, node, _LOGIN_CONTEXT)


def _sealed(document: object, node: ExchangePublicKey, context: str) -> str:
    return base64.b64encode(seal_to(node, canonical_bytes(to_document(document)), context)).decode()


def _opened(form: type[T], sealed: str, node: ExchangeKey, context: str) -> T:
    try:
        content = node.unseal(base64.b64decode(sealed, validate=True), context)
        return from_document(form, parse_canonical(content))
    except (DocumentError, ValueError) as error:
        raise SealBrokenError(f"The {context} is of a form that this version does not know.") from error


def _signed(key: SigningKey, kind: str, message: object) -> bytes:
    return key.sign_document(kind, to_document(message)).to_bytes()


def _read(form: type[T], kind: str, content: bytes, key: VerifyKey) -> T:
    if len(content) > MOST_MESSAGE_BYTES:
        raise SignatureInvalidError(f"This is larger than any {kind}.")
    try:
        return from_document(form, SignedDocument.from_bytes(content).opened_by(key, kind))
    except DocumentError as error:
        raise SignatureInvalidError(f"The {kind} is signed, but of a form that this version does not know.") from error
