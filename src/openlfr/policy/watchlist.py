"""Who may be on a watchlist, and the way of a list from building to destruction."""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum

from openlfr.policy.identifiers import DeploymentId, EntryId, PersonReference, PictureId, StaffId, WatchlistId
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields, wrong_state
from openlfr.policy.roles import Action, Actor, may_act, may_follow
from openlfr.policy.text import LONGEST_NAME, text_problems


class Category(StrEnum):
    """The College of Policing's categories. The list is closed: "persons where intelligence is required" was the fatal
    one in Bridges [2020] EWCA Civ 1058 at 124, so there is no "other"."""

    WANTED_BY_COURTS = "wanted by the courts"
    SUSPECT = "suspected of an offence, or about to commit, committing or having committed one"
    SUBJECT_TO_CONDITIONS = "subject to bail conditions, a court order or another restriction that would be breached"
    MISSING_AT_RISK = "missing person at increased risk of harm"
    RISK_OF_HARM = "presenting a risk of harm to themselves or others"
    ASSOCIATE = "associate of a person in another category"
    WITNESS = "witness to an offence"
    VICTIM = "victim of an offence"


class PictureSource(StrEnum):
    """Where a reference picture lawfully comes from."""

    CUSTODY = "custody photograph"
    RECORDS_SYSTEM = "force records system"
    NATIONAL_DATABASE = "Police National Database"
    PARTNER_AGENCY = "partner agency"
    FAMILY = "family or friends of a missing person"
    OPEN_SOURCE = "open source"
    OTHER_LAWFUL = "other lawfully held picture, explained in the reason"
    CONSENT = "taken with consent, for a test"


class LegalBasis(StrEnum):
    """The power or duty that an entry rests on."""

    COURT_WARRANT = "court warrant"
    POWER_OF_ARREST = "power of arrest"
    COURT_ORDER = "court order or bail condition"
    PREVENTION_OF_CRIME = "common law duty to prevent and detect crime"
    PROTECTION_OF_LIFE = "duty to protect life"
    CONSENT = "consent, for a test"


@dataclass(frozen=True, slots=True)
class Picture:
    """What is recorded about a reference picture; the pixels are elsewhere and sealed."""

    picture: PictureId
    source: PictureSource
    taken_on: date


@dataclass(frozen=True, slots=True)
class SecondAuthority:
    """The further decision that a child or a vulnerable person needs, with its reason (R7, R21)."""

    by: StaffId
    at: datetime
    reason: str


@dataclass(frozen=True, slots=True)
class WatchlistEntry:
    """One person on one list.

    `blue_list` marks a consenting tester: alerts of theirs are kept out of every statistic, and `consent_reference`
    names the signed form. `where_link` says why the person is expected at this place (R2).
    """

    entry: EntryId
    person: PersonReference
    name: str
    pictures: tuple[Picture, ...]
    categories: tuple[Category, ...]
    offence: str
    reason: str
    where_link: str
    legal_basis: LegalBasis
    expires_on: date
    warning_markers: tuple[str, ...] = ()
    look_alikes: tuple[str, ...] = ()
    under_18: bool = False
    vulnerable: bool = False
    second_authority: SecondAuthority | None = None
    blue_list: bool = False
    consent_reference: str | None = None


MOST_PICTURES = 20
MOST_MARKERS = 50


def entry_problems(
    entry: WatchlistEntry,
    allowed: Collection[Category],
    rehearsal: bool,
    builders: Collection[StaffId],
    needed_until: date,
    today: date,
) -> Iterator[FieldProblem]:
    """Everything wrong with one entry.

    `allowed` are the categories of the authority, `builders` who changed the list's content, `needed_until` the last
    day of the deployment. An entry waiting for its second authority is wrong until the authority is there.
    """
    yield from text_problems("person", entry.person, longest=LONGEST_NAME)
    yield from text_problems("name", entry.name, longest=LONGEST_NAME)
    yield from text_problems("reason", entry.reason)
    yield from text_problems("offence", entry.offence, required=not entry.blue_list)
    yield from text_problems("where_link", entry.where_link, required=not entry.blue_list)
    for field, texts in (("warning_markers", entry.warning_markers), ("look_alikes", entry.look_alikes)):
        if len(texts) > MOST_MARKERS:
            yield FieldProblem(field, f"At most {MOST_MARKERS} can be recorded.")
        for text in texts:
            yield from text_problems(field, text, longest=LONGEST_NAME)
    if not 1 <= len(entry.pictures) <= MOST_PICTURES:
        yield FieldProblem("pictures", f"An entry has 1 to {MOST_PICTURES} pictures.")
    for number, picture in enumerate(entry.pictures):
        if picture.taken_on > today:
            yield FieldProblem(f"pictures.{number}.taken_on", "A picture cannot have been taken in the future.")
    if entry.expires_on < needed_until:
        yield FieldProblem("expires_on", f"The entry expires before the deployment ends on {needed_until:%Y-%m-%d}.")
    if entry.blue_list:
        yield from _blue_list_problems(entry)
    else:
        yield from _sought_person_problems(entry, allowed, rehearsal)
    if entry.under_18 or entry.vulnerable:
        yield from _second_authority_problems(entry.second_authority, builders)


