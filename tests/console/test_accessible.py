"""Every screen, for everybody: axe finds nothing, nothing sticks out, and the keyboard alone is enough."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, expect
from tests.support.console import LAPTOP, PHONE, WAIT_MS, Desk, demonstrated, screens, settled, whole_hub

from openlfr.policy.identifiers import DeploymentId

AXE: Final = Path(__file__).resolve().parents[2] / "web" / "node_modules" / "axe-core" / "axe.min.js"
TAGS: Final = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_RUN: Final = """async (tags) => {
  const found = await axe.run(document, { runOnly: tags, resultTypes: ["violations"] });
  return found.violations
    .filter((each) => ["serious", "critical"].includes(each.impact))
    .map((each) => `${each.id}: ${each.help}: ${each.nodes.map((node) => node.target.join(" ")).join(", ")}`);
}"""
_THEME: Final = "(theme) => { document.documentElement.dataset.theme = theme; }"
_STICKS_OUT: Final = "() => document.documentElement.scrollWidth - window.innerWidth"
_FOCUSED: Final = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  at.dataset.stopped = "yes";
  const box = at.getBoundingClientRect();
  const look = getComputedStyle(at.matches("input[type=checkbox], input[type=radio], input[type=file]")
    ? at.closest("label") ?? at : at);
  const inner = at.closest("label")?.querySelector(".mark");
  const marked = (style) => style.outlineStyle !== "none" || style.boxShadow !== "none";
  return {
    place: `${at.tagName} ${at.textContent.slice(0, 30)} ${Math.round(box.x)} ${Math.round(box.y + scrollY)}`,
    visible: marked(look) || marked(getComputedStyle(at)) || (inner !== null && inner !== undefined
      && marked(getComputedStyle(inner))),
  };
}"""

# Controls that the keyboard did not stop at: each stop marks what it saw. One of a group of radios or tabs is enough.
_MISSED: Final = """() => [...document.querySelectorAll("a[href], button, input, textarea, select, [tabindex='0']")]
  .filter((each) => each.checkVisibility({ visibilityProperty: true }) && !each.disabled && each.tabIndex >= 0)
  .filter((each) => !each.closest("[inert], [aria-hidden=true]") && !each.matches("[role=tab], [type=radio]"))
  .filter((each) => !each.dataset.stopped)
  .map((each) => `${each.tagName} ${each.ariaLabel ?? each.textContent.slice(0, 30)}`)"""
MOST_STOPS: Final = 150


@pytest.fixture(scope="module")
def onlooker(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[tuple[Desk, DeploymentId]]:
    folder = tmp_path_factory.mktemp("hub")
    with whole_hub(folder) as hub:
        deployment, who = demonstrated(hub, folder)
        # A camera whose node does not run shows no picture, which its screen says.
        with hub.at_desk(browser, who, reduced_motion="reduce") as at:
            at.complaints.expected = ("/picture",)
            yield at, deployment


@pytest.mark.slow
def test_axe_finds_nothing_and_nothing_sticks_out_on_any_screen(onlooker: tuple[Desk, DeploymentId]) -> None:
    at, deployment = onlooker
    axe = AXE.read_text(encoding="utf-8")
    found: list[str] = []
    for screen in screens(at, deployment):
        page = screen.open_at(at)
        page.evaluate(axe)
        for size in (LAPTOP, PHONE):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            settled(page)
            if page.evaluate(_STICKS_OUT) > 0:
                found.append(f"{screen.name} at {size[0]} px: sticks out to the right")
            for theme in ("dark", "light"):
                page.evaluate(_THEME, theme)
                # Colours change over a frame or two.
                page.wait_for_timeout(100)
                found += [f"{screen.name} at {size[0]} px, {theme}: {each}" for each in page.evaluate(_RUN, TAGS)]
        page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
    assert not found, "\n".join(found)
    assert at.complaints.found == []


@pytest.mark.slow
def test_the_keyboard_reaches_every_control_of_every_screen_and_shows_where_it_is(
    onlooker: tuple[Desk, DeploymentId],
) -> None:
    at, deployment = onlooker
    wrong: list[str] = []
    for screen in screens(at, deployment):
        if screen.button:
            continue
        page = screen.open_at(at)
        page.locator("body").evaluate("(body) => { document.activeElement?.blur(); body.focus(); }")
        stops: list[str] = []
        for _ in range(MOST_STOPS):
            page.keyboard.press("Tab")
            at_stop = page.evaluate(_FOCUSED)
            # Between the last control and the first, the focus is at no control of the page.
            if at_stop is None:
                continue
            if at_stop["place"] in stops[:1] and at_stop["place"] != stops[-1]:
                break
            stops.append(at_stop["place"])
            if not at_stop["visible"]:
                wrong.append(f"{screen.name}: {at_stop['place']} does not show that it has the focus")
        missed = page.evaluate(_MISSED)
        wrong += [f"{screen.name}: {each} is not reached" for each in missed]
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize(
    ("path", "button", "role"),
    [
        ("/nodes", "Enrol a node", "alertdialog"),
        ("/people", "Ann Applicant", "dialog"),
        ("/people", "Add somebody", "alertdialog"),
    ],
)
def test_a_dialog_keeps_the_focus_and_gives_it_back(
    onlooker: tuple[Desk, DeploymentId], path: str, button: str, role: str
) -> None:
    at, _ = onlooker
    page = at.go(path)
    opener = page.get_by_role("button", name=button, exact=True).first
    opener.focus()
    page.keyboard.press("Enter")
    dialog = page.locator(f"[role={role}]")
    expect(dialog).to_be_visible(timeout=WAIT_MS)
    settled(page)
    for key in ["Tab"] * 12 + ["Shift+Tab"] * 12:
        page.keyboard.press(key)
        assert dialog.evaluate("(each) => each.contains(document.activeElement)")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(opener).to_be_focused()


def test_screens_are_gone_to_with_the_keyboard_alone(onlooker: tuple[Desk, DeploymentId]) -> None:
    at, _ = onlooker
    page = at.go("/live")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the screen")).to_be_focused()
    for title in ("Watchlists", "Audit", "Settings"):
        link = page.get_by_role("link", name=title, exact=True)
        for _ in range(MOST_STOPS):
            if link.evaluate("(each) => each === document.activeElement"):
                break
            page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        expect(page.get_by_role("heading", level=1, name=title)).to_be_visible(timeout=WAIT_MS)
    tabs = page.get_by_role("tab")
    tabs.first.focus()
    page.keyboard.press("ArrowRight")
    expect(tabs.nth(1)).to_have_attribute("aria-selected", "true")
