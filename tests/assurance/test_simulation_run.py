"""Who walks and who is listed in a simulation."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from openlfr.assurance.dataset import Corrections, Dataset, read_dataset
from openlfr.assurance.evaluation import EvaluationError
from openlfr.assurance.simulation_run import drawn_cast


def people(root: Path, pictures: dict[str, int], corrections: Corrections | None = None) -> Dataset:
    for person, count in pictures.items():
        (root / person).mkdir(parents=True)
        for number in range(count):
            (root / person / f"{number}.jpg").write_bytes(f"{person} {number}".encode())
    return read_dataset(root, corrections)


def test_half_of_the_walkers_are_listed_and_never_walk_with_the_picture_that_is(tmp_path: Path) -> None:
    dataset = people(tmp_path / "set", {**{f"m{n}": 3 for n in range(10)}, **{f"s{n}": 1 for n in range(10)}})
    cast = drawn_cast(dataset, passages=24, walkers=12, rng=np.random.default_rng(0))
    listed = {picture.person for picture in cast.listed}
    assert len(listed) == 6
    walks = Counter(picture.person for picture in cast.walks)
    assert len(walks) == 12
    assert len(cast.walks) == 24
    assert max(walks.values()) - min(walks.values()) <= 1
    assert listed < set(walks)
    enrolled = {picture.name for picture in cast.listed}
    assert all(picture.name not in enrolled for picture in cast.walks)
    twice = [p.name for p in cast.walks if p.person == cast.listed[0].person]
    assert len(set(twice)) == len(twice) == 2


def test_the_same_seed_draws_the_same_cast_and_relatives_never_walk(tmp_path: Path) -> None:
    twins = Corrections(relatives=(("m0", "m1"),))
    dataset = people(tmp_path / "set", {f"m{n}": 2 for n in range(8)}, twins)
    drawn = [drawn_cast(dataset, 6, 6, np.random.default_rng(seed)) for seed in (1, 1, 2)]
    assert drawn[0] == drawn[1]
    assert drawn[0] != drawn[2]
    assert {picture.person for picture in drawn[0].walks}.isdisjoint({"m0", "m1"})


def test_too_few_people_are_refused_with_how_many_there_are(tmp_path: Path) -> None:
    dataset = people(tmp_path / "set", {"a": 2, "b": 1})
    with pytest.raises(EvaluationError, match=r"has 1 with two pictures or more .* and 2 in all"):
        drawn_cast(dataset, 10, 6, np.random.default_rng(0))
