import contextlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cv2
import pytest
from tests.support.clips import number_in, numbered_picture, write_clip, write_gif, write_sound

from openlfr.capture.source import (
    Connection,
    Dropped,
    DropReason,
    LostSourceError,
    Picture,
    Source,
    Timing,
    UnusableSourceError,
)
from openlfr.capture.sources import open_source
from openlfr.capture.video import DecodeOptions


def _read_to_end(connection: Connection) -> list[Picture | Dropped]:
    items = []
    while (item := connection.read()) is not None:
        items.append(item)
    connection.close()
    return items


def _read_all(source: Source) -> list[Picture | Dropped]:
    return _read_to_end(source.open())


def _numbers(items: list[Picture | Dropped]) -> list[int]:
    images = [item.image for item in items if isinstance(item, Picture)]
    return [number_in(image.region(0, 0, image.width, image.height)) for image in images]


@pytest.mark.parametrize("b_frames", [0, 2])
def test_every_frame_of_a_recording_comes_in_order_and_on_time(tmp_path: Path, b_frames: int) -> None:
    source = open_source(str(write_clip(tmp_path / "clip.mp4", 30, b_frames=b_frames)))
    assert source.timing is Timing.RECORDED
    items = _read_all(source)
    assert _numbers(items) == list(range(30))
    times = [item.media_time_s for item in items if isinstance(item, Picture)]
    assert times == pytest.approx([number / 25 for number in range(30)], abs=1e-3)


def test_an_animated_gif_is_a_recording(tmp_path: Path) -> None:
    source = open_source(str(write_gif(tmp_path / "walk.gif", 7)))
    assert source.timing is Timing.RECORDED
    items = _read_all(source)
    assert _numbers(items) == list(range(7))
    times = [item.media_time_s for item in items if isinstance(item, Picture)]
    assert times == pytest.approx([number / 10 for number in range(7)], abs=1e-3)


def test_a_folder_gives_its_pictures_in_the_order_a_person_counts(tmp_path: Path) -> None:
    for number in (10, 2, 1):
        cv2.imwrite(str(tmp_path / f"shot{number}.png"), numbered_picture(number))
    (tmp_path / "notes.txt").write_text("not a picture")
    source = open_source(str(tmp_path))
    assert source.timing is Timing.STILLS
    assert _numbers(_read_all(source)) == [1, 2, 10]


def test_a_single_picture_is_one_frame(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "a.png"), numbered_picture(5))
    assert _numbers(_read_all(open_source(str(tmp_path / "a.png")))) == [5]


def test_a_broken_picture_among_good_ones_is_counted_and_passed_over(tmp_path: Path) -> None:
    for number in (1, 2, 3):
        cv2.imwrite(str(tmp_path / f"{number}.jpg"), numbered_picture(number))
    whole = (tmp_path / "2.jpg").read_bytes()
    (tmp_path / "2.jpg").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "4.png").write_bytes(b"this is no picture")
    items = _read_all(open_source(str(tmp_path)))
    assert _numbers(items) == [1, 3]
    assert [item for item in items if isinstance(item, Dropped)] == [Dropped(DropReason.CORRUPT)] * 2


def test_a_single_picture_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.png").write_bytes(b"this is no picture")
    with pytest.raises(UnusableSourceError, match=r"a\.png is not a picture that can be read; save it as JPEG"):
        _read_all(open_source(str(tmp_path / "a.png")))


def test_a_looped_recording_starts_again_and_its_time_runs_on(tmp_path: Path) -> None:
    source = open_source(str(write_clip(tmp_path / "clip.mp4", 5)), loop=True)
    connection = source.open()
    items = [connection.read() for _ in range(12)]
    connection.close()
    pictures = [item for item in items if isinstance(item, Picture)]
    assert _numbers(list(pictures)) == [0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1]
    assert [item.media_time_s for item in pictures] == pytest.approx([number / 25 for number in range(12)], abs=1e-3)


def test_thinning_leaves_out_pictures_that_no_other_needs_and_counts_them(tmp_path: Path) -> None:
    connection = open_source(str(write_clip(tmp_path / "clip.mp4", 48, b_frames=2))).open()
    connection.thin(True)
    items = _read_to_end(connection)
    dropped = [item for item in items if isinstance(item, Dropped)]
    assert {item.reason for item in dropped} == {DropReason.THINNED}
    assert len(_numbers(items)) + sum(item.count for item in dropped) == 48
    assert 0 < len(_numbers(items)) < 48


def test_thinning_does_nothing_to_video_in_which_every_picture_is_needed(clip_path: Path) -> None:
    connection = open_source(str(clip_path)).open()
    connection.thin(True)
    assert _numbers(_read_to_end(connection)) == list(range(50))


def test_without_the_loop_filter_every_frame_still_comes(clip_path: Path) -> None:
    source = open_source(str(clip_path), decode=DecodeOptions(without_loop_filter=True))
    assert _numbers(_read_all(source)) == list(range(50))


