"""Known-answer alerts in the records: marked from the beginning, shown like others, closed by the answer, scored."""

import itertools
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from tests.support.database import HandClock
from tests.support.deployment_values import END, START
from tests.support.staffed_hub import TERMINAL, StaffedHub, kept, staffed

from openlfr.policy.adjudication import Adjudicate
from openlfr.policy.alert import AdjudicationReason, AlertState, Judgement
from openlfr.policy.authority import Conditions
from openlfr.policy.identifiers import AlertId, DeploymentId
from openlfr.policy.known_answer import LATEST, KnownAnswerScore, questions
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.retention import packaged_retention_policy
from openlfr.policy.roles import Role
from openlfr.records.alert_store import AlertView
from openlfr.records.alert_tables import AlertRow
from openlfr.records.alerts import AlertAsked
from openlfr.records.audit_entry import THE_HUB_ITSELF
from openlfr.records.deployment_reading import LiveFigures, live_figures
from openlfr.records.hub_records import HubRecords
from openlfr.records.known_answer_cases import KnownAnswerFolderError, read_cases
from openlfr.records.known_answers import KnownAnswers, known_answer_scores
from openlfr.records.presence import check_in
from openlfr.records.purgeables import PURGEABLES
from openlfr.records.recognition_test_tables import AlertCategoryRow, KnownAnswerRow, RecognitionTestRow
from openlfr.records.recognition_tests import RecognitionTests
from openlfr.records.retention import Retention
from openlfr.records.statistics import DeploymentStatistics, statistics

REASONS = (AdjudicationReason.SUBJECT_FEATURES_AGREE,)
CASE = """
[[cases]]
probe = "{probe}"
candidate = "ref.jpg"
same_person = {same}
consent = "synthetic"
name = "Robin Made-Up"
person = "N/900{number}"
category = "wanted_by_courts"
offence = "Burglary"
reason = "Failed to appear."
picture_taken_on = 2025-01-01
"""
CASES = "per_hour = 4\nseed = 5\n" + "".join(
    CASE.format(probe="probe.jpg", same=same, number=number) for number, same in enumerate(("true", "false"))
)


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed(records, clock)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "cases"
    made.mkdir()
    for name in ("probe.jpg", "ref.jpg"):
        (made / name).write_bytes(b"\xff\xd8\xff " + name.encode())
    (made / "cases.toml").write_text(CASES)
    return made


@pytest.fixture
def service(hub: StaffedHub, folder: Path) -> KnownAnswers:
    return KnownAnswers(hub.records, read_cases(folder))


def raised_later(service: KnownAnswers, clock: HandClock) -> Iterator[AlertId]:
    """Those raised while the clock goes through the window, minute by minute."""
    while clock.now < END:
        yield from service.raise_those_due()
        clock.advance(timedelta(minutes=1))


def answered(hub: StaffedHub, alert: AlertId, judgement: Judgement) -> AlertState:
    asked = AlertAsked(hub.operator, alert, TERMINAL)
    assert not isinstance(hub.alerts.mark_seen(asked), Refusal)
    record = hub.alerts.adjudicate(asked, Adjudicate(judgement, REASONS))
    assert not isinstance(record, Refusal), record
    return record.alert.state


def test_a_question_looks_like_any_alert_until_answered_and_is_a_test_in_the_record_from_the_start(
    hub: StaffedHub, service: KnownAnswers, clock: HandClock
) -> None:
    deployment = hub.live()
    alert = next(raised_later(service, clock))
    real = hub.alerted(deployment)
    with hub.records.database.reading() as session:
        assert session.get_one(AlertRow, alert).test is True
    assert {each.alert.test for each in hub.alerts.open_alerts(deployment)} == {False}
    view = hub.alerts.view(AlertAsked(hub.operator, alert, TERMINAL))
    assert isinstance(view, AlertView)
    assert view.alert.test is False
    assert view.raised.person.blue_list is False
    other = hub.alerts.view(AlertAsked(hub.operator, real, TERMINAL))
    assert isinstance(other, AlertView)
    assert view.raised.camera == other.raised.camera
    assert view.raised.score >= view.raised.threshold
    seen = hub.alerts.mark_seen(AlertAsked(hub.operator, alert, TERMINAL))
    assert not isinstance(seen, Refusal)
    assert seen.alert.test is False
    judged = hub.alerts.adjudicate(AlertAsked(hub.operator, alert, TERMINAL), Adjudicate(Judgement.ENGAGE, REASONS))
    assert not isinstance(judged, Refusal)
    assert (judged.alert.state, judged.alert.test) == (AlertState.CLOSED, True)


