"""The phone in a browser of its size, with the network cut and restored: every decision arrives, and arrives once."""

import json
from typing import Any

from playwright.sync_api import Page, Route, expect
from tests.support.cameras import wait_until
from tests.support.console import PHONE
from tests.support.console_hub import ConsoleHub
from tests.support.staffed_hub import SECRET_NAME

from openlfr.policy.adjudication import Adjudicate
from openlfr.policy.alert import AdjudicationReason, AlertState, Identity, Judgement, Outcome
from openlfr.policy.identifiers import AlertId
from openlfr.policy.refusal import Refusal
from openlfr.records.alerts import AlertAsked

WAIT_MS = 30_000
PICTURES = "img[src^='blob:'], img[src^='data:image/jpeg']"
KEPT_ON_THE_PHONE = """async () => {
  const kept = [JSON.stringify({...localStorage}), JSON.stringify({...sessionStorage})];
  for (const { name } of await indexedDB.databases()) {
    const base = await new Promise((done) => { indexedDB.open(name).onsuccess = (e) => done(e.target.result); });
    for (const store of base.objectStoreNames) {
      const all = base.transaction(store).objectStore(store).getAll();
      kept.push(JSON.stringify(await new Promise((done) => { all.onsuccess = () => done(all.result); })));
    }
    base.close();
  }
  for (const name of await caches.keys()) {
    for (const { url } of await (await caches.open(name)).keys()) kept.push(url);
  }
  return kept;
}"""


def opened_by_itself(served: ConsoleHub, **options: Any) -> tuple[Page, AlertId]:
    """The phone of the engagement officer, with an alert that came while they looked at the list."""
    page = served.screen(served.hub.engager, "/phone", PHONE, **options)
    expect(page.get_by_text("No alert waits")).to_be_visible(timeout=WAIT_MS)
    (alert,) = served.raised()
    expect(page.get_by_role("button", name="I have it")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_alt_text("The reference picture")).to_be_visible(timeout=WAIT_MS)
    return page, alert


def opens_without_a_network(page: Page) -> None:
    """Wait until the browser keeps the program itself, as it does from the first time that it is opened."""
    wait_until(lambda: page.evaluate("navigator.serviceWorker.controller?.state") == "activated")


def judged_the_same(page: Page) -> None:
    page.get_by_text("Same person", exact=True).click()
    page.get_by_role("button", name="Features agree").click()
    page.get_by_role("button", name="Same person: an officer").click()


def test_an_alert_is_dealt_with_without_a_network_outlives_the_program_and_arrives_once_when_it_is_back(
    served: ConsoleHub,
) -> None:
    page, alert = opened_by_itself(served)
    opens_without_a_network(page)
    page.context.set_offline(True)
    page.get_by_role("button", name="I have it").click()
    judged_the_same(page)
    expect(page.get_by_text("No connection")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="I am engaging").click()
    taps = 0
    for label in ("Is the person on the watchlist", "Document", "Arrest", "Theft", "Told why, leaflet given"):
        page.get_by_text(label, exact=True).click()
        taps += 1
    page.get_by_role("button", name="Record the outcome").click()
    assert taps + 1 < 10
    expect(page.get_by_text("Decided, and kept on this phone")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("4 to send")).to_be_visible()
    kept = page.evaluate(KEPT_ON_THE_PHONE)
    assert alert in json.dumps(kept)
    assert SECRET_NAME not in json.dumps(kept)
    assert SECRET_NAME not in page.content()
    assert page.locator(PICTURES).count() == 0

    # The phone ends the program, and the officer opens it again, still without a network.
    page.reload()
    expect(page.get_by_text("No connection")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("4 to send")).to_be_visible(timeout=WAIT_MS)
    for words in ("You have the alert", "Your judgement: engage", "You are engaging", "Outcome: arrest"):
        expect(page.get_by_text(words)).to_be_visible()
    assert SECRET_NAME not in page.content()
    of_the_program = [each for each in page.evaluate(KEPT_ON_THE_PHONE) if each.startswith("http")]
    assert of_the_program
    assert not any("/api/" in each for each in of_the_program)
    assert served.done(alert) == ["RAISE_ALERT"]
    before_it_is_back = served.hub.clock()

    page.context.set_offline(False)
    # Until the hub says who sits there, nothing is sent, and nothing more is shown.
    expect(page.get_by_text("Connected")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("to send")).to_have_count(0, timeout=WAIT_MS)
    assert served.done(alert) == [
        "RAISE_ALERT",
        "MARK_ALERT_SEEN",
        "ADJUDICATE_ALERT",
        "RECORD_ENGAGEMENT",
        "RECORD_OUTCOME",
    ]
    found = served.alert(alert)
    assert found.engagement is not None
    assert (found.state, found.engagement.identity, found.engagement.outcome) == (
        AlertState.CLOSED,
        Identity.SAME,
        Outcome.ARREST,
    )
    assert found.adjudications[0].blind
    assert found.engaged_at is not None
    assert found.adjudications[0].at < found.engaged_at < before_it_is_back
    assert alert not in json.dumps(page.evaluate(KEPT_ON_THE_PHONE))


