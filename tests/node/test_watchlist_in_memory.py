"""The list in memory: who is found, what an officer is told, and that nothing of anybody is left of it."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from tests.support.bus import NODE
from tests.support.deployment_values import NOON
from tests.support.faces import grace_hopper, main_face, models
from tests.support.scripted_hub import identity, listed, street_setup
from tests.support.street import COLLINS, HOPPER, portrait_template

from openlfr.capture.images import ArrayFrameImage
from openlfr.link.removal_order import ListInUse, RemovalOrder
from openlfr.link.watchlist_bundle import BundleLog, Manifest, NodeKeys, OpenedBundle, make_bundle, open_bundle
from openlfr.link.watchlist_content import ListedEntry, list_hash
from openlfr.node.watchlist_in_memory import PORTRAIT_FACE, ListUnusableError, WatchlistInMemory, models_for
from openlfr.policy.identifiers import EntryId, PictureId
from openlfr.policy.raised_alert import CandidatePicture
from openlfr.policy.refusal import Refusal
from openlfr.sealing.exchange import ExchangeKey
from openlfr.sealing.signature import SigningKey
from openlfr.vision.inference import Precision
from openlfr.vision.models import open_models

HUB, KEY = SigningKey(b"\x01" * 32), ExchangeKey(b"\x07" * 32)


def opened(people: tuple[ListedEntry, ...]) -> OpenedBundle:
    """As a node gets it: through a real bundle, so that every byte of it is the node's own."""
    manifest = Manifest(
        bundle="0196c000-0000-7000-8000-0000000000b1",
        identity=identity(),
        content_hash=list_hash(identity(), {each.entry.entry: each.digest for each in people}),
        removals=0,
        people=len(people),
        made_at=NOON,
        open_until=NOON.replace(hour=23),
        recipients=(),
        sealed_sha256="",
    )
    content = make_bundle(HUB, manifest, people, [NodeKeys(NODE, KEY.public, HUB.public)])
    found = open_bundle(content, NODE, KEY, HUB.public, BundleLog(), NOON)
    assert isinstance(found, OpenedBundle)
    return found


def removal(before: ListInUse, entry: EntryId, sequence: int) -> RemovalOrder:
    after = list_hash(before.identity, {each: digest for each, digest in before.digests.items() if each != entry})
    return RemovalOrder(before.identity.watchlist, sequence, entry, NOON, before.content_hash, after)


def test_a_person_is_found_and_everything_an_officer_needs_stands_beside() -> None:
    people = listed(HOPPER, COLLINS)
    watchlist = WatchlistInMemory(opened(people), models())
    assert watchlist.content_hash == list_hash(identity(), {each.entry.entry: each.digest for each in people})
    ((best, *_),) = watchlist.gallery.search(portrait_template(grace_hopper())[None])
    entry, picture = EntryId(best.person_id), PictureId(best.picture)
    person = watchlist.person(entry, picture)
    assert person is not None
    assert (person.name, person.person) == (HOPPER, "NOMINAL/1")
    assert person.picture_taken_on == people[0].entry.pictures[0].taken_on
    (candidate,) = watchlist.candidates(entry, picture, 4)
    assert candidate.portrait == people[0].pictures[0].portrait
    assert candidate.about == CandidatePicture(person.picture_taken_on, 70.0, PORTRAIT_FACE)


def test_an_alert_gets_the_picture_that_was_found_then_the_newest_and_not_too_many() -> None:
    (hopper,) = listed(HOPPER)
    (first,) = hopper.pictures
    years = {f"p-{year}": year for year in (1961, 1984, 1972)}
    more = [replace(first, picture=PictureId(name), portrait=f"taken in {name}".encode()) for name in years]
    about = [replace(hopper.entry.pictures[0], picture=PictureId(n), taken_on=date(y, 1, 1)) for n, y in years.items()]
    several = ListedEntry(replace(hopper.entry, pictures=tuple(about)), tuple(more))
    watchlist = WatchlistInMemory(opened((several,)), replace(models(), second_opinion=None))
    found = watchlist.candidates(hopper.entry.entry, PictureId("p-1961"), 2)
    assert [each.about.taken_on.year for each in found] == [1961, 1984]
    assert [each.portrait for each in found] == [b"taken in p-1961", b"taken in p-1984"]


