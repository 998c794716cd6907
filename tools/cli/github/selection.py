"""Selection of the stacks that a change concerns, and of the jobs that preview or deploy them.

A job has one environment on GitHub, hence one identity: a layer, or all selected apps of one team. So a team approves
once, and the number of jobs follows the teams, not the apps. In doubt a stack is selected: the preview of an unchanged
stack is empty.
"""

import re
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from cli import catalog
from cli.layout import LAYERS, Stack, environments, present, stacks
from cli.projects import split
from toolchain.errors import ToolError

_STACK_FILE = re.compile(r"Pulumi\.(?P<stack>[A-Za-z0-9_-]+)\.yaml")
_ENTRIES = "entries"
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"


@dataclass(frozen=True)
class JobTarget:
    """Stacks that one job previews or deploys.

    Attributes:
        stack: the environment, as STACK.
        layer: the layer, as LAYER.
        owner: prefix of the identity: "identity", "apps-shop".
        apps: the apps, as APP; empty for a layer that is one stack.
    """

    stack: str
    layer: str
    owner: str
    apps: tuple[str, ...] = ()

    @property
    def environment(self) -> str:
        """Name of the job's protected environment on GitHub."""
        return f"{self.owner}-{self.stack}"

    def stacks(self) -> list[Stack]:
        """The stacks of the job."""
        if not self.apps:
            return stacks(self.stack, self.layer)
        return [stack for app in self.apps for stack in stacks(self.stack, self.layer, app)]

    def row(self) -> dict[str, str]:
        """Row of the target in the matrix of a job."""
        return {
            "environment": self.environment,
            "stack": self.stack,
            "layer": self.layer,
            "apps": " ".join(self.apps),
        }


@dataclass(frozen=True)
class Selection:
    """Selected jobs, and notes on stacks that are left out, with the reason."""

    targets: tuple[JobTarget, ...]
    notes: tuple[str, ...]


def select(chosen: Callable[[Stack], bool], names: Iterable[str] | None = None) -> Selection:
    """Select stacks of the environments, by job.

    A stack without a state is left out with a note: only a person makes the state.

    Args:
        chosen: returns whether to select a stack.
        names: names of environments; all by default.
    """
    targets: list[JobTarget] = []
    notes: list[str] = []
    for name in environments() if names is None else names:
        apps: defaultdict[str, list[str]] = defaultdict(list)
        for stack in _stacks(name):
            if not chosen(stack):
                continue
            if not stack.is_ready:
                notes.append(
                    f"{stack.title} ({name}) has no state yet: an administrator runs make bootstrap STACK={name}"
                )
            elif not stack.is_app:
                targets.append(JobTarget(name, stack.project, stack.owner()))
            else:
                _add(stack, apps, notes)
        targets += [JobTarget(name, "apps", owner, tuple(parts)) for owner, parts in sorted(apps.items())]
    return Selection(tuple(targets), tuple(notes))


def _stacks(environment: str) -> list[Stack]:
    return [stack for layer in LAYERS for stack in present(environment, layer)]


def _add(stack: Stack, apps: dict[str, list[str]], notes: list[str]) -> None:
    try:
        apps[stack.owner()].append(str(stack.part))
    except ToolError as error:
        notes.append(str(error))


def touched(paths: Sequence[str]) -> Callable[[Stack], bool]:
    """Return a function that tells whether the files of a change concern a stack."""
    return lambda stack: any(concerns(path, stack) for path in paths)


def concerns(path: str, stack: Stack) -> bool:
    """Return whether a file can change a stack or a layer before it.

    The contract of a layer is only known after its preview, so a change of a layer concerns all layers after it.
    """
    parts = PurePosixPath(path).parts
    if len(parts) < 2 or parts[0] not in LAYERS or LAYERS.index(parts[0]) > LAYERS.index(stack.project):
        return False
    if path.endswith(".md") or path == catalog.FILE:
        return False
    return _names(parts, stack)


def _names(parts: tuple[str, ...], stack: Stack) -> bool:
    """Return whether the file belongs to every stack of its layer, to this stack, or to a stack before it."""
    layer = parts[0]
    if len(parts) == 2 and (match := _STACK_FILE.fullmatch(parts[1])):
        if layer == stack.project:
            return match["stack"] == stack.name
        return split(layer, match["stack"], [stack.environment]) is not None
    if layer == "apps" and parts[1] == _ENTRIES and len(parts) == 3:
        return PurePosixPath(parts[2]).stem == stack.part
    return True


def changed_files(repository: Path, before: str, after: str = "HEAD") -> list[str] | None:
    """Files that differ between two commits; None when the repository lacks the older commit.

    Args:
        repository: a checkout with both commits.
        before: the older commit; empty for the empty tree.
        after: the newer commit.
    """
    older = before or _EMPTY_TREE
    if before and _git(repository, "cat-file", "-e", f"{before}^{{commit}}").returncode:
        return None
    done = _git(repository, "diff", "--name-only", "--no-renames", "-z", older, after, "--")
    if done.returncode:
        raise ToolError(
            f"git cannot compare {older} with {after} ({done.stderr.strip()}), so nobody knows what changed. Nothing "
            "was started. Check out enough of the history (fetch-depth)."
        )
    return [name for name in done.stdout.split("\0") if name]


def _git(repository: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = ["git", "-C", str(repository), *arguments]
    return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603  git
