"""What every kind of camera source can do: be opened, and give pictures until it ends or is lost."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from openlfr.capture.frame import FrameImage


class SourceError(Exception):
    """A source could not be opened or read on. The message is one sentence for a person, without credentials."""


class UnusableSourceError(SourceError):
    """It can't work until somebody changes something: no such file, wrong password, no video in it."""


class RefusedSourceError(UnusableSourceError):
    """The camera does not accept our user name and password."""


class LostSourceError(SourceError):
    """It does not work now, but may a little later: no answer, connection refused, stream cut, camera unplugged."""


class Timing(StrEnum):
    """Who says when the next picture is due."""

    LIVE = "live"  # the world: what isn't taken in time is gone, and an end means that the camera was lost
    RECORDED = "recorded"  # the recording: it has a speed of its own, and an end
    STILLS = "stills"  # nobody: pictures in a folder wait until they are looked at


class DropReason(StrEnum):
    """Why a picture that the camera sent was never analysed."""

    OVERWRITTEN = "overwritten"  # a newer one was decoded before anybody took it
    CORRUPT = "corrupt"  # damaged on its way, or unreadable
    THINNED = "thinned"  # left undecoded on purpose, under overload
    BEHIND = "behind"  # left undecoded, up to a key frame, because decoding had fallen behind the camera
    BEFORE_KEYFRAME = "before_keyframe"  # came before the first one that can be decoded by itself
    STOPPED = "stopped"  # the camera was stopped before anybody took it


@dataclass(frozen=True, slots=True, eq=False)
class Picture:
    """One decoded picture. `media_time_s` is the source's own time of it: seconds from the start of this connection."""

    image: FrameImage
    media_time_s: float


@dataclass(frozen=True, slots=True)
class Dropped:
    """Pictures that were sent and can't be given."""

    reason: DropReason
    count: int = 1


class Connection(Protocol):
    """An opened source. Used by one thread at a time."""

    def read(self) -> Picture | Dropped | None:
        """The next picture, or what was lost of it; None at the end.

        Blocks until there is one. Raises LostSourceError when the source breaks off.
        """
        ...

    def thin(self, on: bool) -> None:
        """Save work by not decoding pictures that no other picture depends on. Sources without such pictures
        need not do anything."""
        ...

    def close(self) -> None:
        """Give everything back. May be called more than once."""
        ...


class Source(Protocol):
    """A place that pictures come from; opening it again starts again."""

    @property
    def description(self) -> str:
        """What a person may read about it: never a credential."""
        ...

    @property
    def timing(self) -> Timing: ...

    def open(self) -> Connection:
        """Connect; blocks for a few seconds at most. Raises UnusableSourceError or LostSourceError."""
        ...
