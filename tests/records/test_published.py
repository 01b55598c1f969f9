"""What may be published is counted from the rows, holds nothing about anybody, and leaves by a person's decision."""

import re
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from tests.support.database import HandClock
from tests.support.deployment_values import READY
from tests.support.reported_hub import SECRET_NOTE, SECRET_REFERENCE, Day, live_day, lived
from tests.support.staffed_hub import SECRET_NAME, TERMINAL, StaffedHub, kept, staffed

from openlfr.policy.alert import PublishedClass, Result
from openlfr.policy.authority import Conditions
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.watchlist import Category
from openlfr.records.alert_tables import AlertRow
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.published import PublishedRecords, deployment_figures, publish, read_published


@pytest.fixture
def hub(records: HubRecords, clock: HandClock) -> StaffedHub:
    return staffed(records, clock)


def test_figures_are_those_of_the_rows_and_only_of_what_was_reported(hub: StaffedHub) -> None:
    first = lived(hub, Day(arrests=2, false=1, no_action=1, children=1))
    live_day(hub, Day(day=3))
    (published,) = read_published(hub.records).deployments
    assert published.deployment == first
    with hub.records.database.reading() as session:
        rows = session.scalars(select(AlertRow).where(AlertRow.deployment_id == first)).all()
    assert published.statistics.total_alerts == len(rows) == 4
    assert published.statistics.classes[PublishedClass.FALSE_UNCONFIRMED] == 1
    assert published.statistics.under_18_alerts == sum(row.under_18 for row in rows) == 1
    assert published.statistics.arrest_results[Result.CHARGED] == 2
    assert published.alert_categories == {Category.WANTED_BY_COURTS: 4}
    assert published.approached_after == (timedelta(minutes=3),) * 3
    assert len(published.located_after) == 3


def test_tests_of_operators_and_testers_are_in_no_figure(hub: StaffedHub) -> None:
    deployment, _ = live_day(hub, Day(arrests=1, no_action=0))
    hub.alerted(deployment, blue_list=True)
    figures = deployment_figures(hub.records, hub.auditor, deployment, TERMINAL)
    assert isinstance(figures, PublishedRecords)
    assert figures.deployments[0].statistics.total_alerts == 1
    assert sum(figures.deployments[0].alert_categories.values()) == 1


def test_nothing_in_it_is_about_a_person_or_a_member_of_staff(hub: StaffedHub) -> None:
    _, alerts = live_day(hub, Day())
    lived(hub, Day(day=2))
    document = repr(read_published(hub.records))
    secrets = [SECRET_NAME, SECRET_REFERENCE, SECRET_NOTE, *alerts, *(each.staff for each in hub.staff.values())]
    assert [each for each in secrets if re.search(rf"\b{re.escape(each)}\b", document)] == []


def test_where_and_when_next_is_told_only_where_the_authority_allows_it(hub: StaffedHub, clock: HandClock) -> None:
    window = hub.decision().terms.window
    for notice in (False, True):
        decision = hub.decision(conditions=Conditions(advance_notice=notice))
        deployment = hub.drafted(terms=decision.terms)
        kept(hub.deployments.submit(hub.asked(hub.applicant, deployment)))
        kept(hub.deployments.authorise(hub.asked(hub.authoriser, deployment), decision))
    (announced,) = read_published(hub.records).announced
    assert (announced.location, announced.window) == ("North End", window)
    clock.now = window.end
    assert read_published(hub.records).announced == ()


def test_a_recognition_rate_that_somebody_typed_is_not_published(hub: StaffedHub) -> None:
    deployment = hub.authorised()
    listed = hub.frozen_list(deployment)
    kept(hub.deployments.attach_watchlist(hub.asked(hub.builder, deployment), listed.watchlist))
    typed = replace(READY, blue_list_passages=50, blue_list_recognised=50)
    kept(hub.deployments.record_readiness(hub.asked(hub.operator, deployment), typed))
    hub.take_live(deployment)
    figures = deployment_figures(hub.records, hub.auditor, deployment, TERMINAL)
    assert isinstance(figures, PublishedRecords)
    assert figures.deployments[0].recognition is None


def test_the_default_is_not_to_tell_beforehand() -> None:
    assert Conditions().advance_notice is False


def test_a_rehearsal_is_never_announced_or_published(hub: StaffedHub, clock: HandClock) -> None:
    decision = hub.decision(conditions=Conditions(advance_notice=True), categories=())
    application = hub.application(terms=decision.terms)
    draft = kept(hub.deployments.draft(hub.applicant, application, TERMINAL, rehearsal=True)).deployment.deployment
    kept(hub.deployments.submit(hub.asked(hub.applicant, draft)))
    kept(hub.deployments.authorise(hub.asked(hub.authoriser, draft), decision))
    assert read_published(hub.records).announced == ()
    hub.make_ready(draft)
    hub.take_live(draft)
    refused = deployment_figures(hub.records, hub.auditor, draft, TERMINAL)
    assert isinstance(refused, Refusal)
    assert "has nothing to publish" in refused.sentence


def test_whoever_takes_it_out_of_the_hub_is_in_the_audit_log(hub: StaffedHub) -> None:
    refused = publish(hub.records, hub.operator, TERMINAL)
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.WRONG_ROLE
    assert isinstance(publish(hub.records, hub.authoriser, TERMINAL), PublishedRecords)
    with hub.records.database.reading() as session:
        logged = session.execute(
            select(func.count()).where(
                AuditEntryRow.act == "PUBLISH_RECORDS",
                AuditEntryRow.processing == "disclosure",
                AuditEntryRow.staff == hub.authoriser.staff,
            )
        ).scalar_one()
    assert logged == 1
