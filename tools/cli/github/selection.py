"""Selection of the stacks that a change concerns, and of the jobs that preview or deploy them.

A job that deploys has one environment on GitHub, hence one identity: a stack that an environment has one of, all
selected stacks of teams in a layer, or all selected apps of one team. So the number of approvals does not follow the
number of apps. A job that previews a proposal has an environment as well, with the preview account of one owner. A job
of the main branch that reads has none, so it takes stacks of several owners in turn. In doubt a stack is selected: the
preview of an unchanged stack is empty.
"""

import math
import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path, PurePosixPath
from typing import Self, TypeVar

from cli import catalog, contracts, git
from cli.layout import LAYERS, Stack, environments, named, present
from cli.projects import PROJECTS, split
from toolchain.errors import ToolError

_STACK_FILE = re.compile(r"Pulumi\.(?P<stack>[A-Za-z0-9_-]+)\.yaml")
_ENTRIES = "entries"
_EMPTY_TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
# Stacks that one job previews: getting the tools takes as long as about ten of them. More of them share a job where a
# matrix would have too many jobs.
BATCH = 25
# Jobs of a matrix: https://docs.github.com/en/actions/reference/limits.
MATRIX = 256
# Stacks that one note names.
_NAMED = 30


@dataclass(frozen=True)
class JobTarget:
    """Stacks that one job previews or deploys; they are of one environment and project.

    Attributes:
        name: of the job; for a deployment that of its protected environment on GitHub.
        stacks: the stacks, at least one.
    """

    name: str
    stacks: tuple[Stack, ...]

    @classmethod
    def named(cls, name: str, environment: str, titles: Sequence[str]) -> Self:
        """The target of a job, from the row of its matrix."""
        return cls(name, tuple(named(environment, title) for title in titles))

    @property
    def environment(self) -> str:
        """The environment of the stacks."""
        return self.stacks[0].environment

    @property
    def titles(self) -> list[str]:
        """Titles of the stacks."""
        return [stack.title for stack in self.stacks]

    @property
    def summary(self) -> str:
        """The stacks for people: `identity-dev: identity`, `apps-shop-dev: apps/reports, apps/storefront`."""
        return f"{self.name}: {', '.join(self.titles)}"

    @property
    def wave(self) -> int:
        """Index of the wave in which the job deploys."""
        program = self.stacks[0].program
        return next(index for index, programs in enumerate(contracts.deployed()) if program in programs)

    @property
    def level(self) -> int:
        """Index of the wave of its last stack; what administrators deploy is in the first one, with what reads it."""
        waves = {program: index for index, programs in enumerate(contracts.deployed()) for program in programs}
        return max(waves.get(stack.program, 0) for stack in self.stacks)

    def proposal_row(self) -> dict[str, str]:
        """Row of the target in the matrix of a job that previews a proposal."""
        return {**self.preview_row(), "environment": self.stacks[0].previewed_in()}

    def preview_row(self) -> dict[str, str]:
        """Row of the target in the matrix of a job that reads, as short as can be.

        The job that comments gets all rows in one variable, which Linux limits to 128 KiB.
        """
        return {"name": self.name, "stack": self.environment, "titles": " ".join(self.titles)}

    def row(self) -> dict[str, str]:
        """Row of the target in the matrix of a job that deploys."""
        return {
            **self.preview_row(),
            "layer": self.stacks[0].project,
            "owner": self.stacks[0].owner(),
            "apps": " ".join(stack.part for stack in self.stacks if stack.is_app and stack.part),
            "teams": " ".join(stack.of_team() for stack in self.stacks if stack.is_one_of_many and not stack.is_app),
        }


@dataclass(frozen=True)
class Selection:
    """Selected stacks, and notes on those that are left out, with the reason."""

    stacks: tuple[Stack, ...]
    notes: tuple[str, ...]

    def deployments(self) -> list[JobTarget]:
        """Jobs that deploy: one for each owner of an environment."""
        by_owner = _grouped(self.stacks, lambda stack: (stack.project, f"{stack.owner()}-{stack.environment}"))
        return [JobTarget(name, stacks) for (_, name), stacks in by_owner.items()]

    def previews(self) -> list[JobTarget]:
        """Jobs of the main branch that read: for each kind of state in an environment as many as it has batches."""
        return self._batched(lambda stack: f"{stack.store}-{stack.environment}")

    def proposals(self) -> list[JobTarget]:
        """Jobs that preview a proposal: for each preview account as many as it has batches of stacks."""
        return self._batched(lambda stack: stack.previewed_in().removeprefix("preview-"))

    def levels(self) -> list[list[JobTarget]]:
        """Jobs that preview a proposal, by level: each reads planned contracts of earlier levels alone."""
        ordered = sorted(self.proposals(), key=lambda target: target.level)
        return [list(level) for _, level in groupby(ordered, key=lambda target: target.level)]

    def _batched(self, key: Callable[[Stack], str]) -> list[JobTarget]:
        targets: list[JobTarget] = []
        groups = _grouped(self.stacks, key)
        size = BATCH
        while sum(math.ceil(len(stacks) / size) for stacks in groups.values()) > MATRIX and size < len(self.stacks):
            size += BATCH
        for name, stacks in groups.items():
            batches = [stacks[start : start + size] for start in range(0, len(stacks), size)]
            for number, batch in enumerate(batches, 1):
                targets.append(JobTarget(f"{name}-{number}" if len(batches) > 1 else name, batch))
        return targets


