"""An evaluation as a page for people; every figure is one of the report's."""

import math
from collections.abc import Iterator, Sequence

from openlfr.assurance.report import (
    Band,
    CalibrationReport,
    EvaluationReport,
    FailureCounts,
    GroupResult,
    Point,
    Rate,
    SearchResult,
)
from openlfr.assurance.video_report import VideoReport
from openlfr.reporting import html
from openlfr.reporting.evaluation_charts import det_chart, score_chart
from openlfr.reporting.wording import percent

SHOWN = 20
"""Worst cases in a table; the JSON file has more."""


def evaluation_page(report: EvaluationReport) -> str:
    """The whole page. The same report gives the same page, with one version of matplotlib."""
    return html.page("Evaluation of face recognition", _pieces(report))


def rate_text(rate: Rate) -> str:
    """97% (94% to 98%), 970 of 1,000."""
    if not rate.total:
        return "nobody tried"
    return f"{_percent(rate.rate)} ({_percent(rate.low)} to {_percent(rate.high)}), {rate.count:,} of {rate.total:,}"


def _percent(rate: float) -> str:
    """Shares of tenths and more to a tenth of a percent, rarer ones to two digits: 96.7%, 0.035%."""
    return "unknown" if math.isnan(rate) else f"{100 * rate:.1f}%" if rate >= 0.1 else percent(rate)


def _pieces(report: EvaluationReport) -> Iterator[str]:
    yield html.paragraph(
        f"Made on {report.made_at:%Y-%m-%d %H:%M %Z} by OpenLFR {report.version} with {report.setup}. "
        "Words and methods follow ISO/IEC 19795-1 and 19795-10. TPIR: share of searches for people on the watchlist "
        "that name them first, at or above the threshold. FPIR: share of searches for people not on it that name "
        "anybody. Intervals hold 95% of the time: for TPIR over people drawn anew, for FPIR exact."
    )
    yield html.listing(report.notes)
    yield conditions(report)
    yield html.heading("Pictures that could not be enrolled")
    yield _failures("Failure to enrol, first picture of each person", report.enrolment)
    if report.verification is not None:
        given = report.verification
        yield html.heading("One to one")
        yield html.paragraph(
            f"{given.mated:,} pairs of one person, {given.non_mated:,} of two. Equal error rate "
            f"{_percent(given.equal_error_rate)}; {_percent(given.best_accuracy)} decided rightly at the best "
            "threshold for these pairs."
        )
        yield _points("Pairs at thresholds", given.points, ("FMR measured", "Pairs of one person that match"))
    if any(search.curve is not None for search in report.searches):
        yield html.heading("Misses against false positives")
        yield html.figure(det_chart(report.searches), "Nearer to the lower left is better. Relatives are left out.")
    for search in report.searches:
        yield from _search(search)


def conditions(report: EvaluationReport | CalibrationReport | VideoReport) -> str:
    """What was measured, and with what, as a table."""
    rows = [("Scores made by", str(report.setup)), ("Quality floor", f"{report.quality_floor:g}")]
    for data in report.data:
        left_out = f", {data.left_out} left out as mislabelled" if data.left_out else ""
        rows.append((f"Data {data.name}", f"{data.pictures:,} pictures of {data.people:,} people{left_out}"))
        rows.append((f"Digest of {data.name}", data.digest))
    machine = report.machine
    rows.append(("Machine", f"{machine.processor}, {machine.cores} cores, {machine.runtime}"))
    rows.append(("Seed", str(report.seed)))
    return html.table("What was measured, and with what", ("", ""), rows, text_columns=frozenset({1}))