def _blue_list_problems(entry: WatchlistEntry) -> Iterator[FieldProblem]:
    yield from text_problems("consent_reference", entry.consent_reference or "", longest=LONGEST_NAME)
    if entry.categories:
        yield FieldProblem("categories", "A tester of the blue list is not looked for and has no category.")
    if entry.legal_basis is not LegalBasis.CONSENT:
        yield FieldProblem("legal_basis", "A tester of the blue list is there by consent.")


def _sought_person_problems(
    entry: WatchlistEntry, allowed: Collection[Category], rehearsal: bool
) -> Iterator[FieldProblem]:
    if rehearsal:
        yield FieldProblem("blue_list", "A rehearsal's list holds only consenting testers.")
    if not entry.categories:
        yield FieldProblem("categories", "Choose at least one category.")
    if len(set(entry.categories)) != len(entry.categories):
        yield FieldProblem("categories", "A category is named twice.")
    for category in entry.categories:
        if not rehearsal and category not in allowed:
            yield FieldProblem("categories", f"The authority does not cover the category: {category}.")
    if entry.legal_basis is LegalBasis.CONSENT or any(each.source is PictureSource.CONSENT for each in entry.pictures):
        yield FieldProblem("legal_basis", "Consent is for testers of the blue list only.")


def _second_authority_problems(second: SecondAuthority | None, builders: Collection[StaffId]) -> Iterator[FieldProblem]:
    if second is None:
        yield FieldProblem(
            "second_authority", "A child or a vulnerable person needs a second authority with its reason."
        )
        return
    yield from text_problems("second_authority.reason", second.reason)
    if second.by in builders:
        yield FieldProblem(
            "second_authority", "The second authority must come from somebody who did not build the list."
        )


class WatchlistState(StrEnum):
    """Where a list is on its way."""

    BUILDING = "building"
    APPROVED = "approved"
    FROZEN = "frozen"
    DESTROYED = "destroyed"


WATCHLIST_TRANSITIONS: Mapping[Action, tuple[frozenset[WatchlistState], WatchlistState]] = {
    Action.BUILD_WATCHLIST: (
        frozenset({WatchlistState.BUILDING, WatchlistState.APPROVED}),
        WatchlistState.BUILDING,
    ),
    Action.APPROVE_WATCHLIST: (frozenset({WatchlistState.BUILDING}), WatchlistState.APPROVED),
    Action.FREEZE_WATCHLIST: (frozenset({WatchlistState.APPROVED}), WatchlistState.FROZEN),
    Action.REMOVE_FROM_WATCHLIST: (frozenset({WatchlistState.FROZEN}), WatchlistState.FROZEN),
    Action.DESTROY_WATCHLIST: (
        frozenset({WatchlistState.BUILDING, WatchlistState.APPROVED, WatchlistState.FROZEN}),
        WatchlistState.DESTROYED,
    ),
}
"""For each action the states it is legal in and the state it leads to. Any change of the content of an approved list
makes it "building" again: what was approved is what is frozen. Nothing is added to a frozen list; a new list under a
new authority is."""


@dataclass(frozen=True, slots=True)
class ListContent:
    """What everybody on a frozen list has together; a removal since can only make it fit better.

    `expires_on` is the last day on which every entry holds, `categories` are those of the people looked for, and the
    templates are those of `model_pack` in `precision`.
    """

    expires_on: date
    categories: tuple[Category, ...]
    model_pack: str
    precision: str


@dataclass(frozen=True, slots=True)
class Watchlist:
    """A list as the rules see it; entries and pictures are counted, not held. `size` counts everybody, `testers` those
    of the blue list among them.

    `drawn_at` is when the people were last drawn from, or checked against, their source; the list's age runs from it.
    `builders` are all who ever changed its content; none of them may approve it.
    `content_hash` is set by freezing and changed by a removal; `content` is set by freezing.
    """

    watchlist: WatchlistId
    deployment: DeploymentId
    builders: tuple[StaffId, ...]
    drawn_at: datetime
    state: WatchlistState = WatchlistState.BUILDING
    approved_by: StaffId | None = None
    frozen_at: datetime | None = None
    content_hash: str | None = None
    size: int = 0
    testers: int = 0
    content: ListContent | None = None


