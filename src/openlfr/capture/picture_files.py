"""Pictures as a source: one file, or a folder of them."""

from pathlib import Path

from openlfr.capture.file_names import natural_order
from openlfr.capture.images import ArrayFrameImage
from openlfr.capture.pictures import PICTURE_SUFFIXES, PictureError, read_picture
from openlfr.capture.source import Connection, Dropped, DropReason, Picture, Timing, UnusableSourceError

# Pictures have no speed of their own; their media time runs as if they were video.
_NOMINAL_PICTURES_PER_S = 25.0


class PictureFiles:
    """Pictures one after the other, each a frame."""

    timing = Timing.STILLS

    def __init__(self, description: str, paths: list[Path]) -> None:
        self.description = description
        self._paths = paths

    def open(self) -> Connection:
        return _PictureSequence(self._paths)


class _PictureSequence:
    def __init__(self, paths: list[Path]) -> None:
        self._paths = paths
        self._next = 0
        self._given = 0

    def read(self) -> Picture | Dropped | None:
        """See Connection."""
        if self._next == len(self._paths):
            return None
        path = self._paths[self._next]
        self._next += 1
        try:
            image = ArrayFrameImage(read_picture(path))
        except PictureError as error:
            if len(self._paths) == 1:
                raise UnusableSourceError(str(error)) from error
            return Dropped(DropReason.CORRUPT)
        media_time_s = self._given / _NOMINAL_PICTURES_PER_S
        self._given += 1
        return Picture(image, media_time_s)

    def thin(self, on: bool) -> None:
        """See Connection."""

    def close(self) -> None:
        """See Connection."""
        self._next = len(self._paths)


def picture_folder(folder: Path) -> PictureFiles:
    """The pictures of a folder, in the order a person counts: shot2 before shot10. Raises UnusableSourceError if it
    holds none."""
    paths = sorted(
        (path for path in folder.iterdir() if path.suffix.lower() in PICTURE_SUFFIXES and path.is_file()),
        key=lambda path: natural_order(path.name),
    )
    if not paths:
        kinds = ", ".join(sorted(suffix[1:] for suffix in PICTURE_SUFFIXES))
        raise UnusableSourceError(f"The folder {folder} holds no pictures: put some in it ({kinds}) or name another.")
    return PictureFiles(str(folder), paths)
