"""The gallery against an oracle of plain loops, and what removal and wiping leave behind."""

from threading import Thread

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from openlfr.matching.gallery import Candidate, Entry, Gallery


def unit(rng: np.random.Generator, count: int, dimension: int) -> NDArray[np.float32]:
    vectors = rng.standard_normal((count, dimension)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    return vectors


def entries(rng: np.random.Generator, people: list[int], dimension: int = 16) -> list[Entry]:
    """One entry for each number: the person it belongs to."""
    return [
        Entry(f"p{person}", f"p{person}/{position}.jpg", template)
        for position, (person, template) in enumerate(zip(people, unit(rng, len(people), dimension), strict=True))
    ]


def looped_search(listed: list[Entry], probe: NDArray[np.float32], most: int) -> list[tuple[str, str, float]]:
    pictures: dict[str, list[Entry]] = {}
    for entry in listed:
        pictures.setdefault(entry.person_id, []).append(entry)
    found = []
    for person, theirs in pictures.items():
        total = [sum(float(entry.template[i]) for entry in theirs) for i in range(len(probe))]
        length = sum(value**2 for value in total) ** 0.5
        score = sum(value / length * float(p) for value, p in zip(total, probe, strict=True))
        nearest = max(
            theirs, key=lambda entry: sum(float(a) * float(b) for a, b in zip(entry.template, probe, strict=True))
        )
        found.append((person, nearest.picture, score))
    return sorted(found, key=lambda each: -each[2])[:most]


def as_rows(candidates: tuple[Candidate, ...]) -> list[tuple[str, str]]:
    return [(c.person_id, c.picture) for c in candidates]


@settings(max_examples=60, deadline=None)
@given(
    people=st.lists(st.integers(0, 8), min_size=1, max_size=30),
    removed=st.sets(st.integers(0, 8)),
    most=st.integers(1, 12),
    probes=st.integers(1, 4),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_search_finds_what_a_loop_over_all_entries_finds(
    people: list[int], removed: set[int], most: int, probes: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    listed = entries(rng, people)
    # Enrolled in two parts, so that a person's pictures arrive apart.
    gallery = Gallery(16, [Entry(e.person_id, e.picture, e.template.copy()) for e in listed[::2]])
    gallery.enrol([Entry(e.person_id, e.picture, e.template.copy()) for e in listed[1::2]])
    for person in removed:
        assert gallery.remove(f"p{person}") == people.count(person)
    left = [e for e in listed if int(e.person_id[1:]) not in removed]
    assert len(gallery) == len(left)
    assert set(gallery.people) == {e.person_id for e in left}
    queries = unit(rng, probes, 16)
    for query, found in zip(queries, gallery.search(queries, most), strict=True):
        expected = looped_search(left, query, most)
        assert as_rows(found) == [(person, picture) for person, picture, _ in expected]
        assert [c.score for c in found] == pytest.approx([score for _, _, score in expected], abs=1e-5)


@pytest.mark.parametrize(
    ("dimension", "rows"),
    [(128, 63), (128, 64), (128, 65), (128, 1000), (512, 97), (9000, 3)],
    ids=["under one block", "one block", "a row over", "many blocks", "long templates", "a row is a block"],
)
def test_a_long_list_is_searched_to_its_last_row(dimension: int, rows: int) -> None:
    rng = np.random.default_rng(rows)
    listed = entries(rng, list(range(rows)), dimension)
    gallery = Gallery(dimension, listed)
    (probe,) = unit(rng, 1, dimension)
    (found,) = gallery.search(probe[None], rows)
    assert as_rows(found) == [(person, picture) for person, picture, _ in looped_search(listed, probe, rows)]
    for place in (0, rows - 1):
        (nearest,) = gallery.search(listed[place].template[None].copy())
        assert nearest[0].person_id == f"p{place}"
        assert nearest[0].score == pytest.approx(1.0, abs=1e-5)


def test_one_probe_scores_alone_as_it_does_among_others() -> None:
    rng = np.random.default_rng(1)
    gallery = Gallery(16, entries(rng, [0, 0, 1, 2, 2, 2]))
    probes = unit(rng, 5, 16)
    together = gallery.search(probes, 3)
    for probe, among in zip(probes, together, strict=True):
        (alone,) = gallery.search(probe[None], 3)
        assert as_rows(alone) == as_rows(among)
        assert [c.score for c in alone] == pytest.approx([c.score for c in among], abs=1e-6)


def test_removal_overwrites_the_rows_where_they_lie() -> None:
    rng = np.random.default_rng(2)
    gallery = Gallery(16, entries(rng, [0, 1, 1, 2]))
    fused, templates = gallery._index.fused, gallery._index.templates
    assert gallery.remove("p1") == 2
    assert not fused[1].any()
    assert not templates[1:3].any()
    assert fused[[0, 2]].any(axis=1).all()
    assert templates[[0, 3]].any(axis=1).all()
    assert gallery.remove("p1") == 0
    assert gallery.remove("nobody") == 0


def test_a_removed_person_is_not_found_even_by_a_search_that_was_already_reading() -> None:
    rng = np.random.default_rng(3)
    listed = entries(rng, [0, 1])
    gallery = Gallery(16, listed)
    with gallery._searching() as index:
        gallery.remove("p0")
        assert index.alive.tolist() == [False, True]
    (found,) = gallery.search(listed[0].template[None], 2)
    assert [c.person_id for c in found] == ["p1"]


def test_a_removed_person_can_be_enrolled_again() -> None:
    rng = np.random.default_rng(4)
    gallery = Gallery(16, entries(rng, [0, 1]))
    gallery.remove("p0")
    again = unit(rng, 1, 16)[0]
    gallery.enrol([Entry("p0", "new.jpg", again)])
    (found,) = gallery.search(again[None])
    assert as_rows(found) == [("p0", "new.jpg")]
    assert found[0].score == pytest.approx(1.0, abs=1e-6)
    assert len(gallery) == 2


def test_a_replaced_index_is_overwritten_once_the_last_search_has_left_it() -> None:
    rng = np.random.default_rng(5)
    gallery = Gallery(16, entries(rng, [0, 1]))
    with gallery._searching() as old:
        gallery.enrol(entries(rng, [2]))
        assert old.templates.any()
    assert not old.templates.any()
    assert not old.fused.any()
    with gallery._searching() as unread:
        pass
    gallery.enrol(entries(rng, [3]))
    assert not unread.templates.any()
    assert len(gallery) == 4


def test_wiping_overwrites_every_template_and_leaves_an_empty_list() -> None:
    rng = np.random.default_rng(6)
    gallery = Gallery(16, entries(rng, [0, 1, 1]))
    index = gallery._index
    gallery.wipe()
    assert not index.fused.any()
    assert not index.templates.any()
    assert len(gallery) == 0
    assert gallery.people == ()
    assert gallery.search(unit(rng, 2, 16)) == [(), ()]


def test_searching_an_empty_list_or_with_no_probe_finds_nobody() -> None:
    gallery = Gallery(16)
    assert gallery.search(np.zeros((1, 16), np.float32)) == [()]
    rng = np.random.default_rng(7)
    gallery.enrol(entries(rng, [0]))
    assert gallery.search(np.empty((0, 16), np.float32)) == []


def test_a_template_of_another_pack_is_refused_and_changes_nothing() -> None:
    rng = np.random.default_rng(8)
    gallery = Gallery(16, entries(rng, [0]))
    with pytest.raises(ValueError, match="made by another model pack; enrol the picture again"):
        gallery.enrol([*entries(rng, [1]), *entries(rng, [2], dimension=8)])
    with pytest.raises(ValueError, match="has length 2 instead of 1"):
        gallery.enrol([Entry("p3", "long.jpg", 2 * unit(rng, 1, 16)[0])])
    with pytest.raises(ValueError, match="instead of 1"):
        gallery.enrol([Entry("p4", "nan.jpg", np.full(16, np.nan, np.float32))])
    assert gallery.people == ("p0",)
    with pytest.raises(ValueError, match=r"shape \(k, 16\), not \(1, 8\)"):
        gallery.search(np.zeros((1, 8), np.float32))


def test_threads_search_while_others_enrol_and_remove() -> None:
    rng = np.random.default_rng(9)
    steady = entries(rng, [0, 0, 1])
    gallery = Gallery(16, [Entry(e.person_id, e.picture, e.template.copy()) for e in steady])
    passing = entries(rng, [2] * 8)
    wrong: list[object] = []
    stop = False

    def searching() -> None:
        probe = np.stack([e.template for e in steady])
        while not stop:
            for entry, found in zip(steady, gallery.search(probe), strict=True):
                if not found or (found[0].person_id, found[0].picture) != (entry.person_id, entry.picture):
                    wrong.append(found)

    threads = [Thread(target=searching) for _ in range(3)]
    for thread in threads:
        thread.start()
    for _ in range(150):
        gallery.enrol(passing)
        gallery.remove("p2")
    stop = True
    for thread in threads:
        thread.join()
    assert wrong == []
    assert gallery.people == ("p0", "p1")


def described(rng: np.random.Generator, people: list[int]) -> list[Entry]:
    return [
        Entry(e.person_id, e.picture, e.template, rng.standard_normal(4).astype(np.float32))
        for e in entries(rng, people)
    ]


def test_the_second_opinion_measures_the_mean_distance_to_the_pictures_of_a_person() -> None:
    rng = np.random.default_rng(10)
    listed = described(rng, [0, 1, 0, 1, 1])
    gallery = Gallery(16, listed[:2])
    gallery.enrol(listed[2:])
    probe = rng.standard_normal(4).astype(np.float32)
    for person in ("p0", "p1"):
        distances = [
            sum((float(a) - float(b)) ** 2 for a, b in zip(e.descriptor, probe, strict=True))
            for e in listed
            if e.person_id == person and e.descriptor is not None
        ]
        expected = sum(distances) / len(distances)
        assert gallery.squared_distance(person, probe) == pytest.approx(expected, rel=1e-5)
    assert gallery.squared_distance("nobody", probe) is None
    with pytest.raises(ValueError, match=r"shape \(3,\), not \(4,\)"):
        gallery.squared_distance("p0", probe[:3])


def test_removing_and_wiping_overwrite_descriptors_too() -> None:
    rng = np.random.default_rng(11)
    gallery = Gallery(16, described(rng, [0, 1, 1, 2]))
    rows = gallery._index.descriptors
    gallery.remove("p1")
    assert not rows[1:3].any()
    assert rows[0].any()
    assert gallery.squared_distance("p1", np.zeros(4, np.float32)) is None
    gallery.wipe()
    assert not rows.any()


def test_a_list_without_a_second_opinion_has_no_distances_and_takes_no_descriptors() -> None:
    rng = np.random.default_rng(12)
    gallery = Gallery(16, entries(rng, [0]))
    assert gallery.squared_distance("p0", np.zeros(4, np.float32)) is None
    with pytest.raises(ValueError, match="enrol them all in the same way"):
        gallery.enrol(described(rng, [1]))
    assert gallery.people == ("p0",)
