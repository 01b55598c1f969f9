"""Jurisdiction profiles and threshold certificates on the wire."""

from datetime import datetime, timedelta

from pydantic import ConfigDict, Field

from openlfr.hub.schemas.application import SetupForm
from openlfr.hub.schemas.wire import Answering, Asking, Text
from openlfr.policy.jurisdiction import Aim, AssessmentKind


class ProfileView(Answering):
    """What one jurisdiction demands."""

    name: str = Field(examples=["uk"])
    version: str
    title: str
    basis: str
    aims: list[Aim] = Field(description="The closed list an application chooses from; empty where the law has none.")
    external_authority: bool = Field(description="A judge or independent body must have authorised too.")
    urgent_authority: bool
    urgent_review: timedelta
    two_person_verification: bool
    required_assessments: list[AssessmentKind]
    longest_window: timedelta
    watchlist_age: timedelta = Field(description="The oldest a watchlist may be when the deployment begins.")
    officer_presence: timedelta = Field(description="The longest time since an officer on duty confirmed to be there.")
    alert_answer: timedelta = Field(description="An alert unanswered for longer expires.")
    largest_watchlist: int
    false_alert_ceiling: float = Field(description="False alerts per face, beyond which the guard pauses.")


class CertificateView(Answering):
    """A threshold certificate: for which setup, list size and scores a threshold was shown to be safe."""

    certificate: str
    setup: SetupForm
    lowest_threshold: float
    target_fpir: float
    smallest_watchlist: int
    largest_watchlist: int
    issued_at: datetime
    expires_at: datetime


class CertificateFile(Asking):
    """A certificate, as `openlfr calibrate` writes it, and the public key that must have signed it."""

    document: Text = Field(description="The file's text: one line of JSON.")
    signer: str = Field(
        pattern="^[0-9a-f]{64}$", description="The key, in hexadecimal, as its maker told you on another way."
    )

    model_config = ConfigDict(json_schema_extra={"examples": [{"document": "{}", "signer": "ab" * 32}]})
