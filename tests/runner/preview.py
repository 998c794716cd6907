"""`make preview`: what a change would do, by the read-only identity; it never updates anything."""

import os
import re
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from runner import state
from runner.directory import SandboxDirectory
from runner.environment import cloud_environment, runs_as, sandbox_environment
from runner.layout import POLICIES, SANDBOX, Stack, stacks
from runner.own_engine import own_pulumi
from runner.start import await_servers, begin
from sandbox.tools.errors import ToolError
from sandbox.tools.progress import say

# Lines of the engine that say nothing about the plan.
_NOISE = re.compile(
    r"^(Previewing update|View (Live|in Browser)|Loading policy packs|Update plan written|Run `pulumi up --plan"
    r"|\s*@ (previewing|updating)|\s*\[provider=|\s*$)"
)
# The first line of what is said about one resource, such as "  ~ gcp:sql/user:User: (update)".
_HEADING = re.compile(r"^[ ]*(\S{1,2} )?[A-Za-z]\S*: \((?P<operation>[a-z-]+)\)")
# The engine prints what it read again for a refresh, etags included; what follows from it comes as an update.
_HIDDEN = {"same", "refresh"}
_OUTPUTS = "--outputs:--"
_COLORS = re.compile(r"\x1b\[[0-9;]*m")


def run(layer: str | None, app: str | None, environment: str, *, refresh: bool = False) -> int:
    """Preview the stacks of an environment, narrowed to a layer or an app; 1 when one of them fails.

    With `refresh` against the cloud as it is, so that what was changed by hand shows as well.
    """
    extra = ["--refresh"] if refresh else []
    chosen = stacks(environment, layer, app)
    if environment != SANDBOX:
        return max(_cloud(stack, extra) for stack in chosen)
    sandbox = SandboxDirectory.default().required()
    with sandbox.held("starting the sandbox's servers"):
        begin(sandbox)
        await_servers(sandbox)
    return max(_sandboxed(sandbox, stack, extra) for stack in chosen)


def _sandboxed(sandbox: SandboxDirectory, stack: Stack, extra: Sequence[str]) -> int:
    if state.read(sandbox, stack) is None:
        raise ToolError(f"{stack.title} is not in the sandbox yet, so there is nothing to compare with. Run `make up`.")
    env = sandbox_environment(sandbox, stack, "preview")
    return _preview(stack, env, sandbox.bin / "pulumi", runs_as(sandbox, stack, "preview"), extra)


def _cloud(stack: Stack, extra: Sequence[str]) -> int:
    from runner.google_login import environment_as  # noqa: PLC0415  Google's libraries take 0.3 s to load

    pulumi, who = own_pulumi(stack.environment), stack.account("preview")
    return _preview(stack, {**cloud_environment(stack), **environment_as(who)}, pulumi, who, extra)


def _preview(stack: Stack, env: Mapping[str, str], pulumi: Path, who: str, extra: Sequence[str]) -> int:
    say(f"{stack.title} ({stack.name}) as {who}")
    color = "always" if os.isatty(1) and "NO_COLOR" not in os.environ else "never"
    options = ["--non-interactive", "--suppress-progress", "--diff", "--color", color, "--policy-pack", str(POLICIES)]
    with subprocess.Popen(  # noqa: S603  the engine
        [str(pulumi), "preview", "--stack", stack.name, *options, *extra],
        cwd=stack.folder,
        env=dict(env),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    ) as child:
        for line in quiet(child.stdout or ()):
            print(line, flush=True)
    return 1 if child.returncode else 0


def quiet(lines: Iterable[str]) -> Iterable[str]:
    """The lines of a preview without those that say nothing about the plan.

    Of an output the engine prints the whole, unchanged parts too; a contract is long, and its change short.
    """
    hidden = in_outputs = False
    for line in lines:
        plain = _COLORS.sub("", line)
        if heading := _HEADING.match(plain):
            hidden, in_outputs = heading["operation"] in _HIDDEN, False
        elif not plain.startswith(" "):
            hidden = in_outputs = False
        elif plain.strip() == _OUTPUTS:
            in_outputs = True
        unchanged = in_outputs and not plain.lstrip().startswith(("+", "-", "~"))
        if not hidden and not unchanged and not _NOISE.match(plain):
            yield line.rstrip("\n")
