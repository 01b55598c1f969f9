"""`openlfr keys`: make a hub's vault and database, take new keys, accept a restored backup."""

import getpass
import os
from pathlib import Path
from typing import Annotated

import typer

from openlfr.cli.hub_access import (
    DatabaseAddress,
    VaultFolder,
    database_address,
    give_up,
    opened,
    origin,
    refusals_told,
    unlock,
    utc_now,
)
from openlfr.policy.roles import Action
from openlfr.records.audit_entry import THE_HUB_ITSELF, AuditEvent, Processing, RecordReference
from openlfr.records.hub_records import accept_restored, create_hub_records
from openlfr.sealing.unlock import Passphrase, Unlock, find_unlock, new_key_file
from openlfr.sealing.vault import VAULT_FILE, Vault

app = typer.Typer(help="Make a hub's vault and database, take new keys, accept a backup.", no_args_is_help=True)

NewKeyFile = Annotated[
    Path | None,
    typer.Option("--key-file", metavar="FILE", help="Write a new key file here and use it in place of a passphrase."),
]


@app.command()
def init(database: DatabaseAddress, vault: VaultFolder, key_file: NewKeyFile = None) -> None:
    """Make a new vault, and a new database that belongs to it.

    The passphrase comes from OPENLFR_VAULT_PASSPHRASE, OPENLFR_VAULT_PASSPHRASE_FILE or OPENLFR_VAULT_KEY_FILE, or is
    asked for. Run again after an interruption, it finishes what is missing.
    """
    with refusals_told():
        if (vault / VAULT_FILE).exists():
            made = Vault.open(vault, unlock())
        else:
            made = Vault.create(vault, _fresh(key_file) if key_file else find_unlock(os.environ, asked_twice))
        records = create_hub_records(database_address(database), made, utc_now)
        typer.echo(f"Vault and database are made. The hub signs with key {records.signer.public.raw.hex()}")
        typer.echo(
            "Note that key, and keep the passphrase or key file apart from this machine: without it all is lost."
        )
        records.close()


@app.command()
def rotate(
    database: DatabaseAddress,
    vault: VaultFolder,
    key_file: NewKeyFile = None,
    new_passphrase: Annotated[bool, typer.Option(help="Ask for a new passphrase as well.")] = False,
) -> None:
    """Take a new master key, and a new passphrase or key file if asked to; every other key stays.

    The vault is rewritten whole: interrupted, the old one is valid, and the command is simply run again.
    """
    with opened(database, vault) as records:
        changed: Unlock | None = _fresh(key_file) if key_file else Passphrase(asked_twice()) if new_passphrase else None
        with records.database.writing() as session:
            records.audit.append(
                session,
                AuditEvent(
                    THE_HUB_ITSELF,
                    Action.ROTATE_KEYS,
                    Processing.NONE,
                    RecordReference("vault", records.vault.id),
                    origin("keys rotate"),
                    "A new master key" + (", and a new passphrase or key file." if changed else "."),
                ),
            )
            records.vault.rotate(changed)
        typer.echo(f"The vault has a new master key (written {records.vault.generation} times).")


@app.command(name="accept-restored")
def accept(
    database: DatabaseAddress,
    vault: VaultFolder,
    reason: Annotated[str, typer.Option(help="Why an older backup was put back; goes into the audit log.")],
) -> None:
    """Go on with a database or vault that was restored from an older backup.

    What had been destroyed and came back with an old vault is destroyed again. Run `openlfr verify audit` and
    `openlfr verify deletion` afterwards.
    """
    if not reason.strip():
        give_up("Say why the backup was put back: it goes into the audit log.")
    with refusals_told():
        accept_restored(
            database_address(database), vault, unlock(), utc_now, origin("keys accept-restored"), reason
        ).close()
        typer.echo("Accepted, and written into the audit log.")


def _fresh(path: Path) -> Unlock:
    try:
        return new_key_file(path)
    except OSError as error:
        give_up(f"No key file could be written to {path}: {error.strerror}.")


def asked_twice() -> str:
    """A new passphrase, typed twice alike."""
    first = getpass.getpass("New passphrase of the vault: ")
    if getpass.getpass("Once more: ") != first:
        give_up("The two passphrases differ. Nothing was changed.")
    return first
