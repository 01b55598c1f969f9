"""What screens read of watchlists: pictures, what imports did, and where copies went. Every look is logged first."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

import cv2
import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from openlfr.capture.pictures import PictureError, read_picture
from openlfr.policy.identifiers import NodeId, PictureId, WatchlistId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action
from openlfr.records.hub_records import HubRecords
from openlfr.records.watchlist_acts import carried_out
from openlfr.records.watchlist_import_lines import LineResult, outcomes, read_some_lines
from openlfr.records.watchlist_store import AskedList, listed, picture_place
from openlfr.records.watchlist_tables import (
    Outcome,
    WatchlistDeliveryRow,
    WatchlistImportRow,
    WatchlistPictureRow,
    WatchlistRow,
)

_LONGEST_SIDE_PX: Final = 1600
_JPEG_QUALITY: Final = 90


class PictureForm(StrEnum):
    """A reference picture as the portrait that nodes and officers get, or whole."""

    PORTRAIT = "portrait"
    WHOLE = "whole"


@dataclass(frozen=True, slots=True)
class ImportRecord:
    """One import into a list, and how many rows had which result. Unfinished until all pictures were compared."""

    import_id: str
    started_at: datetime
    finished_at: datetime | None
    outcomes: dict[Outcome, int]


@dataclass(frozen=True, slots=True)
class DeliveryRecord:
    """A copy of a list made for a node; `destroyed_at` once the node's signed receipt of its destruction is here."""

    bundle: str
    node: NodeId
    made_at: datetime
    destroyed_at: datetime | None


def reference_picture(records: HubRecords, asked: AskedList, picture: PictureId, form: PictureForm) -> bytes | Refusal:
    """One reference picture as a JPEG file, made anew, so that nothing else that its file held goes out with it."""
    of_list = (WatchlistPictureRow.id == picture, WatchlistPictureRow.watchlist_id == asked.watchlist)

    def there(session: Session) -> Refusal | None:
        found = session.execute(select(WatchlistPictureRow.id).where(*of_list)).first()
        return None if found else _NO_PICTURE

    refusal = _looked(records, asked, f"Looked at picture {picture} ({form}).", there)
    if refusal is not None:
        return refusal
    whole = form is PictureForm.WHOLE
    with records.database.reading() as session:
        wanted = WatchlistPictureRow.picture if whole else WatchlistPictureRow.portrait
        sealed = session.scalars(select(wanted).where(*of_list)).one_or_none()
    if sealed is None:
        return _NO_PICTURE
    content = records.sealer.unseal(sealed, picture_place("picture" if whole else "portrait", picture))
    return _as_jpeg(content) if whole else content


def imports_of(records: HubRecords, asked: AskedList) -> Sequence[ImportRecord] | Refusal:
    """The imports into a list, the newest first."""

    def act(session: Session) -> Sequence[ImportRecord] | Refusal:
        row = listed(session, asked, Action.VIEW_WATCHLIST, records)
        if isinstance(row, Refusal):
            return row
        rows = session.scalars(
            select(WatchlistImportRow)
            .where(WatchlistImportRow.watchlist_id == row.id)
            .order_by(WatchlistImportRow.started_at.desc(), WatchlistImportRow.id.desc())
        )
        return [
            ImportRecord(each.id, each.started_at, each.finished_at, dict(outcomes(session, each.id))) for each in rows
        ]

    return carried_out(records, asked, Action.VIEW_WATCHLIST, act, "Looked at the imports of a watchlist.")


def import_rows(
    records: HubRecords, asked: AskedList, import_id: str, after: int, most: int | None
) -> Sequence[LineResult] | Refusal:
    """What became of the rows of an import, in the order of the file, those with a number above `after`."""

    def there(session: Session) -> Refusal | None:
        found = session.get(WatchlistImportRow, import_id)
        known = found is not None and found.watchlist_id == asked.watchlist
        return None if known else Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such import into this watchlist.")

    refusal = _looked(records, asked, f"Looked at the rows of import {import_id}.", there)
    if refusal is not None:
        return refusal
    with records.database.reading() as session:
        return list(read_some_lines(records, session, import_id, after, most))


def deliveries_of(records: HubRecords, asked: AskedList) -> Sequence[DeliveryRecord] | Refusal:
    """Where copies of a list went, and whether they are destroyed there."""

    def act(session: Session) -> Sequence[DeliveryRecord] | Refusal:
        row = listed(session, asked, Action.VIEW_WATCHLIST, records)
        if isinstance(row, Refusal):
            return row
        rows = session.scalars(
            select(WatchlistDeliveryRow)
            .where(WatchlistDeliveryRow.watchlist_id == WatchlistId(row.id))
            .order_by(WatchlistDeliveryRow.made_at, WatchlistDeliveryRow.node_id)
        )
        return [DeliveryRecord(each.bundle_id, NodeId(each.node_id), each.made_at, each.destroyed_at) for each in rows]

    return carried_out(records, asked, Action.VIEW_WATCHLIST, act, "Looked at where copies of a watchlist went.")


_NO_PICTURE: Final = Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such picture on this watchlist.")


def _looked(
    records: HubRecords, asked: AskedList, words: str, there: Callable[[Session], Refusal | None]
) -> Refusal | None:
    """Log a look at a list before anything is read, which may take long and must keep no alert waiting to be written;
    None, or why there is nothing to look at."""

    def act(session: Session) -> WatchlistRow | Refusal:
        row = listed(session, asked, Action.VIEW_WATCHLIST, records)
        return row if isinstance(row, Refusal) else there(session) or row

    looked = carried_out(records, asked, Action.VIEW_WATCHLIST, act, words)
    return looked if isinstance(looked, Refusal) else None


def _as_jpeg(content: bytes) -> bytes | Refusal:
    unreadable = Refusal(RefusalCode.UNKNOWN_RECORD, "This picture cannot be shown any more: look at its portrait.")
    try:
        picture = read_picture(content, name="reference picture")
    except PictureError:
        return unreadable
    try:
        scale = _LONGEST_SIDE_PX / max(picture.shape[:2])
        if scale < 1:
            smaller = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
            picture[...] = 0
            picture = np.asarray(smaller, np.uint8)
        written, jpeg = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, _JPEG_QUALITY])
        return jpeg.tobytes() if written else unreadable
    finally:
        picture[...] = 0
