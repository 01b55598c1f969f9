"""Frozen lists in use: bundles and receipts, removal at any moment, destruction, and the whole way as a story."""

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import func, select
from tests.support.database import HandClock
from tests.support.deployment_values import AUDITOR, END, NOON, READY, START
from tests.support.kills import work_killed_before
from tests.support.staffed_hub import PICTURES, TERMINAL, kept, staffed
from tests.support.watchlist_work import remove_it
from tests.support.watchlists import ListHub, people_csv, with_lists

from openlfr.link.removal_order import ListInUse, obeyed, read_removal
from openlfr.link.watchlist_bundle import (
    BundleLog,
    DestructionReceipt,
    OpenedBundle,
    open_bundle,
    sign_receipt,
)
from openlfr.matching.gallery import Entry, Gallery
from openlfr.policy.adjudication import Adjudicate
from openlfr.policy.alert import AdjudicationReason, Judgement
from openlfr.policy.authority import Window
from openlfr.policy.deployment import DeploymentState
from openlfr.policy.identifiers import EntryId, NodeId, WatchlistId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.watchlist import Category, WatchlistState
from openlfr.records.alert_store import AlertRecord
from openlfr.records.alerts import AlertAsked
from openlfr.records.audit_entry import THE_HUB_ITSELF
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.audit_verify import verify_audit
from openlfr.records.deletion import verify_deletion
from openlfr.records.deployments import Asked
from openlfr.records.hub_records import HubRecords
from openlfr.records.membership import MembershipRegister, PersonIdentifier
from openlfr.records.presence import check_in
from openlfr.records.purgeables import PURGEABLES
from openlfr.records.receipts import PurgeReceipt
from openlfr.records.watchlist_source import read_source
from openlfr.records.watchlist_store import ListDirectory
from openlfr.records.watchlist_tables import (
    Review,
    WatchlistEntryRow,
    WatchlistImportLineRow,
    WatchlistPictureRow,
    WatchlistRow,
)
from openlfr.records.watchlist_use import MadeBundle
from openlfr.sealing.signature import SignedDocument, SigningKey


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> ListHub:
    return with_lists(staffed(records, clock))


def refusal(answer: object) -> Refusal:
    assert isinstance(answer, Refusal), answer
    return answer


def bundled(hub: ListHub, watchlist: WatchlistId) -> MadeBundle:
    made = hub.use.bundle(hub.asked(hub.hub.builder, watchlist), [hub.node])
    assert isinstance(made, MadeBundle), made
    return made


def at_node(hub: ListHub, made: MadeBundle, log: BundleLog = BundleLog()) -> OpenedBundle | Refusal:  # noqa: B008
    return open_bundle(
        made.content, hub.node.node, hub.node_exchange, hub.hub.records.signer.public, log, hub.hub.clock.now
    )


def opened(hub: ListHub, made: MadeBundle) -> OpenedBundle:
    found = at_node(hub, made)
    assert isinstance(found, OpenedBundle), found
    return found


def removed(hub: ListHub, watchlist: WatchlistId, entry: EntryId) -> SignedDocument:
    order = hub.use.remove(hub.asked(hub.hub.operator, watchlist), entry, "Was found.")
    assert isinstance(order, SignedDocument), order
    return order


def test_only_a_frozen_list_is_handed_and_only_to_nodes_with_a_camera_in_the_deployment(
    hub: ListHub, tmp_path: Path
) -> None:
    watchlist = hub.approved(tmp_path / "in", 2)
    asked = hub.asked(hub.hub.builder, watchlist)
    assert refusal(hub.use.bundle(asked, [hub.node])).sentence == (
        "Only a frozen watchlist is handed to nodes, and this one is approved."
    )
    hub.lists.freeze(asked)
    stranger = replace(hub.node, node=NodeId("node-9"))
    answer = refusal(hub.use.bundle(asked, [hub.node, stranger]))
    assert answer.sentence == "The node node-9 has no camera in this deployment; those that have: node-1."
    assert refusal(hub.use.bundle(asked, [])).sentence == "Name at least one node, and each once."
    assert refusal(hub.use.bundle(asked, [hub.node, hub.node])).code is RefusalCode.INVALID_FIELDS
    assert hub.use.deliveries(watchlist) == []
    hub.hub.clock.now = END
    assert refusal(hub.use.bundle(asked, [hub.node])).code is RefusalCode.TOO_LATE


