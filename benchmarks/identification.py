"""How often the right person is found, at how many false alarms: `python -m benchmarks.identification`.

Labeled Faces in the Wild as an open-set test, after the known mistakes in its labels are mended: the first picture of
each enrolled person is the watchlist, their other pictures are mated probes, the only picture of everybody else is a
non-mated one. One picture a probe: a passage in a video has several (see the last table). Interrupted, it goes on where
it stopped.
"""

import argparse
import csv
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from benchmarks.identification_systems import (
    FaceRecognition,
    OpenCv,
    OpenLfr,
    Rows,
    System,
    both_opinions,
    cosine,
    first_opinion,
    nearness,
    rows_of,
)
from benchmarks.report import evaluation_data, heading, table
from numpy.typing import NDArray

from openlfr.assurance.dataset import LabelledPicture, read_corrections, read_dataset
from openlfr.assurance.error_rates import threshold_at
from openlfr.assurance.resampling import bootstrap_over_people
from openlfr.matching.fusion import fuse
from openlfr.vision.inference import Precision

RATES = (1e-2, 3e-3, 1e-3)
SIZES = (1_000, 3_000)
DRAWS = 12
SHOTS = 3

Score = Callable[[Rows, Rows], Rows]
Index = NDArray[np.intp]


@dataclass(frozen=True, slots=True, eq=False)
class Test:
    """Positions of pictures: `entries` one for each person enrolled, `owner[i]` the entry that is of mated probe i."""

    entries: Index
    mated: Index
    owner: Index
    non_mated: Index


@dataclass(frozen=True, slots=True)
class Contender:
    """A name for the table, the rows of all pictures, and how two of them are compared."""

    name: str
    rows: Rows
    score: Score


def people_of(pictures: Sequence[LabelledPicture]) -> dict[str, list[int]]:
    """Positions of each person's pictures, people in the order of their names."""
    found: dict[str, list[int]] = {}
    for place, picture in enumerate(pictures):
        found.setdefault(picture.person, []).append(place)
    return dict(sorted(found.items()))


def listed_test(people: dict[str, list[int]], size: int, left_out: frozenset[str] = frozenset()) -> Test:
    """The first people with a mated probe are enrolled, then, for a longer list, people without."""
    multiple = [name for name, places in people.items() if len(places) > 1]
    single = [name for name, places in people.items() if len(places) == 1]
    return _test(people, [*multiple, *single][:size], single, left_out)


def drawn_test(people: dict[str, list[int]], size: int, left_out: frozenset[str], seed: int) -> Test:
    """As `listed_test` with people drawn by chance; people not drawn are non-mated with their first picture."""
    rng = np.random.default_rng(seed)
    multiple = [name for name, places in people.items() if len(places) > 1 and name not in left_out]
    single = [name for name, places in people.items() if len(places) == 1 and name not in left_out]
    multiple = [multiple[place] for place in rng.permutation(len(multiple))]
    return _test(people, multiple[:size], [*single, *multiple[size:]], left_out)


def _test(
    people: dict[str, list[int]], enrolled: Sequence[str], strangers: Sequence[str], left_out: frozenset[str]
) -> Test:
    """`left_out` are people whose probes are not counted as non-mated."""
    listed = set(enrolled)
    return Test(
        np.array([people[name][0] for name in enrolled], np.intp),
        np.array([place for name in enrolled for place in people[name][1:]], np.intp),
        np.array([entry for entry, name in enumerate(enrolled) for _ in people[name][1:]], np.intp),
        np.array([people[name][0] for name in strangers if name not in listed and name not in left_out], np.intp),
    )


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """`hits`: the mate's score where the mate came first, else -inf; `tops`: the best score of each non-mated probe."""

    hits: NDArray[np.float64]
    owner: Index
    tops: NDArray[np.float64]

    def tpir(self, fpir: float) -> float:
        return float((self.hits >= threshold_at(self.tops, fpir)).mean())

    def interval(self, fpir: float, resamples: int) -> tuple[float, float]:
        """95 %, with mated and non-mated people drawn anew, so that the threshold's own uncertainty is in it."""
        scores = np.concatenate([self.hits, self.tops])
        # Everybody who is not enrolled has one probe and is a person of their own.
        person = np.concatenate([self.owner, len(self.owner) + np.arange(len(self.tops))])
        is_mated = np.arange(len(scores)) < len(self.hits)

        def statistic(drawn: Index) -> float:
            mated = is_mated[drawn]
            return float((scores[drawn[mated]] >= threshold_at(scores[drawn[~mated]], fpir)).mean())

        found = bootstrap_over_people(person, statistic, np.random.default_rng(0), resamples=resamples)
        return found.low, found.high


