"""Copies the checkout for the tests, with the files of the example environment in place of the adopter's.

An adopter first edits stack files, entries, owners and security's lists. Tests read none of these: they run in
`.example/`, a copy of the checkout with the files of `tests/examples/` instead. A test that reads a file therefore
reads the example's, by whatever path. The test of the committed files finds them at `origin()`.
"""

import filecmp
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from toolchain import cache
from toolchain.environments import CHECKOUT, PROJECTS
from toolchain.errors import ToolError
from toolchain.progress import say

FOLDER = ".example"
EXAMPLES = PurePosixPath("tests/examples")
# The adopter's files. All others are the product, security's rules included: a change of a rule has to pass its tests.
ADOPTERS = (
    "identity/Pulumi.*.yaml",
    "platform/Pulumi.*.yaml",
    "apps/Pulumi.*.yaml",
    "*/differences.yaml",
    "apps/entries/*",
    "apps/template/template.yaml",
    "policies/audit_principals.yaml",
    "policies/audit_waivers.yaml",
    "policies/datastore_inventory.yaml",
    "policies/environments.yaml",
    "policies/plan_exceptions.yaml",
    "policies/waivers.yaml",
    ".github/CODEOWNERS",
    "apps/catalog-info.yaml",
)
_ORIGIN = Path(".git") / "checkout"
_AUTHOR = {"GIT_AUTHOR_NAME": "example", "GIT_AUTHOR_EMAIL": "example@example.com"}
_COMMITTER = {"GIT_COMMITTER_NAME": "example", "GIT_COMMITTER_EMAIL": "example@example.com"}


def origin() -> Path:
    """The checkout that a person works in: the source of this copy, or this checkout itself."""
    try:
        return Path((CHECKOUT / _ORIGIN).read_text(encoding="utf-8"))
    except OSError:
        return CHECKOUT


def enter(module: str, arguments: Sequence[str], below: Path = Path("tests")) -> None:
    """Restart this program in the copy, unless it runs there.

    Args:
        module: the program, as of `python -m`.
        arguments: its arguments; a path into the checkout becomes the same path in the copy.
        below: the folder that it starts in, from the top.
    """
    if origin() != CHECKOUT:
        return
    copy = prepare()
    os.chdir(copy / below)
    sys.stdout.flush()
    sys.stderr.flush()
    in_copy = [text.replace(f"{CHECKOUT}/", f"{copy}/") for text in (os.environ.get("PYTHONPATH", ""), *arguments)]
    path = [str(copy / "tests"), str(copy / "tools"), *filter(None, in_copy[:1])]
    env = {**os.environ, "PYTHONPATH": os.pathsep.join(path)}
    # Without byte code each run compiles the SDKs and rewrites the assertions of all tests anew.
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    os.execve(sys.executable, [sys.executable, "-m", module, *in_copy[1:]], env)  # noqa: S606  itself


def is_adopters(name: str) -> bool:
    """True if an adopter edits the file, given by its path from the top of the checkout."""
    parts = name.split("/")
    return any(
        len(pattern) == len(parts) and all(map(fnmatchcase, parts, pattern))
        for pattern in (pattern.split("/") for pattern in ADOPTERS)
    )


def files(checkout: Path = CHECKOUT) -> list[str]:
    """Paths, from the top of a checkout, of the files that git tracks or would add.

    Raises:
        ToolError: the checkout is not a git repository.
    """
    listed = _git(checkout, "ls-files", "--cached", "--others", "--exclude-standard", "-z")
    return [name for name in listed.split("\0") if name and (checkout / name).is_file()]


def prepare(checkout: Path = CHECKOUT) -> Path:
    """Bring the copy of a checkout up to date.

    A file that has not changed keeps its time, and so its byte code. The Python environments are the checkout's own.

    Returns:
        The copy: a git repository whose last commit is the copied content.

    Raises:
        ToolError: the checkout is not a git repository.
    """
    copy = checkout / FOLDER
    lock = cache.root() / "locks" / f"example-{cache.key_of(str(checkout))}.lock"
    with cache.locked(lock, lambda holder: say(f"waiting for {holder}, which copies the checkout …")):
        sources = _sources(checkout)
        if not (copy / ".git" / "HEAD").is_file():
            copy.mkdir(exist_ok=True)
            _git(copy, "init", "--quiet", "--initial-branch=main")
        _replace(copy, sources)
        (copy / ".git" / "info" / "exclude").write_text(".venv\n", encoding="utf-8")
        (copy / _ORIGIN).write_text(str(checkout), encoding="utf-8")
        for project in PROJECTS:
            link = copy / project / ".venv"
            if not link.is_symlink():
                link.parent.mkdir(exist_ok=True)
                link.symlink_to(checkout / project / ".venv")
        _git(copy, "add", "--all")
        if _git(copy, "status", "--porcelain", "--untracked-files=no") or not _git(copy, "for-each-ref", "refs/heads"):
            _git(copy, "commit", "--quiet", "--no-verify", "--allow-empty", "--message=Copy the checkout")
    return copy


def content(checkout: Path = CHECKOUT) -> str:
    """A hash of all files that the tests of a checkout can read."""
    return _git(prepare(checkout), "rev-parse", "HEAD^{tree}").strip()


def _sources(checkout: Path) -> dict[str, Path]:
    """Sources of the copy's files, by the path from the top."""
    listed = files(checkout)
    examples = [PurePosixPath(name) for name in listed if PurePosixPath(name).is_relative_to(EXAMPLES)]
    return {name: checkout / name for name in listed if not is_adopters(name)} | {
        str(name.relative_to(EXAMPLES)): checkout / name for name in examples
    }


def _replace(copy: Path, sources: dict[str, Path]) -> None:
    for name in files(copy):
        if name not in sources:
            (copy / name).unlink()
    for name, source in sources.items():
        target = copy / name
        if target.is_file() and filecmp.cmp(source, target):  # by type, size and time; else by content
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(source, target)


def _git(folder: Path, *arguments: str) -> str:
    """Run git without anybody's settings; return its output."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1", **_AUTHOR, **_COMMITTER}
    command = ["git", "-C", str(folder), *arguments]
    done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)  # noqa: S603  git
    if done.returncode:
        raise ToolError(
            f"git {arguments[0]} failed in {folder}: {done.stderr.strip()}. The tests run in a copy of what git knows "
            f"of this checkout ({FOLDER}/), so none was run. Clone the repository with git."
        )
    return done.stdout
