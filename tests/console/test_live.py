"""The live screen in a browser, against a hub that is served: alerts judged, sites stopped, storms weathered."""

import threading
import time
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.support.cameras import wait_until
from tests.support.console_hub import ConsoleHub, console_hub
from tests.support.staffed_hub import SECRET_NAME

from openlfr.policy.alert import AdjudicationReason, AlertState, Judgement
from openlfr.policy.authority import Conditions
from openlfr.policy.deployment import DeploymentState
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Actor
from openlfr.records.alerts import AlertAsked

WAIT_MS = 30_000
STORM_S = 60
STORM_RATE = 50
MOST_ROWS = 60
MOST_HEAP_BYTES = 96 << 20


def live(served: ConsoleHub, who: Actor) -> Page:
    page = served.screen(who, f"/live/{served.deployment}")
    expect(page.get_by_role("heading", name="North End")).to_be_visible(timeout=WAIT_MS)
    return page


def test_an_alert_is_judged_with_the_keyboard_alone_and_blind(served: ConsoleHub) -> None:
    page = live(served, served.hub.operator)
    (alert,) = served.raised()
    expect(page.locator(".queue-row")).to_have_count(1, timeout=WAIT_MS)
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.get_by_text(SECRET_NAME)).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_alt_text("The reference picture")).to_have_js_property("complete", True)
    expect(page.get_by_text("Walking towards the camera, to the left of the picture")).to_be_visible()
    expect(page.get_by_role("radio", name="A shot 0.6 s earlier")).to_be_enabled(timeout=WAIT_MS)
    page.keyboard.press("ArrowRight")
    expect(page.get_by_text("0.6 s earlier, quality 58/100")).to_be_visible()
    page.keyboard.press("]")
    expect(page.get_by_text("47 years old, quality 64/100")).to_be_visible()
    expect(page.get_by_text("Score", exact=False)).not_to_contain_text("0.810")
    wait_until(lambda: served.alert(alert).state is AlertState.SEEN)
    page.keyboard.press("1")
    page.keyboard.press("a")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Waiting for an officer to say that they engage.")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("0.810")).to_be_visible()
    (judged,) = served.alert(alert).adjudications
    assert (judged.by, judged.judgement, judged.blind) == (served.hub.operator.staff, Judgement.ENGAGE, True)
    assert judged.reasons == (AdjudicationReason.SUBJECT_FEATURES_AGREE,)
    asked = AlertAsked(served.hub.engager, alert, "a radio")
    assert not isinstance(served.hub.alerts.engage(asked), Refusal)
    expect(page.get_by_text("Waiting for what the engagement shows.")).to_be_visible(timeout=WAIT_MS)
    page.keyboard.press("Escape")
    expect(page.get_by_role("region", name="Cameras")).to_be_visible()


