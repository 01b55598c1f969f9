"""Fetching a file by address: bounded in bytes, time and redirects, and without ever showing a password."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import httpx

from openlfr.vision.packs.manifest import PackError


@dataclass(frozen=True, slots=True)
class Limits:
    """What adding a pack may cost: bytes and seconds a file, bytes of an unpacked archive, seconds of silence."""

    file_bytes: int = 1 << 30
    archive_bytes: int = 4 << 30
    file_s: float = 1800.0
    silence_s: float = 20.0
    redirects: int = 5


def is_address(source: str) -> bool:
    """Whether `source` is an http(s) address rather than a path."""
    return source.startswith(("http://", "https://"))


def shown(address: str) -> str:
    """The address as people may read it: no user name, password or query."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "That address"
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def download(address: str, to: Path, limits: Limits, *, clock: Callable[[], float] = time.monotonic) -> None:
    """Write what lies at an http(s) address to the file `to`. `clock` gives monotonic seconds.

    Raises PackError when the server is away, silent, slow, answers with an error, redirects for ever, breaks off, or
    sends more than the limit; `to` then holds a part at most.
    """
    deadline = clock() + limits.file_s
    received = 0
    try:
        with (
            httpx.Client(follow_redirects=True, max_redirects=limits.redirects, timeout=limits.silence_s) as client,
            # The hash is of the file as it lies on the server, so it must come as it is.
            client.stream("GET", address, headers={"Accept-Encoding": "identity"}) as response,
            to.open("wb") as file,
        ):
            if response.status_code != httpx.codes.OK:
                raise PackError(f"{shown(address)} answered {response.status_code} {response.reason_phrase}.")
            for piece in response.iter_raw():
                received += len(piece)
                if received > limits.file_bytes:
                    raise PackError(
                        f"{shown(address)} is larger than {limits.file_bytes} bytes, the most a file may be."
                    )
                if clock() > deadline:
                    raise PackError(f"{shown(address)} took longer than {limits.file_s:g} s; try again later.")
                file.write(piece)
    except httpx.TooManyRedirects as error:
        raise PackError(f"{shown(address)} redirects more than {limits.redirects} times; check the address.") from error
    except httpx.TimeoutException as error:
        raise PackError(f"{shown(address)} was silent for {limits.silence_s:g} s; try again later.") from error
    except httpx.InvalidURL as error:
        raise PackError(f"{shown(address)} is not a valid address; copy it whole.") from error
    except httpx.HTTPError as error:
        raise PackError(
            f"{shown(address)} could not be read to the end ({type(error).__name__}); try again."
        ) from error
