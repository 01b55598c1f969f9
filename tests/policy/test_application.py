from dataclasses import replace
from datetime import date, timedelta

import pytest
from tests.support.deployment_values import CERTIFICATE, END, EU, NOON, SQUARE, START, UK, application, terms

from openlfr.policy.application import (
    USE_CASES,
    Application,
    Location,
    LocationGround,
    UseCase,
    application_problems,
)
from openlfr.policy.authority import CameraTerms, Point, Window
from openlfr.policy.certificates import MatchingSetup
from openlfr.policy.identifiers import CameraId, CertificateId, NodeId, StaffId
from openlfr.policy.jurisdiction import Aim
from openlfr.policy.watchlist import Category

CAMERA = terms().cameras[0]


def fields_wrong(asked: Application, rehearsal: bool = False) -> dict[str, str]:
    return {each.field: each.sentence for each in application_problems(asked, UK, CERTIFICATE, rehearsal, NOON)}


def test_a_complete_application_has_no_problems() -> None:
    assert fields_wrong(application()) == {}
    assert application_problems(application(EU), EU, CERTIFICATE, False, NOON) == ()


@pytest.mark.parametrize(
    "field", ["controller", "purpose", "necessity", "proportionality", "less_intrusive_alternatives"]
)
def test_every_justification_must_be_written(field: str) -> None:
    assert fields_wrong(application(**{field: "  \n"})) == {field: "Please fill this in."}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"expected_footfall": 0}, "expected_footfall"),
        ({"purpose": "x" * 20_001}, "purpose"),
        ({"purpose": "a\x00b"}, "purpose"),
        ({"purpose": "a\ud800b"}, "purpose"),
        ({"use_case": UseCase.SPECIFIC_INTELLIGENCE}, "location.ground"),
        ({"aim": Aim.IMMINENT_THREAT}, "aim"),
        ({"assembly": True}, "assembly_authority_reference"),
        ({"location": Location("", SQUARE, LocationGround.HOTSPOT, "Robberies.")}, "location.name"),
        ({"location": Location("Market", SQUARE[:2], LocationGround.HOTSPOT, "Robberies.")}, "location.zone"),
        ({"location": Location("Market", SQUARE, LocationGround.HOTSPOT, "")}, "location.evidence"),
        ({"terms": terms(cameras=())}, "terms.cameras"),
        ({"terms": terms(cameras=(CAMERA, CAMERA))}, "terms.cameras"),
        (
            {"terms": terms(cameras=(replace(CAMERA, zone=(Point(0, 0), Point(1, 1), Point(2, 2))),))},
            "terms.cameras.0.zone",
        ),
        (
            {"terms": terms(cameras=(replace(CAMERA, zone=(Point(0, 0), Point(0.5, 0.5), Point(1, 1))),))},
            "terms.cameras.0.zone",
        ),
        ({"terms": terms(cameras=(replace(CAMERA, name=""),))}, "terms.cameras.0.name"),
        ({"terms": terms(window=Window(END, START))}, "terms.window.end"),
        ({"terms": terms(window=Window(START, START))}, "terms.window.end"),
        ({"terms": terms(window=Window(START, START + timedelta(hours=25)))}, "terms.window.end"),
        ({"terms": terms(window=Window(NOON - timedelta(hours=3), NOON))}, "terms.window.end"),
        ({"terms": terms(categories=())}, "terms.categories"),
        ({"terms": terms(categories=(Category.VICTIM, Category.VICTIM))}, "terms.categories"),
        ({"terms": terms(largest_watchlist=0)}, "terms.largest_watchlist"),
        ({"terms": terms(largest_watchlist=20_001)}, "terms.largest_watchlist"),
        ({"terms": terms(officers=())}, "terms.officers"),
        ({"terms": terms(officers=(StaffId("a"), StaffId("a")))}, "terms.officers"),
        ({"terms": terms(threshold=0.59)}, "terms.threshold"),
        ({"terms": terms(threshold=float("nan"))}, "terms.threshold"),
        ({"terms": terms(threshold=1.01)}, "terms.threshold"),
        ({"terms": terms(setup=MatchingSetup("sface", "bf16", "mean of best shots"))}, "terms.threshold"),
        ({"terms": terms(certificate=CertificateId("none"))}, "terms.certificate"),
    ],
)
def test_one_wrong_field_is_one_named_problem(changes: dict[str, object], field: str) -> None:
    assert list(fields_wrong(application(**changes))) == [field]


