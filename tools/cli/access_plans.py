"""What a change in the checkout would do to access: a preview of the layers that grant, as their read-only identities.

Nothing is shown of the previews themselves (`make preview` does), and their plans are thrown away.
"""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

from cli.directory import SandboxDirectory
from cli.environment import SIGNING_IN, cloud_environment, sandbox_environment
from cli.layout import SANDBOX, Stack
from cli.own_engine import own_pulumi
from cli.start import await_servers, begin
from toolchain.errors import ToolError
from toolchain.progress import step

_TOLD = 2000


class Previewed(NamedTuple):
    """The files of one stack's preview, in the order in which access takes them."""

    plan: Path
    state: Path
    events: Path


def previewed(chosen: Sequence[Stack], states: Sequence[Path], into: Path) -> list[Previewed]:
    """Preview stacks, whose states are given.

    Raises `ToolError` when a preview fails.
    """
    if chosen[0].environment == SANDBOX:
        sandbox = SandboxDirectory.default().required()
        with sandbox.held("starting the sandbox's servers"):
            begin(sandbox)
            await_servers(sandbox)
    return [_previewed(stack, state, into) for stack, state in zip(chosen, states, strict=True)]


def _previewed(stack: Stack, state: Path, into: Path) -> Previewed:
    plan, events = (into / f"{stack.layer}-{what}.json" for what in ("plan", "events"))
    program, env = _engine(stack)
    options = ["--non-interactive", "--suppress-progress", f"--save-plan={plan}", f"--event-log={events}"]
    with step(f"{stack.title}: preview"):
        done = subprocess.run(  # noqa: S603  the engine
            [str(program), "preview", "--stack", stack.name, *options],
            cwd=stack.folder,
            # The event log is one of the options that the engine keeps for its developers.
            env={**env, "PULUMI_DEBUG_COMMANDS": "true"},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        told = f"{done.stdout}\n{done.stderr}".strip()[-_TOLD:]
        raise ToolError(f"the preview of {stack.title} failed, so nothing can be compared:\n{told}")
    return Previewed(plan, state, events)


def _engine(stack: Stack) -> tuple[Path, Mapping[str, str]]:
    if stack.environment == SANDBOX:
        sandbox = SandboxDirectory.default().required()
        with SIGNING_IN:
            return sandbox.bin / "pulumi", sandbox_environment(sandbox, stack, "preview")
    from cli.google_login import environment_as  # noqa: PLC0415  Google's libraries take 0.3 s to load

    return own_pulumi(stack.environment), {**cloud_environment(stack), **environment_as(stack.account("preview"))}
