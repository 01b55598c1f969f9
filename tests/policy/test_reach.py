"""How far rights reach: the same place however it is spelt, and nobody gives more than they have."""

import itertools

from hypothesis import given
from hypothesis import strategies as st

from openlfr.policy.identifiers import StaffId
from openlfr.policy.reach import MOST_NAMES, WHOLE_HUB, Reach, reach_problems
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode
from openlfr.policy.roles import THE_HUB, Actor, Role, may_manage

FORCES = ("Kent Police", "Essex Police", "Straße Polizei")
SITES = ("Dover, ferry terminal", "North End", "The Gate")
PLACES = tuple(itertools.product(FORCES, SITES))

reaches = st.builds(Reach, st.frozensets(st.sampled_from(FORCES)), st.frozensets(st.sampled_from(SITES)))


def covered(reach: Reach) -> set[tuple[str, str]]:
    """The oracle: what a reach says of every place there is, by its definition."""
    return {
        (force, site)
        for force, site in PLACES
        if (reach.forces == frozenset() or force in reach.forces)
        and (reach.sites == frozenset() or site in reach.sites)
    }


@given(reaches)
def test_a_reach_covers_its_forces_at_its_sites_and_nothing_else(reach: Reach) -> None:
    assert {place for place in PLACES if reach.covers(*place)} == covered(reach)


@given(reaches, st.sampled_from(PLACES))
def test_case_and_spaces_do_not_tell_places_apart(reach: Reach, place: tuple[str, str]) -> None:
    force, site = place
    assert reach.covers(f"  {force.upper()} ", site.replace(" ", "  ")) == reach.covers(force, site)


@given(reaches, reaches)
def test_what_contains_another_covers_all_that_it_covers(one: Reach, other: Reach) -> None:
    if one.contains(other):
        assert covered(other) <= covered(one)
    elif one.forces < frozenset(FORCES) and one.sites < frozenset(SITES):
        # A force that is not named anywhere yet is covered by who has every force, and by nobody who has some.
        beyond = covered(other) - covered(one)
        assert beyond or (one.forces and not other.forces) or (one.sites and not other.sites)


@given(reaches, reaches)
def test_two_meet_where_there_is_a_place_that_both_cover(one: Reach, other: Reach) -> None:
    assert one.meets(other) == bool(covered(one) & covered(other)) == other.meets(one)


@given(reaches, reaches)
def test_nobody_manages_an_account_beyond_their_own_reach(own: Reach, other: Reach) -> None:
    verdict = may_manage(Actor(StaffId("adam"), frozenset({Role.ADMINISTRATOR}), reach=own), other)
    assert (verdict == Allowed()) == own.contains(other)
    if isinstance(verdict, Refusal):
        assert verdict.code is RefusalCode.OUT_OF_REACH
        assert f"Your rights are limited to {own}" in verdict.sentence


def test_the_hub_itself_and_who_has_no_reach_set_have_everything() -> None:
    assert THE_HUB.reach == WHOLE_HUB == Actor(StaffId("olu"), frozenset()).reach
    assert WHOLE_HUB.whole_hub
    assert all(WHOLE_HUB.covers(*place) for place in PLACES)
    assert str(WHOLE_HUB) == "the whole hub"


def test_a_reach_reads_as_a_person_would_say_it() -> None:
    assert str(Reach(frozenset({"Kent Police"}))) == "Kent Police"
    assert str(Reach(frozenset({"Kent Police", "Essex Police"}), frozenset({"North End"}))) == (
        "Essex Police and Kent Police at North End"
    )
    assert str(Reach(sites=frozenset({"North End"}))) == "every force at North End"


def test_names_that_are_empty_too_long_or_too_many_are_refused() -> None:
    assert list(reach_problems(Reach(frozenset({"Kent Police"}), frozenset({"North End"})))) == []
    (blank,) = reach_problems(Reach(frozenset({" "})))
    assert (blank.field, blank.sentence) == ("forces", "Each needs a name of 1 to 500 ordinary characters.")
    (long,) = reach_problems(Reach(sites=frozenset({"x" * 501})))
    assert long.field == "sites"
    (many,) = reach_problems(Reach(sites=frozenset(str(each) for each in range(MOST_NAMES + 1))))
    assert "At most 50 can be named" in many.sentence
