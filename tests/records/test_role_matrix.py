"""Every role tries every act that is not its own: each is refused in words, changes nothing, and is in the log."""

from sqlalchemy import func, select
from tests.support.database import HandClock
from tests.support.deployment_values import actor
from tests.support.every_act import DONE_BY_THE_HUB, OF_OTHER_SERVICES, TRIES, alerted_target
from tests.support.staffed_hub import staffed

from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import ROLES_FOR, Action, Role
from openlfr.records.alert_tables import AlertContentRow, AlertRow
from openlfr.records.audit_tables import AuditEntryRow
from openlfr.records.deployment_tables import AuthorityRow, CheckInRow, DeploymentRow, PlanRow
from openlfr.records.hub_records import HubRecords
from openlfr.records.schema import Table

KEPT: tuple[type[Table], ...] = (AlertRow, AlertContentRow, AuthorityRow, CheckInRow, DeploymentRow, PlanRow)


def test_the_matrix_tries_every_action_there_is() -> None:
    assert set(TRIES) | DONE_BY_THE_HUB | OF_OTHER_SERVICES == set(Action)
    assert not set(TRIES) & (DONE_BY_THE_HUB | OF_OTHER_SERVICES)


def test_no_role_gets_away_with_an_act_that_is_not_its_own(records: HubRecords, clock: HandClock) -> None:
    hub = staffed(records, clock)
    target = alerted_target(hub)
    before = _rows(records)
    attempts = 0
    for role in Role:
        somebody = actor(f"only {role}", role)
        for action, attempt in TRIES.items():
            if role in ROLES_FOR[action]:
                continue
            answer = attempt(hub, somebody, target)
            attempts += 1
            assert isinstance(answer, Refusal), (role, action)
            assert answer.code is RefusalCode.WRONG_ROLE, (role, action)
            assert answer.sentence.startswith(f"You may not {action}: "), (role, action)
    assert attempts > 150
    assert _rows(records) == before
    with records.database.reading() as session:
        logged = session.execute(
            select(func.count())
            .select_from(AuditEntryRow)
            .where(AuditEntryRow.staff.like("only %"), AuditEntryRow.processing == "none")
        ).scalar_one()
    assert logged == attempts


def test_nobody_acts_in_a_live_role_after_their_training_ran_out(records: HubRecords, clock: HandClock) -> None:
    hub = staffed(records, clock)
    target = alerted_target(hub)
    for role in (Role.OPERATOR, Role.ENGAGEMENT_OFFICER):
        untrained = actor(f"untrained {role}", role, trained=False)
        for action, attempt in TRIES.items():
            if role in ROLES_FOR[action]:
                answer = attempt(hub, untrained, target)
                assert isinstance(answer, Refusal), (role, action)
                assert answer.code is RefusalCode.NOT_COMPETENT, (role, action)


def _rows(records: HubRecords) -> dict[str, list[tuple[object, ...]]]:
    """Everything that is kept, as it stands in the tables."""
    with records.database.reading() as session:
        return {
            kind.__tablename__: sorted(
                (tuple(row) for row in session.execute(select(*kind.__table__.columns))), key=repr
            )
            for kind in KEPT
        }
