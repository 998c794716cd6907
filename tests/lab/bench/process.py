"""Runs commands whose cost is measured; none outlives the measurement."""

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from toolchain.errors import ToolError

_SECONDS = 10.0  # to end in


def output(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> str:
    """Output of a command.

    It has a process group of its own, which ends with the measurement: a time limit, or an interrupt, ends the programs
    that the command has started as well.

    Args:
        command: a program and its arguments.
        folder: where it runs.
        env: its whole environment.

    Raises:
        ToolError: it failed.
    """
    with subprocess.Popen(  # noqa: S603  the product's own commands
        command,
        cwd=folder,
        env=dict(env),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        try:
            printed, errors = process.communicate()
        except BaseException:
            _end(process)
            raise
    if process.returncode:
        raise ToolError(
            f"`{' '.join(command)}` ended with {process.returncode}, so nothing can be measured:\n"
            f"{printed[-2000:]}{errors[-2000:]}"
        )
    return printed


def _end(process: "subprocess.Popen[str]") -> None:
    """End the process group of a command: by an interrupt, and what is left of it by force."""
    os.killpg(process.pid, signal.SIGINT)
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(_SECONDS)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
