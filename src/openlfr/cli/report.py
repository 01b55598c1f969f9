"""`openlfr report`: what is published, handed to a regulator or put up on the spot, made from the hub's records."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import typer

from openlfr.assurance.certificate import default_certificates
from openlfr.capture.file_names import shown
from openlfr.cli.hub_access import (
    CLEAN,
    FINDINGS,
    DatabaseAddress,
    VaultFolder,
    give_up,
    opened,
    origin,
    utc_now,
)
from openlfr.cli.signing import trusted_key
from openlfr.cli.watchlist_access import ActingAs, acting, answered, deployments_service
from openlfr.policy.deployment import Deployment
from openlfr.policy.identifiers import DeploymentId
from openlfr.policy.retention import packaged_retention_policy
from openlfr.records.certificates import read_certificate
from openlfr.records.deployment_store import DeploymentRecord
from openlfr.records.deployments import Asked
from openlfr.records.errors import RecordsError
from openlfr.records.hub_records import HubRecords
from openlfr.records.published import PublishedRecords, deployment_figures, publish
from openlfr.records.regulator_records import disclose_to_regulator, disclosed_deployment
from openlfr.reporting import annual_report, public_site
from openlfr.reporting.document_files import annual_files, made, notice_files, page_files, record_files
from openlfr.reporting.from_records import publication_of, publisher_of
from openlfr.reporting.impact_annex import impact_annex
from openlfr.reporting.notices import notice_of
from openlfr.reporting.periods import FIRST_YEAR, LAST_YEAR, Period, ReportCalendar, month_and_day
from openlfr.reporting.publication import NotPublishableError, Publication
from openlfr.reporting.records_file import LARGEST_FILE, UnusableRecordsError, read_records
from openlfr.reporting.regulator_export import KIND as REGULATOR_EXPORT
from openlfr.reporting.regulator_export import check_regulator_export, use_notification, write_export
from openlfr.reporting.signed_files import (
    MANIFEST,
    SignedFilesError,
    check_files,
    new_folder,
    signed_manifest,
    write_folder,
)

app = typer.Typer(help="Reports, notices and exports, made from the hub's records.", no_args_is_help=True)

DeploymentName = Annotated[str, typer.Argument(metavar="DEPLOYMENT", help="The deployment's identifier.")]
NewFolder = Annotated[Path, typer.Option("--to", metavar="FOLDER", help="A new folder for the files.")]
HubKey = Annotated[
    str, typer.Option("--hub-key", metavar="HEX", help="The key that the hub signs with, as noted when it was made.")
]
Recipient = Annotated[str, typer.Option(metavar="WORDS", help="Who gets it; written into the audit log.")]
Reason = Annotated[str, typer.Option(metavar="WORDS", help="Why; written into the audit log.")]
PageAddress = Annotated[str, typer.Option("--page", metavar="URL", help="The address of the public page.")]
Contact = Annotated[str, typer.Option(metavar="WORDS", help="How people reach who answers for the data.")]
TimeZone = Annotated[
    str,
    typer.Option(
        "--time-zone",
        envvar="OPENLFR_HUB_PUBLIC_TIME_ZONE",
        metavar="NAME",
        help="In which people there tell the time: Europe/London.",
    ),
]
YearBegins = Annotated[
    str,
    typer.Option(
        "--report-year-begins",
        envvar="OPENLFR_HUB_PUBLIC_REPORT_YEAR_BEGINS",
        metavar="MM-DD",
        help="Month and day on which the force's report year begins, as 09-15. Choose it once.",
    ),
]


@app.command()
def deployment(
    deployment: DeploymentName,
    to: NewFolder,
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    time_zone: TimeZone = "UTC",
) -> None:
    """The record of one deployment in the columns that forces publish: CSV, JSON, a page and PDF/A."""
    with opened(database, vault) as records:
        figures = answered(
            deployment_figures(
                records, acting(records, acting_as), DeploymentId(deployment), origin("report deployment")
            )
        )
        with _unpublishable_told():
            publication = publication_of(figures, zone=_zone(time_zone))
        files = made(record_files(publication, publisher_of(figures.deployments)))
        _write(records, "deployment record", deployment, figures.as_of, files, to)


@app.command("csv")
def from_csv(
    file: Annotated[Path, typer.Argument(metavar="CSV", help="Deployment records in the published columns.")],
    to: NewFolder,
    publisher: Annotated[str, typer.Option(metavar="NAME", help="The force that answers for them.")],
    faces_seen_method: Annotated[
        str, typer.Option(metavar="NAME", help="How faces seen were counted, which the columns have no room for.")
    ],
) -> None:
    """Records that are in a CSV file already: checked, and written as CSV, JSON, a page and PDF/A. Needs no hub."""
    try:
        with file.open("rb") as stream:
            found = read_records(stream.read(LARGEST_FILE + 1))
        if found.unreadable:
            first = found.unreadable[0]
            give_up(f"{shown(file)}, row {first.row}: {first.sentence}")
        rows = tuple(replace(each.record, faces_seen_method=faces_seen_method) for each in found.rows)
        with _unpublishable_told():
            publication = Publication(rows, utc_now().date(), ())
        to.mkdir(mode=0o700)
        for name, content in made(record_files(publication, publisher)).items():
            (to / name).write_bytes(content)
    except UnusableRecordsError as error:
        give_up(f"{shown(file)}: {error}")
    except OSError as error:
        give_up(f"{shown(error.filename or to)}: {error.strerror}.")
    typer.echo(f"{len(rows):,} deployments written to {shown(to)}.")


@app.command()
def annual(
    to: NewFolder,
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    year: Annotated[
        int | None, typer.Argument(min=FIRST_YEAR, max=LAST_YEAR, help="The year in which the report year begins.")
    ] = None,
    first: Annotated[str | None, typer.Option("--from", metavar="DAY", help="Instead: from this day on.")] = None,
    last: Annotated[str | None, typer.Option("--until", metavar="DAY", help="The last day, as 2026-09-14.")] = None,
    time_zone: TimeZone = "UTC",
    year_begins: YearBegins = "01-01",
) -> None:
    """The annual report, or that of any other days: a page, PDF/A, CSV and JSON, under the hub's signature."""
    calendar = _calendar(time_zone, year_begins)
    period = _period(year, first, last, calendar)
    with opened(database, vault) as records:
        published = answered(publish(records, acting(records, acting_as), origin("report annual")))
        with _unpublishable_told():
            report = annual_report.annual_report(
                published, period, packaged_retention_policy(), default_certificates(), calendar
            )
        _write(records, "annual report", str(period), published.as_of, made(annual_files(report)), to)


