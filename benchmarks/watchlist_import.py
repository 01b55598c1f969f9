"""How long a list of thousands takes: `python -m benchmarks.watchlist_import FOLDER [--most N]` prints a table.

FOLDER holds PERSON/PICTURE. Import, review, approval, freezing, a bundle opened at a node, and the removal of a person,
on SQLite that waits for the disk at every commit. The plain enroller takes the same pictures in turns with the import:
on a machine that others use, the ratio of the two says more than either.
"""

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

from benchmarks.report import heading, table
from tests.support.database import HandClock, SqliteSource, new_hub_records
from tests.support.deployment_values import NOON, SETUP
from tests.support.staffed_hub import kept, staffed
from tests.support.watchlists import row, with_lists, write_csv

from openlfr.enrolment.enrol import Enroller, Enrolment, OnProgress
from openlfr.enrolment.listing import ReferencePicture, list_watchlist
from openlfr.link.watchlist_bundle import BundleLog, OpenedBundle, open_bundle
from openlfr.node.recognition import chosen_threshold
from openlfr.policy.refusal import Refusal
from openlfr.records.watchlist_findings import Verdict
from openlfr.records.watchlist_import import ENROLLED_TOGETHER, TemplateMaker, WatchlistImport
from openlfr.records.watchlist_source import read_source
from openlfr.records.watchlist_tables import Review
from openlfr.vision.models import open_models

PLAIN = 4 * ENROLLED_TOGETHER
"""Pictures that the plain enroller takes at once, after every eighth turn of the import."""

T = TypeVar("T")


class TakingTurns(Enroller):
    """The enroller of an import, which times itself and, now and then, the same pictures without an import."""

    within_s = 0.0
    plain_s = 0.0
    plain_cpu_s = 0.0
    plain_pictures = 0
    turns = 0
    recent: tuple[ReferencePicture, ...] = ()

    def enrol(self, references: Sequence[ReferencePicture], on_progress: OnProgress | None = None) -> Enrolment:
        enrolment, took = timed(lambda: super(TakingTurns, self).enrol(references, on_progress))
        self.within_s += took
        self.recent = (*self.recent, *references)[-PLAIN:]
        self.turns += 1
        if self.turns % 8 == 0:
            cpu = time.process_time()
            _, took = timed(lambda: super(TakingTurns, self).enrol(self.recent))
            self.plain_s += took
            self.plain_cpu_s += time.process_time() - cpu
            self.plain_pictures += len(self.recent)
        return enrolment


def timed(work: Callable[[], T]) -> tuple[T, float]:
    started = time.perf_counter()
    return work(), time.perf_counter() - started


def done(answer: T | Refusal) -> T:
    assert not isinstance(answer, Refusal), answer
    return answer


