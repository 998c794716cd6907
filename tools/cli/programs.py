"""Start of programs in `tests/`, each a separate process."""

import contextlib
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
    """Run a module in the environment of the tests; return its exit code, 130 for one that an interrupt ended.

    The terminal interrupts the program as well. It is waited for: it may have servers to stop.
    """
    command = [str(python("tests")), "-m", module, *arguments]
    env = {**(env or os.environ), **of_tests()}
    with subprocess.Popen(command, env=env, cwd=CHECKOUT / "tests") as program:  # noqa: S603  ours
        while True:
            with contextlib.suppress(KeyboardInterrupt):
                code = program.wait()
                return 128 - code if code < 0 else code
