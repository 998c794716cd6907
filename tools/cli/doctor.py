"""`make doctor`: path and version of each tool, and what is missing. It makes and changes nothing.

Standard library only, so that it also runs on a machine where no environment can be made: `toolchain.stage0` starts it
as a program. The lines about the sandbox are in `cli.embedded.doctor`.
"""

import re
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from cli import optional
from cli.finding import BAD, GOOD, LATER, SHORT, Finding
from toolchain import cache, confined, engine, environments, golang, pins, recorded, uv, vendor
from toolchain.errors import ToolError
from toolchain.versions import InstalledProgram, offline

_DISK_FIRST = 6e9
_DISK_LATER = 0.5e9
_MEMORY = 2e9


def main() -> int:
    """Print the table; return 1 when something is unusable, else 0."""
    findings = examine()
    show(findings)
    bad = [finding.subject for finding in findings if finding.verdict == BAD]
    later = [finding.subject for finding in findings if finding.verdict == LATER]
    if bad:
        print(f"\nunusable: {', '.join(bad)}")
    elif later:
        print("\nnothing is in the way; `make tools` makes what is missing, `make up` does so too")
    else:
        print("\neverything is in place")
    return 1 if bad else 0


def show(findings: list[Finding]) -> None:
    """Print findings as a table, with the remedy of those that need one."""
    width = max(len(finding.subject) for finding in findings)
    for finding in findings:
        print(f"{finding.subject:<{width}}  {finding.verdict:<{len(LATER)}}  {finding.detail}")
        if finding.remedy and finding.verdict in (BAD, SHORT):
            print(f"{'':<{width}}  {'':<{len(LATER)}}  remedy: {finding.remedy}")


def examine() -> list[Finding]:
    """All findings, in the order in which a first run needs their subjects."""
    embedded = optional.module("cli.embedded.doctor")
    built = [("pulumi engine", _engine()), *(embedded.programs() if embedded else ())]
    all_built = all(program for _, (program, _) in built)
    return [
        _python(),
        _tool("uv", uv.find(), _pip_problem),
        *(_environment(project) for project in environments.PROJECTS),
        _programs(),
        *(_tool(subject, result, _build_problem) for subject, result in built),
        _tool("go", golang.find(), lambda: "", needed=not all_built),
        _recorded(),
        _cache(),
        _disk(_DISK_LATER if all_built else _DISK_FIRST),
        _memory(),
        *(embedded.findings() if embedded else ()),
    ]


def _programs() -> Finding:
    present = confined.version()
    if present:
        return Finding("programs", GOOD, f"write no file that judges them (Landlock {present})")
    return Finding("programs", GOOD, "can write what judges them (no Landlock), which is compared before each verdict")


def _python() -> Finding:
    return Finding("python", GOOD, f"{sys.version.split()[0]}  {sys.executable}")


def _tool(
    subject: str, result: tuple[InstalledProgram | None, str], problem: Callable[[], str], needed: bool = True
) -> Finding:
    program, why = result
    if program:
        return Finding(subject, GOOD, f"{program.version}  {program.path}  ({program.source})")
    if not needed:
        return Finding(subject, GOOD, f"{why}; not needed, everything is built")
    remedy = problem()
    return Finding(subject, BAD if remedy else LATER, why, remedy)


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


def _engine() -> tuple[InstalledProgram | None, str]:
    try:
        return engine.find()
    except ToolError:  # a line of its own reports it
        return None, "not looked for: the record of vendors' files cannot be read"


def _recorded() -> Finding:
    subject = "vendors' files"
    try:
        missing, all_files = recorded.missing(), sum(len(release.files) for release in vendor.releases())
    except ToolError as error:
        return Finding(subject, BAD, "no recorded SHA-256 can be read", str(error))
    detail = f"SHA-256 of {all_files - len(missing)} of {all_files} recorded"
    if missing:
        detail += "; enough for the sandbox, and a deployment is refused until `make pins` has recorded all"
    return Finding(subject, GOOD, detail)


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


def _disk(needed: float) -> Finding:
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
        return Finding("memory", GOOD, "not reported by this system")
    free = int(match[1]) * 1024
    detail = f"{free / 1e9:.1f} GB available"
    return Finding("memory", GOOD if free > _MEMORY else BAD, detail, f"free memory up to {_MEMORY / 1e9:.0f} GB")


if __name__ == "__main__":
    sys.exit(main())
