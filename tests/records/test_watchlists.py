"""Review, approval and freezing: who may, in which order, and what the hash stands for."""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select
from tests.support.database import HandClock
from tests.support.deployment_values import EVERYBODY, NOON, SETUP, actor
from tests.support.kills import work_killed_before
from tests.support.staffed_hub import TERMINAL, kept, staffed
from tests.support.watchlist_work import freeze_it
from tests.support.watchlists import (
    POOR_GREY,
    QUICK,
    ListHub,
    people_csv,
    row,
    with_lists,
    write_csv,
    write_picture,
)

from openlfr.link.watchlist_content import ListIdentity, list_hash
from openlfr.policy.identifiers import EntryId, WatchlistId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import ROLES_FOR, Action, Actor, Role
from openlfr.policy.watchlist import Category, WatchlistState
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.audit_verify import verify_audit
from openlfr.records.hub_records import HubRecords
from openlfr.records.membership import PersonIdentifier
from openlfr.records.membership_tables import MembershipRow
from openlfr.records.watchlist_findings import Verdict
from openlfr.records.watchlist_frozen import completed_entries, kept_digests
from openlfr.records.watchlist_reviews import EntryView, WatchlistReviews
from openlfr.records.watchlist_source import read_source
from openlfr.records.watchlist_store import AskedList
from openlfr.records.watchlist_tables import Outcome, Review, WatchlistEntryRow, WatchlistRow
from openlfr.records.watchlist_use import WatchlistsInUse
from openlfr.records.watchlists import ListRecord, Watchlists


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> ListHub:
    return with_lists(staffed(records, clock))


def refusal(answer: object) -> Refusal:
    assert isinstance(answer, Refusal), answer
    return answer


def views(hub: ListHub, watchlist: WatchlistId, *reviews: Review) -> list[EntryView]:
    found = hub.reviews.entries(hub.asked(hub.hub.builder, watchlist), *reviews)
    assert not isinstance(found, Refusal)
    return list(found)


def value(hub: ListHub, watchlist: WatchlistId) -> ListRecord:
    found = hub.lists.lists(hub.hub.builder, hub.deployment_of(watchlist), TERMINAL)
    assert not isinstance(found, Refusal)
    return next(each for each in found if each.watchlist.watchlist == watchlist)


def only_entry(hub: ListHub, watchlist: WatchlistId) -> EntryId:
    (view,) = views(hub, watchlist)
    return view.entry.entry


def test_a_list_goes_from_building_over_approval_to_freezing(hub: ListHub, tmp_path: Path) -> None:
    watchlist = hub.reviewed(tmp_path / "in", 4)
    assert value(hub, watchlist).watchlist.state is WatchlistState.BUILDING
    approved = hub.lists.approve(hub.asked(hub.hub.authoriser, watchlist))
    assert isinstance(approved, ListRecord)
    assert (approved.watchlist.state, approved.watchlist.size) == (WatchlistState.APPROVED, 4)
    frozen = hub.lists.freeze(hub.asked(hub.hub.builder, watchlist))
    assert isinstance(frozen, ListRecord)
    assert frozen.watchlist.state is WatchlistState.FROZEN
    assert frozen.watchlist.frozen_at == NOON
    with hub.hub.records.database.reading() as session:
        digests = kept_digests(session, watchlist)
    identity = ListIdentity(watchlist, frozen.watchlist.deployment, SETUP.model_pack, SETUP.precision)
    assert frozen.watchlist.content_hash == list_hash(identity, digests)
    assert len(digests) == 4


def test_a_list_needs_a_deployment_with_an_authority(hub: ListHub) -> None:
    answer = refusal(hub.lists.begin(hub.hub.builder, hub.hub.drafted(), TERMINAL))
    assert answer.sentence == "A watchlist is built under an authority, and this deployment is draft."


def test_whoever_built_or_completed_a_list_may_not_approve_it(hub: ListHub, tmp_path: Path) -> None:
    watchlist = hub.reviewed(tmp_path / "in", 1)
    answer = refusal(hub.lists.approve(hub.asked(hub.hub.builder, watchlist)))
    assert answer.sentence == (
        "You may not approve a watchlist: you were the one to build a watchlist, and somebody else must decide."
    )
    second = actor("wes", Role.WATCHLIST_MANAGER)
    source = read_source(people_csv(tmp_path / "more", 1, first=9))
    hub.importing().run(hub.asked(second, watchlist), source, lambda _: 0.5)
    hub.reviews.accept_clean(hub.asked(second, watchlist))
    assert refusal(hub.lists.approve(hub.asked(second, watchlist))).code is RefusalCode.SAME_PERSON
    assert isinstance(hub.lists.approve(hub.asked(actor("wyn", Role.WATCHLIST_MANAGER), watchlist)), ListRecord)


