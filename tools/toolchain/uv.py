"""uv, the installer and locker of the Python environments: from PATH, or its wheel by hash through pip."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from toolchain import cache, pins
from toolchain.errors import ToolError
from toolchain.progress import say, step
from toolchain.versions import InstalledProgram, ask, offline, on_path

_WHEEL = Path(__file__).parent / "uv.txt"


def suitable(version: pins.Version) -> bool:
    """Return whether a version is the pinned one or a later patch of it."""
    return version[:2] == pins.UV[:2] and version >= pins.UV


def find(*, pinned: bool = False) -> tuple[InstalledProgram | None, str]:
    """Find a usable uv on this machine, without an installation; else None and the reason.

    A job with an identity (`pinned`) takes the wheel whose hash is in `uv.txt`, and none from PATH.
    """
    installed, why = (None, "not in the cache") if pinned else on_path("uv", ["--version"], suitable)
    if installed:
        return installed, ""
    cached = cache.entry("uv", _key())
    if cached:
        return InstalledProgram(cached / "bin" / "uv", pins.UV_TEXT, "cache"), ""
    return None, why


def ensure(*, pinned: bool = False) -> InstalledProgram:
    """A usable uv, installed into the cache when there is none; see `find`."""
    installed, _ = find(pinned=pinned)
    if installed:
        return installed
    folder = cache.fill("uv", _key(), _install, lambda holder: say(f"waiting for {holder}, which installs uv …"))
    return InstalledProgram(folder / "bin" / "uv", pins.UV_TEXT, "cache")


def environment() -> dict[str, str]:
    """Environment for uv: the person's own, with pip's index for uv when uv has none of its own.

    uv does not read pip's settings, and a machine behind a package mirror usually has only settings of pip.
    """
    env = {key: value for key, value in os.environ.items() if key != "VIRTUAL_ENV"}
    if offline():
        env["UV_OFFLINE"] = "1"
    for pip, uv in (("PIP_INDEX_URL", "UV_DEFAULT_INDEX"), ("PIP_EXTRA_INDEX_URL", "UV_INDEX")):
        if pip in env and not any(name in env for name in (uv, "UV_INDEX_URL")):
            env[uv] = env[pip]
    if "PIP_CERT" in env:
        env.setdefault("SSL_CERT_FILE", env["PIP_CERT"])
    return env


def _key() -> str:
    return cache.key_of(_WHEEL.read_bytes(), sys.platform, os.uname().machine)


def _install(folder: Path) -> None:
    if offline():
        raise ToolError(
            f"uv {pins.UV_TEXT} is neither on PATH nor in the cache, and SANDBOX_OFFLINE is set, so the Python "
            "environments cannot be made. Unset SANDBOX_OFFLINE once, or put that uv on PATH."
        )
    with step(f"installing uv {pins.UV_TEXT}"), tempfile.TemporaryDirectory() as scratch:
        pip = [*_pip(Path(scratch)), "install", "--quiet", "--disable-pip-version-check", "--no-compile"]
        wheel = ["--require-hashes", "--only-binary", ":all:", "--no-deps", "--requirement", str(_WHEEL)]
        done = subprocess.run(  # noqa: S603  this interpreter's pip
            [*pip, *wheel, "--target", str(folder)], capture_output=True, text=True, check=False, env=_plain()
        )
    if done.returncode:
        reason = "\n".join(f"  {line}" for line in done.stderr.strip().splitlines()[-4:])
        if "No space left on device" in done.stderr:
            raise ToolError(cache.full_disk("installing uv", folder))
        raise ToolError(
            f"pip could not install uv {pins.UV_TEXT}, so the Python environments cannot be made:\n{reason}\n"
            f"Check the connection to the package index (pip's own settings are used), or put uv "
            f"{pins.UV_TEXT} on PATH."
        )


def _pip(scratch: Path) -> list[str]:
    """Command to call pip: this interpreter's own, or one in a temporary environment made by `ensurepip`."""
    if ask([sys.executable, "-m", "pip", "--version"], _plain()):
        return [sys.executable, "-m", "pip"]
    try:
        command = [sys.executable, "-m", "venv", str(scratch)]
        subprocess.run(command, capture_output=True, check=True)  # noqa: S603  this interpreter
    except (OSError, subprocess.CalledProcessError) as error:
        raise ToolError(
            f"{sys.executable} has neither pip nor ensurepip, so uv cannot be installed. Install your system's "
            f"python3-pip (or python3-venv) package, or put uv {pins.UV_TEXT} on PATH."
        ) from error
    return [str(scratch / "bin" / "python"), "-m", "pip"]


def _plain() -> dict[str, str]:
    """The environment without variables that would make pip search, or install into, another folder."""
    dropped = ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET", "PIP_USER", "PIP_PREFIX", "PIP_REQUIRE_VIRTUALENV")
    return {key: value for key, value in os.environ.items() if key not in dropped}
