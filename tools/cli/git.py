"""Git, run on a repository; what a failure means is its caller's to say."""

import subprocess
from pathlib import Path


def run(repository: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """Run a command of git, and return its exit code and output."""
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603  git