def test_every_assessment_the_law_asks_for_must_be_there_and_current() -> None:
    complete = application()
    for missing in UK.required_assessments:
        rest = tuple(each for each in complete.assessments if each.kind is not missing)
        assert fields_wrong(replace(complete, assessments=rest)) == {
            "assessments": f"The {missing} is missing: give its reference and review date."
        }
    stale = (replace(complete.assessments[0], review_by=date(2026, 5, 10)), *complete.assessments[1:])
    assert (
        "was due for review on 2026-05-10"
        in fields_wrong(replace(complete, assessments=stale))["assessments.0.review_by"]
    )
    on_the_day = (replace(complete.assessments[0], review_by=NOON.date()), *complete.assessments[1:])
    assert fields_wrong(replace(complete, assessments=on_the_day)) == {}


def test_europe_needs_one_of_its_three_aims() -> None:
    problems = application_problems(application(EU, aim=None), EU, CERTIFICATE, False, NOON)
    assert [each.field for each in problems] == ["aim"]
    assert "search for victims and missing persons" in problems[0].sentence


def test_in_europe_nobody_is_looked_for_whom_the_aim_does_not_cover() -> None:
    missing = application(EU, aim=Aim.VICTIMS_AND_MISSING)
    problems = application_problems(missing, EU, CERTIFICATE, False, NOON)
    assert {each.field for each in problems} == {"terms.categories"}
    assert problems[0].sentence.endswith("does not cover the category: wanted by the courts.")
    children = replace(missing, terms=terms(categories=(Category.MISSING_AT_RISK,)))
    assert application_problems(children, EU, CERTIFICATE, False, NOON) == ()


def test_a_rehearsal_has_no_categories_and_needs_the_data_protection_assessment_only() -> None:
    rehearsed = application(terms=terms(categories=()))
    assert fields_wrong(replace(rehearsed, assessments=rehearsed.assessments[:1]), rehearsal=True) == {}
    assert list(fields_wrong(application(), rehearsal=True)) == ["terms.categories"]
    assert list(fields_wrong(replace(rehearsed, assessments=()), rehearsal=True)) == ["assessments"]


def test_the_published_use_cases_have_their_published_keys() -> None:
    assert [(USE_CASES[each].number, USE_CASES[each].section) for each in UseCase] == [
        (1, "2.3(a)"),
        (2, "2.3(b)"),
        (3, "2.7(a)"),
        (4, "2.7(b)"),
        (5, "2.9"),
    ]


@pytest.mark.parametrize(
    "text", ["Ærøskøbing, Ñandú", "شارع الملك", "北京路 🚓", "x'; DROP TABLE deployments; --", "=1+1", "a" * 20_000]
)
def test_any_script_and_any_punctuation_is_ordinary_text(text: str) -> None:
    assert fields_wrong(application(purpose=text)) == {}


def test_all_problems_are_told_at_once() -> None:
    wrong = application(purpose="", expected_footfall=-1, terms=terms(cameras=(), officers=()))
    assert set(fields_wrong(wrong)) == {"purpose", "expected_footfall", "terms.cameras", "terms.officers"}


def test_a_window_holds_its_start_and_not_its_end() -> None:
    window = Window(START, END)
    assert window.contains(START)
    assert window.contains(END - timedelta(microseconds=1))
    assert not window.contains(END)


def test_too_many_cameras_are_refused() -> None:
    many = tuple(CameraTerms(CameraId(f"cam-{n}"), NodeId("node-1"), f"Camera {n}", SQUARE) for n in range(257))
    assert list(fields_wrong(application(terms=terms(cameras=many)))) == ["terms.cameras"]
