from pathlib import Path

import pytest
from tests.vision.packs.tiny_pack import tiny_manifest, write_tiny_pack

from openlfr.vision.inference import OnnxRuntime, OpenVinoRuntime, Precision, Runtime, try_out
from openlfr.vision.inference.onnx_runtime import Device
from openlfr.vision.packs import PackError, load_pack


@pytest.fixture(params=["openvino", "onnxruntime"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    return OpenVinoRuntime(Precision.F32) if request.param == "openvino" else OnnxRuntime(Device.CPU)


def test_a_sound_pack_passes(tmp_path: Path, runtime: Runtime) -> None:
    write_tiny_pack(tmp_path / "packs" / "tiny")
    try_out(load_pack("tiny", home=tmp_path), runtime)


def test_templates_of_another_length_are_found_out(tmp_path: Path, runtime: Runtime) -> None:
    write_tiny_pack(tmp_path / "packs" / "tiny", tiny_manifest(dimension=512))
    with pytest.raises(PackError, match=r"gives template \(2, 16\) .*; its manifest says one template of 512 numbers"):
        try_out(load_pack("tiny", home=tmp_path), runtime)


def test_a_detector_that_is_not_of_its_family_is_found_out(tmp_path: Path, runtime: Runtime) -> None:
    head, tables = tiny_manifest().split("[detector]")
    detector, recogniser = tables.split("[recogniser]")
    kept = [line for line in detector.splitlines() if not line.startswith(("file", "sha256", "size"))]
    of_recogniser = [line for line in recogniser.splitlines() if line.startswith(("file", "sha256"))]
    lines = [head, "[detector]", *kept, *of_recogniser, "size_multiple_of = 28", "[recogniser]", recogniser]
    write_tiny_pack(tmp_path / "packs" / "tiny", "\n".join(lines))
    with pytest.raises(PackError, match=r"The detector of the pack tiny gives template \(2, 16\); that is not YuNet"):
        try_out(load_pack("tiny", home=tmp_path), runtime)
