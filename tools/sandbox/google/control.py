"""Start and stop of a sandbox's endpoints, and the environment with which clients reach them.

They run on demand: only Google's own clients need them. For a shell,
`eval "$(python -m sandbox.google.control)"` starts them and sets that environment; `--stop` ends them.
"""

import argparse
import os
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from sandbox import programs, servers
from sandbox.cloud.credentials import sandbox_directory
from sandbox.cloud.errors import ApiError
from sandbox.google import address
from sandbox.google.address import Endpoints
from sandbox.processes import PATIENCE, Daemon
from toolchain.errors import ToolError
from toolchain.files import only_one

_ROOT = Path(__file__).resolve().parents[2]  # the import root of this package
_POLL = 0.05  # seconds


def start(directory: Path, objects: Path) -> Endpoints:
    """Starts the endpoints of a sandbox unless they run, and waits until they answer.

    Args:
        directory: the sandbox's folder, with a seeded cloud in it.
        objects: the object server's program (see `sandbox/programs.py`).

    Raises:
        ServerError: the endpoints do not start.
    """
    directory = directory.resolve()
    daemon = servers.endpoints(directory)
    with only_one(directory / "run" / "google.lock"):
        if daemon.pid() is None:
            address.withdraw(directory)
            environment = {**os.environ, "PYTHONPATH": str(_ROOT)}
            command = [sys.executable, "-m", "sandbox.google", str(directory)]
            daemon.start([*command, str(objects.resolve())], environment, directory / "run")
        return _await(directory, daemon)


def stop(directory: Path) -> bool:
    """Stops the endpoints; returns whether they ran. Objects and keys stay."""
    return servers.endpoints(directory.resolve()).stop()


@contextmanager
def running(directory: Path, objects: Path) -> Generator[Endpoints]:
    """Runs the endpoints for the length of a block."""
    try:
        yield start(directory, objects)
    finally:
        stop(directory)


def _await(directory: Path, daemon: Daemon) -> Endpoints:
    deadline = time.monotonic() + PATIENCE
    while (endpoints := address.published(directory)) is None:
        if daemon.pid() is None or time.monotonic() > deadline:
            output = "".join(f"\n  {line}" for line in daemon.last_lines())
            raise servers.ServerError(
                f"{daemon.name} did not start, so Google's own clients cannot reach the simulated cloud; they said "
                f"last:{output}\ntheir log: {daemon.log}"
            )
        time.sleep(_POLL)
    return endpoints


def main() -> int:
    """Starts or stops the endpoints of the sandbox that SANDBOX_DIR names."""
    parser = argparse.ArgumentParser(
        prog="python -m sandbox.google.control", description="Starts Google's endpoints; prints what a shell sets."
    )
    parser.add_argument("--stop", action="store_true", help="stop them instead")
    arguments = parser.parse_args()
    try:
        directory = sandbox_directory()
        if arguments.stop:
            stop(directory)
            return 0
        lines = start(directory, programs.ensure_objects()).exports()
    except ApiError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return 1
    except (ToolError, servers.ServerError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    print(lines, end="")
    return 0


if __name__ == "__main__":
    sys.exit(main())
