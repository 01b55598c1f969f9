"""What everybody who is signed in may read: the words of the field, and what each jurisdiction demands."""

from fastapi import APIRouter

from openlfr.hub.parts import HubServices
from openlfr.hub.schemas.profiles import ProfileView
from openlfr.hub.schemas.vocabulary import Vocabulary, vocabulary
from openlfr.hub.signed_in import SignedIn

router = APIRouter(tags=["vocabulary"])


@router.get("/vocabulary")
def get_vocabulary(_caller: SignedIn) -> Vocabulary:
    """Every closed list, who may take which act in which state, and what forms may hold at most."""
    return vocabulary()


@router.get("/profiles")
def list_profiles(_caller: SignedIn, services: HubServices) -> list[ProfileView]:
    """The jurisdiction profiles that a deployment may be under."""
    return [ProfileView.model_validate(each) for each in services.profiles.values()]
