"""Open-set tests on people made of numbers, whose error rates are known beforehand."""

from dataclasses import replace

import numpy as np
import pytest
from tests.support.specimens import at_cosine, crowd, specimen

from openlfr.assurance.evaluation import (
    EvaluationError,
    ProbeSet,
    draw_watchlist,
    enrolment_failures,
    measure,
    over_draws,
    searched,
)
from openlfr.assurance.judging import Terms
from openlfr.assurance.searches import Watchlist
from openlfr.assurance.verification import verification
from openlfr.enrolment.enrol import NotEnrolledReason
from openlfr.matching.decision import SecondOpinionRule

TERMS = Terms(fpirs=(0.5, 0.25), seed=1, floor=25.0, resamples=200)


def no_calibration(size: int, fpir: float) -> float | None:
    return None


def known_answer() -> tuple[Watchlist, ProbeSet]:
    """Two people enrolled. Mated scores 0.9, 0.7, 0.5, one too blurred; non-mated best scores 0.8, 0.6, 0.4, 0.2."""
    enrolled = [specimen("a", "0.jpg", at_cosine(1, 0, 9)), specimen("b", "0.jpg", at_cosine(1, 1, 9))]
    probes = [
        *enrolled,
        specimen("a", "1.jpg", at_cosine(0.9, 0, 10)),
        specimen("a", "2.jpg", at_cosine(0.7, 0, 11)),
        specimen("b", "1.jpg", at_cosine(0.5, 1, 12)),
        specimen("b", "2.jpg", at_cosine(0.99, 1, 13), quality=10),
        *(specimen(f"n{n}", "0.jpg", at_cosine(score, 0, 20 + n)) for n, score in enumerate((0.8, 0.6, 0.4, 0.2))),
    ]
    return Watchlist(enrolled), ProbeSet("made", tuple(probes))


def test_the_rates_of_a_test_with_a_known_answer() -> None:
    watchlist, probes = known_answer()
    found = measure(watchlist, probes, TERMS, default_threshold=no_calibration)
    assert (found.mated, found.mated_people, found.non_mated) == (4, 2, 4)
    lenient, strict = found.points
    assert (lenient.label, lenient.fpir.count, lenient.tpir.count) == ("FPIR 0.5", 2, 3)
    assert 0.4 < lenient.threshold < 0.401
    assert (strict.label, strict.fpir.count, strict.tpir.count) == ("FPIR 0.25", 1, 2)
    assert 0.6 < strict.threshold < 0.601
    assert (found.rank_one.count, found.rank_one.total) == (3, 4)
    assert found.stages == {"found": 2, "scored below the threshold": 1, "quality too low": 1}
    assert found.failed_probes.reasons == {"quality too low": 1}
    assert [miss.picture for miss in found.misses] == ["b/2.jpg", "b/1.jpg"]
    (wrong,) = found.false_positives
    assert (wrong.picture, wrong.enrolled, wrong.relatives) == ("n0/0.jpg", "a/0.jpg", False)
    assert wrong.score == pytest.approx(0.8, abs=1e-6)


def test_a_probe_whose_label_is_unclear_is_not_searched() -> None:
    watchlist, probes = known_answer()
    unclear = specimen("a", "3.jpg", None, failure=NotEnrolledReason.SEVERAL_FACES)
    faceless = specimen("a", "4.jpg", None, failure=NotEnrolledReason.NO_FACE)
    more = replace(probes, specimens=(*probes.specimens, unclear, faceless))
    found = measure(watchlist, more, TERMS, default_threshold=no_calibration)
    assert found.mated == 5
    assert found.stages["no face"] == 1
    assert found.failed_probes.reasons == {"no face": 1, "quality too low": 1}


def test_relatives_are_counted_with_and_without() -> None:
    watchlist, probes = known_answer()
    found = measure(
        watchlist, replace(probes, relatives=frozenset({"n0", "a"})), TERMS, default_threshold=no_calibration
    )
    assert [point.fpir.total for point in found.points] == [4, 4]
    (apart,) = [point for point in found.points_without_relatives if point.label == "FPIR 0.5"]
    assert (apart.fpir.count, apart.fpir.total) == (1, 3)
    assert found.false_positives[0].relatives is True


