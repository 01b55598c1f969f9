"""The blue-list test: consenting testers walk past, every passage is counted, and the alerts on them are matched to it.

The true recognition rate is recognised passages of all passages of known people, whether or not an alert came
(South Wales Police's definition; TPIR of ISO/IEC 19795-1 in service). A rate that only counts alerts says nothing.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from openlfr.policy.authority import Terms
from openlfr.policy.binomial import lower_bound, upper_bound
from openlfr.policy.deployment import Deployment, DeploymentState
from openlfr.policy.identifiers import AlertId, DeploymentId, EntryId, RecognitionTestId
from openlfr.policy.refusal import Allowed, Refusal, RefusalCode
from openlfr.policy.roles import Action, Actor, may_act

MATCH_WITHIN = timedelta(seconds=30)
"""How far a tester's alert may lie from the moment somebody counted their passage, either way. Longer takes in slower
thumbs and wrong watches; it must stay below half of `SHORTEST_GAP`, or one alert could stand for two passages."""

SHORTEST_GAP = timedelta(seconds=75)
"""Between two passages of one tester: beyond the site's cool-down of a minute, during which no second alert comes."""

LONGEST_AGE = timedelta(hours=24)
"""How long before the window a test may have ended and still speak for the deployment: cameras and light move."""

_CONFIDENCE = 0.975
"""One-sided, so that both bounds together hold 95 %."""


@dataclass(frozen=True, slots=True)
class Passage:
    """One walk of one tester through the zone of recognition, counted when it happened."""

    tester: EntryId
    passed_at: datetime


@dataclass(frozen=True, slots=True)
class BlueListAlert:
    """An alert on a tester of the blue list."""

    alert: AlertId
    tester: EntryId
    captured_at: datetime


@dataclass(frozen=True, slots=True)
class Recognition:
    """A passage and the alert it raised; None where none came."""

    passage: Passage
    alert: BlueListAlert | None


@dataclass(frozen=True, slots=True)
class RecognitionRate:
    """Recognised passages of all counted ones; `low` and `high` are the exact 95 % interval (Clopper-Pearson)."""

    recognised: int
    passages: int

    @property
    def rate(self) -> float | None:
        """None where nobody walked."""
        return self.recognised / self.passages if self.passages else None

    @property
    def low(self) -> float:
        return lower_bound(self.recognised, self.passages, _CONFIDENCE)

    @property
    def high(self) -> float:
        return upper_bound(self.recognised, self.passages, _CONFIDENCE)


@dataclass(frozen=True, slots=True)
class RecognitionResult:
    """What a test found: each passage in order of time, and alerts of testers whose passage nobody counted.

    Alerts without a passage are in no rate: counting them only when the system saw somebody would flatter it.
    """

    recognitions: tuple[Recognition, ...]
    uncounted: tuple[BlueListAlert, ...]

    @property
    def rate(self) -> RecognitionRate:
        recognised = sum(each.alert is not None for each in self.recognitions)
        return RecognitionRate(recognised, len(self.recognitions))


@dataclass(frozen=True, slots=True)
class FinishedTest:
    """A test as readiness asks about it: on what terms it ran, when it ended, and what it found."""

    test: RecognitionTestId
    deployment: DeploymentId
    terms: Terms
    ended_at: datetime
    rate: RecognitionRate


def match_passages(passages: Iterable[Passage], alerts: Iterable[BlueListAlert]) -> RecognitionResult:
    """Match alerts to passages of the same tester within `MATCH_WITHIN`, each used once, so that most are matched.

    Taking for each passage in order the earliest alert left within reach matches as many as any other way could.
    """
    waiting: dict[EntryId, list[BlueListAlert]] = defaultdict(list)
    for alert in sorted(alerts, key=lambda each: (each.captured_at, each.alert)):
        waiting[alert.tester].append(alert)
    uncounted: list[BlueListAlert] = []
    recognitions = []
    for passage in sorted(passages, key=lambda each: (each.passed_at, each.tester)):
        of_tester = waiting[passage.tester]
        while of_tester and of_tester[0].captured_at < passage.passed_at - MATCH_WITHIN:
            uncounted.append(of_tester.pop(0))
        within = bool(of_tester) and of_tester[0].captured_at <= passage.passed_at + MATCH_WITHIN
        recognitions.append(Recognition(passage, of_tester.pop(0) if within else None))
    uncounted += [alert for left in waiting.values() for alert in left]
    return RecognitionResult(tuple(recognitions), tuple(sorted(uncounted, key=lambda each: each.captured_at)))


