"""Who may look: asked before anything is read that no service asks for itself, with every refusal in the audit log."""

from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.records.acting import write_refused
from openlfr.records.audit_entry import RecordReference
from openlfr.records.hub_records import HubRecords


def may_look(records: HubRecords, by: Actor, record: RecordReference, origin: str, *actions: Action) -> Refusal | None:
    """None when one of these actions is the actor's to take; else the refusal of the first, logged."""
    verdicts = [may_act(by, action, records.clock()) for action in actions]
    refused = [each for each in verdicts if isinstance(each, Refusal)]
    if len(refused) < len(verdicts):
        return None
    with records.database.writing() as session:
        return write_refused(records, session, by, actions[0], record, origin, refused[0])
