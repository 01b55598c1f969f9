"""An entry as it stands while a list is built: with gaps, and with what is missing or wrong said of each."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, timedelta
from typing import Final

from openlfr.policy.deployment import Deployment
from openlfr.policy.identifiers import EntryId, PersonReference, PictureId, StaffId
from openlfr.policy.refusal import FieldProblem
from openlfr.policy.watchlist import (
    Category,
    LegalBasis,
    Picture,
    PictureSource,
    SecondAuthority,
    WatchlistEntry,
    entry_problems,
)


@dataclass(frozen=True, slots=True)
class EntryDraft:
    """What is known of an entry so far; an empty or absent field is not filled in yet. Fields as in WatchlistEntry."""

    person: PersonReference
    name: str = ""
    categories: tuple[Category, ...] = ()
    offence: str = ""
    reason: str = ""
    where_link: str = ""
    legal_basis: LegalBasis | None = None
    expires_on: date | None = None
    warning_markers: tuple[str, ...] = ()
    look_alikes: tuple[str, ...] = ()
    under_18: bool = False
    vulnerable: bool = False
    second_authority: SecondAuthority | None = None
    blue_list: bool = False
    consent_reference: str | None = None


@dataclass(frozen=True, slots=True)
class PictureDraft:
    """What is known of where a picture comes from."""

    picture: PictureId
    source: PictureSource | None
    taken_on: date | None


_NOT_MERGED: Final = frozenset({"person", "second_authority"})


def contradictions(before: EntryDraft, after: EntryDraft) -> tuple[str, ...]:
    """The fields that both fill in, and differently."""
    return tuple(
        name
        for name in _merged_fields()
        if _said(before, name) and _said(after, name) and getattr(before, name) != getattr(after, name)
    )


def filled_in(before: EntryDraft, after: EntryDraft) -> EntryDraft:
    """`before` with every field that `after` fills in. A second authority stays only if nothing it was given for
    changed."""
    changes = {name: getattr(after, name) for name in _merged_fields() if _said(after, name)}
    merged = replace(before, **changes)
    return before if merged == before else replace(merged, second_authority=None)


def _merged_fields() -> tuple[str, ...]:
    return tuple(each.name for each in fields(EntryDraft) if each.name not in _NOT_MERGED)


def _said(draft: EntryDraft, name: str) -> bool:
    return bool(getattr(draft, name))


@dataclass(frozen=True, slots=True)
class Demands:
    """What the deployment's authority asks of every entry, on a certain day."""

    allowed: tuple[Category, ...]
    rehearsal: bool
    builders: tuple[StaffId, ...]
    needed_until: date
    today: date

    @classmethod
    def of(cls, deployment: Deployment, builders: Collection[StaffId], today: date) -> "Demands | None":
        """None while the deployment has no authority."""
        if deployment.authority is None:
            return None
        terms = deployment.authority.terms
        return cls(terms.categories, deployment.rehearsal, tuple(sorted(builders)), terms.window.end.date(), today)


def complete(entry: EntryId, draft: EntryDraft, pictures: Sequence[PictureDraft]) -> WatchlistEntry | None:
    """The entry the rules know, once everything that it cannot be without is there."""
    if draft.legal_basis is None or draft.expires_on is None:
        return None
    known = [Picture(each.picture, each.source, each.taken_on) for each in pictures if each.source and each.taken_on]
    return None if len(known) < len(pictures) else _entry(entry, draft, known, draft.legal_basis, draft.expires_on)


def draft_problems(
    entry: EntryId, draft: EntryDraft, pictures: Sequence[PictureDraft], demands: Demands
) -> Iterator[FieldProblem]:
    """Everything missing or wrong with a draft under these demands, all at once."""
    if draft.legal_basis is None:
        yield FieldProblem("legal_basis", "Please choose the legal basis.")
    if draft.expires_on is None:
        yield FieldProblem("expires_on", "Please say when the entry expires.")
    if any(each.source is None for each in pictures):
        yield FieldProblem("picture_source", "Please say where the picture comes from.")
    if any(each.taken_on is None for each in pictures):
        yield FieldProblem("picture_taken_on", "Please say when the picture was taken.")
    # Whatever is missing is said above; for the rules about the rest it is taken as what they have nothing against.
    basis = draft.legal_basis or (LegalBasis.CONSENT if draft.blue_list else LegalBasis.PREVENTION_OF_CRIME)
    stand_in = PictureSource.CONSENT if draft.blue_list else PictureSource.CUSTODY
    known = [Picture(each.picture, each.source or stand_in, each.taken_on or demands.today) for each in pictures]
    expires_on = draft.expires_on or demands.needed_until + timedelta(days=1)
    yield from entry_problems(
        _entry(entry, draft, known, basis, expires_on),
        demands.allowed,
        demands.rehearsal,
        demands.builders,
        demands.needed_until,
        demands.today,
    )


def _entry(
    entry: EntryId, draft: EntryDraft, pictures: Sequence[Picture], basis: LegalBasis, expires_on: date
) -> WatchlistEntry:
    return WatchlistEntry(
        entry=entry,
        person=draft.person,
        name=draft.name,
        pictures=tuple(pictures),
        categories=draft.categories,
        offence=draft.offence,
        reason=draft.reason,
        where_link=draft.where_link,
        legal_basis=basis,
        expires_on=expires_on,
        warning_markers=draft.warning_markers,
        look_alikes=draft.look_alikes,
        under_18=draft.under_18,
        vulnerable=draft.vulnerable,
        second_authority=draft.second_authority,
        blue_list=draft.blue_list,
        consent_reference=draft.consent_reference,
    )
