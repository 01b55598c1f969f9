"""Both runtimes against each other, against numpy, and against themselves under many threads."""

import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data
from tests.vision.packs.tiny_pack import expected_templates, write_tiny_pack

from openlfr.vision.inference import (
    Device,
    InferenceError,
    OnnxRuntime,
    OpenVinoRuntime,
    Precision,
    Runtime,
    Session,
)
from openlfr.vision.inference.onnx_runtime import MAX_KNOWN_SHAPES, OnnxSession
from openlfr.vision.inference.openvino_runtime import MAX_COMPILED_SHAPES, OpenVinoSession
from openlfr.vision.packs import LoadedPack, ModelSignature, PreparedModel, load_pack


@pytest.fixture(scope="module")
def tiny(tmp_path_factory: pytest.TempPathFactory) -> LoadedPack:
    home = tmp_path_factory.mktemp("home")
    write_tiny_pack(home / "packs" / "tiny")
    return load_pack("tiny", home=home)


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory) -> LoadedPack:
    return load_pack(home=tmp_path_factory.mktemp("home"))


@pytest.fixture(params=["openvino", "onnxruntime"])
def runtime(request: pytest.FixtureRequest) -> Runtime:
    return OpenVinoRuntime(Precision.F32) if request.param == "openvino" else OnnxRuntime(Device.CPU)


def noise(count: int, height: int, width: int, seed: int = 0) -> NDArray[np.uint8]:
    return np.random.default_rng(seed).integers(0, 256, (count, height, width, 3), dtype=np.uint8)


def photographs(count: int, height: int, width: int) -> NDArray[np.uint8]:
    """Views of a woman's portrait, blue-green-red, ever smaller parts of it about her face."""
    portrait = cv2.cvtColor(data.astronaut(), cv2.COLOR_RGB2BGR)
    views = [portrait[10 + n : 210 - n, 120 + n : 330 - n] for n in range(0, 5 * count, 5)]
    return np.stack([cv2.resize(view, (width, height), interpolation=cv2.INTER_AREA) for view in views]).astype(
        np.uint8
    )


def templates(session: Session, pictures: NDArray[np.uint8]) -> NDArray[np.float32]:
    (rows,) = session.run(pictures).values()
    return rows


def cosines(a: NDArray[np.float32], b: NDArray[np.float32]) -> NDArray[np.float32]:
    products = np.sum(a * b, axis=1, dtype=np.float32)
    return np.asarray(products / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1), np.float32)


def test_a_small_model_gives_what_numpy_gives(tiny: LoadedPack, runtime: Runtime) -> None:
    pictures = noise(7, 112, 112)
    session = runtime.open(tiny.recogniser, batch_sizes=(1, 2, 4))
    np.testing.assert_allclose(templates(session, pictures), expected_templates(pictures), rtol=1e-3, atol=1e-2)


@pytest.mark.parametrize("make", [noise, photographs])
def test_both_runtimes_agree_on_templates(real: LoadedPack, make: Callable[[int, int, int], NDArray[np.uint8]]) -> None:
    pictures = make(6, 112, 112)
    by_openvino = templates(OpenVinoRuntime(Precision.F32).open(real.recogniser), pictures)
    by_onnxruntime = templates(OnnxRuntime(Device.CPU).open(real.recogniser), pictures)
    assert by_openvino.shape == (6, 128)
    assert cosines(by_openvino, by_onnxruntime).min() > 0.99999
    # Different pictures must give different templates, or agreement would mean nothing.
    assert cosines(by_openvino[:1], by_openvino[1:]).max() < 0.9999


def test_both_runtimes_agree_on_detections(real: LoadedPack) -> None:
    pictures = photographs(2, 320, 384)
    by_openvino = OpenVinoRuntime(Precision.F32).open(real.detector).run(pictures)
    by_onnxruntime = OnnxRuntime(Device.CPU).open(real.detector).run(pictures)
    assert list(by_openvino) == list(by_onnxruntime) == list(real.detector.signature.outputs)
    for name, rows in by_openvino.items():
        np.testing.assert_allclose(rows, by_onnxruntime[name], rtol=1e-3, atol=1e-3)
    assert max(rows.max() for name, rows in by_openvino.items() if name.startswith("cls")) > 0.5


