"""Importing pictures into a list: thousands at a time, goes on where it was interrupted, and says what became of each.

Every batch is one transaction: entries, pictures, the result of each row and the audit entry are kept together or not
at all. Rows that have a result are not tried again, so a second run of the same file does the rest.
"""

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from openlfr.capture.pictures import PictureError, read_file
from openlfr.enrolment.enrol import REFERENCE_QUALITY_FLOOR, Enrolled, Enroller
from openlfr.enrolment.listing import ReferencePicture
from openlfr.policy.documents import to_document
from openlfr.policy.identifiers import DeploymentId, PictureId, WatchlistId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action
from openlfr.policy.watchlist import WatchlistState
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.hub_records import HubRecords
from openlfr.records.watchlist_batch import Ready, Settled, write_batch
from openlfr.records.watchlist_import_lines import (
    LineContent,
    LineResult,
    add_lines,
    lines_done,
    outcomes,
    read_lines,
)
from openlfr.records.watchlist_pairs import (
    ListPair,
    compare_all,
    pictures_to_compare,
    replace_pairs,
    threshold_floor,
)
from openlfr.records.watchlist_portrait import portrait
from openlfr.records.watchlist_source import SourcePicture, WatchlistSource
from openlfr.records.watchlist_store import (
    KIND,
    AskedList,
    PictureDetails,
    built_on,
    file_digest,
    list_key,
    person_digest,
    picture_place,
    template_bytes,
)
from openlfr.records.watchlist_tables import (
    Outcome,
    Review,
    WatchlistEntryRow,
    WatchlistImportRow,
    WatchlistPictureRow,
    WatchlistRow,
)
from openlfr.sealing.vault_file import VaultKey
from openlfr.vision.quality import ADVICE

ENROLLED_TOGETHER: Final = 256
"""Pictures between two looks at the database: what a killed import has to compute again."""
_BATCH_BYTES: Final = 16 << 20
_PREPARED_TOGETHER: Final = 8

OnProgress = Callable[[int, int], None]
"""Called with the rows that have a result and their number."""


