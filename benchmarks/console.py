"""The console of the demonstration: `python -m benchmarks.console` prints how soon an alert is on the screen, for
RESULTS.md; with `--screens FOLDER` it writes pictures of every screen there instead, to be looked at.

The real system: `openlfr demo`, with its hub, node, bus and browser, and recordings of the made-up street in 1080p as
one camera and as six. From the moment a frame comes out of the
decoder to the frame in which the browser, on the same cores, shows its alert in the queue.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import numpy as np
import psutil
from benchmarks.report import heading, table
from benchmarks.street_cameras import street_clip
from playwright.sync_api import Browser
from tests.support.console import Desk, chromium, desk, settled
from tests.support.console_walk import walk
from tests.support.living_hub import free_port

from openlfr.cli.demo_street import LISTED, NOT_LISTED, carried

SIZES: Final = ((390, 844), (1366, 768), (1920, 1080))
_LINK: Final = re.compile(r"http://\S+/demonstration/\S+")
_PEOPLE: Final = (LISTED, NOT_LISTED)
_STARTS_WITHIN_S: Final = 300.0
_FIRST_ALERT_WITHIN_MS: Final = 120_000
_WATCH = """
window.opened = Date.now();
window.shown = {};
const look = () => requestAnimationFrame(() => {
  for (const moment of document.querySelectorAll(".queue-row time")) window.shown[moment.dateTime] ??= Date.now();
});
new MutationObserver(look).observe(document, { childList: true, subtree: true });
"""


@contextmanager
def demonstration(sources: Sequence[str] = ()) -> Iterator[str]:
    """Run it before these sources, both people of the street on the list, or else before the street that it draws
    itself, with one of them; gives its one-time link."""
    command = [sys.executable, "-m", "openlfr", "demo", "--port", str(free_port())]
    command += [part for source in sources for part in ("--source", source)]
    if sources:
        command += [part for _, package, path in _PEOPLE for part in ("--watch-for", str(carried(package, path)))]
    with tempfile.TemporaryFile("w+") as said:
        program = subprocess.Popen(command, stdout=said, stderr=said)
        try:
            yield _link(program, said)
        finally:
            program.terminate()
            try:
                program.wait(30)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


def _link(program: "subprocess.Popen[bytes]", said: Any) -> str:
    deadline = time.monotonic() + _STARTS_WITHIN_S
    while time.monotonic() < deadline and program.poll() is None:
        said.seek(0)
        if found := _LINK.search(said.read()):
            return found.group()
        time.sleep(0.1)
    said.seek(0)
    raise SystemExit(f"The demonstration did not start: {said.read()}")


@contextmanager
def onlooker(browser: Browser, link: str, script: str = "") -> Iterator[tuple[Desk, str]]:
    """A browser that opened the link, with a script in every page, once an alert is shown; and the deployment."""
    address = link.partition("/api/")[0]
    with desk(browser, address, size=SIZES[1], service_workers="block") as at:
        at.context.add_init_script(script)
        at.page.goto(link)
        at.page.locator(".queue-row").first.wait_for(timeout=_FIRST_ALERT_WITHIN_MS)
        yield at, at.page.url.rpartition("/")[2]


def photograph(browser: Browser, link: str, folder: Path) -> int:
    """Write a picture of every screen at every size; how many."""
    folder.mkdir(parents=True, exist_ok=True)
    written = 0
    with onlooker(browser, link) as (at, deployment):
        for name, page in walk(browser, at, deployment):
            for width, height in SIZES:
                page.set_viewport_size({"width": width, "height": height})
                settled(page)
                # Pictures of cameras come, and what was chosen moves into view.
                page.wait_for_timeout(300)
                page.evaluate("() => scrollTo(0, 0)")
                whole = page.locator(".veil").count() == 0
                page.screenshot(path=folder / f"{name}-{width}.png", full_page=whole)
                written += 1
            page.set_viewport_size({"width": SIZES[1][0], "height": SIZES[1][1]})
    return written


def seen_after_ms(browser: Browser, link: str, seconds: float) -> list[float]:
    """How long after its capture each alert of so many seconds was on the screen; those before it was open left out."""
    with onlooker(browser, link, _WATCH) as (at, deployment):
        at.page.wait_for_timeout(seconds * 1000)
        shown: dict[str, float] = at.page.evaluate("() => window.shown")
        opened: float = at.page.evaluate("() => window.opened")
        alerts = at.ask(f"/deployments/{deployment}/alerts?limit=200")["items"]
    captured = {each["raised_at"]: datetime.fromisoformat(each["captured_at"]).timestamp() * 1000 for each in alerts}
    return [
        at_ms - captured[raised] for raised, at_ms in shown.items() if raised in captured and captured[raised] > opened
    ]


def row(cameras: int, values: list[float]) -> list[str]:
    figures = [f"{np.percentile(values, share):.0f}" for share in (50, 95, 100)] if values else ["-"] * 3
    load = f"{psutil.getloadavg()[0]:.1f}"
    return [f"{cameras} camera{'' if cameras == 1 else 's'}", f"{len(values)}", *figures, load]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--screens", type=Path, metavar="FOLDER", help="only write pictures of every screen")
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 6])
    parser.add_argument("--seconds", type=float, default=300.0)
    chosen = parser.parse_args()
    with chromium() as browser:
        if chosen.screens is not None:
            with demonstration() as link:
                print(f"{photograph(browser, link, chosen.screens)} pictures in {chosen.screens}.")
            return
        rows = []
        with tempfile.TemporaryDirectory() as folder:
            clip = street_clip(Path(folder) / "street.mp4")
            for count in chosen.cameras:
                with demonstration([str(clip)] * count) as link:
                    rows.append(row(count, seen_after_ms(browser, link, chosen.seconds)))
    print(
        heading(
            "Capture to alert on the screen",
            "Recordings of the made-up street in 1080p; all programs on these cores.",
        )
    )
    print(table(("", "alerts", "p50 ms", "p95 ms", "max ms", "load"), rows))


if __name__ == "__main__":
    main()
