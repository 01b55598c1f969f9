"""A node's clock that somebody sets back: what its hub said, and what has passed since, still counts."""

from dataclasses import replace
from datetime import datetime, timedelta

from tests.node.test_obedience import EARS, HUB, NODE, ORDERS, PLAN, SETTINGS, signed, the_rule, told
from tests.support.deployment_values import NOON

from openlfr.capture.clock import SystemClock
from openlfr.link.signed_messages import sign_orders
from openlfr.node.hub_time import HubTime
from openlfr.node.obedience import Obeyed, is_over, take_orders
from openlfr.node.state import Seen
from openlfr.policy.refusal import Allowed


class SetByHand(SystemClock):
    """A wall clock and a stop watch."""

    def __init__(self) -> None:
        self.wall, self.passed_s = NOON, 0.0

    def utc(self) -> datetime:
        return self.wall

    def monotonic_s(self) -> float:
        return self.passed_s


def test_a_clock_that_is_right_is_the_nodes_own() -> None:
    own = SetByHand()
    time = HubTime(own)
    assert time.utc() == NOON
    for apart in (-20, 20, 3600):
        time.heard(NOON - timedelta(seconds=apart))
        assert time.utc() == NOON


def test_setting_the_clock_back_neither_prolongs_a_plan_nor_makes_the_node_blind() -> None:
    own = SetByHand()
    time = HubTime(own)
    taken = told(signed(PLAN))
    assert taken.hub_at == NOON
    time.heard(NOON)
    own.wall = NOON - timedelta(hours=5)
    own.passed_s = timedelta(hours=6).total_seconds()
    assert time.utc() == NOON + timedelta(hours=6)
    assert the_rule(taken.obeyed, time.utc() - NOON) == Allowed()
    own.passed_s = timedelta(hours=8).total_seconds()
    assert is_over(PLAN, NODE, time.utc())


def test_a_clock_that_was_wrong_from_the_start_is_held_to_the_hubs_and_complained_of() -> None:
    own = SetByHand()
    own.wall = NOON - timedelta(hours=5)
    time = HubTime(own)
    taken = take_orders(Obeyed(), sign_orders(HUB, replace(ORDERS, plans=(signed(PLAN),))), 7, EARS, Seen(), own.utc())
    assert "The clocks of this node and its hub differ by 18000 seconds" in taken.complaints[0]
    assert taken.obeyed.settings == SETTINGS
    time.heard(NOON)
    assert the_rule(taken.obeyed, time.utc() - NOON) == Allowed()
