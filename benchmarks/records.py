"""How fast the records are: `python -m benchmarks.records [--entries 16000]` prints tables for RESULTS.md.

Both databases wait for the disk at every commit, as in use. PostgreSQL runs on the same machine.
"""

import argparse
import random
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from benchmarks.report import heading, table
from tests.support.database import (
    DatabaseSource,
    HandClock,
    SqliteSource,
    new_hub_records,
    new_vault,
    running_postgres,
)
from tests.support.purgeable import PurgeableFolders, add_folder, create_folder_tables
from tests.support.staffed_hub import PICTURES, staffed

from openlfr.policy.retention import packaged_retention_policy
from openlfr.policy.roles import Action, Role
from openlfr.records.audit_entry import THE_HUB_ITSELF, AuditEvent, Processing, RecordReference, Who
from openlfr.records.audit_verify import verify_audit
from openlfr.records.deletion import verify_deletion
from openlfr.records.hub_records import HubRecords
from openlfr.records.merkle import Tree, leaf_hash
from openlfr.records.receipts import PurgeReceipt
from openlfr.records.retention import Retention
from openlfr.sealing.vault import VAULT_FILE
from openlfr.sealing.vault_file import KeyPurpose

PICTURE_BYTES = 30_000
"""A reference picture of about 400 x 400 pixels as JPEG, with its template."""
VIEWED = AuditEvent(
    Who("01890a5d-ac96-774b-bcce-b302099a8057", Role.OPERATOR),
    Action.VIEW_ALERT,
    Processing.CONSULTATION,
    RecordReference("alert", "01890a5d-ac96-774b-bcce-b302099a8058"),
    "console 1",
    "On duty at the console.",
)


@dataclass(frozen=True, slots=True)
class Line:
    """One row of a table."""

    what: str
    value: str


