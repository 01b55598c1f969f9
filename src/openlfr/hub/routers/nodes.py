"""Nodes: which there are and how they fare, codes for new ones, revocation, lists that lost ones never gave back."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Response

from openlfr.hub.fleet import Fleet
from openlfr.hub.idempotency import OnceOnly
from openlfr.hub.pagination import AskedPage, Listed, page_of
from openlfr.hub.parts import HubServices, Settings, part
from openlfr.hub.problems import answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.schemas.fleet import (
    InvitationView,
    NodeNaming,
    NodeView,
    OwedReceiptView,
    Reason,
    WriteOff,
    node_view,
)
from openlfr.hub.schemas.wire import Identifier
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.identifiers import NodeId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.nodes import Node, Nodes

router = APIRouter(prefix="/nodes", tags=["nodes"], route_class=OnceOnly)

OurNodes = Annotated[Nodes, Depends(part(Nodes))]
OurFleet = Annotated[Fleet, Depends(part(Fleet))]
NodePath = Annotated[Identifier, Path(description="The node's identifier.")]


@router.get("")
def list_nodes(
    caller: SignedIn, services: HubServices, nodes: OurNodes, fleet: OurFleet, page: AskedPage
) -> Listed[NodeView]:
    """Every node there ever was, the oldest first, with what it last said."""
    now, news = services.records.clock(), fleet.news
    everybody = answered(nodes.everybody(caller.actor, caller.origin))
    return page_of(everybody, page, lambda each: each.node, lambda each: node_view(each, news.get(each.node), now))


@router.post("", status_code=HTTPStatus.CREATED)
def invite_node(
    caller: SignedIn,
    services: HubServices,
    nodes: OurNodes,
    settings: Settings,
    naming: NodeNaming,
    response: Response,
) -> InvitationView:
    """Make a one-time code with which a machine becomes a node of this hub, within the hour."""
    invitation = answered(nodes.invite(caller.actor, naming.name, caller.origin))
    response.headers["Location"] = f"{PREFIX}/nodes/{invitation.node.node}"
    view = node_view(invitation.node, None, services.records.clock())
    return InvitationView(node=view, code=invitation.code, hub=settings.address)


@router.get("/owed-receipts")
def list_owed_receipts(caller: SignedIn, nodes: OurNodes, page: AskedPage) -> Listed[OwedReceiptView]:
    """Watchlists that nodes were given and have not said they destroyed."""
    owed = answered(nodes.owed(caller.actor, caller.origin))
    return page_of(owed, page, lambda each: each.bundle, OwedReceiptView.model_validate)


@router.get("/{node}")
def get_node(caller: SignedIn, services: HubServices, nodes: OurNodes, fleet: OurFleet, node: NodePath) -> NodeView:
    """One node, with what it last said."""
    everybody = answered(nodes.everybody(caller.actor, caller.origin))
    found: Node | Refusal = next(
        (each for each in everybody if each.node == node),
        Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such node."),
    )
    return node_view(answered(found), fleet.news.get(NodeId(node)), services.records.clock())


@router.post("/{node}/revoke")
def revoke_node(caller: SignedIn, services: HubServices, nodes: OurNodes, node: NodePath, reason: Reason) -> NodeView:
    """Never speak to a node again, nor believe it: for machines that are lost, stolen or given away."""
    revoked = answered(nodes.revoke(caller.actor, NodeId(node), reason.reason, caller.origin))
    return node_view(revoked, None, services.records.clock())


@router.post("/{node}/write-offs")
def write_off(caller: SignedIn, nodes: OurNodes, node: NodePath, wanted: WriteOff) -> OwedReceiptView:
    """Take upon oneself that a revoked node will never say that a watchlist is destroyed there."""
    done = nodes.write_off(caller.actor, NodeId(node), wanted.bundle, wanted.reason, caller.origin)
    return OwedReceiptView.model_validate(answered(done))
