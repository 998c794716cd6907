"""The virtual environment of each project, made by uv from its hash-locked `requirements.txt`.

Each of `tools/`, `identity/`, `platform/`, `apps/`, `policies/` and `tests/` has its own `.venv`; nothing is shared, so
a layer can change its dependencies alone, and a deployment installs no test framework. A stamp in the environment holds
the hash of its inputs: the check of an unchanged environment reads two small files. The stamp is removed first and
written last, so an interrupted environment is made again.
"""

import contextlib
import os
import shutil
import sys
from collections.abc import Iterable
from pathlib import Path

from toolchain import cache, processes, uv
from toolchain.errors import ToolError
from toolchain.progress import say, step

CHECKOUT = Path(__file__).resolve().parents[2]
LAYERS = ("identity", "platform", "apps")
# A checkout may do without the tests (.github/guides/leave.md).
PROJECTS = tuple(name for name in ("tools", *LAYERS, "policies", "tests") if (CHECKOUT / name).is_dir())
# Programs of others that only the lab runs: the pins of checkov fit no other environment, and the engines of Rego and
# Cedar and the readers of plans are only compared with pack and gate. Each environment is made when first needed.
CHECKOV = "tests/lab/checkov"
JUDGES = "tests/lab/judges"
LAB = (CHECKOV, JUDGES)
_STAMP = "prodfirst-stamp"


def sandbox_directory() -> Path:
    """Folder of the sandbox: `$SANDBOX_DIR`, by default `.sandbox` in the checkout."""
    return Path(os.environ.get("SANDBOX_DIR") or CHECKOUT / ".sandbox").absolute()


def python(project: str) -> Path:
    """Interpreter of a project's environment."""
    return CHECKOUT / project / ".venv" / "bin" / "python"


def outdated(projects: Iterable[str] = PROJECTS) -> list[str]:
    """Projects whose environment is absent or was made from another lock file or another Python.

    Raises `ToolError` when a project has no lock file.
    """
    return [project for project in projects if not _is_current(project)]


def ensure(projects: Iterable[str] = PROJECTS, *, pinned: bool = False) -> None:
    """Make the environments that are absent or outdated; for a job with an identity by the pinned uv alone."""
    if not outdated(projects):
        return
    installer = uv.ensure(pinned=pinned)
    lock = cache.root() / "locks" / f"environments-{cache.key_of(str(CHECKOUT))}.lock"
    with (
        cache.disk_errors("making the Python environments", cache.root()),
        cache.locked(lock, lambda holder: say(f"waiting for {holder}, which makes the Python environments …")),
    ):
        for project in outdated(projects):
            with step(f"making the Python environment {project}/.venv"):
                _make(project, str(installer.path))


def _expected_stamp(project: str) -> str:
    lock = CHECKOUT / project / "requirements.txt"
    try:
        content = lock.read_bytes()
    except OSError as error:
        raise ToolError(
            f"{project}/requirements.txt cannot be read ({error.strerror}), so the environment of {project}/ cannot "
            "be made. Restore the file, or write it anew with `make lock`."
        ) from error
    return cache.key_of(content, sys.version, sys.base_prefix)


def _is_current(project: str) -> bool:
    expected = _expected_stamp(project)
    try:
        return python(project).exists() and (CHECKOUT / project / ".venv" / _STAMP).read_text() == expected
    except OSError:
        return False


def _make(project: str, installer: str) -> None:
    folder = CHECKOUT / project
    venv = folder / ".venv"
    stamp = venv / _STAMP
    with cache.disk_errors(f"making {project}/.venv", folder):
        with contextlib.suppress(FileNotFoundError):
            stamp.unlink()
        _uv([installer, "venv", "--quiet", "--clear", "--no-project", "--python", sys.executable, ".venv"], project)
        sync = [installer, "pip", "sync", "--quiet", "--python", ".venv", "--require-hashes", "requirements.txt"]
        _uv(sync, project)
        stamp.write_text(_expected_stamp(project))


def _uv(command: list[str], project: str) -> None:
    result = processes.run(command, cwd=CHECKOUT / project, env=uv.environment())
    if not result.code:
        return
    shutil.rmtree(CHECKOUT / project / ".venv", ignore_errors=True)
    output = "\n".join(result.tail)
    if "No space left on device" in output:
        raise ToolError(cache.full_disk(f"making {project}/.venv", CHECKOUT / project))
    raise ToolError(
        f"the Python environment {project}/.venv could not be made (uv ended with {result.code}):\n"
        + "\n".join(f"  {line}" for line in result.tail[-12:])
        + "\nCheck the connection to the package index; uv reads its settings from UV_* variables and uv.toml."
    )