def test_a_list_with_entries_that_wait_is_not_approved_and_an_empty_one_neither(hub: ListHub, tmp_path: Path) -> None:
    watchlist = hub.begun()
    officer = hub.asked(hub.hub.authoriser, watchlist)
    assert refusal(hub.lists.approve(officer)).code is RefusalCode.WATCHLIST_EMPTY
    hub.imported(watchlist, people_csv(tmp_path / "in", 2))
    assert refusal(hub.lists.approve(officer)).sentence == "2 entries wait for review: review them first."
    for view in views(hub, watchlist):
        assert hub.reviews.review(officer, view.entry.entry, Verdict.REJECT, "Was found yesterday.") is Review.REJECTED
    assert refusal(hub.lists.approve(officer)).code is RefusalCode.WATCHLIST_EMPTY


def test_a_poor_picture_is_used_only_against_the_advice_and_with_a_reason(hub: ListHub, tmp_path: Path) -> None:
    write_picture(tmp_path / "poor.png", 1, grey=POOR_GREY)
    watchlist = hub.begun()
    hub.imported(watchlist, write_csv(tmp_path / "list.csv", [row("N/1", "poor.png")]))
    officer = hub.asked(hub.hub.authoriser, watchlist)
    assert hub.reviews.accept_clean(officer) == 0
    entry = only_entry(hub, watchlist)
    answer = refusal(hub.reviews.review(officer, entry, Verdict.ACCEPT, ""))
    assert answer.sentence.startswith("This entry can only be accepted against the advice, with a reason: The picture")
    assert refusal(hub.reviews.review(officer, entry, Verdict.OVERRIDE, "  ")).code is RefusalCode.INVALID_FIELDS
    assert hub.reviews.review(officer, entry, Verdict.OVERRIDE, "The only picture there is.") is Review.OVERRIDDEN
    assert isinstance(hub.lists.approve(officer), ListRecord)


def test_one_person_under_two_names_is_accepted_only_with_a_reason(hub: ListHub, tmp_path: Path) -> None:
    write_picture(tmp_path / "a.png", 1, person=1)
    write_picture(tmp_path / "b.png", 2, person=1)
    watchlist = hub.begun()
    hub.imported(watchlist, write_csv(tmp_path / "list.csv", [row("N/1", "a.png"), row("N/2", "b.png")]))
    officer = hub.asked(hub.hub.authoriser, watchlist)
    first, second = (view.entry for view in views(hub, watchlist))
    (said,) = views(hub, watchlist)[0].found.against
    assert said.startswith(f"Probably the same person as {second.content.draft.person}, or twins")
    assert refusal(hub.reviews.review(officer, first.entry, Verdict.ACCEPT, "")).code is RefusalCode.NOT_READY
    assert hub.reviews.review(officer, second.entry, Verdict.REJECT, "An alias of the other.") is Review.REJECTED
    assert hub.reviews.review(officer, first.entry, Verdict.ACCEPT, "") is Review.ACCEPTED


def test_a_child_needs_a_second_authority_from_somebody_who_did_not_build_the_list(
    hub: ListHub, tmp_path: Path
) -> None:
    write_picture(tmp_path / "a.png", 1)
    watchlist = hub.begun()
    hub.imported(watchlist, write_csv(tmp_path / "list.csv", [row("N/1", "a.png", under_18="yes")]))
    officer = hub.asked(hub.hub.authoriser, watchlist)
    entry = only_entry(hub, watchlist)
    for verdict in (Verdict.ACCEPT, Verdict.OVERRIDE):
        answer = refusal(hub.reviews.review(officer, entry, verdict, "Because."))
        assert "A child or a vulnerable person needs a second authority" in answer.sentence
    both = actor("bo", Role.WATCHLIST_MANAGER, Role.AUTHORISING_OFFICER)
    hub.importing().run(hub.asked(both, watchlist), read_source(tmp_path / "list.csv"), lambda _: 0.5)
    answer = refusal(hub.reviews.give_second_authority(hub.asked(both, watchlist), entry, "At risk."))
    assert answer.code is RefusalCode.SAME_PERSON
    assert refusal(hub.reviews.give_second_authority(officer, entry, "")).code is RefusalCode.INVALID_FIELDS
    given = hub.reviews.give_second_authority(officer, entry, "Missing for two days, in danger.")
    assert not isinstance(given, Refusal)
    assert hub.reviews.review(officer, entry, Verdict.ACCEPT, "") is Review.ACCEPTED
    # What it was given for changes: it has to be given anew.
    changed = write_csv(tmp_path / "more.csv", [row("N/1", "a.png", under_18="yes", reason="Something else.")])
    hub.imported(watchlist, changed)
    assert "second authority" in refusal(hub.reviews.review(officer, entry, Verdict.ACCEPT, "")).sentence


