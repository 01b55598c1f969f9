"""The application form as people write it, in TOML: its template, and how it is read into the values of the rules.

Fields have the names by which the rules call them, so that a refusal names the line to mend. A form may be incomplete:
it is kept as a draft, and submitting says what is missing.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final, TypeVar

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    Strict,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)
from pydantic_core import ErrorDetails, PydanticCustomError

from openlfr.capture.file_names import shown
from openlfr.policy.application import Application, Assessment, Location, LocationGround, UseCase
from openlfr.policy.authority import CameraTerms, Conditions, Point, Polygon, Terms, Window
from openlfr.policy.certificates import MatchingSetup
from openlfr.policy.identifiers import CameraId, CertificateId, NodeId, StaffId
from openlfr.policy.jurisdiction import PACKAGED_PROFILES, Aim, AssessmentKind
from openlfr.policy.refusal import FieldProblem, Refusal, RefusalCode, refused_fields
from openlfr.policy.watchlist import Category

_MOST_BYTES: Final = 1 << 20
_MOST_PROBLEMS: Final = 50
_EARLIEST: Final = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)

_Choice = TypeVar("_Choice", bound=StrEnum)


@dataclass(frozen=True, slots=True)
class DraftForm:
    """What a form says: the application, the profile it is made under, and whether it is a rehearsal."""

    application: Application
    profile: str
    rehearsal: bool


def _choosing(kind: type[_Choice]) -> BeforeValidator:
    """Takes a choice by its name in small letters, as watchlists do, or by its words."""

    def chosen(value: object) -> StrEnum:
        for member in kind:
            if isinstance(value, str) and value.lower() in (member.name.lower(), member.value.lower()):
                return member
        raise PydanticCustomError("choice", "Choose one of: {names}.", {"names": ", ".join(_names(kind))})

    return BeforeValidator(chosen)


def _names(kind: type[StrEnum]) -> list[str]:
    return [member.name.lower() for member in kind]


_Identifier = Annotated[StrictStr, Field(min_length=1, max_length=128)]
_Count = Annotated[StrictInt, Field(ge=0, le=1_000_000_000)]
_Number = Annotated[StrictFloat, Field(ge=-1000, le=1000, allow_inf_nan=False)]
_Moment = Annotated[AwareDatetime, Strict(), Field(ge=_EARLIEST, le=_LATEST)]
_Day = Annotated[date, Strict()]
_Zone = Annotated[list[Annotated[list[_Number], Field(min_length=2, max_length=2)]], Field(max_length=100)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Location(_Part):
    name: StrictStr
    zone: _Zone
    ground: Annotated[LocationGround, _choosing(LocationGround)]
    evidence: StrictStr


class _Assessment(_Part):
    kind: Annotated[AssessmentKind, _choosing(AssessmentKind)]
    reference: StrictStr
    review_by: _Day


class _Window(_Part):
    start: _Moment
    end: _Moment


class _Camera(_Part):
    camera: _Identifier
    node: _Identifier
    name: StrictStr
    zone: _Zone


class _Setup(_Part):
    model_pack: StrictStr
    precision: StrictStr
    fusion_rule: StrictStr


class _Conditions(_Part):
    blue_list_test: StrictBool = False
    two_person_verification: StrictBool = False
    advance_notice: StrictBool = False


class _Terms(_Part):
    categories: list[Annotated[Category, _choosing(Category)]]
    threshold: _Number
    certificate: StrictStr
    largest_watchlist: _Count
    officers: list[_Identifier]
    window: _Window
    setup: _Setup
    conditions: _Conditions = _Conditions()
    cameras: list[_Camera]


class _Form(_Part):
    profile: StrictStr = "uk"
    rehearsal: StrictBool = False
    controller: StrictStr
    purpose: StrictStr
    use_case: Annotated[UseCase, _choosing(UseCase)]
    expected_footfall: _Count
    necessity: StrictStr
    proportionality: StrictStr
    less_intrusive_alternatives: StrictStr
    aim: Annotated[Aim | None, _choosing(Aim)] = None
    assembly: StrictBool = False
    assembly_authority_reference: StrictStr | None = None
    location: _Location
    assessments: list[_Assessment]
    terms: _Terms


def read_form(path: Path) -> DraftForm | Refusal:
    """The form in a file, or which of its fields are wrong, each with a sentence."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        return _unreadable(f"{shown(path)} cannot be read: {error.strerror}.")
    if len(content) > _MOST_BYTES:
        return _unreadable(f"{shown(path)} is larger than a megabyte: an application form is a few kilobytes.")
    return parse_form(content, shown(path))


