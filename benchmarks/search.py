"""How long one search takes: `python -m benchmarks.search` prints a table for RESULTS.md.

Beside the gallery: numpy's plain product, whose threads wait for each other, and the time that reading the same bytes
once takes in one thread, which no exact search can beat. Rounds are interleaved, so that all see the same machine.
"""

import argparse
import time
from collections.abc import Callable

import numpy as np
from benchmarks.report import heading, table
from numpy.typing import NDArray

from openlfr.matching.gallery import Entry, Gallery

DIMENSION = 128
SIZES = (3_000, 20_000, 100_000)


def unit_rows(rng: np.random.Generator, count: int) -> NDArray[np.float32]:
    rows = rng.standard_normal((count, DIMENSION)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    return rows


def interleaved_ms(works: dict[str, Callable[[], object]], rounds: int) -> dict[str, NDArray[np.float64]]:
    """Milliseconds of each piece of work in each round."""
    times: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            started_s = time.perf_counter()
            work()
            times[name].append((time.perf_counter() - started_s) * 1000)
    return {name: np.array(values) for name, values in times.items()}


def measured(size: int, rounds: int) -> list[tuple[str, ...]]:
    rng = np.random.default_rng(size)
    rows = unit_rows(rng, size)
    gallery = Gallery(DIMENSION, [Entry(f"{i}", f"{i}.jpg", row) for i, row in enumerate(rows)])
    probes = unit_rows(rng, 8)
    works: dict[str, Callable[[], object]] = {
        "gallery, one query": lambda: gallery.search(probes[:1]),
        "gallery, 8 queries together, each": lambda: gallery.search(probes),
        "numpy `rows @ probe`, argmax": lambda: int(np.argmax(rows @ probes[0])),
        "reading the bytes once (`rows.max()`)": lambda: rows.max(),
    }
    found: list[tuple[str, ...]] = []
    for name, times in interleaved_ms(works, rounds).items():
        times = times / len(probes) if "8 queries" in name else times
        per_s = rows.nbytes / 1e9 / (times.min() / 1000)
        found.append(
            (
                f"{size:,} x {DIMENSION}: {name}",
                f"{times.min():.2f}",
                f"{np.median(times):.2f}",
                f"{np.percentile(times, 95):.2f}",
                f"{per_s:.0f}",
            )
        )
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=100)
    rounds = parser.parse_args().rounds
    rows = [row for size in SIZES for row in measured(size, rounds)]
    print(heading("Search", "Random unit templates, one picture a person; goal 3 ms for 100,000."))
    print(table(["what", "best, ms", "median, ms", "p95, ms", "GB/s at best"], rows))


if __name__ == "__main__":
    main()
