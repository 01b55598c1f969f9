"""Charts of published records, as SVG that stands alone: no script, no font file, no other host."""

import io
import re
from collections import defaultdict
from collections.abc import Sequence
from html import escape

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from openlfr.reporting.deployment_record import DeploymentRecord
from openlfr.reporting.totals import Totals, annual_figures, totals
from openlfr.reporting.wording import percent, threshold_text

# Okabe and Ito's colours, which people with any colour vision tell apart; alerts are light, so that arrests stand out.
_ALERTS, _ARRESTS, _FALSE = "#9ecae9", "#0072b2", "#d55e00"


def over_time(records: Sequence[DeploymentRecord]) -> str:
    """SVG: alerts and arrests by quarter, and below them false alerts on a scale of their own."""
    quarters = _quarters(records)
    names = list(quarters)
    places = list(range(len(names)))
    figure = Figure(figsize=(max(8.4, 0.8 * len(names)), 5.2), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[3, 2])
    alerts = [quarter.total_alerts for quarter in quarters.values()]
    arrests = [quarter.arrests for quarter in quarters.values()]
    false = [quarter.false_confirmed + quarter.false_unconfirmed for quarter in quarters.values()]
    _bars(above, [place - 0.2 for place in places], alerts, 0.4, _ALERTS, "Alerts")
    _bars(above, [place + 0.2 for place in places], arrests, 0.4, _ARRESTS, "Arrests")
    above.set_title("Alerts and arrests by quarter", loc="left")
    above.legend(frameon=False, loc="upper left", ncols=2)
    above.margins(y=0.22)
    _bars(below, places, false, 0.5, _FALSE, "False alerts")
    below.set_title("False alerts by quarter (their own scale)", loc="left")
    below.margins(y=0.25)
    below.set_xticks(places, [name.replace(" ", "\n") for name in names])
    for axes in (above, below):
        tidy(axes)
        axes.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=5))
    every = totals(records)
    return svg_of(
        figure,
        "Alerts, arrests and false alerts over time",
        f"{every.total_alerts} alerts, {every.arrests} arrests and {sum(false)} false alerts in {every.deployments} "
        f"deployments from {names[0]} to {names[-1]}.",
    )


def false_per_alert_by_threshold(records: Sequence[DeploymentRecord]) -> str:
    """SVG: for each threshold the share of alerts that were false, with its exact 95 % interval."""
    by_threshold = {
        threshold: share
        for threshold, of_threshold in annual_figures(records).by_threshold.items()
        if (share := of_threshold.false_alert_rates().per_alert) and share.total
    }
    figure = Figure(figsize=(6.4, 0.9 + 0.75 * max(2, len(by_threshold))), layout="constrained")
    axes = figure.subplots()
    said = []
    for place, share in enumerate(by_threshold.values()):
        interval = share.interval()
        axes.plot([100 * interval.low, 100 * interval.high], [place, place], color=_FALSE, linewidth=3, alpha=0.45)
        axes.plot(100 * share.rate, place, "o", color=_FALSE, markersize=9)
        text = f"{share.count:,} of {share.total:,} = {percent(share.rate)}"
        axes.annotate(text, (100 * share.rate, place), (0, 10), textcoords="offset points", ha="left")
        said.append(f"{text} ({percent(interval.low)} to {percent(interval.high)})")
    axes.set_yticks(range(len(by_threshold)), [f"Threshold {threshold_text(each)}" for each in by_threshold])
    axes.invert_yaxis()
    axes.set_ylim(len(by_threshold) - 0.5, -0.6)
    axes.set_xlim(left=0)
    axes.margins(x=0.2)
    axes.xaxis.set_major_formatter("{x:g}%")
    axes.set_title("False alerts among all alerts, with exact 95% intervals", loc="left")
    tidy(axes)
    axes.grid(axis="x", color="#e5e7eb")
    axes.grid(visible=False, axis="y")
    described = "; ".join(
        f"threshold {threshold_text(threshold)}: {words}" for threshold, words in zip(by_threshold, said, strict=True)
    )
    return svg_of(figure, "False alerts among all alerts by threshold", f"{described}.")


def _quarters(records: Sequence[DeploymentRecord]) -> dict[str, Totals]:
    """Totals of every quarter from the first deployment to the last, those without a deployment included."""
    if not records:
        raise ValueError("A chart over time needs at least one deployment.")
    groups: dict[int, list[DeploymentRecord]] = defaultdict(list)
    for record in records:
        groups[record.day.year * 4 + (record.day.month - 1) // 3].append(record)
    every = range(min(groups), max(groups) + 1)
    return {f"{quarter // 4} Q{quarter % 4 + 1}": totals(groups.get(quarter, [])) for quarter in every}


def _bars(axes: Axes, places: Sequence[float], heights: Sequence[int], width: float, colour: str, label: str) -> None:
    bars = axes.bar(places, heights, width, color=colour, label=label)
    axes.bar_label(bars, labels=[f"{height:,}" for height in heights], padding=2, fontsize=8, color="#333333")


def tidy(axes: Axes) -> None:
    """One look for all charts: light lines behind the figures, no frame."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.spines[["left", "bottom"]].set_color("#8c959f")
    axes.grid(axis="y", color="#e5e7eb")
    axes.set_axisbelow(True)
    axes.tick_params(length=0)


def svg_of(figure: Figure, title: str, description: str) -> str:
    """The drawing with a title and description for screen readers, and without what ties it to a time or a host.

    Its ids begin with the title, so that several drawings may stand in one page. The same figures give the same bytes.
    """
    text = io.StringIO()
    with mpl.rc_context({"svg.hashsalt": title}):
        figure.savefig(text, format="svg", metadata={"Date": None})
    drawing = re.sub(r"<metadata>.*?</metadata>", "", text.getvalue(), flags=re.DOTALL)
    _, opening, inside = drawing.partition("<svg ")
    attributes, _, inside = inside.partition(">")
    size = re.findall(r'viewBox="[^"]*"', attributes)
    name = re.sub(r"[^a-z]+", "-", title.lower())
    inside = re.sub(r'(\bid="|href="#|url\(#)', rf"\1{name}-", inside)
    return (
        f'{opening}xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {size[0]} role="img">'
        f"<title>{escape(title)}</title><desc>{escape(description)}</desc>{inside}"
    )
