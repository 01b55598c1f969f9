"""Every screen, for everybody: axe finds nothing, nothing sticks out, and the keyboard alone is enough."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import pytest
from playwright.sync_api import Browser, Page, expect
from tests.support.console import LAPTOP, PHONE, WAIT_MS, Desk, demonstrated, raise_alert, settled, whole_hub
from tests.support.console_walk import walk

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
  .filter((each) => !each.closest("[inert], [aria-hidden=true]"))
  .filter((each) => !each.matches("[role=tab], [role=radio], [type=radio]"))
  .filter((each) => !each.dataset.stopped)
  .map((each) => `${each.tagName} ${each.ariaLabel ?? each.textContent.slice(0, 30)}`)"""
MOST_STOPS: Final = 150
HIGH: Final = 3000
"""So high that no bar at the edge of a screen covers what can be scrolled from under it."""


@dataclass
class Findings:
    """What is wrong on the screens, each in a line."""

    axe: list[str] = field(default_factory=list)
    sticking_out: list[str] = field(default_factory=list)
    keyboard: list[str] = field(default_factory=list)


@pytest.fixture(scope="module")
def onlooker(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[tuple[Desk, Findings]]:
    """The desk of somebody who holds every role and has been at every screen, and what was found there."""
    folder = tmp_path_factory.mktemp("hub")
    axe = AXE.read_text(encoding="utf-8")
    with whole_hub(folder) as hub:
        deployment, who = demonstrated(hub, folder)
        raise_alert(hub, deployment)
        # A camera whose node does not run shows no picture, which its screen says.
        with hub.at_desk(browser, who, reduced_motion="reduce", service_workers="block") as at:
            at.complaints.expected = ("/picture",)
            found = Findings()
            for name, page in walk(browser, at, deployment):
                looked_at(name, page, axe, found)
            yield at, found


def looked_at(name: str, page: Page, axe: str, found: Findings) -> None:
    """Add what is wrong on a screen in both sizes and colours, and with the keyboard; leaves it as it was."""
    page.evaluate(axe)
    # Each size once and each colours once: how light a word is does not hang on the width.
    is_dialog = page.locator(".veil").count() > 0
    for size, theme in ((PHONE, "dark"), (LAPTOP, "light")):
        # A dialog is as high as the window lets it be, and scrolls by itself.
        page.set_viewport_size({"width": size[0], "height": size[1] if is_dialog else HIGH})
        page.evaluate(_THEME, theme)
        settled(page)
        if page.evaluate(_STICKS_OUT) > 0:
            found.sticking_out.append(f"{name} at {size[0]} px")
        found.axe += [f"{name} at {size[0]} px, {theme}: {each}" for each in page.evaluate(_RUN, TAGS)]
    page.set_viewport_size({"width": LAPTOP[0], "height": LAPTOP[1]})
    page.evaluate(_THEME, "dark")
    found.keyboard += [f"{name}: {each}" for each in keyboard_faults(page)]


def keyboard_faults(page: Page) -> Iterator[str]:
    """Controls that the Tab key does not stop at, and stops that do not show themselves."""
    if page.locator(".veil").count():
        # Dialogs have a test of their own: they keep the focus.
        return
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
            yield f"{at_stop['place']} does not show that it has the focus"
    for missed in page.evaluate(_MISSED):
        yield f"{missed} is not reached"


@pytest.mark.slow
def test_axe_finds_nothing_on_any_screen(onlooker: tuple[Desk, Findings]) -> None:
    at, found = onlooker
    assert not found.axe, "\n".join(found.axe)
    assert at.complaints.found == []


@pytest.mark.slow
def test_nothing_sticks_out_on_any_screen_of_a_laptop_or_a_phone(onlooker: tuple[Desk, Findings]) -> None:
    _, found = onlooker
    assert not found.sticking_out, "\n".join(found.sticking_out)


@pytest.mark.slow
def test_the_keyboard_reaches_every_control_of_every_screen_and_shows_where_it_is(
    onlooker: tuple[Desk, Findings],
) -> None:
    _, found = onlooker
    assert not found.keyboard, "\n".join(found.keyboard)


@pytest.mark.parametrize(
    ("path", "button", "role"),
    [
        ("/nodes", "Enrol a node", "alertdialog"),
        ("/people", "Ann Applicant", "dialog"),
        ("/people", "Add somebody", "alertdialog"),
    ],
)
def test_a_dialog_keeps_the_focus_and_gives_it_back(
    onlooker: tuple[Desk, Findings], path: str, button: str, role: str
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


def test_screens_are_gone_to_with_the_keyboard_alone(onlooker: tuple[Desk, Findings]) -> None:
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
