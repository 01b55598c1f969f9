"""Staff on the wire."""

from datetime import date, datetime
from typing import Annotated

from pydantic import ConfigDict, Field

from openlfr.hub.schemas.wire import Answering, Asking, Day, Name, Version
from openlfr.policy.reach import MOST_NAMES
from openlfr.policy.roles import Role, Skill

_Roles = Annotated[list[Role], Field(max_length=2 * len(Role))]
_Places = Annotated[list[Name], Field(max_length=2 * MOST_NAMES)]


class CompetenceView(Answering):
    """A training record; valid up to and including the day."""

    skill: Skill
    expires_on: date


class ReachView(Answering):
    """The forces and sites within which somebody's roles count."""

    forces: list[str] = Field(description="None named: every force on this hub.", examples=[["Kent Police"]])
    sites: list[str] = Field(description="None named: every site.", examples=[["Dover, ferry terminal"]])


class PlacesView(Answering):
    """The forces and sites that are named on this hub so far."""

    forces: list[str]
    sites: list[str]


class MemberView(Answering):
    """A member of staff, as an administrator sees them."""

    staff: str
    version: int
    name: str
    roles: list[Role]
    reach: ReachView
    competences: list[CompetenceView]
    closed_at: datetime | None


class ColleagueView(Answering):
    """A member of staff as colleagues see them: who decided, and who may be put on duty."""

    staff: str
    name: str
    roles: list[Role]
    live_until: date | None = Field(description="The last day of their training for live operation; null without any.")
    closed: bool


class ReachGiven(Asking):
    """To which forces and sites somebody's rights are to be limited; none named, they have the whole hub."""

    forces: _Places = Field(default_factory=list, description="As applications call the controller.")
    sites: _Places = Field(default_factory=list, description="As applications call the location.")


class NewMember(Asking):
    """Somebody who joins."""

    name: Name
    roles: _Roles = Field(default_factory=list)
    reach: ReachGiven = Field(default_factory=ReachGiven)

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "Olu Operator", "roles": [Role.OPERATOR.value]}]}
    )


class RolesForm(Asking):
    """The roles somebody holds from now on; all others are taken away."""

    version: Version
    roles: _Roles

    model_config = ConfigDict(json_schema_extra={"examples": [{"version": 1, "roles": [Role.AUDITOR.value]}]})


class ReachForm(Asking):
    """The forces and sites to which somebody's rights are limited from now on."""

    version: Version
    reach: ReachGiven

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"version": 1, "reach": {"forces": ["Kent Police"], "sites": ["Dover, ferry terminal"]}}]
        }
    )


class CompetenceForm(Asking):
    """Training somebody had. The newest record of a skill holds: an earlier day takes a competence away."""

    version: Version
    skill: Skill
    expires_on: Day

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"version": 1, "skill": Skill.LIVE_OPERATION.value, "expires_on": "2027-01-01"}]
        }
    )
