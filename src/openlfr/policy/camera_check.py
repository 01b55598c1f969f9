"""What a commissioning check of a camera measured, and what that says of the camera: verdicts, and advice in words.

Rules of thumb for cameras: 32 px between the eyes, heads turned or tilted 15 degrees at the most, 12 pictures a second
and no motion blur (Axxon); 1080p, wide dynamic range (iREX). What quality scores mean is said in `vision.quality`:
each is the share of a face's likeness, in hundredths, that is left.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

EYE_PX_EDGES: Final = (8, 12, 16, 20, 24, 32, 40, 48, 64, 96)
"""Between the bins of the histogram of eye distances, in pixels; the first and the last bin are open."""

ENOUGH_PASSAGES: Final = 3
"""Fewer say nothing about a camera."""
WANTED_EYE_PX: Final = 32.0
LEAST_EYE_PX: Final = 20.0
"""Where 0.985 of the likeness is left (`vision.quality.INTER_EYE_PX`): under it, small faces begin to cost matches."""
WANTED_SHARPNESS: Final = 88.0
LEAST_SHARPNESS: Final = 68.0
WANTED_PITCH_DEGREES: Final = 15.0
MOST_PITCH_DEGREES: Final = 25.0
WANTED_YAW_DEGREES: Final = 25.0
MOST_YAW_DEGREES: Final = 40.0
WANTED_PER_S: Final = 12.0
LEAST_PER_S: Final = 8.0
WANTED_LINES: Final = 1080
LEAST_LINES: Final = 720
LOST_SHARES: Final = (0.02, 0.10)
BADLY_LIT_SHARES: Final = (0.10, 0.30)
TOO_SMALL_SHARES: Final = (0.10, 0.30)
"""Up to the first it is good, up to the second borderline."""
IN_ZONE_SHARES: Final = (0.60, 0.30)
PASSED_SHARES: Final = (0.70, 0.40)
"""From the first it is good, from the second borderline."""

MOST_ISSUES: Final = 20
LONGEST_ISSUE: Final = 40


class CheckVerdict(StrEnum):
    """What a check says of one side of a camera."""

    GOOD = "good"
    BORDERLINE = "borderline"
    POOR = "poor"
    TOO_FEW_FACES = "too few faces to say"


class CheckSubject(StrEnum):
    """The rows of a report."""

    FACES = "Faces found"
    ZONE = "Zone of recognition"
    FACE_SIZE = "Face size"
    SHARPNESS = "Sharpness"
    LIGHT = "Light"
    POSE = "Angle of view"
    GATE = "Good enough to recognise"
    PICTURES = "Pictures a second"
    PICTURE_SIZE = "Picture size"


REASON_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "InterEyeDistance": "too small",
        "Sharpness": "blurred",
        "HeadPoseYaw": "turned to the side",
        "HeadPosePitch": "seen from above or below",
        "HeadPoseRoll": "leaning to one side",
        "UnderExposurePrevention": "too dark",
        "OverExposurePrevention": "too bright",
        "DynamicRange": "without contrast",
        "EyesVisible": "eyes covered or in shadow",
        "MouthOcclusionPrevention": "lower face covered",
        "HeadSize": "cut off by the edge of the picture",
    }
)
"""The components of ISO/IEC 29794-5, as reasons that a look at a face is of no use."""


@dataclass(frozen=True, slots=True)
class Spread:
    """The tenth, fiftieth and ninetieth percentile."""

    p10: float
    p50: float
    p90: float


@dataclass(frozen=True, slots=True)
class ReasonCount:
    """Passages that were of no use for this reason, by its name in ISO/IEC 29794-5; one may have several."""

    measure: str
    passages: int


@dataclass(frozen=True, slots=True)
class CheckFigures:
    """What a node measured of a camera: counts and percentiles, about nobody.

    `decoded` pictures came within `seconds`, `lost` ones came damaged or too late, `analysed` ones were looked at, and
    `issues` were seen of them (`capture.health.HealthIssue`). `faces` were found in those, some of them `in_zone`, and
    `passages` are ways of one face through the zone. Of `clear` passages at least one look showed a face at full
    detail, and everything below is of the best look at each: whoever comes near is far away first.
    `too_small` are narrower than the smallest face that the camera is to look for, `dark`, `bright`, `flat` and
    `back_lit` lose a twelfth of their likeness to light, and `passed` are good enough to be recognised.
    `eye_px` is the distance between the eyes in pixels, `sharpness` a score of 0 to 100, `pitch` and `yaw` degrees
    (pitch below 0: seen from above; yaw without its sign). `eye_px_bins` counts between `EYE_PX_EDGES`.
    """

    seconds: float = 0.0
    width: int = 0
    height: int = 0
    decoded: int = 0
    lost: int = 0
    reconnects: int = 0
    issues: tuple[str, ...] = ()
    analysed: int = 0
    smallest_face_px: int = 0
    zone_drawn: bool = False
    faces: int = 0
    in_zone: int = 0
    passages: int = 0
    clear: int = 0
    too_small: int = 0
    dark: int = 0
    bright: int = 0
    flat: int = 0
    back_lit: int = 0
    passed: int = 0
    eye_px: Spread = Spread(0.0, 0.0, 0.0)
    sharpness: Spread = Spread(0.0, 0.0, 0.0)
    pitch: Spread = Spread(0.0, 0.0, 0.0)
    yaw: Spread = Spread(0.0, 0.0, 0.0)
    eye_px_bins: tuple[int, ...] = (0,) * (len(EYE_PX_EDGES) + 1)
    reasons: tuple[ReasonCount, ...] = ()

    def __post_init__(self) -> None:
        if len(self.eye_px_bins) != len(EYE_PX_EDGES) + 1:
            raise ValueError("The histogram of a camera's check has other bins.")
        if any(each.measure not in REASON_WORDS for each in self.reasons):
            raise ValueError("A camera's check names a reason that nobody knows.")
        if len(self.reasons) > len(REASON_WORDS) or len(self.issues) > MOST_ISSUES:
            raise ValueError("A camera's check names more reasons or issues than there are.")
        if any(len(issue) > LONGEST_ISSUE for issue in self.issues):
            raise ValueError("An issue of a camera has a short name.")

    @property
    def decoded_per_s(self) -> float:
        return self.decoded / self.seconds if self.seconds > 0 else 0.0


@dataclass(frozen=True, slots=True)
class CheckRow:
    """One side of the camera: what was found, and what to do about it; nothing where it is good."""

    subject: CheckSubject
    verdict: CheckVerdict
    finding: str
    advice: str = ""


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a check says: the worst verdict first, then row by row."""

    verdict: CheckVerdict
    rows: tuple[CheckRow, ...]


