"""`openlfr models`: which model packs this machine has, whether they are sound, and adding one."""

import os
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from openlfr.capture.address import AddressError, CameraAddress
from openlfr.vision.inference import OpenVinoRuntime, try_out
from openlfr.vision.packs import LoadedPack, ModelPack, PackError, add_pack, find_pack, load_pack, pack_names

app = typer.Typer(no_args_is_help=True, help="Model packs: list them, check them, add one.")

_UNUSABLE_INPUT = 2


@app.command("list")
def list_packs() -> None:
    """Show the built-in pack and those added, with their licences."""
    table = Table("pack", "version", "detector", "recogniser", "licence", "where")
    unusable: list[str] = []
    for name in pack_names():
        try:
            found = find_pack(name)
        except PackError as error:
            table.add_row(escape(name), "", "[red]unusable[/red]")
            unusable.append(str(error))
            continue
        pack = found.pack
        licence = (
            escape(pack.licence) if pack.licence_is_free else f"[yellow]{escape(pack.licence)} (not free)[/yellow]"
        )
        where = "built in" if found.built_in else escape(str(found.folder))
        table.add_row(name, pack.version, pack.detector.name, pack.recogniser.name, licence, where)
    _console().print(table)
    for sentence in unusable:
        _complain(sentence)


@app.command()
def verify(names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...")] = None) -> None:
    """Check every hash of the named packs (of all, if none is named), and run their models once."""
    table = Table("pack", "result", "identity")
    problems: list[str] = []
    all_sound = True
    for name in names or pack_names():
        try:
            pack = load_pack(name)
            _try_out(pack)
        except PackError as error:
            table.add_row(escape(name), "[red]unusable[/red]", "")
            problems.append(str(error))
            all_sound = False
        else:
            table.add_row(name, "[green]sound[/green]", pack.identity)
            problems += pack.warnings
    _console().print(table)
    for sentence in problems:
        _complain(sentence)
    if not all_sound:
        raise typer.Exit(_UNUSABLE_INPUT)


@app.command()
def add(
    source: Annotated[str, typer.Argument(metavar="FOLDER|ARCHIVE|ADDRESS")],
    sha256: Annotated[
        str | None, typer.Option(help="SHA-256 of the archive or manifest; an address cannot do without.")
    ] = None,
    accept_licence: Annotated[
        bool, typer.Option("--accept-licence", help="Accept a licence that is not a free one without being asked.")
    ] = False,
) -> None:
    """Add a pack: a folder with a pack.toml, a tar or zip of one, or the address of an archive or of a pack.toml."""

    def licence_accepted(pack: ModelPack) -> bool:
        _console().print(
            f"The pack {pack.name} {pack.version} is under the licence [bold]{escape(pack.licence)}[/bold], "
            f"which is not a free one:\n{escape(pack.notice)}"
        )
        if accept_licence:
            return True
        try:
            return typer.confirm("Do you accept this licence?", default=False)
        except typer.Abort:  # nobody there to answer
            return False

    try:
        if "://" in source:
            # A login in it stands in the environment by now (see app.main).
            source = CameraAddress.parse(source, os.environ).secret_url()
        added = add_pack(source, sha256=sha256, licence_accepted=licence_accepted, try_out=_try_out)
    except (AddressError, PackError) as error:
        _complain(str(error))
        raise typer.Exit(_UNUSABLE_INPUT) from error
    pack, folder = added.pack, escape(str(added.folder))
    _console().print(f"Added the pack [bold]{pack.name}[/bold] {pack.version} ({escape(pack.licence)}) in {folder}.")


def _try_out(pack: LoadedPack) -> None:
    try_out(pack, OpenVinoRuntime())


def _console() -> Console:
    return Console(highlight=False, soft_wrap=True)


def _complain(sentence: str) -> None:
    Console(stderr=True, highlight=False, soft_wrap=True).print(escape(sentence))
