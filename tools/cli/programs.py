"""Start of programs in `tests/`, each a separate process."""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.layout import LAYERS
from toolchain.environments import CHECKOUT, python


def of_tests(checkout: Path = CHECKOUT) -> dict[str, str]:
    """Variables by which a program imports the packages of the tests, the commands, the layers and the policies."""
    path = [checkout / folder for folder in ("tests", "tools", *LAYERS, "policies")]
    return {"PYTHONPATH": os.pathsep.join(map(str, path))}


def run(module: str, arguments: Sequence[str] = (), env: Mapping[str, str] | None = None) -> int:
    """Run a module in the environment of the tests; return its exit code."""
    command = [str(python("tests")), "-m", module, *arguments]
    env = {**(env or os.environ), **of_tests()}
    return subprocess.run(command, env=env, cwd=CHECKOUT / "tests", check=False).returncode  # noqa: S603  ours
