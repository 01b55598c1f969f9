"""Known-answer alerts: questions with a known answer among the real ones, to see how well people judge.

Officers who see true alerts nearly always learn to agree with the system. An alert whose pictures come from consenting
or made-up people, and whose answer is known, shows whether they still look. It is a test in the record from the
beginning, is counted nowhere, looks like any other until it is answered, and ends with the answer: nobody is ever sent
out by one.
"""

import math
import random
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from openlfr.policy.alert import OPEN_STATES, Alert, Judgement
from openlfr.policy.authority import Window
from openlfr.policy.binomial import lower_bound, upper_bound
from openlfr.policy.deployment import Deployment, DeploymentState
from openlfr.policy.direction import Direction
from openlfr.policy.identifiers import DeploymentId, StaffId
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode

MOST_PER_HOUR = 4.0
"""More would take people's time from the alerts that matter: forces see one or two real ones an hour."""

LATEST = timedelta(minutes=10)
"""A question that could not be put within this time of its turn, as in a pause, is left out and not caught up with."""

_CONFIDENCE = 0.975
_DIRECTIONS = (None, *Direction)


@dataclass(frozen=True, slots=True)
class KnownAnswerSchedule:
    """How often questions come, on average in an hour, and the seed from which their times and order follow."""

    per_hour: float
    seed: int

    def __post_init__(self) -> None:
        if not (math.isfinite(self.per_hour) and 0 < self.per_hour <= MOST_PER_HOUR):
            raise ValueError(f"Known-answer alerts come above 0 and at most {MOST_PER_HOUR:g} times an hour.")


@dataclass(frozen=True, slots=True)
class DueQuestion:
    """One question: when its turn is, and which of so many cases it takes."""

    due_at: datetime
    case: int
    score_above: float
    """How far the score lies above the threshold, as a share of what is left to 1."""
    direction: Direction | None


def questions(
    schedule: KnownAnswerSchedule, deployment: DeploymentId, window: Window, cases: int
) -> Iterator[DueQuestion]:
    """Every question of a deployment, in order of time: the same for the same schedule, whoever asks and whenever.

    A Poisson process: from one question nobody can tell when the next one comes. Scores lie low above the threshold
    more often than high, as those of real alerts do.
    """
    drawn = random.Random(f"{schedule.seed}/{deployment}")
    at = window.start
    while cases > 0:
        at += timedelta(hours=drawn.expovariate(schedule.per_hour))
        if at >= window.end:
            return
        yield DueQuestion(at, drawn.randrange(cases), drawn.betavariate(1.2, 3.0), drawn.choice(_DIRECTIONS))


def due_now(asked: Iterable[DueQuestion], now: datetime) -> list[DueQuestion]:
    """Those whose turn has come and is not over."""
    return [each for each in asked if each.due_at <= now < each.due_at + LATEST]


def may_question(deployment: Deployment) -> Allowed | Refusal:
    """Whether a question may be put among the alerts of a deployment: only where real ones come in."""
    if deployment.rehearsal:
        return Refusal(RefusalCode.WRONG_STATE, "A rehearsal has testers of its own and no known-answer alerts.")
    if deployment.state is not DeploymentState.LIVE:
        return Refusal(RefusalCode.NOT_LIVE, "Known-answer alerts come only while a deployment is live.")
    return Allowed()


def as_shown(alert: Alert) -> Alert:
    """A known-answer alert as people may see it: like any other until it is answered or expires."""
    return replace(alert, test=False) if alert.state in OPEN_STATES and not alert.adjudications else alert


class Answer(StrEnum):
    """How a judgement stands to what is known."""

    RIGHT = "right"
    WRONG = "wrong"
    UNDECIDED = "undecided"
    UNANSWERED = "unanswered"


_SAYS_SAME = {Judgement.ENGAGE: True, Judgement.NO_MATCH: False}


def answer_of(alert: Alert, same_person: bool) -> Answer | None:
    """What the first answer was worth; None while the question is open.

    "Possible" and "cannot tell" are undecided: neither right nor wrong, and told apart from both.
    """
    if alert.adjudications:
        said = _SAYS_SAME.get(alert.adjudications[0].judgement)
        if said is None:
            return Answer.UNDECIDED
        return Answer.RIGHT if said is same_person else Answer.WRONG
    return None if alert.state in OPEN_STATES else Answer.UNANSWERED


@dataclass(frozen=True, slots=True)
class KnownAnswerScore:
    """One operator's answers, split by what the truth was; `staff` None gathers questions that nobody answered."""

    staff: StaffId | None
    same_right: int = 0
    same_wrong: int = 0
    different_right: int = 0
    different_wrong: int = 0
    undecided: int = 0
    unanswered: int = 0

    @property
    def decided(self) -> int:
        return self.same_right + self.same_wrong + self.different_right + self.different_wrong

    @property
    def right(self) -> int:
        return self.same_right + self.different_right

    @property
    def interval(self) -> tuple[float, float]:
        """The exact 95 % interval of the share of decided answers that were right."""
        return (
            lower_bound(self.right, self.decided, _CONFIDENCE),
            upper_bound(self.right, self.decided, _CONFIDENCE),
        )

    def with_answer(self, answer: Answer, same_person: bool) -> "KnownAnswerScore":
        """The score with one more answer."""
        if answer is Answer.UNDECIDED:
            return replace(self, undecided=self.undecided + 1)
        if answer is Answer.UNANSWERED:
            return replace(self, unanswered=self.unanswered + 1)
        field = f"{'same' if same_person else 'different'}_{answer.value}"
        return replace(self, **{field: getattr(self, field) + 1})
