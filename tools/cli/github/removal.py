"""Stacks that a proposal removes: their files, or the app's declaration in its team's file, or a whole environment.

Who runs a removed stack is in the base branch alone. Each is looked at by a job of its own, as the preview account that
it had there: while its state holds resources, the proposal is refused. The foundation of a removed environment is left
out: it admits the jobs that look, so administrators remove it afterwards, with the project.
"""

import tempfile
from collections import defaultdict
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli import abandoned, git, stack_file
from cli.github.login import sign_in
from cli.github.preview_result import PreviewResult
from cli.github.proposal import HEAD
from cli.github.selection import JobTarget
from cli.layout import LAYERS, Stack, environments, foundation
from cli.projects import FOUNDATION, PROJECTS, TEAM, Owner, split, stack_path
from toolchain.errors import ToolError

# Ending of the names of jobs that look at removed stacks; no environment's name has it.
ENDING = "_removed"
_BASE = "HEAD^1"


@dataclass(frozen=True)
class Removed:
    """A stack that the base branch declares and a proposal does not.

    Attributes:
        stack: the stack.
        owner: its owner in the base branch.
        foundation: content of the foundation's stack file there, by which a job signs in.
    """

    stack: Stack
    owner: Owner
    foundation: str


def of_proposal(checkout: Path) -> list[Removed]:
    """Stacks with a state that a proposal removes, but for the foundation of an environment that it removes whole.

    Raises `ToolError` when the base branch's files cannot be read.
    """
    head = checkout / HEAD
    with tempfile.TemporaryDirectory(prefix="prodfirst-") as folder:
        base, found = Path(folder), list[Removed]()
        files = [file for layer in LAYERS for file in _files(head, layer)]
        for file in files:
            (base / file).parent.mkdir(exist_ok=True)
            (base / file).write_text(_git(head, "show", f"{_BASE}:{file}"), encoding="utf-8")
        known = {*environments(), *_environments(files)}
        for file in files:
            project, name = file.split("/")[0], stack_file.stack(Path(file))
            of = split(project, name, known)
            if of is None or not stack_file.read(base / file).secretsprovider:
                continue
            stack = Stack(project, *of)
            if stack == foundation(of[0]) and of[0] not in environments():
                continue
            if not abandoned.undeclared(stack):
                continue
            begins = base / foundation(of[0]).file.relative_to(checkout)
            owner = PROJECTS[project].owner(of[1], stack_path(base, "identity", of[0]))
            content = begins.read_text(encoding="utf-8") if begins.is_file() else ""
            found.append(Removed(stack, owner, content))
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
    removed = {one.stack: one for one in of_proposal(checkout)}
    for stack in target.stacks:
        if one := removed.get(stack):
            part = _looked_at(one)
            part.write(folder)
            yield part


def _looked_at(removed: Removed) -> PreviewResult:
    error, stack, owner = "", removed.stack, removed.owner
    try:
        with _founded(removed):
            project = stack.gcp_project() if stack.file.is_file() else foundation(stack.environment).gcp_project()
            sign_in(foundation(stack.environment), owner.account("preview", project))
        place = abandoned.of_owner(stack, owner, project)
        found = [state for state in abandoned.search(stack.environment, [place]) if state.stack == stack]
        error = abandoned.message(stack.environment, found) if found else ""
    except ToolError as problem:
        error = str(problem)
    return PreviewResult(stack=stack.title, environment=stack.environment, passed=not error, error=error)


@contextmanager
def _founded(removed: Removed) -> Generator[None]:
    """The checkout with the foundation's stack file of the base branch, where the proposal removes it."""
    file = foundation(removed.stack.environment).file
    if file.is_file() or not removed.foundation:
        yield
        return
    file.write_text(removed.foundation, encoding="utf-8")
    try:
        yield
    finally:
        file.unlink()


def _environments(files: list[str]) -> list[str]:
    """Names of the environments among stack files: each has one of the identity layer with what all its teams share."""
    names = [stack_file.stack(Path(file)) for file in files if file.startswith("identity/")]
    return [name for name in names if not name.startswith((f"{FOUNDATION}-", f"{TEAM}-"))]


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
