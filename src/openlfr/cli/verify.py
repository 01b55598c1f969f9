"""`openlfr verify`: is the audit log whole, is what was destroyed gone, is an export genuine?"""

from pathlib import Path
from typing import Annotated

import typer

from openlfr.cli.hub_access import CLEAN, FINDINGS, DatabaseAddress, VaultFolder, give_up, opened, refusals_told
from openlfr.cli.screen import counted
from openlfr.records.audit_export import check_export
from openlfr.records.audit_head import HeadNote, TreeHead
from openlfr.records.audit_verify import NotedHead, verify_audit
from openlfr.records.deletion import verify_deletion
from openlfr.records.purgeables import PURGEABLES
from openlfr.sealing.signature import VerifyKey

app = typer.Typer(help="Check the audit log, deletions and exports.", no_args_is_help=True)


@app.command()
def audit(
    database: DatabaseAddress,
    vault: VaultFolder,
    head: Annotated[
        list[str] | None,
        typer.Option(metavar="SIZE:ROOT", help="A head that was noted elsewhere; repeat for several."),
    ] = None,
) -> None:
    """Read the whole audit log and check it, also against the head noted beside the vault and those given.

    Exits with 0 if it is whole, 1 if not, and 2 if it cannot be read.
    """
    try:
        noted = [NotedHead.parse(text) for text in head or ()]
    except ValueError as error:
        give_up(str(error))
    with opened(database, vault) as records:
        document = HeadNote(vault).read()
        if document is not None:
            beside = TreeHead.opened(document, records.signer.public)
            noted.append(NotedHead(beside.size, beside.root))
        report = verify_audit(records.database, records.signer.public, noted, records.sealer)
    for problem in report.problems:
        typer.echo(problem)
    if report.problem_count > len(report.problems):
        typer.echo(f"... and {report.problem_count - len(report.problems):,} more.")
    if report.intact:
        typer.echo(f"The audit log is whole: {report.head.size:,} entries. Note this head elsewhere:")
        typer.echo(str(report.head))
    raise typer.Exit(CLEAN if report.intact else FINDINGS)


@app.command()
def deletion(
    database: DatabaseAddress,
    vault: VaultFolder,
    folder: Annotated[
        list[Path] | None, typer.Option(metavar="FOLDER", help="A cache or bus folder to search too; repeat.")
    ] = None,
    postgresql_data: Annotated[
        Path | None, typer.Option(metavar="FOLDER", help="PostgreSQL's data folder, if it is on this machine.")
    ] = None,
) -> None:
    """Look for remains of everything that was destroyed: in the database's raw files, the vault, caches and the bus.

    Exits with 0 if nothing is left, 1 if something is, and 2 if the records cannot be opened.
    """
    with opened(database, vault) as records:
        report = verify_deletion(records, PURGEABLES, folders=folder or (), postgresql_data=postgresql_data)
    for finding in report.findings:
        where = finding.where if finding.offset is None else f"{finding.where} at byte {finding.offset:,}"
        typer.echo(f"{where}: {finding.sentence}")
    if report.finding_count > len(report.findings):
        typer.echo(f"... and {report.finding_count - len(report.findings):,} more.")
    for place in report.unreadable:
        typer.echo(f"Not searched: {place}")
    for sentence in report.written_off:
        typer.echo(sentence)
    searched = f"{counted(report.receipts, 'receipt', 'receipts')}, {counted(report.files, 'file', 'files')}, "
    found = "nothing is left." if report.clean else f"{counted(report.finding_count, 'thing', 'things')} found."
    typer.echo(f"{searched}{report.size_bytes / 1e6:,.1f} MB searched: {found}")
    raise typer.Exit(CLEAN if report.clean else FINDINGS)


@app.command()
def export(
    file: Annotated[Path, typer.Argument(help="An export of the audit log.")],
    key: Annotated[
        str, typer.Option(metavar="HEX", help="The key that the hub signs with, as noted when it was made.")
    ],
) -> None:
    """Check an export of the audit log offline, without the hub's database or vault.

    Exits with 0 if it is genuine, and 2 if not.
    """
    try:
        trusted = VerifyKey(bytes.fromhex(key))
    except ValueError:
        give_up("A hub's key is written as 64 hexadecimal digits.")
    try:
        with refusals_told(), file.open("rb") as lines:
            summary = check_export(lines, trusted)
    except OSError as error:
        give_up(f"{file} cannot be read: {error.strerror}.")
    whole = "the whole log" if summary.complete else f"out of {summary.head.size:,}"
    typer.echo(f"Genuine: {summary.entries:,} entries, {whole}, as signed {summary.head.signed_at:%Y-%m-%d %H:%M} UTC.")
