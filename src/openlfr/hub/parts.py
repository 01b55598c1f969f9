"""How routes reach what the hub is made of: whoever makes the application hands the parts over, by their type."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Depends, FastAPI, Request

from openlfr.hub.services import Services
from openlfr.hub.settings import HubSettings

_Part = TypeVar("_Part")


def hand_over(app: FastAPI, parts: Sequence[object]) -> None:
    """Give the application its parts: at most one of each type."""
    app.state.parts = {type(each): each for each in parts}


def part(kind: type[_Part]) -> Callable[[Request], _Part]:
    """A dependency that gives the part of this type: `Annotated[Fleet, Depends(part(Fleet))]`."""

    def found(request: Request) -> _Part:
        given: _Part = request.app.state.parts[kind]
        return given

    return found


HubServices = Annotated[Services, Depends(part(Services))]
Settings = Annotated[HubSettings, Depends(part(HubSettings))]
