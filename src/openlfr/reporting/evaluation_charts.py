"""Charts of an evaluation, as SVG that stands alone."""

from collections.abc import Sequence

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import PercentFormatter

from openlfr.assurance.report import Curve, Histogram, SearchResult
from openlfr.reporting.charts import svg_of, tidy
from openlfr.reporting.wording import percent

# Okabe and Ito's colours, which people with any colour vision tell apart; line styles say the same without colour.
_COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#56b4e9", "#e69f00")
_STYLES = ("-", "--", "-.", ":")


def det_chart(searches: Sequence[SearchResult]) -> str:
    """SVG: misses over false positives, both on logarithmic scales; one line for each test that has a curve."""
    figure = Figure(figsize=(8, 5), layout="constrained")
    axes = figure.subplots()
    said = []
    for number, search in enumerate(each for each in searches if each.curve is not None):
        curve = search.curve or Curve((), (), ())
        label = f"{search.probes}, watchlist of {search.watchlist:,}"
        axes.step(
            curve.fpir,
            np.maximum(curve.fnir, 1e-4),
            where="post",
            label=label,
            color=_COLOURS[number % len(_COLOURS)],
            linestyle=_STYLES[number % len(_STYLES)],
        )
        last = (search.points_without_relatives or search.points)[-1]
        said.append(f"{label}: at {last.label} {percent(1 - last.tpir.rate)} missed")
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("FPIR: searches for people not on the list that find somebody")
    axes.set_ylabel("FNIR: searches for people on the list that miss them")
    axes.xaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axes.legend(frameon=False)
    tidy(axes)
    return svg_of(figure, "Misses against false positives", f"{'; '.join(said)}.")


def score_chart(histogram: Histogram, title: str, threshold: float) -> str:
    """SVG: how the scores of both kinds of search lie about the threshold, each as a share of its kind."""
    figure = Figure(figsize=(8, 3.4), layout="constrained")
    axes = figure.subplots()
    edges = np.asarray(histogram.edges)
    kinds = (
        ("people on the list, their own entry", histogram.mated, "-"),
        ("people not on the list, best candidate", histogram.non_mated, "--"),
    )
    for (label, counts, style), colour in zip(kinds, _COLOURS, strict=False):
        if total := sum(counts):
            axes.stairs(np.asarray(counts) / total, edges, label=label, color=colour, linestyle=style, linewidth=1.6)
    axes.axvline(threshold, color="#333333", linewidth=1, linestyle=":", label=f"threshold {threshold:.3f}")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=0))
    axes.set_xlabel("score")
    axes.legend(frameon=False)
    tidy(axes)
    return svg_of(figure, title, f"Shares of searches by score; the threshold is {threshold:.3f}.")


def growth_chart(
    sizes: Sequence[int], predicted: Sequence[float], measured: Sequence[tuple[int, float, float, float]]
) -> str:
    """SVG: FPIR over the watchlist's size at one threshold; `measured` are size, rate and its interval."""
    figure = Figure(figsize=(8, 4), layout="constrained")
    axes = figure.subplots()
    axes.plot(sizes, predicted, color=_COLOURS[0], label="predicted from the tail of comparisons")
    if measured:
        at, rate, low, high = (np.array(column, np.float64) for column in zip(*measured, strict=True))
        axes.errorbar(
            at,
            rate,
            yerr=np.maximum([rate - low, high - rate], 0),
            fmt="o",
            color=_COLOURS[1],
            capsize=3,
            label="measured, with exact 95% intervals",
        )
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("people on the watchlist")
    axes.set_ylabel("FPIR")
    axes.yaxis.set_major_formatter(PercentFormatter(1, decimals=None))
    axes.legend(frameon=False)
    tidy(axes)
    said = "; ".join(f"{size:,}: {percent(rate)}" for size, rate in zip(sizes, predicted, strict=True))
    return svg_of(figure, "False positives by size of the watchlist", f"Predicted FPIR by size: {said}.")
