"""Hub, node and bus as processes that are killed in every order: alerts go on, and nothing stays that must go."""

import itertools
from pathlib import Path

import pytest
from tests.support.database import PASSPHRASE, DatabaseSource
from tests.support.living_hub import TERMINAL, administrator_of, new_place
from tests.support.programs import Ports, answers, hub_program, node_program, wait_for
from tests.support.rehearsals import live_rehearsal, shipped_kit

from openlfr.hub.place import authority_of
from openlfr.hub.services import services_of
from openlfr.link.enrolment import EnrolmentCode, enrol
from openlfr.node.state import NodeState
from openlfr.policy.deployment import DeploymentState
from openlfr.policy.refusal import Refusal
from openlfr.records.audit_verify import verify_audit
from openlfr.records.nodes import Nodes

ORDERS = tuple(itertools.permutations(("hub", "node", "bus")))


@pytest.mark.slow
def test_hub_node_and_bus_are_killed_in_every_order(source: DatabaseSource, tmp_path: Path) -> None:
    ports = Ports.free()
    place, records = new_place(tmp_path / "hub", source.empty())
    hub, node = (
        hub_program(place.folder, ports, tmp_path / "hub.log"),
        node_program(tmp_path / "node", tmp_path / "node.log"),
    )
    orders = ORDERS[::2] if source.name == "sqlite" else ORDERS[1::2]
    services = services_of(records)
    try:
        hub.start()
        wait_for(lambda: answers(ports))
        assert hub.dumps_no_memory
        nodes = Nodes(records, authority_of(records).pin)
        invitation = nodes.invite(administrator_of(services), "Van 1", TERMINAL)
        assert not isinstance(invitation, Refusal)
        code = EnrolmentCode.read(invitation.code)
        state = NodeState.create(tmp_path / "node", PASSPHRASE)
        request = state.keys.request(code.secret, "Van 1", "test")
        state.enrolled(enrol(ports.address, code, request, state.keys.signer))
        rehearsal = live_rehearsal(services, state.enrolment.node, tmp_path, shipped_kit())
        state.close()
        node.start()
        wait_for(rehearsal.alerts)
        for order in orders:
            seen = len(rehearsal.alerts())
            for victim in order:
                match victim:
                    case "hub":
                        hub.kill()
                        hub.start()
                        wait_for(lambda: answers(ports))
                    case "node":
                        node.kill()
                        node.start()
                    case _:
                        hub.kill_bus()
            # A node that was started anew raises one at once; whatever was killed after that must not lose it.
            wait_for(lambda: len(rehearsal.alerts()) > seen)  # noqa: B023
        rehearsal.end()
        wait_for(lambda: all(each.acknowledged for each in rehearsal.deliveries()))
        assert len(rehearsal.deliveries()) >= 1 + len(orders)  # one for each start of the node
        rehearsal.destroy_list()
        wait_for(lambda: rehearsal.state() is DeploymentState.PURGED)
        node.stop()
        hub.stop()
        report = rehearsal.verify_deletion([place.bus, tmp_path / "node"])
        assert report.clean, report.findings
        assert verify_audit(records.database, records.signer.public, [], records.sealer).intact
    finally:
        for program in (node, hub):
            program.stop()
        records.close()
