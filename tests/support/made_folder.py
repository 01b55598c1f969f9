"""A folder of pictures whose templates are already in the cache: commands run in full, on people made of numbers."""

from pathlib import Path

import numpy as np
from tests.support.specimens import unit

from openlfr.assurance.acquisition import Specimen, opened_cache, recipe_of
from openlfr.assurance.dataset import read_dataset
from openlfr.vision.models import Models


def made_folder(
    root: Path, models: Models, people: int, pictures: int, *, singles: int = 0, spread: float = 0.6
) -> Path:
    """`<root>/set` of `people` with so many pictures each and `singles` with one, and `<root>/cache`; returns the set.

    The pictures are none: whoever opened one would fail.
    """
    folder = root / "set"
    for number in range(people + singles):
        own = folder / f"p{number:04d}"
        own.mkdir(parents=True)
        for picture in range(pictures if number < people else 1):
            (own / f"p{number:04d}_{picture:04d}.jpg").write_bytes(f"{number} {picture}".encode())
    rng = np.random.default_rng(9)
    own_direction = {f"p{number:04d}": rng.normal(size=models.dimension) for number in range(people + singles)}
    with opened_cache(root / "cache", recipe_of(models)) as cache:
        cache.keep(
            [
                Specimen(
                    picture,
                    None,
                    90.0,
                    None,
                    40.0,
                    unit(own_direction[picture.person] + spread * rng.normal(size=models.dimension)),
                    None,
                )
                for picture in read_dataset(folder).pictures
            ]
        )
    return folder