@dataclass(frozen=True, slots=True)
class ListLimits:
    """What the authority and the profile allow: `largest` people of these `categories`, drawn not more than `age`
    before `start`, every entry good until `last_day`, with templates of `model_pack` in `precision`."""

    largest: int
    age: timedelta
    start: datetime
    last_day: date
    categories: tuple[Category, ...]
    model_pack: str
    precision: str


def change_watchlist(
    watchlist: Watchlist, action: Action, by: Actor, now: datetime, *, size: int | None = None
) -> Watchlist | Refusal:
    """Apply one step that needs no more than the list itself: building on, approving, destroying, counting anew."""
    refusal = _step_refusal(watchlist, action, by, now)
    if refusal is not None:
        return refusal
    target = WATCHLIST_TRANSITIONS[action][1]
    approved_by = by.staff if action is Action.APPROVE_WATCHLIST else watchlist.approved_by
    if action is Action.BUILD_WATCHLIST:
        builders = tuple(sorted({*watchlist.builders, by.staff}))
        size = watchlist.size if size is None else size
        return replace(watchlist, state=target, approved_by=None, builders=builders, size=size)
    return replace(watchlist, state=target, approved_by=approved_by)


def freeze(
    watchlist: Watchlist, by: Actor, now: datetime, content_hash: str, limits: ListLimits
) -> Watchlist | Refusal:
    """Fix the content of an approved list under its hash, when it is neither empty, too large nor too old."""
    refusal = _step_refusal(watchlist, Action.FREEZE_WATCHLIST, by, now) or list_refusal(watchlist, limits)
    if refusal is not None:
        return refusal
    return replace(watchlist, state=WatchlistState.FROZEN, frozen_at=now, content_hash=content_hash)


def remove_person(watchlist: Watchlist, by: Actor, now: datetime, content_hash: str) -> Watchlist | Refusal:
    """Take one person off a frozen list: always allowed to whoever may, at any time; the hash becomes another."""
    refusal = _step_refusal(watchlist, Action.REMOVE_FROM_WATCHLIST, by, now)
    if refusal is not None:
        return refusal
    if watchlist.size < 1:
        return Refusal(RefusalCode.WATCHLIST_EMPTY, "Nobody is on this watchlist any more.")
    return replace(watchlist, size=watchlist.size - 1, content_hash=content_hash)


def list_refusal(watchlist: Watchlist, limits: ListLimits) -> Refusal | None:
    """Why the list as a whole may not be used for a deployment with these limits, if so."""
    if watchlist.size < 1:
        return Refusal(RefusalCode.WATCHLIST_EMPTY, "Nobody is on this watchlist: add people before freezing it.")
    if watchlist.size > limits.largest:
        return Refusal(
            RefusalCode.WATCHLIST_TOO_LARGE,
            f"The watchlist has {watchlist.size} people; {limits.largest} are authorised.",
        )
    if limits.start - watchlist.drawn_at > limits.age:
        hours = limits.age / timedelta(hours=1)
        return Refusal(
            RefusalCode.WATCHLIST_TOO_OLD,
            f"The watchlist was drawn more than {hours:g} hours before the start: check it against its source again.",
        )
    return None if watchlist.content is None else _content_refusal(watchlist.content, limits)


def _content_refusal(content: ListContent, limits: ListLimits) -> Refusal | None:
    """Why what was frozen does not go with terms that came about since."""
    if content.expires_on < limits.last_day:
        return Refusal(
            RefusalCode.WATCHLIST_TOO_OLD,
            f"Somebody's entry on the watchlist expires on {content.expires_on:%Y-%m-%d}, before the deployment ends.",
        )
    beyond = [each for each in content.categories if each not in limits.categories]
    if beyond:
        return Refusal(
            RefusalCode.WRONG_WATCHLIST,
            f"On the watchlist are people of a category that the authority does not cover: {beyond[0]}.",
        )
    if (content.model_pack, content.precision) != (limits.model_pack, limits.precision):
        return Refusal(
            RefusalCode.WRONG_MODEL,
            f"The templates of the watchlist were made by {content.model_pack} in {content.precision}; authorised is "
            f"{limits.model_pack} in {limits.precision}.",
        )
    return None


def entry_refusal(problems: Collection[FieldProblem]) -> Refusal | None:
    """The refusal that an entry with these problems gets."""
    return refused_fields("This watchlist entry", tuple(problems)) if problems else None


def _step_refusal(watchlist: Watchlist, action: Action, by: Actor, now: datetime) -> Refusal | None:
    verdict = may_act(by, action, now)
    if isinstance(verdict, Refusal):
        return verdict
    verdict = may_follow(by, action, {Action.BUILD_WATCHLIST: watchlist.builders})
    if isinstance(verdict, Refusal):
        return verdict
    legal_in, _ = WATCHLIST_TRANSITIONS[action]
    if watchlist.state not in legal_in:
        return wrong_state(action, watchlist.state, legal_in)
    return None
