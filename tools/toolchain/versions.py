"""Search for a program on PATH, and its version."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from toolchain.pins import Version


@dataclass(frozen=True)
class InstalledProgram:
    """An installed, usable program: its path, its version as text, and its source."""

    path: Path
    version: str
    source: str


def offline() -> bool:
    """Return whether SANDBOX_OFFLINE forbids downloads."""
    return os.environ.get("SANDBOX_OFFLINE", "").lower() not in ("", "0", "no", "false")


def parse(text: str) -> Version | None:
    """Version from the first `X.Y` or `X.Y.Z` in a text; None when there is none."""
    match = re.search(r"(\d+)\.(\d+)(?:\.(\d+))?", text)
    return (int(match[1]), int(match[2]), int(match[3] or 0)) if match else None


def ask(command: Sequence[str | Path], env: dict[str, str] | None = None) -> str:
    """Output of a command; empty when it cannot be run, fails, or takes longer than a minute."""
    try:
        done = subprocess.run(  # noqa: S603  a program found on PATH, asked for its version
            command, capture_output=True, text=True, timeout=60, check=True, env=env
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def on_path(
    program: str, arguments: Sequence[str], suitable: Callable[[Version], bool], env: dict[str, str] | None = None
) -> tuple[InstalledProgram | None, str]:
    """The first `program` on PATH, if its version is `suitable`; else None and the reason, for `make doctor`."""
    path = shutil.which(program)
    if path is None:
        return None, "not on PATH"
    answer = ask([path, *arguments], env)
    version = parse(answer)
    if version is None:
        return None, f"{path} does not tell its version"
    shown = re.search(r"\d+\.\d+[\w.+-]*", answer)
    text = shown[0] if shown else answer
    if not suitable(version):
        return None, f"{path} is {text}"
    return InstalledProgram(Path(path), text, "PATH"), ""
