"""The loopback ports of one sandbox: chosen once, kept, and checked before a server takes them.

Only two servers listen. etcd, the controller manager, the scheduler and the node need no port.
"""

import json
import os
import random
import socket
from collections.abc import Collection, Generator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path

from toolchain import cache
from toolchain.errors import ToolError
from toolchain.files import only_one, write_whole

FILE = "ports.json"
API_PORT_VARIABLE = "SANDBOX_API_PORT"

# Below the range from which systems take the ports of outgoing connections, so that no connection occupies one later.
_CHOICES = range(20_000, 30_000)


class PortError(ToolError):
    """A requested port that cannot be used; the message has the reason and the remedy."""


class PortInUseError(PortError):
    """Another process listens on a port that the sandbox needs."""


@dataclass(frozen=True)
class Ports:
    """Port numbers on 127.0.0.1: of the Kubernetes API server, and of the simulated cloud's webhooks."""

    kube_apiserver: int
    cloud: int


def ensure_ports(directory: Path) -> Ports:
    """Return the sandbox's ports; choose free ports if it has none yet.

    `SANDBOX_API_PORT` in the environment fixes the API server's port.

    Raises:
        PortError: the variable or the file does not hold port numbers, or no port is free.
    """
    requested = _requested_api_port()
    chosen = read_ports(directory)
    if chosen and requested in (None, chosen.kube_apiserver):
        return chosen
    with _others(directory) as taken:
        api = requested or (chosen.kube_apiserver if chosen else _free_port(taken))
        cloud = chosen.cloud if chosen else _free_port({*taken, api})
        ports = Ports(kube_apiserver=api, cloud=cloud)
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_whole(directory / FILE, json.dumps(asdict(ports)) + "\n")
    return ports


@contextmanager
def _others(directory: Path) -> Generator[set[int]]:
    """Ports of this person's other sandboxes, of which none may have servers that run; the block chooses others.

    A list of the sandboxes is kept beside the cached tools. One that is discarded leaves it when the next one chooses.
    """
    listed = cache.root() / "sandboxes"
    with cache.disk_errors("choosing the sandbox's ports", listed.parent), only_one(listed.with_suffix(".lock")):
        known = listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else []
        ports = {folder: _kept(Path(folder)) for folder in known if folder != str(directory.resolve())}
        yield set[int]().union(*ports.values())
        write_whole(listed, "".join(f"{folder}\n" for folder in [*filter(ports.get, ports), str(directory.resolve())]))


def _kept(directory: Path) -> tuple[int, ...]:
    """Ports of a sandbox, none where it is gone or its file is damaged."""
    with suppress(PortError, OSError):
        ports = read_ports(directory)
        return (ports.kube_apiserver, ports.cloud) if ports else ()
    return ()


def read_ports(directory: Path) -> Ports | None:
    """Return the ports that were chosen before, or None.

    Raises:
        PortError: the file does not contain ports.
    """
    path = directory / FILE
    try:
        content = json.loads(path.read_text())
        return Ports(kube_apiserver=int(content["kube_apiserver"]), cloud=int(content["cloud"]))
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise PortError(
            f"{path} does not hold the sandbox's ports ({error}), so its servers cannot be reached; "
            "discard the sandbox with `make down`"
        ) from error


def require_free(port: int, server: str) -> None:
    """Raise an error unless a server could listen on a port of 127.0.0.1.

    Raises:
        PortInUseError: another process uses the port; the message names it where /proc shows it.
    """
    if is_free(port):
        return
    holder = holder_of(port)
    by = f" by {holder}" if holder else ""
    raise PortInUseError(
        f"port {port} on 127.0.0.1 is in use{by}, so the sandbox's {server} cannot start; stop that process, or "
        f"discard this sandbox with `make down` so that it chooses other ports, or name one: "
        f"{API_PORT_VARIABLE}=<port> make up"
    )


def is_free(port: int) -> bool:
    """Return whether a server could listen on a port of 127.0.0.1 now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # closed connections do not occupy the port
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def holder_of(port: int) -> str | None:
    """Return "name (process 123)" for the listener on a port, where /proc shows it."""
    inodes = _listening_sockets(port)
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if any(link.readlink().name in inodes for link in (process / "fd").iterdir()):
                return f"{(process / 'comm').read_text().strip()} (process {process.name})"
        except OSError:  # the process ended, or belongs to another user
            continue
    return None


def _listening_sockets(port: int) -> set[str]:
    listening = "0A"
    sockets: set[str] = set()
    for table in (Path("/proc/net/tcp"), Path("/proc/net/tcp6")):
        try:
            rows = [line.split() for line in table.read_text().splitlines()[1:]]
        except OSError:
            continue
        sockets |= {
            f"socket:[{row[9]}]" for row in rows if row[3] == listening and int(row[1].rsplit(":", 1)[1], 16) == port
        }
    return sockets


def _requested_api_port() -> int | None:
    text = os.environ.get(API_PORT_VARIABLE)
    if not text:
        return None
    if not text.isascii() or not text.isdigit() or not 1024 <= int(text) <= 65535:
        raise PortError(f"{API_PORT_VARIABLE} is {text!r}, which is not a port; set a number from 1024 to 65535")
    return int(text)


def _free_port(besides: Collection[int]) -> int:
    for port in random.sample(_CHOICES, 200):
        if port not in besides and is_free(port):
            return port
    raise PortError(
        f"no free port between {_CHOICES.start} and {_CHOICES.stop} on 127.0.0.1, so the sandbox's servers cannot "
        "start; end processes that listen there"
    )
