"""Long acts under way: whoever asked for one asks here how far it is."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from openlfr.hub.parts import part
from openlfr.hub.problems import WrongField, answered
from openlfr.hub.schemas.jobs import JobView
from openlfr.hub.schemas.wire import Identifier
from openlfr.hub.signed_in import SignedIn
from openlfr.hub.work import Job, Work

router = APIRouter(prefix="/jobs", tags=["jobs"])

HubWork = Annotated[Work, Depends(part(Work))]


@router.get("")
def list_jobs(caller: SignedIn, work: HubWork) -> list[JobView]:
    """The jobs you asked for, the newest first."""
    return [view_of(each) for each in work.jobs(caller.staff)]


@router.get("/{job}")
def get_job(caller: SignedIn, work: HubWork, job: Annotated[Identifier, Path()]) -> JobView:
    """One job you asked for, as it stands now."""
    return view_of(answered(work.job(job, caller.staff)))


def view_of(job: Job) -> JobView:
    """A job as it is answered."""
    refused = job.refusal
    return JobView.model_validate(
        {
            **{name: getattr(job, name) for name in JobView.model_fields if name != "problems"},
            "sentence": job.sentence if refused is None else refused.sentence,
            "problems": [
                WrongField(field=each.field, sentence=each.sentence) for each in (refused.problems if refused else ())
            ],
        }
    )
