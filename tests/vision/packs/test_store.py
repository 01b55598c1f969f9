import hashlib
from pathlib import Path

import onnx
import pytest
from tests.vision.packs.tiny_pack import tiny_manifest, write_tiny_pack

from openlfr.vision.packs import PackError, find_pack, load_pack, pack_names


@pytest.fixture
def home(tmp_path: Path) -> Path:
    write_tiny_pack(tmp_path / "packs" / "tiny")
    return tmp_path


def test_the_default_pack_loads_from_the_installed_package_as_float_models(tmp_path: Path) -> None:
    pack = load_pack(home=tmp_path)
    assert pack.identity.startswith("yunet-2023mar+sface-2021dec@")
    assert pack.warnings == ()
    assert pack.recogniser.signature.size_px == (112, 112)
    for model in (pack.detector, pack.recogniser):
        graph = onnx.load_model_from_string(model.onnx).graph
        assert "DequantizeLinear" not in {node.op_type for node in graph.node}
        assert [value.name for value in graph.input] == ["pictures"]
    assert pack.calibration("bf16", "no such rule") is None


def test_prepared_models_are_kept_and_rebuilt_when_damaged(home: Path) -> None:
    first = load_pack("tiny", home=home)
    kept = sorted((home / "cache" / "models").glob("*.onnx"))
    assert [path.name.split("-")[:2] for path in kept] == [["tiny", "detector"], ["tiny", "recogniser"]]
    written = [path.stat().st_mtime_ns for path in kept]
    assert load_pack("tiny", home=home).detector.onnx == first.detector.onnx
    assert [path.stat().st_mtime_ns for path in kept] == written

    kept[0].write_bytes(kept[0].read_bytes()[:-1] + b"\0")
    assert load_pack("tiny", home=home).detector.onnx == first.detector.onnx
    assert kept[0].read_bytes() == first.detector.onnx


def test_a_cache_that_cannot_be_written_is_one_warning_and_a_working_pack(home: Path) -> None:
    (home / "cache").write_text("in the way", encoding="utf-8")
    pack = load_pack("tiny", home=home)
    assert len(pack.warnings) == 1
    assert "they are prepared anew at every start" in pack.warnings[0]


def test_a_changed_manifest_does_not_get_the_old_prepared_model(home: Path) -> None:
    before = load_pack("tiny", home=home)
    manifest = home / "packs" / "tiny" / "pack.toml"
    manifest.write_text(tiny_manifest().replace("mean = [10.0", "mean = [11.0"), encoding="utf-8")
    after = load_pack("tiny", home=home)
    assert after.recogniser.onnx != before.recogniser.onnx
    assert after.identity != before.identity


def test_a_file_with_another_hash_does_not_load_and_is_named(home: Path) -> None:
    file = home / "packs" / "tiny" / "models" / "recogniser.onnx"
    file.write_bytes(file.read_bytes() + b"\0")
    found = hashlib.sha256(file.read_bytes()).hexdigest()
    with pytest.raises(PackError, match=rf"The model pack tiny cannot be used: {file} has the SHA-256 {found}"):
        load_pack("tiny", home=home)


def test_a_changed_file_does_not_load_even_when_the_cache_still_has_the_right_one(home: Path) -> None:
    load_pack("tiny", home=home)
    (home / "packs" / "tiny" / "models" / "detector.onnx").write_bytes(b"swapped")
    with pytest.raises(PackError, match="but its manifest names"):
        load_pack("tiny", home=home)


def test_a_missing_file_is_named_with_the_remedy(home: Path) -> None:
    file = home / "packs" / "tiny" / "models" / "detector.onnx"
    file.unlink()
    with pytest.raises(PackError, match=rf"{file} cannot be read .* Add the pack tiny again with `openlfr models add`"):
        load_pack("tiny", home=home)


def test_a_pack_of_a_python_package_that_is_not_installed_says_so(home: Path) -> None:
    manifest = home / "packs" / "tiny" / "pack.toml"
    named = 'package = "no_such_package_here"\nfile = "models/detector.onnx"'
    manifest.write_text(tiny_manifest().replace('file = "models/detector.onnx"', named), encoding="utf-8")
    with pytest.raises(PackError, match="the Python package no_such_package_here is not installed"):
        load_pack("tiny", home=home)


def test_an_unknown_pack_is_refused_with_the_names_of_those_there_are(home: Path) -> None:
    with pytest.raises(PackError, match=r"no model pack called 'tinny' here; there is: default, tiny\."):
        load_pack("tinny", home=home)


@pytest.mark.parametrize("name", ["../packs/tiny", "", ".", "/"])
def test_a_name_is_a_name_not_a_path(home: Path, name: str) -> None:
    with pytest.raises(PackError, match="There is no model pack called"):
        find_pack(name, home=home)


def test_a_folder_under_another_packs_name_is_refused(home: Path) -> None:
    (home / "packs" / "tiny").rename(home / "packs" / "other")
    with pytest.raises(PackError, match="holds a pack called 'tiny'"):
        find_pack("other", home=home)


def test_names_are_the_built_in_pack_and_those_added(home: Path) -> None:
    (home / "packs" / ".adding-left-behind").mkdir()
    write_tiny_pack(home / "packs" / ".adding-left-behind" / "x")
    (home / "packs" / "no-manifest").mkdir()
    assert pack_names(home=home) == ["default", "tiny"]
    assert pack_names(home=home / "nowhere") == ["default"]


def test_a_calibration_is_read_only_if_its_hash_is_right(home: Path) -> None:
    folder = home / "packs" / "tiny"
    (folder / "scores.json").write_bytes(b"{}")
    table = '\n[[calibration]]\nprecision = "f32"\nfusion = "mean"\nfile = "scores.json"\nsha256 = "{}"\n'
    right = table.format(hashlib.sha256(b"{}").hexdigest())
    (folder / "pack.toml").write_text(tiny_manifest() + right, encoding="utf-8")
    pack = load_pack("tiny", home=home)
    assert pack.calibration("f32", "mean") == b"{}"
    assert pack.calibration("bf16", "mean") is None
    (folder / "scores.json").write_bytes(b"{ }")
    with pytest.raises(PackError, match=r"scores\.json has the SHA-256"):
        pack.calibration("f32", "mean")