@app.command()
def annex(
    deployment: DeploymentName, to: NewFolder, database: DatabaseAddress, vault: VaultFolder, acting_as: ActingAs
) -> None:
    """The annex to the impact assessments of one deployment: a page and PDF/A."""
    with opened(database, vault) as records:
        record = _viewed(records, acting_as, deployment, "report annex")
        value, now = record.deployment, utc_now()
        terms = value.application.terms if value.authority is None else value.authority.terms
        with records.database.reading() as session:
            certificate = read_certificate(session, terms.certificate)
        profile = deployments_service(records).profiles[record.profile]
        document = impact_annex(value, profile, packaged_retention_policy(), certificate, now)
        _write(records, "impact annex", deployment, now, made(page_files("impact-annex", document)), to)


@app.command()
def notices(
    deployment: DeploymentName,
    to: NewFolder,
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    page: PageAddress,
    contact: Contact,
    time_zone: TimeZone = "UTC",
) -> None:
    """Signs (A2 and A3), a leaflet and a web notice, with a QR code to the public page."""
    with opened(database, vault) as records:
        value: Deployment = _viewed(records, acting_as, deployment, "report notices").deployment
        now = utc_now()
        policy = packaged_retention_policy()
        notice = answered(notice_of(value, policy, page=page, contact=contact, now=now, zone=_zone(time_zone)))
        _write(records, "notices", deployment, now, made(notice_files(notice, now)), to)


@app.command()
def regulator(
    to: NewFolder,
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    recipient: Recipient,
    reason: Reason,
    time_zone: TimeZone = "UTC",
    year_begins: YearBegins = "01-01",
) -> None:
    """Everything for a regulator in one signed folder: audit log, decisions, certificates, reports, receipts."""
    calendar = _calendar(time_zone, year_begins)
    with opened(database, vault) as records:
        by = acting(records, acting_as)
        asked_from = origin("report regulator")
        disclosed = answered(disclose_to_regulator(records, by, recipient=recipient, reason=reason, origin=asked_from))
        policy, issued = packaged_retention_policy(), default_certificates()
        try:
            with _unpublishable_told(), new_folder(to) as folder:
                manifest = write_export(folder, disclosed, policy, issued, calendar, records.signer)
        except OSError as error:
            give_up(f"{shown(to)} cannot be written: {error.strerror}. Name a new folder.")
    typer.echo(
        f"{len(manifest.files):,} files in {shown(to)}. Check it with `openlfr report verify` and the hub's key:"
    )
    typer.echo(records.signer.public.raw.hex())


@app.command()
def notification(
    deployment: DeploymentName,
    to: NewFolder,
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    recipient: Recipient,
    reason: Reason = "Notification of a use, Regulation (EU) 2024/1689 Art 5(4).",
) -> None:
    """The notification of one use to the authorities, as the AI Act asks: a page and PDF/A."""
    with opened(database, vault) as records:
        disclosed = answered(
            disclosed_deployment(
                records,
                acting(records, acting_as),
                DeploymentId(deployment),
                recipient=recipient,
                reason=reason,
                origin=origin("report notification"),
            )
        )
        files = made(page_files("notification", use_notification(disclosed, recipient)))
        _write(records, "notification of use", deployment, utc_now(), files, to)


