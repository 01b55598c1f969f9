"""How watchlists are put on the wire: answers made of what the records say."""

from collections.abc import Mapping

from openlfr.hub.schemas.watchlists import (
    EntryPictureView,
    FieldFinding,
    ImportRowView,
    PairView,
    ReceiptView,
    SecondAuthorityView,
    WatchlistEntryView,
    WatchlistView,
)
from openlfr.policy.identifiers import EntryId, PersonReference
from openlfr.records.receipts import PurgeReceipt
from openlfr.records.watchlist_import_lines import LineResult
from openlfr.records.watchlist_pairs import ListPair
from openlfr.records.watchlist_reviews import EntryView
from openlfr.records.watchlists import ListRecord


def list_of(record: ListRecord) -> WatchlistView:
    """A list as numbers."""
    value = record.watchlist
    return WatchlistView(
        watchlist=value.watchlist,
        version=record.version,
        deployment=value.deployment,
        state=value.state,
        builders=list(value.builders),
        approved_by=value.approved_by,
        drawn_at=value.drawn_at,
        frozen_at=value.frozen_at,
        content_hash=value.content_hash,
        size=value.size,
        testers=value.testers,
        waiting=record.waiting,
        import_finished=record.import_finished,
    )


def entry_of(view: EntryView) -> WatchlistEntryView:
    """An entry as a reviewer sees it."""
    content, draft = view.entry.content, view.entry.content.draft
    return WatchlistEntryView(
        entry=view.entry.entry,
        review=view.entry.review,
        person=draft.person,
        name=draft.name,
        categories=list(draft.categories),
        offence=draft.offence,
        reason=draft.reason,
        where_link=draft.where_link,
        legal_basis=draft.legal_basis,
        expires_on=draft.expires_on,
        warning_markers=list(draft.warning_markers),
        look_alikes=list(draft.look_alikes),
        under_18=draft.under_18,
        vulnerable=draft.vulnerable,
        second_authority=(
            None if draft.second_authority is None else SecondAuthorityView.model_validate(draft.second_authority)
        ),
        blue_list=draft.blue_list,
        consent_reference=draft.consent_reference,
        pictures=[
            EntryPictureView(
                picture=each.picture,
                name=each.details.name,
                source=each.details.source,
                taken_on=each.details.taken_on,
                quality=each.details.quality,
                poor=each.poor,
                advice=list(each.details.advice),
            )
            for each in view.entry.pictures
        ],
        problems=[FieldFinding.model_validate(each) for each in view.found.problems],
        against=list(view.found.against),
        notes=list(view.found.notes),
        review_reason=content.review_reason,
        reviewed_by=content.reviewed_by,
    )


def pair_of(pair: ListPair, people: Mapping[EntryId, PersonReference]) -> PairView:
    """Two pictures that are alike, and whose they are."""
    return PairView(
        kind=pair.kind,
        similarity=pair.similarity,
        first_entry=pair.first_entry,
        first_person=people.get(pair.first_entry),
        first_picture=pair.first_picture,
        second_entry=pair.second_entry,
        second_person=people.get(pair.second_entry),
        second_picture=pair.second_picture,
    )


def row_of(result: LineResult) -> ImportRowView:
    """What became of one row."""
    said = result.content
    return ImportRowView(
        line=result.line,
        outcome=result.outcome,
        person=said.person,
        picture=said.picture,
        reason=said.reason,
        quality=said.quality,
        advice=said.advice,
        entry=said.entry,
    )


def receipt_of(receipt: PurgeReceipt) -> ReceiptView:
    """The receipt of one record's destruction."""
    return ReceiptView(
        id=receipt.id,
        data_class=receipt.data_class,
        record_kind=receipt.record.kind,
        record_id=receipt.record.id,
        keys=list(receipt.keys),
        rows=dict(receipt.rows),
        begun_at=receipt.begun_at,
        finished_at=receipt.finished_at,
        policy_version=receipt.policy_version,
    )
