"""`openlfr deployment`: an application from its form to an authority, and the deployment from going live to its end."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import typer
from pydantic import JsonValue

from openlfr.assurance.certificate import CertificateError, open_certificate
from openlfr.capture.file_names import shown
from openlfr.cli.application_form import form_template, read_form
from openlfr.cli.hub_access import DatabaseAddress, VaultFolder, give_up, opened, origin, utc_now
from openlfr.cli.signing import trusted_key
from openlfr.cli.watchlist_access import ActingAs, ListOption, acting, answered, deployments_service
from openlfr.policy.deployment import EndReason, Readiness
from openlfr.policy.documents import to_document
from openlfr.policy.identifiers import DeploymentId, RecognitionTestId, WatchlistId
from openlfr.records.certificates import import_certificate
from openlfr.records.deployment_store import DeploymentRecord
from openlfr.records.deployments import Asked, WrittenDecision
from openlfr.records.hub_records import HubRecords
from openlfr.records.presence import check_in as record_check_in
from openlfr.records.presence import check_out as record_check_out

app = typer.Typer(help="Deployments: apply, decide, check in, go live, end.", no_args_is_help=True)

_MOST_CERTIFICATE_BYTES: Final = 1 << 24
Id = Annotated[str, typer.Argument(metavar="ID", help="The deployment's identifier, as `draft` gives it.")]
Reason = Annotated[str, typer.Option(metavar="WORDS", help="Why; it is written into the record and the audit log.")]


@app.command()
def template() -> None:
    """Print an application form to fill in, with every field and every choice."""
    typer.echo(form_template(utc_now()), nl=False)


@app.command("import-certificate")
def take_certificate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A certificate, as `openlfr calibrate` writes it.")],
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    signer: Annotated[
        str, typer.Option("--signer", metavar="HEX", help="The public key that must have signed it (64 digits).")
    ],
) -> None:
    """Take in a threshold certificate, and print the lines that name it in an application form."""
    trusted = trusted_key(signer)
    try:
        with file.open("rb") as source:
            content = source.read(_MOST_CERTIFICATE_BYTES)
        certificate = open_certificate(content, trusted).certificate
    except OSError as error:
        give_up(f"{shown(file)} cannot be read: {error.strerror}.")
    except CertificateError as error:
        give_up(f"{shown(file)}: {error}")
    with opened(database, vault) as records:
        by = acting(records, acting_as)
        answered(import_certificate(records, by, certificate, origin("deployment import-certificate")))
    setup = certificate.setup
    typer.echo(
        f"It holds for up to {certificate.largest_watchlist:,} people until {certificate.expires_at:%Y-%m-%d}, from "
        f"threshold {certificate.lowest_threshold:.4f} up. In the form:",
        err=True,
    )
    typer.echo(f'[terms]\ncertificate = "{shown(certificate.certificate)}"\nthreshold = {certificate.lowest_threshold}')
    typer.echo(f'[terms.setup]\nmodel_pack = "{shown(setup.model_pack)}"\nprecision = "{shown(setup.precision)}"')
    typer.echo(f'fusion_rule = "{shown(setup.fusion_rule)}"')


@app.command()
def draft(
    form: Annotated[Path, typer.Argument(metavar="FORM", help="The filled-in form, in TOML.")],
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    deployment: Annotated[str | None, typer.Option(metavar="ID", help="Rewrite this draft.")] = None,
) -> None:
    """Draft an application from a form; prints the deployment's identifier. It may be incomplete."""
    written = answered(read_form(form))
    with opened(database, vault) as records:
        by, service = acting(records, acting_as), deployments_service(records)
        asked_from = origin("deployment draft")
        if deployment is None:
            record = answered(
                service.draft(by, written.application, asked_from, profile=written.profile, rehearsal=written.rehearsal)
            )
        else:
            asked = Asked(by, DeploymentId(deployment), asked_from)
            before = answered(service.view(asked))
            if (before.profile, before.deployment.rehearsal) != (written.profile, written.rehearsal):
                give_up("The profile of a deployment, and whether it is a rehearsal, cannot change: draft a new one.")
            record = answered(service.redraft(asked, written.application))
        _tell(record)
        typer.echo(record.deployment.deployment)


@app.command()
def show(deployment: Id, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs) -> None:
    """Show everything that is written in a deployment, with the version that `authorise` asks for."""
    with opened(database, vault) as records:
        record = answered(deployments_service(records).view(_asked(records, acting_as, deployment, "show")))
    typer.echo(f"version: {record.version}")
    typer.echo(f"profile: {record.profile}")
    for field, value in _lines(to_document(record.deployment)):
        typer.echo(f"{field}: {shown(value)}")


@app.command()
def submit(deployment: Id, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs) -> None:
    """Hand in an application; it must be complete."""
    with opened(database, vault) as records:
        _tell(answered(deployments_service(records).submit(_asked(records, acting_as, deployment, "submit"))))


@app.command()
def withdraw(deployment: Id, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs) -> None:
    """Take a submitted application back, to work on it."""
    with opened(database, vault) as records:
        _tell(answered(deployments_service(records).withdraw(_asked(records, acting_as, deployment, "withdraw"))))


