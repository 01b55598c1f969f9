"""How known-answer alerts were answered: everybody's for the auditor, one's own for whoever answers alerts."""

from typing import Annotated

from fastapi import APIRouter, Query

from openlfr.hub.parts import HubServices
from openlfr.hub.problems import answered
from openlfr.hub.schemas.recognition_tests import KnownAnswerScoreView, score_of
from openlfr.hub.schemas.wire import Identifier
from openlfr.hub.signed_in import SignedIn
from openlfr.policy.identifiers import StaffId
from openlfr.records.known_answers import known_answer_scores

router = APIRouter(tags=["known answers"])


@router.get("/known-answers/scores")
def list_known_answer_scores(
    caller: SignedIn,
    services: HubServices,
    staff: Annotated[Identifier | None, Query(description="Only this person's.")] = None,
) -> list[KnownAnswerScoreView]:
    """The scores, by who answered first. The look is in the audit log before this is answered."""
    asked = None if staff is None else StaffId(staff)
    found = answered(known_answer_scores(services.records, caller.actor, caller.origin, asked))
    return [score_of(each) for each in found]
