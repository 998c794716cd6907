"""`make check`: all checks that need no running product. Fast, and the same in CI.

Each check prints its findings; all of them run, so that one run shows everything. A checker of code that takes long
is skipped when it has passed the same files before: stack files change more often than code.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from cli import catalog, documents, kit, lock, rollout
from cli.environment import stripped
from cli.programs import of_tests
from toolchain import actionlint, cache, golang
from toolchain.environments import CHECKOUT, python
from toolchain.errors import ToolError
from toolchain.progress import duration, say

# Separate programs, because they import every layer's package.
COMPARISON = (str(python("tests")), "-m", "compare")
GENERATED = (str(python("tests")), "-m", "cli.generated")
STACKS = (str(python("tests")), "-m", "committed")
TYPES = (str(python("tests")), "-m", "pyright", "--project", "tests")
# The workflow for repositories with the source of apps.
BUILD = "apps/template/source/.github/workflows/build.yml"
# Endings of the files that determine the findings of a checker, including the pins of the checker itself.
_GO_FILES = (".go", "go.mod", "go.sum", "pins.py")
_TYPED_FILES = (".py", ".pyi", "requirements.txt", "pyproject.toml")
_GO_MODULES = ("tools/toolchain/go/engine", "tools/sandbox/controlplane")
_BINARIES = python("tests").parent


def run() -> int:
    """Run every check; return 1 when one has findings."""
    failed: list[str] = []
    for name, check in CHECKS.items():
        started = time.monotonic()
        findings = check()
        say(f"{name:<12} {'findings' if findings else 'ok':<9} {duration(time.monotonic() - started)}")
        if findings:
            failed.append(name)
            print(findings, flush=True)
    if failed:
        say(f"\nfindings in: {', '.join(failed)} (`{_BINARIES / 'ruff'} format .` corrects the format)")
    return 1 if failed else 0


def _unless_passed(check: Callable[[], str], *endings: str) -> str:
    """Findings of a check; none, without running it, when it has passed files with the same content.

    Args:
        check: the check.
        endings: of the names of the files that determine its findings.
    """
    files = sorted(file for file in _sources() if file.name.endswith(endings))
    content = [part for file in files for part in (str(file.relative_to(CHECKOUT)), file.read_bytes())]
    key = cache.key_of(*endings, sys.version, *content)
    if cache.entry("checks", key):
        return ""
    findings = check()
    if not findings:
        cache.fill("checks", key, lambda _: None, lambda holder: say(f"waiting for {holder} …"))
    return findings


def _sources() -> Iterator[Path]:
    """Every file of the checkout outside of hidden folders."""
    for folder, below, names in os.walk(CHECKOUT):
        below[:] = [name for name in below if not name.startswith(".")]
        yield from (Path(folder, name) for name in names)


def _environments() -> str:
    """Stack files of environments that are not listed, and differences between the listed environments."""
    try:
        findings = rollout.findings(CHECKOUT)
    except ToolError as error:
        return str(error)
    compared = _program([*COMPARISON, "--quiet"], CHECKOUT / "tests", comparing())
    return "\n".join([*findings, *([compared] if compared else [])])


def comparing(checkout: Path = CHECKOUT) -> dict[str, str]:
    """Environment in which all layers of a checkout can be imported, without the person's own variables."""
    return {**stripped(), **of_tests(checkout)}


def _program(command: Sequence[str], cwd: Path = CHECKOUT, env: dict[str, str] | None = None) -> str:
    """Output of a checker with findings; empty when it passes."""
    done = subprocess.run(command, cwd=cwd, env=env or dict(os.environ), capture_output=True, text=True, check=False)  # noqa: S603  the checkers of this list
    output = (done.stdout + done.stderr).strip()
    if done.returncode:
        return output or f"{command[0]} ended with {done.returncode}"
    return ""


def workflows(checkout: Path = CHECKOUT) -> str:
    """Findings of actionlint and zizmor in the workflows, including the workflow for other repositories."""
    # Neither checker runs further programs of this machine or calls GitHub: the findings are the same everywhere.
    try:
        syntax_check = [str(actionlint.ensure()), "-no-color", "-shellcheck=", "-pyflakes="]
    except ToolError as error:
        return str(error)
    outputs = [
        _program(syntax_check, checkout),
        _program([*syntax_check, BUILD], checkout),
        _program(_security_check("--offline"), checkout),
    ]
    return "\n".join(text for text in outputs if text)


def actions() -> str:
    """Findings of zizmor with GitHub's answers, such as a pinned commit that is in a fork of the action's repository.

    It calls GitHub with the token in GITHUB_TOKEN, so its findings may differ from day to day.
    """
    return _program(_security_check())


def _security_check(*more: str) -> list[str]:
    options = ["--quiet", "--no-progress", "--color", "never", "--persona", "pedantic", *more]
    return [str(python("tests").with_name("zizmor")), *options, ".github", BUILD]


def _go() -> str:
    """Format and vet of the Go modules; on a machine without Go, their programs were built and checked elsewhere."""
    compiler, why = golang.find()
    if compiler is None:
        say(f"go is {why}: the two Go modules are not checked on this machine")
        return ""
    findings: list[str] = []
    for module in _GO_MODULES:
        folder = CHECKOUT / module
        formatted = subprocess.run(  # noqa: S603  Go's own formatter
            [str(compiler.path.resolve().with_name("gofmt")), "-l", "."],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        findings += [f"{module}/{line}: not formatted (run gofmt -w)" for line in formatted.stdout.splitlines()]
        findings.append(_program([str(compiler.path), "vet", "./..."], folder, golang.environment()))
    return "\n".join(line for line in findings if line)


CHECKS: dict[str, Callable[[], str]] = {
    "lint": lambda: _program([str(_BINARIES / "ruff"), "check", "--quiet", "."]),
    "format": lambda: _program([str(_BINARIES / "ruff"), "format", "--check", "--quiet", "."]),
    "locks": lambda: "\n".join(lock.findings()),
    "kit": lambda: "\n".join(kit.findings()),
    "documents": lambda: "\n".join([*documents.findings(), *catalog.findings()]),
    "generated": lambda: _program([*GENERATED, "--check"], CHECKOUT / "tests", comparing()),
    "stacks": lambda: _program(STACKS, CHECKOUT / "tests", comparing()),
    "environments": _environments,
    "go": lambda: _unless_passed(_go, *_GO_FILES),
    "workflows": workflows,
    "types": lambda: _unless_passed(lambda: _program(TYPES), *_TYPED_FILES),
}
