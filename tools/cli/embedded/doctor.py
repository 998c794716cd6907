"""Lines of `make doctor` about the sandbox. Standard library only (see `cli.doctor`)."""

import os
import socket

from cli.embedded import plugins
from cli.finding import BAD, GOOD, Finding
from sandbox import programs as built
from sandbox import servers
from toolchain.environments import sandbox_directory
from toolchain.versions import InstalledProgram


def programs() -> list[tuple[str, tuple[InstalledProgram | None, str]]]:
    """Programs that the sandbox needs built."""
    return [("kubernetes", (built.find_controlplane(), "not built yet"))]


def findings() -> list[Finding]:
    """Findings about the sandbox, as lines of the table."""
    return [_sandbox(), _plugins(), _port()]


def _sandbox() -> Finding:
    folder = sandbox_directory()
    if not folder.is_dir():
        return Finding("sandbox", GOOD, f"none at {folder}; `make up` makes one")
    running = [server.name for server in servers.status(folder) if server.state != "stopped"]
    return Finding("sandbox", GOOD, f"{folder}  servers running: {', '.join(running) or 'none'}")


def _plugins() -> Finding:
    found = plugins.kept(sandbox_directory())
    return Finding("plugins", GOOD, found.shown() if found else "chosen by the first `make up`")


def _port() -> Finding:
    port = os.environ.get("SANDBOX_API_PORT", "")
    if not port:
        return Finding("ports", GOOD, "free ones are chosen (SANDBOX_API_PORT fixes the API server's)")
    if not port.isdigit() or not 0 < int(port) < 65536:
        return Finding("ports", BAD, f"SANDBOX_API_PORT={port} is not a port number", "set it to 1024-65535, or unset")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(port)))
        except OSError as error:
            if any(server.port == int(port) and server.pid for server in servers.status(sandbox_directory())):
                return Finding("ports", GOOD, f"{port} is the running sandbox's")
            return Finding("ports", BAD, f"port {port}: {error.strerror}", "stop what uses it, or set another one")
    return Finding("ports", GOOD, f"{port} is free")
