"""A hub on disk as commands find it, its vault quick to open."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import pytest
from tests.support.database import PASSPHRASE, new_hub_records
from typer.testing import CliRunner, Result

from openlfr.cli.app import app


@dataclass
class CommandLine:
    """`openlfr` on a hub of its own in `folder`, at the moment `now`."""

    folder: Path
    now: datetime

    def run(self, *arguments: str, by: str | None = None) -> Result:
        acting = [] if by is None else ["--as", by]
        return CliRunner().invoke(app, [*arguments, *acting], terminal_width=200)

    def done(self, *arguments: str, by: str | None = None) -> str:
        """What a command prints that has to succeed."""
        result = self.run(*arguments, by=by)
        assert result.exit_code == 0, result.output
        return result.stdout.strip()

    def refused(self, *arguments: str, by: str | None = None) -> str:
        """The sentence of a command that has to be refused."""
        result = self.run(*arguments, by=by)
        assert result.exit_code == 2, result.output
        assert result.stdout == ""
        assert "Traceback" not in result.stderr
        return " ".join(result.stderr.split())


def new_command_line(folder: Path, monkeypatch: pytest.MonkeyPatch, now: datetime) -> CommandLine:
    """A hub as `openlfr keys init` makes it, but for the work of stretching its passphrase."""
    database = f"sqlite:///{folder / 'hub.db'}"
    (folder / "passphrase").write_text(PASSPHRASE.text + "\n")
    monkeypatch.setenv("OPENLFR_DATABASE", database)
    monkeypatch.setenv("OPENLFR_VAULT", str(folder / "vault"))
    monkeypatch.setenv("OPENLFR_VAULT_PASSPHRASE_FILE", str(folder / "passphrase"))
    monkeypatch.setenv("COLUMNS", "220")
    monkeypatch.chdir(folder)
    made = CommandLine(folder, now)
    monkeypatch.setattr("openlfr.cli.hub_access.utc_now", lambda: made.now)
    monkeypatch.setattr("openlfr.cli.deployment.utc_now", lambda: made.now)
    new_hub_records(database, folder / "vault", lambda: now).close()
    return made