def test_the_live_figures_do_not_tell_which_alert_is_a_question(
    hub: StaffedHub, service: KnownAnswers, clock: HandClock
) -> None:
    deployment = hub.live()
    hub.alerted(deployment)
    list(itertools.islice(raised_later(service, clock), 2))
    asked = hub.asked(hub.operator, deployment)
    before = live_figures(hub.records, hub.deployments.profiles, asked)
    assert isinstance(before, LiveFigures)
    waiting = hub.alerts.open_alerts(deployment)
    assert (before.alerts, before.test_alerts, before.open_alerts) == (len(waiting), 0, len(waiting))
    for each in waiting:
        answered(hub, each.alert.alert, Judgement.NO_MATCH)
    after = live_figures(hub.records, hub.deployments.profiles, asked)
    assert isinstance(after, LiveFigures)
    assert (after.alerts, after.test_alerts, after.open_alerts) == (1, len(waiting) - 1, 0)


def test_nobody_can_be_sent_out_by_one_not_even_where_two_must_agree(
    hub: StaffedHub, service: KnownAnswers, clock: HandClock
) -> None:
    decision = hub.decision(conditions=Conditions(two_person_verification=True))
    deployment = hub.drafted(terms=decision.terms)
    kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
    kept(hub.deployments.authorise(hub.asked(hub.authoriser, deployment), decision))
    hub.make_ready(deployment)
    hub.take_live(deployment)
    alert = next(raised_later(service, clock))
    before = hub.alerts.engage(AlertAsked(hub.engager, alert, TERMINAL))
    assert isinstance(before, Refusal)
    assert answered(hub, alert, Judgement.ENGAGE) is AlertState.CLOSED
    after = hub.alerts.engage(AlertAsked(hub.engager, alert, TERMINAL))
    assert isinstance(after, Refusal)
    assert after.code is RefusalCode.ALREADY_DECIDED


def test_every_question_comes_once_in_its_turn_and_none_is_in_a_public_figure(
    hub: StaffedHub, service: KnownAnswers, clock: HandClock
) -> None:
    deployment = hub.live()
    alerts = []
    for alert in raised_later(service, clock):
        alerts.append(alert)
        answered(hub, alert, Judgement.ENGAGE)
    asked = list(questions(service.cases.schedule, deployment, hub.decision().terms.window, 2))
    # The clock of this test stands for the last time a minute before the end.
    assert len(alerts) == sum(each.due_at <= END - timedelta(minutes=1) for each in asked) > 2
    published = statistics(hub.records, hub.auditor, deployment, TERMINAL)
    assert isinstance(published, DeploymentStatistics)
    assert (published.total_alerts, published.unclassified, published.false_alerts) == (0, 0, 0)
    scores = known_answer_scores(hub.records, hub.auditor, TERMINAL)
    assert not isinstance(scores, Refusal)
    (score,) = scores
    assert score.staff == hub.operator.staff
    assert score.same_right + score.different_wrong == len(alerts)


