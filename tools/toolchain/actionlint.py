"""The checker of GitHub workflows, always built from its published Go module.

Only the checks need it: it is built when they ask for it, and not with the other tools.
"""

from pathlib import Path

from toolchain import build

ACTIONLINT = build.Program(
    name="actionlint",
    module=Path(__file__).resolve().parent / "go" / "actionlint",
    package="github.com/rhysd/actionlint/cmd/actionlint",
    ldflags="-s -w",
    sources=(".",),
    title="the checker of workflows",
    takes="about 15 s",
)


def ensure() -> Path:
    """The program, built when it is not in the cache."""
    return build.ensure(ACTIONLINT)
