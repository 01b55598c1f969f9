"""`openlfr watchlist`: a list from pictures to bundle, and people off it at any moment."""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationError
from rich.console import Console
from rich.table import Table
from rich.text import Text

from openlfr.capture.file_names import shown
from openlfr.cli.hub_access import DatabaseAddress, VaultFolder, give_up, opened, origin
from openlfr.cli.watchlist_access import ActingAs, ListOption, acting, answered, lists_service, use_service
from openlfr.cli.watchlist_import import import_pictures
from openlfr.link.watchlist_bundle import NodeKeys
from openlfr.policy.identifiers import DeploymentId, EntryId, NodeId, WatchlistId
from openlfr.records.watchlist_findings import Verdict
from openlfr.records.watchlist_reviews import EntryView, WatchlistReviews
from openlfr.records.watchlist_store import AskedList
from openlfr.records.watchlist_tables import Review
from openlfr.records.watchlists import ListRecord
from openlfr.reporting.suppression import suppress_small, suppressed_text
from openlfr.sealing.durable import write_synced
from openlfr.sealing.errors import SignatureInvalidError
from openlfr.sealing.exchange import ExchangePublicKey
from openlfr.sealing.signature import SignedDocument, VerifyKey

app = typer.Typer(
    help="Watchlists: import, review, approve, freeze, hand to nodes, remove people.", no_args_is_help=True
)
app.command("import")(import_pictures)

_MOST_SHOWN: Final = 200
_MAX_SMALL_FILE: Final = 1 << 20
Reason = Annotated[str, typer.Option(metavar="WORDS", help="Why; it is written into the audit log, sealed.")]
Entry = Annotated[str, typer.Argument(metavar="ENTRY", help="The entry's identifier, as `show` gives it.")]


class _NodeFile(BaseModel):
    model_config = ConfigDict(extra="forbid")

    node: Annotated[str, StringConstraints(min_length=1, max_length=128)]
    exchange_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
    verify_key: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]


@app.command()
def show(
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    deployment: Annotated[str | None, typer.Option(metavar="ID", help="Show this deployment's lists.")] = None,
    watchlist: Annotated[str | None, typer.Option("--list", metavar="ID", help="Show this list's entries.")] = None,
    state: Annotated[list[Review] | None, typer.Option(help="Only entries in this state; repeat for several.")] = None,
    after: Annotated[str, typer.Option(metavar="ENTRY", help="Go on after this entry.")] = "",
) -> None:
    """Show a deployment's lists, or a list's entries with what was found about them."""
    with opened(database, vault) as records:
        by = acting(records, acting_as)
        console = Console(highlight=False)
        if watchlist is not None:
            asked = AskedList(by, WatchlistId(watchlist), origin("watchlist show"))
            views = answered(WatchlistReviews(records).entries(asked, *(state or ()), after=after, most=_MOST_SHOWN))
            console.print(_entries_table(views))
            if len(views) == _MOST_SHOWN:
                console.print(f"There may be more: --after {views[-1].entry.entry}")
            return
        if deployment is None:
            give_up("Name --deployment to see its lists, or --list to see a list's entries.")
        table = Table("list", "state", "people", "testers", "waiting", "drawn", "hash")
        for each in answered(lists_service(records).lists(by, DeploymentId(deployment), origin("watchlist show"))):
            value = each.watchlist
            table.add_row(
                value.watchlist,
                value.state,
                str(value.size),
                str(value.testers),
                str(each.waiting),
                f"{value.drawn_at:%Y-%m-%d %H:%M %Z}",
                (value.content_hash or "")[:16],
            )
        console.print(table)


@app.command()
def review(
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    watchlist: ListOption,
    entry: Annotated[str | None, typer.Argument(metavar="[ENTRY]", help="The entry that is judged.")] = None,
    verdict: Annotated[
        Verdict | None, typer.Option(help="accept; override: accept against the advice; reject. With ENTRY.")
    ] = None,
    reason: Annotated[str, typer.Option(metavar="WORDS", help="Why; needed to override and to reject.")] = "",
    accept_clean: Annotated[
        bool, typer.Option("--accept-clean", help="Accept every waiting entry that nothing was found against.")
    ] = False,
) -> None:
    """Judge entries one by one, or accept all at once that nothing is to be said of."""
    with opened(database, vault) as records:
        asked = AskedList(acting(records, acting_as), WatchlistId(watchlist), origin("watchlist review"))
        service = WatchlistReviews(records)
        if accept_clean and entry is None:
            count = answered(service.accept_clean(asked))
            others = f"openlfr watchlist show --list {watchlist} --state pending"
            typer.echo(f"{count:,} entries accepted; see the others with: {others}")
        elif entry is not None and verdict is not None and not accept_clean:
            typer.echo(f"The entry is {answered(service.review(asked, EntryId(entry), verdict, reason)).value} now.")
        else:
            give_up("Name an ENTRY with its --verdict, or --accept-clean.")


@app.command("second-authority")
def second_authority(
    entry: Entry,
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    watchlist: ListOption,
    reason: Reason,
) -> None:
    """Decide, as an authorising officer, that a child or a vulnerable person may be on the list."""
    with opened(database, vault) as records:
        asked = AskedList(acting(records, acting_as), WatchlistId(watchlist), origin("watchlist second-authority"))
        answered(WatchlistReviews(records).give_second_authority(asked, EntryId(entry), reason))
        typer.echo("The second authority is recorded; the entry waits for review.")


@app.command()
def approve(database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs, watchlist: ListOption) -> None:
    """Approve a list whose entries are all reviewed. Nobody who built it may."""
    with opened(database, vault) as records:
        asked = AskedList(acting(records, acting_as), WatchlistId(watchlist), origin("watchlist approve"))
        _tell(answered(lists_service(records).approve(asked)))


