"""Duplicates and look-alikes, against comparing every two pictures one by one."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from tests.support.faces import face_at

from openlfr.enrolment import duplicates
from openlfr.enrolment.duplicates import NEAR_IDENTICAL, SAME_PERSON, Pair, PairKind, find_pairs
from openlfr.enrolment.enrol import Enrolled
from openlfr.enrolment.listing import ReferencePicture
from openlfr.vision.quality import Quality


def entry(person: str, picture: str, template: NDArray[np.floating], sha256: str = "") -> Enrolled:
    unit = (template / np.linalg.norm(template)).astype(np.float32)
    reference = ReferencePicture(person, Path(picture), picture)
    return Enrolled(reference, face_at(50, 50, 40), Quality(90, {}), unit, sha256 or picture)


def at(angle: float) -> NDArray[np.float64]:
    """A template whose similarity to at(0) is cos(angle in degrees)."""
    return np.array([np.cos(np.radians(angle)), np.sin(np.radians(angle)), 0.0])


def kinds(pairs: tuple[Pair, ...]) -> list[tuple[PairKind, str, str]]:
    return [(pair.kind, pair.first.picture, pair.second.picture) for pair in pairs]


def test_each_kind_is_told_apart_and_the_worst_comes_first() -> None:
    enrolled = [
        entry("ann", "ann/1", at(0)),
        entry("ann", "ann/2", at(1)),
        entry("ann", "ann/1 again", at(0), sha256="ann/1"),
        entry("bob", "bob/1", at(90), sha256="shared"),
        entry("cat", "cat/1", at(90), sha256="shared"),
        entry("dan", "dan/1", at(135)),
        entry("eve", "eve/1", at(165)),
        entry("fay", "fay/1", at(165 + 55)),
    ]
    found = find_pairs(enrolled, look_alike_threshold=0.5)
    assert not found.cut
    assert kinds(found.pairs) == [
        (PairKind.SAME_FILE_TWO_PEOPLE, "bob/1", "cat/1"),
        (PairKind.SAME_PERSON_TWO_NAMES, "dan/1", "eve/1"),
        *[(PairKind.SAME_PERSON_TWO_NAMES, name, "dan/1") for name in ("bob/1", "cat/1")],
        (PairKind.LOOK_ALIKES, "eve/1", "fay/1"),
        (PairKind.SAME_FILE, "ann/1", "ann/1 again"),
        (PairKind.NEAR_IDENTICAL, "ann/1", "ann/2"),
        (PairKind.NEAR_IDENTICAL, "ann/2", "ann/1 again"),
    ]
    assert [pair.similarity for pair in found.pairs[:2]] == pytest.approx([1, np.cos(np.radians(30))], abs=1e-5)


def test_two_peoples_closest_pictures_stand_for_them() -> None:
    enrolled = [entry("ann", f"ann/{a}", at(a)) for a in (0, 40)] + [entry("bob", f"bob/{a}", at(a)) for a in (70, 95)]
    (pair,) = find_pairs(enrolled, look_alike_threshold=0.3).pairs
    assert (pair.first.picture, pair.second.picture) == ("ann/40", "bob/70")


@pytest.mark.parametrize(("threshold", "found"), [(0.55, 1), (0.65, 0), (0.9, 0)])
def test_look_alikes_are_those_the_threshold_says(threshold: float, found: int) -> None:
    pairs = find_pairs([entry("a", "1", at(0)), entry("b", "2", at(53))], look_alike_threshold=threshold).pairs
    assert len(pairs) == found


def test_one_person_under_two_names_is_found_however_high_the_threshold() -> None:
    (pair,) = find_pairs([entry("a", "1", at(0)), entry("b", "2", at(45))], look_alike_threshold=0.95).pairs
    assert pair.kind is PairKind.SAME_PERSON_TWO_NAMES


@pytest.mark.parametrize("count", [0, 1])
def test_fewer_than_two_pictures_have_no_pairs(count: int) -> None:
    assert find_pairs([entry("a", "1", at(0))] * count, look_alike_threshold=0.1).pairs == ()


def one_by_one(enrolled: list[Enrolled], threshold: float) -> set[tuple[str, frozenset[str]]]:
    best: dict[frozenset[str], tuple[float, frozenset[str]]] = {}
    found: set[tuple[str, frozenset[str]]] = set()
    for i, one in enumerate(enrolled):
        for other in enrolled[i + 1 :]:
            similarity = float(one.template @ other.template)
            pictures = frozenset((one.picture, other.picture))
            if one.person == other.person:
                if similarity >= NEAR_IDENTICAL:
                    found.add(("within", pictures))
            elif similarity >= min(threshold, SAME_PERSON):
                people = frozenset((one.person, other.person))
                best[people] = max(best.get(people, (-2.0, pictures)), (similarity, pictures), key=lambda b: b[0])
    return found | {("across", pictures) for _, pictures in best.values()}


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 60), st.integers(1, 12), st.floats(0.1, 0.9), st.integers(1, 17), st.integers(0, 10_000))
def test_tiles_find_what_comparing_one_by_one_finds(
    count: int, people: int, threshold: float, tile: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    centres = rng.normal(size=(people, 6))
    enrolled = [entry(f"p{i % people}", f"{i}", centres[i % people] + rng.normal(size=6) * 0.4) for i in range(count)]
    similarities = [float(a.template @ b.template) for i, a in enumerate(enrolled) for b in enrolled[i + 1 :]]
    borders = np.array([threshold, SAME_PERSON, NEAR_IDENTICAL])
    if np.abs(np.array(similarities)[:, None] - borders).min() < 1e-5:
        return
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(duplicates, "_TILE", tile)
        pairs = find_pairs(enrolled, look_alike_threshold=threshold).pairs
    within = {PairKind.SAME_FILE, PairKind.NEAR_IDENTICAL}
    found = {
        ("within" if pair.kind in within else "across", frozenset((pair.first.picture, pair.second.picture)))
        for pair in pairs
    }
    assert found == one_by_one(enrolled, threshold)
    order = [(list(PairKind).index(pair.kind), -pair.similarity) for pair in pairs]
    assert order == sorted(order)


def test_too_many_pairs_leave_the_worst_and_say_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(duplicates, "MAX_PAIRS", 5)
    monkeypatch.setattr(duplicates, "_TILE", 8)
    rng = np.random.default_rng(2)
    enrolled = [entry(f"p{i}", f"{i}", rng.normal(size=4)) for i in range(30)]
    found = find_pairs(enrolled, look_alike_threshold=-1.0)
    every = sorted(
        (float(a.template @ b.template) for i, a in enumerate(enrolled) for b in enrolled[i + 1 :]), reverse=True
    )
    assert found.cut
    assert [pair.similarity for pair in found.pairs] == pytest.approx(every[:5], abs=1e-6)
