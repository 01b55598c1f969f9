"""The evidence pack: whoever gets it can check it alone, and any altered byte, missing or added file is found."""

import zipfile
from pathlib import Path

import pytest
from tests.reporting.test_pdf import conformance, text_of
from tests.support.database import HandClock, SqliteSource, new_hub_records
from tests.support.reported_hub import SECRET_NOTE, Day, live_day
from tests.support.staffed_hub import PICTURES, SECRET_NAME, TERMINAL, StaffedHub, staffed

from openlfr.policy.retention import packaged_retention_policy
from openlfr.records.errors import AuditBrokenError
from openlfr.records.evidence import Evidence, hand_out_evidence
from openlfr.records.regulator_records import (
    DisclosedDeployment,
    RegulatorRecords,
    disclose_to_regulator,
    disclosed_deployment,
)
from openlfr.reporting.evidence_pack import check_pack, write_pack
from openlfr.reporting.pdf import to_pdf
from openlfr.reporting.periods import CALENDAR_YEARS
from openlfr.reporting.regulator_export import check_regulator_export, use_notification, write_export
from openlfr.reporting.signed_files import (
    MANIFEST,
    SignedFilesError,
    check_files,
    new_folder,
    new_zip,
    signed_manifest,
    write_folder,
    write_zip,
)
from openlfr.sealing.signature import SigningKey


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> StaffedHub:
    folder = tmp_path_factory.mktemp("evidence")
    clock = HandClock()
    return staffed(new_hub_records(SqliteSource(folder).fresh(), folder / "vault", clock), clock)


@pytest.fixture(scope="module")
def evidence(hub: StaffedHub) -> Evidence:
    _, alerts = live_day(hub, Day(arrests=1, no_action=0))
    found = hand_out_evidence(
        hub.records, hub.auditor, alerts[0], recipient="Crown Court", reason="R v Example", origin=TERMINAL
    )
    assert isinstance(found, Evidence)
    return found


@pytest.fixture
def pack(hub: StaffedHub, evidence: Evidence, tmp_path: Path) -> Path:
    write_pack(tmp_path / "pack.zip", evidence, hub.records.signer)
    return tmp_path / "pack.zip"


def contents(pack: Path) -> dict[str, bytes]:
    with zipfile.ZipFile(pack) as opened:
        return {name: opened.read(name) for name in opened.namelist()}


def test_it_holds_both_pictures_the_decisions_and_a_summary_that_people_can_read(pack: Path) -> None:
    files = contents(pack)
    assert (files["probe.jpg"], files["probe-2.jpg"]) == PICTURES.probes
    assert (files["candidate.jpg"], files["candidate-2.jpg"]) == PICTURES.candidates
    assert SECRET_NAME.encode() in files["match.json"]
    said = text_of(files["summary.pdf"])
    assert conformance(files["summary.pdf"]) == ("2", "B")
    for words in (
        "Crown Court",
        "judged: engage",
        SECRET_NOTE,
        "arrest",
        "charged",
        "0.64",
        "sface",
        "not a probability",
    ):
        assert words in said
    assert pack.stat().st_mode & 0o077 == 0


def test_it_is_genuine_for_whoever_has_the_hubs_key_and_nobody_elses(hub: StaffedHub, pack: Path) -> None:
    checked = check_pack(pack, hub.records.signer.public)
    assert checked.audit_entries >= 7
    with pytest.raises(SignedFilesError, match="cannot be trusted"):
        check_pack(pack, SigningKey(b"\x05" * 32).public)


