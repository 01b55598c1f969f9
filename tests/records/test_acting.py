"""How acts are written in the audit log."""

from openlfr.policy.roles import Action
from openlfr.records.acting import PROCESSING
from openlfr.records.audit_entry import Processing


def test_whoever_looks_consults_and_alters_nothing() -> None:
    looks = {action for action in Action if action.name.startswith("VIEW_")}
    assert looks
    assert {PROCESSING.get(look) for look in looks} == {Processing.CONSULTATION}
