"""A console that is left open: over a restart of its hub, and for hours."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, expect
from tests.support.console import WAIT_MS, Desk, WholeHub, demonstrated, settled, whole_hub
from tests.support.living_hub import TERMINAL, administrator_of

from openlfr.hub.services import services_of
from openlfr.policy.identifiers import StaffId
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Role

EIGHT_HOURS: Final = 8 * 60
EVERY_MINUTES: Final = 5
EVENTS_EACH: Final = 4
WARM_UP: Final = 12
MOST_GROWTH_BYTES: Final = 3 << 20


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[WholeHub]:
    with whole_hub(tmp_path, idle_lock="PT8H", session_end="PT24H") as running:
        yield running


def test_a_console_left_open_goes_on_after_the_hub_restarts_and_shows_what_changed_meanwhile(
    hub: WholeHub, browser: Browser
) -> None:
    # What a service worker lets through does not always come past the handlers of a page.
    with hub.at_desk(browser, Role.ADMINISTRATOR, service_workers="block") as at:
        at.complaints.expected = ("ERR_CONNECTION_REFUSED", "ERR_INCOMPLETE_CHUNKED_ENCODING", "ERR_EMPTY_RESPONSE")
        page = at.go("/people")
        administrator = administrator_of(hub.services)
        hub.stop()
        expect(page.get_by_text("The hub is not heard.")).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_text("Ada Auditor")).to_be_visible()
        added = services_of(hub.records).people.add(administrator, "Mary Meanwhile", (), TERMINAL)
        assert not isinstance(added, Refusal), added
        hub.start()
        expect(page.get_by_text("Mary Meanwhile")).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_text("The hub is not heard.")).to_have_count(0, timeout=WAIT_MS)
        added = hub.services.people.add(administrator, "Alan Afterwards", (), TERMINAL)
        assert not isinstance(added, Refusal), added
        expect(page.get_by_text("Alan Afterwards")).to_be_visible(timeout=WAIT_MS)
        expect(page.get_by_text("The hub has a newer console.")).to_have_count(0)

        # This time the hub was upgraded while it was away.
        newer = '<script type="module" src="/assets/index-newer.js"></script>'
        page.route(lambda address: urlsplit(address).path == "/", lambda route: route.fulfill(body=newer))
        hub.stop()
        expect(page.get_by_text("The hub is not heard.")).to_be_visible(timeout=WAIT_MS)
        hub.start()
        expect(page.get_by_text("The hub has a newer console.")).to_be_visible(timeout=WAIT_MS)


def heap_bytes(at: Desk) -> int:
    """What the page's scripts hold, without what nobody holds any more."""
    devices = at.context.new_cdp_session(at.page)
    devices.send("HeapProfiler.collectGarbage")
    used = devices.send("Runtime.getHeapUsage")["usedSize"]
    devices.detach()
    return int(used)


@pytest.mark.slow
def test_a_console_left_open_for_eight_hours_keeps_flat_memory(hub: WholeHub, browser: Browser, tmp_path: Path) -> None:
    deployment, onlooker = demonstrated(hub, tmp_path)
    administrator = administrator_of(hub.services)
    member = hub.services.people.actor(StaffId(hub.staff[Role.AUDITOR].staff))
    assert not isinstance(member, Refusal)
    with hub.at_desk(browser, onlooker) as at:
        at.complaints.expected = ("/picture",)
        at.page.clock.install(time=hub.clock())
        page = at.go(f"/live/{deployment}")
        after_warm_up = 0
        for passed in range(0, EIGHT_HOURS, EVERY_MINUTES):
            for number in range(EVENTS_EACH):
                added = hub.services.people.add(administrator, f"Number {passed} {number}", (), TERMINAL)
                assert not isinstance(added, Refusal), added
            hub.clock.later(minutes=EVERY_MINUTES)
            with page.expect_response("**/api/v1/**", timeout=WAIT_MS):
                page.clock.fast_forward(f"{EVERY_MINUTES:02}:00")
            if passed == WARM_UP * EVERY_MINUTES:
                after_warm_up = heap_bytes(at)
        settled(page)
        assert after_warm_up
        assert heap_bytes(at) - after_warm_up < MOST_GROWTH_BYTES