def test_a_bundle_holds_everybody_with_template_and_portrait_and_its_making_is_a_disclosure(
    hub: ListHub, tmp_path: Path
) -> None:
    watchlist = hub.frozen(tmp_path / "in", 3)
    found = opened(hub, bundled(hub, watchlist))
    assert {each.entry.person for each in found.entries} == {"N/1", "N/2", "N/3"}
    for each in found.entries:
        (picture,) = each.pictures
        assert np.linalg.norm(np.frombuffer(picture.template, "<f4")) == pytest.approx(1)
        assert picture.portrait.startswith(b"\xff\xd8")
    with hub.hub.records.database.reading() as session:
        last = session.scalars(select(AuditEntryRow).order_by(AuditEntryRow.sequence.desc()).limit(1)).one()
    assert (last.act, last.processing, last.record_id) == ("BUNDLE_WATCHLIST", "disclosure", watchlist)


def test_a_deployment_is_not_purged_before_its_nodes_said_that_their_lists_are_destroyed(
    hub: ListHub, tmp_path: Path
) -> None:
    deployment = hub.hub.authorised()
    watchlist = hub.frozen(tmp_path / "in", 1, deployment)
    hub.attached(watchlist, deployment)
    made = bundled(hub, watchlist)
    kept(hub.deployments.end(Asked(hub.hub.authoriser, deployment, TERMINAL)))
    assert isinstance(hub.use.destroy(hub.asked(hub.hub.builder, watchlist), "Over."), PurgeReceipt)
    assert refusal(hub.deployments.record_purge(deployment)).sentence == (
        "1 watchlists of this deployment are not destroyed yet."
    )
    receipt = DestructionReceipt(hub.node.node, made.bundle, watchlist, hub.hub.clock.now)
    forged = sign_receipt(SigningKey(b"\x55" * 32), receipt)
    assert "No bundle was made for the node" in refusal(hub.use.take_receipt(forged, TERMINAL)).sentence
    other = sign_receipt(hub.node_signer, replace(receipt, bundle="another"))
    assert isinstance(hub.use.take_receipt(other, TERMINAL), Refusal)
    assert not hub.use.deliveries(watchlist)[0].acknowledged
    for _ in range(2):
        assert hub.use.take_receipt(sign_receipt(hub.node_signer, receipt), TERMINAL) is None
    assert hub.use.deliveries(watchlist)[0].acknowledged
    assert kept(hub.deployments.record_purge(deployment)).deployment.state is DeploymentState.PURGED


def test_a_removed_person_is_off_the_list_here_and_at_the_node_and_the_plan_says_so(
    hub: ListHub, tmp_path: Path
) -> None:
    deployment = hub.hub.authorised()
    watchlist = hub.frozen(tmp_path / "in", 3, deployment)
    hub.attached(watchlist, deployment)
    found = opened(hub, bundled(hub, watchlist))
    gallery = Gallery(
        len(found.entries[0].pictures[0].template) // 4,
        [
            Entry(each.entry.entry, picture.picture, np.frombuffer(picture.template, "<f4"))
            for each in found.entries
            for picture in each.pictures
        ],
    )
    in_use = ListInUse.of(found)
    gone = found.entries[1].entry.entry
    order = read_removal(removed(hub, watchlist, gone), hub.hub.records.signer.public)
    assert gallery.remove(order.entry) == 1
    after = obeyed(in_use, order)
    assert isinstance(after, ListInUse)
    record = kept(hub.deployments.view(Asked(hub.hub.auditor, deployment, TERMINAL)))
    assert record.deployment.watchlist_hash == after.content_hash != in_use.content_hash
    with hub.hub.records.database.reading() as session:
        value = ListDirectory().find(session, watchlist)
        pictures = session.execute(select(func.count()).where(WatchlistPictureRow.entry_id == gone)).scalar_one()
        review = session.get_one(WatchlistEntryRow, gone).review
    assert value is not None
    assert (value.size, value.content_hash, pictures, review) == (2, after.content_hash, 0, Review.REMOVED)
    assert [each.to_bytes() for each in hub.use.removals(watchlist)] == [
        each.to_bytes() for each in hub.use.removals(watchlist, after=0)
    ]
    assert hub.use.removals(watchlist, after=1) == []
    assert refusal(hub.use.remove(hub.asked(hub.hub.operator, watchlist), gone, "Again.")).code is (
        RefusalCode.UNKNOWN_RECORD
    )
    later = opened(hub, bundled(hub, watchlist))
    assert ListInUse.of(later) == after