def measure(pictures: Path, most: int | None, folder: Path) -> list[tuple[str, str]]:
    """The rows of the table."""
    models = open_models(streams=os.cpu_count() or 1)
    clock = HandClock()
    hub = with_lists(staffed(new_hub_records(SqliteSource(folder).fresh(), folder / "vault", clock), clock))
    staff = hub.hub
    found = list_watchlist(pictures).pictures[:most]
    source = write_csv(folder / "list.csv", [row(each.person, str(each.path)) for each in found])
    deployment = staff.drafted()
    kept(staff.deployments.submit(staff.asked(staff.applicant, deployment)))
    kept(
        staff.deployments.authorise(staff.asked(staff.authoriser, deployment), staff.decision(largest_watchlist=20_000))
    )
    watchlist = hub.begun(deployment)
    enroller = TakingTurns(models.detector_session, models.extractor, quality_floor=0.0)
    importing = WatchlistImport(
        staff.records, TemplateMaker(enroller, SETUP.model_pack, SETUP.precision), os.cpu_count() or 1
    )
    read, reading_s = timed(lambda: read_source(source))
    last = [0.0]

    def progress(count: int, of: int) -> None:
        last[0] = time.perf_counter() if count == of else 0.0

    builder, officer = hub.asked(staff.builder, watchlist), hub.asked(staff.authoriser, watchlist)
    started, cpu = time.perf_counter(), time.process_time()
    report = done(importing.run(builder, read, lambda size: chosen_threshold(models, size).value, progress))
    ended = time.perf_counter()
    import_cpu_s = time.process_time() - cpu - enroller.plain_cpu_s
    comparing_s = ended - last[0]
    import_s = ended - started - enroller.plain_s
    plain_rate = enroller.plain_pictures / enroller.plain_s if enroller.plain_s else float("nan")
    rate = len(found) / import_s
    cpu_each_s = import_cpu_s / len(found)
    idle_min = 16_000 * cpu_each_s / 2 / 60
    rest_s = import_s - enroller.within_s - comparing_s
    clean, clean_s = timed(lambda: done(hub.reviews.accept_clean(officer)))
    while waiting := done(hub.reviews.entries(officer, Review.PENDING)):
        for view in waiting:
            override = isinstance(hub.reviews.review(officer, view.entry.entry, Verdict.ACCEPT, ""), Refusal)
            if override:
                reviewed = hub.reviews.review(officer, view.entry.entry, Verdict.OVERRIDE, "Looked at by eye.")
                if isinstance(reviewed, Refusal):
                    done(hub.reviews.review(officer, view.entry.entry, Verdict.REJECT, reviewed.sentence))
    _, approving_s = timed(lambda: done(hub.lists.approve(officer)))
    frozen, freezing_s = timed(lambda: done(hub.lists.freeze(builder)))
    made, bundling_s = timed(lambda: done(hub.use.bundle(builder, [hub.node])))

    def open_it() -> OpenedBundle:
        node = hub.node
        hub_key = staff.records.signer.public
        return done(open_bundle(made.content, node.node, hub.node_exchange, hub_key, BundleLog(), NOON))

    opened, opening_s = timed(open_it)
    entry = opened.entries[len(opened.entries) // 2].entry.entry
    _, removing_s = timed(lambda: done(hub.use.remove(officer, entry, "Found.")))
    return [
        ("pictures, people", f"{report.pictures:,} of {len(found):,}, {report.people:,}"),
        ("file read and checked", f"{reading_s:.1f} s"),
        ("import", f"{import_s:.0f} s, {rate:.1f} pictures/s; 16,000 would take {16_000 / rate / 60:.1f} min"),
        (
            "processor time of the import",
            f"{1000 * cpu_each_s:.1f} ms a picture, {idle_min:.1f} min for 16,000 on 2 idle cores",
        ),
        ("plain enroller, in turns", f"{plain_rate:.1f} pictures/s on {enroller.plain_pictures:,}"),
        ("import to plain enroller", f"{rate / plain_rate:.2f}"),
        ("of the import: detector, quality, templates", f"{enroller.within_s / import_s:.0%}"),
        ("reading, hashing, portraits, sealing, writing", f"{rest_s / import_s:.0%}"),
        ("comparing every two", f"{comparing_s / import_s:.0%} ({comparing_s:.1f} s, {len(report.pairs):,} pairs)"),
        ("accepting entries without findings", f"{clean_s:.1f} s for {clean:,}"),
        ("approving", f"{approving_s:.1f} s"),
        ("freezing", f"{freezing_s:.1f} s, {frozen.watchlist.size:,} people"),
        ("bundle made", f"{bundling_s:.1f} s, {len(made.content) / 1e6:.0f} MB"),
        ("bundle opened and its hash checked at a node", f"{opening_s:.1f} s"),
        ("one person removed: decision, order, deletion", f"{removing_s * 1000:.0f} ms"),
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        rows = measure(arguments.folder, arguments.most, Path(folder))
    print(heading("Watchlist import", f"Pictures of {arguments.folder.name}."))
    print(table(("step", "took"), rows))


if __name__ == "__main__":
    main()