def test_any_change_of_an_approved_list_undoes_the_approval(hub: ListHub, tmp_path: Path) -> None:
    watchlist = hub.approved(tmp_path / "in", 2)
    hub.imported(watchlist, people_csv(tmp_path / "more", 1, first=9))
    record = value(hub, watchlist)
    assert (record.watchlist.state, record.watchlist.approved_by) == (WatchlistState.BUILDING, None)
    answer = refusal(hub.lists.freeze(hub.asked(hub.hub.builder, watchlist)))
    assert answer.sentence == "You may not freeze a watchlist: it is building, and must be approved."


def test_a_frozen_list_takes_no_import_and_no_review(hub: ListHub, tmp_path: Path) -> None:
    watchlist = hub.frozen(tmp_path / "in", 2)
    before = value(hub, watchlist)
    asked = hub.asked(hub.hub.builder, watchlist)
    source = read_source(people_csv(tmp_path / "more", 1, first=9))
    answer = refusal(hub.importing().run(asked, source, lambda _: 0.5))
    assert answer.sentence == "You may not build a watchlist: it is frozen, and must be building or approved."
    entry = views(hub, watchlist)[0].entry.entry
    assert refusal(hub.reviews.review(asked, entry, Verdict.REJECT, "No.")).sentence == (
        "You may not review a watchlist entry: the watchlist is frozen, and only one that is being built changes."
    )
    assert value(hub, watchlist) == before


def test_a_list_is_frozen_only_when_it_is_fresh_small_enough_and_of_the_authorised_model(
    hub: ListHub, tmp_path: Path
) -> None:
    watchlist = hub.approved(tmp_path / "in", 2)
    builder = hub.asked(hub.hub.builder, watchlist)
    deployment = value(hub, watchlist).watchlist.deployment
    later = hub.hub.decision().terms.window
    window = replace(later, start=later.start + timedelta(days=2), end=later.end + timedelta(days=2))
    changed = hub.hub.deployments.change_authority
    kept(changed(hub.hub.asked(hub.hub.authoriser, deployment), hub.hub.decision(window=window)))
    assert "more than 24 hours before the start" in refusal(hub.lists.freeze(builder)).sentence
    kept(changed(hub.hub.asked(hub.hub.authoriser, deployment), hub.hub.decision(largest_watchlist=1)))
    assert refusal(hub.lists.freeze(builder)).sentence == "The watchlist has 2 people; 1 are authorised."
    kept(changed(hub.hub.asked(hub.hub.authoriser, deployment), hub.hub.decision(categories=(Category.SUSPECT,))))
    assert "The authority does not cover the category" in refusal(hub.lists.freeze(builder)).sentence
    kept(changed(hub.hub.asked(hub.hub.authoriser, deployment), hub.hub.decision()))
    assert isinstance(hub.lists.freeze(builder), ListRecord)
    other = hub.begun(deployment)
    maker = replace(QUICK, precision="bf16")
    hub.imported(other, people_csv(tmp_path / "in2", 1), maker)
    hub.reviews.accept_clean(hub.asked(hub.hub.authoriser, other))
    hub.lists.approve(hub.asked(hub.hub.authoriser, other))
    assert refusal(hub.lists.freeze(hub.asked(hub.hub.builder, other))).code is RefusalCode.WRONG_MODEL