def test_an_alert_sends_nobody_out_any_more_once_the_person_is_off_the_list(hub: ListHub, tmp_path: Path) -> None:
    staff = hub.hub
    deployment = staff.authorised()
    watchlist = hub.frozen(tmp_path / "in", 2, deployment)
    hub.attached(watchlist, deployment)
    entry = opened(hub, bundled(hub, watchlist)).entries[0].entry.entry
    kept(hub.deployments.record_readiness(staff.asked(staff.operator, deployment), READY))
    staff.clock.now = START
    assert not isinstance(check_in(staff.records, staff.operator, deployment, TERMINAL), Refusal)
    kept(hub.deployments.go_live(staff.asked(staff.operator, deployment)))
    raised = staff.raised(deployment)
    raised = replace(raised, person=replace(raised.person, entry=entry))
    assert isinstance(staff.alerts.raise_alert(raised, PICTURES), AlertRecord)
    asked = AlertAsked(staff.operator, raised.alert, TERMINAL)
    assert isinstance(staff.alerts.mark_seen(asked), AlertRecord)
    removed(hub, watchlist, entry)
    engage = Adjudicate(Judgement.ENGAGE, (AdjudicationReason.SUBJECT_FEATURES_AGREE,))
    answer = refusal(staff.alerts.adjudicate(asked, engage))
    assert answer.sentence.startswith("This person was taken off the watchlist at 14:00 UTC: let them pass.")


def test_a_removal_needs_a_reason_and_a_frozen_list(hub: ListHub, tmp_path: Path) -> None:
    watchlist = hub.approved(tmp_path / "in", 1)
    nobody = EntryId("01890a5d-ac96-774b-bcce-b302099a8057")
    asked = hub.asked(hub.hub.operator, watchlist)
    assert refusal(hub.use.remove(asked, nobody, " ")).code is RefusalCode.INVALID_FIELDS
    assert refusal(hub.use.remove(asked, nobody, "Found.")).sentence == (
        "You may not remove a person from a frozen watchlist: it is approved, and must be frozen."
    )


def test_a_list_in_use_is_not_destroyed_and_one_that_is_not_used_is(hub: ListHub, tmp_path: Path) -> None:
    deployment = hub.hub.authorised()
    used = hub.frozen(tmp_path / "in", 1, deployment)
    hub.attached(used, deployment)
    spare = hub.reviewed(tmp_path / "in2", 1, deployment)
    answer = refusal(hub.use.destroy(hub.asked(hub.hub.builder, used), "Not needed."))
    assert answer.sentence == "A deployment that has not ended uses this watchlist: end the deployment first."
    assert refusal(hub.use.destroy(hub.asked(hub.hub.builder, spare), "")).code is RefusalCode.INVALID_FIELDS
    assert isinstance(hub.use.destroy(hub.asked(hub.hub.builder, spare), "A mistake."), PurgeReceipt)
    with hub.hub.records.database.reading() as session:
        value = ListDirectory().find(session, spare)
    assert value is not None
    assert value.state is WatchlistState.DESTROYED
    answer = refusal(hub.use.destroy(hub.asked(hub.hub.builder, spare), "Again."))
    assert (
        answer.sentence
        == "You may not destroy a watchlist: it is destroyed, and must be building or approved or frozen."
    )


