"""Blue-list tests: begun where faces are analysed, every passage counted as it happens, and ended."""

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, File, Path, Response, UploadFile

from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.public_routes import PREFIX
from openlfr.hub.schemas.recognition_tests import PassageForm, RecognitionTestView, recognition_test_of
from openlfr.hub.schemas.wire import DeploymentPath, Identifier
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.identifiers import DeploymentId, PersonReference, RecognitionTestId
from openlfr.policy.refusal import FieldProblem, Refusal, refused_fields
from openlfr.policy.roles import Action
from openlfr.records.acting import reference
from openlfr.records.looking import may_look
from openlfr.records.passage_list import LARGEST_LIST, PassageListError, read_passages
from openlfr.records.recognition_tests import KIND, CountedPassage, RecognitionTests

router = APIRouter(tags=["recognition tests"])

TestPath = Annotated[Identifier, Path(description="The test's identifier.")]


@router.get("/deployments/{deployment}/recognition-tests")
def list_recognition_tests(
    caller: SignedIn, services: HubServices, deployment: DeploymentPath
) -> list[RecognitionTestView]:
    """The blue-list tests of a deployment or rehearsal, the oldest first."""
    found = answered(RecognitionTests(services.records).of(caller.actor, DeploymentId(deployment)))
    return [recognition_test_of(each) for each in found]


@router.post("/deployments/{deployment}/recognition-tests", status_code=HTTPStatus.CREATED)
def begin_recognition_test(
    caller: SignedIn, services: HubServices, response: Response, deployment: DeploymentPath
) -> RecognitionTestView:
    """Begin a test in a live deployment or rehearsal; at most one is open at a time."""
    tests = RecognitionTests(services.records)
    begun = recognition_test_of(answered(tests.begin(caller.actor, DeploymentId(deployment), caller.origin)))
    response.headers["Location"] = f"{PREFIX}/recognition-tests/{begun.test}"
    return begun


@router.get("/recognition-tests/{test}")
def get_recognition_test(caller: SignedIn, services: HubServices, test: TestPath) -> RecognitionTestView:
    """A test as it stands, also while it is open."""
    return recognition_test_of(answered(RecognitionTests(services.records).show(caller.actor, RecognitionTestId(test))))


@router.post("/recognition-tests/{test}/count-passage")
def count_passage(caller: SignedIn, services: HubServices, test: TestPath, act: PassageForm) -> RecognitionTestView:
    """Count a passage, whether or not an alert came. The same one twice is one."""
    passage = CountedPassage(PersonReference(act.tester), act.passed_at or services.records.clock())
    tests = RecognitionTests(services.records)
    return recognition_test_of(answered(tests.count(caller.actor, RecognitionTestId(test), passage, caller.origin)))


@router.post("/recognition-tests/{test}/import-passages", max_body_size=2 * LARGEST_LIST)
def import_passages(
    caller: SignedIn,
    services: HubServices,
    test: TestPath,
    table: Annotated[UploadFile, File(description="CSV in UTF-8 with the columns tester and time.")],
) -> RecognitionTestView:
    """Count passages that were written down on paper: all of them, or none where one cannot be."""
    log = reference(KIND, RecognitionTestId(test))
    answered(may_look(services.records, caller.actor, log, caller.origin, Action.RUN_RECOGNITION_TEST) or True)
    passages = answered(_read(table))
    tests = RecognitionTests(services.records)
    return recognition_test_of(
        answered(tests.count_all(caller.actor, RecognitionTestId(test), passages, caller.origin))
    )


@router.post("/recognition-tests/{test}/end")
def end_recognition_test(caller: SignedIn, services: HubServices, test: TestPath) -> RecognitionTestView:
    """End a test; its passages cannot be changed any more."""
    tests = RecognitionTests(services.records)
    return recognition_test_of(answered(tests.end(caller.actor, RecognitionTestId(test), caller.origin)))


def _read(table: UploadFile) -> list[CountedPassage] | Refusal:
    try:
        return read_passages(table.file.read(LARGEST_LIST + 1))
    except PassageListError as error:
        return refused_fields("The passages", [FieldProblem("table", str(error))])