def outcome(contender: Contender, test: Test, probes: Rows | None = None) -> Outcome:
    """`probes`: rows in place of the mated pictures' own, such as the same pictures with a mask drawn on."""
    entries = contender.rows[test.entries]
    mated = contender.score(contender.rows[test.mated] if probes is None else probes, entries)
    each = np.arange(len(mated))
    own = mated[each, test.owner].astype(np.float64)
    mated[each, test.owner] = -np.inf
    hits = np.where(own > mated.max(axis=1), own, -np.inf)
    return Outcome(hits, test.owner, contender.score(contender.rows[test.non_mated], entries).max(axis=1))


def identification_rows(
    contenders: Sequence[Contender], people: dict[str, list[int]], relatives: frozenset[str], resamples: int
) -> list[list[str]]:
    rows = []
    for size in SIZES:
        for left_out, words in ((frozenset[str](), "kept"), (relatives, "left out")):
            test = listed_test(people, size, left_out)
            for contender in contenders:
                found = outcome(contender, test)
                cells = []
                for rate in RATES:
                    low, high = found.interval(rate, resamples)
                    cells.append(f"{found.tpir(rate):.4f} ({low:.3f}-{high:.3f})")
                rows.append([contender.name, f"{size:,}", words, *cells])
    return rows


def drawn_rows(
    contenders: Sequence[Contender], people: dict[str, list[int]], relatives: frozenset[str]
) -> list[list[str]]:
    tests = [drawn_test(people, SIZES[0], relatives, seed) for seed in range(DRAWS)]
    rows = []
    for contender in contenders:
        found = np.array([[outcome(contender, test).tpir(rate) for rate in RATES] for test in tests])
        cells = [f"{c.mean():.4f} ({c.min():.3f}-{c.max():.3f})" for c in found.T]
        rows.append([contender.name, *cells])
    return rows