def test_bf16_differs_from_f32_by_little_but_differs(real: LoadedPack) -> None:
    try:
        runtime = OpenVinoRuntime(Precision.BF16)
    except InferenceError as error:
        pytest.skip(str(error))
    pictures = photographs(6, 112, 112)
    in_f32 = templates(OpenVinoRuntime(Precision.F32).open(real.recogniser), pictures)
    session = runtime.open(real.recogniser)
    in_bf16 = templates(session, pictures)
    assert session.execution.precision is Precision.BF16
    assert 0.995 < cosines(in_f32, in_bf16).min() < 0.9999999


def test_auto_precision_says_what_it_became(tiny: LoadedPack) -> None:
    execution = OpenVinoRuntime(Precision.AUTO).open(tiny.detector).execution
    assert execution.precision in {Precision.F32, Precision.BF16}
    assert (execution.device, execution.runtime.split()[0]) == ("CPU", "openvino")


def test_onnxruntime_says_which_device_it_is_on(tiny: LoadedPack) -> None:
    execution = OnnxRuntime(Device.CPU, threads=2).open(tiny.detector).execution
    assert (execution.device, execution.precision, execution.threads_per_stream) == ("CPU", Precision.F32, 2)


def test_cuda_where_there_is_none_is_refused_and_auto_falls_back(
    tiny: LoadedPack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: ["CPUExecutionProvider"])
    with pytest.raises(InferenceError, match=r"install openlfr\[gpu\]"):
        OnnxRuntime(Device.CUDA).open(tiny.detector)
    assert OnnxRuntime(Device.AUTO).open(tiny.detector).execution.device == "CPU"


def test_neither_order_nor_company_changes_a_template(real: LoadedPack, runtime: Runtime) -> None:
    session = runtime.open(real.recogniser, batch_sizes=(1, 2, 4))
    pictures = photographs(7, 112, 112)
    together = templates(session, pictures)
    order = np.random.default_rng(0).permutation(7)
    np.testing.assert_allclose(templates(session, pictures[order]), together[order], atol=1e-5)
    alone = np.concatenate([templates(session, pictures[n : n + 1]) for n in range(7)])
    np.testing.assert_allclose(alone, together, atol=1e-5)
    mirrored_views = pictures[:, :, ::-1]  # not contiguous, as a caller may well pass it
    np.testing.assert_allclose(templates(session, mirrored_views), templates(session, mirrored_views.copy()), atol=1e-5)


@pytest.mark.parametrize("streams", [1, 2])
def test_many_threads_get_what_one_gets(real: LoadedPack, streams: int) -> None:
    runtime = OpenVinoRuntime(Precision.F32, streams=streams, threads_per_stream=1)
    recogniser = runtime.open(real.recogniser, batch_sizes=(1, 2, 4))
    detector = runtime.open(real.detector)
    faces = [noise(1 + n % 3, 112, 112, seed=n) for n in range(8)]
    frames = [noise(1, 64 + 32 * (n % 2), 96, seed=n) for n in range(8)]
    serial = [(templates(recogniser, f), detector.run(p)["kps_8"]) for f, p in zip(faces, frames, strict=True)]

    def work(n: int) -> None:
        found, expected = (templates(recogniser, faces[n]), detector.run(frames[n])["kps_8"]), serial[n]
        np.testing.assert_allclose(found[0], expected[0], atol=1e-5)
        np.testing.assert_allclose(found[1], expected[1], atol=1e-4)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, [n % 8 for n in range(24)]))


def test_outputs_are_the_callers_own(tiny: LoadedPack, runtime: Runtime) -> None:
    session = runtime.open(tiny.recogniser)
    first = templates(session, noise(1, 112, 112, seed=1))
    kept = first.copy()
    templates(session, noise(1, 112, 112, seed=2))
    np.testing.assert_array_equal(first, kept)
    first.fill(0)
    np.testing.assert_array_equal(templates(session, noise(1, 112, 112, seed=1)), kept)


def test_openvino_keeps_neither_picture_nor_template_after_a_run(tiny: LoadedPack) -> None:
    session = OpenVinoRuntime(Precision.F32, streams=2, threads_per_stream=1).open(tiny.recogniser, batch_sizes=(1, 2))
    pictures = noise(3, 112, 112)
    read_only = pictures[:, ::-1]  # makes the session copy
    assert templates(session, pictures).any()
    assert templates(session, read_only).any()
    assert pictures.any()
    for shape in session._compiled.values():
        for request in shape._requests:
            assert not request.get_input_tensor().data.any()
            assert not any(tensor.data.any() for tensor in request.output_tensors)


