from datetime import timedelta
from importlib.resources import files

import pytest

from openlfr.policy.jurisdiction import Aim, ProfileError, packaged_profile, parse_profile

TEXT = files("openlfr.policy").joinpath("eu.toml").read_text(encoding="utf-8")


def test_the_default_is_the_united_kingdom() -> None:
    profile = packaged_profile()
    assert profile.name == "uk"
    assert profile.aims == ()
    assert not profile.external_authority
    assert profile.false_alert_ceiling == 0.001


def test_the_european_profile_has_the_three_aims_outside_authority_and_two_people() -> None:
    profile = packaged_profile("eu")
    assert set(profile.aims) == set(Aim)
    assert profile.external_authority
    assert profile.two_person_verification
    assert profile.urgent_review == timedelta(hours=24)


def test_an_unknown_profile_is_refused_with_the_choice() -> None:
    with pytest.raises(ProfileError, match="choose from uk, eu"):
        packaged_profile("../../etc/passwd")


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ('urgent_review = "PT24H"', 'urgent_review = "PT0S"', "must be above zero"),
        ("largest_watchlist = 20000", "largest_watchlist = 0", "must be above zero"),
        ("false_alert_ceiling = 0.001", "false_alert_ceiling = 1.0", "between 0 and 1"),
        ("external_authority = true", "", "cannot be read"),
        ("external_authority = true", "external_authority = true\nloophole = true", "cannot be read"),
        ('aims = ["search for victims', 'aims = ["order", "search for victims', "cannot be read"),
    ],
)
def test_a_profile_that_does_not_hold_is_refused(old: str, new: str, words: str) -> None:
    assert old in TEXT
    with pytest.raises(ProfileError, match=words):
        parse_profile(TEXT.replace(old, new))
