"""`openlfr test-run`: a blue-list test, in which consenting people walk past and every passage is counted."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from openlfr.capture.file_names import shown
from openlfr.cli.hub_access import DatabaseAddress, VaultFolder, give_up, opened, origin, utc_now
from openlfr.cli.watchlist_access import ActingAs, acting, answered
from openlfr.policy.identifiers import DeploymentId, PersonReference, RecognitionTestId
from openlfr.records.passage_list import LARGEST_LIST, PassageListError, read_moment, read_passages
from openlfr.records.recognition_tests import CountedPassage, RecognitionTest, RecognitionTests
from openlfr.reporting.statements import recognition_text

app = typer.Typer(help="Blue-list tests: how often people on the list are recognised.", no_args_is_help=True)

TestName = Annotated[str, typer.Argument(metavar="TEST", help="The test's identifier, as `begin` gives it.")]


@app.command()
def begin(
    deployment: Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="A live deployment or rehearsal.")],
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
) -> None:
    """Begin a test; prints its identifier."""
    with opened(database, vault) as records:
        by = acting(records, acting_as)
        test = answered(RecognitionTests(records).begin(by, DeploymentId(deployment), origin("test-run begin")))
    typer.echo(test.test)


@app.command()
def passage(
    test: TestName,
    tester: Annotated[str, typer.Argument(metavar="TESTER", help="The reference under which the tester is listed.")],
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    at: Annotated[
        str | None, typer.Option(metavar="TIME", help="When, as 2026-05-31T14:05:30+01:00. Now if left out.")
    ] = None,
) -> None:
    """Count one passage, whether or not an alert came."""
    moment = utc_now() if at is None else _moment(at, "--at")
    with opened(database, vault) as records:
        by = acting(records, acting_as)
        counted = CountedPassage(PersonReference(tester), moment)
        _tell(
            answered(RecognitionTests(records).count(by, RecognitionTestId(test), counted, origin("test-run passage")))
        )


@app.command("import")
def take_in(
    test: TestName,
    file: Annotated[Path, typer.Argument(metavar="CSV", help="With the columns tester and time.")],
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
) -> None:
    """Count passages that were written down on paper: all of them, or none where one cannot be."""
    passages = _read(file)
    with opened(database, vault) as records:
        by = acting(records, acting_as)
        _tell(
            answered(
                RecognitionTests(records).count_all(by, RecognitionTestId(test), passages, origin("test-run import"))
            )
        )


@app.command()
def end(test: TestName, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs) -> None:
    """End a test, and print what it found."""
    with opened(database, vault) as records:
        by = acting(records, acting_as)
        _tell(answered(RecognitionTests(records).end(by, RecognitionTestId(test), origin("test-run end"))))


@app.command()
def show(test: TestName, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs) -> None:
    """Print a test as it stands, passage by passage."""
    with opened(database, vault) as records:
        found = answered(RecognitionTests(records).show(acting(records, acting_as), RecognitionTestId(test)))
    for each in found.result.recognitions:
        seen = "missed" if each.alert is None else f"recognised {each.alert.captured_at:%H:%M:%S}"
        typer.echo(f"{each.passage.passed_at:%Y-%m-%d %H:%M:%S} UTC  tester {each.passage.tester}  {seen}")
    for alert in found.result.uncounted:
        typer.echo(
            f"{alert.captured_at:%Y-%m-%d %H:%M:%S} UTC  tester {alert.tester}  alert, but nobody counted a passage"
        )
    _tell(found)


def _tell(test: RecognitionTest) -> None:
    state = "open" if test.ended_at is None else f"ended {test.ended_at:%Y-%m-%d %H:%M} UTC"
    typer.echo(f"Test {test.test} ({state}).")
    typer.echo(recognition_text(test.result.rate))
    if test.result.uncounted:
        typer.echo(f"{len(test.result.uncounted)} alerts on testers had no counted passage; they are in no rate.")


def _moment(text: str, where: str) -> datetime:
    moment = read_moment(text)
    if moment is None:
        give_up(f"{where}: {shown(text)} is no time with its offset; write it as 2026-05-31T14:05:30+01:00.")
    return moment


def _read(path: Path) -> list[CountedPassage]:
    try:
        with path.open("rb") as file:
            return read_passages(file.read(LARGEST_LIST + 1))
    except OSError as error:
        give_up(f"{shown(path)} cannot be read: {error.strerror}.")
    except PassageListError as error:
        give_up(f"{shown(path)}: {error}")
