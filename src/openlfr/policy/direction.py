"""Which way somebody walks through a camera's picture, in words an officer can act on."""

from enum import StrEnum


class Direction(StrEnum):
    """Eight ways through the picture, each an eighth of a turn on from the one before. Left and right are those of the
    picture, not the person's own."""

    TOWARDS = "towards the camera"
    TOWARDS_RIGHT = "towards the camera, to the right of the picture"
    RIGHT = "to the right of the picture"
    AWAY_RIGHT = "away from the camera, to the right of the picture"
    AWAY = "away from the camera"
    AWAY_LEFT = "away from the camera, to the left of the picture"
    LEFT = "to the left of the picture"
    TOWARDS_LEFT = "towards the camera, to the left of the picture"
