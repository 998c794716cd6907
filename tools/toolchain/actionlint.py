"""The checker of GitHub workflows, always built from its published Go module.

Only the checks need it: they build it on demand, and it is not built with the other tools.
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
    """Path of the program, which is built when it is not in the cache."""
    return build.ensure(ACTIONLINT)
