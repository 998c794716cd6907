"""Start and stop of a sandbox's endpoints, and the environment with which clients reach them.

They run on demand: only Google's own clients need them. For a shell,
`eval "$(python -m sandbox.google.control)"` starts them and sets that environment; `--stop` ends them.
"""

import argparse
import json
import os
import shlex
import sys
import time
from collections.abc import Generator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sandbox import programs, servers
from sandbox.cloud.credentials import sandbox_directory
from sandbox.cloud.errors import ApiError
from sandbox.processes import Daemon
from toolchain.errors import ToolError
from toolchain.files import only_one, write_whole

_ROOT = Path(__file__).resolve().parents[2]  # the import root of this package
_POLL = 0.05  # seconds
_PATIENCE = 60.0  # seconds; two idle cores need two


@dataclass(frozen=True)
class Endpoints:
    """Address of the endpoints: the proxy's port on loopback, and the authority that signed their certificate."""

    port: int
    authority: Path

    def environment(self) -> dict[str, str]:
        """Returns the environment variables that clients need, for every client library."""
        proxy, direct = f"http://127.0.0.1:{self.port}", "localhost,127.0.0.1"
        return {
            # Plain HTTP uses the proxy too, which refuses it: no request leaves the sandbox.
            **dict.fromkeys(("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"), proxy),
            **dict.fromkeys(("NO_PROXY", "no_proxy"), direct),
            # Go and Python; Python's requests; gRPC's C core; gcloud.
            **dict.fromkeys(
                (
                    *("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"),
                    "CLOUDSDK_CORE_CUSTOM_CA_CERTS_FILE",
                ),
                str(self.authority),
            ),
        }


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
            _published(directory).unlink(missing_ok=True)
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


def publish(directory: Path, port: int, authority: bytes) -> None:
    """Writes the address of the endpoints to a file; the endpoints call it once they answer."""
    clusters = directory / "pki" / "ca.crt"
    trusted = authority.decode() + (clusters.read_text() if clusters.is_file() else "")
    write_whole(_authority(directory), trusted)
    write_whole(_published(directory), json.dumps({"port": port}) + "\n")


def _published(directory: Path) -> Path:
    return directory / "run" / "google.json"


def _authority(directory: Path) -> Path:
    return directory / "run" / "google-ca.crt"


def _await(directory: Path, daemon: Daemon) -> Endpoints:
    deadline = time.monotonic() + _PATIENCE
    while not _published(directory).is_file():
        if daemon.pid() is None or time.monotonic() > deadline:
            output = "".join(f"\n  {line}" for line in daemon.last_lines())
            raise servers.ServerError(
                f"{daemon.name} did not start, so Google's own clients cannot reach the simulated cloud; they said "
                f"last:{output}\ntheir log: {daemon.log}"
            )
        time.sleep(_POLL)
    port = int(json.loads(_published(directory).read_text())["port"])
    return Endpoints(port, _authority(directory))


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
        environment = start(directory, programs.ensure_objects()).environment()
    except ApiError as error:
        print(f"error: {error.message}", file=sys.stderr)
        return 1
    except (ToolError, servers.ServerError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    for name, value in environment.items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
