"""Jurisdiction profiles: what differs between laws, as data. The rules read the profile and never the country."""

import tomllib
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from importlib.resources import files

from pydantic import ConfigDict, TypeAdapter, ValidationError


class Aim(StrEnum):
    """The only aims of Regulation (EU) 2024/1689 Art 5(1)(h); a profile without aims asks for none."""

    VICTIMS_AND_MISSING = "search for victims and missing persons"
    IMMINENT_THREAT = "prevention of an imminent threat to life or a terrorist attack"
    SERIOUS_OFFENCE_SUSPECTS = "search for suspects of an Annex II offence"


class AssessmentKind(StrEnum):
    """Documents that must exist and be current before anything is authorised (R4, R14)."""

    DATA_PROTECTION = "data protection impact assessment"
    APPROPRIATE_POLICY = "appropriate policy document"
    EQUALITY = "equality impact assessment"
    COMMUNITY = "community impact assessment"
    FUNDAMENTAL_RIGHTS = "fundamental rights impact assessment"


@dataclass(frozen=True, slots=True)
class JurisdictionProfile:
    """What one jurisdiction demands.

    `version` is written into every authority. `aims`: the closed list an application chooses from, or empty where the
    law has none. `external_authority`: a judge or independent body must have authorised too, and its reference is
    recorded. `urgent_review`: an urgent start that is not confirmed within this time stops by itself and everything is
    deleted. `officer_presence`: the longest time since an officer on duty last checked in. `alert_answer`: an alert
    unanswered for longer expires. `false_alert_ceiling`: false alerts per face seen, beyond which the guard pauses.
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    name: str
    version: str
    title: str
    basis: str
    aims: tuple[Aim, ...]
    external_authority: bool
    urgent_authority: bool
    urgent_review: timedelta
    two_person_verification: bool
    required_assessments: tuple[AssessmentKind, ...]
    longest_window: timedelta
    watchlist_age: timedelta
    officer_presence: timedelta
    alert_answer: timedelta
    largest_watchlist: int
    false_alert_ceiling: float


class ProfileError(ValueError):
    """A jurisdiction profile cannot be used; the message says why."""


PACKAGED_PROFILES = ("uk", "eu")


def parse_profile(text: str) -> JurisdictionProfile:
    """The profile written in TOML as `uk.toml` is.

    Raises:
        ProfileError: not TOML, a key missing, unknown or of the wrong kind, or a limit that is not positive.
    """
    try:
        profile = TypeAdapter(JurisdictionProfile).validate_python(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as problem:
        raise ProfileError(f"The jurisdiction profile cannot be read: {problem}") from problem
    durations = (profile.urgent_review, profile.longest_window, profile.watchlist_age, profile.officer_presence)
    if min(*durations, profile.alert_answer) <= timedelta(0) or profile.largest_watchlist < 1:
        raise ProfileError(f"In the jurisdiction profile {profile.name} every period and size must be above zero.")
    if not 0 < profile.false_alert_ceiling < 1:
        raise ProfileError(f"In the jurisdiction profile {profile.name} false_alert_ceiling must lie between 0 and 1.")
    return profile


def packaged_profile(name: str = "uk") -> JurisdictionProfile:
    """A profile that comes with OpenLFR.

    Raises:
        ProfileError: there is none of that name.
    """
    if name not in PACKAGED_PROFILES:
        raise ProfileError(f"There is no jurisdiction profile {name!r}; choose from {', '.join(PACKAGED_PROFILES)}.")
    return parse_profile(files(__package__).joinpath(f"{name}.toml").read_text(encoding="utf-8"))
