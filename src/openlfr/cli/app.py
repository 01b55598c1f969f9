"""The command `openlfr`: mounts the sub-commands and keeps credentials out of the process list."""

import os
import re
import sys
from typing import Final
from urllib.parse import unquote

import typer

from openlfr import __version__
from openlfr.cli.calibrate import calibrate
from openlfr.cli.demo import demo
from openlfr.cli.deployment import app as deployment_app
from openlfr.cli.doctor import doctor
from openlfr.cli.enrol import app as enrol_app
from openlfr.cli.evaluate import evaluate, verify_report
from openlfr.cli.evaluate_video import evaluate_video
from openlfr.cli.evidence import app as evidence_app
from openlfr.cli.hub import app as hub_app
from openlfr.cli.init import init
from openlfr.cli.keys import app as keys_app
from openlfr.cli.known_answer import app as known_answer_app
from openlfr.cli.models import app as models_app
from openlfr.cli.node import app as node_app
from openlfr.cli.people import app as people_app
from openlfr.cli.purge import purge
from openlfr.cli.records import app as records_app
from openlfr.cli.report import app as report_app
from openlfr.cli.report import publish_site
from openlfr.cli.simulate import simulate
from openlfr.cli.test_run import app as test_run_app
from openlfr.cli.up import up
from openlfr.cli.verify import app as verify_app
from openlfr.cli.watch import watch
from openlfr.cli.watchlist import app as watchlist_app

app = typer.Typer(
    name="openlfr",
    help="Live facial recognition whose safeguards are its architecture.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
)
_TRY: Final = "Try it"
_RUN: Final = "Run it"
_DECIDE: Final = "People, decisions and records of a hub"
_TELL: Final = "Tests, reports and what is handed out"
_MEASURE: Final = "Models and how good they are"

app.command(rich_help_panel=_TRY)(demo)
app.command(rich_help_panel=_TRY)(watch)
app.command(rich_help_panel=_TRY)(doctor)
app.command(rich_help_panel=_RUN)(up)
app.command(rich_help_panel=_RUN)(init)
app.add_typer(hub_app, name="hub", rich_help_panel=_RUN)
app.add_typer(node_app, name="node", rich_help_panel=_RUN)
app.add_typer(keys_app, name="keys", rich_help_panel=_RUN)
app.add_typer(people_app, name="people", rich_help_panel=_DECIDE)
app.add_typer(deployment_app, name="deployment", rich_help_panel=_DECIDE)
app.add_typer(watchlist_app, name="watchlist", rich_help_panel=_DECIDE)
app.command(rich_help_panel=_DECIDE)(purge)
app.add_typer(verify_app, name="verify", rich_help_panel=_DECIDE)
verify_app.command("report")(verify_report)
app.add_typer(test_run_app, name="test-run", rich_help_panel=_TELL)
app.add_typer(known_answer_app, name="known-answer", rich_help_panel=_TELL)
app.add_typer(report_app, name="report", rich_help_panel=_TELL)
app.command("publish", rich_help_panel=_TELL)(publish_site)
app.add_typer(evidence_app, name="evidence", rich_help_panel=_TELL)
app.add_typer(records_app, name="records", rich_help_panel=_TELL)
app.add_typer(enrol_app, name="enrol", rich_help_panel=_MEASURE)
app.add_typer(models_app, name="models", rich_help_panel=_MEASURE)
app.command(rich_help_panel=_MEASURE)(evaluate)
app.command("evaluate-video", rich_help_panel=_MEASURE)(evaluate_video)
app.command(rich_help_panel=_MEASURE)(simulate)
app.command(rich_help_panel=_MEASURE)(calibrate)

# A password with a slash in it is no part of an address as such, but must not stay in sight for that: it is told from a
# port by not being a number.
_CREDENTIALS = re.compile(
    r"^(?P<before>(?:--[\w-]+=)?[a-z][a-z0-9+.-]*://)"
    r"(?P<user>[^/:\s]*)(?:(?::(?P<word>[^/\s]*))?@|:(?![0-9]+/)(?P<slashed>\S*)@)",
    re.IGNORECASE,
)


@app.callback(invoke_without_command=True)
def _version(version: bool = typer.Option(False, "--version", help="Print the version and stop.")) -> None:
    if version:
        typer.echo(f"openlfr {__version__}")
        raise typer.Exit


def without_credentials(arguments: list[str], environment: dict[str, str]) -> tuple[list[str], dict[str, str]]:
    """The arguments with each login in an address moved to an environment variable that the address then names.

    `rtsp://user:word@host/` becomes `rtsp://${OPENLFR_LOGIN_1}:${OPENLFR_LOGIN_2}@host/`: the command line of a process
    can be read by everybody on the machine, its environment by its owner only. Returns both unchanged when there is
    nothing to hide.
    """
    shown: list[str] = []
    hidden = dict(environment)

    def hide(value: str) -> str:
        if value.startswith("${"):
            return value
        name = f"OPENLFR_LOGIN_{sum(key.startswith('OPENLFR_LOGIN_') for key in hidden) + 1}"
        hidden[name] = unquote(value)
        return f"${{{name}}}"

    for argument in arguments:
        match = _CREDENTIALS.match(argument)
        if match is None:
            shown.append(argument)
            continue
        word = match["slashed"] if match["word"] is None else match["word"]
        login = hide(match["user"]) + ("" if word is None else ":" + hide(word))
        shown.append(f"{match['before']}{login}@{argument[match.end() :]}")
    return shown, hidden


def main() -> None:
    """Entry point. Starts itself anew without credentials on the command line before doing anything else."""
    arguments, environment = without_credentials(sys.argv[1:], dict(os.environ))
    if arguments != sys.argv[1:]:
        os.execve(sys.executable, [sys.executable, "-m", "openlfr", *arguments], environment)  # noqa: S606
    app(prog_name="openlfr")
