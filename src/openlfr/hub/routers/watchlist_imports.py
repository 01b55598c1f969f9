"""Imports into watchlists: an upload becomes a job, and every row of it gets a result."""

import csv
import io
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Depends, File, Path, Response, UploadFile

from openlfr.hub.enrolment_models import EnrolmentModels
from openlfr.hub.large_bodies import LargeBody
from openlfr.hub.pagination import AskedPage, Listed
from openlfr.hub.parts import HubServices, part
from openlfr.hub.problems import answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.routers.cursors import number_cursor
from openlfr.hub.routers.jobs import HubWork, view_of
from openlfr.hub.schemas.jobs import JobView
from openlfr.hub.schemas.watchlist_views import row_of
from openlfr.hub.schemas.watchlists import ImportRowView, ImportView
from openlfr.hub.schemas.wire import Identifier, WatchlistPath
from openlfr.hub.signed_in import Caller, SignedIn
from openlfr.hub.uploads import LARGEST_UPLOAD, MOST_FILES, UploadedFile, Uploads
from openlfr.hub.watchlist_uploads import import_task
from openlfr.hub.work import JobKind
from openlfr.policy.identifiers import WatchlistId
from openlfr.records.watchlist_import_lines import LineResult
from openlfr.records.watchlist_reading import import_rows, imports_of
from openlfr.records.watchlist_store import AskedList
from openlfr.reporting.formula_guard import with_formula_guard

router = APIRouter(prefix="/watchlists/{watchlist}/imports", tags=["watchlists"], route_class=LargeBody)

OurUploads = Annotated[Uploads, Depends(part(Uploads))]
OurModels = Annotated[EnrolmentModels, Depends(part(EnrolmentModels))]
ImportPath = Annotated[Identifier, Path(alias="import", description="The import's identifier.")]
_COLUMNS: Final = ("row", "person", "picture", "outcome", "reason", "quality", "advice", "entry")
_FORM_BYTES: Final = 1 << 20
"""What the form adds to the files in it."""


@router.post(
    "",
    status_code=HTTPStatus.ACCEPTED,
    max_body_size=LARGEST_UPLOAD + _FORM_BYTES,
    form_limits={"max_files": MOST_FILES + 2},
)
def import_into_watchlist(
    caller: SignedIn,
    services: HubServices,
    work: HubWork,
    uploads: OurUploads,
    models: OurModels,
    response: Response,
    watchlist: WatchlistPath,
    table: Annotated[
        UploadFile | None,
        File(description="CSV (UTF-8, the columns of `openlfr watchlist import --help`) or a JSON list of such rows."),
    ] = None,
    pictures: Annotated[
        list[UploadFile] | None, File(description="The pictures that the table's column `image` names.")
    ] = None,
    archive: Annotated[
        UploadFile | None, File(description="A zip file of a table with its pictures, or of folders PERSON/PICTURE.")
    ] = None,
) -> JobView:
    """Import people and pictures into a list that is being built, as a job: ask `GET /jobs/{job}` how far it is.

    What was interrupted goes on when the same is sent again; nothing is entered twice. Uploads are kept in memory
    only, up to 256 MiB at once.
    """
    asked = AskedList(caller.actor, WatchlistId(watchlist), caller.origin)
    answered(services.watchlists.may_build(asked))
    upload = answered(uploads.lay_out(_file(table), [_named(each) for each in pictures or ()], _file(archive)))
    task = import_task(services, models, asked, upload)
    job = work.begin(JobKind.WATCHLIST_IMPORT, caller.staff, watchlist, task, upload.remove)
    shown = view_of(answered(job))
    response.headers["Location"] = f"{PREFIX}/jobs/{shown.job}"
    return shown


@router.get("")
def list_imports(caller: SignedIn, services: HubServices, watchlist: WatchlistPath) -> list[ImportView]:
    """The imports into a list, the newest first."""
    found = answered(imports_of(services.records, _asked(caller, watchlist)))
    return [ImportView.model_validate(each) for each in found]


@router.get("/{import}/rows")
def list_import_rows(
    caller: SignedIn, services: HubServices, watchlist: WatchlistPath, import_id: ImportPath, page: AskedPage
) -> Listed[ImportRowView]:
    """What became of each row, in the order of the file. It names people: the look is in the audit log."""
    after = number_cursor(page)
    rows = answered(
        import_rows(
            services.records, _asked(caller, watchlist), import_id, -1 if after is None else after, page.limit + 1
        )
    )
    shown = [row_of(each) for each in rows[: page.limit]]
    return Listed(items=shown, next=str(shown[-1].line) if len(rows) > page.limit else None)


@router.get(
    "/{import}/rows.csv",
    response_class=Response,
    responses={200: {"description": "CSV in UTF-8.", "content": {"text/csv": {"schema": {"type": "string"}}}}},
)
def get_import_rows_as_csv(
    caller: SignedIn, services: HubServices, watchlist: WatchlistPath, import_id: ImportPath
) -> Response:
    """What became of each row as a CSV file, safe to open in a spreadsheet. It names people: delete it when done."""
    rows = answered(import_rows(services.records, _asked(caller, watchlist), import_id, -1, None))
    headers = {"Content-Disposition": f'attachment; filename="import-{import_id}.csv"', "Cache-Control": "no-store"}
    return Response(_as_csv(rows), media_type="text/csv; charset=utf-8", headers=headers)


def _asked(caller: Caller, watchlist: str) -> AskedList:
    return AskedList(caller.actor, WatchlistId(watchlist), caller.origin)


def _file(given: UploadFile | None) -> UploadedFile | None:
    return None if given is None else _named(given)


def _named(given: UploadFile) -> UploadedFile:
    return UploadedFile(given.filename or "", given.file)


def _as_csv(rows: Sequence[LineResult]) -> str:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    writer.writerows([with_formula_guard(cell) for cell in _cells(each)] for each in rows)
    return text.getvalue()


def _cells(result: LineResult) -> Iterator[str]:
    said = result.content
    yield str(result.line)
    yield said.person
    yield said.picture
    yield result.outcome.value
    yield said.reason
    yield "" if said.quality is None else f"{said.quality:.0f}"
    yield said.advice
    yield said.entry or ""
