"""A pack's manifest: TOML in, frozen values out, and one clear sentence when something in it is wrong."""

import hashlib
import json
import re
import tomllib
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

MANIFEST_NAME = "pack.toml"
"""The file that makes a folder, or an archive, a model pack."""

MAX_MANIFEST_BYTES = 256 * 1024

FREE_LICENCES = frozenset(
    {
        "0BSD",
        "Apache-2.0",
        "BSD-2-Clause",
        "BSD-3-Clause",
        "BSL-1.0",
        "CC-BY-4.0",
        "CC0-1.0",
        "ISC",
        "MIT",
        "MPL-2.0",
        "Unlicense",
        "Zlib",
    }
)
"""SPDX identifiers under which anyone may use a model for any purpose, so that nobody has to accept anything first."""


class PackError(Exception):
    """A model pack cannot be used; the message says which, why, and what to do."""


class DetectorFamily(StrEnum):
    """How a detector's outputs are read."""

    YUNET = "yunet"


class Alignment(StrEnum):
    """How a face is turned upright before it becomes a template."""

    ARCFACE_5_112 = "arcface-5-112"
    """Similarity transform of five landmarks onto the ArcFace template, 112 x 112 pixels (Deng et al., 2019)."""

    @property
    def side_px(self) -> int:
        return 112


class ColourOrder(StrEnum):
    BGR = "bgr"
    RGB = "rgb"


class TensorLayout(StrEnum):
    NCHW = "nchw"
    NHWC = "nhwc"


@dataclass(frozen=True, slots=True)
class ModelFile:
    """One file of a pack; `path` is relative to the pack's folder, or to the installed Python package `package`."""

    path: str
    sha256: str
    package: str | None = None


@dataclass(frozen=True, slots=True)
class Preprocessing:
    """What a model expects of its one input: `(pixel - mean) * scale` for each channel, in the model's colour order,
    pixels 0..255. `size_px` is (height, width), or None for any that are multiples of `multiple_of`."""

    colour: ColourOrder
    layout: TensorLayout
    mean: tuple[float, float, float]
    scale: tuple[float, float, float]
    size_px: tuple[int, int] | None
    multiple_of: int = 1


@dataclass(frozen=True, slots=True)
class DetectorModel:
    name: str
    file: ModelFile
    preprocessing: Preprocessing
    family: DetectorFamily
    provenance: str


@dataclass(frozen=True, slots=True)
class RecogniserModel:
    """`dimension` is the length of a template; `flip_average` says that a template is the mean over the aligned face
    and its mirror image."""

    name: str
    file: ModelFile
    preprocessing: Preprocessing
    dimension: int
    alignment: Alignment
    flip_average: bool
    provenance: str


@dataclass(frozen=True, slots=True)
class CalibrationFile:
    """Non-mated score statistics of this pack's recogniser, measured at one numeric precision under one fusion rule."""

    precision: Literal["f32", "bf16"]
    fusion: str
    file: ModelFile


@dataclass(frozen=True, slots=True)
class ModelPack:
    """A detector and a recogniser that are used together. `licence` is an SPDX expression over both, `notice` what is
    shown with it."""

    name: str
    version: str
    licence: str
    notice: str
    detector: DetectorModel
    recogniser: RecogniserModel
    calibrations: tuple[CalibrationFile, ...] = ()

    @property
    def licence_is_free(self) -> bool:
        """Whether every licence of the SPDX expression is known to be free. Decided here, not by the pack's author;
        an unknown licence counts as not free."""
        return all(part in FREE_LICENCES for part in self.licence.split(" AND "))

    @property
    def files(self) -> tuple[ModelFile, ...]:
        return (self.detector.file, self.recogniser.file, *(c.file for c in self.calibrations))

    @property
    def identity(self) -> str:
        """What goes on every alert: both models and a digest of everything that changes a score, for example
        `yunet-2023mar+sface-2021dec@0123456789ab`."""
        deciding = [
            [
                model.file.sha256,
                model.preprocessing.colour,
                model.preprocessing.layout,
                model.preprocessing.mean,
                model.preprocessing.scale,
                model.preprocessing.size_px,
            ]
            for model in (self.detector, self.recogniser)
        ]
        reading = [self.detector.family, self.recogniser.alignment, self.recogniser.flip_average]
        digest = hashlib.sha256(json.dumps([deciding, reading]).encode()).hexdigest()[:12]
        return f"{self.detector.name}+{self.recogniser.name}@{digest}"