def test_a_mate_behind_somebody_else_is_a_miss_that_names_them() -> None:
    watchlist, probes = known_answer()
    both = at_cosine(0.7, 0, 1)  # nearer to b, on axis 1, than to a
    more = replace(probes, specimens=(*probes.specimens, specimen("a", "9.jpg", both)))
    found = measure(watchlist, more, TERMS, default_threshold=no_calibration)
    (miss,) = [miss for miss in found.misses if miss.picture == "a/9.jpg"]
    assert miss.stage == "somebody else came first"
    assert miss.ahead == "b/0.jpg"


def test_given_thresholds_and_the_packs_own_are_counted_at() -> None:
    watchlist, probes = known_answer()
    found = measure(watchlist, probes, TERMS, default_threshold=lambda *_: 0.75, given=[("given", 0.1)])
    by_label = {point.label: point for point in found.points}
    assert (by_label["given"].fpir.count, by_label["given"].tpir.count) == (4, 3)
    assert (by_label["the pack's own for FPIR 0.25"].fpir.count, by_label["given"].fpir.total) == (1, 4)
    assert by_label["the pack's own for 1 in 30,000,000 at 2"].tpir.count == 1


def test_the_second_opinion_decides_as_in_the_node() -> None:
    rule = SecondOpinionRule("made", weight=0.5, line=0.5)
    same, other = np.zeros(4, np.float32), np.full(4, 0.5, np.float32)  # squared distance 1
    enrolled = [
        specimen("a", "0.jpg", at_cosine(1, 0, 9), descriptor=same),
        specimen("b", "0.jpg", at_cosine(1, 1, 9), descriptor=other),
    ]
    probe = specimen("a", "1.jpg", at_cosine(0.6, 0, 1), descriptor=same)  # 0.6 to a, 0.8 to b
    (search,) = Watchlist(enrolled, rule).search([probe], floor=25)
    assert [found.person_id for found in search.candidates] == ["a", "b"]
    assert search.hit_score == pytest.approx(0.6 + 0.25, abs=1e-6)
    assert search.candidates[1].score == pytest.approx(0.8 - 0.25, abs=1e-6)


@pytest.mark.parametrize("rule", [None, SecondOpinionRule("made", weight=0.5, line=0.5)])
def test_all_comparisons_above_a_score_are_those_that_searches_make(rule: SecondOpinionRule | None) -> None:
    rng = np.random.default_rng(3)
    people = [replace(each, descriptor=(rng.normal(size=8) / 4).astype(np.float32)) for each in crowd(120, 1, rng)]
    watchlist = Watchlist(people, rule)
    searches = watchlist.search(people, floor=25, most=len(people))
    compared = 0
    for search, (entries, scores) in zip(searches, watchlist.all_above(people, 0.1), strict=True):
        expected = {found.picture: found.score for found in search.candidates if found.score >= 0.1}
        found = {people[entry].name: score for entry, score in zip(entries, scores, strict=True)}
        assert found == pytest.approx(expected, abs=1e-5)
        compared += len(found)
    assert compared > 500


def test_the_same_seed_draws_the_same_people_and_another_others() -> None:
    people = crowd(60, 2, np.random.default_rng(0))
    draws = [draw_watchlist(people, people, 20, replace(TERMS, seed=seed)).people for seed in (1, 1, 2)]
    assert draws[0] == draws[1] != draws[2]


def test_people_with_a_mated_probe_are_enrolled_first_and_their_entry_is_no_probe() -> None:
    rng = np.random.default_rng(0)
    people = [*crowd(10, 3, rng), *crowd(30, 1, rng, prefix="single")]
    watchlist = draw_watchlist(people, people, 15, TERMS)
    assert sum(person.startswith("p") for person in watchlist.people) == 10
    mated, non_mated = searched(watchlist, ProbeSet("made", tuple(people)), TERMS)
    assert len(mated) == 20
    assert len(non_mated) == 25
    assert not {search.probe.name for search in mated} & {entry.name for entry in watchlist.enrolled}