def test_scrubbing_runs_black_pictures_of_every_shape(tiny: LoadedPack, runtime: Runtime) -> None:
    session = runtime.open(tiny.detector)
    before = session.run(noise(1, 64, 96))["kps_8"]
    session.run(noise(1, 96, 64))
    session.scrub()
    np.testing.assert_array_equal(session.run(noise(1, 64, 96))["kps_8"], before)


def test_scrubbing_while_others_run_stops_nobody(tiny: LoadedPack) -> None:
    session = OpenVinoRuntime(Precision.F32, streams=2, threads_per_stream=1).open(tiny.recogniser)
    expected = templates(session, noise(1, 112, 112))

    def work(n: int) -> None:
        if n % 3 == 0:
            session.scrub()
        else:
            np.testing.assert_allclose(templates(session, noise(1, 112, 112)), expected, atol=1e-5)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(60)))


def test_frames_of_ever_new_sizes_do_not_fill_the_memory(tiny: LoadedPack) -> None:
    compiled = OpenVinoRuntime(Precision.F32).open(tiny.detector)
    learnt = OnnxRuntime(Device.CPU).open(tiny.detector)
    assert isinstance(compiled, OpenVinoSession)
    assert isinstance(learnt, OnnxSession)
    for n in range(MAX_COMPILED_SHAPES + 3):
        compiled.run(noise(1, 32, 32 + 32 * n))
    for n in range(MAX_KNOWN_SHAPES + 3):
        learnt.run(noise(1, 32, 32 + 32 * n))
    assert len(compiled._compiled) == MAX_COMPILED_SHAPES
    assert (1, 32, 32) not in compiled._compiled
    assert len(learnt._output_shapes) == MAX_KNOWN_SHAPES
    assert compiled.run(noise(1, 32, 32))["cls_32"].shape == (1, 1, 1)


def test_wrong_pictures_are_refused_by_every_session(tiny: LoadedPack, runtime: Runtime) -> None:
    with pytest.raises(ValueError, match="takes uint8 pictures of shape"):
        runtime.open(tiny.recogniser).run(np.zeros((1, 112, 112, 3), np.float32))
    with pytest.raises(ValueError, match="multiples of 32 pixels, not 100 x 64"):
        runtime.open(tiny.detector).run(noise(1, 64, 100))


def test_a_file_that_no_runtime_can_read_is_refused_in_words(runtime: Runtime) -> None:
    broken = PreparedModel(ModelSignature("broken", ("out",), None, 32), b"not a model")
    with pytest.raises(InferenceError, match=r"cannot (read|load) the model broken"):
        runtime.open(broken)


def test_streams_and_threads_must_be_positive() -> None:
    with pytest.raises(ValueError, match="at least one stream"):
        OpenVinoRuntime(Precision.F32, streams=0)
    with pytest.raises(ValueError, match="at least one thread"):
        OpenVinoRuntime(Precision.F32, threads_per_stream=0)
    with pytest.raises(ValueError, match="Threads must be at least 1, not 0"):
        OnnxRuntime(Device.CPU, threads=0)


INTERRUPTED_AFTER_TWO_RUNTIMES = """
import gc, os, signal, sys, time
from pathlib import Path
from openlfr.vision.inference import OpenVinoRuntime, Precision
from openlfr.vision.packs import load_pack

pack = load_pack("tiny", home=Path(sys.argv[1]))
first = OpenVinoRuntime(Precision.F32).open(pack.recogniser)
second = OpenVinoRuntime(Precision.F32).open(pack.recogniser)
del first
gc.collect()
del second
gc.collect()
try:
    os.kill(os.getpid(), signal.SIGINT)
    time.sleep(10)
except KeyboardInterrupt:
    print("interrupted")
"""


def test_an_interrupt_after_runtimes_have_come_and_gone_is_an_interrupt_not_a_crash(tmp_path: Path) -> None:
    write_tiny_pack(tmp_path / "packs" / "tiny")
    command = [sys.executable, "-c", INTERRUPTED_AFTER_TWO_RUNTIMES, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (ended.returncode, ended.stdout.strip()) == (0, "interrupted"), ended.stderr
