"""For every test: what one sets for the whole process is as it was for the next."""

import logging
from collections.abc import Iterator

import pytest
import structlog


@pytest.fixture(autouse=True)
def logs_as_before() -> Iterator[None]:
    """A command run within a test sets up logging for its process, which here is everybody's."""
    level = logging.getLogger("asyncio").level
    yield
    structlog.reset_defaults()
    logging.getLogger("asyncio").setLevel(level)
