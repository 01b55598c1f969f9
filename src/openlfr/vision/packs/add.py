"""Adding a pack to this machine: whole and checked, or not at all."""

import os
import tempfile
from collections.abc import Callable
from pathlib import Path

from openlfr.vision.packs.cache import sync_folder, write_whole
from openlfr.vision.packs.download import Limits
from openlfr.vision.packs.manifest import MANIFEST_NAME, ModelPack, PackError, parse_manifest
from openlfr.vision.packs.places import places
from openlfr.vision.packs.sources import open_source
from openlfr.vision.packs.store import DEFAULT_PACK, InstalledPack, LoadedPack, load_installed

_STANDARD_LIMITS = Limits()


def add_pack(
    source: str,
    *,
    sha256: str | None,
    licence_accepted: Callable[[ModelPack], bool],
    try_out: Callable[[LoadedPack], None],
    home: Path | None = None,
    limits: Limits = _STANDARD_LIMITS,
) -> InstalledPack:
    """Add the pack in a folder, an archive, or at an http(s) address (an archive, or a manifest with files beside it).

    `licence_accepted` is asked before any model is fetched, and only when the licence is not a free one. `try_out` gets
    the pack with every hash checked, and raises PackError if the models are not what the manifest says. Everything
    happens in a folder of its own that takes the pack's name at the very end.

    Raises PackError, having changed nothing, for whatever is wrong with source, hash, manifest, licence or files, and
    when there is another pack of this name. Adding the same pack once more repairs its files.
    """
    where = places(home)
    try:
        where.packs.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".adding-", dir=where.packs) as scratch:
            opened = open_source(source, sha256, Path(scratch), limits)
            manifest = opened.manifest()
            pack = parse_manifest(manifest, source="The pack's manifest")
            place = where.packs / pack.name
            _check_name_is_free(place, pack, manifest)
            if not pack.licence_is_free and not licence_accepted(pack):
                raise PackError(
                    f"The licence {pack.licence} of the pack {pack.name} was not accepted, so nothing was added."
                )
            made = Path(scratch) / "pack"
            made.mkdir()
            for file in pack.files:
                if file.package is None:
                    target = made / file.path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    opened.copy(file.path, target)
                    _make_last(target)
            write_whole(made / MANIFEST_NAME, manifest)
            try_out(load_installed(InstalledPack(pack, made, built_in=False), where.cache))
            _put_in_place(made, place, pack)
    except OSError as error:
        raise PackError(f"The pack could not be added to {where.packs}: {error.strerror or error}.") from error
    return InstalledPack(pack, place, built_in=False)


def _check_name_is_free(place: Path, pack: ModelPack, manifest: bytes) -> None:
    if pack.name == DEFAULT_PACK:
        raise PackError(f"A pack cannot be called {DEFAULT_PACK}: that is the built-in one. Rename it in its manifest.")
    if place.exists():
        kept = place / MANIFEST_NAME
        if not kept.is_file() or kept.read_bytes() != manifest:
            raise PackError(
                f"There is another pack called {pack.name} already, in {place}; "
                "delete that folder first, or rename the new pack in its manifest."
            )


def _put_in_place(made: Path, place: Path, pack: ModelPack) -> None:
    if not place.exists():
        made.rename(place)
        sync_folder(place.parent)
        return
    # The same manifest is there, so these are the same files: each replaces one that may be damaged or missing.
    for file in pack.files:
        if file.package is None:
            target = place / file.path
            target.parent.mkdir(parents=True, exist_ok=True)
            (made / file.path).replace(target)
            sync_folder(target.parent)


def _make_last(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
