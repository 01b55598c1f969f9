"""The registry of nodes: one code, one node; whoever is revoked is nobody; lost lists are written off by people."""

import hashlib
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.support.database import HandClock
from tests.support.deployment_values import END, SQUARE
from tests.support.staffed_hub import TERMINAL, StaffedHub, kept, staffed
from tests.support.watchlists import ListHub, with_lists

from openlfr.link.connection import bus_key
from openlfr.link.enrolment import EnrolmentCode, NodePublicKeys
from openlfr.link.watchlist_bundle import DestructionReceipt, NodeKeys, sign_receipt
from openlfr.policy.authority import CameraTerms
from openlfr.policy.deployment import DeploymentState
from openlfr.policy.identifiers import CameraId, DeploymentId, NodeId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import THE_HUB, Role
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.deletion import verify_deletion
from openlfr.records.hub_records import HubRecords
from openlfr.records.nodes import CODE_LIFE, Invitation, Node, Nodes, NodeState, enrolled_nodes, owed_receipts
from openlfr.records.purgeables import PURGEABLES
from openlfr.sealing.exchange import ExchangeKey
from openlfr.sealing.signature import SigningKey

PIN = hashlib.sha256(b"an authority").digest()
SIGNER, EXCHANGE = SigningKey(b"\x09" * 32), ExchangeKey(b"\x07" * 32)


def keys(number: int = 9) -> NodePublicKeys:
    seed = bytes([number]) * 32
    return NodePublicKeys(SigningKey(seed).public, ExchangeKey(seed).public, bus_key(seed))


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed(records, clock)


@pytest.fixture
def nodes(hub: StaffedHub) -> Nodes:
    return Nodes(hub.records, PIN)


def invited(nodes: Nodes, hub: StaffedHub, name: str = "Van 1") -> Invitation:
    made = nodes.invite(hub.administrator, name, TERMINAL)
    assert isinstance(made, Invitation), made
    return made


def secret_of(invitation: Invitation) -> str:
    return EnrolmentCode.read(invitation.code).secret.hex()


def enrolled(nodes: Nodes, hub: StaffedHub, presented: NodePublicKeys | None = None) -> Node:
    node = nodes.enrol(secret_of(invited(nodes, hub)), presented or keys(), TERMINAL)
    assert isinstance(node, Node), node
    return node


def refused(answer: object) -> Refusal:
    assert isinstance(answer, Refusal), answer
    return answer


def acts(hub: StaffedHub, kind: str) -> list[tuple[str, str]]:
    with hub.records.database.reading() as session:
        rows = session.execute(
            select(AuditEntryRow.act, AuditEntryRow.processing)
            .where(AuditEntryRow.record_kind == kind)
            .order_by(AuditEntryRow.sequence)
        )
        return [(act, processing.value) for act, processing in rows]


def test_a_code_makes_one_node_and_is_in_no_table(nodes: Nodes, hub: StaffedHub) -> None:
    invitation = invited(nodes, hub)
    node = nodes.enrol(secret_of(invitation), keys(), TERMINAL)
    assert isinstance(node, Node)
    assert (node.node, node.state, node.name) == (invitation.node.node, NodeState.ENROLLED, "Van 1")
    assert node.fingerprint == keys().verify.fingerprint
    again = refused(nodes.enrol(secret_of(invitation), keys(8), TERMINAL))
    assert again.sentence == "This code was used already: have a new one made."
    assert acts(hub, "node") == [("ENROL_NODE", "alteration"), ("ENROL_NODE", "alteration"), ("ENROL_NODE", "none")]
    with hub.records.database.reading() as session:
        held = enrolled_nodes(session)
    assert held[node.node].keys == NodeKeys(node.node, keys().exchange, keys().verify)


def test_a_node_whose_answer_was_lost_may_ask_again_with_the_same_keys(nodes: Nodes, hub: StaffedHub) -> None:
    secret = secret_of(invited(nodes, hub))
    first, again = (nodes.enrol(secret, keys(), TERMINAL) for _ in range(2))
    assert first == again


def test_a_code_runs_out_after_an_hour(nodes: Nodes, hub: StaffedHub, clock: HandClock) -> None:
    secret = secret_of(invited(nodes, hub))
    clock.advance(CODE_LIFE)
    assert refused(nodes.enrol(secret, keys(), TERMINAL)).code is RefusalCode.TOO_LATE
    assert enrolled_of(hub) == set()


def enrolled_of(hub: StaffedHub) -> set[NodeId]:
    with hub.records.database.reading() as session:
        return set(enrolled_nodes(session))


def test_a_guessed_code_is_told_nothing_fills_no_log_and_waits_for_no_writer(nodes: Nodes, hub: StaffedHub) -> None:
    with hub.records.database.writing():
        answer = refused(nodes.enrol("00" * 10, keys(), TERMINAL))
    assert answer.sentence == "There is no such code: copy all of it, or have one made."
    assert acts(hub, "node") == []


def test_keys_belong_to_one_node_only(nodes: Nodes, hub: StaffedHub) -> None:
    enrolled(nodes, hub)
    answer = refused(nodes.enrol(secret_of(invited(nodes, hub, "Van 2")), keys(), TERMINAL))
    assert answer.sentence == "These keys belong to another node: enrol this one in a folder of its own."


