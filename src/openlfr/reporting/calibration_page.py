"""A calibration as a page for people; every figure is one of the report's."""

from collections.abc import Iterator, Sequence

from openlfr.assurance.report import CalibrationReport, GroupThreshold
from openlfr.reporting import html
from openlfr.reporting.evaluation_charts import growth_chart
from openlfr.reporting.evaluation_page import conditions, rate_text
from openlfr.reporting.wording import percent


def calibration_page(report: CalibrationReport) -> str:
    """The whole page. The same report gives the same page, with one version of matplotlib."""
    return html.page("Calibration of thresholds", _pieces(report))


def _pieces(report: CalibrationReport) -> Iterator[str]:
    tail = report.tail
    yield html.paragraph(
        f"Made on {report.made_at:%Y-%m-%d %H:%M %Z} by OpenLFR {report.version} with {report.setup}. The highest "
        f"{percent(tail.share)} of {tail.comparisons:,} comparisons of {tail.people:,} different people were "
        "fitted with a generalised Pareto distribution; intervals hold 95% of the time, over people drawn anew."
    )
    yield conditions(report)
    yield html.heading("Thresholds")
    yield html.table(
        "Threshold for a false positive rate (FPIR) at a watchlist size",
        ("People on the watchlist", "FPIR", "Threshold", "Interval", "For every group measured"),
        [
            (
                f"{size.watchlist:,}",
                f"{size.target_fpir:.3g}",
                f"{size.threshold:.3f}",
                f"{size.low:.3f} to {size.high:.3f}",
                "not measured" if size.for_every_group is None else f"{size.for_every_group:.3f}",
            )
            for size in report.sizes
        ],
    )
    yield html.heading("How false positives grow with the watchlist")
    measured = [
        (each.watchlist, each.measured.rate, each.measured.low, each.measured.high)
        for each in report.growth
        if each.measured is not None
    ]
    sizes = [each.watchlist for each in report.growth]
    chart = growth_chart(sizes, [each.predicted for each in report.growth], measured)
    yield html.figure(chart, f"FPIR at the threshold {report.growth_threshold:.3f}.")
    yield html.table(
        f"FPIR at the threshold {report.growth_threshold:.3f}",
        ("People on the watchlist", "Predicted", "Measured"),
        [
            (
                f"{each.watchlist:,}",
                percent(each.predicted),
                "too few people to measure" if each.measured is None else rate_text(each.measured),
            )
            for each in report.growth
        ],
    )
    for size in report.sizes:
        if size.groups:
            yield html.heading(f"Groups, at {size.watchlist:,} people and FPIR {size.target_fpir:.3g}")
            yield _groups(size.groups, size.threshold)
    yield html.heading("What this does not cover")
    yield html.listing(report.notes)


def _groups(groups: Sequence[GroupThreshold], threshold: float) -> str:
    return html.table(
        f"FPIR at the threshold {threshold:.3f}, extrapolated from each group's own comparisons",
        ("", "People", "FPIR", "Interval", "Threshold for the target", "Its upper end", ""),
        [
            (
                f"{group.group} ({group.attribute})",
                f"{group.people:,}",
                percent(group.fpir),
                f"{percent(group.fpir_low)} to {percent(group.fpir_high)}",
                f"{group.threshold:.3f}",
                f"{group.threshold_high:.3f}",
                "worse than all together" if group.worse else "",
            )
            for group in groups
        ],
        text_columns=frozenset({6}),
    )
