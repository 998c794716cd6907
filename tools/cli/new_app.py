"""`make new-app`: prepares a new app as one small change for each team that reviews it, ready as pull requests.

Every change is a commit on a branch of its own; the branches are stacked in the order of deployment. The commits are
made in a worktree beside the checkout: uncommitted work is not touched, and nothing is pushed.
"""

import re
import shutil
import subprocess
import tempfile
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cli import app_changes, app_skeleton
from cli.app_changes import GROUP, NAME, RESERVED, YAML_WORDS, LayerChange, NewApp
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError, UsageError
from toolchain.progress import say

_USAGE = "make new-app NAME=<app> TEAM=<team> [KIND=webService|worker|cronJob|job] [PUBLIC=yes] [GROUP=<address>]"


@dataclass(frozen=True)
class _Branch:
    """A branch with one change, on top of the previous branch."""

    name: str
    change: LayerChange
    files: tuple[str, ...]


def run(name: str, team: str, kind: str, *, public: bool = False, group: str = "") -> int:
    """Prepare the branches and print how to use them; return 0 also when there is nothing left to prepare."""
    app = _app(name, team, kind, public=public, group=group)
    _require_commit()
    if existing := _branches(app):
        say(
            f"the branches {', '.join(existing)} are there already, so nothing was written. Go on with them, or remove "
            f"them with `git branch -D {' '.join(existing)}` and run this again."
        )
        return 0
    try:
        with _worktree() as folder:
            changes = app_changes.changes(folder, app)
            branches = [_committed(folder, app, number, change) for number, change in enumerate(changes, start=1)]
    except BaseException:
        for begun in _branches(app):
            _git("branch", "--quiet", "-D", begun)
        raise
    if not branches:
        say(f"{app.name} is there already, in every environment and with an entry: nothing was written.")
        return 0
    _explain(app, branches)
    return 0


def _app(name: str, team: str, kind: str, *, public: bool, group: str) -> NewApp:
    if not name or not team:
        raise UsageError(f"which app, and whose? {_USAGE}")
    if not re.fullmatch(NAME, name):
        raise UsageError(f"{name!r} cannot be an app's name: 2 to 26 lower case letters, digits and hyphens; {_USAGE}")
    if re.fullmatch(RESERVED, name):
        raise UsageError(f"{name!r} is a name (or looks like one) that the cluster keeps for itself; choose another")
    if word := next((word for word in (name, team) if word in YAML_WORDS), ""):
        raise UsageError(f"{word!r} means something else in YAML, where a name stands without quotes; choose another")
    if group and not re.fullmatch(GROUP, group):
        raise UsageError(
            f"{group!r} is not a group's e-mail address in lower case, without blanks, as Google stores it; write it "
            "as in example-team@example.com"
        )
    if kind not in app_skeleton.kinds():
        raise UsageError(f"there is no kind {kind!r}; the kinds are {', '.join(app_skeleton.kinds())}")
    if public and kind != "webService":
        raise UsageError(f"a {kind} answers nobody, so it cannot be public; leave PUBLIC out")
    return NewApp(name, team, kind, public, group)


def _git(*arguments: str, cwd: Path | None = None) -> str:
    done = subprocess.run(["git", *arguments], cwd=cwd or CHECKOUT, capture_output=True, text=True, check=False)  # noqa: S603, S607  git
    if done.returncode:
        raise ToolError(
            f"`git {' '.join(arguments)}` failed, so the app was not prepared and nothing of it is left:\n"
            f"{(done.stderr or done.stdout).strip()}"
        )
    return done.stdout.strip()


def _require_commit() -> None:
    if shutil.which("git") is None:
        raise ToolError("there is no git on PATH, so no pull request can be prepared. Install git.")
    command = ["git", "rev-parse", "--verify", "--quiet", "HEAD"]
    if subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=False).returncode:  # noqa: S603  git
        raise ToolError(
            f"{CHECKOUT} has no commit to start from, so no pull request can be prepared. Nothing was written. Clone "
            "the repository, or make it one (`git init`, `git add`, `git commit`)."
        )


def _branches(app: NewApp) -> list[str]:
    return _git("for-each-ref", "--format=%(refname:short)", f"refs/heads/new-app/{app.name}/").splitlines()


@contextmanager
def _worktree() -> Generator[Path]:
    """The last commit in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="prodfirst-new-app-")) / "checkout"
    try:
        _git("worktree", "add", "--detach", str(folder), "HEAD")
        yield folder
    finally:
        shutil.rmtree(folder.parent, ignore_errors=True)
        subprocess.run(["git", "worktree", "prune"], cwd=CHECKOUT, capture_output=True, check=False)  # noqa: S607  git


def _committed(folder: Path, app: NewApp, number: int, change: LayerChange) -> _Branch:
    for path, text in change.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8")
    branch = app.branch(number, change.layer)
    _git("switch", "--quiet", "--create", branch, cwd=folder)
    _git("add", "--", *change.files, cwd=folder)
    _git("commit", "--quiet", "--message", change.message.title, "--message", change.message.body, cwd=folder)
    summary = _git("show", "--stat=100", "--format=", cwd=folder).splitlines()
    return _Branch(branch, change, tuple(line.strip() for line in summary))


def _explain(app: NewApp, branches: Sequence[_Branch]) -> None:
    print(f"{app.name}, a {app.kind} of the team {app.team}: a branch and a commit for each team that reviews it.\n")
    for branch in branches:
        print(f"{branch.name}   to be approved by the team {branch.change.approver}")
        print("".join(f"  {line}\n" for line in branch.files))
    if "platform" not in {branch.change.layer for branch in branches}:
        print("platform/ needs no change: deployed after identity/, it makes the namespace.\n")
    print("Try it in the sandbox:")
    print(f"  git switch {branches[-1].name}\n  make up\n")
    # Each against main, where CI previews them, and therefore one after the other.
    print("Then open the pull requests:")
    before = ""
    for branch in branches:
        if before:
            print("and when that one is merged and deployed:")
            print(f"  git fetch origin\n  git rebase --onto origin/main {before} {branch.name}")
        print(f"  git push --set-upstream origin {branch.name}")
        print(f"  gh pr create --fill --base main --head {branch.name}")
        before = branch.name
    print(f"\n{app_changes.NEXT.format(name=app.name, team=app.team)}")
