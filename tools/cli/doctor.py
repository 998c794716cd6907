"""`make doctor`: what is found where, at which version, and what is missing. It makes and changes nothing.

Standard library only, so that it also answers on a machine where no environment can be made.
"""

import os
import re
import socket
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from sandbox import servers
from toolchain import cache, engine, environments, golang, kubernetes, pins, uv
from toolchain.errors import ToolError
from toolchain.versions import Found, offline

GOOD, LATER, BAD = "ok", "to be made", "unusable"
_DISK_FIRST = 6e9
_DISK_LATER = 0.5e9
_MEMORY = 2e9


@dataclass(frozen=True)
class Finding:
    """One line of the table: the subject, GOOD, LATER (the next `make up` makes it) or BAD, detail, and the remedy."""

    subject: str
    verdict: str
    detail: str
    remedy: str = ""


def main() -> int:
    """Print the table; 1 when something is unusable, else 0."""
    findings = examine()
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        print(f"{finding.subject:<{width}}  {finding.verdict:<{len(LATER)}}  {finding.detail}")
        if finding.remedy and finding.verdict == BAD:
            print(f"{'':<{width}}  {'':<{len(LATER)}}  remedy: {finding.remedy}")
    bad = [finding.subject for finding in findings if finding.verdict == BAD]
    later = [finding.subject for finding in findings if finding.verdict == LATER]
    if bad:
        print(f"\nunusable: {', '.join(bad)}")
    elif later:
        print("\nnothing is in the way; `make tools` makes what is missing, `make up` does so too")
    else:
        print("\neverything is in place")
    return 1 if bad else 0


def examine() -> list[Finding]:
    """Everything the doctor looks at, in the order in which a first run needs it."""
    return [
        _python(),
        _tool("uv", uv.find(), _pip_problem),
        *(_environment(project) for project in environments.PROJECTS),
        _tool("pulumi engine", engine.find(), _build_problem),
        _tool("kubernetes", (kubernetes.find(), "not built yet"), _build_problem),
        _tool("go", golang.find(), lambda: "", optional=_all_built()),
        _cache(),
        _disk(),
        _memory(),
        _sandbox(),
        _port(),
    ]


def _python() -> Finding:
    return Finding("python", GOOD, f"{sys.version.split()[0]}  {sys.executable}")


def _tool(subject: str, found: tuple[Found | None, str], problem: Callable[[], str], optional: bool = False) -> Finding:
    program, why = found
    if program:
        return Finding(subject, GOOD, f"{program.version}  {program.path}  ({program.source})")
    if optional:
        return Finding(subject, GOOD, f"{why}; not needed, everything is built")
    remedy = problem()
    return Finding(subject, BAD if remedy else LATER, why, remedy)


def _all_built() -> bool:
    return bool(engine.find()[0] and kubernetes.find())


def _pip_problem() -> str:
    return f"put uv {pins.UV_TEXT} on PATH, or unset SANDBOX_OFFLINE" if offline() else ""


def _build_problem() -> str:
    if offline() and not golang.find()[0]:
        return "put Go on PATH, or unset SANDBOX_OFFLINE so that it can be downloaded"
    return ""


def _environment(project: str) -> Finding:
    subject = f"{project}/.venv"
    try:
        outdated = environments.outdated([project])
    except ToolError as error:
        return Finding(subject, BAD, "cannot be made", str(error))
    if outdated:
        return Finding(subject, LATER, "absent, or not as requirements.txt says")
    return Finding(subject, GOOD, "as requirements.txt says")


def _cache() -> Finding:
    folder = cache.root()
    existing = next(parent for parent in (folder, *folder.parents) if parent.exists())
    try:
        with tempfile.TemporaryFile(dir=existing):
            pass
    except OSError as error:
        remedy = "make it writable, or set XDG_CACHE_HOME to a folder that is"
        return Finding("cache", BAD, f"{existing} cannot be written to ({error.strerror})", remedy)
    return Finding("cache", GOOD, f"{cache.size() / 1e6:.0f} MB  {folder}")


def _disk() -> Finding:
    needed = _DISK_LATER if _all_built() else _DISK_FIRST
    shown: list[str] = []
    for folder in (cache.root(), environments.CHECKOUT):
        free = cache.free_bytes(folder)
        shown.append(f"{free / 1e9:.1f} GB free at {folder}")
        if free < needed:
            return Finding("disk", BAD, shown[-1], f"free space up to {needed / 1e9:.1f} GB, or set XDG_CACHE_HOME")
    return Finding("disk", GOOD, ", ".join(shown))


def _memory() -> Finding:
    try:
        match = re.search(r"MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text())
    except OSError:
        match = None
    if match is None:
        return Finding("memory", GOOD, "not told by this system")
    free = int(match[1]) * 1024
    detail = f"{free / 1e9:.1f} GB available"
    return Finding("memory", GOOD if free > _MEMORY else BAD, detail, f"free memory up to {_MEMORY / 1e9:.0f} GB")


def sandbox_directory() -> Path:
    """Where the sandbox is: `$SANDBOX_DIR`, by default `.sandbox` in the checkout."""
    return Path(os.environ.get("SANDBOX_DIR") or environments.CHECKOUT / ".sandbox").absolute()


def _sandbox() -> Finding:
    folder = sandbox_directory()
    if not folder.is_dir():
        return Finding("sandbox", GOOD, f"none at {folder}; `make up` makes one")
    running = [server.name for server in servers.status(folder) if server.state != "stopped"]
    return Finding("sandbox", GOOD, f"{folder}  servers running: {', '.join(running) or 'none'}")


def _port() -> Finding:
    wanted = os.environ.get("SANDBOX_API_PORT", "")
    if not wanted:
        return Finding("ports", GOOD, "free ones are chosen (SANDBOX_API_PORT fixes the API server's)")
    if not wanted.isdigit() or not 0 < int(wanted) < 65536:
        return Finding(
            "ports", BAD, f"SANDBOX_API_PORT={wanted} is not a port number", "set it to 1024-65535, or unset"
        )
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", int(wanted)))
        except OSError as error:
            if any(server.port == int(wanted) and server.pid for server in servers.status(sandbox_directory())):
                return Finding("ports", GOOD, f"{wanted} is the running sandbox's")
            return Finding("ports", BAD, f"port {wanted}: {error.strerror}", "stop what uses it, or set another one")
    return Finding("ports", GOOD, f"{wanted} is free")
