"""The description of the API from which the console's client is made, against the application as it is."""

import json
from pathlib import Path

from openlfr.hub.app import described

COMMITTED = Path(__file__).resolve().parents[2] / "web" / "openapi.json"


def test_the_console_is_made_from_the_description_that_this_application_gives_of_itself() -> None:
    committed = json.loads(COMMITTED.read_text(encoding="utf-8"))
    described_now = json.loads(json.dumps(described().openapi()))
    assert committed == described_now, "run: python -m openlfr.hub.openapi > web/openapi.json"
