"""Where cameras stand, on the wire."""

from pydantic import Field

from openlfr.hub.schemas.wire import Answering, Asking, Name
from openlfr.records.camera_places import CameraPlace


class PlaceView(Answering):
    """The force that a camera belongs to and the site where it stands; empty where nobody named them."""

    force: str
    site: str


class PlaceForm(Asking):
    """Where a camera stands. Left empty, limited rights see it only at a deployment that may use it."""

    force: Name = Field("", description="As applications call the controller.", examples=["Kent Police"])
    site: Name = Field("", description="As applications call the location.", examples=["Dover, ferry terminal"])

    def place(self) -> CameraPlace:
        """The place, without blanks around its names."""
        return CameraPlace(self.force.strip(), self.site.strip())
