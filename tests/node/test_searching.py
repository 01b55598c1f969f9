"""Searches for cameras: begun once each, ended in time, told whole, forgotten when nobody asks."""

import asyncio
from collections.abc import Callable
from datetime import timedelta

from tests.support.bus import NODE, run, until
from tests.support.deployment_values import NOON

from openlfr.link.messages import MOST_FOUND_CAMERAS, CameraLogin, FoundCamera, SearchFound, SearchWanted
from openlfr.link.signed_messages import seal_login
from openlfr.node.searching import MOST_SEARCHES, Searching
from openlfr.sealing.exchange import ExchangeKey

SOON = NOON + timedelta(seconds=10)
KEY = ExchangeKey(b"\x03" * 32)
GATE = FoundCamera("rtsp://10.0.0.7/1", "Gate", "Maker 1")


class Network:
    """A network that is looked through as a test has it."""

    def __init__(self) -> None:
        self.begun: list[Callable[[FoundCamera], None]] = []
        self.cancelled = 0
        self.answer: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def search(self, _camera: CameraLogin | None, found: Callable[[FoundCamera], None]) -> str:
        self.begun.append(found)
        try:
            return await asyncio.shield(self.answer)
        except asyncio.CancelledError:
            self.cancelled += 1
            raise


def test_a_search_is_begun_once_and_tells_what_it_has_found_by_now_until_there_is_no_more() -> None:
    async def test() -> None:
        network = Network()
        searching = Searching(NODE, KEY, network.search)
        wanted = (SearchWanted("s1", SOON),)
        for _ in range(3):
            searching.keep_to(wanted, NOON)
            await asyncio.sleep(0)
        assert len(network.begun) == 1
        assert list(searching.findings) == [SearchFound(NODE, "s1")]
        network.begun[0](GATE)
        network.begun[0](GATE)
        assert list(searching.findings) == [SearchFound(NODE, "s1", (GATE,))]
        network.answer.set_result("One interface could not be used.")
        await asyncio.sleep(0.01)
        searching.keep_to(wanted, NOON)
        (finding,) = searching.findings
        assert finding == SearchFound(NODE, "s1", (GATE,), "One interface could not be used.", done=True)
        searching.keep_to((), NOON)
        assert not searching.findings

    run(test)


def test_a_search_ends_when_its_time_is_over_or_nobody_wants_it_and_a_flood_of_answers_is_bounded() -> None:
    async def test() -> None:
        network = Network()
        searching = Searching(NODE, KEY, network.search)
        searching.keep_to((SearchWanted("s1", SOON), SearchWanted("s2", SOON), SearchWanted("s3", SOON)), NOON)
        await until(lambda: len(network.begun) == MOST_SEARCHES)
        for number in range(MOST_FOUND_CAMERAS + 50):
            network.begun[0](FoundCamera(f"rtsp://10.0.0.{number}/1", "", ""))
        searching.keep_to((SearchWanted("s1", SOON),), SOON)
        await until(lambda: network.cancelled == MOST_SEARCHES)
        (finding,) = searching.findings
        assert (finding.search, finding.done, len(finding.cameras)) == ("s1", True, MOST_FOUND_CAMERAS)
        await searching.close()

    run(test)


def test_a_search_that_breaks_says_so_and_repeats_nothing() -> None:
    async def broken(_camera: CameraLogin | None, _found: Callable[[FoundCamera], None]) -> str:
        raise OSError("rtsp://user:secret@camera")

    async def test() -> None:
        searching = Searching(NODE, KEY, broken)
        for _ in range(2):
            searching.keep_to((SearchWanted("s1", SOON),), NOON)
            await asyncio.sleep(0.01)
        (finding,) = searching.findings
        assert finding.done
        assert finding.problem == "The search failed unexpectedly (OSError)."

    run(test)


def test_a_camera_is_asked_with_the_login_that_was_sealed_to_this_node_and_with_no_other() -> None:
    given: list[CameraLogin | None] = []

    async def search(camera: CameraLogin | None, _found: Callable[[FoundCamera], None]) -> str:
        given.append(camera)
        return ""

    async def test() -> None:
        searching = Searching(NODE, KEY, search)
        login = CameraLogin("http://10.0.0.7/onvif", "viewer", "word")
        own, other = (seal_login(login, each.public) for each in (KEY, ExchangeKey(b"\x04" * 32)))
        wanted = (SearchWanted("s1", SOON, own), SearchWanted("s2", SOON, other))
        for _ in range(2):
            searching.keep_to(wanted, NOON)
            await asyncio.sleep(0.01)
        assert given == [login]
        assert [each.problem == "" for each in searching.findings] == [True, False]
        assert all(each.done and "word" not in repr(each) for each in searching.findings)

    run(test)
