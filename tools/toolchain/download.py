"""Download of the vendor's release archive of the Pulumi CLI.

The archive comes from one host, and its SHA-256 from the checksum file of the release on another host. The checksum is
not pinned here, so it protects against a damaged or replaced archive on the download host, and not against a publisher
with access to both. A build from the Go modules, which `go.sum` pins, does not depend on that trust.
"""

import hashlib
import os
import shutil
import sys
import tarfile
import threading
import urllib.error
import urllib.request
from pathlib import Path
from typing import IO

from toolchain import cache, pins

_ARCHIVES = "https://get.pulumi.com/releases/sdk"
_CHECKSUMS = f"https://github.com/pulumi/pulumi/releases/download/v{pins.PULUMI_TEXT}"
PROBE_SECONDS = 3.0
_READ_SECONDS = 20.0
_PLATFORMS = {
    ("linux", "x86_64"): "linux-x64",
    ("linux", "aarch64"): "linux-arm64",
    ("darwin", "x86_64"): "darwin-x64",
    ("darwin", "arm64"): "darwin-arm64",
}


class UnavailableError(Exception):
    """The release cannot be downloaded; the message has the reason."""


def archive_name() -> str | None:
    """Name of the release archive for this machine; None when the vendor has none."""
    platform = _PLATFORMS.get((sys.platform, os.uname().machine))
    return f"pulumi-v{pins.PULUMI_TEXT}-{platform}.tar.gz" if platform else None


def reachable() -> bool:
    """Return whether the vendor's host answers within three seconds.

    The request has a thread of its own, because a program cannot set a timeout for the lookup of a name.
    """
    name = archive_name()
    answers: list[bool] = []

    def probe() -> None:
        request = urllib.request.Request(f"{_ARCHIVES}/{name}", method="HEAD")  # noqa: S310  a fixed https address
        try:
            with urllib.request.urlopen(request, timeout=PROBE_SECONDS) as answer:  # noqa: S310  a fixed https address
                answers.append(answer.status == 200)
        except (OSError, ValueError):
            answers.append(False)

    if name is None:
        return False
    asking = threading.Thread(target=probe, daemon=True)
    asking.start()
    asking.join(PROBE_SECONDS)
    return answers == [True]


def pulumi(folder: Path) -> None:
    """Put the release's programs into `folder`, checked against the published checksum.

    Raises `UnavailableError` when it cannot be downloaded or its checksum differs.
    """
    name = archive_name() or ""
    archive = folder / name
    try:
        expected = _published(name)
        with _open(f"{_ARCHIVES}/{name}") as answer:
            received = _save(answer, archive)
        if received != expected:
            raise UnavailableError(f"{name} has SHA-256 {received}, published is {expected}")
        _unpack(archive, folder)
    except (urllib.error.URLError, TimeoutError, ConnectionError, tarfile.TarError) as error:
        raise UnavailableError(f"downloading it failed ({error})") from error
    archive.unlink()


def _open(address: str) -> IO[bytes]:
    return urllib.request.urlopen(address, timeout=_READ_SECONDS)  # noqa: S310  fixed https addresses


def _published(name: str) -> str:
    with _open(f"{_CHECKSUMS}/pulumi-{pins.PULUMI_TEXT}-checksums.txt") as answer:
        for line in answer.read(100_000).decode("ascii", "replace").splitlines():
            digest, _, file = line.partition(" ")
            if file.strip().lstrip("*") == name and len(digest) == 64:
                return digest.lower()
    raise UnavailableError(f"the published checksums do not name {name}")


def _save(answer: IO[bytes], archive: Path) -> str:
    digest = hashlib.sha256()
    with cache.disk_errors("downloading Pulumi", archive.parent), archive.open("wb") as file:
        while block := answer.read(1 << 20):
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _unpack(archive: Path, folder: Path) -> None:
    """Unpack the archive's one folder `pulumi/` flat into `folder`; the filter refuses links and paths out of it."""
    with cache.disk_errors("unpacking Pulumi", folder), tarfile.open(archive) as content:
        content.extractall(folder, filter="data")
    unpacked = folder / "pulumi"
    inner = unpacked.rename(folder / "unpacked")
    for file in list((inner / "bin" if (inner / "bin").is_dir() else inner).iterdir()):
        file.rename(folder / file.name)
    shutil.rmtree(inner)
