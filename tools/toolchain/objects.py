"""The server of the sandbox's objects, always built from this repository's Go module (see `google/`).

Only what works with state in buckets needs it: it is built when that is asked for, and not with the other tools.
"""

from pathlib import Path

from toolchain import build

OBJECTS = build.Program(
    name="objects",
    module=Path(__file__).resolve().parents[1] / "sandbox" / "objects",
    package=".",
    ldflags="-s -w",
    sources=(".",),
    title="the sandbox's object server",
    takes="about 1 min",
)


def ensure() -> Path:
    """The program, built when it is not in the cache."""
    return build.ensure(OBJECTS)
