"""Model packs: which detector and recogniser are used, under which licence, and proof that the files are those.

A pack is a manifest and the files it names by SHA-256. Loading one checks every hash and hands out models prepared for
the runtimes. Imports nothing else of ours; `vision.inference` runs what this room loads.
"""

from openlfr.vision.packs.add import add_pack
from openlfr.vision.packs.manifest import (
    Alignment,
    CalibrationFile,
    ColourOrder,
    DetectorFamily,
    DetectorModel,
    ModelFile,
    ModelPack,
    PackError,
    Preprocessing,
    RecogniserModel,
)
from openlfr.vision.packs.prepare import ModelSignature, PreparedModel
from openlfr.vision.packs.store import (
    DEFAULT_PACK,
    InstalledPack,
    LoadedPack,
    find_pack,
    load_pack,
    pack_names,
)

__all__ = [
    "DEFAULT_PACK",
    "Alignment",
    "CalibrationFile",
    "ColourOrder",
    "DetectorFamily",
    "DetectorModel",
    "InstalledPack",
    "LoadedPack",
    "ModelFile",
    "ModelPack",
    "ModelSignature",
    "PackError",
    "PreparedModel",
    "Preprocessing",
    "RecogniserModel",
    "add_pack",
    "find_pack",
    "load_pack",
    "pack_names",
]
