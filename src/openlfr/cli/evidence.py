"""`openlfr evidence`: everything about one alert, handed out for a court or a complaint, and checked by who gets it."""

from pathlib import Path
from typing import Annotated

import typer

from openlfr.capture.file_names import shown
from openlfr.cli.hub_access import CLEAN, FINDINGS, DatabaseAddress, VaultFolder, give_up, opened, origin
from openlfr.cli.report import HubKey, Reason, Recipient
from openlfr.cli.signing import trusted_key
from openlfr.cli.watchlist_access import ActingAs, acting, answered
from openlfr.policy.identifiers import AlertId
from openlfr.records.errors import RecordsError
from openlfr.records.evidence import hand_out_evidence
from openlfr.reporting.evidence_pack import check_pack, write_pack
from openlfr.reporting.signed_files import SignedFilesError

app = typer.Typer(help="Evidence of an alert, for a court or a complaint.", no_args_is_help=True)


@app.command()
def pack(
    alert: Annotated[str, typer.Argument(metavar="ALERT", help="The alert's identifier.")],
    to: Annotated[Path, typer.Option("--to", metavar="FILE", help="A new zip file.")],
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    recipient: Recipient,
    reason: Reason,
) -> None:
    """Write everything about one alert to a zip file, signed by the hub. It is in the audit log as a disclosure."""
    if to.exists():
        give_up(f"{shown(to)} is there already: name a new file.")
    with opened(database, vault) as records:
        by = acting(records, acting_as)
        evidence = answered(
            hand_out_evidence(
                records, by, AlertId(alert), recipient=recipient, reason=reason, origin=origin("evidence pack")
            )
        )
        try:
            manifest = write_pack(to, evidence, records.signer)
        except OSError as error:
            give_up(f"{shown(to)} cannot be written: {error.strerror}.")
        typer.echo(f"{len(manifest.files)} files in {shown(to)}. Whoever gets it runs `openlfr evidence verify`.")
        typer.echo("Tell them the hub's key over another way:")
        typer.echo(records.signer.public.raw.hex())


@app.command()
def verify(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A pack, as `openlfr evidence pack` made it.")],
    hub_key: HubKey,
) -> None:
    """Check a pack offline, without the hub: every byte, that nothing is missing or added, and every proof in it.

    Exits with 0 if it is genuine, 1 if not, and 2 if it cannot be read.
    """
    trusted = trusted_key(hub_key)
    try:
        checked = check_pack(file, trusted)
    except (SignedFilesError, RecordsError) as error:
        typer.echo(f"NOT GENUINE: {error}")
        raise typer.Exit(FINDINGS) from error
    except OSError as error:
        give_up(f"{shown(file)} cannot be read: {error.strerror}.")
    manifest = checked.manifest
    typer.echo(
        f"Genuine: evidence of alert {shown(manifest.subject)}, handed out {manifest.made_at:%Y-%m-%d %H:%M} UTC, "
        f"{len(manifest.files)} files, {checked.audit_entries} entries of the audit log proved."
    )
    raise typer.Exit(CLEAN)
