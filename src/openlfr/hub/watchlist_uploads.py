"""An uploaded list becomes entries: the task of an import's job."""

import os
from collections import Counter

import structlog

from openlfr.enrolment.listing import WatchlistError
from openlfr.hub.enrolment_models import EnrolmentModels
from openlfr.hub.schemas.jobs import ImportResult
from openlfr.hub.services import Services
from openlfr.hub.uploads import Upload
from openlfr.hub.work import JobFailedError, OnProgress, Task
from openlfr.policy.identifiers import WatchlistId
from openlfr.policy.refusal import Refusal
from openlfr.policy.roles import THE_HUB
from openlfr.records.deployment_store import read_deployment
from openlfr.records.watchlist_import import WatchlistImport
from openlfr.records.watchlist_source import WatchlistSource, read_source
from openlfr.records.watchlist_store import AskedList, ListDirectory
from openlfr.vision.inference import InferenceError
from openlfr.vision.packs import PackError

log = structlog.get_logger(__name__)


def import_task(services: Services, models: EnrolmentModels, asked: AskedList, upload: Upload) -> Task:
    """Import what was uploaded into a list. The same upload sent again goes on where it was interrupted.

    Look-alikes are told by the threshold of the deployment's authority: people so alike would raise alerts for each
    other there.
    """

    def task(progress: OnProgress) -> ImportResult | Refusal:
        source = _source(upload)
        threshold = _authorised_threshold(services, asked.watchlist)
        try:
            with models.in_use() as maker:
                importing = WatchlistImport(services.records, maker, os.cpu_count() or 1)
                report = importing.run(asked, source, lambda _pictures: threshold, progress)
        except (PackError, InferenceError) as error:
            log.error("enrolment_models_unusable", reason=str(error))  # noqa: TRY400 - the reason says it all
            raise JobFailedError(
                "The models that make templates cannot be used on this hub: tell the administrator. What was imported "
                "stays; send the same file again afterwards."
            ) from error
        if isinstance(report, Refusal):
            return report
        return ImportResult(
            watchlist=asked.watchlist,
            import_id=report.import_id,
            resumed=report.resumed,
            outcomes=dict(report.outcomes),
            pairs=dict(Counter(pair.kind for pair in report.pairs)),
            pairs_cut=report.pairs_cut,
            most_alike=report.floor,
            people=report.people,
            pictures=report.pictures,
        )

    return task


def _source(upload: Upload) -> WatchlistSource:
    try:
        return read_source(upload.source)
    except WatchlistError as error:
        # The sentence names the file where it lies now, which says nothing to whoever sent it.
        raise JobFailedError(str(error).replace(f"{upload.folder}{os.sep}", "")) from error


def _authorised_threshold(services: Services, watchlist: WatchlistId) -> float | None:
    with services.records.database.reading() as session:
        listed = ListDirectory().find(session, watchlist)
        found = None if listed is None else read_deployment(services.records, session, listed.deployment, THE_HUB)
    authority = None if found is None else found.deployment.authority
    return None if authority is None else authority.terms.threshold
