"""A hub that has reported deployments, lived through once for all tests of what is published from it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support.example_documents import announced, example_hub
from tests.support.staffed_hub import StaffedHub

from openlfr.policy.deployment import Deployment


@pytest.fixture(scope="session")
def reported_hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StaffedHub]:
    """Only read from it: other tests see it too."""
    folder: Path = tmp_path_factory.mktemp("reported")
    hub = example_hub(folder)
    yield hub
    hub.records.close()


@pytest.fixture(scope="session")
def coming(reported_hub: StaffedHub) -> Deployment:
    """A deployment of that hub which is announced in advance."""
    return announced(reported_hub)
