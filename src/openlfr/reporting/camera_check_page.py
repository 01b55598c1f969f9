"""The report on a camera: what its check found, to be printed and put with the papers of a site."""

from collections.abc import Iterator
from datetime import datetime

from openlfr.policy.camera_check import EYE_PX_EDGES, REASON_WORDS, CheckFigures, report_of
from openlfr.reporting.document import Block, Document, Facts, Listing, Paragraph, Table


def camera_check_page(camera: str, measured_at: datetime, figures: CheckFigures, made_at: datetime) -> Document:
    """The report on the camera of this name. Who asked for the check stands in the audit log, not here."""
    return Document(
        title=f"Camera check: {camera}",
        publisher="Commissioning of cameras",
        made_at=made_at,
        blocks=tuple(_blocks(measured_at, figures)),
    )


def _blocks(measured_at: datetime, figures: CheckFigures) -> Iterator[Block]:
    report = report_of(figures)
    yield Paragraph(
        f"Begun on {measured_at:%Y-%m-%d at %H:%M} UTC and measured for {figures.seconds:.0f} seconds. Faces were "
        "found and measured; nobody was recognised, and no picture was kept."
    )
    yield Facts((("Verdict", report.verdict.value), ("Faces to be seen clearly", str(figures.clear))))
    yield Table(
        "What was found",
        ("Of the camera", "Verdict", "Found"),
        tuple((row.subject.value, row.verdict.value, row.finding) for row in report.rows),
        frozenset({1, 2}),
    )
    advice = tuple(f"{row.subject.value}: {row.advice}" for row in report.rows if row.advice)
    if advice:
        yield Listing(advice)
    if figures.clear:
        starts = (0, *EYE_PX_EDGES)
        ends = (*(str(edge - 1) for edge in EYE_PX_EDGES), "and more")
        yield Table(
            "Faces by pixels between the eyes, at their best moment",
            ("From", "To", "Faces"),
            tuple(
                (str(start), end, str(faces))
                for start, end, faces in zip(starts, ends, figures.eye_px_bins, strict=True)
            ),
        )
    if figures.reasons:
        yield Table(
            "Why faces were of no use, even at their best moment (ISO/IEC 29794-5)",
            ("Measure", "In words", "Faces"),
            tuple((each.measure, REASON_WORDS[each.measure], str(each.passages)) for each in figures.reasons),
            frozenset({1}),
        )