def test_a_phone_that_nobody_touches_locks_itself_without_a_network_and_holds_nothing_of_anybody_then(
    served: ConsoleHub,
) -> None:
    page, _ = opened_by_itself(served)
    page.context.set_offline(True)
    page.get_by_role("button", name="I have it").click()
    judged_the_same(page)  # so that it is not the alert that ends
    expect(page.get_by_role("button", name="I am engaging")).to_be_visible()
    assert SECRET_NAME in page.content()
    page.clock.fast_forward("01:00:00")
    expect(page.get_by_text("The console is locked")).to_be_visible(timeout=WAIT_MS)
    wait_until(lambda: SECRET_NAME not in page.content())
    assert page.locator(PICTURES).count() == 0


def test_a_decision_whose_answer_is_lost_on_the_way_back_is_carried_out_once(served: ConsoleHub) -> None:
    # What a service worker lets through does not always come past the handlers of a page.
    page, alert = opened_by_itself(served, service_workers="block")
    page.get_by_role("button", name="I have it").click()
    lost: list[int] = []

    def lose(route: Route) -> None:
        lost.append(route.fetch().status)
        route.abort()

    page.route("**/adjudicate", lose, times=1)
    # A handler of requests runs only while the test waits for the browser itself.
    with page.expect_event("requestfailed", lambda failed: failed.url.endswith("/adjudicate"), timeout=WAIT_MS):
        judged_the_same(page)
    expect(page.get_by_text("to send")).to_have_count(0, timeout=WAIT_MS)
    expect(page.get_by_role("button", name="I am engaging")).to_be_visible(timeout=WAIT_MS)
    assert lost == [200]
    assert served.done(alert).count("ADJUDICATE_ALERT") == 1


def test_a_decision_that_came_too_late_stays_with_the_hubs_sentence_until_the_officer_takes_it_back(
    served: ConsoleHub,
) -> None:
    page, alert = opened_by_itself(served)
    page.get_by_role("button", name="I have it").click()
    wait_until(lambda: served.alert(alert).state is AlertState.SEEN)
    page.context.set_offline(True)
    judged_the_same(page)
    page.get_by_role("button", name="I am engaging").click()
    differs = Adjudicate(Judgement.NO_MATCH, (AdjudicationReason.SUBJECT_FEATURES_DIFFER,))
    assert not isinstance(
        served.hub.alerts.adjudicate(AlertAsked(served.hub.operator, alert, "the van"), differs), Refusal
    )
    page.context.set_offline(False)
    refused = page.get_by_role("alert").filter(has_text="Somebody acted")
    expect(refused).to_contain_text("Somebody acted on this alert meanwhile", timeout=WAIT_MS)
    assert served.alert(alert).engaged_by is None
    refused.get_by_role("button", name="Take it back").click()
    page.get_by_role("alertdialog").get_by_role("button", name="Take it back").click()
    expect(page.get_by_text("Not carried out")).to_have_count(0)
    assert alert not in json.dumps(page.evaluate(KEPT_ON_THE_PHONE))
