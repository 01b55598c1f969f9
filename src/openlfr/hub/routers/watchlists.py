"""Watchlists of a deployment: building, judging, approving, freezing, and what happens to them afterwards."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query

from openlfr.hub.pagination import AskedPage, Listed
from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.routers.cursors import identifier_cursor
from openlfr.hub.routers.pictures import JPEG_ANSWER, JpegResponse, jpeg
from openlfr.hub.schemas.watchlist_views import entry_of, list_of, pair_of, receipt_of
from openlfr.hub.schemas.watchlists import (
    AcceptedView,
    CompositionView,
    DeliveryView,
    ListDestruction,
    PairView,
    ReasonForm,
    ReceiptView,
    RemovalView,
    ReviewedEntry,
    SecondAuthorityView,
    VerdictForm,
    WatchlistEntryView,
    WatchlistView,
)
from openlfr.hub.schemas.wire import DeploymentPath, Identifier, Seen, WatchlistPath
from openlfr.hub.signed_in import Caller, SignedIn
from openlfr.policy.identifiers import DeploymentId, EntryId, PictureId, WatchlistId
from openlfr.records.watchlist_reading import PictureForm, deliveries_of, reference_picture
from openlfr.records.watchlist_store import AskedList
from openlfr.records.watchlist_tables import Review

router = APIRouter(tags=["watchlists"])

EntryPath = Annotated[Identifier, Path(description="The entry's identifier.")]
_MOST_PAIRS = 500


@router.get("/deployments/{deployment}/watchlists")
def list_watchlists(caller: SignedIn, services: HubServices, deployment: DeploymentPath) -> list[WatchlistView]:
    """The watchlists of a deployment, the oldest first, as numbers."""
    found = services.watchlists.lists(caller.actor, DeploymentId(deployment), caller.origin)
    return [list_of(each) for each in answered(found)]


@router.post("/deployments/{deployment}/watchlists", status_code=HTTPStatus.CREATED)
def begin_watchlist(caller: SignedIn, services: HubServices, deployment: DeploymentPath) -> WatchlistView:
    """Begin an empty watchlist for a deployment that is authorised, under a key of its own."""
    return list_of(answered(services.watchlists.begin(caller.actor, DeploymentId(deployment), caller.origin)))


@router.get("/watchlists/{watchlist}")
def get_watchlist(caller: SignedIn, services: HubServices, watchlist: WatchlistPath) -> WatchlistView:
    """One watchlist, as numbers."""
    return list_of(answered(services.watchlists.view(_asked(caller, watchlist))))


@router.get("/watchlists/{watchlist}/entries")
def list_watchlist_entries(
    caller: SignedIn,
    services: HubServices,
    watchlist: WatchlistPath,
    page: AskedPage,
    review: Annotated[list[Review] | None, Query(description="Any of these states of review.")] = None,
) -> Listed[WatchlistEntryView]:
    """People on a watchlist with what was found about each. The look is in the audit log before this is answered."""
    after = identifier_cursor(page) or ""
    asked = _asked(caller, watchlist)
    found = answered(services.reviews.entries(asked, *(review or ()), after=after, most=page.limit + 1))
    shown = [entry_of(each) for each in found[: page.limit]]
    return Listed(items=shown, next=shown[-1].entry if len(found) > page.limit else None)


@router.get("/watchlists/{watchlist}/entries/{entry}")
def get_watchlist_entry(
    caller: SignedIn, services: HubServices, watchlist: WatchlistPath, entry: EntryPath
) -> WatchlistEntryView:
    """One person on a watchlist. The look is in the audit log before this is answered."""
    return entry_of(answered(services.reviews.entry(_asked(caller, watchlist), EntryId(entry))))


@router.get("/watchlists/{watchlist}/pictures/{picture}", response_class=JpegResponse, responses=JPEG_ANSWER)
def get_reference_picture(
    caller: SignedIn,
    services: HubServices,
    watchlist: WatchlistPath,
    picture: Annotated[Identifier, Path(description="The picture's identifier.")],
    form: Annotated[PictureForm, Query(description="The one face, small; or the whole picture.")] = (
        PictureForm.PORTRAIT
    ),
) -> JpegResponse:
    """A reference picture. Each look is in the audit log before the picture is answered."""
    found = reference_picture(services.records, _asked(caller, watchlist), PictureId(picture), form)
    return jpeg(answered(found))


@router.get("/watchlists/{watchlist}/pairs")
def list_pairs(caller: SignedIn, services: HubServices, watchlist: WatchlistPath) -> list[PairView]:
    """Pictures that are alike: copies, one person under two names, look-alikes; the 500 most similar pairs."""
    pairs, people = answered(services.reviews.pairs(_asked(caller, watchlist)))
    return [pair_of(each, people) for each in pairs[:_MOST_PAIRS]]


@router.post("/watchlists/{watchlist}/entries/{entry}/review")
def review_watchlist_entry(
    caller: SignedIn, services: HubServices, watchlist: WatchlistPath, entry: EntryPath, act: VerdictForm
) -> ReviewedEntry:
    """Accept, override or reject one entry of a list that is being built."""
    review = services.reviews.review(_asked(caller, watchlist), EntryId(entry), act.verdict, act.reason)
    return ReviewedEntry(entry=entry, review=answered(review))


@router.post("/watchlists/{watchlist}/entries/{entry}/give-second-authority")
def give_second_authority(
    caller: SignedIn, services: HubServices, watchlist: WatchlistPath, entry: EntryPath, act: ReasonForm
) -> SecondAuthorityView:
    """Decide that a child or a vulnerable person may be on the list; the entry then waits for review again."""
    given = services.reviews.give_second_authority(_asked(caller, watchlist), EntryId(entry), act.reason)
    return SecondAuthorityView.model_validate(answered(given))


@router.post("/watchlists/{watchlist}/accept-clean")
def accept_clean_entries(caller: SignedIn, services: HubServices, watchlist: WatchlistPath, act: Seen) -> AcceptedView:
    """Accept every waiting entry that nothing is to be said of. The others wait for a person's eye."""
    return AcceptedView(accepted=answered(services.reviews.accept_clean(_asked(caller, watchlist, act.version))))


