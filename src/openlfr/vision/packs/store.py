"""The packs this machine has, and loading one: every hash checked, every model prepared."""

import hashlib
import importlib.util
import json
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from openlfr.vision.packs.cache import read_or_build
from openlfr.vision.packs.manifest import (
    MANIFEST_NAME,
    DetectorModel,
    ModelFile,
    ModelPack,
    PackError,
    RecogniserModel,
    parse_manifest,
)
from openlfr.vision.packs.places import places
from openlfr.vision.packs.prepare import PREPARATION_VERSION, PreparedModel, describe, prepare

DEFAULT_PACK = "default"


@dataclass(frozen=True, slots=True)
class InstalledPack:
    """A pack found on this machine: its manifest, and the folder that the manifest's paths are relative to."""

    pack: ModelPack
    folder: Path
    built_in: bool


@dataclass(frozen=True, slots=True)
class LoadedPack:
    """A pack whose files are what the manifest says, ready for `vision.inference`.

    `identity` goes on every alert and template. `warnings` are sentences for the operator; the pack works all the same.
    """

    pack: ModelPack
    detector: PreparedModel
    recogniser: PreparedModel
    folder: Path
    warnings: tuple[str, ...]

    @property
    def identity(self) -> str:
        return self.pack.identity

    def calibration(self, precision: str, fusion: str) -> bytes | None:
        """The calibration file measured at this precision under this fusion rule, its hash checked, or None where the
        pack has none. Raises PackError when the file is missing or is not the one the manifest names."""
        for entry in self.pack.calibrations:
            if (entry.precision, entry.fusion) == (precision, fusion):
                return read_verified(self.pack, entry.file, self.folder)
        return None


def load_pack(name: str = DEFAULT_PACK, *, home: Path | None = None) -> LoadedPack:
    """Find a pack, check its files, and prepare its models (from the cache, where that was done before).

    `home` replaces OPENLFR_HOME and the XDG folders. Raises PackError when there is no such pack, its manifest is
    wrong, a file is missing, or a file's hash is not the manifest's.
    """
    return load_installed(find_pack(name, home=home), places(home).cache)


def load_installed(found: InstalledPack, cache: Path) -> LoadedPack:
    """Check and prepare a pack that was found; `cache` is the folder of prepared models. Raises PackError."""
    warnings: list[str] = []

    def prepared(model: DetectorModel | RecogniserModel) -> PreparedModel:
        source = read_verified(found.pack, model.file, found.folder)
        recipe = json.dumps([model.file.sha256, repr(model.preprocessing), PREPARATION_VERSION])
        key = f"{model.name}-{hashlib.sha256(recipe.encode()).hexdigest()[:24]}-v{PREPARATION_VERSION}"
        graph, warning = read_or_build(
            cache, key, lambda: prepare(source, model.preprocessing, name=f"{found.pack.name}/{model.name}")
        )
        if warning is not None and warning not in warnings:
            warnings.append(warning)
        return describe(graph, model.preprocessing, name=model.name)

    detector, recogniser = prepared(found.pack.detector), prepared(found.pack.recogniser)
    return LoadedPack(found.pack, detector, recogniser, found.folder, tuple(warnings))


def find_pack(name: str, *, home: Path | None = None) -> InstalledPack:
    """The pack of this name; only its manifest is read. Raises PackError when there is none, or it is wrong."""
    if name == DEFAULT_PACK:
        return _built_in()
    names = pack_names(home=home)
    if name not in names:
        raise PackError(
            f"There is no model pack called {name!r} here; there is: {', '.join(names)}. "
            "Add one with `openlfr models add`."
        )
    folder = places(home).packs / name
    try:
        manifest = (folder / MANIFEST_NAME).read_bytes()
    except OSError as error:
        raise PackError(f"{folder / MANIFEST_NAME} cannot be read ({error.strerror}).") from error
    pack = parse_manifest(manifest, source=str(folder / MANIFEST_NAME))
    if pack.name != name:
        raise PackError(f"The folder {folder} holds a pack called {pack.name!r}; rename the folder, or add it anew.")
    return InstalledPack(pack, folder, built_in=False)


def pack_names(*, home: Path | None = None) -> list[str]:
    """The built-in pack's name, then those of the packs somebody added, sorted."""
    added = places(home).packs.glob(f"[!.]*/{MANIFEST_NAME}")
    return [DEFAULT_PACK, *sorted(path.parent.name for path in added if path.is_file())]


def read_verified(pack: ModelPack, file: ModelFile, folder: Path) -> bytes:
    """The bytes of one of a pack's files. Raises PackError when it is missing or its SHA-256 is not the manifest's."""
    path = _locate(pack, file, folder)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise PackError(
            f"The model pack {pack.name} cannot be used: {path} cannot be read ({error.strerror}). "
            + _remedy(file, pack)
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != file.sha256:
        raise PackError(
            f"The model pack {pack.name} cannot be used: {path} has the SHA-256 {found}, "
            f"but its manifest names {file.sha256}. " + _remedy(file, pack)
        )
    return content


def _built_in() -> InstalledPack:
    manifest = resources.files("openlfr.vision.packs") / "default.toml"
    pack = parse_manifest(manifest.read_bytes(), source="the built-in pack's manifest")
    return InstalledPack(pack, Path(str(manifest)).parent, built_in=True)


def _locate(pack: ModelPack, file: ModelFile, folder: Path) -> Path:
    if file.package is None:
        return folder / file.path
    # find_spec of a top-level name runs none of the package's code.
    spec = importlib.util.find_spec(file.package)
    if spec is None or not spec.submodule_search_locations:
        raise PackError(
            f"The model pack {pack.name} cannot be used: the Python package {file.package} is not installed. "
            + _remedy(file, pack)
        )
    return Path(next(iter(spec.submodule_search_locations))) / file.path


def _remedy(file: ModelFile, pack: ModelPack) -> str:
    if file.package is not None:
        return f"Install {file.package} again."
    return f"Add the pack {pack.name} again with `openlfr models add`."