_Key = TypeVar("_Key")


def _grouped(stacks: Sequence[Stack], key: Callable[[Stack], _Key]) -> dict[_Key, tuple[Stack, ...]]:
    groups: defaultdict[_Key, list[Stack]] = defaultdict(list)
    for stack in stacks:
        groups[key(stack)].append(stack)
    return {name: tuple(members) for name, members in groups.items()}


def select(chosen: Callable[[Stack], bool], names: Iterable[str] | None = None) -> Selection:
    """Select stacks of the environments.

    A stack without a state is left out with a note: only a person makes the state. An app that is no team's is left out
    as well.

    Args:
        chosen: returns whether to select a stack.
        names: names of environments; all by default.
    """
    selected: list[Stack] = []
    unready: defaultdict[str, list[str]] = defaultdict(list)
    notes: list[str] = []
    for name in environments() if names is None else names:
        for stack in _stacks(name):
            try:
                if not chosen(stack):
                    continue
                stack.owner()
            except ToolError as error:
                notes.append(str(error))
                continue
            if stack.is_ready:
                selected.append(stack)
            else:
                unready[name].append(stack.title)
    notes += [
        f"{listed(titles)} ({name}): no state yet, an administrator runs make bootstrap STACK={name}"
        for name, titles in unready.items()
    ]
    return Selection(tuple(selected), tuple(notes))


def listed(titles: Sequence[str]) -> str:
    """Titles of stacks in a sentence: the first ones, and how many there are more."""
    more = f" and {len(titles) - _NAMED} more" if len(titles) > _NAMED else ""
    return f"{', '.join(titles[:_NAMED])}{more}"


def _stacks(environment: str) -> list[Stack]:
    found = [stack for layer in LAYERS for stack in present(environment, layer)]
    return sorted(found, key=lambda stack: stack.place)


def touched(paths: Sequence[str]) -> Callable[[Stack], bool]:
    """Return a function that tells whether the files of a change concern a stack."""
    return lambda stack: any(concerns(path, stack) for path in paths)


def concerns(path: str, stack: Stack) -> bool:
    """Return whether a file can change a stack, or a stack before it.

    A contract is only known after the preview of its producer, so a change of a stack concerns all stacks after it; a
    change of a team's stack, the stacks of the same team.
    """
    parts = PurePosixPath(path).parts
    if len(parts) < 2 or parts[0] not in LAYERS or path.endswith(".md") or path == catalog.FILE:
        return False
    project = parts[0]
    if len(parts) == 2 and (match := _STACK_FILE.fullmatch(parts[1])):
        at = split(project, match["stack"], [stack.environment])
        return at is not None and _is_or_precedes(Stack(project, *at), stack)
    if project == "apps" and parts[1] == _ENTRIES and len(parts) == 3:
        return stack.is_app and PurePosixPath(parts[2]).stem == stack.part
    programs = PROJECTS[project].programs
    return any(stack.program == program or contracts.depends(stack.program, program) for program in programs)


def _is_or_precedes(other: Stack, stack: Stack) -> bool:
    if other == stack:
        return True
    if not contracts.depends(stack.program, other.program):
        return False
    team = other.of_team() if other.is_one_of_many else ""
    after = contracts.after(other.program, team)
    return (stack.program, "") in after or (stack.program, stack.of_team()) in after


def changed_files(repository: Path, before: str, after: str = "HEAD") -> list[str] | None:
    """Files that differ between two commits; None when the repository lacks the older commit.

    Args:
        repository: a checkout with both commits.
        before: the older commit; empty for the empty tree.
        after: the newer commit.
    """
    older = before or _EMPTY_TREE
    if before and git.run(repository, "cat-file", "-e", f"{before}^{{commit}}").returncode:
        return None
    done = git.run(repository, "diff", "--name-only", "--no-renames", "-z", older, after, "--")
    if done.returncode:
        raise ToolError(
            f"git cannot compare {older} with {after} ({done.stderr.strip()}), so nobody knows what changed. Nothing "
            "was started. Check out enough of the history (fetch-depth)."
        )
    return [name for name in done.stdout.split("\0") if name]