_OF_PICTURE: Final[Mapping[str, tuple[CheckSubject, str, str]]] = MappingProxyType(
    {
        "dark": (CheckSubject.LIGHT, "The whole picture is dark.", "Add light, or have the camera expose longer."),
        "overexposed": (CheckSubject.LIGHT, "The whole picture is too bright.", "Lower the exposure."),
        "blurred": (CheckSubject.SHARPNESS, "The whole picture is blurred.", "Focus the camera, and clean its lens."),
    }
)
"""Issues of a camera's picture that are told in the row they belong to; the others are told with its pictures."""

_WORST_FIRST: Final = (
    CheckVerdict.POOR,
    CheckVerdict.TOO_FEW_FACES,
    CheckVerdict.BORDERLINE,
    CheckVerdict.GOOD,
)


def report_of(figures: CheckFigures) -> CheckReport:
    """The report that follows from the figures, and from nothing else."""
    rows = (_faces(figures), _zone(figures), *_of_faces(figures), _pictures(figures), _picture_size(figures))
    found = {row.verdict for row in rows}
    return CheckReport(next(each for each in _WORST_FIRST if each in found), rows)


def _faces(figures: CheckFigures) -> CheckRow:
    finding = f"{_counted(figures.passages, 'face')} passed, {figures.clear} of them to be seen clearly."
    if figures.clear >= ENOUGH_PASSAGES:
        return CheckRow(CheckSubject.FACES, CheckVerdict.GOOD, finding)
    if figures.passages >= ENOUGH_PASSAGES:
        advice = "Faces are too blurred, too dark or too far turned: mend focus, light and angle, and check again."
    elif figures.faces > figures.in_zone:
        advice = "Faces pass outside the zone: draw it where people walk, or lead people through it, and check again."
    else:
        advice = "Have two or three people walk towards the camera, each more than once, and check again."
    return CheckRow(CheckSubject.FACES, CheckVerdict.TOO_FEW_FACES, finding, advice)


