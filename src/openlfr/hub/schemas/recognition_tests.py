"""Blue-list tests and known-answer scores on the wire."""

from datetime import datetime

from pydantic import ConfigDict, Field

from openlfr.hub.schemas.wire import Answering, Asking, Moment, Name
from openlfr.policy.known_answer import KnownAnswerScore
from openlfr.policy.recognition_test import Recognition
from openlfr.records.recognition_tests import RecognitionTest


class RecognitionRateView(Answering):
    """Recognised passages of all counted ones, with the exact 95 % interval (Clopper-Pearson)."""

    recognised: int
    passages: int
    rate: float | None = Field(description="Null where nobody walked.")
    low: float
    high: float


class PassageView(Answering):
    """One counted passage, and the alert it raised."""

    tester: str = Field(description="The tester's entry on the watchlist.")
    passed_at: datetime
    alert: str | None = Field(description="Null where none came: the tester was missed.")


class UncountedAlertView(Answering):
    """An alert on a tester whose passage nobody counted; it is in no rate."""

    alert: str
    tester: str
    captured_at: datetime


class RecognitionTestView(Answering):
    """A blue-list test as it stands: open while `ended_at` is null."""

    test: str
    deployment: str
    begun_at: datetime
    ended_at: datetime | None
    rate: RecognitionRateView
    passages: list[PassageView]
    uncounted: list[UncountedAlertView]


class PassageForm(Asking):
    """A passage of a tester through the zone of recognition, whether or not an alert came."""

    tester: Name = Field(description="The reference under which the tester is listed.")
    passed_at: Moment | None = Field(default=None, description="When; now, by the hub's clock, if left out.")

    model_config = ConfigDict(json_schema_extra={"examples": [{"tester": "T/1"}]})


class KnownAnswerScoreView(Answering):
    """How somebody answered known-answer alerts: same person or two, answered rightly or wrongly."""

    staff: str | None = Field(description="Null gathers questions that nobody answered.")
    same_right: int
    same_wrong: int
    different_right: int
    different_wrong: int
    undecided: int = Field(description='Answered "possible" or "cannot tell".')
    unanswered: int
    decided: int
    right: int
    low: float = Field(description="With `high` the exact 95 % interval of the share of decided answers that is right.")
    high: float


def recognition_test_of(test: RecognitionTest) -> RecognitionTestView:
    """A test as it is answered."""
    return RecognitionTestView(
        test=test.test,
        deployment=test.deployment,
        begun_at=test.begun_at,
        ended_at=test.ended_at,
        rate=RecognitionRateView.model_validate(test.result.rate),
        passages=[_passage(each) for each in test.result.recognitions],
        uncounted=[UncountedAlertView.model_validate(each) for each in test.result.uncounted],
    )


def score_of(score: KnownAnswerScore) -> KnownAnswerScoreView:
    """A score as it is answered."""
    low, high = score.interval
    counted = {name: getattr(score, name) for name in KnownAnswerScoreView.model_fields if name not in ("low", "high")}
    return KnownAnswerScoreView(**counted, low=low, high=high)


def _passage(recognition: Recognition) -> PassageView:
    passage, alert = recognition.passage, recognition.alert
    return PassageView(tester=passage.tester, passed_at=passage.passed_at, alert=None if alert is None else alert.alert)
