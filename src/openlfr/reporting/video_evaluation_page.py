"""A video evaluation as a page for people; every figure is one of the report's."""

from collections.abc import Iterator

from openlfr.assurance.video_report import ShadowResult, VideoReport, VideoRun
from openlfr.reporting import html
from openlfr.reporting.evaluation_page import conditions, rate_text

SHOWN = 20
"""False alerts and misses in a table; the JSON file has all."""


def video_evaluation_page(report: VideoReport) -> str:
    """The whole page. The same report gives the same page."""
    title = "Evaluation of face recognition on video"
    return html.page(f"{title}: simulated" if report.simulated else title, _pieces(report))


def _pieces(report: VideoReport) -> Iterator[str]:
    if report.simulated:
        yield html.paragraph(f"SIMULATED. {report.simulated}")
    yield html.paragraph(
        f"Made on {report.made_at:%Y-%m-%d %H:%M %Z} by OpenLFR {report.version} with {report.setup}, faces from "
        f"{report.smallest_face_px:g} px. Clips went through the node's own pipeline, and its alerts were held against "
        "what was noted of who is visible when. TPIR: share of the passages of people on the watchlist with an alert "
        "that names them. FPIR: share of the passages of people not on it during which an alert named anybody. "
        "Intervals hold 95% of the time and are exact."
    )
    yield html.listing(report.notes)
    yield conditions(report)
    yield html.table(
        "Results",
        ("Watchlist", "Threshold", "TPIR", "FPIR", "False alerts", "of faces seen", "Found after (median)", "95%"),
        [_result_row(report, run) for run in report.runs],
    )
    for run in report.runs:
        yield from _run(report, run)


def _list_name(report: VideoReport, run: VideoRun) -> str:
    return f"{'Simulated, ' if report.simulated else ''}{run.people:,} people"


def _result_row(report: VideoReport, run: VideoRun) -> tuple[str, ...]:
    figures = run.figures
    after = figures.found_after
    return (
        _list_name(report, run),
        f"{run.threshold:.3f}",
        rate_text(figures.tpir),
        rate_text(figures.fpir),
        f"{len(figures.false_alerts):,}",
        "no faces" if figures.per_face_seen is None else rate_text(figures.per_face_seen),
        "" if after is None else f"{after.p50_s:.2f} s",
        "" if after is None else f"{after.p95_s:.2f} s",
    )


def _run(report: VideoReport, run: VideoRun) -> Iterator[str]:
    figures = run.figures
    yield html.heading(f"Watchlist: {_list_name(report, run)}")
    yield html.paragraph(
        f"{run.pictures:,} pictures of {run.people:,} people, {run.not_enrolled:,} pictures could not be enrolled. "
        f"Threshold {run.threshold:.3f}: {run.threshold_explanation}. {figures.repeated_alerts:,} alerts repeated one "
        "already given for the same passage."
    )
    yield _clips(run)
    if figures.conditions:
        yield html.table(
            "By condition, as noted",
            ("Condition", "", "TPIR", "FPIR"),
            [(each.condition, each.label, rate_text(each.tpir), rate_text(each.fpir)) for each in figures.conditions],
            text_columns=frozenset({1}),
        )
    if figures.missed:
        yield html.table(
            f"Passages missed, the first {min(SHOWN, len(figures.missed))} of {len(figures.missed):,}",
            ("Clip", "Person", "From", "To", "Conditions"),
            [
                (
                    miss.clip,
                    miss.person,
                    f"{miss.from_s:.1f} s",
                    f"{miss.to_s:.1f} s",
                    ", ".join(f"{condition} {label}" for condition, label in miss.conditions.items()),
                )
                for miss in figures.missed[:SHOWN]
            ],
            text_columns=frozenset({1, 4}),
        )
    if figures.false_alerts:
        yield html.table(
            f"False alerts, the first {min(SHOWN, len(figures.false_alerts))} of {len(figures.false_alerts):,}",
            ("Clip", "Named", "At", "Score"),
            [(a.clip, a.named, f"{a.at_s:.1f} s", f"{a.score:.3f}") for a in figures.false_alerts[:SHOWN]],
            text_columns=frozenset({1}),
        )
    if run.shadow is not None:
        yield from _shadow(run.shadow)


def _clips(run: VideoRun) -> str:
    rows = []
    for clip in run.clips:
        if clip.problem:
            rows.append((clip.name, "not counted", *[""] * 7, clip.problem))
            continue
        rows.append(
            (
                clip.name,
                f"{clip.recording_s:.1f} s",
                f"{clip.frames:,}",
                f"{clip.found:,} of {clip.listed:,}",
                f"{clip.not_listed:,}",
                f"{clip.false_alerts:,}",
                f"{clip.faces_seen:,}",
                f"{clip.failures_to_acquire:,}",
                f"{clip.templates_created:,} = {clip.templates_destroyed:,} + {clip.templates_in_alerts:,}",
                "",
            )
        )
    return html.table(
        "Clips: passages of people on the list found, and what the node counted",
        (
            "Clip",
            "Length",
            "Frames",
            "Found",
            "Not on the list",
            "False alerts",
            "Faces seen",
            "Nothing to tell",
            "Templates made = destroyed + in alerts",
            "",
        ),
        rows,
        text_columns=frozenset({9}),
    )


def _shadow(shadow: ShadowResult) -> Iterator[str]:
    counts = shadow.agreement
    yield html.table(
        f"In shadow: {shadow.setup} at {shadow.threshold:.3f}, on the same passages",
        ("What the two would have said", "Passages"),
        [
            ("both alert, on the same person", f"{counts.same_person:,}"),
            ("both alert, on different people", f"{counts.another_person:,}"),
            ("only the authorised pack alerts", f"{counts.only_authorised:,}"),
            ("only the candidate alerts", f"{counts.only_candidate:,}"),
            ("neither alerts", f"{counts.neither:,}"),
        ],
    )
    yield html.paragraph(
        f"The candidate made {counts.templates_created:,} templates and destroyed {counts.templates_destroyed:,}. "
        f"Nothing of it was kept but these counts. {shadow.broke_off}"
    )