def test_a_probe_of_another_set_that_is_the_enrolled_picture_changed_is_not_searched() -> None:
    rng = np.random.default_rng(0)
    people = crowd(10, 2, rng)
    masked = [specimen(each.person, each.name.partition("/")[2], each.template) for each in people]
    watchlist = draw_watchlist(people, masked, 5, TERMS)
    mated, _ = searched(watchlist, ProbeSet("masked", tuple(masked)), TERMS)
    assert len(mated) == 5
    assert not {search.probe.name for search in mated} & {entry.name for entry in watchlist.enrolled}


def test_people_who_cannot_be_enrolled_are_counted_by_reason() -> None:
    people = [
        specimen("a", "0.jpg", None, failure=NotEnrolledReason.NO_FACE),
        specimen("a", "1.jpg", at_cosine(1, 0, 1)),
        specimen("b", "0.jpg", at_cosine(1, 1, 2), quality=5),
        specimen("c", "0.jpg", at_cosine(1, 2, 3)),
    ]
    counts = enrolment_failures(people, 25.0)
    assert (counts.tried, counts.reasons) == (3, {"no face": 1, "quality too low": 1})


def test_the_true_rate_lies_in_the_interval_on_a_large_made_set() -> None:
    rng = np.random.default_rng(5)
    people = [*crowd(400, 3, rng, spread=0.9), *crowd(800, 1, rng, prefix="single")]
    terms = Terms((0.1,), 2, 25.0, resamples=400)
    watchlist = draw_watchlist(people, people, 300, terms)
    found = measure(watchlist, ProbeSet("made", tuple(people)), terms, default_threshold=no_calibration)
    (point,) = found.points
    # Many more searches of the same kind tell the true TPIR at this threshold.
    again = crowd(3000, 2, np.random.default_rng(6), spread=0.9)
    pairs = zip(again[::2], again[1::2], strict=True)
    scores = np.array([float(a.template @ b.template) for a, b in pairs if a.template is not None is not b.template])
    assert point.tpir.low <= (scores >= point.threshold).mean() <= point.tpir.high
    assert point.fpir.low <= 0.1 <= point.fpir.high


def test_other_draws_give_a_mean_between_their_ends() -> None:
    people = [*crowd(100, 2, np.random.default_rng(7), spread=0.9), *crowd(60, 1, np.random.default_rng(8), prefix="s")]
    (spread,) = over_draws(people, ProbeSet("made", tuple(people)), 50, 4, Terms((0.1,), 0, 25.0))
    assert spread.draws == 4
    assert spread.lowest <= spread.mean <= spread.highest


def test_one_to_one_on_pairs_with_a_known_answer() -> None:
    a, b = specimen("a", "0.jpg", at_cosine(1, 0, 9)), specimen("b", "0.jpg", at_cosine(1, 1, 9))
    pairs = [
        (a, specimen("a", "1.jpg", at_cosine(0.9, 0, 10)), True),
        (a, specimen("a", "2.jpg", None, failure=NotEnrolledReason.NO_FACE), True),
        (a, specimen("a", "3.jpg", None, failure=NotEnrolledReason.SEVERAL_FACES), True),
        (a, specimen("n", "0.jpg", at_cosine(0.3, 0, 11)), False),
        (b, specimen("n", "1.jpg", at_cosine(0.2, 1, 11)), False),
    ]
    found = verification(pairs, [0.5], TERMS)
    assert (found.mated, found.non_mated) == (2, 2)
    assert found.best_accuracy == 0.75
    (point,) = found.points
    assert (point.fpir.count, point.tpir.count) == (1, 1)


def test_what_cannot_be_measured_is_refused_in_one_sentence() -> None:
    people = crowd(10, 1, np.random.default_rng(0))
    with pytest.raises(EvaluationError, match="needs people with at least two usable pictures"):
        draw_watchlist(people, people, 5, TERMS)
    twice = crowd(10, 2, np.random.default_rng(0))
    with pytest.raises(EvaluationError, match="A watchlist of 10 needs more than 10 people"):
        draw_watchlist(twice, twice, 10, TERMS)
    watchlist = draw_watchlist(twice, twice, 9, TERMS)
    with pytest.raises(EvaluationError, match="too few to show a rate"):
        measure(watchlist, ProbeSet("made", tuple(twice)), TERMS, default_threshold=no_calibration)