def test_another_list_is_attached_only_under_a_newer_authority(hub: ListHub, tmp_path: Path) -> None:
    deployment = hub.hub.authorised()
    first = hub.frozen(tmp_path / "in", 1, deployment)
    hub.attached(first, deployment)
    longer = hub.frozen(tmp_path / "in2", 2, deployment)
    asked = hub.hub.asked(hub.hub.builder, deployment)
    assert refusal(hub.deployments.attach_watchlist(asked, longer)).code is RefusalCode.AUTHORITY_MISSING
    kept(hub.deployments.change_authority(hub.hub.asked(hub.hub.authoriser, deployment), hub.hub.decision()))
    assert kept(hub.deployments.attach_watchlist(asked, longer)).deployment.watchlist == longer
    moved = hub.hub.decision(window=Window(START + timedelta(days=2), END + timedelta(days=2)))
    left = kept(hub.deployments.change_authority(hub.hub.asked(hub.hub.authoriser, deployment), moved)).deployment
    assert (left.state, left.watchlist) == (DeploymentState.AUTHORISED, None)
    assert refusal(hub.deployments.attach_watchlist(asked, longer)).code is RefusalCode.WATCHLIST_TOO_OLD
    narrowed = hub.hub.decision(categories=(Category.VICTIM,))
    kept(hub.deployments.change_authority(hub.hub.asked(hub.hub.authoriser, deployment), narrowed))
    answer = refusal(hub.deployments.attach_watchlist(asked, longer))
    assert answer.sentence.endswith("that the authority does not cover: wanted by the courts.")
    assert isinstance(hub.use.destroy(hub.asked(hub.hub.builder, longer), "Not used."), PurgeReceipt)


def test_the_whole_way_of_a_list_from_pictures_to_proven_deletion(hub: ListHub, tmp_path: Path) -> None:
    records, staff = hub.hub.records, hub.hub
    deployment = staff.authorised()

    # The list is built, reviewed by another person, approved, frozen and attached.
    watchlist = hub.frozen(tmp_path / "in", 40, deployment)
    hub.attached(watchlist, deployment)
    kept(hub.deployments.record_readiness(staff.asked(staff.operator, deployment), READY))

    # The node opens the bundle, once.
    made = bundled(hub, watchlist)
    found = opened(hub, made)
    assert len(found.entries) == 40
    assert "imported at this node already" in refusal(at_node(hub, made, found.log)).sentence

    # Live. A person is cleared, and is off the list at the node.
    staff.clock.now = START
    assert not isinstance(check_in(records, staff.operator, deployment, TERMINAL), Refusal)
    kept(hub.deployments.go_live(staff.asked(staff.operator, deployment)))
    cleared = found.entries[0].entry
    order = read_removal(removed(hub, watchlist, cleared.entry), records.signer.public)
    in_use = obeyed(ListInUse.of(found), order)
    assert isinstance(in_use, ListInUse)
    assert cleared.entry not in in_use.digests

    # The end: the purge takes the list on the hub, the node signs that it is gone there.
    staff.clock.advance(timedelta(hours=1))
    kept(hub.deployments.end(staff.asked(staff.operator, deployment)))
    (receipt,) = hub.retention.purge(THE_HUB_ITSELF, TERMINAL, "The deployment ended.")
    assert receipt.record.id == watchlist
    assert receipt.rows["watchlist_entries"] == 40
    assert receipt.rows["watchlist_pictures"] == 39  # those of who was removed went before
    log = found.log.destroyed(made.bundle, staff.clock.now)
    assert log.imports[0].destroyed_at == staff.clock.now
    said = DestructionReceipt(hub.node.node, made.bundle, watchlist, staff.clock.now)
    assert hub.use.take_receipt(sign_receipt(hub.node_signer, said), TERMINAL) is None
    kept(hub.deployments.record_purge(deployment))

    # Nothing of it is left, but the numbers and the register.
    report = verify_deletion(records, PURGEABLES)
    assert report.findings == ()
    assert report.receipts == 1
    composition = hub.lists.composition(hub.asked(staff.auditor, watchlist))
    assert not isinstance(composition, Refusal)
    assert composition.people == 40
    register = MembershipRegister(records)
    for named in (PersonIdentifier.reference("n/7"), PersonIdentifier.name("N/7 of name", date(1990, 1, 2))):
        answer = register.answer(AUDITOR, named, "SAR 12", "Asked by the person.", TERMINAL)
        assert not isinstance(answer, Refusal)
        assert [(each.watchlist_id, each.deployment_id) for each in answer] == [(watchlist, deployment)]
    assert hub.reviews.entries(hub.asked(staff.builder, watchlist)) == []
    assert verify_audit(records.database, records.signer.public).intact


