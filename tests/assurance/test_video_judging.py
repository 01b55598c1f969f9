"""Alerts against the truth, by examples worked out by hand."""

import pytest

from openlfr.assurance.ground_truth import Conditions, TruePassage
from openlfr.assurance.video_judging import SeenAlert, figures, judged

LISTED = frozenset({"Ann", "Bob"})


def alert(person: str, at_s: float) -> SeenAlert:
    return SeenAlert(person, at_s, 0.6, 2)


def passage(person: str, from_s: float, to_s: float, **noted: float | bool) -> TruePassage:
    return TruePassage(person, from_s, to_s, Conditions(**noted))  # type: ignore[arg-type]


def test_the_first_alert_on_a_visible_person_finds_the_passage_and_the_next_repeats_it() -> None:
    found = judged("clip", [passage("Ann", 2, 6)], [alert("Ann", 5), alert("Ann", 3.5)], LISTED)
    assert [each.found_after_s for each in found.passages] == [1.5]
    assert (found.repeated, found.false_alerts) == (1, ())


def test_two_passages_of_one_person_are_found_each_by_its_own_alert() -> None:
    truth = [passage("Ann", 0, 2), passage("Ann", 10, 12)]
    found = judged("clip", truth, [alert("Ann", 11)], LISTED)
    assert [each.found_after_s for each in found.passages] == [None, 1.0]
    touching = [passage("Ann", 0, 2), passage("Ann", 2.5, 4)]
    assert [each.found_after_s for each in judged("clip", touching, [alert("Ann", 2.1)], LISTED).passages] == [
        2.1,
        None,
    ]


def test_an_alert_a_little_outside_the_noted_times_counts_and_one_farther_out_is_false() -> None:
    truth = [passage("Ann", 2, 6)]
    assert judged("clip", truth, [alert("Ann", 6.5)], LISTED).passages[0].found_after_s == 4.5
    late = judged("clip", truth, [alert("Ann", 6.6)], LISTED)
    assert (late.passages[0].found_after_s, len(late.false_alerts)) == (None, 1)
    assert len(judged("clip", truth, [alert("Ann", 6.1)], LISTED, slack_s=0).false_alerts) == 1


def test_false_alerts_fall_to_as_many_strangers_as_are_visible_and_the_rest_to_nobody() -> None:
    truth = [passage("", 0, 5), passage("Carl", 1, 5), passage("Ann", 0, 5)]
    found = judged("clip", truth, [alert("Bob", 2), alert("Bob", 3), alert("Bob", 4)], LISTED)
    assert [(each.listed, each.named) for each in found.passages] == [(False, "Bob"), (False, "Bob"), (True, None)]
    assert len(found.false_alerts) == 3
    elsewhere = judged("clip", truth, [alert("Bob", 20)], LISTED)
    assert [each.named for each in elsewhere.passages] == [None, None, None]
    assert len(elsewhere.false_alerts) == 1


def test_in_a_clip_where_nobody_listed_is_every_alert_is_false() -> None:
    found = judged("clip", [], [alert("Ann", 1)], LISTED)
    assert [(each.clip, each.named, each.at_s) for each in found.false_alerts] == [("clip", "Ann", 1)]


def test_the_figures_of_a_small_example() -> None:
    """Ann found after 1 and 2 s and missed once, of whom one wore a mask; four strangers, one taken for Bob."""
    first = judged(
        "one",
        [
            passage("Ann", 0, 3, mask=False, size=50),
            passage("Ann", 5, 9, mask=True, size=31),
            passage("Carl", 10, 12, mask=False),
            passage("", 13, 14),
        ],
        [alert("Ann", 1), alert("Bob", 11)],
        LISTED,
    )
    second = judged(
        "two",
        [passage("Ann", 0, 3, mask=False, size=100), passage("", 1, 2), passage("", 1, 2)],
        [alert("Ann", 2)],
        LISTED,
    )
    found = figures([first, second], faces_seen=20)
    assert (found.tpir.count, found.tpir.total) == (2, 3)
    # Clopper and Pearson: 0.0943 to 0.9916 for 2 of 3, 0.0063 to 0.8059 for 1 of 4.
    assert (found.tpir.low, found.tpir.high) == pytest.approx((0.0943, 0.9916), abs=1e-4)
    assert (found.fpir.count, found.fpir.total) == (1, 4)
    assert (found.fpir.low, found.fpir.high) == pytest.approx((0.0063, 0.8059), abs=1e-4)
    # Garwood: 0.0253 to 5.5716 for a count of 1, here of 20 faces.
    assert found.per_face_seen is not None
    assert (found.per_face_seen.low, found.per_face_seen.high) == pytest.approx((0.0253 / 20, 5.5716 / 20), abs=1e-5)
    assert found.found_after is not None
    assert (found.found_after.p50_s, found.found_after.longest_s) == (1.5, 2.0)
    assert [(e.condition, e.label, e.tpir.count, e.tpir.total, e.fpir.total) for e in found.conditions] == [
        ("size", "under 32 px", 0, 1, 0),
        ("size", "48 to 64 px", 1, 1, 0),
        ("size", "96 px and more", 1, 1, 0),
        ("mask", "no", 2, 2, 1),
        ("mask", "yes", 0, 1, 0),
    ]
    assert [(miss.person, miss.from_s, miss.conditions) for miss in found.missed] == [
        ("Ann", 5, {"size": "under 32 px", "mask": "yes"})
    ]


def test_without_faces_or_passages_nothing_is_divided_by_nought() -> None:
    found = figures([], faces_seen=0)
    assert (found.per_face_seen, found.found_after, found.tpir.total) == (None, None, 0)
