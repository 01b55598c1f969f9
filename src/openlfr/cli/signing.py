"""Keys by which reports and certificates are signed and checked, as commands take them."""

from pathlib import Path
from typing import Annotated

import typer

from openlfr.capture.file_names import shown
from openlfr.cli.hub_access import give_up
from openlfr.sealing.signature import SigningKey, VerifyKey
from openlfr.sealing.unlock import KEY_FILE_BYTES

SigningKeyFile = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help=f"Sign with the {KEY_FILE_BYTES} random bytes in this file: keep them secret."),
]
TrustedKey = Annotated[
    str | None, typer.Option("--signer", metavar="HEX", help="The public key that must have signed it (64 digits).")
]


def signing_key(path: Path) -> SigningKey:
    """The key in a file; ends the command with a sentence when it holds none."""
    try:
        with path.open("rb") as file:
            content = file.read(KEY_FILE_BYTES + 1)
    except OSError as error:
        give_up(f"The signing key {shown(path)} cannot be read: {error.strerror}.")
    if len(content) != KEY_FILE_BYTES:
        give_up(
            f"The signing key {shown(path)} must hold exactly {KEY_FILE_BYTES} random bytes; make one with: "
            f"head -c {KEY_FILE_BYTES} /dev/urandom > FILE"
        )
    return SigningKey(content)


def trusted_key(text: str) -> VerifyKey:
    """The public key somebody typed; ends the command with a sentence when it is none."""
    try:
        return VerifyKey(bytes.fromhex(text))
    except ValueError:
        give_up("A public key has 64 hexadecimal digits: copy the whole of it.")