def test_a_pause_puts_no_questions_and_they_are_not_caught_up_with(
    hub: StaffedHub, service: KnownAnswers, clock: HandClock
) -> None:
    deployment = hub.live()
    kept(hub.deployments.pause(hub.asked(hub.operator, deployment)))
    while clock.now < START + timedelta(hours=3):
        assert service.raise_those_due() == []
        clock.advance(timedelta(minutes=1))
    assert not isinstance(check_in(hub.records, hub.operator, deployment, TERMINAL), Refusal)
    kept(hub.deployments.resume(hub.asked(hub.operator, deployment), "Go on."))
    with_turn = [
        each
        for each in questions(service.cases.schedule, deployment, hub.decision().terms.window, 2)
        if each.due_at <= clock.now < each.due_at + LATEST
    ]
    assert len(service.raise_those_due()) == len(with_turn)


def test_an_unanswered_question_is_scored_as_that_and_people_see_their_own_only(
    hub: StaffedHub, service: KnownAnswers, clock: HandClock
) -> None:
    deployment: DeploymentId = hub.live()
    # Several may come within the same minute of this test's clock; all of that minute are raised.
    first, *_ = itertools.islice(raised_later(service, clock), 3)
    answered(hub, first, Judgement.CANNOT_TELL)
    clock.advance(timedelta(minutes=16))
    hub.alerts.expire_those_due()
    with hub.records.database.reading() as session:
        marks = session.scalars(select(AlertRow.test).where(AlertRow.deployment_id == deployment)).all()
    assert set(marks) == {True}
    everybody = known_answer_scores(hub.records, hub.auditor, TERMINAL)
    assert not isinstance(everybody, Refusal)
    assert everybody == [
        KnownAnswerScore(None, unanswered=len(marks) - 1),
        KnownAnswerScore(hub.operator.staff, undecided=1),
    ]
    own = known_answer_scores(hub.records, hub.operator, TERMINAL)
    assert own == everybody[1:]
    peeking = known_answer_scores(hub.records, hub.engager, TERMINAL, hub.operator.staff)
    assert isinstance(peeking, Refusal)
    assert peeking.code is RefusalCode.WRONG_ROLE
    assert isinstance(known_answer_scores(hub.records, hub.staff[Role.APPLICANT], TERMINAL), Refusal)


def test_tests_and_questions_go_with_their_deployment(hub: StaffedHub, service: KnownAnswers, clock: HandClock) -> None:
    deployment = hub.live()
    hub.alerted(deployment)
    assert not isinstance(RecognitionTests(hub.records).begin(hub.operator, deployment, TERMINAL), Refusal)
    next(raised_later(service, clock))
    clock.advance(timedelta(minutes=16))
    hub.alerts.expire_those_due()
    kept(hub.deployments.end(hub.asked(hub.operator, deployment)))
    tables = (KnownAnswerRow, AlertCategoryRow, RecognitionTestRow, AlertRow)

    def rows() -> list[int | None]:
        with hub.records.database.reading() as session:
            return [session.scalar(select(func.count()).select_from(table)) for table in tables]

    assert all(rows())
    clock.advance(timedelta(days=8 * 365))
    for _ in range(2):  # what alerts hold goes first, then the deployment that waited for it
        Retention(hub.records, packaged_retention_policy(), PURGEABLES).purge(THE_HUB_ITSELF, "hub", "Due.")
    assert rows() == [0] * len(tables)


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("per_hour = 4", "per_hour = 40", "per_hour"),
        ("same_person = false", "same_person = true", "Every case has the same answer"),
        ('"ref.jpg"', '"../cases.jpg"', "lies outside the folder"),
        ('"ref.jpg"', '"absent.jpg"', "cannot be read"),
        ('"ref.jpg"', '"cases.toml"', "must be a JPEG"),
        ('"wanted_by_courts"', '"nosy"', "Case 1: the category is one of"),
        ('consent = "synthetic"', "", "cases.0.consent"),
    ],
)
def test_a_folder_with_something_wrong_is_refused_in_words(folder: Path, old: str, new: str, words: str) -> None:
    (folder / "cases.toml").write_text(CASES.replace(old, new))
    with pytest.raises(KnownAnswerFolderError, match=words):
        read_cases(folder)