def test_nothing_of_a_destroyed_list_can_be_brought_back_by_any_act(hub: ListHub, tmp_path: Path) -> None:
    watchlist = hub.frozen(tmp_path / "in", 2)
    asked = hub.asked(hub.hub.builder, watchlist)
    assert isinstance(hub.use.destroy(asked, "A mistake."), PurgeReceipt)
    source = read_source(people_csv(tmp_path / "more", 1))
    assert refusal(hub.importing().run(asked, source, lambda _: 0.5)).code is RefusalCode.WRONG_STATE
    assert refusal(hub.use.bundle(asked, [hub.node])).code is RefusalCode.WRONG_STATE
    assert refusal(hub.lists.freeze(asked)).code in (RefusalCode.WRONG_STATE, RefusalCode.WATCHLIST_EMPTY)
    assert hub.reviews.entries(asked) == []
    with hub.hub.records.database.reading() as session:
        row = session.get_one(WatchlistRow, watchlist)
        for table in (WatchlistEntryRow, WatchlistPictureRow, WatchlistImportLineRow):
            assert session.execute(select(func.count()).where(table.watchlist_id == watchlist)).scalar_one() == 0
    assert row.state is WatchlistState.DESTROYED
    assert row.key_id not in hub.hub.records.vault.key_ids()


@pytest.mark.slow
def test_a_removal_killed_at_any_step_is_done_with_its_order_and_plan_or_not_at_all(
    hub: ListHub, database_url: str, tmp_path: Path
) -> None:
    records = hub.hub.records
    deployment = hub.hub.authorised()
    watchlist = hub.frozen(tmp_path / "in", 40, deployment)
    hub.attached(watchlist, deployment)
    people = iter([each.entry.entry for each in opened(hub, bundled(hub, watchlist)).entries])
    whole = work_killed_before(None, remove_it, database_url, records.vault.folder, watchlist, next(people))
    assert whole.steps is not None
    undone = 0
    for step in range(0, whole.steps, max(whole.steps // 10, 1)):
        entry = next(people)
        work_killed_before(step, remove_it, database_url, records.vault.folder, watchlist, entry)
        orders = [read_removal(each, records.signer.public) for each in hub.use.removals(watchlist)]
        with records.database.reading() as session:
            review = session.get_one(WatchlistEntryRow, entry).review
            pictures = session.execute(select(func.count()).where(WatchlistPictureRow.entry_id == entry)).scalar_one()
        done = entry in {each.entry for each in orders}
        assert (review is Review.REMOVED, pictures) == (done, 0 if done else 1)
        record = kept(hub.deployments.view(Asked(hub.hub.auditor, deployment, TERMINAL)))
        assert record.deployment.watchlist_hash == orders[-1].hash_after
        undone += not done
    assert undone
    assert verify_audit(records.database, records.signer.public).intact


def test_receipts_need_a_bundle_of_their_own_node(hub: ListHub, tmp_path: Path) -> None:
    first = hub.frozen(tmp_path / "in", 1)
    made = bundled(hub, first)
    other_node = NodeId("node-2")
    receipt = DestructionReceipt(other_node, made.bundle, first, NOON)
    assert isinstance(hub.use.take_receipt(sign_receipt(hub.node_signer, receipt), TERMINAL), Refusal)