def passage_rows(
    rows: Rows, dimension: int, people: dict[str, list[int]], relatives: frozenset[str]
) -> list[list[str]]:
    """Three pictures of a person stand for a passage of three shots: one of them, and all three fused as the node does.
    Only people with four pictures or more can be probes, so there are fewer strangers and the rarest rate is 5e-3."""
    several = [name for name, places in people.items() if len(places) > SHOTS and name not in relatives]
    single = [name for name, places in people.items() if len(places) == 1 and name not in relatives]
    single_shot: list[list[float]] = []
    fused: list[list[float]] = []
    for seed in range(DRAWS):
        rng = np.random.default_rng(seed)
        order = [several[place] for place in rng.permutation(len(several))]
        mates, strangers = order[: len(order) // 3], order[len(order) // 3 :]
        filling = [single[place] for place in rng.permutation(len(single))[: SIZES[0] - len(mates)]]
        entries = rows[[people[name][0] for name in [*mates, *filling]], :dimension]
        mated = np.stack([rows[rng.permutation(people[name][1:])[:SHOTS], :dimension] for name in mates])
        others = np.stack([rows[rng.permutation(people[name])[:SHOTS], :dimension] for name in strangers])
        for found, shots in ((single_shot, 1), (fused, SHOTS)):
            own = np.diag(cosine(_passages(mated[:, :shots]), entries)[:, : len(mates)])
            tops = cosine(_passages(others[:, :shots]), entries).max(axis=1)
            found.append([float((own >= threshold_at(tops, rate)).mean()) for rate in (1e-2, 5e-3)])
    return [
        [name, *(f"{value:.4f}" for value in np.mean(found, axis=0))]
        for name, found in (("one shot", single_shot), (f"{SHOTS} shots, fused", fused))
    ]


def _passages(shots: Rows) -> Rows:
    """One template a passage from (passages, shots, dimension); shots without a face are not counted."""
    equal = np.full(shots.shape[1], 100.0, np.float32)
    return np.stack([fuse(each[seen], equal[seen]) for each in shots if (seen := ~np.isnan(each[:, 0])).any()])


def masked_rows(
    contenders: Sequence[Contender], masked: dict[str, Rows], people: dict[str, list[int]], places: Sequence[int]
) -> list[list[str]]:
    """Probes with a mask drawn on, `places` those of the bare pictures they were made from.

    1,000 of the people are enrolled, bare; strangers are the others' masked pictures, and, in the second column, the
    bare pictures of people with one only: a system that does not know of masks has its threshold set on those.
    """
    person_of = {place: name for name, positions in people.items() for place in positions}
    rows = []
    bare = listed_test(people, SIZES[0])
    for contender in contenders:
        all_masked = masked[contender.name]
        usable = [k for k, place in enumerate(places) if place in person_of and people[person_of[place]][0] != place]
        names = [person_of[places[k]] for k in usable]
        mates, strangers = usable[: SIZES[0]], usable[SIZES[0] :]
        entries = contender.rows[[people[name][0] for name in names[: SIZES[0]]]]
        scores = contender.score(all_masked[mates], entries)
        own = np.diag(scores).astype(np.float64).copy()
        np.fill_diagonal(scores, -np.inf)
        hits = np.where(own > scores.max(axis=1), own, -np.inf)
        owner = np.arange(len(hits))
        cells = [str(int(np.isnan(all_masked[usable, 0]).sum()))]
        for tops in (
            contender.score(all_masked[strangers], entries).max(axis=1),
            contender.score(contender.rows[bare.non_mated], entries).max(axis=1),
        ):
            found = Outcome(hits, owner, tops.astype(np.float64))
            low, high = found.interval(1e-2, 500)
            cells.append(f"{found.tpir(1e-2):.3f} ({low:.3f}-{high:.3f})")
        rows.append([contender.name, *cells])
    return rows


def sunglasses_rows(
    contenders: Sequence[Contender],
    pictures: Sequence[LabelledPicture],
    people: dict[str, list[int]],
    relatives: frozenset[str],
) -> list[list[str]]:
    """Probes are the handpicked pictures with dark glasses; of their people the first picture without is enrolled, in a
    list filled up to 1,000; strangers as in the first table."""
    listed = evaluation_data("labels", "lfw_sunglasses_handpicked.txt").read_text(encoding="utf-8").split()
    dark = {Path(line).stem for line in listed}
    stems = [Path(picture.name).stem for picture in pictures]
    probes: list[tuple[str, int]] = []
    entry: dict[str, int] = {}
    for name, places in people.items():
        clear = [place for place in places if stems[place] not in dark]
        if clear and len(clear) < len(places):
            entry[name] = clear[0]
            probes += [(name, place) for place in places if stems[place] in dark]
    filling = [name for name, places in people.items() if len(places) > 1 and name not in entry]
    enrolled = [*entry, *filling[: SIZES[0] - len(entry)]]
    order = {name: number for number, name in enumerate(enrolled)}
    test = Test(
        np.array([entry.get(name, people[name][0]) for name in enrolled], np.intp),
        np.array([place for _, place in probes], np.intp),
        np.array([order[name] for name, _ in probes], np.intp),
        listed_test(people, SIZES[0], relatives).non_mated,
    )
    rows = []
    for contender in contenders:
        found = outcome(contender, test)
        cells = []
        for rate in RATES:
            low, high = found.interval(rate, 500)
            cells.append(f"{found.tpir(rate):.3f} ({low:.2f}-{high:.2f})")
        rows.append([contender.name, str(len(probes)), *cells])
    return rows


def systems(names: Sequence[str], threads: int) -> list[tuple[System, list[tuple[str, Score]]]]:
    """The systems asked for, each with the names and rules it stands in the tables with."""
    found: list[tuple[System, list[tuple[str, Score]]]] = []
    for name in names:
        match name:
            case "opencv":
                found.append((OpenCv(threads), [("OpenCV FaceDetectorYN + FaceRecognizerSF", cosine)]))
            case "face_recognition":
                found.append((FaceRecognition(threads), [("face_recognition (dlib)", nearness)]))
            case precision:
                ours = OpenLfr(Precision(precision), threads)
                found.append(
                    (
                        ours,
                        [
                            (f"OpenLFR {precision}, first opinion alone", first_opinion(ours.dimension)),
                            (f"OpenLFR {precision}, with second opinion", both_opinions(ours.dimension)),
                        ],
                    )
                )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    choices = ("f32", "bf16", "opencv", "face_recognition")
    parser.add_argument("--systems", nargs="+", choices=choices, default=choices)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--resamples", type=int, default=1000, help="for the intervals of the first table")
    default_cache = Path(tempfile.gettempdir()) / "openlfr-benchmarks" / "identification"
    parser.add_argument("--cache", type=Path, default=Path(os.environ.get("OPENLFR_BENCHMARK_CACHE") or default_cache))
    arguments = parser.parse_args()

    labels = [evaluation_data("labels", f"lfw_{name}.csv") for name in ("same_person", "wrong_image", "siblings")]
    lfw = evaluation_data("lfw")
    dataset = read_dataset(lfw, read_corrections(labels))
    # A picture that shows somebody else than its folder says is left out rather than given to that person, as in the
    # prototype's figures that these are compared with.
    with labels[1].open(encoding="utf-8", newline="") as file:
        wrong = {row["image"] for row in csv.DictReader(file)}
    pictures = [picture for picture in dataset.pictures if Path(picture.name).stem not in wrong]
    people = people_of(pictures)
    with evaluation_data("labels", "lfw_masked.csv").open(encoding="utf-8", newline="") as file:
        masked_names = [row["image"] for row in csv.DictReader(file)]
    position = {picture.name: place for place, picture in enumerate(pictures)}
    masked_names = [name for name in masked_names if name in position]
    masked_files = [evaluation_data("lfw_masked") / name for name in masked_names]

    def say(line: str) -> None:
        print(line, file=sys.stderr, flush=True)

    contenders: list[Contender] = []
    masked: dict[str, Rows] = {}
    passages: list[list[str]] = []
    for system, rules in systems(arguments.systems, arguments.threads):
        rows = rows_of(system, [picture.reference.path for picture in pictures], arguments.cache, say)
        covered = rows_of(system, masked_files, arguments.cache, say)
        for name, score in rules:
            contenders.append(Contender(name, rows, score))
            masked[name] = covered
        if isinstance(system, OpenLfr) and not passages:
            passages = passage_rows(rows, system.dimension, people, dataset.relatives)
        say(f"{system.key}: no face found in {int(np.isnan(rows[:, 0]).sum())} of {len(rows)} pictures")

    columns = [f"FPIR {rate:g}" for rate in RATES]
    print(heading("Identification on Labeled Faces in the Wild", "One picture a probe, one enrolled; TPIR (95 %)."))
    print(
        table(
            ["system", "list", "siblings", *columns],
            identification_rows(contenders, people, dataset.relatives, arguments.resamples),
        )
    )
    print(f"{DRAWS} lists of 1,000 drawn by chance, siblings left out: mean (lowest-highest).\n")
    print(table(["system", *columns], drawn_rows(contenders, people, dataset.relatives)))
    print("Masks drawn on the probes, FPIR 1e-2, list of 1,000; strangers masked too, or bare.\n")
    places = [position[name] for name in masked_names]
    print(
        table(
            ["system", "no face", "strangers masked", "strangers bare"], masked_rows(contenders, masked, people, places)
        )
    )
    print("Dark glasses on the probes, list of 1,000.\n")
    print(table(["system", "probes", *columns], sunglasses_rows(contenders, pictures, people, dataset.relatives)))
    if passages:
        print(
            f"Passages: {SHOTS} pictures of one person as the shots of a passage, list of 1,000, first opinion alone.\n"
        )
        print(table(["probe", "FPIR 0.01", "FPIR 0.005"], passages))


if __name__ == "__main__":
    main()
