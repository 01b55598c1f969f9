"""`openlfr purge`: destroy what the retention policy says must go."""

from pathlib import Path
from typing import Annotated

import typer

from openlfr.cli.hub_access import DatabaseAddress, VaultFolder, give_up, opened, origin
from openlfr.policy.retention import (
    RetentionPolicy,
    RetentionPolicyError,
    packaged_retention_policy,
    parse_retention_policy,
)
from openlfr.records.audit_entry import THE_HUB_ITSELF
from openlfr.records.purgeables import PURGEABLES
from openlfr.records.retention import Retention


def purge(
    database: DatabaseAddress,
    vault: VaultFolder,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be destroyed, and destroy nothing.")
    ] = False,
    policy: Annotated[
        Path | None,
        typer.Option(metavar="FILE", envvar="OPENLFR_RETENTION", help="The force's own retention policy."),
    ] = None,
) -> None:
    """Destroy what is due and not held: keys first, then rows, then their traces; finish what was interrupted.

    Exits with 2 if the records cannot be opened or written; what had begun is finished by the next purge.
    """
    with opened(database, vault) as records:
        retention = Retention(records, _policy(policy), PURGEABLES)
        if dry_run:
            plan = retention.plan()
            for intent in plan.begun:
                typer.echo(f"begun      {intent.record.kind} {intent.record.id}")
            for candidate in plan.due:
                typer.echo(f"due        {candidate.record.kind} {candidate.record.id}")
            for held in plan.held:
                typer.echo(f"held       {held.candidate.record.kind} {held.candidate.record.id} by {held.hold.id}")
            typer.echo(f"{len(plan.begun) + len(plan.due):,} would be destroyed, {len(plan.held):,} are held.")
            return
        receipts = retention.purge(THE_HUB_ITSELF, origin("purge"), "Purge by the retention policy.")
        for receipt in receipts:
            rows = ", ".join(f"{count:,} {table}" for table, count in sorted(receipt.rows.items())) or "no rows"
            typer.echo(f"destroyed  {receipt.record.kind} {receipt.record.id}: {rows}; receipt {receipt.id}")
        for overdue in retention.overdue():
            typer.echo(f"OVERDUE    {overdue.record.kind} {overdue.record.id} since {overdue.since:%Y-%m-%d %H:%M} UTC")
        typer.echo(f"{len(receipts):,} destroyed.")


def _policy(path: Path | None) -> RetentionPolicy:
    if path is None:
        return packaged_retention_policy()
    try:
        return parse_retention_policy(path.read_text(encoding="utf-8"))
    except OSError as error:
        give_up(f"The retention policy {path} cannot be read: {error.strerror}.")
    except (RetentionPolicyError, UnicodeDecodeError) as error:
        give_up(str(error))
