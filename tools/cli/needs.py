"""`make needs`: what the update of a plan requires, and what it would be refused for, before anything runs.

The prediction is made by policies/plan_gate from the policies that the preview account may read. This module collects
its input: policies, roles, groups and APIs of the cloud, and the states around the plan's own.
"""

import contextlib
import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from cli import access, stack_file
from cli.access_source import AccessSource
from cli.github.job import Job
from cli.github.login import is_job
from cli.layout import POLICIES, SANDBOX, Choice, Stack, stacks
from cli.pulumi import gate
from cli.pulumi.gate import PreviewArtifacts
from cli.target.protocol import Target
from engine.events import parse
from toolchain.environments import python
from toolchain.errors import ToolError
from toolchain.progress import say, show

_UNCHANGED = {"same", "read", "refresh"}


def run(target: Target, chosen: Sequence[Stack], form: str) -> int:
    """Show what the updates of stacks would require; return 1 when one of them would be refused."""
    from cli.preview import planned  # noqa: PLC0415  it asks this module for what a plan needs

    target.start()
    codes: list[int] = []
    for stack in chosen:
        with target.preview(stack) as engine, tempfile.TemporaryDirectory(prefix="prodfirst-") as folder:
            into = Path(folder)
            artifacts = PreviewArtifacts(into / "plan.json", into / "events.json", engine.state)
            files = [f"--save-plan={artifacts.plan}", f"--event-log={artifacts.events}"]
            if planned(stack, engine, files, artifacts.events).code:
                raise ToolError(
                    f"{stack.title}: the preview failed, so what its update requires is not known. `make preview` "
                    "shows why."
                )
            codes.append(_show(target, stack, artifacts, into, form))
    return max(codes, default=0)


def _show(target: Target, stack: Stack, artifacts: PreviewArtifacts, into: Path, form: str) -> int:
    options = around(target, stack, artifacts, into)
    if not options:
        why = "administrators apply it, and make bootstrap checks their rights"
        show(f"{stack.title}: {why if stack.by_administrators else 'nothing is required, or nothing could be read'}")
        return 0
    state = into / "state.json"
    state.write_bytes(artifacts.state())
    files = [f"--plan={artifacts.plan}", f"--state={state}", f"--events={artifacts.events}"]
    command = [str(python("policies")), "-m", "plan_gate.needed", f"--title={stack.title}", f"--format={form}"]
    done = subprocess.run(  # noqa: S603  the policies' own program
        [*command, *files, *options],
        cwd=POLICIES,
        env=gate.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        raise ToolError(f"{stack.title}: what its update requires could not be worked out:\n{done.stderr.strip()}")
    show(done.stdout.rstrip())
    return done.returncode


def around(target: Target, stack: Stack, artifacts: PreviewArtifacts, into: Path) -> list[str]:
    """Return the gate's options that describe the environment of a plan.

    None where nothing changes, where nothing is readable, and for what administrators apply: `make bootstrap` checks
    their rights itself.
    """
    if stack.by_administrators or not artifacts.plan.exists() or not _changes(artifacts.events):
        return []
    others = _others(target, stack, into)
    try:
        source = _source(target, stack)
        # No layer grants a deploy account anything above the project.
        answers = access.fetched(target.environment, source, [artifacts.plan, *others], inherited=False)
    except ToolError as error:
        say(f"{stack.title}: what the update would be refused for is not predicted: {error}")
        return []
    plan = artifacts.plan.read_text(encoding="utf-8")
    named = {f"group:{name}" for pattern in access.GROUPS for name in pattern.findall(plan)}
    file = into / "fetched.json"
    existing = {group: source.has_group(group) for group in sorted(named)}
    file.write_text(json.dumps({**answers, "existing": existing, "apis": source.apis()}), encoding="utf-8")
    number = stack_file.read(Stack("identity", stack.environment).file).config.number or ""
    return [
        f"--fetched={file}",
        f"--account={stack.account('deploy')}",
        f"--number={number}",
        *(f"--around={state}" for state in others),
    ]


def _changes(events: Path) -> bool:
    known = parse(events.read_bytes(), events.name).operations.values()
    return any(not operations <= _UNCHANGED for operations in known)


def _others(target: Target, stack: Stack, into: Path) -> list[Path]:
    """Return the states of the other stacks that may grant access; on Google Cloud they belong to other accounts."""
    if target.environment != SANDBOX:
        return []
    files: list[Path] = []
    for other in stacks(SANDBOX):
        if not other.is_app and other != stack:
            with contextlib.suppress(ToolError):  # it is not up yet, so it grants nothing
                files += target.states([other], into)
    return files


def _source(target: Target, stack: Stack) -> AccessSource:
    """Return the cloud as the stack's preview account, or else as identity's, which no job of another layer may use.

    Raises `ToolError` when neither may read the policies.
    """
    identity = stacks(stack.environment, Choice("identity"))[0]
    candidates = [stack] if is_job(Job()) or stack.project == "identity" else [identity, stack]
    problem: ToolError | None = None
    for candidate in candidates:
        try:
            source = target.access(candidate)
            source.policies()
        except ToolError as error:
            problem = problem or error
        else:
            return source
    raise problem or ToolError("nobody may read the policies")