def _zone(figures: CheckFigures) -> CheckRow:
    if not figures.zone_drawn:
        return CheckRow(CheckSubject.ZONE, CheckVerdict.GOOD, "No zone is drawn: faces are looked for everywhere.")
    if figures.faces < ENOUGH_PASSAGES:
        return _too_few(CheckSubject.ZONE)
    share = figures.in_zone / figures.faces
    verdict = _at_least(share, IN_ZONE_SHARES)
    finding = f"{_percent(share)} of the faces found are inside the zone."
    advice = "Draw the zone where people walk, or turn the camera, so that faces pass through it."
    return CheckRow(CheckSubject.ZONE, verdict, finding, _unless_good(verdict, advice))


def _of_faces(figures: CheckFigures) -> Sequence[CheckRow]:
    rows: Mapping[CheckSubject, Callable[[CheckFigures], CheckRow]] = {
        CheckSubject.FACE_SIZE: _face_size,
        CheckSubject.SHARPNESS: _sharpness,
        CheckSubject.LIGHT: _light,
        CheckSubject.POSE: _pose,
        CheckSubject.GATE: _gate,
    }
    if figures.clear >= ENOUGH_PASSAGES:
        return [row(figures) for row in rows.values()]
    return [_of_picture(figures, subject) for subject in rows]


def _of_picture(figures: CheckFigures, subject: CheckSubject) -> CheckRow:
    """What the picture alone says where there are too few faces."""
    for issue in figures.issues:
        about, finding, advice = _OF_PICTURE.get(issue, (None, "", ""))
        if about is subject:
            return CheckRow(subject, CheckVerdict.POOR, finding, advice)
    return _too_few(subject)


def _face_size(figures: CheckFigures) -> CheckRow:
    eyes, share = figures.eye_px, figures.too_small / figures.clear
    finding = (
        f"At their best moment, faces are {eyes.p50:.0f} px between the eyes at the median, {eyes.p10:.0f} at the "
        f"tenth and {eyes.p90:.0f} at the ninetieth percentile."
    )
    size = _at_least(eyes.p50, (WANTED_EYE_PX, LEAST_EYE_PX))
    looked_for = _at_most(share, TOO_SMALL_SHARES)
    verdict = _worse(size, looked_for)
    advice = []
    if size is not CheckVerdict.GOOD:
        advice.append(
            f"Faces are {eyes.p50:.0f} px between the eyes at the median; {WANTED_EYE_PX:.0f} wanted: bring the camera "
            "closer, zoom in, or use a larger picture."
        )
    if looked_for is not CheckVerdict.GOOD:
        advice.append(
            f"{_percent(share)} of the faces stay narrower than the {figures.smallest_face_px} px that this camera is "
            "to look for: bring it closer, or look for smaller faces."
        )
    return CheckRow(CheckSubject.FACE_SIZE, verdict, finding, " ".join(advice))


def _sharpness(figures: CheckFigures) -> CheckRow:
    sharp = figures.sharpness
    verdict = _at_least(sharp.p50, (WANTED_SHARPNESS, LEAST_SHARPNESS))
    finding = f"{sharp.p50:.0f} of 100 at the median, and {sharp.p10:.0f} at the tenth percentile."
    if figures.eye_px.p50 < LEAST_EYE_PX:
        advice = "Such small faces are never sharp: mind their size first, then focus and shutter."
    else:
        advice = "Faces are blurred: focus on where people walk, and set the shutter to 1/100 s or less."
    return CheckRow(CheckSubject.SHARPNESS, verdict, finding, _unless_good(verdict, advice))


def _light(figures: CheckFigures) -> CheckRow:
    faults = (
        (figures.dark, "too dark", "Faces are too dark: add light, or let the camera expose for faces."),
        (figures.bright, "too bright", "Faces are too bright: lower the exposure, or keep the sun off them."),
        (figures.back_lit, "against the light", "Faces are lit from behind: turn the camera, or widen its range."),
        (figures.flat, "without contrast", "Faces have little contrast: clean the lens, and check haze and bitrate."),
    )
    verdicts = [(_at_most(badly / figures.clear, BADLY_LIT_SHARES), words) for badly, _, words in faults]
    shares = [f"{_percent(badly / figures.clear)} {what}" for badly, what, _ in faults if badly]
    finding = f"Of the faces, {', '.join(shares)}." if shares else "All faces are well lit."
    advice = " ".join(words for verdict, words in verdicts if verdict is not CheckVerdict.GOOD)
    return CheckRow(CheckSubject.LIGHT, _worse(*(verdict for verdict, _ in verdicts)), finding, advice)


