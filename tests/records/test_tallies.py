"""What nodes counted: it survives their restarts, never goes back, and is what statistics publish."""

import pytest
from tests.records.test_nodes import PIN, enrolled, keys
from tests.support.database import HandClock
from tests.support.staffed_hub import TERMINAL, StaffedHub, staffed

from openlfr.link.messages import Tally
from openlfr.policy.identifiers import DeploymentId, NodeId
from openlfr.policy.refusal import RefusalCode
from openlfr.records.hub_records import HubRecords
from openlfr.records.nodes import Nodes
from openlfr.records.statistics import DeploymentStatistics, statistics
from openlfr.records.tallies import DeploymentTally, deployment_tally, keep_tallies


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed(records, clock)


def tally(deployment: DeploymentId, faces: int, *, method: str = "passages-1", created: int = 0) -> Tally:
    return Tally(deployment, method, faces * 10, faces + 5, faces, 3, 1, created or 2 * faces, 2 * faces, 0)


def kept(hub: StaffedHub, deployment: DeploymentId) -> DeploymentTally:
    with hub.records.database.reading() as session:
        return deployment_tally(session, deployment)


def test_a_node_that_was_started_anew_counts_on_and_not_again(hub: StaffedHub) -> None:
    deployment = hub.live()
    nodes = Nodes(hub.records, PIN)
    first, second = (enrolled(nodes, hub, keys(number)).node for number in (8, 9))
    for boot, faces in (("one", 40), ("one", 100), ("one", 90), ("two", 7)):  # 90 came late
        assert keep_tallies(hub.records, first, boot, [tally(deployment, faces)]) == {}
    assert keep_tallies(hub.records, second, "one", [tally(deployment, 1000)]) == {}
    assert kept(hub, deployment).faces_seen == 1107
    assert kept(hub, deployment).created == kept(hub, deployment).destroyed == 2214
    published = statistics(hub.records, hub.auditor, deployment, TERMINAL)
    assert isinstance(published, DeploymentStatistics)
    assert (published.faces_seen, published.faces_seen_method) == (1107, "passages-1")


def test_counts_that_cannot_be_are_refused_and_leave_the_others(hub: StaffedHub) -> None:
    deployment = hub.live()
    unknown = DeploymentId("0196c000-0000-7000-8000-00000000dead")
    node: NodeId = enrolled(Nodes(hub.records, PIN), hub).node
    answer = keep_tallies(hub.records, node, "one", [tally(unknown, 5), tally(deployment, 4)])
    assert {each: refusal.code for each, refusal in answer.items()} == {unknown: RefusalCode.UNKNOWN_RECORD}
    for wrong in (tally(deployment, 9, created=1), tally(deployment, -1), tally(deployment, 9, method="frames-2")):
        assert keep_tallies(hub.records, node, "one", [wrong])[deployment].code is RefusalCode.INVALID_FIELDS
    assert kept(hub, deployment).faces_seen == 4
