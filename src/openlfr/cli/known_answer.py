"""`openlfr known-answer`: questions with a known answer among the alerts, and how they were answered."""

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from openlfr.cli.hub_access import DatabaseAddress, VaultFolder, give_up, opened, origin
from openlfr.cli.watchlist_access import ActingAs, acting, answered
from openlfr.policy.known_answer import KnownAnswerScore
from openlfr.records.known_answer_cases import KnownAnswerCases, KnownAnswerFolderError, read_cases
from openlfr.records.known_answers import KnownAnswers, known_answer_scores
from openlfr.reporting.wording import percent

app = typer.Typer(help="Known-answer alerts: do people still look?", no_args_is_help=True)

CasesFolder = Annotated[
    Path, typer.Argument(metavar="FOLDER", help="cases.toml beside pictures of consenting or made-up people.")
]


@app.command()
def check(folder: CasesFolder) -> None:
    """Read a folder of cases whole, and say what is in it or what is wrong with it."""
    found = _cases(folder)
    same = sum(each.same_person for each in found.cases)
    typer.echo(
        f"{len(found.cases)} cases, {same} of the same person and {len(found.cases) - same} of two; "
        f"{found.schedule.per_hour:g} an hour on average."
    )


@app.command("raise")
def raise_due(folder: CasesFolder, database: DatabaseAddress, vault: VaultFolder) -> None:
    """Put the questions whose turn has come to the deployments that are live. The hub does this by itself all the time;
    each question comes once, whoever puts it."""
    found = _cases(folder)
    with opened(database, vault) as records:
        raised = KnownAnswers(records, found).raise_those_due()
    typer.echo(f"{len(raised)} questions put.")


@app.command()
def scores(database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs) -> None:
    """How the questions were answered: everybody's for an auditor, else one's own."""
    with opened(database, vault) as records:
        found = answered(known_answer_scores(records, acting(records, acting_as), origin("known-answer scores")))
    console = Console(highlight=False)
    table = Table(
        "person", "same: right", "same: wrong", "two: right", "two: wrong", "undecided", "unanswered", "right"
    )
    for each in found:
        counts = (
            each.same_right,
            each.same_wrong,
            each.different_right,
            each.different_wrong,
            each.undecided,
            each.unanswered,
        )
        table.add_row(each.staff or "nobody", *(str(count) for count in counts), _share(each))
    console.print(table)


def _share(score: KnownAnswerScore) -> str:
    if not score.decided:
        return "–"
    low, high = score.interval
    return f"{percent(score.right / score.decided)} ({percent(low)} to {percent(high)})"


def _cases(folder: Path) -> KnownAnswerCases:
    try:
        return read_cases(folder)
    except KnownAnswerFolderError as error:
        give_up(str(error))