def parse_form(content: bytes, name: str) -> DraftForm | Refusal:
    """The same for a form that was read; `name` is what refusals call it."""
    try:
        document = tomllib.loads(content.decode("utf-8"))
    except (ValueError, RecursionError) as error:  # besides its own errors, numbers too long and lists too deep
        return _unreadable(f"{name} is not TOML: {shown(str(error))[:200]}.")
    try:
        form = _Form.model_validate(document)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)[:_MOST_PROBLEMS]
        return refused_fields(name, [_problem(each) for each in found])
    return DraftForm(_application(form), form.profile, form.rehearsal)


def _unreadable(sentence: str) -> Refusal:
    return Refusal(RefusalCode.INVALID_FIELDS, sentence)


_SENTENCES: Final[Mapping[str, str]] = {
    "missing": "Please fill this in; `openlfr deployment template` shows how.",
    "extra_forbidden": "There is no such field; `openlfr deployment template` shows all there are.",
    "string_type": 'Write text between quotation marks, as in "North End".',
    "bool_type": "Write true or false.",
    "int_type": "Write a whole number.",
    "float_type": "Write a number.",
    "finite_number": "Write a number.",
    "date_type": "Write a day, without quotation marks, as in 2026-05-31.",
    "datetime_type": "Write date and time with their offset, without quotation marks: 2026-05-31T14:00:00+01:00.",
    "timezone_aware": "Say how far the time is from UTC, as in 2026-05-31T14:00:00+01:00.",
    "list_type": "Write a list between [ and ].",
    "model_type": "This is a section of its own; `openlfr deployment template` shows how.",
}


def _problem(error: ErrorDetails) -> FieldProblem:
    field = shown(".".join(str(part) for part in error["loc"]))[:200] or "form"
    said = error["msg"] if error["type"] == "choice" else _SENTENCES.get(error["type"], f"{error['msg']}.")
    return FieldProblem(field, said)


def _application(form: _Form) -> Application:
    return Application(
        controller=form.controller,
        purpose=form.purpose,
        use_case=form.use_case,
        location=Location(
            form.location.name, _polygon(form.location.zone), form.location.ground, form.location.evidence
        ),
        terms=_terms(form.terms),
        expected_footfall=form.expected_footfall,
        necessity=form.necessity,
        proportionality=form.proportionality,
        less_intrusive_alternatives=form.less_intrusive_alternatives,
        assessments=tuple(Assessment(each.kind, each.reference, each.review_by) for each in form.assessments),
        aim=form.aim,
        assembly=form.assembly,
        assembly_authority_reference=form.assembly_authority_reference,
    )


def _terms(form: _Terms) -> Terms:
    return Terms(
        cameras=tuple(
            CameraTerms(CameraId(each.camera), NodeId(each.node), each.name, _polygon(each.zone))
            for each in form.cameras
        ),
        window=Window(form.window.start.astimezone(UTC), form.window.end.astimezone(UTC)),
        categories=tuple(form.categories),
        threshold=form.threshold,
        setup=MatchingSetup(form.setup.model_pack, form.setup.precision, form.setup.fusion_rule),
        certificate=CertificateId(form.certificate),
        largest_watchlist=form.largest_watchlist,
        officers=tuple(StaffId(each) for each in form.officers),
        conditions=Conditions(
            blue_list_test=form.conditions.blue_list_test,
            two_person_verification=form.conditions.two_person_verification,
            advance_notice=form.conditions.advance_notice,
        ),
    )


