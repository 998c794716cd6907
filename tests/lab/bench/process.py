"""Runs the product's own commands; a failure ends the measurement."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path


def output(command: Sequence[str], folder: Path, env: Mapping[str, str]) -> str:
    """Output of a command.

    Args:
        command: a program and its arguments.
        folder: where it runs.
        env: its whole environment.

    Raises:
        SystemExit: it failed.
    """
    done = subprocess.run(  # noqa: S603  the product's own commands
        command, cwd=folder, env=dict(env), capture_output=True, text=True, check=False
    )
    if done.returncode:
        printed = f"{done.stdout[-2000:]}{done.stderr[-2000:]}"
        raise SystemExit(f"error: `{' '.join(command)}` failed, so nothing can be measured:\n{printed}")
    return done.stdout