def _pose(figures: CheckFigures) -> CheckRow:
    pitch, yaw = figures.pitch.p50, figures.yaw.p50
    where = "above" if pitch < 0 else "below"
    finding = f"Faces are seen {abs(pitch):.0f}° from {where} and {yaw:.0f}° from the side at the median."
    tilt = _at_most(abs(pitch), (WANTED_PITCH_DEGREES, MOST_PITCH_DEGREES))
    turn = _at_most(yaw, (WANTED_YAW_DEGREES, MOST_YAW_DEGREES))
    advice = []
    if tilt is not CheckVerdict.GOOD:
        remedy = "mount it lower, or further away and zoomed in" if pitch < 0 else "mount it higher"
        advice.append(f"The camera is too steep, {WANTED_PITCH_DEGREES:.0f}° wanted at the most: {remedy}.")
    if turn is not CheckVerdict.GOOD:
        advice.append("People pass it sideways: place the camera so that they walk towards it.")
    return CheckRow(CheckSubject.POSE, _worse(tilt, turn), finding, " ".join(advice))


def _gate(figures: CheckFigures) -> CheckRow:
    share = figures.passed / figures.clear
    verdict = _at_least(share, PASSED_SHARES)
    finding = f"{figures.passed} of {_counted(figures.clear, 'face')} could be recognised at their best moment."
    worst = [f"{_percent(each.passages / figures.clear)} {REASON_WORDS[each.measure]}" for each in figures.reasons[:3]]
    advice = f"What is in the way: {', '.join(worst)}." if worst else ""
    return CheckRow(CheckSubject.GATE, verdict, finding, _unless_good(verdict, advice))


def _pictures(figures: CheckFigures) -> CheckRow:
    sent = figures.decoded + figures.lost
    lost_share = figures.lost / sent if sent else 0.0
    rate = _at_least(figures.decoded_per_s, (WANTED_PER_S, LEAST_PER_S))
    lost = _at_most(lost_share, LOST_SHARES)
    link = CheckVerdict.BORDERLINE if figures.reconnects else CheckVerdict.GOOD
    finding = f"{figures.decoded_per_s:.1f} pictures a second, {_percent(lost_share)} of them lost on the way."
    advice = []
    if rate is not CheckVerdict.GOOD:
        advice.append(f"Set the camera to {WANTED_PER_S:.0f} pictures a second or more.")
    if lost is not CheckVerdict.GOOD:
        advice.append("Pictures come damaged or late: check the network, or lower the bitrate.")
    if figures.reconnects:
        advice.append(f"The camera was lost {_counted(figures.reconnects, 'time')}: check its cable and power.")
    others = [each for each in figures.issues if each not in _OF_PICTURE]
    if others:
        advice.append(f"Seen at times: {', '.join(others)}.")
        link = CheckVerdict.BORDERLINE
    return CheckRow(CheckSubject.PICTURES, _worse(rate, lost, link), finding, " ".join(advice))


def _picture_size(figures: CheckFigures) -> CheckRow:
    lines = min(figures.width, figures.height)  # a camera may be mounted upright
    verdict = _at_least(lines, (WANTED_LINES, LEAST_LINES))
    finding = f"{figures.width} × {figures.height} pixels."
    advice = f"Use a stream of {WANTED_LINES} lines if the camera has one."
    return CheckRow(CheckSubject.PICTURE_SIZE, verdict, finding, _unless_good(verdict, advice))


def _too_few(subject: CheckSubject) -> CheckRow:
    return CheckRow(subject, CheckVerdict.TOO_FEW_FACES, "Too few faces to say.")


def _at_least(value: float, bounds: tuple[float, float]) -> CheckVerdict:
    good, borderline = bounds
    if value >= good:
        return CheckVerdict.GOOD
    return CheckVerdict.BORDERLINE if value >= borderline else CheckVerdict.POOR


def _at_most(value: float, bounds: tuple[float, float]) -> CheckVerdict:
    good, borderline = bounds
    return _at_least(-value, (-good, -borderline))


def _worse(*verdicts: CheckVerdict) -> CheckVerdict:
    return min(verdicts, key=_WORST_FIRST.index)


def _unless_good(verdict: CheckVerdict, advice: str) -> str:
    return "" if verdict is CheckVerdict.GOOD else advice


def _percent(share: float) -> str:
    return f"{share * 100:.0f} %"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"