_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,63}$")]
_Text = Annotated[str, Field(min_length=1, max_length=4000)]
_Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]
_Triple = tuple[
    Annotated[float, Field(allow_inf_nan=False)],
    Annotated[float, Field(allow_inf_nan=False)],
    Annotated[float, Field(allow_inf_nan=False)],
]


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _FileTable(_Table):
    file: str
    sha256: _Hash
    package: Annotated[str, Field(pattern=r"^[A-Za-z_][A-Za-z0-9_]*$")] | None = None

    @field_validator("file")
    @classmethod
    def _stays_inside(cls, value: str) -> str:
        path = PurePosixPath(value)
        if not value or "\\" in value or "\0" in value or path.is_absolute() or ".." in path.parts or len(value) > 255:
            raise ValueError("must be a relative path with forward slashes that stays inside the pack")
        return value

    def value(self) -> ModelFile:
        return ModelFile(path=self.file, sha256=self.sha256, package=self.package)


class _ModelTable(_FileTable):
    name: _Name
    colour: ColourOrder
    layout: TensorLayout = TensorLayout.NCHW
    mean: _Triple
    scale: _Triple
    provenance: _Text


class _DetectorTable(_ModelTable):
    family: DetectorFamily
    size_multiple_of: Annotated[int, Field(ge=1, le=512)]

    def model(self) -> DetectorModel:
        shape = Preprocessing(self.colour, self.layout, self.mean, self.scale, None, self.size_multiple_of)
        return DetectorModel(self.name, self.value(), shape, self.family, self.provenance)


class _RecogniserTable(_ModelTable):
    size: tuple[Annotated[int, Field(ge=16, le=1024)], Annotated[int, Field(ge=16, le=1024)]]
    dimension: Annotated[int, Field(ge=16, le=4096)]
    alignment: Alignment
    flip_average: bool

    @model_validator(mode="after")
    def _size_is_the_alignments(self) -> Self:
        if self.size != (self.alignment.side_px, self.alignment.side_px):
            raise ValueError(f"size must be [{self.alignment.side_px}, {self.alignment.side_px}] for {self.alignment}")
        return self

    def model(self) -> RecogniserModel:
        shape = Preprocessing(self.colour, self.layout, self.mean, self.scale, self.size)
        return RecogniserModel(
            self.name, self.value(), shape, self.dimension, self.alignment, self.flip_average, self.provenance
        )


class _CalibrationTable(_FileTable):
    precision: Literal["f32", "bf16"]
    fusion: _Name


class _Manifest(_Table):
    format: Literal[1]
    name: _Name
    version: Annotated[str, Field(pattern=r"^[0-9A-Za-z][0-9A-Za-z._+-]{0,31}$")]
    licence: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9.+ -]{0,199}$")]
    notice: _Text
    detector: _DetectorTable
    recogniser: _RecogniserTable
    calibration: tuple[_CalibrationTable, ...] = ()

    @model_validator(mode="after")
    def _one_calibration_each(self) -> Self:
        keys = [(c.precision, c.fusion) for c in self.calibration]
        if len(keys) != len(set(keys)):
            raise ValueError("two calibration tables name the same precision and fusion rule")
        return self


def parse_manifest(text: bytes, *, source: str) -> ModelPack:
    """The pack that a manifest describes. `source` says in messages where the text came from.

    Raises PackError, in one sentence, when the text is not TOML, or a key is missing, unknown or out of range.
    """
    if len(text) > MAX_MANIFEST_BYTES:
        raise PackError(f"{source} is {len(text)} bytes long; a manifest has at most {MAX_MANIFEST_BYTES}.")
    try:
        tables = tomllib.loads(text.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PackError(f"{source} is not a TOML file: {error}.") from error
    try:
        manifest = _Manifest.model_validate(tables)
    except ValidationError as error:
        raise PackError(f"{source} is not a valid manifest: {_sentence(error)}.") from error
    return ModelPack(
        name=manifest.name,
        version=manifest.version,
        licence=manifest.licence,
        notice=manifest.notice,
        detector=manifest.detector.model(),
        recogniser=manifest.recogniser.model(),
        calibrations=tuple(CalibrationFile(c.precision, c.fusion, c.value()) for c in manifest.calibration),
    )


def _sentence(error: ValidationError) -> str:
    problems = []
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(str(part) for part in detail["loc"]) or "the manifest"
        match detail["type"]:
            case "missing":
                problems.append(f"{where} is missing")
            case "extra_forbidden":
                problems.append(f"{where} is not a key that manifests have")
            case "string_pattern_mismatch" if where.endswith("sha256"):
                problems.append(f"{where} must be 64 lower-case hexadecimal digits")
            case _:
                message = re.sub(r"^Value error, ", "", detail["msg"])
                problems.append(f"{where}: {message[0].lower()}{message[1:]}")
    return "; ".join(problems)
