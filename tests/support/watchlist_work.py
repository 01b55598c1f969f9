"""Work on watchlists that tests kill at a chosen step. Apart from the tests: each run imports this module anew."""

from collections.abc import Callable
from pathlib import Path

from tests.support.database import PASSPHRASE, HandClock
from tests.support.deployment_values import BUILDER, NOON, UK
from tests.support.staffed_hub import TERMINAL
from tests.support.watchlists import QUICK

from openlfr.policy.identifiers import EntryId, WatchlistId
from openlfr.policy.refusal import Refusal
from openlfr.policy.retention import packaged_retention_policy
from openlfr.records.deployments import Deployments
from openlfr.records.hub_records import open_hub_records
from openlfr.records.purgeables import PURGEABLES
from openlfr.records.retention import Retention
from openlfr.records.watchlist_import import WatchlistImport
from openlfr.records.watchlist_source import read_source
from openlfr.records.watchlist_store import AskedList, ListDirectory
from openlfr.records.watchlist_use import WatchlistsInUse
from openlfr.records.watchlists import ListRecord, Watchlists
from openlfr.sealing.signature import SignedDocument


def import_it(report: Callable[[object], None], url: str, folder: Path, watchlist: WatchlistId, source: Path) -> None:
    records = open_hub_records(url, folder, PASSPHRASE, HandClock(NOON))
    importing = WatchlistImport(records, QUICK, workers=2)
    finished = importing.run(AskedList(BUILDER, watchlist, TERMINAL), read_source(source), lambda _: 0.5)
    assert not isinstance(finished, Refusal)
    report(finished.pictures)


def freeze_it(report: Callable[[object], None], url: str, folder: Path, watchlist: WatchlistId) -> None:
    records = open_hub_records(url, folder, PASSPHRASE, HandClock(NOON))
    answer = Watchlists(records, {"uk": UK}).freeze(AskedList(BUILDER, watchlist, TERMINAL))
    assert isinstance(answer, ListRecord), answer
    report(answer.watchlist.content_hash)


def remove_it(report: Callable[[object], None], url: str, folder: Path, watchlist: WatchlistId, entry: EntryId) -> None:
    records = open_hub_records(url, folder, PASSPHRASE, HandClock(NOON))
    deployments = Deployments(records, {"uk": UK}, ListDirectory())
    use = WatchlistsInUse(records, deployments, Retention(records, packaged_retention_policy(), PURGEABLES))
    order = use.remove(AskedList(BUILDER, watchlist, TERMINAL), entry, "Found.")
    assert isinstance(order, SignedDocument), order
    report(order.to_bytes())
