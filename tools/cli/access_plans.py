"""Previews of all stacks except the apps, as their read-only identities: input for a change's effect on access.

The previews themselves are not shown (`make preview` shows them), and their plans are thrown away.
"""

import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from cli.layout import Stack
from cli.target.protocol import Target
from toolchain.errors import ToolError
from toolchain.progress import step

_OUTPUT_LENGTH = 2000


class PreviewFiles(NamedTuple):
    """Files of the preview of one stack, in the order in which `access.command` takes them."""

    plan: Path
    state: Path
    events: Path


def previewed(target: Target, chosen: Sequence[Stack], states: Sequence[Path], into: Path) -> list[PreviewFiles]:
    """Preview stacks whose states are given.

    Raises `ToolError` when a preview fails.
    """
    target.start()
    return [_previewed(target, stack, state, into) for stack, state in zip(chosen, states, strict=True)]


def _previewed(target: Target, stack: Stack, state: Path, into: Path) -> PreviewFiles:
    plan, events = (into / f"{stack.project}-{stack.name}-{what}.json" for what in ("plan", "events"))
    options = ["--non-interactive", "--suppress-progress", f"--save-plan={plan}", f"--event-log={events}"]
    with target.preview(stack) as engine, step(f"{stack.title}: preview"):
        done = subprocess.run(  # noqa: S603  the engine
            [str(engine.program), "preview", "--stack", stack.name, *options],
            cwd=stack.folder,
            # The event log is one of the engine's options for its developers.
            env={**engine.env, "PULUMI_DEBUG_COMMANDS": "true"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        output = f"{done.stdout}\n{done.stderr}".strip()[-_OUTPUT_LENGTH:]
        raise ToolError(f"the preview of {stack.title} failed, so nothing can be compared:\n{output}")
    return PreviewFiles(plan, state, events)