def test_a_change_in_any_of_its_files_is_found(hub: StaffedHub, pack: Path, tmp_path: Path) -> None:
    files = contents(pack)
    manifest = files.pop(MANIFEST)
    for name, content in files.items():
        altered = (
            content[: len(content) // 2] + bytes([content[len(content) // 2] ^ 1]) + content[len(content) // 2 + 1 :]
        )
        forged = tmp_path / f"{name.replace('/', '-')}.zip"
        write_zip(forged, {**files, name: altered}, manifest)
        with pytest.raises(SignedFilesError, match="was changed"):
            check_pack(forged, hub.records.signer.public)
    for others, words in ((dict(list(files.items())[1:]), "missing"), ({**files, "more.txt": b""}, "does not belong")):
        forged = tmp_path / f"{words}.zip"
        write_zip(forged, others, manifest)
        with pytest.raises(SignedFilesError, match=words):
            check_pack(forged, hub.records.signer.public)


def test_even_the_hub_cannot_sign_an_audit_entry_that_is_not_in_its_log(
    hub: StaffedHub, evidence: Evidence, pack: Path, tmp_path: Path
) -> None:
    files = contents(pack)
    del files[MANIFEST]
    files["audit.jsonl"] = (
        files["audit.jsonl"]
        .replace(b'"act":"VIEW_ALERT"', b'"act":"VIEW_STAFF"')
        .replace(b'"act":"RAISE_ALERT"', b'"act":"CLOSE_ALERT"')
    )
    manifest = signed_manifest("evidence pack", "x", evidence.made_at, files, hub.records.signer)
    write_zip(tmp_path / "forged.zip", files, manifest)
    check_files(tmp_path / "forged.zip", hub.records.signer.public)
    with pytest.raises(AuditBrokenError, match="is not the one in the signed log"):
        check_pack(tmp_path / "forged.zip", hub.records.signer.public)


def test_a_regulator_checks_the_whole_log_and_every_signature_offline(hub: StaffedHub, tmp_path: Path) -> None:
    disclosed = disclose_to_regulator(hub.records, hub.auditor, recipient="ICO", reason="Audit", origin=TERMINAL)
    assert isinstance(disclosed, RegulatorRecords)
    target, key = tmp_path / "export", hub.records.signer
    told: list[tuple[int, int]] = []
    with new_folder(target) as folder:
        write_export(
            folder, disclosed, packaged_retention_policy(), (), CALENDAR_YEARS, key, lambda *done: told.append(done)
        )
    checked = check_regulator_export(target, key.public)
    assert checked.audit_entries == disclosed.audit_size() == len(list(disclosed.audit())) - 1
    assert told == [(0, checked.audit_entries)]
    assert checked.documents == sum(len(each.authorities) for each in disclosed.deployments()) > 0
    with (tmp_path / "export.zip").open("xb") as file, new_zip(file) as packed:
        write_export(packed, disclosed, packaged_retention_policy(), (), CALENDAR_YEARS, key)
    assert check_regulator_export(tmp_path / "export.zip", key.public) == checked
    names = {each.name for each in checked.manifest.files}
    assert {"audit.jsonl", "retention-policy.json"} < names
    for each in checked.manifest.files:
        assert SECRET_NAME.encode() not in (target / each.name).read_bytes()
    log = (target / "audit.jsonl").read_bytes().splitlines(keepends=True)
    (target / "audit.jsonl").write_bytes(b"".join(log[:-1]))
    with pytest.raises(SignedFilesError, match=r"audit\.jsonl is not the one"):
        check_regulator_export(target, key.public)


def test_a_shortened_log_is_found_even_under_a_new_signature(hub: StaffedHub, tmp_path: Path) -> None:
    disclosed = disclose_to_regulator(hub.records, hub.auditor, recipient="ICO", reason="Audit", origin=TERMINAL)
    assert isinstance(disclosed, RegulatorRecords)
    files = {"audit.jsonl": b"\n".join(list(disclosed.audit())[:-1]) + b"\n"}
    manifest = signed_manifest("regulator export", "x", disclosed.made_at, files, hub.records.signer)
    write_folder(tmp_path / "short", files, manifest)
    with pytest.raises(SignedFilesError, match="not whole"):
        check_regulator_export(tmp_path / "short", hub.records.signer.public)


def test_one_kind_of_set_is_not_taken_for_another(hub: StaffedHub, pack: Path) -> None:
    with pytest.raises(SignedFilesError, match="no regulator export but a genuine evidence pack"):
        check_regulator_export(pack, hub.records.signer.public)


def test_the_notification_of_a_use_says_what_the_ai_act_asks_and_names_nobody(hub: StaffedHub) -> None:
    deployment, alerts = live_day(hub, Day(day=2, arrests=1))
    disclosed = disclosed_deployment(
        hub.records, hub.auditor, deployment, recipient="The authority", reason="Art 5(4)", origin=TERMINAL
    )
    assert isinstance(disclosed, DisclosedDeployment)
    said = text_of(to_pdf(use_notification(disclosed, "The authority")))
    for words in ("To: The authority", "still going on", "Borough Police", "wanted by the courts", "none is named"):
        assert words in said
    for secret in (SECRET_NAME, SECRET_NOTE, *alerts, *(each.staff for each in hub.staff.values())):
        assert f" {secret} " not in said
    assert disclosed.record.deployment.watchlist_hash is not None
    assert disclosed.record.deployment.watchlist_hash in said.replace(" ", "")