def test_a_judgement_without_a_reason_is_not_sent_and_different_person_closes(served: ConsoleHub) -> None:
    (alert,) = served.raised()
    page = live(served, served.hub.operator)
    page.locator(".queue-row").click(timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Different person")).to_be_visible(timeout=WAIT_MS)
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Choose at least one reason first.")).to_be_visible()
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Closed: a different person.")).to_be_visible(timeout=WAIT_MS)
    assert served.alert(alert).state is AlertState.CLOSED
    assert served.done(alert) == ["RAISE_ALERT", "MARK_ALERT_SEEN", "ADJUDICATE_ALERT"]


def test_where_two_must_agree_the_second_is_another_person_who_is_not_told_what_the_first_said(
    tmp_path: Path, browser: Browser
) -> None:
    with console_hub(tmp_path, browser, conditions=Conditions(two_person_verification=True)) as served:
        (alert,) = served.raised()
        address = f"/live/{served.deployment}/alerts/{alert}"
        first = served.screen(served.hub.operator, address)
        expect(first.get_by_role("button", name="Same person")).to_be_visible(timeout=WAIT_MS)
        for key in ("1", "a", "Enter"):
            first.keyboard.press(key)
        expect(first.get_by_text("A second person must say the same")).to_be_visible(timeout=WAIT_MS)
        second = served.screen(served.hub.engager, address)
        expect(second.get_by_text("Somebody else has judged these pictures.", exact=False)).to_be_visible(
            timeout=WAIT_MS
        )
        expect(second.locator(".steps")).to_have_count(0)
        for key in ("1", "a", "Enter"):
            second.keyboard.press(key)
        for page in (first, second):
            expect(page.get_by_text("The officers on the ground are told")).to_be_visible(timeout=WAIT_MS)
        assert [each.by for each in served.alert(alert).adjudications] == [
            served.hub.operator.staff,
            served.hub.engager.staff,
        ]


def test_one_key_pauses_at_once_and_ending_asks_first_at_the_site_and_among_several(served: ConsoleHub) -> None:
    page = served.screen(served.hub.operator, "/live")
    card = page.get_by_role("article", name="North End")
    expect(card.get_by_role("button", name="Pause")).to_be_visible(timeout=WAIT_MS)
    page.keyboard.press("p")
    card.get_by_role("link").focus()
    assert served.hub.value(served.deployment).state is DeploymentState.LIVE
    page.keyboard.press("p")
    expect(card.get_by_text("paused", exact=True)).to_be_visible(timeout=WAIT_MS)
    assert served.hub.value(served.deployment).state is DeploymentState.PAUSED
    dialog = page.get_by_role("alertdialog")
    page.keyboard.press("Shift+E")
    expect(dialog).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    card.get_by_role("link").click()
    page.get_by_role("button", name="Resume").click(timeout=WAIT_MS)
    dialog.get_by_role("button", name="Resume").click()
    expect(page.locator(".live-head").get_by_text("live", exact=True)).to_be_visible(timeout=WAIT_MS)
    expect(dialog).to_have_count(0, timeout=WAIT_MS)
    page.keyboard.press("p")
    expect(page.locator(".live-head").get_by_text("paused", exact=True)).to_be_visible(timeout=WAIT_MS)
    assert served.hub.value(served.deployment).state is DeploymentState.PAUSED
    page.keyboard.press("Shift+E")
    expect(dialog).to_be_visible()
    page.keyboard.press("p")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    assert served.hub.value(served.deployment).state is DeploymentState.PAUSED
    page.keyboard.press("Shift+E")
    dialog.get_by_role("button", name="End").click()
    wait_until(lambda: served.hub.value(served.deployment).state is DeploymentState.ENDED)


@pytest.mark.slow
def test_a_storm_of_fifty_alerts_a_second_for_a_minute_leaves_the_screen_usable(served: ConsoleHub) -> None:
    page = live(served, served.hub.operator)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    over = threading.Event()

    def storm() -> None:
        begun = time.monotonic()
        for second in range(STORM_S):
            served.raised(STORM_RATE)
            time.sleep(max(0.0, begun + second + 1 - time.monotonic()))
        over.set()

    raising = threading.Thread(target=storm)
    raising.start()
    try:
        expect(page.locator(".queue-row").first).to_be_visible(timeout=WAIT_MS)
        judged = 0
        while not over.is_set():
            for key in ("ArrowDown", "Enter"):
                page.keyboard.press(key)
            expect(page.get_by_role("button", name="Different person")).to_be_visible(timeout=WAIT_MS)
            for key in ("3", "a", "Enter"):
                page.keyboard.press(key)
            expect(page.get_by_text("Not decided yet.")).to_be_visible(timeout=WAIT_MS)
            assert page.locator(".queue-row").count() <= MOST_ROWS
            page.keyboard.press("Escape")
            judged += 1
        assert judged > 5
    finally:
        raising.join(120)
    older = STORM_S * STORM_RATE - MOST_ROWS
    expect(page.get_by_text(f"{older} older ones wait too")).to_be_visible(timeout=WAIT_MS)
    print(f"{judged} judged meanwhile")
    lists = [url for url in asked if "/alerts?" in url and "state=" in url]
    assert len(lists) < 4 * STORM_S, "the queue is read for every alert"
    devtools = page.context.new_cdp_session(page)
    devtools.send("HeapProfiler.collectGarbage")
    assert devtools.send("Runtime.getHeapUsage")["usedSize"] < MOST_HEAP_BYTES
