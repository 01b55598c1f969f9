"""A hub that serves the console, and one Chromium for all tests of a module."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.support.console import chromium
from tests.support.console_hub import ConsoleHub, console_hub


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as started:
        yield started


@pytest.fixture
def served(tmp_path: Path, browser: Browser) -> Iterator[ConsoleHub]:
    with console_hub(tmp_path, browser) as hub:
        yield hub