def test_an_approval_of_what_changed_while_it_was_read_is_refused(
    hub: ListHub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    watchlist = hub.reviewed(tmp_path / "in", 2)
    officer = hub.asked(hub.hub.authoriser, watchlist)
    entry = views(hub, watchlist)[0].entry.entry

    def interrupted(*arguments: Any) -> object:
        found = completed_entries(*arguments)
        hub.reviews.review(officer, entry, Verdict.REJECT, "Was found just now.")
        return found

    monkeypatch.setattr("openlfr.records.watchlists.completed_entries", interrupted)
    answer = refusal(hub.lists.approve(officer))
    assert answer.sentence == "Somebody changed this watchlist meanwhile: look at it again, then decide."
    monkeypatch.undo()
    assert isinstance(hub.lists.approve(officer), ListRecord)


def test_freezing_enters_everybody_in_the_membership_register(hub: ListHub, tmp_path: Path) -> None:
    hub.frozen(tmp_path / "in", 3)
    with hub.hub.records.database.reading() as session:
        # Under the reference and under the name: people ask by either.
        assert session.execute(select(func.count()).select_from(MembershipRow)).scalar_one() == 6


def test_the_composition_counts_people_by_category_without_testers(hub: ListHub, tmp_path: Path) -> None:
    def picture(number: int) -> str:
        return write_picture(tmp_path / f"{number}.png", number).name

    rows = [
        row("N/1", picture(1), category="wanted_by_courts;suspect"),
        row("N/2", picture(2), category="suspect"),
        row(
            "T/1",
            picture(3),
            category="",
            offence="",
            where_link="",
            legal_basis="consent",
            picture_source="consent",
            blue_list="yes",
            consent_reference="Form 7",
        ),
    ]
    watchlist = hub.begun()
    report = hub.imported(watchlist, write_csv(tmp_path / "list.csv", rows))
    assert report.outcomes == {Outcome.IMPORTED: 3}
    officer = hub.asked(hub.hub.authoriser, watchlist)
    assert refusal(hub.lists.composition(officer)).code is RefusalCode.NOT_YET
    hub.reviews.accept_clean(officer)
    hub.lists.approve(officer)
    frozen = hub.lists.freeze(hub.asked(hub.hub.builder, watchlist))
    assert isinstance(frozen, ListRecord)
    assert (frozen.watchlist.size, frozen.watchlist.testers) == (3, 1)
    found = hub.lists.composition(hub.asked(hub.hub.auditor, watchlist))
    assert not isinstance(found, Refusal)
    assert (found.people, found.under_18) == (2, 0)
    assert {category: count for category, count in found.categories.items() if count} == {
        Category.WANTED_BY_COURTS: 1,
        Category.SUSPECT: 2,
    }


def test_nobody_hears_of_a_list_that_is_not_there_without_the_role_for_it(hub: ListHub) -> None:
    nowhere = WatchlistId("01890a5d-ac96-774b-bcce-b302099a8057")
    assert refusal(hub.lists.approve(hub.asked(hub.hub.authoriser, nowhere))).code is RefusalCode.UNKNOWN_RECORD
    assert refusal(hub.lists.approve(hub.asked(hub.hub.operator, nowhere))).code is RefusalCode.WRONG_ROLE


@dataclass(frozen=True, slots=True)
class Try:
    """One act of the services on a list, tried by an actor."""

    action: Action
    act: Callable[[ListHub, AskedList, EntryId, Path], object]


TRIES = (
    Try(Action.VIEW_WATCHLIST, lambda hub, asked, _e, _p: hub.lists.view(asked)),
    Try(Action.VIEW_WATCHLIST, lambda hub, asked, _e, _p: hub.reviews.entries(asked)),
    Try(Action.VIEW_WATCHLIST, lambda hub, asked, entry, _p: hub.reviews.entry(asked, entry)),
    Try(Action.BUILD_WATCHLIST, lambda hub, asked, _e, _p: hub.lists.may_build(asked)),
    Try(Action.VIEW_WATCHLIST, lambda hub, asked, _e, _p: hub.reviews.pairs(asked)),
    Try(Action.REVIEW_ENTRY, lambda hub, asked, entry, _p: hub.reviews.review(asked, entry, Verdict.REJECT, "No.")),
    Try(Action.REVIEW_ENTRY, lambda hub, asked, _e, _p: hub.reviews.accept_clean(asked)),
    Try(
        Action.GIVE_SECOND_AUTHORITY,
        lambda hub, asked, entry, _p: hub.reviews.give_second_authority(asked, entry, "At risk."),
    ),
    Try(Action.APPROVE_WATCHLIST, lambda hub, asked, _e, _p: hub.lists.approve(asked)),
    Try(Action.FREEZE_WATCHLIST, lambda hub, asked, _e, _p: hub.lists.freeze(asked)),
    Try(Action.VIEW_STATISTICS, lambda hub, asked, _e, _p: hub.lists.composition(asked)),
    Try(
        Action.BUILD_WATCHLIST,
        lambda hub, asked, _e, path: hub.importing().run(asked, read_source(path), lambda _: 0.5),
    ),
    Try(Action.BUNDLE_WATCHLIST, lambda hub, asked, _e, _p: hub.use.bundle(asked, [hub.node])),
    Try(Action.REMOVE_FROM_WATCHLIST, lambda hub, asked, entry, _p: hub.use.remove(asked, entry, "Found.")),
    Try(Action.DESTROY_WATCHLIST, lambda hub, asked, _e, _p: hub.use.destroy(asked, "Not needed.")),
)


def test_every_role_tries_every_act_and_only_its_own_are_not_refused_for_the_role(hub: ListHub, tmp_path: Path) -> None:
    source = people_csv(tmp_path / "in", 1)
    watchlist = hub.begun()
    hub.imported(watchlist, source)
    entry = only_entry(hub, watchlist)
    records = hub.hub.records
    for each in TRIES:
        for by in EVERYBODY:
            if by.roles & ROLES_FOR[each.action]:
                continue
            before = record_of(records, watchlist)
            answer = refusal(each.act(hub, hub.asked(by, watchlist), entry, source))
            assert answer.code is RefusalCode.WRONG_ROLE
            assert answer.sentence.startswith(f"You may not {each.action}: the role ")
            assert record_of(records, watchlist) == before
            with records.database.reading() as session:
                last = session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.sequence.desc()).limit(1)).one()
            assert (last.staff, last.act, last.processing, last.record_id) == (
                by.staff,
                each.action.name,
                "none",
                watchlist,
            )
    for each in TRIES:
        own = next(by for by in EVERYBODY if by.roles & ROLES_FOR[each.action])
        done = each.act(hub, hub.asked(own, watchlist), entry, source)
        assert getattr(done, "code", None) is not RefusalCode.WRONG_ROLE


