"""Questions to nodes: how long they stand, whose answer is taken, and that doubled or late answers change nothing."""

from datetime import datetime, timedelta
from itertools import count

from tests.support.bus import NODE
from tests.support.deployment_values import NOON

from openlfr.hub.node_questions import KEPT, LAST_WORD, NodeQuestions
from openlfr.link.messages import FoundCamera, SearchFound, SearchWanted
from openlfr.policy.identifiers import NodeId

GATE = FoundCamera("rtsp://10.0.0.7/1", "Gate", "Maker 1")
OTHER = NodeId("0196c000-0000-7000-8000-0000000000a2")
A_MINUTE = timedelta(minutes=1)


class Hub:
    """The questions of a hub whose clock a test turns."""

    def __init__(self) -> None:
        self.now: datetime = NOON
        self.nudged: list[NodeId] = []
        numbers = count(1)
        self.questions = NodeQuestions(lambda: self.now, lambda: f"s{next(numbers)}", self.nudged.append)

    def told(self, node: NodeId) -> list[str]:
        return [each.search for each in self.questions.searches.wanted_of(node)]

    def answer(self, search: str) -> SearchFound | None:
        asked = self.questions.searches.newest(search)
        assert asked is not None
        return asked.found


def test_a_question_stands_until_its_node_is_done_and_takes_whatever_comes_doubled_or_late() -> None:
    hub = Hub()
    search = hub.questions.search(NODE, A_MINUTE)
    assert hub.nudged == [NODE]
    assert hub.questions.searches.wanted_of(NODE) == (SearchWanted(search, NOON + A_MINUTE),)
    assert hub.told(OTHER) == []
    assert hub.answer(search) is None
    some, done = SearchFound(NODE, search), SearchFound(NODE, search, (GATE,), done=True)
    for _ in range(2):
        hub.questions.came(some)
    assert hub.answer(search) == some
    assert hub.told(NODE) == [search]
    hub.questions.came(done)
    hub.questions.came(some)
    assert hub.answer(search) == done
    assert hub.told(NODE) == []


def test_only_the_node_that_was_asked_is_believed_and_only_about_what_it_was_asked() -> None:
    hub = Hub()
    search = hub.questions.search(NODE, A_MINUTE)
    hub.questions.came(SearchFound(OTHER, search, (GATE,), done=True))
    hub.questions.came(SearchFound(NODE, "never asked", (GATE,), done=True))
    assert hub.answer(search) is None
    assert hub.questions.searches.newest("never asked") is None


def test_a_question_runs_out_and_the_next_takes_its_place() -> None:
    hub = Hub()
    first, of_other = hub.questions.search(NODE, A_MINUTE), hub.questions.search(OTHER, A_MINUTE)
    second = hub.questions.search(NODE, A_MINUTE)
    assert hub.questions.searches.newest(first) is None
    assert (hub.told(NODE), hub.told(OTHER)) == ([second], [of_other])
    hub.now = NOON + A_MINUTE + LAST_WORD
    assert hub.told(NODE) == []
    hub.questions.came(SearchFound(NODE, second, (GATE,), done=True))
    assert hub.answer(second) is None
    hub.now = NOON + A_MINUTE + KEPT
    assert hub.questions.searches.newest(second) is None
