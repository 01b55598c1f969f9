"""Staff: who they are, the roles they hold and where those count, and the training without which live roles do not."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from openlfr.policy.identifiers import StaffId, is_identifier
from openlfr.policy.reach import WHOLE_HUB, Reach, reach_problems
from openlfr.policy.refusal import Refusal, RefusalCode, refused_fields
from openlfr.policy.roles import THE_HUB, Action, Actor, Competence, Role, Skill, may_act, may_manage
from openlfr.policy.text import LONGEST_NAME, text_problems
from openlfr.records.acting import reference, write_done, write_refused
from openlfr.records.audit_entry import AuditEvent, Processing, Who
from openlfr.records.hub_records import HubRecords
from openlfr.records.people_tables import CompetenceRow, StaffRoleRow, StaffRow
from openlfr.records.staff_reach import closed_staff, give_reach, reach_of, unknown_staff
from openlfr.sealing.box import Place
from openlfr.sealing.vault_file import KeyPurpose

_KIND = "staff"


@dataclass(frozen=True, slots=True)
class StaffMember:
    """A member of staff as an administrator sees them."""

    staff: StaffId
    version: int
    name: str
    roles: frozenset[Role]
    reach: Reach
    competences: tuple[Competence, ...]
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class People:
    """The service for staff. Signing in is somebody else's; here an identifier becomes an actor with roles."""

    records: HubRecords

    def actor(self, staff: StaffId) -> Actor | Refusal:
        """Who somebody is now, for the rules: ask anew for every request, so that a role taken away is away at once."""
        with self.records.database.reading() as session:
            row = session.get(StaffRow, staff) if is_identifier(staff) else None
            if row is None:
                return Refusal(RefusalCode.UNKNOWN_RECORD, "There is no such member of staff.")
            if row.closed_at is not None:
                return Refusal(
                    RefusalCode.ACCOUNT_CLOSED, "This account was closed; an administrator can add a new one."
                )
            return Actor(staff, _roles(session, staff), _competences(session, staff), reach=reach_of(session, staff))

    def own_name(self, staff: StaffId) -> str:
        """The name of somebody who is to see it themselves: what is looked at by oneself needs no entry in the log."""
        with self.records.database.reading() as session:
            row = session.get_one(StaffRow, staff)
            return self.records.sealer.unseal_text(row.name, _name_place(staff))

    def appoint_first(self, name: str, roles: Collection[Role], origin: str) -> StaffMember | Refusal:
        """Add the first administrator of new records, with any further roles; refused once there is anybody."""
        with self.records.database.writing() as session:
            record = reference(_KIND, "")
            if session.execute(select(StaffRow.id)).first():
                refusal = Refusal(
                    RefusalCode.ALREADY_DECIDED, "There are people here already: an administrator adds more."
                )
                return write_refused(self.records, session, THE_HUB, Action.MANAGE_STAFF, record, origin, refusal)
            return self._added(session, THE_HUB, name, {Role.ADMINISTRATOR, *roles}, WHOLE_HUB, origin)

    def add(
        self, by: Actor, name: str, roles: Collection[Role], origin: str, reach: Reach = WHOLE_HUB
    ) -> StaffMember | Refusal:
        """Add a member of staff, whose roles count within `reach`."""
        with self.records.database.writing() as session:
            verdict = may_act(by, Action.MANAGE_STAFF, self.records.clock())
            if not isinstance(verdict, Refusal):
                verdict = may_manage(by, reach)
            if isinstance(verdict, Refusal):
                record = reference(_KIND, "")
                return write_refused(self.records, session, by, Action.MANAGE_STAFF, record, origin, verdict)
            return self._added(session, by, name, roles, reach, origin)

    def set_roles(
        self, by: Actor, staff: StaffId, roles: Collection[Role], version: int, origin: str
    ) -> StaffMember | Refusal:
        """Replace the roles somebody holds, as last seen at `version`."""
        with self.records.database.writing() as session:
            row = self._changeable(session, by, Action.MANAGE_STAFF, staff, version, origin)
            if isinstance(row, Refusal):
                return row
            if Role.ADMINISTRATOR not in roles and _is_last_administrator(session, staff):
                return self._refuse_last(session, by, staff, origin)
            self._give_roles(session, by, staff, roles)
            row.version += 1
            self._done(session, by, Action.MANAGE_STAFF, staff, origin, f"Roles: {', '.join(sorted(roles)) or 'none'}.")
            return self._member(session, row)

    def set_reach(self, by: Actor, staff: StaffId, reach: Reach, version: int, origin: str) -> StaffMember | Refusal:
        """Say at which forces and sites somebody's roles count, as last seen at `version`; it holds at once."""
        with self.records.database.writing() as session:
            row = self._changeable(session, by, Action.MANAGE_STAFF, staff, version, origin)
            if isinstance(row, Refusal):
                return row
            problems = tuple(reach_problems(reach))
            refusal = refused_fields("The reach", problems) if problems else may_manage(by, reach)
            if isinstance(refusal, Refusal):
                record = reference(_KIND, staff)
                return write_refused(self.records, session, by, Action.MANAGE_STAFF, record, origin, refusal)
            give_reach(session, by, staff, reach, self.records.clock())
            row.version += 1
            self._done(session, by, Action.MANAGE_STAFF, staff, origin, f"Rights for {reach}.")
            return self._member(session, row)

    def record_competence(
        self, by: Actor, staff: StaffId, competence: Competence, version: int, origin: str
    ) -> StaffMember | Refusal:
        """Record training. The newest record of a skill holds: an earlier expiry takes a competence away."""
        with self.records.database.writing() as session:
            row = self._changeable(session, by, Action.RECORD_COMPETENCE, staff, version, origin)
            if isinstance(row, Refusal):
                return row
            row.version += 1
            session.add(
                CompetenceRow(
                    staff_id=staff,
                    number=row.version,
                    skill=competence.skill,
                    expires_on=competence.expires_on,
                    recorded_by=by.staff,
                    recorded_at=self.records.clock(),
                )
            )
            words = f"{competence.skill} until {competence.expires_on:%Y-%m-%d}."
            self._done(session, by, Action.RECORD_COMPETENCE, staff, origin, words)
            return self._member(session, row)

    def close_account(self, by: Actor, staff: StaffId, version: int, origin: str) -> StaffMember | Refusal:
        """End an account for good; what the person decided stays theirs."""
        with self.records.database.writing() as session:
            row = self._changeable(session, by, Action.MANAGE_STAFF, staff, version, origin)
            if isinstance(row, Refusal):
                return row
            if _is_last_administrator(session, staff):
                return self._refuse_last(session, by, staff, origin)
            row.closed_at = self.records.clock()
            row.version += 1
            self._done(session, by, Action.MANAGE_STAFF, staff, origin, "Account closed.")
            return self._member(session, row)

    def everybody(self, by: Actor, origin: str) -> Sequence[StaffMember] | Refusal:
        """The staff with their names; the look is in the audit log before they are returned."""
        with self.records.database.writing() as session:
            record = reference(_KIND, "")
            verdict = may_act(by, Action.VIEW_STAFF, self.records.clock())
            if isinstance(verdict, Refusal):
                return write_refused(self.records, session, by, Action.VIEW_STAFF, record, origin, verdict)
            write_done(self.records, session, by, Action.VIEW_STAFF, record, origin, "Looked at the list of staff.")
            return self._seen_by(session, by)

    def colleagues(self, by: Actor, origin: str) -> Sequence[StaffMember] | Refusal:
        """The staff, for those who work on deployments and must know whose identifier stands in them; logged."""
        with self.records.database.writing() as session:
            record = reference(_KIND, "")
            now = self.records.clock()
            verdicts = {each: may_act(by, each, now) for each in (Action.VIEW_STAFF, Action.VIEW_DEPLOYMENT)}
            allowed = [each for each, verdict in verdicts.items() if not isinstance(verdict, Refusal)]
            refusal = verdicts[Action.VIEW_STAFF]
            if not allowed and isinstance(refusal, Refusal):
                return write_refused(self.records, session, by, Action.VIEW_STAFF, record, origin, refusal)
            words = "Looked at the names of colleagues."
            who = Who.acting(by, allowed[0])
            event = AuditEvent(who, Action.VIEW_STAFF, Processing.CONSULTATION, record, origin, words)
            self.records.audit.append(session, event)
            return self._seen_by(session, by)

    def member(self, by: Actor, staff: StaffId, origin: str) -> StaffMember | Refusal:
        """One member of staff; the look is in the audit log before they are returned."""
        with self.records.database.writing() as session:
            record = reference(_KIND, staff)
            verdict = may_act(by, Action.VIEW_STAFF, self.records.clock())
            refusal = verdict if isinstance(verdict, Refusal) else unknown_staff(session, by, staff)
            if refusal is not None:
                return write_refused(self.records, session, by, Action.VIEW_STAFF, record, origin, refusal)
            write_done(self.records, session, by, Action.VIEW_STAFF, record, origin, "Looked at a member of staff.")
            return self._member(session, session.get_one(StaffRow, staff))

    def _added(
        self, session: Session, by: Actor, name: str, roles: Collection[Role], reach: Reach, origin: str
    ) -> StaffMember | Refusal:
        staff = StaffId(self.records.new_id())
        problems = (*text_problems("name", name, longest=LONGEST_NAME), *reach_problems(reach))
        if problems:
            refusal = refused_fields("This person", problems)
            record = reference(_KIND, "")
            return write_refused(self.records, session, by, Action.MANAGE_STAFF, record, origin, refusal)
        key = self.records.vault.sole_key(KeyPurpose.STAFF)
        row = StaffRow(
            id=staff,
            version=1,
            name=self.records.sealer.seal_text(key, name, _name_place(staff)),
            added_at=self.records.clock(),
        )
        session.add(row)
        session.flush()
        self._give_roles(session, by, staff, roles)
        give_reach(session, by, staff, reach, self.records.clock())
        words = f"Added, with: {', '.join(sorted(roles)) or 'no role'}; rights for {reach}."
        self._done(session, by, Action.MANAGE_STAFF, staff, origin, words)
        return self._member(session, row)

    def _give_roles(self, session: Session, by: Actor, staff: StaffId, roles: Collection[Role]) -> None:
        session.execute(delete(StaffRoleRow).where(StaffRoleRow.staff_id == staff))
        now = self.records.clock()
        session.add_all(StaffRoleRow(staff_id=staff, role=role, given_by=by.staff, given_at=now) for role in set(roles))
        session.flush()

    def _seen_by(self, session: Session, by: Actor) -> list[StaffMember]:
        everybody = [self._member(session, row) for row in session.scalars(select(StaffRow).order_by(StaffRow.id))]
        return [each for each in everybody if by.reach.meets(each.reach)]

    def _changeable(
        self, session: Session, by: Actor, action: Action, staff: StaffId, version: int, origin: str
    ) -> StaffRow | Refusal:
        found = self._account(session, by, action, staff, version)
        if isinstance(found, Refusal):
            return write_refused(self.records, session, by, action, reference(_KIND, staff), origin, found)
        return found

    def _account(self, session: Session, by: Actor, action: Action, staff: StaffId, version: int) -> StaffRow | Refusal:
        verdict = may_act(by, action, self.records.clock())
        if isinstance(verdict, Refusal):
            return verdict
        if by.staff == staff:
            return Refusal(RefusalCode.SAME_PERSON, "You may not change your own account: another administrator must.")
        refusal = closed_staff(session, by, staff)
        if refusal is not None:
            return refusal
        row = session.get_one(StaffRow, staff)
        if row.version != version:
            return Refusal(RefusalCode.CHANGED_MEANWHILE, "Somebody changed this account meanwhile: look at it again.")
        return row

    def _refuse_last(self, session: Session, by: Actor, staff: StaffId, origin: str) -> Refusal:
        refusal = Refusal(RefusalCode.NOT_READY, "This is the last administrator: appoint another one first.")
        return write_refused(self.records, session, by, Action.MANAGE_STAFF, reference(_KIND, staff), origin, refusal)

    def _done(self, session: Session, by: Actor, action: Action, staff: StaffId, origin: str, words: str) -> None:
        write_done(self.records, session, by, action, reference(_KIND, staff), origin, words)

    def _member(self, session: Session, row: StaffRow) -> StaffMember:
        staff = StaffId(row.id)
        return StaffMember(
            staff=staff,
            version=row.version,
            name=self.records.sealer.unseal_text(row.name, _name_place(staff)),
            roles=_roles(session, staff),
            reach=reach_of(session, staff),
            competences=_competences(session, staff),
            closed_at=row.closed_at,
        )


def _name_place(staff: StaffId) -> Place:
    return Place(StaffRow.__tablename__, "name", staff)


def _roles(session: Session, staff: StaffId) -> frozenset[Role]:
    return frozenset(session.scalars(select(StaffRoleRow.role).where(StaffRoleRow.staff_id == staff)))


def _competences(session: Session, staff: StaffId) -> tuple[Competence, ...]:
    rows = session.scalars(select(CompetenceRow).where(CompetenceRow.staff_id == staff).order_by(CompetenceRow.number))
    newest: dict[Skill, Competence] = {row.skill: Competence(row.skill, row.expires_on) for row in rows}
    return tuple(newest[skill] for skill in sorted(newest))


def _is_last_administrator(session: Session, staff: StaffId) -> bool:
    active = session.scalars(
        select(StaffRoleRow.staff_id)
        .join(StaffRow, StaffRow.id == StaffRoleRow.staff_id)
        .where(StaffRoleRow.role == Role.ADMINISTRATOR, StaffRow.closed_at.is_(None))
    ).all()
    return list(active) == [staff]
