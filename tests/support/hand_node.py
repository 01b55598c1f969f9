"""A node worked by hand: enrolled with a living hub, says what a test has it say, with its own keys on the real bus."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from tests.support.staffed_hub import PICTURES

from openlfr.link.connection import Connection, connect, node_inbox
from openlfr.link.messages import Hello, Orders, alerts_subject, hello_subject
from openlfr.link.sealed_alert import seal_alert
from openlfr.link.signed_messages import read_orders, sign_hello
from openlfr.link.tls import client_context
from openlfr.node.state import NodeState
from openlfr.policy.identifiers import NodeId
from openlfr.policy.raised_alert import RaisedAlert


@dataclass
class HandNode:
    """One running program with a node's keys; `boot` tells it from another one."""

    state: NodeState
    link: Connection
    boot: str
    number: int = 0

    @property
    def node(self) -> NodeId:
        return self.state.enrolment.node

    async def says(self, at: datetime, **more: object) -> Orders:
        """The hub's orders in answer to a hello. Raises LinkLostError when it gives none."""
        self.number += 1
        hello = replace(Hello(self.node, self.boot, self.number, at, "test"), **more)  # type: ignore[arg-type]
        answer = await self.link.request(hello_subject(self.node), sign_hello(self.state.keys.signer, hello), 5)
        return read_orders(answer, self.state.hub_key)

    async def raises(self, raised: RaisedAlert, message_id: str | None = None) -> None:
        """Put a sealed alert into the hub's queue."""
        sealed = seal_alert(raised, PICTURES, self.state.keys.signer, self.state.hub_exchange_key)
        await self.link.publish_kept(alerts_subject(self.node), sealed, message_id or raised.alert)


@asynccontextmanager
async def hand_node(state: NodeState, boot: str = "boot-1") -> AsyncIterator[HandNode]:
    """A node on the bus of its hub."""
    enrolment = state.enrolment
    link = await connect(
        enrolment.bus,
        state.keys.bus_seed,
        client_context(enrolment.authority.encode()),
        enrolment.node,
        inbox=node_inbox(enrolment.node),
    )
    try:
        assert await link.wait_connected(60), link.why_not
        yield HandNode(state, link, boot)
    finally:
        await link.close()
