"""Whether a pack's models do what its manifest says, found out by running them once."""

import numpy as np

from openlfr.vision.inference.session import InferenceError, Outputs, Runtime
from openlfr.vision.packs.manifest import DetectorFamily, PackError
from openlfr.vision.packs.store import LoadedPack

_DETECTOR_SIDE_CELLS = 4
_STRIDES = (8, 16, 32)
_YUNET_CHANNELS = {"cls": 1, "obj": 1, "bbox": 4, "kps": 10}


def try_out(pack: LoadedPack, runtime: Runtime) -> None:
    """Run both models on two black pictures. Raises PackError when one does not run or its outputs are not as the
    manifest says: for a recogniser one template of the named dimension for each picture, for a detector those of its
    family."""
    try:
        recogniser = runtime.open(pack.recogniser)
        side = pack.pack.recogniser.alignment.side_px
        templates = recogniser.run(np.zeros((2, side, side, 3), np.uint8))
        side = pack.detector.signature.multiple_of * _DETECTOR_SIDE_CELLS
        finds = runtime.open(pack.detector).run(np.zeros((2, side, side, 3), np.uint8))
    except InferenceError as error:
        raise PackError(f"The pack {pack.pack.name} does not run: {error}") from error
    dimension = pack.pack.recogniser.dimension
    if [rows.shape for rows in templates.values()] != [(2, dimension)]:
        raise PackError(
            f"The recogniser of the pack {pack.pack.name} gives {_described(templates)} for two pictures; "
            f"its manifest says one template of {dimension} numbers each."
        )
    if pack.pack.detector.family is DetectorFamily.YUNET:
        expected = {
            f"{kind}_{stride}": (2, (side // stride) ** 2, channels)
            for kind, channels in _YUNET_CHANNELS.items()
            for stride in _STRIDES
        }
        if {name: rows.shape for name, rows in finds.items()} != expected:
            raise PackError(f"The detector of the pack {pack.pack.name} gives {_described(finds)}; that is not YuNet.")


def _described(outputs: Outputs) -> str:
    return ", ".join(f"{name} {rows.shape}" for name, rows in outputs.items())
