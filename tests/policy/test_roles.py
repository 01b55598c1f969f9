import itertools
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from openlfr.policy.identifiers import StaffId
from openlfr.policy.reach import WHOLE_HUB, Reach
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode
from openlfr.policy.roles import (
    AUTOMATIC,
    FOR_THE_WHOLE_HUB,
    LIVE_ROLES,
    MUST_DIFFER,
    ROLES_FOR,
    THE_HUB,
    Action,
    Actor,
    Competence,
    Role,
    Skill,
    may_act,
    may_follow,
)

NOW = datetime(2026, 5, 11, 12, 0, tzinfo=UTC)
CURRENT = tuple(Competence(skill, date(2026, 5, 11)) for skill in Skill)


def test_every_action_says_which_roles_may_take_it() -> None:
    assert set(ROLES_FOR) == set(Action)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("action", Action)
def test_a_role_may_take_its_own_actions_and_no_others(role: Role, action: Action) -> None:
    verdict = may_act(Actor(StaffId("someone"), frozenset({role}), CURRENT), action, NOW)
    if role in ROLES_FOR[action]:
        assert verdict == Allowed()
    else:
        assert isinstance(verdict, Refusal)
        assert verdict.code is RefusalCode.WRONG_ROLE
        assert str(action) in verdict.sentence


def test_limited_rights_take_away_what_concerns_the_whole_hub_and_no_other_action() -> None:
    for role, action in itertools.product(Role, Action):
        limited = Actor(StaffId("someone"), frozenset({role}), CURRENT, reach=Reach(frozenset({"Kent Police"})))
        verdict = may_act(limited, action, NOW)
        if role in ROLES_FOR[action] and action in FOR_THE_WHOLE_HUB:
            assert isinstance(verdict, Refusal)
            assert verdict.code is RefusalCode.OUT_OF_REACH
            assert "your rights are limited to Kent Police" in verdict.sentence
        else:
            assert verdict == may_act(replace(limited, reach=WHOLE_HUB), action, NOW)


@pytest.mark.parametrize("action", Action)
def test_the_hub_by_itself_only_passes_on_stops_and_forgets(action: Action) -> None:
    assert isinstance(may_act(THE_HUB, action, NOW), Allowed) == (action in AUTOMATIC)


def test_nothing_that_starts_or_decides_is_automatic() -> None:
    deciding = {
        Action.AUTHORISE_DEPLOYMENT,
        Action.AUTHORISE_URGENTLY,
        Action.REVIEW_URGENT_AUTHORITY,
        Action.CHANGE_AUTHORITY,
        Action.GO_LIVE,
        Action.RESUME_DEPLOYMENT,
        Action.ADJUDICATE_ALERT,
        Action.RECORD_ENGAGEMENT,
        Action.RECLASSIFY_ALERT,
        Action.APPROVE_WATCHLIST,
    }
    assert not deciding & AUTOMATIC


def test_an_administrator_sees_no_personal_data() -> None:
    personal = {Action.VIEW_WATCHLIST, Action.VIEW_ALERT, Action.ADJUDICATE_ALERT, Action.ANSWER_RIGHTS_REQUEST}
    assert all(Role.ADMINISTRATOR not in ROLES_FOR[action] for action in personal)


def test_training_holds_on_its_last_day_and_not_on_the_next() -> None:
    operator = Actor(StaffId("olu"), frozenset({Role.OPERATOR}), CURRENT)
    assert may_act(operator, Action.ADJUDICATE_ALERT, NOW) == Allowed()
    verdict = may_act(operator, Action.ADJUDICATE_ALERT, NOW.replace(day=12))
    assert isinstance(verdict, Refusal)
    assert verdict.code is RefusalCode.NOT_COMPETENT
    assert "your training for live operation is missing or has run out" in verdict.sentence


def test_lost_training_takes_away_live_roles_only() -> None:
    both = Actor(StaffId("olu"), frozenset({Role.OPERATOR, Role.AUTHORISING_OFFICER}), ())
    assert may_act(both, Action.PAUSE_DEPLOYMENT, NOW) == Allowed()
    assert isinstance(may_act(both, Action.ADJUDICATE_ALERT, NOW), Refusal)
    assert Role.AUTHORISING_OFFICER not in LIVE_ROLES


def test_urgent_authority_needs_its_own_competence() -> None:
    officer = Actor(StaffId("osei"), frozenset({Role.AUTHORISING_OFFICER}), CURRENT[:1])
    assert CURRENT[0].skill is Skill.LIVE_OPERATION
    verdict = may_act(officer, Action.AUTHORISE_URGENTLY, NOW)
    assert isinstance(verdict, Refusal)
    assert verdict.code is RefusalCode.NOT_COMPETENT


@pytest.mark.parametrize(("later", "earlier"), [(a, b) for a, steps in MUST_DIFFER.items() for b in sorted(steps)])
def test_pairs_of_steps_are_taken_by_different_people_whatever_roles_they_hold(later: Action, earlier: Action) -> None:
    everything = Actor(StaffId("max"), frozenset(Role), CURRENT)
    verdict = may_follow(everything, later, {earlier: (StaffId("mia"), StaffId("max"))})
    assert isinstance(verdict, Refusal)
    assert verdict.code is RefusalCode.SAME_PERSON
    assert may_follow(everything, later, {earlier: (StaffId("mia"),)}) == Allowed()


def test_roles_add_up_and_never_take_away() -> None:
    for first, second in itertools.combinations(Role, 2):
        for action in Action:
            alone = may_act(Actor(StaffId("a"), frozenset({first}), CURRENT), action, NOW)
            together = may_act(Actor(StaffId("a"), frozenset({first, second}), CURRENT), action, NOW)
            assert isinstance(together, Allowed) or isinstance(alone, Refusal)