def test_a_truncated_recording_gives_what_is_there(tmp_path: Path) -> None:
    whole = write_clip(tmp_path / "whole.mkv", 50).read_bytes()
    (tmp_path / "cut.mkv").write_bytes(whole[: len(whole) // 2])
    numbers = _numbers(_read_all(open_source(str(tmp_path / "cut.mkv"))))
    assert numbers == list(range(len(numbers)))
    assert 10 < len(numbers) < 40


@pytest.mark.parametrize(
    ("spec", "sentence"),
    [
        ("no/such.mp4", "There is no file, folder or camera called no/such.mp4: check the name."),
        ("ftp://u:hunter2@h/x", "Addresses that begin with ftp:// are not supported: use rtsp, rtsps, http, https."),
        ("rtsp://u:hunter2@/x", "The rtsp address has no host: write rtsp://HOST/PATH."),
        ("rtsp://u:hunter2@h/x?transport=pigeon", "The transport of an RTSP camera is tcp or udp"),
        ("\0", "There is no file, folder or camera called"),
        ("x" * 5000, "can't be read"),
    ],
)
def test_what_can_never_be_opened_is_refused_in_one_sentence(spec: str, sentence: str) -> None:
    with pytest.raises(UnusableSourceError) as refusal:
        open_source(spec)
    assert sentence in str(refusal.value)
    assert "hunter2" not in str(refusal.value)


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UnusableSourceError, match="holds no pictures: put some in it"):
        open_source(str(tmp_path))


def test_a_usb_camera_that_is_not_there_is_refused_with_those_that_are() -> None:
    source = open_source("987")
    assert source.description == "/dev/video987"
    assert source.timing is Timing.LIVE
    with pytest.raises(UnusableSourceError, match=r"no camera at /dev/video987 \(found: .*\): plug it in"):
        source.open()


def test_a_sound_file_is_refused_as_holding_no_video(tmp_path: Path) -> None:
    with pytest.raises(UnusableSourceError, match="holds no video that can be read: check"):
        open_source(str(write_sound(tmp_path / "speech.wav"))).open()


@pytest.mark.parametrize("content", [b"", b"just some text\n" * 50, bytes(5000)])
def test_a_file_that_is_no_video_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "clip.mp4").write_bytes(content)
    with pytest.raises(UnusableSourceError, match=r"clip\.mp4 holds no video that can be read: check"):
        open_source(str(tmp_path / "clip.mp4")).open()


def test_a_file_cannot_make_us_reach_into_the_network(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.setblocking(False)
        playlist = f"#EXTM3U\n#EXTINF:1,\nhttp://127.0.0.1:{listener.getsockname()[1]}/1.ts\n#EXT-X-ENDLIST\n"
        (tmp_path / "clip.m3u8").write_text(playlist)
        with pytest.raises(UnusableSourceError, match="holds no video that can be read"):
            open_source(str(tmp_path / "clip.m3u8")).open()
        with pytest.raises(BlockingIOError):
            listener.accept()


class _MotionJpeg(BaseHTTPRequestHandler):
    """Plays numbered pictures as cameras do: parts of one endless answer."""

    def do_GET(self) -> None:
        if self.path != "/video":
            self.send_error(503 if self.path == "/busy" else 404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "multipart/x-mixed-replace; boundary=frame")
        self.end_headers()
        with contextlib.suppress(ConnectionError):
            for number in range(40):
                jpeg = cv2.imencode(".jpg", numbered_picture(number))[1].tobytes()
                self.wfile.write(b"--frame\r\nContent-Type: image/jpeg\r\n")
                self.wfile.write(b"Content-Length: %d\r\n\r\n" % len(jpeg) + jpeg + b"\r\n")

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def motion_jpeg_server() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), _MotionJpeg)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://ward:hunter2@127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join()


def test_a_motion_jpeg_camera_over_http_is_live(motion_jpeg_server: str) -> None:
    source = open_source(f"{motion_jpeg_server}/video")
    assert source.timing is Timing.LIVE
    connection = source.open()
    numbers = _numbers([item for item in (connection.read() for _ in range(10)) if item is not None])
    connection.close()
    assert numbers == list(range(10))


def test_a_wrong_path_over_http_is_told_without_credentials(motion_jpeg_server: str) -> None:
    with pytest.raises(UnusableSourceError, match="has no stream at that path") as refusal:
        open_source(f"{motion_jpeg_server}/nothing").open()
    assert "hunter2" not in str(refusal.value)


def test_an_address_that_cannot_be_opened_is_told_with_what_to_do_and_without_credentials(
    motion_jpeg_server: str,
) -> None:
    with pytest.raises(LostSourceError, match=r"could not be opened \(.*\): check its address") as refusal:
        open_source(f"{motion_jpeg_server}/busy").open()
    assert "hunter2" not in str(refusal.value)
