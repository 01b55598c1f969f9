"""The node's folder: what it remembers over a restart, and what it refuses to believe."""

from dataclasses import replace
from pathlib import Path

import pytest
from tests.node.test_obedience import PLAN
from tests.support.deployment_values import DEPLOYMENT, NOON

from openlfr.link.enrolment import EnrolmentAnswer, sign_answer
from openlfr.link.messages import OwedReceipt
from openlfr.link.watchlist_bundle import BundleImport, BundleLog
from openlfr.node.state import MOST_REMEMBERED, NodeState, NodeStateError, Seen
from openlfr.policy.identifiers import DeploymentId, HubId, NodeId, WatchlistId
from openlfr.policy.plan import Order
from openlfr.sealing.errors import SignatureInvalidError, VaultMissingError, WrongUnlockError
from openlfr.sealing.signature import SigningKey
from openlfr.sealing.unlock import KeyFile

UNLOCK = KeyFile(b"\x5a" * 32)
HUB = SigningKey(b"\x01" * 32)
ANSWER = EnrolmentAnswer(
    NodeId("node-1"), HubId("hub-1"), "Borough", HUB.public.raw.hex(), "02" * 32, "PEM", ("nats://hub:4222",)
)
IMPORT = BundleImport("bundle-1", WatchlistId("list-1"), NOON)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    NodeState.create(tmp_path, UNLOCK).close()
    return tmp_path


def opened(folder: Path) -> NodeState:
    return NodeState.open(folder, UNLOCK)


def test_a_node_keeps_its_keys_its_hub_and_what_it_has_seen(folder: Path) -> None:
    state = opened(folder)
    state.enrolled(sign_answer(HUB, ANSWER))
    state.note(lambda seen: seen.with_plan(replace(PLAN, order=Order.STOP)))
    state.note(lambda seen: seen.with_bundles(BundleLog((IMPORT,))))
    state.note(lambda seen: seen.destroyed("bundle-1", NOON))
    again = opened(folder)
    assert again.keys.signer.public == state.keys.signer.public
    assert again.enrolment == ANSWER
    assert again.hub_key == HUB.public
    assert again.seen == state.seen
    assert again.seen.plans[0].stopped
    assert [each.bundle for each in again.seen.unanswered] == ["bundle-1"]
    again.note(lambda seen: seen.with_answered("bundle-1"))
    assert opened(folder).seen.unanswered == ()
    assert opened(folder).seen.bundles.find("bundle-1") is not None


def test_a_receipt_is_due_for_whatever_the_hub_waits_for_and_is_not_held(folder: Path) -> None:
    state = opened(folder)
    again = replace(IMPORT, bundle="bundle-2", destroyed_at=NOON)
    state.note(lambda seen: seen.with_bundles(BundleLog((IMPORT, again))).with_answered("bundle-2"))
    owed = [OwedReceipt(f"bundle-{number}", IMPORT.watchlist) for number in (1, 2, 3)]
    for _ in range(2):
        state.note(lambda seen: seen.accounting_for(owed, NOON))
        assert [each.bundle for each in state.seen.unanswered] == ["bundle-2", "bundle-3"]
        assert len(state.seen.bundles.imports) == 3
    assert state.seen.bundles.find("bundle-1") == IMPORT
    state.note(lambda seen: seen.with_answered("bundle-2").with_answered("bundle-3"))
    assert opened(folder).seen.unanswered == ()


def test_neither_a_plan_nor_a_list_is_on_the_disk(folder: Path) -> None:
    state = opened(folder)
    state.note(lambda seen: seen.with_plan(PLAN).with_bundles(BundleLog((IMPORT,))))
    content = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert PLAN.watchlist_hash.encode() not in content
    assert PLAN.officers[0].encode() not in content


def test_a_stolen_folder_is_no_node_without_its_key(folder: Path) -> None:
    with pytest.raises(WrongUnlockError):
        NodeState.open(folder, KeyFile(b"\x5b" * 32))
    with pytest.raises(VaultMissingError):
        NodeState.open(folder / "elsewhere", UNLOCK)


def test_what_was_altered_on_the_disk_is_not_believed(folder: Path) -> None:
    state = opened(folder)
    state.note(lambda seen: seen.with_plan(PLAN))
    file = folder / "seen.json"
    forged = SigningKey(b"\x07" * 32).sign_document("what a node has seen", {"plans": []}).to_bytes()
    for content in (b"{}", forged, file.read_bytes().replace(b"a", b"b", 1)):
        file.write_bytes(content)
        with pytest.raises(NodeStateError, match="was altered"):
            opened(folder)


def test_a_node_belongs_to_one_hub_and_to_none_before(folder: Path) -> None:
    state = opened(folder)
    with pytest.raises(NodeStateError, match="belongs to no hub yet"):
        _ = state.enrolment
    state.enrolled(sign_answer(HUB, ANSWER))
    with pytest.raises(NodeStateError, match="belongs to the hub Borough already"):
        state.enrolled(sign_answer(HUB, replace(ANSWER, hub=HubId("hub-2"))))
    assert opened(folder).enrolment == ANSWER
    (folder / "hub.json").write_bytes(b"{}")
    with pytest.raises(NodeStateError, match="was altered"):
        opened(folder)


def test_an_answer_that_its_own_key_did_not_sign_enrols_nobody(folder: Path) -> None:
    with pytest.raises(SignatureInvalidError):
        opened(folder).enrolled(sign_answer(SigningKey(b"\x07" * 32), ANSWER))
    assert opened(folder).hub is None


def test_only_so_much_is_remembered_the_newest() -> None:
    seen = Seen()
    for number in range(MOST_REMEMBERED + 5):
        seen = seen.with_plan(replace(PLAN, deployment=DeploymentId(f"d-{number}")))
    assert len(seen.plans) == MOST_REMEMBERED
    assert seen.plan(DeploymentId("d-4")) is None
    assert seen.plan(DeploymentId(f"d-{MOST_REMEMBERED + 4}")) is not None
    assert Seen().with_plan(PLAN).with_plan(replace(PLAN, sequence=9)).plans[0].sequence == 9
    assert Seen().plan(DEPLOYMENT) is None