def _search(search: SearchResult) -> Iterator[str]:
    yield html.heading(f"{search.probes}, watchlist of {search.watchlist:,}")
    yield html.paragraph(
        f"{search.mated:,} searches for {search.mated_people:,} people on the list, {search.non_mated:,} for as many "
        f"people who are not on it. Named first whatever the score: {rate_text(search.rank_one)}."
    )
    columns = ("FPIR measured", "TPIR")
    if search.points_without_relatives:
        yield _points("Without searches for twins and siblings", search.points_without_relatives, columns)
    yield _points("With everybody", search.points, columns)
    if search.over_draws:
        yield html.table(
            "The same test with other draws of who is enrolled, without twins and siblings",
            ("Threshold set by", "Draws", "Mean TPIR", "Lowest", "Highest"),
            [
                (each.label, str(each.draws), _percent(each.mean), _percent(each.lowest), _percent(each.highest))
                for each in search.over_draws
            ],
        )
    if search.extrapolated:
        yield html.table(
            "Rarer than this test can show: extrapolated from its highest non-mated scores",
            ("FPIR", "Threshold", "Interval of the threshold", "TPIR it leaves"),
            [
                (
                    each.label,
                    f"{each.threshold:.3f}",
                    f"{each.threshold_low:.3f} to {each.threshold_high:.3f}",
                    rate_text(each.tpir),
                )
                for each in search.extrapolated
            ],
        )
    yield _failures("Probes from which nothing could be told; they count as misses", search.failed_probes)
    title = f"Scores of {search.probes} against {search.watchlist:,}"
    yield html.figure(score_chart(search.histogram, title, search.stage_threshold), f"{title}.")
    yield from _bands("By quality of the probe", search.by_quality)
    yield from _bands("By size of the probe: pictures reduced", search.by_size)
    yield from _groups(search.groups)
    if search.stages:
        yield html.table(
            f"How searches for people on the list ended at threshold {search.stage_threshold:.3f}",
            ("", "Searches"),
            [(stage, f"{count:,}") for stage, count in search.stages.items()],
        )
    yield from _worst(search)


def _points(caption: str, points: Sequence[Point], columns: tuple[str, str]) -> str:
    return html.table(
        caption,
        ("Threshold set by", "Threshold", *columns),
        [(p.label, f"{p.threshold:.3f}", rate_text(p.fpir), rate_text(p.tpir)) for p in points],
    )


def _failures(caption: str, counts: FailureCounts) -> str:
    rows = [(reason, f"{count:,}") for reason, count in counts.reasons.items()]
    return html.table(caption, ("Reason", "Pictures"), [*rows, ("of all tried", f"{counts.tried:,}")])


def _bands(caption: str, bands: Sequence[Band]) -> Iterator[str]:
    if bands:
        yield html.table(
            caption,
            ("", "TPIR", "Mean quality"),
            [
                (band.label, rate_text(band.tpir), "" if band.mean_quality is None else f"{band.mean_quality:.0f}")
                for band in bands
            ],
        )


def _groups(results: Sequence[GroupResult]) -> Iterator[str]:
    for result in results:
        at = "" if result.threshold_label == "any" else f" at {result.threshold:.3f} ({result.threshold_label})"
        yield html.table(
            f"{result.error} by {result.attribute}{at}",
            (result.attribute, result.error, "Adjusted p", ""),
            [
                *(
                    (figure.group, rate_text(figure.errors), f"{figure.p_value:.2g}", figure.verdict.value)
                    for figure in result.groups
                ),
                ("everybody", rate_text(result.overall), "", ""),
            ],
            text_columns=frozenset({3}),
        )
        yield html.paragraph(result.verdict)


def _worst(search: SearchResult) -> Iterator[str]:
    if search.misses:
        yield html.table(
            f"The worst {min(SHOWN, len(search.misses))} misses: nothing could be told, then the lowest scores",
            ("Picture", "How it ended", "Score of the mate", "Quality", "Weakest in", "Who came first"),
            [
                (
                    miss.picture,
                    miss.stage,
                    "" if miss.score is None else f"{miss.score:.3f}",
                    "" if miss.quality is None else f"{miss.quality:.0f}",
                    miss.weakest or "",
                    miss.ahead or "",
                )
                for miss in search.misses[:SHOWN]
            ],
            text_columns=frozenset({1, 4, 5}),
        )
    if search.false_positives:
        yield html.table(
            "Worst false positives",
            ("Picture", "Taken for", "Score", ""),
            [
                (each.picture, each.enrolled, f"{each.score:.3f}", "relatives" if each.relatives else "")
                for each in search.false_positives[:SHOWN]
            ],
            text_columns=frozenset({1, 3}),
        )