def test_only_administrators_make_codes_and_revoke(nodes: Nodes, hub: StaffedHub) -> None:
    node = enrolled(nodes, hub)
    for by in (hub.operator, hub.authoriser, hub.auditor):
        assert refused(nodes.invite(by, "Van 3", TERMINAL)).code is RefusalCode.WRONG_ROLE
        assert refused(nodes.revoke(by, node.node, "Why not.", TERMINAL)).code is RefusalCode.WRONG_ROLE
    assert refused(nodes.everybody(hub.builder, TERMINAL)).code is RefusalCode.WRONG_ROLE
    assert refused(nodes.invite(hub.administrator, " ", TERMINAL)).code is RefusalCode.INVALID_FIELDS


def test_a_revoked_node_is_nobody_for_good(nodes: Nodes, hub: StaffedHub) -> None:
    node = enrolled(nodes, hub)
    assert enrolled_of(hub) == {node.node}
    assert refused(nodes.revoke(hub.administrator, node.node, "", TERMINAL)).code is RefusalCode.INVALID_FIELDS
    revoked = nodes.revoke(hub.administrator, node.node, "Stolen.", TERMINAL)
    assert isinstance(revoked, Node)
    assert revoked.state is NodeState.REVOKED
    assert enrolled_of(hub) == set()
    assert refused(nodes.revoke(hub.administrator, node.node, "Again.", TERMINAL)).code is RefusalCode.ALREADY_DECIDED


def test_two_programs_with_one_nodes_keys_are_noted_once(nodes: Nodes, hub: StaffedHub) -> None:
    node = enrolled(nodes, hub)
    for _ in range(2):
        nodes.note_doubled(node.node, "They took turns.")
    with hub.records.database.reading() as session:
        assert enrolled_nodes(session)[node.node].doubled
    assert acts(hub, "node").count(("NODE_DOUBLED", "none")) == 1


def authorised_at(hub: StaffedHub, node: NodeId) -> DeploymentId:
    """An authorised deployment whose only camera is this node's."""
    cameras = (CameraTerms(CameraId("cam-1"), node, "North End", SQUARE),)
    decision = hub.decision(cameras=cameras)
    deployment = hub.drafted(terms=decision.terms)
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    kept(hub.deployments.authorise(hub.asked(hub.authoriser, deployment), decision))
    return deployment


@pytest.fixture
def lists(hub: StaffedHub) -> ListHub:
    return with_lists(hub)


def owed_by_nodes(hub: StaffedHub) -> dict[NodeId, list[str]]:
    """The bundles that each node is asked for the receipt of."""
    with hub.records.database.reading() as session:
        return {node: [each.bundle for each in owed] for node, owed in owed_receipts(session).items()}


def test_what_a_lost_node_holds_is_written_off_by_people_and_told_ever_after(
    lists: ListHub, nodes: Nodes, tmp_path: Path, clock: HandClock
) -> None:
    hub = lists.hub
    node = enrolled(nodes, hub)
    deployment = authorised_at(hub, node.node)
    watchlist = lists.frozen(tmp_path / "in", 2, deployment)
    lists.attached(watchlist, deployment)
    made = lists.use.bundle(
        lists.asked(THE_HUB, watchlist), [NodeKeys(node.node, EXCHANGE.public, SIGNER.public)], in_pieces=True
    )
    assert not isinstance(made, Refusal), made
    assert owed_by_nodes(hub) == {}  # nothing went out yet
    assert lists.use.hand_over(made.bundle, node.node) is None
    assert owed_by_nodes(hub) == {node.node: [made.bundle]}
    assert nodes.owed(hub.administrator, TERMINAL) == []  # the deployment may use it
    clock.now = END
    lists.deployments.end_those_due()
    assert not isinstance(lists.use.destroy(lists.asked(hub.builder, watchlist), "Over."), Refusal)
    assert refused(lists.deployments.record_purge(deployment)).code is RefusalCode.NOT_READY
    assert refused(lists.use.hand_over(made.bundle, node.node)).sentence.startswith("The deployment is over")
    owed = nodes.owed(hub.authoriser, TERMINAL)
    assert not isinstance(owed, Refusal)
    assert [each.bundle for each in owed] == [made.bundle]

    words = (made.bundle, "Burnt with the van.", TERMINAL)
    assert refused(nodes.write_off(hub.operator, node.node, *words)).code is RefusalCode.WRONG_ROLE
    assert refused(nodes.write_off(hub.authoriser, node.node, *words)).sentence == (
        "This node is not given up: revoke it first, or wait for its receipt."
    )
    assert not isinstance(nodes.revoke(hub.administrator, node.node, "Burnt.", TERMINAL), Refusal)
    assert owed_by_nodes(hub) == {}  # it is not asked any more
    assert refused(lists.use.hand_over(made.bundle, node.node)).sentence.startswith("This node is revoked")
    assert not isinstance(nodes.write_off(hub.authoriser, node.node, *words), Refusal)
    assert refused(nodes.write_off(hub.authoriser, node.node, *words)).code is RefusalCode.ALREADY_DECIDED
    purged = lists.deployments.record_purge(deployment)
    assert not isinstance(purged, Refusal)
    assert purged.deployment.state is DeploymentState.PURGED
    report = verify_deletion(hub.records, PURGEABLES)
    assert report.clean
    (told,) = report.written_off
    assert made.bundle in told
    assert node.node in told

    receipt = DestructionReceipt(node.node, made.bundle, watchlist, clock.now + timedelta(days=1))
    assert lists.use.take_receipt(sign_receipt(SIGNER, receipt), "node") is None
    assert verify_deletion(hub.records, PURGEABLES).written_off == ()
    assert refused(nodes.write_off(hub.administrator, NodeId("nobody"), *words)).code is RefusalCode.UNKNOWN_RECORD
    assert Role.ADMINISTRATOR in hub.administrator.roles
