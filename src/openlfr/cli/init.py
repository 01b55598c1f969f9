"""`openlfr init`: a new hub in a folder of its own, with a one-time link for its first administrator."""

import os

import typer

from openlfr.cli.hub_access import origin, refusals_told, unlock
from openlfr.cli.hub_start import (
    ADDRESS_VARIABLE,
    ADMINISTRATOR,
    SIGN_IN_NAME,
    AdministratorName,
    HubFolder,
    Records,
    SignInName,
    begun,
    first_sign_in,
    place_in,
    settings_of,
)
from openlfr.cli.keys import asked_twice
from openlfr.hub.serve import Listening
from openlfr.sealing.unlock import find_unlock


def init(
    folder: HubFolder,
    database: Records = None,
    administrator: AdministratorName = ADMINISTRATOR,
    sign_in_name: SignInName = SIGN_IN_NAME,
) -> None:
    """Make a new hub: vault, database, its own authority for certificates, and the first administrator.

    The passphrase comes from OPENLFR_VAULT_PASSPHRASE, OPENLFR_VAULT_PASSPHRASE_FILE or OPENLFR_VAULT_KEY_FILE, or is
    asked for. There is no default password: the one-time link that is printed leads to where the administrator chooses
    how to sign in. Run again after an interruption it finishes what is missing; a link that was lost is replaced.
    """
    place = place_in(folder, database)
    with refusals_told():
        records = begun(place, unlock() if place.is_made else find_unlock(os.environ, asked_twice))
        first = first_sign_in(records, settings_of(Listening()), administrator, sign_in_name, origin("init"))
        typer.echo(f"The hub in {place.folder} is made. It signs with key {records.signer.public.raw.hex()}")
        typer.echo(
            "Note that key, and keep the passphrase or key file apart from this machine: without it all is lost."
        )
        records.close()
    typer.echo(f"Start it with: openlfr hub --folder {folder}")
    typer.echo(f"Other commands: export OPENLFR_DATABASE='{place.database}' OPENLFR_VAULT='{place.vault}'")
    if first is None:
        typer.echo("Somebody can sign in already: further people are invited by an administrator.")
        return
    typer.echo(f"As the administrator: export OPENLFR_AS={first.staff}")
    if ADDRESS_VARIABLE not in os.environ:
        typer.echo(
            f"The link is for a browser on this machine. For others, set {ADDRESS_VARIABLE} to the hub's address, for "
            "this command too, and run it again."
        )
    typer.echo(f"The administrator signs in as {sign_in_name}, and once it runs sets the account up here, once:")
    typer.echo(first.link)
