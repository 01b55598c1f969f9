"""Watchlists on their way to one node each: made when it asks, in memory only, and only while it fetches them."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from openlfr.hub.fleet_orders import DeploymentOrders
from openlfr.link.bundle_pieces import BundlePiece, piece_of, refused_piece
from openlfr.link.messages import BundleWanted
from openlfr.link.watchlist_bundle import NodeKeys
from openlfr.policy.identifiers import DeploymentId, NodeId
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import THE_HUB
from openlfr.records.watchlist_store import AskedList
from openlfr.records.watchlist_use import WatchlistsInUse

KEPT_S: Final = 60.0
"""How long after the last question for a piece the rest waits."""


@dataclass(slots=True)
class _Kept:
    node: NodeId
    deployment: DeploymentId
    content: bytes
    asked_at: float


class FleetBundles:
    """Makes and keeps bundles. For one event loop; `elapsed` is a monotonic clock in seconds."""

    def __init__(self, in_use: WatchlistsInUse, elapsed: Callable[[], float]) -> None:
        self._in_use = in_use
        self._elapsed = elapsed
        self._kept: dict[str, _Kept] = {}
        self._making: set[tuple[NodeId, DeploymentId]] = set()

    async def piece(self, wanted: BundleWanted, keys: NodeKeys, orders: DeploymentOrders | None) -> BundlePiece:
        """The piece a node asks for, or why it gets none. `orders` are those of the deployment it names."""
        self.forget_abandoned()
        if orders is None or orders.over or keys.node not in orders.nodes or orders.watchlist is None:
            return refused_piece("No camera of this node is in a deployment of that name that has a watchlist.")
        if wanted.watchlist_hash != orders.watchlist_hash:
            return refused_piece("The deployment has another watchlist by now: wait for the newest plan.")
        if wanted.bundle:
            return await self._kept_piece(wanted)
        whose = (keys.node, wanted.deployment)
        if whose in self._making:
            return refused_piece("The watchlist is being made ready for this node: ask again in a moment.")
        self._making.add(whose)
        try:
            asked = AskedList(THE_HUB, orders.watchlist, f"node {keys.node}")
            made = await asyncio.to_thread(self._in_use.bundle, asked, [keys], in_pieces=True)
        finally:
            self._making.discard(whose)
        if isinstance(made, Refusal):
            return refused_piece(made.sentence)
        self._kept = {name: each for name, each in self._kept.items() if (each.node, each.deployment) != whose}
        self._kept[made.bundle] = _Kept(keys.node, wanted.deployment, made.content, self._elapsed())
        return await self._piece(made.bundle, made.content, 0, keys.node)

    def forget_abandoned(self) -> None:
        """Let go of what nobody has asked for lately."""
        now = self._elapsed()
        self._kept = {name: each for name, each in self._kept.items() if now - each.asked_at <= KEPT_S}

    async def _kept_piece(self, wanted: BundleWanted) -> BundlePiece:
        kept = self._kept.get(wanted.bundle)
        if kept is None or (kept.node, kept.deployment) != (wanted.node, wanted.deployment):
            return refused_piece("The hub has let go of this bundle: ask for a new one.")
        kept.asked_at = self._elapsed()
        return await self._piece(wanted.bundle, kept.content, wanted.offset, kept.node)

    async def _piece(self, bundle: str, content: bytes, offset: int, node: NodeId) -> BundlePiece:
        try:
            piece = piece_of(bundle, content, offset)
        except ValueError as error:
            return refused_piece(str(error))
        if offset + len(piece.content) >= len(content):
            refusal = await asyncio.to_thread(self._in_use.hand_over, bundle, node)
            if refusal is not None:
                return refused_piece(refusal.sentence)
        return piece