@app.command()
def authorise(
    deployment: Id,
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    reason: Reason,
    version: Annotated[int, typer.Option(metavar="N", help="The version that was looked at, as `show` gives it.")],
    external_reference: Annotated[
        str | None, typer.Option(metavar="WORDS", help="The decision of a judge or body, where the profile asks.")
    ] = None,
) -> None:
    """Authorise what was applied for, under the hub's signature. Nobody who drafted or submitted it may."""
    with opened(database, vault) as records:
        service = deployments_service(records)
        asked = _asked(records, acting_as, deployment, "authorise", version)
        terms = answered(service.view(asked)).deployment.application.terms
        _tell(answered(service.authorise(asked, WrittenDecision(terms, reason, external_reference))))


@app.command()
def reject(deployment: Id, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs, reason: Reason) -> None:
    """Refuse an application."""
    with opened(database, vault) as records:
        asked = _asked(records, acting_as, deployment, "reject")
        _tell(answered(deployments_service(records).reject(asked, reason)))


@app.command()
def revoke(deployment: Id, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs, reason: Reason) -> None:
    """Take an authority back: the deployment ends."""
    with opened(database, vault) as records:
        asked = _asked(records, acting_as, deployment, "revoke")
        _tell(answered(deployments_service(records).revoke(asked, reason)))


@app.command()
def attach(
    deployment: Id, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs, watchlist: ListOption
) -> None:
    """Bind a frozen watchlist to a deployment."""
    with opened(database, vault) as records:
        asked = _asked(records, acting_as, deployment, "attach")
        _tell(answered(deployments_service(records).attach_watchlist(asked, WatchlistId(watchlist))))


@app.command()
def ready(
    deployment: Id,
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    signage: Annotated[bool, typer.Option("--signage", help="Signs are in place.")] = False,
    briefing: Annotated[bool, typer.Option("--briefing", help="The staff are briefed.")] = False,
    cameras: Annotated[bool, typer.Option("--cameras", help="Every camera was seen working.")] = False,
    test: Annotated[
        str | None, typer.Option(metavar="ID", help="The finished blue-list test, as `openlfr test-run` recorded it.")
    ] = None,
) -> None:
    """Record that signs, briefing, cameras and the test with testers are done."""
    with opened(database, vault) as records:
        asked = _asked(records, acting_as, deployment, "ready")
        readiness = Readiness(signage, briefing, cameras)
        named = None if test is None else RecognitionTestId(test)
        _tell(answered(deployments_service(records).record_readiness(asked, readiness, named)))


@app.command("check-in")
def check_in(deployment: Id, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs) -> None:
    """Say "I am here", or confirm it: cameras run only while an officer on duty has said so lately."""
    with opened(database, vault) as records:
        asked = _asked(records, acting_as, deployment, "check-in")
        here = answered(record_check_in(records, asked.by, asked.deployment, asked.origin))
        typer.echo(f"You are checked in at {here.confirmed_at:%H:%M %Z}.")


@app.command("check-out")
def check_out(deployment: Id, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs) -> None:
    """Say "I am leaving"."""
    with opened(database, vault) as records:
        asked = _asked(records, acting_as, deployment, "check-out")
        answered(record_check_out(records, asked.by, asked.deployment, asked.origin))
        typer.echo("You are checked out.")


@app.command("go-live")
def go_live(deployment: Id, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs) -> None:
    """Start: nodes get the order to analyse."""
    with opened(database, vault) as records:
        _tell(answered(deployments_service(records).go_live(_asked(records, acting_as, deployment, "go-live"))))


@app.command()
def pause(deployment: Id, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs) -> None:
    """Stop analysing for now."""
    with opened(database, vault) as records:
        _tell(answered(deployments_service(records).pause(_asked(records, acting_as, deployment, "pause"))))


@app.command()
def resume(deployment: Id, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs, reason: Reason) -> None:
    """Go on after a pause."""
    with opened(database, vault) as records:
        asked = _asked(records, acting_as, deployment, "resume")
        _tell(answered(deployments_service(records).resume(asked, reason)))


@app.command()
def end(
    deployment: Id,
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    stopped: Annotated[bool, typer.Option("--stopped", help="It was broken off, not completed.")] = False,
) -> None:
    """End a deployment for good."""
    with opened(database, vault) as records:
        asked = _asked(records, acting_as, deployment, "end")
        _tell(answered(deployments_service(records).end(asked, EndReason.STOPPED if stopped else EndReason.COMPLETED)))


def _asked(records: HubRecords, staff: str, deployment: str, command: str, version: int | None = None) -> Asked:
    return Asked(acting(records, staff), DeploymentId(deployment), origin(f"deployment {command}"), version)


def _tell(record: DeploymentRecord) -> None:
    kind = "rehearsal" if record.deployment.rehearsal else "deployment"
    typer.echo(f"The {kind} is {record.deployment.state} (version {record.version}).", err=True)


def _lines(part: JsonValue, path: str = "") -> Iterator[tuple[str, str]]:
    """Every field of a document that says something, by its dotted path."""
    if isinstance(part, dict):
        for key, inner in part.items():
            yield from _lines(inner, f"{path}.{key}" if path else key)
    elif isinstance(part, list):
        for number, inner in enumerate(part):
            yield from _lines(inner, f"{path}.{number}")
    elif part is not None:
        yield path, str(part)
