from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.support.deployment_values import (
    AUTHORISER,
    BUILDER,
    END,
    EVERYBODY,
    NOON,
    OPERATOR,
    START,
    UK,
    actor,
    entry,
    frozen_list,
    terms,
)

from openlfr.policy.authority import list_limits
from openlfr.policy.identifiers import StaffId
from openlfr.policy.refusal import Refusal, RefusalCode
from openlfr.policy.roles import Action, Actor, Role
from openlfr.policy.watchlist import (
    WATCHLIST_TRANSITIONS,
    Category,
    LegalBasis,
    PictureSource,
    SecondAuthority,
    Watchlist,
    WatchlistEntry,
    WatchlistState,
    change_watchlist,
    entry_problems,
    freeze,
    remove_person,
)

LIMITS = list_limits(terms(), UK)
SECOND = SecondAuthority(AUTHORISER.staff, NOON, "Wanted for murder; seventeen years old.")
BUILDING = Watchlist(frozen_list().watchlist, frozen_list().deployment, (BUILDER.staff,), NOON, size=10)
TESTER = entry(
    blue_list=True, categories=(), legal_basis=LegalBasis.CONSENT, consent_reference="C/7", offence="", where_link=""
)


def fields_wrong(who: WatchlistEntry, rehearsal: bool = False) -> dict[str, str]:
    problems = entry_problems(who, terms().categories, rehearsal, (BUILDER.staff,), END.date(), NOON.date())
    return {each.field: each.sentence for each in problems}


def test_a_complete_entry_has_no_problems() -> None:
    assert fields_wrong(entry()) == {}
    assert fields_wrong(TESTER) == {}
    assert fields_wrong(entry(under_18=True, second_authority=SECOND)) == {}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"person": " "}, "person"),
        ({"name": ""}, "name"),
        ({"offence": ""}, "offence"),
        ({"reason": ""}, "reason"),
        ({"where_link": ""}, "where_link"),
        ({"name": "x" * 501}, "name"),
        ({"warning_markers": ("",)}, "warning_markers"),
        ({"look_alikes": ("his brother",) * 51}, "look_alikes"),
        ({"pictures": ()}, "pictures"),
        ({"pictures": (replace(entry().pictures[0], taken_on=date(2026, 5, 12)),)}, "pictures.0.taken_on"),
        ({"pictures": (replace(entry().pictures[0], source=PictureSource.CONSENT),)}, "legal_basis"),
        ({"categories": ()}, "categories"),
        ({"categories": (Category.SUSPECT, Category.SUSPECT)}, "categories"),
        ({"categories": (Category.WITNESS,)}, "categories"),
        ({"legal_basis": LegalBasis.CONSENT}, "legal_basis"),
        ({"expires_on": date(2026, 5, 10)}, "expires_on"),
        ({"under_18": True}, "second_authority"),
        ({"vulnerable": True}, "second_authority"),
        ({"vulnerable": True, "second_authority": replace(SECOND, by=BUILDER.staff)}, "second_authority"),
        ({"under_18": True, "second_authority": replace(SECOND, reason="")}, "second_authority.reason"),
    ],
)
def test_one_wrong_field_is_one_named_problem(changes: dict[str, object], field: str) -> None:
    assert list(fields_wrong(entry(**changes))) == [field]


def test_several_categories_may_apply_to_one_person() -> None:
    assert fields_wrong(entry(categories=(Category.WANTED_BY_COURTS, Category.SUSPECT))) == {}


def test_there_is_no_category_for_anybody_else() -> None:
    assert len(Category) == 8
    assert not any("other" in each.split() or "intelligence" in each for each in Category)


def test_a_tester_needs_a_consent_form_and_is_not_looked_for() -> None:
    assert list(fields_wrong(replace(TESTER, consent_reference=None))) == ["consent_reference"]
    assert list(fields_wrong(replace(TESTER, categories=(Category.SUSPECT,)))) == ["categories"]
    assert list(fields_wrong(replace(TESTER, legal_basis=LegalBasis.COURT_ORDER))) == ["legal_basis"]


def test_a_rehearsal_looks_for_consenting_people_only() -> None:
    assert fields_wrong(TESTER, rehearsal=True) == {}
    assert fields_wrong(entry(), rehearsal=True) == {"blue_list": "A rehearsal's list holds only consenting testers."}


def test_a_list_is_approved_by_somebody_who_never_built_it() -> None:
    both = actor("wim", Role.WATCHLIST_MANAGER, Role.AUTHORISING_OFFICER)
    refused = change_watchlist(BUILDING, Action.APPROVE_WATCHLIST, both, NOON)
    assert isinstance(refused, Refusal)
    assert refused.code is RefusalCode.SAME_PERSON
    colleague = actor("cleo", Role.WATCHLIST_MANAGER)
    helped = change_watchlist(BUILDING, Action.BUILD_WATCHLIST, colleague, NOON, size=11)
    assert isinstance(helped, Watchlist)
    assert helped.size == 11
    for builder in (BUILDER, colleague):
        assert isinstance(change_watchlist(helped, Action.APPROVE_WATCHLIST, builder, NOON), Refusal)
    approved = change_watchlist(helped, Action.APPROVE_WATCHLIST, AUTHORISER, NOON)
    assert isinstance(approved, Watchlist)
    assert (approved.state, approved.approved_by) == (WatchlistState.APPROVED, AUTHORISER.staff)


