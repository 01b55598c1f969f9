"""The table of where cameras stand."""

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from openlfr.policy.text import LONGEST_NAME
from openlfr.records.schema import Identifier, Table


class CameraPlaceRow(Table):
    """The force that a camera belongs to and the site where it stands, as applications call them."""

    __tablename__ = "camera_places"

    camera_id: Mapped[Identifier] = mapped_column(ForeignKey("cameras.id"), primary_key=True)
    force: Mapped[str] = mapped_column(String(LONGEST_NAME))
    site: Mapped[str] = mapped_column(String(LONGEST_NAME))