def _polygon(zone: list[list[float]]) -> Polygon:
    return tuple(Point(float(x), float(y)) for x, y in zone)


def form_template(now: datetime) -> str:
    """A form to fill in, with every field and every choice.

    The window begins in three hours: a list that is drawn today may be frozen for it under every profile.
    """
    start = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=3)
    return _TEMPLATE.format(
        profiles=", ".join(PACKAGED_PROFILES),
        use_cases=_choices(UseCase),
        aims=_choices(Aim),
        grounds=_choices(LocationGround),
        assessments=_choices(AssessmentKind),
        categories=_choices(Category),
        start=f"{start:%Y-%m-%dT%H:%M:%SZ}",
        end=f"{start + timedelta(hours=6):%Y-%m-%dT%H:%M:%SZ}",
        review_by=f"{start.date() + timedelta(days=180)}",
    )


def _choices(kind: type[StrEnum]) -> str:
    return "\n".join(f"#   {member.name.lower()}: {member.value}" for member in kind)


_TEMPLATE: Final = """\
# An application to deploy. Fill it in, then: openlfr deployment draft THIS_FILE
# A draft may be incomplete; submitting says what is missing. Lines that begin with # are for whoever writes.

profile = "uk"                       # the jurisdiction: {profiles}
rehearsal = false                    # true: consenting people only, categories = []; it stays a rehearsal for good
controller = ""                      # the force that answers for the data
purpose = ""                         # what the deployment is for
# use_case:
{use_cases}
use_case = "crime_hotspot"
expected_footfall = 0                # people who will pass, walking, in the whole time
necessity = ""                       # why this is needed
proportionality = ""                 # why what is taken from passers-by is worth it
less_intrusive_alternatives = ""     # what was tried or weighed instead, and why it does not do
# aim, only under a profile that has a list of them (eu):
{aims}
# aim = "victims_and_missing"
assembly = false                     # is there a protest in the area? Then name the further authority:
# assembly_authority_reference = ""

[location]
name = ""
zone = []                            # where people walk: [[longitude, latitude], ...], three corners or more
# ground, which follows from the use case:
{grounds}
ground = "hotspot"
evidence = ""                        # what shows that it must be here

# One section for each assessment. kind:
{assessments}
[[assessments]]
kind = "data_protection"
reference = ""
review_by = {review_by}

[[assessments]]
kind = "appropriate_policy"
reference = ""
review_by = {review_by}

[[assessments]]
kind = "equality"
reference = ""
review_by = {review_by}

[[assessments]]
kind = "community"
reference = ""
review_by = {review_by}

# What the authority will fix.
[terms]
# categories, whom to look for:
{categories}
categories = []
threshold = 0.0                      # certificate, threshold and setup: `openlfr deployment import-certificate`
certificate = ""
largest_watchlist = 0                # the most people the watchlist may hold
officers = []                        # on duty: their identifiers, as `openlfr people list` gives them

[terms.window]                       # a watchlist may be frozen for it only shortly before it begins (uk: a day)
start = {start}
end = {end}

[terms.setup]
model_pack = ""
precision = ""
fusion_rule = ""

[terms.conditions]                   # on top of what the profile demands
blue_list_test = false               # testers must be recognised before going live
two_person_verification = false      # two people must agree before anybody is approached
advance_notice = false               # true: where and when is published beforehand

# One section for each camera. zone: the part of the picture that is analysed, in fractions of its width and height.
[[terms.cameras]]
camera = "cam-1"
node = "node-1"
name = ""
zone = [[0.0, 0.0], [1.0, 0.0], [1.0, 1.0], [0.0, 1.0]]
"""
