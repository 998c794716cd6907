"""Stacks that a proposal removes: their files, or the app's declaration in its team's file.

Who runs a removed stack is in the base branch alone. Each is looked at by a job of its own, as the preview account that
it had there: while its state holds resources, the proposal is refused.
"""

import tempfile
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from cli import abandoned, git, stack_file
from cli.github.login import sign_in
from cli.github.preview_result import PreviewResult
from cli.github.proposal import HEAD
from cli.github.selection import JobTarget
from cli.layout import LAYERS, Stack, environments, foundation
from cli.projects import PROJECTS, Owner, split, stack_path
from toolchain.errors import ToolError

# Ending of the names of jobs that look at removed stacks; no environment's name has it.
ENDING = "_removed"
_BASE = "HEAD^1"


@dataclass(frozen=True)
class Removed:
    """A stack that the base branch declares and a proposal does not, and its owner there."""

    stack: Stack
    owner: Owner


def of_proposal(checkout: Path) -> list[Removed]:
    """Stacks with a state that a proposal removes, of environments that it keeps.

    Raises `ToolError` when the base branch's files cannot be read.
    """
    head, known = checkout / HEAD, environments()
    with tempfile.TemporaryDirectory(prefix="prodfirst-") as folder:
        base, found = Path(folder), list[Removed]()
        files = [file for layer in LAYERS for file in _files(head, layer)]
        for file in files:
            (base / file).parent.mkdir(exist_ok=True)
            (base / file).write_text(_git(head, "show", f"{_BASE}:{file}"), encoding="utf-8")
        for file in files:
            project, name = file.split("/")[0], stack_file.stack(Path(file))
            of = split(project, name, known)
            if of is None or not stack_file.read(base / file).secretsprovider:
                continue
            stack = Stack(project, *of)
            if not abandoned.undeclared(stack):
                continue
            found.append(Removed(stack, PROJECTS[project].owner(of[1], stack_path(base, "identity", of[0]))))
        return found


def jobs(removed: list[Removed]) -> list[dict[str, str]]:
    """Rows of the matrix: a job for each owner, in the environment that admits its preview account."""
    by_owner: defaultdict[tuple[str, str], list[Stack]] = defaultdict(list)
    for one in removed:
        by_owner[one.owner.accounts, one.stack.environment].append(one.stack)
    return [
        {
            **JobTarget(f"{accounts}-{environment}{ENDING}", tuple(stacks)).preview_row(),
            "environment": f"preview-{accounts}-{environment}",
        }
        for (accounts, environment), stacks in by_owner.items()
    ]


def look(target: JobTarget, checkout: Path, folder: Path) -> Iterator[PreviewResult]:
    """Look at the states of the removed stacks of a job, and write a part for each."""
    owners = {one.stack: one.owner for one in of_proposal(checkout)}
    for stack in target.stacks:
        if owner := owners.get(stack):
            part = _looked_at(stack, owner)
            part.write(folder)
            yield part


def _looked_at(stack: Stack, owner: Owner) -> PreviewResult:
    error = ""
    try:
        project = stack.gcp_project() if stack.file.is_file() else foundation(stack.environment).gcp_project()
        account = owner.account("preview", project)
        sign_in(foundation(stack.environment), account)
        place = abandoned.of_owner(stack, owner, project)
        found = [state for state in abandoned.search(stack.environment, [place]) if state.stack == stack]
        error = abandoned.message(stack.environment, found) if found else ""
    except ToolError as problem:
        error = str(problem)
    return PreviewResult(stack=stack.title, environment=stack.environment, passed=not error, error=error)


def _files(head: Path, layer: str) -> list[str]:
    listed = _git(head, "ls-tree", "--name-only", _BASE, f"{layer}/").splitlines()
    return [name for name in listed if Path(name).match("Pulumi.*.yaml")]


def _git(head: Path, *arguments: str) -> str:
    done = git.run(head, *arguments)
    if done.returncode:
        raise ToolError(
            f"the base branch of the proposal cannot be read ({done.stderr.strip()}), so nobody knows which stacks it "
            "removes. Check out the merge with its parents (fetch-depth)."
        )
    return done.stdout
