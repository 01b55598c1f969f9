"""Blue-list tests in the records: every passage counted, alerts matched to them, and readiness bound to the result."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from tests.support.database import HandClock
from tests.support.deployment_values import READY, START
from tests.support.staffed_hub import PICTURES, TERMINAL, StaffedHub, kept, staffed
from tests.support.watchlists import ListHub, row, with_lists, write_csv, write_picture

from openlfr.policy.alert import PublishedClass
from openlfr.policy.authority import Conditions
from openlfr.policy.deployment import DeploymentState
from openlfr.policy.identifiers import DeploymentId, EntryId, PersonReference, RecognitionTestId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.records.hub_records import HubRecords
from openlfr.records.recognition_tests import CountedPassage, RecognitionTest, RecognitionTests
from openlfr.records.statistics import DeploymentStatistics, statistics
from openlfr.records.watchlist_store import ON_THE_LIST, read_entries

TESTER = PersonReference("T/1")


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed(records, clock)


def done(answer: RecognitionTest | Refusal) -> RecognitionTest:
    assert not isinstance(answer, Refusal), answer
    return answer


def refused(answer: object) -> Refusal:
    assert isinstance(answer, Refusal), answer
    return answer


def live_with_testers(lists: ListHub, folder: Path, *, rehearsal: bool) -> tuple[DeploymentId, EntryId]:
    """A live rehearsal or deployment with one tester on its list, and the tester's entry."""
    hub = lists.hub
    folder.mkdir()
    consent = {
        "blue_list": "yes",
        "consent_reference": "Form 12",
        "category": "",
        "offence": "",
        "where_link": "",
        "legal_basis": "consent",
        "picture_source": "consent",
    }
    rows = [row(TESTER, write_picture(folder / "t.png", 1).name, **consent)]
    if not rehearsal:
        rows.append(row("N/2", write_picture(folder / "n.png", 2).name))
    decision = hub.decision(categories=()) if rehearsal else hub.decision()
    application = hub.application(terms=decision.terms)
    draft = kept(lists.deployments.draft(hub.applicant, application, TERMINAL, rehearsal=rehearsal))
    deployment = draft.deployment.deployment
    kept(lists.deployments.submit(hub.asked(hub.applicant, deployment)))
    kept(lists.deployments.authorise(hub.asked(hub.authoriser, deployment), decision))
    watchlist = lists.begun(deployment)
    lists.imported(watchlist, write_csv(folder / "people.csv", rows))
    lists.reviews.accept_clean(lists.asked(hub.authoriser, watchlist))
    assert not isinstance(lists.lists.approve(lists.asked(hub.authoriser, watchlist)), Refusal)
    assert not isinstance(lists.lists.freeze(lists.asked(hub.builder, watchlist)), Refusal)
    lists.attached(watchlist, deployment)
    kept(lists.deployments.record_readiness(hub.asked(hub.operator, deployment), READY))
    hub.take_live(deployment)
    with hub.records.database.reading() as session:
        entries = list(read_entries(hub.records, session, watchlist, *ON_THE_LIST))
    return deployment, next(each.entry for each in entries if each.content.draft.person == TESTER)


def recognised(hub: StaffedHub, deployment: DeploymentId, entry: EntryId) -> None:
    raised = hub.raised(deployment)
    person = replace(raised.person, entry=entry, blue_list=True)
    assert not isinstance(hub.alerts.raise_alert(replace(raised, person=person), PICTURES), Refusal)


def test_a_test_counts_every_passage_and_its_alerts_are_in_no_public_figure(
    hub: StaffedHub, clock: HandClock, tmp_path: Path
) -> None:
    lists = with_lists(hub)
    deployment, entry = live_with_testers(lists, tmp_path / "drawn", rehearsal=False)
    tests = RecognitionTests(hub.records)
    begun = done(tests.begin(hub.operator, deployment, TERMINAL))
    for passed, seen in enumerate((True, False, True)):
        clock.advance(timedelta(minutes=2))
        if seen:
            recognised(hub, deployment, entry)
        clock.advance(timedelta(seconds=8))
        counted = done(tests.count(hub.engager, begun.test, CountedPassage(TESTER, clock.now), "phone"))
        assert counted.result.rate.passages == passed + 1
    recognised(hub, deployment, entry)
    clock.advance(timedelta(minutes=1))
    ended = done(tests.end(hub.operator, begun.test, TERMINAL))
    assert (ended.result.rate.recognised, ended.result.rate.passages) == (2, 3)
    assert [each.alert is not None for each in ended.result.recognitions] == [True, False, True]
    assert len(ended.result.uncounted) == 1
    after = refused(tests.count(hub.operator, begun.test, CountedPassage(TESTER, clock.now), TERMINAL))
    assert after.sentence == "This test has ended: begin another one."
    published = statistics(hub.records, hub.auditor, deployment, TERMINAL)
    assert isinstance(published, DeploymentStatistics)
    assert published.total_alerts == 0
    assert published.classes == dict.fromkeys(PublishedClass, 0)
    assert published.under_18_alerts == 0


