"""Alerts held against the ground truth: passages found and missed, false alerts, and rates with exact intervals."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from openlfr.assurance.ground_truth import TRAITS, TruePassage
from openlfr.assurance.intervals import Proportion, rate_interval
from openlfr.assurance.report import Rate
from openlfr.assurance.video_report import (
    ConditionFigure,
    FalseAlert,
    FoundAfter,
    MissedPassage,
    VideoFigures,
)

SLACK_S = 0.5
"""How far outside the noted times an alert may lie and still be about the passage: people note times by hand."""


@dataclass(frozen=True, slots=True)
class SeenAlert:
    """What is kept of an alert: who was named, when in the recording, by what score and how many shots."""

    person: str
    at_s: float
    score: float
    shots: int


@dataclass(frozen=True, slots=True)
class JudgedPassage:
    """A passage and what became of it. `listed`: the person is on the watchlist. For those, `found_after_s` is the time
    from first being visible to the first alert that names them, None where there was none; for the others `named` is
    whom a false alert during the passage named."""

    clip: str
    passage: TruePassage
    listed: bool
    found_after_s: float | None = None
    named: str | None = None


@dataclass(frozen=True, slots=True)
class JudgedClip:
    """All passages of a clip, its false alerts, and how many alerts repeated one already given for a passage."""

    passages: tuple[JudgedPassage, ...]
    false_alerts: tuple[FalseAlert, ...]
    repeated: int


def judged(
    clip: str,
    truth: Sequence[TruePassage],
    alerts: Iterable[SeenAlert],
    listed: frozenset[str],
    slack_s: float = SLACK_S,
) -> JudgedClip:
    """Each alert is about a passage of the person it names that is visible then, or it is false.

    Where several passages of the person would do, it is the one nearest in time. A false alert is put down to a passage
    of somebody not on the list who is visible then and has none yet, the one that began last; so as many passages
    count as had one, whichever they were. Those it cannot be put down to (people the truth does not name, or somebody
    listed taken for another) are false alerts all the same.
    """
    found_after: dict[int, float] = {}
    named: dict[int, str] = {}
    false_alerts: list[FalseAlert] = []
    repeated = 0
    for alert in sorted(alerts, key=lambda each: each.at_s):
        visible = [
            number
            for number, passage in enumerate(truth)
            if passage.from_s - slack_s <= alert.at_s <= passage.to_s + slack_s
        ]
        own = [number for number in visible if truth[number].person == alert.person]
        if own:
            number = min(own, key=lambda each: _outside_s(truth[each], alert.at_s))
            repeated += number in found_after
            found_after.setdefault(number, alert.at_s - truth[number].from_s)
            continue
        strangers = [each for each in visible if truth[each].person not in listed and each not in named]
        if strangers:
            named[max(strangers, key=lambda each: truth[each].from_s)] = alert.person
        false_alerts.append(FalseAlert(clip, alert.person, alert.at_s, alert.score))
    passages = tuple(
        JudgedPassage(clip, passage, passage.person in listed, found_after.get(number), named.get(number))
        for number, passage in enumerate(truth)
    )
    return JudgedClip(passages, tuple(false_alerts), repeated)


def figures(clips: Sequence[JudgedClip], faces_seen: int) -> VideoFigures:
    """The rates of all clips together. TPIR and FPIR are per passage with exact intervals, which take passages as
    independent; false alerts per face seen have a Poisson interval, since how many faces were seen is an estimate."""
    passages = [passage for clip in clips for passage in clip.passages]
    false_alerts = tuple(alert for clip in clips for alert in clip.false_alerts)
    after = sorted(p.found_after_s for p in passages if p.found_after_s is not None)
    return VideoFigures(
        tpir=_tpir(passages),
        fpir=_fpir(passages),
        false_alerts=false_alerts,
        repeated_alerts=sum(clip.repeated for clip in clips),
        per_face_seen=_per_face_seen(len(false_alerts), faces_seen),
        found_after=_found_after(after),
        conditions=_by_condition(passages),
        missed=tuple(
            MissedPassage(p.clip, p.passage.person, p.passage.from_s, p.passage.to_s, p.passage.conditions.labels())
            for p in passages
            if p.listed and p.found_after_s is None
        ),
    )


def _outside_s(passage: TruePassage, at_s: float) -> float:
    return max(passage.from_s - at_s, at_s - passage.to_s, 0.0)


def _tpir(passages: Sequence[JudgedPassage]) -> Rate:
    listed = [p for p in passages if p.listed]
    return Rate.exact(Proportion(sum(p.found_after_s is not None for p in listed), len(listed)))


def _fpir(passages: Sequence[JudgedPassage]) -> Rate:
    others = [p for p in passages if not p.listed]
    return Rate.exact(Proportion(sum(p.named is not None for p in others), len(others)))


def _per_face_seen(count: int, faces_seen: int) -> Rate | None:
    if not faces_seen:
        return None
    interval = rate_interval(count, faces_seen)
    return Rate(count, faces_seen, interval.low, interval.high)


def _found_after(after: Sequence[float]) -> FoundAfter | None:
    if not after:
        return None
    p50, p95 = np.percentile(after, [50, 95])
    return FoundAfter(float(p50), float(p95), max(after))


def _by_condition(passages: Sequence[JudgedPassage]) -> tuple[ConditionFigure, ...]:
    groups: dict[tuple[str, str], list[JudgedPassage]] = {}
    for passage in passages:
        for condition, label in passage.passage.conditions.labels().items():
            groups.setdefault((condition, label), []).append(passage)
    return tuple(
        ConditionFigure(condition, label, _tpir(members), _fpir(members))
        for (condition, label), members in sorted(groups.items(), key=lambda group: _order(*group[0]))
    )


def _order(condition: str, label: str) -> tuple[int, float, str]:
    """Conditions as the truth's columns have them, sizes from small to large."""
    first = label.removeprefix("under ").split()[0]
    size = float(first) - label.startswith("under") if condition == "size" else 0.0
    return ("size", *TRAITS).index(condition), size, label