def test_a_removed_person_is_gone_from_search_from_alerts_and_from_memory() -> None:
    bundle = opened(listed(HOPPER, COLLINS))
    hopper = bundle.entries[0]
    watchlist = WatchlistInMemory(bundle, models())
    order = removal(watchlist.in_use, hopper.entry.entry, 1)
    assert watchlist.obey(order) is None
    assert watchlist.content_hash == order.hash_after
    assert watchlist.held.removals == 1
    assert watchlist.person(hopper.entry.entry, hopper.pictures[0].picture) is None
    assert watchlist.candidates(hopper.entry.entry, hopper.pictures[0].picture, 4) == []
    assert not any(hopper.pictures[0].portrait)
    assert not any(hopper.pictures[0].template)
    assert watchlist.gallery.people == (bundle.entries[1].entry.entry,)
    assert watchlist.obey(order) is None
    later = removal(watchlist.in_use, bundle.entries[1].entry.entry, 3)
    assert isinstance(watchlist.obey(later), Refusal)
    assert len(watchlist.gallery) == 1


def test_a_destroyed_list_finds_nobody_and_its_bytes_are_overwritten() -> None:
    bundle = opened(listed(HOPPER, COLLINS))
    watchlist = WatchlistInMemory(bundle, models())
    (handed_out,) = watchlist.candidates(bundle.entries[0].entry.entry, bundle.entries[0].pictures[0].picture, 4)
    watchlist.destroy()
    for entry in bundle.entries:
        assert watchlist.person(entry.entry.entry, entry.pictures[0].picture) is None
        assert not any(entry.pictures[0].portrait + entry.pictures[0].template)
    assert watchlist.gallery.search(portrait_template(grace_hopper())[None]) == [()]
    assert watchlist.content_hash != bundle.manifest.content_hash
    # What an alert took with it is the alert's own.
    assert handed_out.portrait.startswith(b"\xff\xd8")


def test_templates_of_another_model_are_refused() -> None:
    people = listed(HOPPER)
    picture = replace(people[0].pictures[0], template=np.ones(7, "<f4").tobytes())
    with pytest.raises(ListUnusableError, match="another model pack"):
        WatchlistInMemory(opened((replace(people[0], pictures=(picture,)),)), models())


def test_the_second_opinion_is_described_from_the_portraits_where_the_plan_asks_for_it() -> None:
    with_second = open_models(precision=Precision.F32, second_opinion=True)
    assert with_second.second_opinion is not None
    chosen, setup = models_for(with_second, street_setup())
    assert chosen.second_opinion is None
    assert setup == street_setup()
    wanted = replace(street_setup(), fusion_rule="mean-1.dlib-1")
    chosen, setup = models_for(with_second, wanted)
    assert setup == wanted
    bundle = opened(listed(HOPPER, COLLINS))
    blank = b"\xff\xd8"  # a portrait that cannot be read
    watchlist = WatchlistInMemory(bundle, chosen)
    hopper, collins = (each.entry.entry for each in bundle.entries)
    second = chosen.second_opinion
    assert second is not None
    chip = second.chip(ArrayFrameImage(grace_hopper()), main_face(grace_hopper()).landmarks)
    probe = second.describe(chip[None])[0]
    own, other = (watchlist.gallery.squared_distance(each, probe) for each in (hopper, collins))
    assert own is not None
    assert other is not None
    assert own < 0.05 < 0.36 < other
    spoiled = replace(bundle.entries[0], pictures=(replace(bundle.entries[0].pictures[0], portrait=blank),))
    with pytest.raises(ListUnusableError, match="cannot be read"):
        WatchlistInMemory(opened((spoiled,)), chosen)
