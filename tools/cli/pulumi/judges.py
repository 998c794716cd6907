"""Files that judge a program: policies, gate, commands, workflows, and the environments in which these run.

Where the kernel has Landlock a program cannot write them (`toolchain/confined.py`). They are compared as well, with
what they were before the first program of this command ran: before each verdict, and before each update.
"""

import compileall
import functools
import hashlib
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from cli.layout import Stack
from cli.pulumi import policy_sets
from cli.pulumi.policy_sets import OWN, PolicySet
from toolchain import confined
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError

_OURS = ("policies", "tools", ".github", ".ci", "Makefile")
_ENVIRONMENTS = ("policies", "tools")
_BYTECODE = "__pycache__"
_SHOWN = 10


def before_run(stack: Stack, policies: Sequence[PolicySet] = (OWN,)) -> None:
    """Note the files as they are; make the bytecode of program and policies, which these cannot write themselves."""
    for folder in (stack.folder, *(each.folder for each in policies)):
        for directory, inner, files in os.walk(folder):
            inner[:] = [name for name in inner if not name.startswith(".") and name != _BYTECODE]
            for file in files:
                if file.endswith(".py"):
                    compileall.compile_file(os.path.join(directory, file), quiet=2)  # noqa: PTH118  faster for many
    noted()


def require_unchanged(title: str) -> None:
    """Check the files before something is decided about a stack.

    Raises:
        ToolError: one was changed, so neither pack nor gate can be relied on.
    """
    before, now = noted(), _marks()
    changed = sorted(file for file in before.keys() | now.keys() if before.get(file) != now.get(file))
    changed = [file for file in changed if file in before or _BYTECODE not in file]
    if changed:
        more = f"\n  … and {len(changed) - _SHOWN} more" * (len(changed) > _SHOWN)
        listed = "\n".join(f"  {file}" for file in changed[:_SHOWN])
        raise ToolError(
            f"{title}: files that judge its plan changed while this command ran, so no verdict can be relied on, and "
            f"nothing more is done:\n{listed}{more}\nAn editor may have written them, or the program of a layer or one "
            "of its packages. Find out which, restore the files (`git diff` shows them; `rm -rf */.venv` makes the "
            "environments anew), then run the command again."
        )


@functools.cache
def noted() -> dict[str, str]:
    """Files before the first program of this command, by path: a mark of the content of each."""
    return _marks()


def _marks() -> dict[str, str]:
    """Content of our own files; where programs can write them, size and time of the thousands of an environment."""
    others = [each.folder for each in policy_sets.evaluating() if not each.is_own]
    folders = [*(CHECKOUT / name for name in _OURS), *others]
    ours = {file: hashlib.sha256(_content(file)).hexdigest() for folder in folders for file in _files(folder)}
    for project in () if confined.version() else _ENVIRONMENTS:
        environment = (CHECKOUT / project / ".venv").resolve()
        ours |= {entry.path: _stamp(entry) for entry in _entries(environment)}
    return {os.path.relpath(file, CHECKOUT): mark for file, mark in ours.items()}


def _files(path: Path) -> Iterator[str]:
    if path.is_file():
        yield str(path)
    for directory, inner, files in os.walk(path):
        inner[:] = [name for name in inner if name not in (".venv", _BYTECODE) and not name.startswith(".pytest")]
        yield from (os.path.join(directory, name) for name in files)  # noqa: PTH118  faster for many


def _content(file: str) -> bytes:
    try:
        return Path(file).read_bytes()
    except OSError as error:
        return type(error).__name__.encode()


def _entries(folder: Path) -> Iterator["os.DirEntry[str]"]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(Path(entry.path))
            else:
                yield entry


def _stamp(entry: "os.DirEntry[str]") -> str:
    found = entry.stat(follow_symlinks=False)
    return f"{found.st_size} {found.st_mtime_ns} {found.st_mode}"