def test_every_public_act_of_the_service_is_in_the_matrix() -> None:
    source = inspect.getsource(inspect.getmodule(test_every_public_act_of_the_service_is_in_the_matrix))  # type: ignore[arg-type]
    services = {"lists": Watchlists, "reviews": WatchlistReviews, "use": WatchlistsInUse}
    acts = {
        f"hub.{where}.{name}(asked"
        for where, service in services.items()
        for name, member in inspect.getmembers(service, inspect.isfunction)
        if "asked" in inspect.signature(member).parameters and not name.startswith("_")
    }
    assert len(acts) == 14
    assert [each for each in sorted(acts) if each not in source] == []


def record_of(records: HubRecords, watchlist: WatchlistId) -> tuple[object, ...]:
    with records.database.reading() as session:
        row = session.get_one(WatchlistRow, watchlist)
        entries = session.execute(
            select(WatchlistEntryRow.id, WatchlistEntryRow.review, WatchlistEntryRow.content)
        ).all()
        return row.version, row.state, tuple(map(tuple, entries))


@pytest.mark.slow
def test_freezing_killed_at_any_step_freezes_everything_or_nothing(
    hub: ListHub, database_url: str, tmp_path: Path
) -> None:
    records = hub.hub.records
    rehearsed = hub.approved(tmp_path / "in", 30)
    steps = work_killed_before(None, freeze_it, database_url, records.vault.folder, rehearsed).steps
    assert steps is not None
    watchlist = hub.approved(tmp_path / "in2", 30)
    halted = 0
    for step in range(0, steps, max(steps // 10, 1)):
        if not work_killed_before(step, freeze_it, database_url, records.vault.folder, watchlist).reports:
            with records.database.reading() as session:
                row = session.get_one(WatchlistRow, watchlist)
                members = session.execute(
                    select(func.count()).where(MembershipRow.watchlist_id == watchlist)
                ).scalar_one()
                digests = session.execute(
                    select(func.count()).where(
                        WatchlistEntryRow.watchlist_id == watchlist, WatchlistEntryRow.digest.is_not(None)
                    )
                ).scalar_one()
                frozen = row.state is WatchlistState.FROZEN
            assert (members, digests) == ((30, 30) if frozen else (0, 0))
            halted += not frozen
            if frozen:
                break
    assert halted
    assert verify_audit(records.database, records.signer.public).intact


def test_a_person_named_in_two_spellings_of_one_reference_meets_in_the_register() -> None:
    assert PersonIdentifier.reference("N/1 2") == PersonIdentifier.reference("n-12")


def test_an_actor_without_any_role_is_refused(hub: ListHub) -> None:
    nobody: Actor = actor("nobody")
    assert refusal(hub.lists.begin(nobody, hub.hub.authorised(), TERMINAL)).code is RefusalCode.WRONG_ROLE
    assert refusal(hub.lists.lists(nobody, hub.hub.authorised(), TERMINAL)).code is RefusalCode.WRONG_ROLE