def seconds(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def vault_line(folder: Path, count: int) -> Line:
    vault = new_vault(folder)
    vault.create_keys(KeyPurpose.ALERT, count)
    ids = sorted(vault.key_ids(KeyPurpose.ALERT))
    one = min(seconds(lambda: vault.create_keys(KeyPurpose.ALERT)) for _ in range(10))
    lookup = seconds(lambda: [vault.key(ids[-1]) for _ in range(1000)]) / 1000
    size = (folder / VAULT_FILE).stat().st_size / 1e6
    half = seconds(lambda: vault.destroy_keys(ids[: count // 2]))
    made = f"one key made {one * 1e3:.1f} ms; one looked up {lookup * 1e6:.0f} µs"
    return Line(f"vault of {count:,} keys ({size:.1f} MB)", f"{made}; half destroyed at once {half * 1e3:.0f} ms")


def audit_lines(records: HubRecords, batches: int) -> list[Line]:
    def append(count: int, times: int) -> None:
        for _ in range(times):
            with records.database.writing() as session:
                records.audit.append(session, *[VIEWED] * count)

    single = 200 / seconds(lambda: append(1, 200))
    batched = 100 * batches / seconds(lambda: append(100, batches))
    sizes: list[int] = []

    def verify(words: bool) -> None:
        report = verify_audit(records.database, records.signer.public, sealer=records.sealer if words else None)
        assert report.intact
        sizes.append(report.head.size)

    plain = seconds(lambda: verify(False))
    with_words = seconds(lambda: verify(True))
    return [
        Line("audit entries appended per second, one a commit", f"{single:,.0f}"),
        Line("audit entries appended per second, 100 a commit", f"{batched:,.0f}"),
        Line("audit entries verified per second", f"{sizes[0] / plain:,.0f}"),
        Line("the same with their sealed words opened", f"{sizes[1] / with_words:,.0f}"),
    ]


def alert_lines(records: HubRecords, clock: HandClock, count: int) -> list[Line]:
    hub = staffed(records, clock)
    deployment = hub.live()
    raised = [hub.raised(deployment) for _ in range(count)]
    took = seconds(lambda: [hub.alerts.raise_alert(each, PICTURES) for each in raised])
    return [Line("alerts written per second (key, pictures sealed, audit entry; one a commit)", f"{count / took:,.0f}")]


def purge_lines(records: HubRecords, entries: int, kept: int, data_folder: Path | None) -> list[Line]:
    create_folder_tables(records)
    chance = random.Random(1)
    picture = chance.randbytes(PICTURE_BYTES)
    took = seconds(lambda: add_folder(records, "watchlist", [picture] * entries))
    add_folder(records, "kept", [picture] * kept)
    retention = Retention(records, packaged_retention_policy(), [PurgeableFolders()])
    doomed = RecordReference("folder", "watchlist")

    def purge() -> None:
        receipt = retention.destroy(doomed, THE_HUB_ITSELF, Action.DESTROY_WATCHLIST, "hub", "The deployment ended.")
        assert isinstance(receipt, PurgeReceipt)
        assert receipt.rows["test_pictures"] == entries

    purged = seconds(purge)
    sizes: list[int] = []

    def search() -> None:
        report = verify_deletion(records, [PurgeableFolders()], postgresql_data=data_folder)
        assert report.clean, report.findings
        sizes.append(report.size_bytes)

    proven = seconds(search)
    return [
        Line(f"watchlist of {entries:,} pictures of {PICTURE_BYTES // 1000} kB sealed and stored", f"{took:.1f} s"),
        Line(f"the same purged to its receipt, beside another list of {kept:,}", f"{purged:.1f} s"),
        Line("deletion proven (raw files searched)", f"{proven:.1f} s, {sizes[0] / 1e6:,.0f} MB"),
    ]


def merkle_lines(size: int) -> list[Line]:
    leaves = [leaf_hash(number.to_bytes(8)) for number in range(size)]
    trees: list[Tree] = []
    built = seconds(lambda: trees.append(Tree(leaves)))
    proofs = seconds(lambda: [trees[0].inclusion_path(position * 7 % size, size) for position in range(1000)]) / 1000
    return [Line(f"inclusion proofs in a log of {size:,}", f"tree {built:.1f} s, then {proofs * 1e6:.0f} µs each")]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=16_000, help="pictures in the watchlist that is purged")
    parser.add_argument("--kept", type=int, default=1_000, help="pictures in the watchlist that stays")
    parser.add_argument("--batches", type=int, default=200, help="batches of 100 audit entries")
    parser.add_argument("--alerts", type=int, default=300)
    chosen = parser.parse_args()
    columns: dict[str, list[Line]] = {}
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="openlfr-bench-")))
        sealing = [vault_line(folder / f"vault-{count}", count) for count in (1_000, 16_000, 50_000)]
        alone = [*sealing, *merkle_lines(200_000)]
        postgres = stack.enter_context(running_postgres(durable=True))
        sources: list[tuple[DatabaseSource, Path | None]] = [
            (SqliteSource(folder), None),
            (postgres, postgres.data_folder),
        ]
        for source, data_folder in sources:
            clock = HandClock()

            def fresh(name: str, source: DatabaseSource = source, clock: HandClock = clock) -> HubRecords:
                return new_hub_records(source.fresh(), folder / f"{source.name}-{name}", clock)

            columns[source.name] = [
                *alert_lines(fresh("alerts"), clock, chosen.alerts),
                *audit_lines(fresh("audit"), chosen.batches),
                *purge_lines(fresh("purge"), chosen.entries, chosen.kept, data_folder),
            ]

    material = "Both databases on this machine, waiting for the disk at every commit."
    print(heading("Sealing and records", material))
    print(table(["", "measured"], [(line.what, line.value) for line in alone]))
    rows = zip(*columns.values(), strict=True)
    print(table(["", *columns], [(lines[0].what, *(line.value for line in lines)) for lines in rows]))


if __name__ == "__main__":
    main()