@app.command()
def verify(
    source: Annotated[Path, typer.Argument(metavar="FOLDER", help="As `openlfr report` or `publish` made it.")],
    hub_key: HubKey,
) -> None:
    """Check a folder offline: every byte, that nothing is missing or added, and what proves itself inside.

    Exits with 0 if it is genuine, 1 if not, and 2 if it cannot be read.
    """
    trusted = trusted_key(hub_key)
    try:
        manifest = check_files(source, trusted)
        proven = ""
        if manifest.kind == REGULATOR_EXPORT:
            checked = check_regulator_export(source, trusted)
            proven = f" {checked.audit_entries:,} audit entries and {checked.documents:,} documents proved themselves."
    except (SignedFilesError, RecordsError) as error:
        typer.echo(f"NOT GENUINE: {error}")
        raise typer.Exit(FINDINGS) from error
    except OSError as error:
        give_up(f"{shown(source)} cannot be read: {error.strerror}.")
    typer.echo(
        f"Genuine: {manifest.kind} ({shown(manifest.subject)}) of {manifest.made_at:%Y-%m-%d %H:%M} UTC, "
        f"{len(manifest.files):,} files.{proven}"
    )
    raise typer.Exit(CLEAN)


def publish_site(
    to: Annotated[Path, typer.Option("--to", metavar="FOLDER", help="The site's folder: new, or one made by this.")],
    database: DatabaseAddress,
    vault: VaultFolder,
    acting_as: ActingAs,
    publisher: Annotated[str, typer.Option(metavar="NAME", help="The force that publishes.")],
    contact: Contact,
    time_zone: TimeZone = "UTC",
    year_begins: YearBegins = "01-01",
) -> None:
    """Write the public page: a static site that any web server can serve, replacing the one made before."""
    if to.exists() and not (to / MANIFEST).is_file():
        give_up(f"{shown(to)} holds something else: name a new folder, or one that this command made.")
    with opened(database, vault) as records:
        published: PublishedRecords = answered(publish(records, acting(records, acting_as), origin("publish")))
        settings = public_site.SiteSettings(
            publisher,
            contact,
            packaged_retention_policy(),
            default_certificates(),
            _calendar(time_zone, year_begins),
        )
        with _unpublishable_told():
            files = public_site.signed_site(published, settings, records.signer)
        manifest = files.pop(MANIFEST)
    try:
        with TemporaryDirectory(prefix=f".{to.name}-", dir=to.parent) as beside:
            fresh, old = Path(beside) / "new", Path(beside) / "old"
            write_folder(fresh, files, manifest, public=True)
            if to.exists():
                to.rename(old)
            try:
                fresh.rename(to)
            except OSError:
                old.rename(to)
                raise
    except OSError as error:
        give_up(f"{shown(to)} cannot be written: {error.strerror}.")
    typer.echo(f"{len(files):,} files in {shown(to)}, {len(published.deployments):,} deployments. Begin at index.html.")


def _viewed(records: HubRecords, acting_as: str, deployment: str, command: str) -> DeploymentRecord:
    asked = Asked(acting(records, acting_as), DeploymentId(deployment), origin(command))
    return answered(deployments_service(records).view(asked))


def _write(
    records: HubRecords, kind: str, subject: str, made_at: datetime, files: Mapping[str, bytes], to: Path
) -> None:
    """The files in a new folder, with their manifest under the hub's signature."""
    manifest = signed_manifest(kind, subject, made_at, files, records.signer)
    try:
        write_folder(to, files, manifest)
    except FileExistsError:
        give_up(f"{shown(to)} is there already: name a new folder.")
    except OSError as error:
        give_up(f"{shown(to)} cannot be written: {error.strerror}.")
    typer.echo(f"Written to {shown(to)}: {', '.join(sorted(files))}")


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        give_up(f"{shown(name)} is no time zone: write it as Europe/London.")


def _calendar(time_zone: str, year_begins: str) -> ReportCalendar:
    try:
        return ReportCalendar(_zone(time_zone), *month_and_day(year_begins))
    except ValueError as error:
        give_up(str(error))


def _period(year: int | None, first: str | None, last: str | None, calendar: ReportCalendar) -> Period:
    if year is not None and first is None and last is None:
        return calendar.year(year)
    if year is not None or first is None or last is None:
        give_up("Give either a year, or both --from and --until.")
    try:
        return Period(date.fromisoformat(first), date.fromisoformat(last))
    except ValueError as error:
        give_up(f"These are no days of a report ({error}): write them as 2026-09-14, the earlier one first.")


@contextmanager
def _unpublishable_told() -> Iterator[None]:
    """End the command with a sentence when the records do not add up, or when there are none."""
    try:
        yield
    except (NotPublishableError, annual_report.NothingToReportError) as error:
        give_up(str(error))