@dataclass(frozen=True, slots=True)
class TemplateMaker:
    """What makes templates, and the names of model and precision that they are made with.

    The enroller must have a quality floor of 0: whether a poor picture is used is decided by review, not lost here.
    """

    enroller: Enroller
    model_pack: str
    precision: str
    quality_floor: float = REFERENCE_QUALITY_FLOOR


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did. `resumed` rows had their result from an interrupted run.

    `threshold` is the similarity from which two people are look-alikes; None when none was known, so that only those
    who are probably one person were looked for. `pairs` are those of the whole list, worst first; `pairs_cut`: there
    were more than are kept. `people` and `pictures` are on the list now, reviewed or not.
    """

    import_id: str
    resumed: int
    outcomes: Mapping[Outcome, int]
    pairs: tuple[ListPair, ...]
    pairs_cut: bool
    threshold: float | None
    people: int
    pictures: int

    @property
    def floor(self) -> float | None:
        """See `threshold_floor`."""
        return threshold_floor(self.pairs)


@dataclass(frozen=True, slots=True)
class _Running:
    """An import under way."""

    asked: AskedList
    source: WatchlistSource
    import_id: str
    key: VaultKey
    done: frozenset[int]


@dataclass(frozen=True, slots=True)
class WatchlistImport:
    """Imports files and folders into lists. `workers`: threads that read, seal and cut out portraits."""

    records: HubRecords
    maker: TemplateMaker
    workers: int

    def run(
        self,
        asked: AskedList,
        source: WatchlistSource,
        look_alike_threshold: Callable[[int], float | None],
        on_progress: OnProgress = lambda _done, _of: None,
    ) -> ImportReport | Refusal:
        """Import every row that has no result yet, then compare all pictures of the list with each other.

        `look_alike_threshold` gives the similarity from which people are look-alikes, for a number of pictures. What
        was done stays when this is interrupted, and the next run with the same file goes on. Raises RecordsError,
        SealingError and InferenceError.
        """
        running = self._begin(asked, source)
        if isinstance(running, Refusal):
            return running
        todo = [each for each in source.pictures if each.line not in running.done]
        before = source.rows - len(todo)
        on_progress(before, source.rows)
        for start in range(0, len(todo), ENROLLED_TOGETHER):
            chunk = todo[start : start + ENROLLED_TOGETHER]

            def progress(done: int, _of: int, base: int = before + start) -> None:
                on_progress(base + done, source.rows)

            for rows in self._batches(running, chunk, progress):
                refusal = self._write(running, rows)
                if refusal is not None:
                    return refusal
            progress(len(chunk), len(chunk))
        return self._finish(running, look_alike_threshold)

    def unfinished(self, deployment: DeploymentId, source: WatchlistSource) -> WatchlistId | None:
        """The newest list of a deployment into which this very file was being imported when it was interrupted."""
        wanted = (
            select(WatchlistRow.id)
            .join(WatchlistImportRow, WatchlistImportRow.watchlist_id == WatchlistRow.id)
            .where(
                WatchlistRow.deployment_id == deployment,
                WatchlistRow.state == WatchlistState.BUILDING,
                WatchlistImportRow.source_digest == source.digest,
                WatchlistImportRow.finished_at.is_(None),
            )
        )
        with self.records.database.reading() as session:
            found = session.scalars(wanted.order_by(WatchlistRow.id.desc()).limit(1)).one_or_none()
        return None if found is None else WatchlistId(found)

    def results(self, report: ImportReport) -> Iterator[LineResult]:
        """What became of every row, in the order of the file."""
        return read_lines(self.records, report.import_id)

    def _begin(self, asked: AskedList, source: WatchlistSource) -> _Running | Refusal:
        with self.records.database.writing() as session:
            row = self._building(session, asked)
            if isinstance(row, Refusal):
                return row
            key = list_key(self.records, row)
            import_id = session.execute(
                select(WatchlistImportRow.id).where(
                    WatchlistImportRow.watchlist_id == asked.watchlist,
                    WatchlistImportRow.source_digest == source.digest,
                    WatchlistImportRow.finished_at.is_(None),
                )
            ).scalar_one_or_none()
            if import_id is None:
                import_id = self.records.new_id()
                session.add(
                    WatchlistImportRow(
                        id=import_id,
                        watchlist_id=asked.watchlist,
                        source_digest=source.digest,
                        started_at=self.records.clock(),
                    )
                )
                session.flush()
                refused = {
                    each.line: (
                        Outcome.REFUSED,
                        LineContent(
                            each.person, each.picture, each.sentence, None, "Mend this and import again.", None
                        ),
                    )
                    for each in source.problems
                }
                add_lines(self.records, session, import_id, asked.watchlist, key, refused)
                self._done(session, asked, f"Began to import {source.rows} rows; {len(refused)} cannot be used.")
            return _Running(asked, source, import_id, key, lines_done(session, import_id))

    def _building(self, session: Session, asked: AskedList) -> WatchlistRow | Refusal:
        """The list, if it may be changed with templates of this model; a refusal is logged."""
        row = built_on(session, asked, self.records)
        if not isinstance(row, Refusal):
            model = (self.maker.model_pack, self.maker.precision)
            if row.model_pack is None:
                row.model_pack, row.precision = model
            if (row.model_pack, row.precision) == model:
                return row
            row = Refusal(
                RefusalCode.WRONG_MODEL,
                f"The templates of this list were made by {row.model_pack} in {row.precision}: "
                "import with that model pack, or begin a new list.",
            )
        record = reference(KIND, asked.watchlist)
        return write_refused(self.records, session, asked.by, Action.BUILD_WATCHLIST, record, asked.origin, row)

    def _batches(
        self, running: _Running, chunk: Sequence[SourcePicture], progress: OnProgress
    ) -> Iterator[list[Ready | Settled]]:
        """The rows of a chunk, read, enrolled and sealed, in batches whose size in memory is bounded."""
        batch: list[Ready | Settled] = []
        size = 0
        with ThreadPoolExecutor(self.workers, thread_name_prefix="import") as pool:
            hashes = list(pool.map(_hashed, chunk))
            known = self._known_files(running, chunk, hashes)
            wanted: dict[ReferencePicture, SourcePicture] = {}
            for each, found in zip(chunk, hashes, strict=True):
                if isinstance(found, PictureError):
                    batch.append(Settled(each, str(found), None))
                elif (digest := known.get(each.line)) is not None:
                    batch.append(Settled(each, "", digest))
                else:
                    wanted[ReferencePicture(each.person, each.path, each.name)] = each
            enrolment = self.maker.enroller.enrol(tuple(wanted), progress)
            batch += [Settled(wanted[each.reference], each.sentence, None) for each in enrolment.not_enrolled]
            for start in range(0, len(enrolment.enrolled), _PREPARED_TOGETHER):
                together = enrolment.enrolled[start : start + _PREPARED_TOGETHER]
                for ready in pool.map(lambda each: self._prepared(running, wanted[each.reference], each), together):
                    batch.append(ready)
                    size += ready.size if isinstance(ready, Ready) else 0
                if size >= _BATCH_BYTES:
                    yield batch
                    batch, size = [], 0
        if batch:
            yield batch

    def _known_files(
        self, running: _Running, chunk: Sequence[SourcePicture], hashes: Sequence[str | PictureError]
    ) -> dict[int, bytes]:
        """The lines whose very file is on the list for the same person already, with the digest of the file."""
        watchlist = running.asked.watchlist
        people = {each.person: person_digest(self.records, watchlist, each.person) for each in chunk}
        with self.records.database.reading() as session:
            pairs = session.execute(
                select(WatchlistEntryRow.person_digest, WatchlistPictureRow.file_digest)
                .join(WatchlistPictureRow, WatchlistPictureRow.entry_id == WatchlistEntryRow.id)
                .where(
                    WatchlistEntryRow.watchlist_id == watchlist,
                    WatchlistEntryRow.person_digest.in_(people.values()),
                )
            )
            present = {(bytes(person), bytes(file)) for person, file in pairs}
        known = {}
        for each, found in zip(chunk, hashes, strict=True):
            if isinstance(found, str):
                digest = file_digest(self.records, watchlist, found)
                if (people[each.person], digest) in present:
                    known[each.line] = digest
        return known

    def _prepared(self, running: _Running, source: SourcePicture, enrolled: Enrolled) -> Ready | Settled:
        """A picture with everything sealed for its row."""
        try:
            content = read_file(source.path, name=source.name)
            cut_out = portrait(content, enrolled.face, source.name)
        except PictureError as error:
            return Settled(source, str(error), None)
        if hashlib.sha256(content).hexdigest() != enrolled.sha256:
            return Settled(source, f"The picture {source.name} changed while it was imported; import it again.", None)
        template = template_bytes(enrolled.template)
        picture = PictureId(self.records.new_id())
        details = PictureDetails(
            name=source.name,
            source=source.source,
            taken_on=source.taken_on,
            sha256=enrolled.sha256,
            template_sha256=hashlib.sha256(template).hexdigest(),
            portrait_sha256=hashlib.sha256(cut_out).hexdigest(),
            quality=round(enrolled.quality.unified, 1),
            advice=(*(ADVICE[reason] for reason in enrolled.quality.reasons), *enrolled.notes),
        )
        seal, key = self.records.sealer.seal, running.key
        return Ready(
            source=source,
            picture=picture,
            digest=file_digest(self.records, running.asked.watchlist, enrolled.sha256),
            poor=enrolled.quality.unified < self.maker.quality_floor,
            details=details,
            sealed_details=self.records.sealer.seal_json(key, to_document(details), picture_place("details", picture)),
            sealed_template=seal(key, template, picture_place("template", picture)),
            sealed_portrait=seal(key, cut_out, picture_place("portrait", picture)),
            sealed_picture=seal(key, content, picture_place("picture", picture)),
        )

    def _write(self, running: _Running, rows: Sequence[Ready | Settled]) -> Refusal | None:
        """Keep a batch; None, or why the list may not be changed any more."""
        asked = running.asked
        with self.records.database.writing() as session:
            row = self._building(session, asked)
            if isinstance(row, Refusal):
                return row
            # Somebody may have started the same import twice: whoever comes second finds the results.
            there = lines_done(session, running.import_id, [each.source.line for each in rows])
            new = [each for each in rows if each.source.line not in there]
            if new:
                write_batch(
                    self.records, session, row, running.import_id, running.source.people, new, self.maker.quality_floor
                )
                self._done(session, asked, f"Imported {len(new)} rows.")
            return None

    def _finish(self, running: _Running, look_alike_threshold: Callable[[int], float | None]) -> ImportReport | Refusal:
        """Compare every two pictures of the list, and note that the import is complete."""
        asked = running.asked
        with self.records.database.reading() as session:
            pictures = pictures_to_compare(self.records, session, asked.watchlist)
        threshold = look_alike_threshold(len(pictures))
        compared = compare_all(pictures, threshold)
        with self.records.database.writing() as session:
            row = self._building(session, asked)
            if isinstance(row, Refusal):
                return row
            replace_pairs(session, asked.watchlist, compared.pairs)
            imported = session.get_one(WatchlistImportRow, running.import_id)
            imported.finished_at = self.records.clock()
            if not _anybody_else(session, row, running.import_id):
                # Everybody on the list was in this file: it is as fresh as the file is.
                row.drawn_at = max(row.drawn_at, imported.started_at)
            self._done(session, asked, f"Finished an import: compared {len(pictures)} pictures with each other.")
            return ImportReport(
                import_id=running.import_id,
                resumed=len(running.done) - len(running.source.problems) if running.done else 0,
                outcomes=outcomes(session, running.import_id),
                pairs=compared.pairs,
                pairs_cut=compared.cut,
                threshold=threshold,
                people=len({each.person for each in pictures}),
                pictures=len(pictures),
            )

    def _done(self, session: Session, asked: AskedList, words: str) -> None:
        record = reference(KIND, asked.watchlist)
        write_done(self.records, session, asked.by, Action.BUILD_WATCHLIST, record, asked.origin, words)


def _hashed(source: SourcePicture) -> str | PictureError:
    """SHA-256 of a picture file, or why it cannot be read."""
    try:
        return hashlib.sha256(read_file(source.path, name=source.name)).hexdigest()
    except PictureError as error:
        return error


def _anybody_else(session: Session, row: WatchlistRow, import_id: str) -> bool:
    """Whether anybody is on the list, or waits for review, whom this import did not name."""
    others = select(func.count()).where(
        WatchlistEntryRow.watchlist_id == row.id,
        WatchlistEntryRow.review != Review.REJECTED,
        WatchlistEntryRow.seen_in != import_id,
    )
    return session.execute(others).scalar_one() > 0
