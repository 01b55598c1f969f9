"""The application to deploy and the terms that an authority fixes, as they are written and as they are shown."""

from typing import Annotated, Final

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict, JsonValue

from openlfr.hub.schemas.wire import Asking, Count, Day, Moment, Name, Number, Text
from openlfr.policy.application import LocationGround, UseCase
from openlfr.policy.documents import MOST_ITEMS
from openlfr.policy.jurisdiction import Aim, AssessmentKind
from openlfr.policy.watchlist import Category

_Short = Annotated[str, Field(min_length=1, max_length=128, pattern=r"^[^\x00-\x1f\x7f]+$")]
_MostCorners = Field(max_length=100)


SQUARE_EXAMPLE: Final[list[JsonValue]] = [
    {"x": 0.0, "y": 0.0},
    {"x": 1.0, "y": 0.0},
    {"x": 1.0, "y": 1.0},
    {"x": 0.0, "y": 1.0},
]
TERMS_EXAMPLE: Final[JsonDict] = {
    "cameras": [{"camera": "cam-1", "node": "node-1", "name": "North End, facing south", "zone": SQUARE_EXAMPLE}],
    "window": {"start": "2026-05-11T14:00:00Z", "end": "2026-05-11T20:00:00Z"},
    "categories": [Category.WANTED_BY_COURTS.value],
    "threshold": 0.64,
    "setup": {"model_pack": "sface", "precision": "f32", "fusion_rule": "mean of best shots"},
    "certificate": "0196c000-0000-7000-8000-0000000000ce",
    "largest_watchlist": 1000,
    "officers": ["0196c000-0000-7000-8000-0000000000f1"],
    "conditions": {"blue_list_test": False, "two_person_verification": False, "advance_notice": False},
}
APPLICATION_EXAMPLE: Final[JsonDict] = {
    "controller": "Borough Police",
    "purpose": "Find people wanted by the courts at the market.",
    "use_case": UseCase.CRIME_HOTSPOT.value,
    "location": {
        "name": "North End",
        "zone": SQUARE_EXAMPLE,
        "ground": LocationGround.HOTSPOT.value,
        "evidence": "Robberies have doubled since March.",
    },
    "terms": TERMS_EXAMPLE,
    "expected_footfall": 12000,
    "necessity": "Warrants were not served at known addresses.",
    "proportionality": "Six hours, one camera, a short list.",
    "less_intrusive_alternatives": "Patrols with printed pictures found nobody in four weeks.",
    "assessments": [
        {"kind": kind.value, "reference": f"REF/{number}", "review_by": "2027-01-01"}
        for number, kind in enumerate(AssessmentKind, 1)
    ],
    "aim": None,
    "assembly": False,
    "assembly_authority_reference": None,
}


class PointForm(Asking):
    """A corner. In a camera's zone x and y are fractions of the picture, 0..1, y downwards; in a location's zone x is
    the longitude and y the latitude in degrees (WGS 84)."""

    x: Number = Field(examples=[0.0])
    y: Number = Field(examples=[0.0])


class LocationForm(Asking):
    """Where: a name, the polygon people walk through, and why here."""

    name: Name
    zone: Annotated[list[PointForm], _MostCorners]
    ground: LocationGround
    evidence: Text


class AssessmentForm(Asking):
    """An impact assessment: its reference in the force's register and the day by which it must be reviewed."""

    kind: AssessmentKind
    reference: Name
    review_by: Day


class WindowForm(Asking):
    """The time asked for: from `start` up to but not including `end`."""

    start: Moment
    end: Moment


class SetupForm(Asking):
    """How scores are made, as the threshold's certificate says it."""

    model_pack: Name
    precision: Name
    fusion_rule: Name


class CameraTermsForm(Asking):
    """One camera: the node that runs it, and its zone of recognition; faces outside it are never analysed."""

    camera: _Short
    node: _Short
    name: Name
    zone: Annotated[list[PointForm], _MostCorners]


class ConditionsForm(Asking):
    """What the authorising officer asks for on top of what the profile demands."""

    blue_list_test: bool = Field(default=False, description="Testers must be recognised before going live.")
    two_person_verification: bool = Field(
        default=False, description="Two people must agree before anybody is approached."
    )
    advance_notice: bool = Field(default=False, description="Where and when is told the public beforehand.")


class TermsForm(Asking):
    """Who may be looked for, where, when and how surely: everything an authority fixes."""

    cameras: Annotated[list[CameraTermsForm], Field(max_length=MOST_ITEMS)]
    window: WindowForm
    categories: Annotated[list[Category], Field(max_length=len(Category) * 2)]
    threshold: Number
    setup: SetupForm
    certificate: Name = Field(description="The identifier of the threshold's certificate.")
    largest_watchlist: Count = Field(description="The most people the watchlist may hold.")
    officers: Annotated[list[_Short], Field(max_length=MOST_ITEMS)] = Field(
        description="Those on duty, by identifier; one of them must have checked in for any frame to be analysed."
    )
    conditions: ConditionsForm = ConditionsForm()

    model_config = ConfigDict(json_schema_extra={"examples": [TERMS_EXAMPLE]})


class ApplicationForm(Asking):
    """What an applicant asks for and why. A draft may be incomplete: submitting says what is missing."""

    controller: Name = Field(description="The force that answers for the data.")
    purpose: Text
    use_case: UseCase
    location: LocationForm
    terms: TermsForm
    expected_footfall: Count
    necessity: Text
    proportionality: Text
    less_intrusive_alternatives: Text
    assessments: Annotated[list[AssessmentForm], Field(max_length=MOST_ITEMS)]
    aim: Aim | None = Field(default=None, description="Only under a profile that has a list of aims.")
    assembly: bool = Field(default=False, description="There is a protest in the area.")
    assembly_authority_reference: Name | None = None

    model_config = ConfigDict(json_schema_extra={"examples": [APPLICATION_EXAMPLE]})
