"""Selection of the stacks that a change concerns, and of the jobs that preview or deploy them.

A job has one environment on GitHub, hence one identity: a stack that is no app's, or all selected apps of one team. So
a team approves once, and the number of jobs follows the teams, not the apps. In doubt a stack is selected: the preview
of an unchanged stack is empty.
"""

import re
import subprocess
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Self

from cli import catalog, contracts
from cli.layout import LAYERS, Stack, environments, present, stacks
from cli.projects import PROJECTS, split
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
        owner: prefix of the identity, as OWNER: "identity", "storage", "apps-shop".
        parts: the parts of the project: apps, or one part that is none.
    """

    stack: str
    layer: str
    owner: str
    parts: tuple[str | None, ...]

    @classmethod
    def named(cls, stack: str, layer: str, owner: str, apps: Sequence[str]) -> Self:
        """The target of a job, from the row of its matrix."""
        parts = tuple(apps) or tuple(member.part for member in stacks(stack, layer, owner=owner))
        return cls(stack, layer, owner, parts)

    @property
    def environment(self) -> str:
        """Name of the job's protected environment on GitHub."""
        return f"{self.owner}-{self.stack}"

    def stacks(self) -> list[Stack]:
        """The stacks of the job."""
        return [Stack(self.layer, self.stack, part) for part in self.parts]

    @property
    def titles(self) -> list[str]:
        """Titles of the stacks."""
        return [stack.title for stack in self.stacks()]

    @property
    def summary(self) -> str:
        """The stacks for people: `identity-dev: identity`, `apps-shop-dev: apps/reports, apps/storefront`."""
        return f"{self.environment}: {', '.join(self.titles)}"

    @property
    def wave(self) -> int:
        """Index of the wave in which the job deploys."""
        program = self.stacks()[0].program
        return next(index for index, programs in enumerate(contracts.deployed()) if program in programs)

    def row(self) -> dict[str, str]:
        """Row of the target in the matrix of a job."""
        return {
            "environment": self.environment,
            "stack": self.stack,
            "layer": self.layer,
            "owner": self.owner,
            "apps": " ".join(stack.part for stack in self.stacks() if stack.is_app and stack.part),
            "titles": " ".join(self.titles),
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
        by_owner: defaultdict[tuple[str, str], list[str | None]] = defaultdict(list)
        for stack in _stacks(name):
            if not chosen(stack):
                continue
            if not stack.is_ready:
                notes.append(
                    f"{stack.title} ({name}) has no state yet: an administrator runs make bootstrap STACK={name}"
                )
            else:
                _add(stack, by_owner, notes)
        targets += [JobTarget(name, layer, owner, tuple(parts)) for (layer, owner), parts in by_owner.items()]
    return Selection(tuple(targets), tuple(notes))


def _stacks(environment: str) -> list[Stack]:
    found = [stack for layer in LAYERS for stack in present(environment, layer)]
    return sorted(found, key=lambda stack: contracts.wave(stack.program))


def _add(stack: Stack, by_owner: dict[tuple[str, str], list[str | None]], notes: list[str]) -> None:
    try:
        by_owner[stack.project, stack.owner()].append(stack.part)
    except ToolError as error:
        notes.append(str(error))


def touched(paths: Sequence[str]) -> Callable[[Stack], bool]:
    """Return a function that tells whether the files of a change concern a stack."""
    return lambda stack: any(concerns(path, stack) for path in paths)


def concerns(path: str, stack: Stack) -> bool:
    """Return whether a file can change a stack, or a stack before it.

    A contract is only known after the preview of its producer, so a change of a stack concerns all stacks after it.
    """
    parts = PurePosixPath(path).parts
    if len(parts) < 2 or parts[0] not in LAYERS or path.endswith(".md") or path == catalog.FILE:
        return False
    project = parts[0]
    if len(parts) == 2 and (match := _STACK_FILE.fullmatch(parts[1])):
        named = split(project, match["stack"], [stack.environment])
        return named is not None and _is_or_precedes(Stack(project, *named), stack)
    if project == "apps" and parts[1] == _ENTRIES and len(parts) == 3:
        return stack.is_app and PurePosixPath(parts[2]).stem == stack.part
    rule = PROJECTS[project]
    programs = {rule.program(part) for part in rule.parts or (None,)}
    return any(stack.program == program or contracts.depends(stack.program, program) for program in programs)


def _is_or_precedes(other: Stack, stack: Stack) -> bool:
    return other == stack or contracts.depends(stack.program, other.program)


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
