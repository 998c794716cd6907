"""Chromium for the tests of pages: an installed one, else Playwright's own, else the system's package.

Only those tests need it: they find or install it on demand, not with the other tools.
"""

import os
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path

from toolchain import cache
from toolchain.environments import python
from toolchain.errors import ToolError
from toolchain.progress import say, step
from toolchain.versions import offline

VARIABLE = "CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_CONNECT_MILLISECONDS = "5000"
_DOWNLOAD_SECONDS = 240.0
_INSTALL_SECONDS = 600.0
_REMEDY = (
    "Install one with `tests/.venv/bin/python -m playwright install --with-deps chromium`, or with your system "
    f"(`apt-get install chromium`), or name one: {VARIABLE}=/path/of/chromium."
)


def find() -> Path | None:
    """An installed Chromium or Chrome; None when there is none.

    Raises `ToolError` when `CHROMIUM` does not name a program.
    """
    if path := os.environ.get(VARIABLE, ""):
        if not (Path(path).is_file() and os.access(path, os.X_OK)):
            raise ToolError(f"{VARIABLE}={path} is not a program, so pages cannot be tested. Correct it, or unset it.")
        return Path(path)
    program = next(filter(None, map(shutil.which, _NAMES)), None)
    return Path(program) if program else next(_downloaded(), None)


def ensure() -> Path:
    """An installed Chromium, downloaded or installed when there is none.

    Raises `ToolError` when there is none and none can be installed.
    """
    program = find()
    if program:
        return program
    with cache.locked(cache.root() / "locks" / "browser.lock", lambda holder: say(f"waiting for {holder} …")):
        for method in (_download, _install):
            if not offline() and not find():
                method()
        program = find()
    if not program:
        why = "SANDBOX_OFFLINE is set" if offline() else "neither Playwright's download nor a package could be had"
        raise ToolError(f"there is no Chromium here and {why}, so pages cannot be tested. {_REMEDY}")
    return program


def options() -> list[str]:
    """Options to start the browser: no background traffic, and as root no sandbox, which cannot work then."""
    quiet = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"]
    return [*quiet, "--disable-gpu", "--disable-quic", *(["--no-sandbox"] if os.geteuid() == 0 else [])]


def _downloaded() -> Iterator[Path]:
    """Browsers that Playwright has downloaded, the newest first."""
    base = os.environ.get("PLAYWRIGHT_BROWSERS_PATH") or Path.home() / ".cache" / "ms-playwright"
    folders = sorted(Path(base).glob("chromium-*"), key=lambda folder: folder.name, reverse=True)
    return (program for folder in folders for program in sorted(folder.glob("chrome-linux*/chrome")))


def _download() -> None:
    command = [str(python("tests")), "-m", "playwright", "install", "chromium"]
    with step("downloading Chromium (once)"):
        _run(command, {"PLAYWRIGHT_DOWNLOAD_CONNECTION_TIMEOUT": _CONNECT_MILLISECONDS}, _DOWNLOAD_SECONDS)


def _install() -> None:
    program = shutil.which("apt-get")
    if not program or os.geteuid() != 0:
        return
    with step("installing Chromium as a package (once)"):
        quiet = {"DEBIAN_FRONTEND": "noninteractive"}
        _run([program, "update", "-qq"], quiet, _INSTALL_SECONDS)
        _run([program, "install", "-y", "-qq", "--no-install-recommends", "chromium"], quiet, _INSTALL_SECONDS)


def _run(command: list[str], more: Mapping[str, str], seconds: float) -> None:
    """Run an installer; its success is checked afterwards, by looking for the browser."""
    env = {**os.environ, **more}
    try:
        subprocess.run(command, env=env, capture_output=True, timeout=seconds, check=False)  # noqa: S603  installers
    except subprocess.TimeoutExpired:
        say(f"gave up after {seconds:.0f} s: {' '.join(command[:4])}")