@app.command()
def freeze(database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs, watchlist: ListOption) -> None:
    """Fix an approved list under a hash over all its content. Only removals change it afterwards."""
    with opened(database, vault) as records:
        asked = AskedList(acting(records, acting_as), WatchlistId(watchlist), origin("watchlist freeze"))
        _tell(answered(lists_service(records).freeze(asked)))


@app.command()
def bundle(
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    watchlist: ListOption,
    node: Annotated[
        list[Path], typer.Option(metavar="FILE", help='A node\'s {"node", "exchange_key", "verify_key"}; repeatable.')
    ],
    out: Annotated[Path, typer.Option(metavar="FILE", help="Where to write the bundle.")],
) -> None:
    """Seal a frozen list to nodes of its deployment, each of which imports it once."""
    nodes = [_node_keys(each) for each in node]
    _refuse_existing(out)
    with opened(database, vault) as records:
        asked = AskedList(acting(records, acting_as), WatchlistId(watchlist), origin("watchlist bundle"))
        made = answered(use_service(records).bundle(asked, nodes))
        _write(out, made.content)
        typer.echo(f"Bundle {made.bundle} for {', '.join(each.node for each in nodes)} is in {shown(out)}.")


@app.command()
def remove(
    entry: Entry,
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    watchlist: ListOption,
    reason: Reason,
    out: Annotated[Path | None, typer.Option(metavar="FILE", help="Write the signed order here, for a node.")] = None,
) -> None:
    """Take a person off a frozen list, at once and at any time."""
    with opened(database, vault) as records:
        asked = AskedList(acting(records, acting_as), WatchlistId(watchlist), origin("watchlist remove"))
        order = answered(use_service(records).remove(asked, EntryId(entry), reason))
        if out is not None:
            _write(out, order.to_bytes())
        typer.echo("The person is off the list; nodes are told by the plan and the order.")


@app.command()
def composition(database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs, watchlist: ListOption) -> None:
    """How many people of each category were on a list, as it may be published: small counts are withheld."""
    with opened(database, vault) as records:
        asked = AskedList(acting(records, acting_as), WatchlistId(watchlist), origin("watchlist composition"))
        found = answered(lists_service(records).composition(asked))
    table = Table("category", "people")
    # Categories overlap, so no count can be worked out from the total and the others.
    counts = {category.value: count for category, count in found.categories.items()}
    counts = {**counts, "under 18": found.under_18}
    for name, count in suppress_small(counts, total_published=False).items():
        table.add_row(name, suppressed_text(count))
    table.add_row("all", str(found.people))
    Console(highlight=False).print(table)


@app.command()
def destroy(
    database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs, watchlist: ListOption, reason: Reason
) -> None:
    """Destroy a list now, before its period is over. Refused while a deployment uses it."""
    with opened(database, vault) as records:
        asked = AskedList(acting(records, acting_as), WatchlistId(watchlist), origin("watchlist destroy"))
        receipt = answered(use_service(records).destroy(asked, reason))
        typer.echo(f"Destroyed; receipt {receipt.id}.")


@app.command()
def receipt(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A node's signed receipt.")],
    database: DatabaseAddress,
    vault: VaultFolder,
) -> None:
    """Take in a node's receipt that a bundle is destroyed there."""
    try:
        document = SignedDocument.from_bytes(_read(file))
    except SignatureInvalidError as error:
        give_up(f"{shown(file)}: {error}")
    with opened(database, vault) as records:
        answered(use_service(records).take_receipt(document, origin("watchlist receipt")) or True)
        typer.echo("The receipt is recorded.")


def _tell(record: ListRecord) -> None:
    value = record.watchlist
    typer.echo(f"The watchlist is {value.state}: {value.size:,} people, {value.testers:,} of them testers.")
    if value.content_hash:
        typer.echo(f"Hash {value.content_hash}")


def _entries_table(views: Sequence[EntryView]) -> Table:
    table = Table(expand=True)
    for heading in ("entry", "person", "name", "state", "pictures", "what was found"):
        table.add_column(heading, overflow="fold")
    for view in views:
        draft, found = view.entry.content.draft, view.found
        said = Text()
        for problem in found.problems:
            said.append(f"{problem.field}: {problem.sentence}\n", style="bold red")
        for against in found.against:
            said.append(f"{shown(against)}\n", style="yellow")
        for note in found.notes:
            said.append(f"{shown(note)}\n")
        table.add_row(
            view.entry.entry,
            Text(shown(draft.person)),
            Text(shown(draft.name)),
            view.entry.review.value,
            str(len(view.entry.pictures)),
            said,
        )
    return table


def _node_keys(path: Path) -> NodeKeys:
    try:
        file = _NodeFile.model_validate_json(_read(path))
    except ValidationError:
        give_up(
            f"{shown(path)} is not a node's file: it holds node, exchange_key and verify_key, the keys in hexadecimal."
        )
    return NodeKeys(
        NodeId(file.node),
        ExchangePublicKey(bytes.fromhex(file.exchange_key)),
        VerifyKey(bytes.fromhex(file.verify_key)),
    )


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(_MAX_SMALL_FILE)
    except OSError as error:
        give_up(f"{shown(path)} cannot be read: {error.strerror}.")


def _refuse_existing(path: Path) -> None:
    if path.exists():
        give_up(f"{shown(path)} is there already: name a new file.")


def _write(path: Path, content: bytes) -> None:
    unfinished = path.with_name(f"{path.name}.{os.getpid()}.new")
    try:
        write_synced(unfinished, content)
        unfinished.replace(path)
    except OSError as error:
        give_up(f"{shown(path)} cannot be written: {error.strerror}.")