def test_an_authority_that_asks_for_a_test_is_ready_only_with_one_that_was_recorded(
    hub: StaffedHub, clock: HandClock, tmp_path: Path
) -> None:
    lists = with_lists(hub)
    rehearsal, entry = live_with_testers(lists, tmp_path / "testers", rehearsal=True)
    tests = RecognitionTests(hub.records)
    test = done(tests.begin(hub.operator, rehearsal, TERMINAL)).test
    clock.advance(timedelta(minutes=1))
    recognised(hub, rehearsal, entry)
    done(tests.count(hub.operator, test, CountedPassage(TESTER, clock.now), TERMINAL))

    window = replace(hub.decision().terms.window, start=START + timedelta(hours=1))
    strict = hub.decision(conditions=Conditions(blue_list_test=True), window=window)
    deployment = hub.drafted(terms=strict.terms)
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    kept(hub.deployments.authorise(hub.asked(hub.authoriser, deployment), strict))
    listed = hub.frozen_list(deployment)
    kept(hub.deployments.attach_watchlist(hub.asked(hub.builder, deployment), listed.watchlist))
    asked = hub.asked(hub.operator, deployment)
    assert "asks for a blue-list test" in refused(hub.deployments.record_readiness(asked, READY)).sentence
    assert "still open" in refused(hub.deployments.record_readiness(asked, READY, test)).sentence
    done(tests.end(hub.operator, test, TERMINAL))
    # What is authorised afterwards says nothing of what was tested.
    clock.advance(timedelta(seconds=1))
    higher = hub.decision(categories=(), threshold=0.7)
    kept(lists.deployments.change_authority(hub.asked(hub.authoriser, rehearsal), higher))
    also = replace(strict, terms=replace(strict.terms, threshold=0.7))
    kept(hub.deployments.change_authority(hub.asked(hub.authoriser, deployment), also))
    other = refused(hub.deployments.record_readiness(asked, READY, test))
    assert "at threshold 0.64; authorised are" in other.sentence
    kept(hub.deployments.change_authority(hub.asked(hub.authoriser, deployment), strict))
    ready = kept(hub.deployments.record_readiness(asked, READY, test)).deployment
    assert ready.state is DeploymentState.TESTED
    assert ready.readiness == replace(READY, blue_list_passages=1, blue_list_recognised=1, recognition_test=test)


def test_a_paper_list_is_counted_whole_or_not_at_all_and_twice_is_once(
    hub: StaffedHub, clock: HandClock, tmp_path: Path
) -> None:
    lists = with_lists(hub)
    deployment, _ = live_with_testers(lists, tmp_path / "testers", rehearsal=True)
    tests = RecognitionTests(hub.records)
    test = done(tests.begin(hub.operator, deployment, TERMINAL)).test
    clock.advance(timedelta(hours=1))
    passages = [CountedPassage(TESTER, START + timedelta(minutes=5 * each)) for each in range(1, 6)]
    stranger = CountedPassage(PersonReference("N/9"), clock.now)
    wrong = refused(tests.count_all(hub.operator, test, [*passages, stranger], TERMINAL))
    assert wrong.sentence == "Passage 6: This person is not a tester of the blue list on this watchlist."
    assert done(tests.show(hub.auditor, test)).result.rate.passages == 0
    for _ in range(2):
        assert done(tests.count_all(hub.operator, test, passages, TERMINAL)).result.rate.passages == 5
    close = CountedPassage(TESTER, START + timedelta(minutes=5, seconds=30))
    assert refused(tests.count(hub.operator, test, close, TERMINAL)).code is RefusalCode.NOT_YET


def test_a_test_needs_the_role_a_live_deployment_and_to_be_the_only_one(hub: StaffedHub) -> None:
    tests = RecognitionTests(hub.records)
    deployment = hub.tested()
    assert "take it live first" in refused(tests.begin(hub.operator, deployment, TERMINAL)).sentence
    assert refused(tests.begin(hub.auditor, deployment, TERMINAL)).code is RefusalCode.WRONG_ROLE
    hub.take_live(deployment)
    done(tests.begin(hub.operator, deployment, TERMINAL))
    assert "end it first" in refused(tests.begin(hub.operator, deployment, TERMINAL)).sentence
    assert refused(tests.end(hub.operator, RecognitionTestId("no such"), TERMINAL)).code is RefusalCode.UNKNOWN_RECORD
