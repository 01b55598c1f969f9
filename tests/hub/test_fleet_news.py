"""What the hub makes of who says hello with a node's keys."""

from tests.support.bus import NODE
from tests.support.deployment_values import NOON

from openlfr.hub.fleet_news import FleetNews
from openlfr.link.messages import Hello


def heard(*boots: str) -> list[bool]:
    news = FleetNews()
    return [news.heard(Hello(NODE, boot, number, NOON, "test"), NOON) for number, boot in enumerate(boots, 1)]


def test_two_that_take_turns_are_twins_from_the_third_return_on() -> None:
    assert heard(*("one", "two") * 4) == [False] * 6 + [True] * 2


def test_last_messages_of_a_node_that_was_started_anew_make_no_twins_however_often_it_is() -> None:
    starts = [boot for start in range(40) for boot in (f"{start}", f"{start + 1}", f"{start}", f"{start}")]
    assert not any(heard(*starts))
