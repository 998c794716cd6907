"""Sets of policies that evaluate a plan: the checkout's, and where a proposal changes them, the other ones as well.

A change of pack, gate or security's lists would otherwise be evaluated by what it changes. In the job of a pull request
the checkout has the base branch's policies, and the proposal its own beside it; on a laptop the checkout has the
proposed policies, and git has the policies of the commit at which it left the default branch. The other set is a copy
in a folder of its own, made before any program runs (policies/decisions/0009-both-sets-evaluate-a-proposal.md).
"""

import atexit
import functools
import io
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import yaml

from cli.github import proposal
from cli.layout import LAYERS, POLICIES
from engine import strict_yaml
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError
from toolchain.progress import show

# What the default branch is called, in the order of trust: as the remote says, as it is on the remote, as it is here.
_DEFAULT_BRANCH = ("refs/remotes/origin/HEAD", "refs/remotes/origin/main", "refs/heads/main")
_PROJECT = "PulumiPolicy.yaml"
_NOT_COMPARED = (".venv", "__pycache__")
_SHOWN = 12


@dataclass(frozen=True)
class PolicySet:
    """Pack, gate and security's lists in one folder.

    Attributes:
        folder: the folder.
        title: whose they are, for messages.
    """

    folder: Path
    title: str

    @property
    def is_own(self) -> bool:
        """Return whether the set is the checkout's, which judges a plan in any case."""
        return self.folder == POLICIES


OWN = PolicySet(POLICIES, "this checkout")


@functools.cache
def evaluating() -> tuple[PolicySet, ...]:
    """Sets that evaluate a plan: the checkout's first, and the other one where there is one.

    Raises:
        ToolError: there is another set, which cannot be read.
    """
    if (CHECKOUT / proposal.HEAD).is_dir():
        other = _copied(CHECKOUT / proposal.HEAD, "HEAD", "this proposal")
        return (PolicySet(POLICIES, "the base branch"), *other)
    base = _base()
    return (
        PolicySet(POLICIES, OWN.title),
        *(_copied(CHECKOUT, base, f"the base branch ({base[:_SHOWN]})") if base else ()),
    )


def introduce(policies: PolicySet) -> None:
    """Say whose policies the verdict that follows is of, where there are two sets."""
    if len(evaluating()) > 1:
        show(f"By the policies of {policies.title}:")


def _base() -> str:
    """Commit at which this checkout left the default branch; empty where git knows none."""
    top = _git(CHECKOUT, "rev-parse", "--show-toplevel")
    if top is None or Path(os.fsdecode(top).strip()).resolve() != CHECKOUT:
        return ""
    for branch in _DEFAULT_BRANCH:
        if found := _git(CHECKOUT, "merge-base", "HEAD", branch):
            return found.decode().strip()
    return ""


def _copied(repository: Path, commit: str, title: str) -> tuple[PolicySet, ...]:
    """Copy of the policies of a commit; none where they are the checkout's, or the commit has none."""
    archive = _git(repository, "archive", "--format=tar", commit, POLICIES.name)
    if archive is None:
        if repository == CHECKOUT:
            return ()
        raise ToolError(
            f"the policies of {title} cannot be read from {repository.name}, so they cannot evaluate it. Nothing was "
            "started. A proposal has the folder policies/; the workflow checks it out with its commits."
        )
    top = Path(tempfile.mkdtemp(prefix="prodfirst-policies-"))
    atexit.register(shutil.rmtree, top, ignore_errors=True)
    try:
        with tarfile.open(fileobj=io.BytesIO(archive)) as packed:
            wanted = [member for member in packed if ".venv" not in Path(member.name).parts]
            packed.extractall(top, wanted, filter="data")
    except tarfile.TarError as error:
        raise ToolError(f"the policies of {title} have a file that is not unpacked here: {error}") from error
    folder = top / POLICIES.name
    if dict(_compared(folder)) == dict(_compared(POLICIES)):
        return ()
    _point(folder)
    return (PolicySet(folder, title),)


def _point(folder: Path) -> None:
    """Let a copy run in the checkout's environment, beside the checkout's layers, by the checkout's way to start it."""
    for layer in LAYERS:
        (folder.parent / layer).symlink_to(CHECKOUT / layer)
    project = cast("dict[str, Any]", strict_yaml.load(POLICIES / _PROJECT).content)
    # The path is absolute: below a folder `.venv` of its own the pack could write (toolchain/confined.py).
    project["runtime"]["options"]["virtualenv"] = str(POLICIES / ".venv")
    (folder / _PROJECT).unlink(missing_ok=True)
    (folder / _PROJECT).write_text(yaml.safe_dump(project), encoding="utf-8")


def _compared(folder: Path) -> Iterator[tuple[str, bytes]]:
    """Files that decide, by their path: no document does."""
    for directory, inner, files in os.walk(folder):
        inner[:] = [name for name in inner if not name.startswith(".") and name not in _NOT_COMPARED]
        for path in (Path(directory, name) for name in files if not name.endswith(".md")):
            yield (
                str(path.relative_to(folder)),
                os.fsencode(path.readlink()) if path.is_symlink() else path.read_bytes(),
            )


def _git(repository: Path, *arguments: str) -> bytes | None:
    """Output of git; None where it fails or does not exist."""
    try:
        done = subprocess.run(["git", "-C", str(repository), *arguments], capture_output=True, check=False)  # noqa: S603, S607  git
    except FileNotFoundError:
        return None
    return None if done.returncode else done.stdout
