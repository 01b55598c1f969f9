"""Everything the records hold about one alert, handed out for a court, a complaint or a rights request.

Only somebody whose own judgement is not in question may hand it out; the disclosure, with its recipient and reason, is
in the audit log before anything is read, and so in the pack itself.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from openlfr.policy.certificates import ThresholdCertificate
from openlfr.policy.documents import from_document
from openlfr.policy.identifiers import AlertId
from openlfr.policy.plan import ArmedPlan
from openlfr.policy.raised_alert import AlertPictures
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action, Actor, may_act
from openlfr.policy.text import text_problems
from openlfr.records.acting import reference, write_refused
from openlfr.records.alert_store import AlertView, read_pictures, read_view
from openlfr.records.alert_tables import AlertRow
from openlfr.records.alerts import KIND
from openlfr.records.audit_entry import MAX_WORDS, AuditEvent, Processing, Who
from openlfr.records.audit_export import proven_entries
from openlfr.records.certificates import read_certificate
from openlfr.records.deployment_store import DeploymentRecord, read_deployment, signed_authorities
from openlfr.records.hub_records import HubRecords
from openlfr.records.plans import plan_document
from openlfr.sealing.canonical import parse_canonical
from openlfr.sealing.signature import SignedDocument


@dataclass(frozen=True, slots=True)
class Evidence:
    """One alert with its grounds. `authorities` and `plan` are under the hub's signature, as nodes and officers had
    them; `audit` are the lines of an export of the audit log: its signed head, then every entry about the alert with
    its proof."""

    made_at: datetime
    recipient: str
    reason: str
    view: AlertView
    pictures: AlertPictures
    test: bool
    deployment: DeploymentRecord
    authorities: Sequence[SignedDocument]
    plan: SignedDocument
    certificate: ThresholdCertificate | None
    audit: Sequence[bytes]


def hand_out_evidence(
    records: HubRecords, by: Actor, alert: AlertId, *, recipient: str, reason: str, origin: str
) -> Evidence | Refusal:
    """The evidence of an alert, as long as its contents are kept; place a legal hold to keep them."""
    log = reference(KIND, alert)
    with records.database.writing() as session:
        refusal = _refused(records, session, by, alert, recipient, reason)
        if refusal is not None:
            return write_refused(records, session, by, Action.EXPORT_EVIDENCE, log, origin, refusal)
        who = Who.acting(by, Action.EXPORT_EVIDENCE)
        records.audit.append(
            session,
            AuditEvent(who, Action.EXPORT_EVIDENCE, Processing.DISCLOSURE, log, origin, reason, recipient),
        )
    with records.database.reading() as session:
        view, pictures = read_view(records, session, alert, by), read_pictures(records, session, alert, by)
        deployment = None if view is None else read_deployment(records, session, view.alert.deployment, by)
        plan = None if view is None else plan_document(session, view.raised.plan)
        if view is None or pictures is None or deployment is None or plan is None:
            return Refusal(RefusalCode.UNKNOWN_RECORD, "This alert was destroyed just now.")
        return Evidence(
            made_at=records.clock(),
            recipient=recipient,
            reason=reason,
            view=view,
            pictures=pictures,
            test=session.get_one(AlertRow, alert).test,
            deployment=deployment,
            authorities=signed_authorities(records, session, view.alert.deployment),
            plan=plan,
            certificate=read_certificate(session, from_document(ArmedPlan, parse_canonical(plan.body)).certificate),
            audit=list(proven_entries(records, session, log)),
        )


def _refused(
    records: HubRecords, session: Session, by: Actor, alert: AlertId, recipient: str, reason: str
) -> Refusal | None:
    verdict = may_act(by, Action.EXPORT_EVIDENCE, records.clock())
    if isinstance(verdict, Refusal):
        return verdict
    problems = (
        *text_problems("recipient", recipient, longest=MAX_WORDS),
        *text_problems("reason", reason, longest=MAX_WORDS),
    )
    if problems:
        return Refusal(
            RefusalCode.AUTHORITY_MISSING, "Evidence is handed out to a named recipient for a reason: give both."
        )
    if read_view(records, session, alert, by) is None:
        return Refusal(
            RefusalCode.UNKNOWN_RECORD,
            "There is no such alert, or what it held is destroyed: nothing can be handed out.",
        )
    return None
