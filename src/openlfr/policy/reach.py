"""How far somebody's rights reach on a hub that several forces or sites share.

Roles say what somebody may do, reach says where. A deployment lies where its application says: with the force that
answers for its data (`Application.controller`) and at a site (`Application.location.name`). Who has no reach set has
the whole hub, so that a hub of one force needs no set-up.
"""

import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from typing import Final

from openlfr.policy.refusal import FieldProblem
from openlfr.policy.text import LONGEST_NAME, text_problems

MOST_NAMES: Final = 50
"""Forces, and sites, of one person."""


def same_name(name: str) -> str:
    """What two spellings of one force or site have in common: case, width and spacing do not tell them apart."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


@dataclass(frozen=True, slots=True)
class Reach:
    """The forces and sites within which somebody's roles count. No force named is every force, no site every site."""

    forces: frozenset[str] = field(default_factory=frozenset)
    sites: frozenset[str] = field(default_factory=frozenset)

    @property
    def whole_hub(self) -> bool:
        return not self.forces and not self.sites

    def covers(self, controller: str, site: str) -> bool:
        """Whether a deployment of this force at this site is within reach."""
        return self.covers_force(controller) and self.covers_site(site)

    def covers_force(self, controller: str) -> bool:
        return not self.forces or same_name(controller) in _spelt_alike(self.forces)

    def covers_site(self, site: str) -> bool:
        return not self.sites or same_name(site) in _spelt_alike(self.sites)

    def place_problems(
        self, controller: str, site: str, fields: tuple[str, str] = ("controller", "location.name")
    ) -> Iterator[FieldProblem]:
        """What is wrong with the place that somebody of this reach gives an application, or in `fields` so named."""
        force_field, site_field = fields
        if not self.covers_force(controller):
            yield FieldProblem(force_field, f"Your rights are limited to {self}: name a force within them.")
        if not self.covers_site(site):
            yield FieldProblem(site_field, f"Your rights are limited to {self}: name a site within them.")

    def contains(self, other: "Reach") -> bool:
        """Whether all that the other covers is within this one."""
        return _part_contains(self.forces, other.forces) and _part_contains(self.sites, other.sites)

    def meets(self, other: "Reach") -> bool:
        """Whether there may be a deployment that both cover."""
        return _part_meets(self.forces, other.forces) and _part_meets(self.sites, other.sites)

    def __str__(self) -> str:
        """As a person reads it after "limited to"."""
        if self.whole_hub:
            return "the whole hub"
        forces = _listed(self.forces) if self.forces else "every force"
        return f"{forces} at {_listed(self.sites)}" if self.sites else forces


WHOLE_HUB: Final = Reach()


def reach_problems(reach: Reach) -> Iterator[FieldProblem]:
    """What is wrong with a reach that somebody is to be given."""
    for name, named in (("forces", reach.forces), ("sites", reach.sites)):
        if len(named) > MOST_NAMES:
            yield FieldProblem(name, f"At most {MOST_NAMES} can be named: leave this empty for all of them.")
        if any(any(text_problems(name, each, longest=LONGEST_NAME)) for each in named):
            yield FieldProblem(name, f"Each needs a name of 1 to {LONGEST_NAME} ordinary characters.")


def _spelt_alike(names: Collection[str]) -> frozenset[str]:
    return frozenset(same_name(each) for each in names)


def _part_contains(outer: frozenset[str], inner: frozenset[str]) -> bool:
    return not outer or (bool(inner) and _spelt_alike(inner) <= _spelt_alike(outer))


def _part_meets(one: frozenset[str], other: frozenset[str]) -> bool:
    return not one or not other or not _spelt_alike(one).isdisjoint(_spelt_alike(other))


def _listed(names: Collection[str]) -> str:
    *first, last = sorted(names)
    return f"{', '.join(first)} and {last}" if first else last
