"""Download of a vendor's archive: checked by SHA-256, continued where it stopped, repeated a few times.

A file that is not complete stays in `<cache>/downloads` under its digest, also after a kill or a power cut; the next
attempt, or the next run, asks for the rest of it. A complete file that is not the expected one is removed.
"""

import hashlib
import http.client
import re
import tarfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from email.message import Message
from pathlib import Path
from typing import IO

from toolchain import cache
from toolchain.progress import Step, duration

PROBE_SECONDS = 3.0
READ_SECONDS = 20.0
ATTEMPTS = 5
# A server that asks for more patience than this is not waited for.
LONGEST_WAIT_SECONDS = 60.0
_BLOCK = 1 << 18
_PASSING = (408, 429, 500, 502, 503, 504)


class UnavailableError(Exception):
    """The file cannot be downloaded; the message has the reason."""


class WrongFileError(UnavailableError):
    """The downloaded file is not the expected one."""


class _PassingError(Exception):
    """A failure that another attempt may not meet; `wait` is the server's demand, in seconds."""

    def __init__(self, reason: str, wait: float = 0.0) -> None:
        super().__init__(reason)
        self.wait = wait


def reachable(address: str) -> bool:
    """Return whether the host of a file answers for it within three seconds.

    The request has a thread of its own, because a program cannot set a timeout for the lookup of a name.
    """
    answers: list[bool] = []

    def probe() -> None:
        request = urllib.request.Request(address, method="HEAD")  # noqa: S310  an address of `vendor`
        try:
            with urllib.request.urlopen(request, timeout=PROBE_SECONDS) as answer:  # noqa: S310  as above
                answers.append(answer.status in (None, 200))  # None: a file of this machine
        except (OSError, ValueError):
            answers.append(False)

    asking = threading.Thread(target=probe, daemon=True)
    asking.start()
    asking.join(PROBE_SECONDS)
    return answers == [True]


def unpacked(address: str, digest: str, folder: Path, running: Step) -> None:
    """Download an archive and unpack it into `folder`; the filter refuses links and paths that lead out of it.

    Raises `UnavailableError` when it cannot be downloaded or unpacked, `WrongFileError` when its digest differs.
    """
    name = address.rpartition("/")[2]
    part = cache.root() / "downloads" / digest
    with cache.disk_errors(f"downloading {name}", part.parent):
        part.parent.mkdir(parents=True, exist_ok=True)
        cache.sweep(part.parent)
        _complete(address, part, running)
        received = _digest(part)
        if received != digest:
            part.unlink()
            raise WrongFileError(f"{name} has SHA-256 {received}, expected is {digest}; it was removed")
        try:
            with tarfile.open(part) as archive:
                archive.extractall(folder, filter="data")
        except tarfile.TarError as error:
            raise UnavailableError(f"{name} cannot be unpacked ({error})") from error
        part.unlink()


def _complete(address: str, part: Path, running: Step) -> None:
    """Download what is missing of a file, in several attempts."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            _rest(address, part, running)
        except _PassingError as error:
            wait = error.wait or 2.0**attempt / 2
            if attempt == ATTEMPTS or wait > LONGEST_WAIT_SECONDS:
                times = "once" if attempt == 1 else f"{attempt} times"
                raise UnavailableError(f"{address} failed {times}, at last: {error}") from error
            running.note = f"{error}; next attempt in {duration(wait)}"
            time.sleep(wait)
        else:
            return


def _rest(address: str, part: Path, running: Step) -> None:
    """Make one attempt to download what is missing."""
    start = part.stat().st_size if part.exists() else 0
    headers = {"Range": f"bytes={start}-"} if start else {}
    request = urllib.request.Request(address, headers=headers)  # noqa: S310  an address of `vendor`
    try:
        answer = urllib.request.urlopen(request, timeout=READ_SECONDS)  # noqa: S310  as above
    except urllib.error.HTTPError as error:
        with error:
            if error.code == http.client.REQUESTED_RANGE_NOT_SATISFIABLE and start:
                return _require_whole(error.headers.get("Content-Range", ""), start, part)
            if error.code in _PASSING:
                raise _PassingError(f"HTTP {error.code} {error.reason}", _wait(error.headers)) from error
            raise UnavailableError(f"{address} answers HTTP {error.code} {error.reason}") from error
    except (OSError, http.client.HTTPException) as error:
        raise _PassingError(_reason(error)) from error
    with answer:
        # A server that cannot continue sends the whole file.
        start = start if answer.status == http.client.PARTIAL_CONTENT else 0
        return _receive(answer, start, _length(answer.headers), part, running)


def _receive(answer: IO[bytes], start: int, length: int | None, part: Path, running: Step) -> None:
    began, received = time.monotonic(), 0
    total = start + length if length is not None else None
    with part.open("ab" if start else "wb") as file:
        for block in _blocks(answer):
            file.write(block)
            received += len(block)
            running.note = _note(start, received, total, time.monotonic() - began)
    if total is not None and start + received != total:
        raise _PassingError(f"the connection ended after {start + received} of {total} bytes")


def _blocks(answer: IO[bytes]) -> Iterator[bytes]:
    try:
        while block := answer.read(_BLOCK):
            yield block
    except (OSError, http.client.HTTPException) as error:
        raise _PassingError(_reason(error)) from error


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", error)) or type(error).__name__


def _note(start: int, received: int, total: int | None, seconds: float) -> str:
    """Text such as `31 of 104 MB, about 12s left`."""
    megabytes = (start + received) / 1e6
    if total is None or total == start + received:
        return f"{megabytes:.0f} MB"
    left = (total - start - received) * seconds / received
    return f"{megabytes:.0f} of {total / 1e6:.0f} MB, about {duration(left)} left"


def _require_whole(content_range: str, start: int, part: Path) -> None:
    """Keep a file that a killed run had received as a whole; remove one that is longer than the server's."""
    if content_range != f"bytes */{start}":
        part.unlink()
        raise _PassingError("the server has no such part of the file, so it is downloaded anew")


def _length(headers: Message) -> int | None:
    text = headers.get("Content-Length", "")
    return int(text) if text.isdecimal() else None


def _wait(headers: Message) -> float:
    """Seconds that a server wants to be left alone for; 0 when it does not say, or states a date."""
    text = headers.get("Retry-After", "")
    return float(text) if re.fullmatch(r"\d{1,6}", text) else 0.0


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
