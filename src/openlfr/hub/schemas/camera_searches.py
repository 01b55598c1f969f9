"""Searches for cameras on the wire: what a node was asked to look for, and what it found by now."""

from datetime import datetime
from enum import StrEnum
from typing import Final

from pydantic import Field

from openlfr.hub.node_questions import Asked
from openlfr.hub.schemas.wire import Answering, Asking, Identifier, Name
from openlfr.link.messages import LONGEST_FOUND_TEXT, SearchFound, SearchWanted

_UNANSWERED: Final = (
    "The node did not answer in time. See whether it still runs and reaches this hub, and search again."
)


class SearchState(StrEnum):
    """How a search fares."""

    UNDER_WAY = "under way"
    DONE = "done"
    UNANSWERED = "unanswered"
    """The node said nothing until its time was over."""


class CameraToAsk(Asking):
    """A camera out of a search, and the login for it. The login goes to the node alone, sealed, and is kept nowhere."""

    camera: str = Field(max_length=LONGEST_FOUND_TEXT, examples=["http://10.0.0.7/onvif/device_service"])
    user: Name = Field("", description="Empty for a camera that anybody may ask.", examples=["viewer"])
    password: Name = Field("", repr=False, examples=["word"])


class StreamView(Answering):
    """A video stream, as its camera describes it; numbers it did not give are 0."""

    name: str = Field(examples=["main"])
    address: str = Field(description="Without a login.", examples=["rtsp://10.0.0.7:554/stream1"])
    codec: str = Field(examples=["H264"])
    width_px: int = Field(examples=[1920])
    height_px: int = Field(examples=[1080])
    frames_per_s: float = Field(examples=[25.0])


class FoundCameraView(Answering):
    """A camera, in its own words: nobody has checked them."""

    address: str = Field(
        description="Where it answers questions, which is not where its pictures come from.",
        examples=["http://10.0.0.7/onvif/device_service"],
    )
    name: str = Field(examples=["North End"])
    model: str = Field(description="With its maker, where it says one.", examples=["Acme M1065"])
    streams: list[StreamView] = Field(description="Only of a camera that was asked for them.")


class CameraSearchView(Answering):
    """A search. Ask again until it is no longer under way; it is forgotten some minutes after that."""

    search: Identifier
    node: Identifier
    state: SearchState
    cameras: list[FoundCameraView]
    problem: str = Field(description="What kept the node from finding them, and what to do; empty when nothing did.")


def search_view(identifier: str, asked: Asked[SearchWanted, SearchFound], now: datetime) -> CameraSearchView:
    """A search with what was found by now."""
    found = asked.found
    if found is not None and found.done:
        state, problem = SearchState.DONE, found.problem
    elif asked.stands(now):
        state, problem = SearchState.UNDER_WAY, ""
    else:
        state, problem = SearchState.UNANSWERED, _UNANSWERED
    cameras = [] if found is None else [FoundCameraView.model_validate(each) for each in found.cameras]
    return CameraSearchView(search=identifier, node=asked.node, state=state, cameras=cameras, problem=problem)