def test_a_change_after_approval_takes_the_approval_away() -> None:
    approved = replace(BUILDING, state=WatchlistState.APPROVED, approved_by=AUTHORISER.staff)
    changed = change_watchlist(approved, Action.BUILD_WATCHLIST, BUILDER, NOON, size=11)
    assert isinstance(changed, Watchlist)
    assert (changed.state, changed.approved_by) == (WatchlistState.BUILDING, None)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"size": 0}, RefusalCode.WATCHLIST_EMPTY),
        ({"size": 1001}, RefusalCode.WATCHLIST_TOO_LARGE),
        ({"drawn_at": START - timedelta(hours=24, seconds=1)}, RefusalCode.WATCHLIST_TOO_OLD),
        ({"state": WatchlistState.BUILDING}, RefusalCode.WRONG_STATE),
        ({"state": WatchlistState.FROZEN}, RefusalCode.WRONG_STATE),
        ({"state": WatchlistState.DESTROYED}, RefusalCode.WRONG_STATE),
    ],
)
def test_only_a_fresh_approved_list_of_the_right_size_is_frozen(changes: dict[str, object], code: RefusalCode) -> None:
    approved = frozen_list(state=WatchlistState.APPROVED, content_hash=None)
    good = freeze(approved, BUILDER, NOON, "cd" * 32, LIMITS)
    assert isinstance(good, Watchlist)
    assert (good.state, good.content_hash, good.frozen_at) == (WatchlistState.FROZEN, "cd" * 32, NOON)
    refused = freeze(replace(approved, **changes), BUILDER, NOON, "cd" * 32, LIMITS)  # type: ignore[arg-type]
    assert isinstance(refused, Refusal)
    assert refused.code is code


def test_a_list_of_exactly_the_allowed_age_and_size_is_frozen() -> None:
    edge = frozen_list(state=WatchlistState.APPROVED, size=1000, drawn_at=START - timedelta(hours=24))
    assert isinstance(freeze(edge, BUILDER, NOON, "cd" * 32, LIMITS), Watchlist)


def test_a_person_leaves_a_frozen_list_and_the_hash_becomes_another() -> None:
    smaller = remove_person(frozen_list(), OPERATOR, NOON, "ef" * 32)
    assert isinstance(smaller, Watchlist)
    assert (smaller.size, smaller.content_hash, smaller.state) == (9, "ef" * 32, WatchlistState.FROZEN)
    nobody = remove_person(frozen_list(size=0), OPERATOR, NOON, "ef" * 32)
    assert isinstance(nobody, Refusal)
    assert nobody.code is RefusalCode.WATCHLIST_EMPTY


def test_nothing_is_added_to_a_frozen_list() -> None:
    refused = change_watchlist(frozen_list(), Action.BUILD_WATCHLIST, BUILDER, NOON, size=11)
    assert isinstance(refused, Refusal)
    assert refused.sentence == "You may not build a watchlist: it is frozen, and must be building or approved."


EVERY_ROLE = [*EVERYBODY, actor("cleo", Role.WATCHLIST_MANAGER), actor("max", *Role)]


@given(
    steps=st.lists(st.tuples(st.sampled_from(sorted(WATCHLIST_TRANSITIONS)), st.sampled_from(EVERY_ROLE)), max_size=25)
)
def test_whatever_is_tried_a_frozen_list_was_approved_by_somebody_who_built_none_of_it(
    steps: list[tuple[Action, Actor]],
) -> None:
    watchlist = BUILDING
    hands: set[StaffId] = {BUILDER.staff}
    for number, (action, by) in enumerate(steps):
        digest = f"{number:064x}"
        match action:
            case Action.FREEZE_WATCHLIST:
                changed = freeze(watchlist, by, NOON, digest, LIMITS)
            case Action.REMOVE_FROM_WATCHLIST:
                changed = remove_person(watchlist, by, NOON, digest)
            case _:
                changed = change_watchlist(watchlist, action, by, NOON)
        if isinstance(changed, Refusal):
            continue
        if action is Action.BUILD_WATCHLIST:
            hands.add(by.staff)
        assert watchlist.state is not WatchlistState.DESTROYED
        watchlist = changed
        if watchlist.state is WatchlistState.FROZEN:
            assert watchlist.approved_by is not None
            assert watchlist.approved_by not in hands
            assert watchlist.content_hash is not None
