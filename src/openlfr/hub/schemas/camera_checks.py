"""Checks of cameras on the wire: what is asked for, how it fares, and the report."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from openlfr.hub.node_questions import Asked, measured_s
from openlfr.hub.schemas.wire import Answering, Asking, Count, Identifier
from openlfr.link.messages import CheckFound, CheckWanted
from openlfr.policy.camera_check import (
    EYE_PX_EDGES,
    REASON_WORDS,
    WANTED_EYE_PX,
    CheckSubject,
    CheckVerdict,
    report_of,
)
from openlfr.records.camera_checks import SHORTEST_CHECK_S, KeptCheck


class CheckForm(Asking):
    """A check that an administrator asks for."""

    seconds: Count = Field(30, description="How long faces are measured: 10 to 120 seconds.")
    people_know: bool = Field(
        False,
        description="Must be true: signs are up, or only people who agreed to it are before the camera.",
        examples=[True],
    )


class ReportForm(StrEnum):
    """How a report is handed out."""

    PDF = "pdf"
    HTML = "html"


class RunningCheckView(Answering):
    """A check that goes on."""

    asked_by: str = Field(description="Who asked for it: a member of staff.")
    asked_at: datetime
    seconds: int = Field(description="How long it measures, from the first picture on.")
    measured_s: float = Field(description="How long it has measured by now; 0 before the first picture.")
    until: datetime = Field(description="When it ends in any case.")
    faces: int = Field(description="Faces that have passed by now.")
    clear: int = Field(description="Of them, those that were to be seen clearly.")


class CheckRowView(Answering):
    """One side of a camera."""

    subject: CheckSubject
    verdict: CheckVerdict
    finding: str = Field(examples=["At their best moment, faces are 22 px between the eyes at the median."])
    advice: str = Field(
        description="What to do about it; empty where there is nothing to do.",
        examples=["Faces are 22 px between the eyes at the median; 32 wanted: bring the camera closer or zoom in."],
    )


class EyeDistanceBin(Answering):
    """A bar of the histogram of eye distances: how many faces from `from_px` on and under `to_px`."""

    from_px: int
    to_px: int | None = Field(description="None: without end.")
    faces: int


class UselessReason(Answering):
    """Why faces were of no use, even at their best moment; one face may have several reasons."""

    measure: str = Field(description="As ISO/IEC 29794-5 names it.", examples=["InterEyeDistance"])
    words: str = Field(examples=["too small"])
    faces: int


class CheckReportView(Answering):
    """What the newest check of a camera found."""

    asked_by: str = Field(description="Who asked for it: a member of staff.")
    asked_at: datetime
    kept_at: datetime
    measured_s: float
    verdict: CheckVerdict = Field(description="The worst of the rows.")
    rows: list[CheckRowView]
    faces: int = Field(description="Faces that were to be seen clearly: what the histogram counts.")
    wanted_eye_px: float = Field(description="How far apart the eyes should be, in pixels.")
    eye_distances: list[EyeDistanceBin]
    useless: list[UselessReason] = Field(description="The most frequent reason first.")


class CameraCheckView(Answering):
    """How a camera's newest check fares, and the report of the last one that gave one."""

    camera: Identifier
    running: RunningCheckView | None
    problem: str = Field(description="Why the newest check gave no report, in a sentence; empty where it did.")
    report: CheckReportView | None


def check_view(
    camera: str, asked: Asked[CheckWanted, CheckFound] | None, kept: KeptCheck | None, now: datetime
) -> CameraCheckView:
    """Of a camera: the question that its node was asked last, and what was kept last."""
    return CameraCheckView(
        camera=camera,
        running=None if asked is None or not asked.stands(now) else _running(asked),
        problem="" if asked is None or asked.stands(now) else _problem(asked, kept),
        report=None if kept is None else _report(kept),
    )


def _running(asked: Asked[CheckWanted, CheckFound]) -> RunningCheckView:
    figures = None if asked.found is None else asked.found.figures
    return RunningCheckView(
        asked_by=asked.by or "",
        asked_at=asked.since,
        seconds=asked.wanted.seconds,
        measured_s=measured_s(asked),
        until=asked.until,
        faces=0 if figures is None else figures.passages,
        clear=0 if figures is None else figures.clear,
    )


def _problem(asked: Asked[CheckWanted, CheckFound], kept: KeptCheck | None) -> str:
    if kept is not None and kept.check == asked.wanted.check:
        return ""
    if asked.withdrawn:
        return (
            f"It was ended after {measured_s(asked):.0f} seconds, and nothing of it is recorded: a report takes "
            f"{SHORTEST_CHECK_S} seconds at least."
        )
    if asked.found is None or not asked.found.done:
        return "The node did not say in time what it found: see whether it still runs, and check again."
    return asked.found.problem


def _report(kept: KeptCheck) -> CheckReportView:
    figures, report = kept.figures, report_of(kept.figures)
    edges = (0, *EYE_PX_EDGES)
    return CheckReportView(
        asked_by=kept.asked_by,
        asked_at=kept.asked_at,
        kept_at=kept.kept_at,
        measured_s=figures.seconds,
        verdict=report.verdict,
        rows=[CheckRowView.model_validate(row) for row in report.rows],
        faces=figures.clear,
        wanted_eye_px=WANTED_EYE_PX,
        eye_distances=[
            EyeDistanceBin(from_px=start, to_px=end, faces=faces)
            for start, end, faces in zip(edges, (*EYE_PX_EDGES, None), figures.eye_px_bins, strict=True)
        ],
        useless=[
            UselessReason(measure=each.measure, words=REASON_WORDS[each.measure], faces=each.passages)
            for each in figures.reasons
        ],
    )