def may_begin_test(deployment: Deployment, by: Actor, now: datetime) -> Allowed | Refusal:
    """Whether a test may begin: only where faces are analysed, so in a rehearsal or a deployment that is live."""
    verdict = may_act(by, Action.RUN_RECOGNITION_TEST, now)
    if isinstance(verdict, Refusal):
        return verdict
    if deployment.state is not DeploymentState.LIVE:
        return Refusal(
            RefusalCode.NOT_LIVE,
            f"No face is analysed while this is {deployment.state}: take it live first. To test before a deployment, "
            "rehearse with the same cameras and threshold.",
        )
    return Allowed()


def passage_refusal(
    passage: Passage, earlier: Sequence[Passage], begun_at: datetime, now: datetime, *, tester: bool
) -> Refusal | None:
    """Why a passage cannot be counted; `earlier` are those counted before, `tester` whether it is one of the list's."""
    if not tester:
        return Refusal(RefusalCode.UNKNOWN_RECORD, "This person is not a tester of the blue list on this watchlist.")
    if not begun_at <= passage.passed_at <= now:
        return Refusal(
            RefusalCode.OUTSIDE_WINDOW, "A passage lies between the beginning of the test and now: correct its time."
        )
    for other in earlier:
        apart = abs(passage.passed_at - other.passed_at)
        if other.tester == passage.tester and apart < SHORTEST_GAP:
            return Refusal(
                RefusalCode.NOT_YET,
                f"This tester was counted {apart.total_seconds():.0f} seconds before or after: leave "
                f"{SHORTEST_GAP.total_seconds():.0f} seconds between passages, or no second alert can come.",
            )
    return None


def test_speaks_for(
    tested: FinishedTest | None, deployment: Deployment, terms: Terms, now: datetime
) -> Allowed | Refusal:
    """Whether a recorded test meets the condition of an authority: the same models, threshold and cameras, and lately.

    It is a rehearsal's with those cameras and zones, or this deployment's own. How good the rate must be is for the
    authorising officer to say: the figure and its interval stand in the record.
    """
    if tested is None or tested.rate.passages == 0:
        return Refusal(
            RefusalCode.NOT_READY,
            "The authority asks for a blue-list test: let testers walk past in a rehearsal, count every passage, and "
            "name the finished test.",
        )
    if tested.terms.setup != terms.setup or tested.terms.threshold != terms.threshold:
        return Refusal(
            RefusalCode.NOT_READY,
            f"The test ran with {tested.terms.setup} at threshold {tested.terms.threshold:g}; authorised are "
            f"{terms.setup} at {terms.threshold:g}. Test again.",
        )
    known = {(each.camera, each.zone) for each in tested.terms.cameras}
    untested = [each.name for each in terms.cameras if (each.camera, each.zone) not in known]
    if untested:
        return Refusal(
            RefusalCode.NOT_READY,
            f"Nobody walked past {', '.join(untested)} with the zone that is authorised: test these cameras too.",
        )
    if tested.deployment != deployment.deployment and not (
        tested.ended_at <= now and tested.ended_at >= terms.window.start - LONGEST_AGE
    ):
        return Refusal(
            RefusalCode.NOT_READY,
            f"The test ended at {tested.ended_at:%Y-%m-%d %H:%M} UTC, more than "
            f"{LONGEST_AGE / timedelta(hours=1):g} hours before the deployment: test again.",
        )
    return Allowed()