@router.post("/watchlists/{watchlist}/approve")
def approve_watchlist(caller: SignedIn, services: HubServices, watchlist: WatchlistPath, act: Seen) -> WatchlistView:
    """Approve the list as it is: every entry reviewed, every accepted one complete, by nobody who built it."""
    return list_of(answered(services.watchlists.approve(_asked(caller, watchlist, act.version))))


@router.post("/watchlists/{watchlist}/freeze")
def freeze_watchlist(caller: SignedIn, services: HubServices, watchlist: WatchlistPath, act: Seen) -> WatchlistView:
    """Fix an approved list under a hash over everything on it. Only removals change it afterwards."""
    return list_of(answered(services.watchlists.freeze(_asked(caller, watchlist, act.version))))


@router.get("/watchlists/{watchlist}/composition")
def get_composition(caller: SignedIn, services: HubServices, watchlist: WatchlistPath) -> CompositionView:
    """How many people of each category were on a list when it was frozen; it stays when the list is destroyed."""
    return CompositionView.model_validate(answered(services.watchlists.composition(_asked(caller, watchlist))))


@router.post("/watchlists/{watchlist}/entries/{entry}/remove")
def remove_from_watchlist(
    caller: SignedIn, services: HubServices, watchlist: WatchlistPath, entry: EntryPath, act: ReasonForm
) -> RemovalView:
    """Take a person off a frozen list, at once and at any time: nodes are told, and the pictures are deleted here."""
    order = answered(services.in_use.remove(_asked(caller, watchlist), EntryId(entry), act.reason))
    return RemovalView(watchlist=watchlist, order=order.to_bytes().decode())


@router.post("/watchlists/{watchlist}/destroy")
def destroy_watchlist(
    caller: SignedIn, services: HubServices, watchlist: WatchlistPath, act: ListDestruction
) -> ReceiptView:
    """Destroy a list now: its key, its rows, their traces. Refused while a deployment uses it."""
    asked = _asked(caller, watchlist, act.version)
    return receipt_of(answered(services.in_use.destroy(asked, act.reason)))


@router.get("/watchlists/{watchlist}/deliveries")
def list_deliveries(caller: SignedIn, services: HubServices, watchlist: WatchlistPath) -> list[DeliveryView]:
    """Where copies of a list went, and whether the nodes' receipts say that they are destroyed there."""
    found = answered(deliveries_of(services.records, _asked(caller, watchlist)))
    return [DeliveryView.model_validate(each) for each in found]


def _asked(caller: Caller, watchlist: str, version: int | None = None) -> AskedList:
    return AskedList(caller.actor, WatchlistId(watchlist), caller.origin, version)
