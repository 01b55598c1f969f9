"""The export of the audit log: verifiable offline, logged as a disclosure, and unchangeable on its way."""

import json
from pathlib import Path

import pytest
from sqlalchemy import select
from tests.records.test_audit_verify import append

from openlfr.policy.identifiers import StaffId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Actor, Role
from openlfr.records.audit_entry import RecordReference
from openlfr.records.audit_export import ExportSummary, check_export, export_audit
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.errors import AuditBrokenError
from openlfr.records.hub_records import HubRecords
from openlfr.sealing.signature import SigningKey

AUDITOR = Actor(StaffId("dpo-1"), frozenset({Role.AUDITOR}))
OPERATOR = Actor(StaffId("op-1"), frozenset({Role.OPERATOR}))


def export(
    records: HubRecords,
    target: Path,
    by: Actor = AUDITOR,
    recipient: str = "ICO",
    record: RecordReference | None = None,
) -> ExportSummary | Refusal:
    return export_audit(
        records, by, target, recipient=recipient, reason="Audit of May", origin="console 1", record=record
    )


def test_the_whole_log_is_exported_with_its_own_disclosure_and_verifies_offline(
    records: HubRecords, tmp_path: Path
) -> None:
    append(records, "a", "b")
    target = tmp_path / "log.jsonl"
    summary = export(records, target)
    assert isinstance(summary, ExportSummary)
    assert summary.complete
    assert summary.entries == 4
    lines = target.read_bytes().splitlines()
    assert check_export(lines, records.signer.public) == summary
    entries = [json.loads(line) for line in lines[1:]]
    assert entries[1]["justification"] == "Looked at a."
    assert (entries[3]["act"], entries[3]["processing"], entries[3]["recipient"]) == (
        "EXPORT_AUDIT",
        "disclosure",
        "ICO",
    )


def test_the_entries_of_one_record_prove_themselves_without_the_others(records: HubRecords, tmp_path: Path) -> None:
    append(records, "a", "b", "a")
    target = tmp_path / "log.jsonl"
    summary = export(records, target, record=RecordReference("alert", "a"))
    assert isinstance(summary, ExportSummary)
    assert (summary.entries, summary.complete) == (3, False)  # the export is a disclosure of this record
    assert check_export(target.read_bytes().splitlines(), records.signer.public) == summary


def test_every_change_to_an_export_is_found(records: HubRecords, tmp_path: Path) -> None:
    append(records, "a", "b")
    target = tmp_path / "log.jsonl"
    export(records, target)
    lines = target.read_bytes().splitlines()
    for old, new in [
        (b"Looked at a.", b"Looked at b."),
        (b'"staff":"5f0c"', b'"staff":"5f0d"'),
        (b'"recorded_at":"2026', b'"recorded_at":"2025'),
        (b'"salt":"', b'"salt":"0'),
        (b'"sequence":1', b'"sequence":2'),
    ]:
        changed = [*lines[:2], lines[2].replace(old, new), *lines[3:]]
        assert changed != lines
        with pytest.raises(AuditBrokenError, match="Line 3"):
            check_export(changed, records.signer.public)
    with pytest.raises(AuditBrokenError, match="out of order, or comes twice"):
        check_export([*lines, lines[-1]], records.signer.public)
    with pytest.raises(AuditBrokenError, match="not genuine"):
        check_export(lines, SigningKey(bytes(32)).public)
    for rubbish in ([], [b"{}"], [b"\xff"]):
        with pytest.raises(AuditBrokenError, match="Line 1"):
            check_export(rubbish, records.signer.public)


def test_an_export_needs_the_auditors_role_and_a_recipient_and_never_overwrites(
    records: HubRecords, tmp_path: Path
) -> None:
    target = tmp_path / "log.jsonl"
    refusals = [export(records, target, by=OPERATOR), export(records, target, recipient=" ")]
    assert [refusal.code for refusal in refusals if isinstance(refusal, Refusal)] == [
        RefusalCode.WRONG_ROLE,
        RefusalCode.AUTHORITY_MISSING,
    ]
    assert not target.exists()
    target.write_text("mine")
    with pytest.raises(FileExistsError):
        export(records, target)
    assert target.read_text() == "mine"
    with records.database.reading() as session:
        assert session.scalars(select(AuditEntryRow.act)).all() == ["RECORDS_CREATED", *["EXPORT_AUDIT"] * 2]
