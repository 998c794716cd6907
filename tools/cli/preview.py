"""`make preview`: the plan of a change, made as the read-only identity, with the verdict of the plan gate.

The gate's digest says what the plan does; `full` shows the engine's own text of every property as well. A preview never
updates anything: this plan is thrown away after the check, and an update makes and checks its own.
"""

import json
import os
import re
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from cli import abandoned, needs, side_by_side
from cli.chain import Chain
from cli.layout import Stack
from cli.missing_roles import missing_roles
from cli.moving.declaring import require_own
from cli.pulumi import approved, judges, policy_sets
from cli.pulumi.engine import Result, indented, note, reasons, reviewed
from cli.pulumi.gate import GateResult, PreviewArtifacts, evaluate
from cli.pulumi.policy_sets import OWN, PolicySet
from cli.target.protocol import PreviewEngine, Target
from engine.events import Follower, parse
from engine.text import colored
from toolchain.errors import ToolError
from toolchain.progress import say, show, step

# Lines of the engine without information about the plan.
_NOISE = re.compile(
    r"^(Previewing update|View (Live|in Browser)|Loading policy packs|Update plan written|Run `pulumi up --plan"
    r"|\s*@ (previewing|updating)|\s*\[provider=|\s*$)"
)
# First line of the engine's output about one resource, such as "  ~ gcp:sql/user:User: (update)".
# Of a replacement it is written without the blank, such as "+-kubernetes:core/v1:ConfigMap: (replace)".
_HEADING = re.compile(r"^[ ]*([^\w\s]{1,2} ?)?[A-Za-z]\S*: \((?P<operation>[a-z-]+)\)")
# For a refresh the engine prints every value that it reads, etags included; resulting changes are shown as an update.
_HIDDEN = {"same", "refresh"}
_OUTPUTS = "--outputs:--"
_POLL_SECONDS = 0.1
_COLORS = re.compile(r"\x1b\[[0-9;]*m")


def run(
    target: Target,
    chosen: Sequence[Stack],
    *,
    refresh: bool = False,
    full: bool = False,
    report: Path | None = None,
    contracts: Path | None = None,
) -> int:
    """Preview stacks of a target; return 1 when one of them fails or is refused.

    `refresh` compares with the cloud as it is, so that out-of-band changes show as well. `full` shows the engine's text
    before the digest. The folder `report` gets SARIF, JUnit and Markdown of each stack. The folder `contracts` has what
    plans before this command would publish, and gets what these would.
    """
    options = ["--refresh"] if refresh else []
    policy_sets.evaluating()  # copied before any program runs
    abandoned.require_none(target.environment, target.places(chosen, "preview"))
    target.start()

    with tempfile.TemporaryDirectory(prefix="prodfirst-") as folder:
        chain = Chain(contracts.resolve() if contracts else Path(folder))

        def one(stack: Stack) -> int:
            with target.preview(stack) as engine:
                chained = replace(engine, env={**engine.env, **chain.environment(stack)})
                return _preview(target, stack, chained, options, report, chain=chain, full=full)

        code = _all(chosen, one)
    identity = next((stack for stack in chosen if stack.project == "identity"), None)
    if code and refresh and identity:
        _name_missing_roles(target, identity)
    return code


def _name_missing_roles(target: Target, stack: Stack) -> None:
    """Name deleted custom roles after a failed refresh, which is refused what they permit and does not say why."""
    try:
        source = target.access(stack)
        missing = missing_roles(source, source.policies())
    except ToolError as error:
        say(f"whether a custom role is missing could not be read: {error}")
        return
    for role in missing:
        name, project = role.rpartition("/")[2], role.split("/")[1]
        restore = f"`gcloud iam roles undelete {name} --project={project}` restores it within a week"
        say(f"the custom role {role} is granted, and is deleted or cannot be read; {restore}")


def _all(chosen: Sequence[Stack], preview: Callable[[Stack], int]) -> int:
    """Preview stacks one after another, with live output, and several teams or apps at once."""
    return max((_group(group, preview) for group in side_by_side.groups(chosen)), default=0)


def _group(stacks: Sequence[Stack], preview: Callable[[Stack], int]) -> int:
    if len(stacks) == 1:
        return preview(stacks[0])
    outcomes = side_by_side.run(stacks, lambda stack, _: preview(stack), side_by_side.tell)
    if refused := [outcome.stack.title for outcome in outcomes if outcome.result]:
        say(f"{len(refused)} of {len(outcomes)} would not be updated: {', '.join(refused)}")
    if failed := side_by_side.failures(outcomes, "could not be previewed", ""):
        raise failed
    return max(outcome.result or 0 for outcome in outcomes)


def _preview(
    target: Target,
    stack: Stack,
    engine: PreviewEngine,
    options: Sequence[str],
    report: Path | None,
    *,
    chain: Chain,
    full: bool,
) -> int:
    say(f"{stack.title} ({stack.name}) as {engine.identity}")
    require_own(stack, engine.state())
    own, *others = policy_sets.evaluating()
    with tempfile.TemporaryDirectory(prefix="prodfirst-") as folder:
        artifacts, code = _planned(stack, engine, options, Path(folder), own, full=full)
        if not artifacts.events.exists():
            return code or 1  # the engine has printed why it did not start
        around = needs.around(target, stack, artifacts, Path(folder))
        contracts = Path(folder) / "contracts"
        contracts.mkdir()
        gate_result = evaluate(
            stack,
            artifacts,
            report,
            policies=own,
            binding=False,
            around=around,
            contracts=contracts,
            assumed=chain.assumed(stack),
        )
        chain.add(stack, contracts)
        if report:
            approved.write(stack, artifacts.plan, report)
    show(gate_result.text)
    passed = gate_result.passed and not code
    agree = [_by_other(stack, engine, options, report, other, own=gate_result) for other in others]
    return 0 if passed and all(agree) else 1


def _by_other(
    stack: Stack,
    engine: PreviewEngine,
    options: Sequence[str],
    report: Path | None,
    policies: PolicySet,
    *,
    own: GateResult,
) -> bool:
    """Plan the change under the other set of policies, show its verdict, and return whether it passes.

    Its pack may be a proposal's, so nothing else that this command writes is made of this plan.
    """
    with tempfile.TemporaryDirectory(prefix="prodfirst-") as folder:
        artifacts, code = _planned(stack, engine, options, Path(folder), policies, full=False)
        if not artifacts.events.exists():
            return False
        gate_result = evaluate(stack, artifacts, policies=policies, binding=False)
        violations = parse(artifacts.events.read_bytes(), artifacts.events.name).violations
    show(gate_result.beside(own))
    passed = gate_result.passed and not code
    if report:
        written = {"title": policies.title, "passed": passed, "policies": violations, "sections": gate_result.sections}
        other_verdict(report, stack).write_text(json.dumps(written), encoding="utf-8")
    return passed


def other_verdict(report: Path, stack: Stack) -> Path:
    """File of a report with the verdict of the other set of policies."""
    return report / f"{stack.title.replace('/', '-')}.other-verdict.json"


def _planned(
    stack: Stack, engine: PreviewEngine, options: Sequence[str], folder: Path, policies: PolicySet, *, full: bool
) -> tuple[PreviewArtifacts, int]:
    """Plan a change under one set of policies; return the files, and the exit code of the engine."""
    policy_sets.introduce(policies)
    artifacts = PreviewArtifacts(folder / "plan.json", folder / "events.json", engine.state)
    files = [f"--save-plan={artifacts.plan}", f"--event-log={artifacts.events}"]
    code = (_shown if full else _followed)(stack, engine, [*options, *files], artifacts.events, policies)
    if code and artifacts.events.exists() and _is_protection(artifacts.events):
        # The engine then plans no deletion. This plan is for display, as any of a preview.
        say(f"{stack.title}: the engine stops at what is protected; what the whole change would do:")
        artifacts.events.unlink()
        planned(stack, engine, ["--ignore-protect", *options, *files], artifacts.events, policies)
    return artifacts, code


def _is_protection(log: Path) -> bool:
    """Whether the engine stopped at a protected resource."""
    errors = parse(log.read_bytes(), log.name).errors
    return any(reviewed(text) != text for _, text in errors)


def _followed(stack: Stack, engine: PreviewEngine, extra: Sequence[str], events: Path, policies: PolicySet) -> int:
    """Run the preview, then show what policies and engine object to; return its exit code."""
    result = planned(stack, engine, extra, events, policies)
    if result.code or result.outcome.violations:
        show(f"{stack.title}: the preview was stopped\n{reasons(result)}")
    for advice in result.outcome.advisories:
        show(f"advice of the policies\n{indented(advice)}")
    return result.code


def planned(
    stack: Stack, engine: PreviewEngine, extra: Sequence[str], events: Path, policies: PolicySet = OWN
) -> Result:
    """Run the preview and show how far it is."""
    follower = Follower(events)
    with step(f"{stack.title}: preview") as running, tempfile.TemporaryFile("w+", encoding="utf-8") as output:
        with _started(stack, engine, ["--color", "never", *extra], output.fileno(), policies) as child:
            while child.poll() is None:
                follower.poll()
                running.note = note(follower.events)
                time.sleep(_POLL_SECONDS)
        output.seek(0)
        return Result(child.returncode, follower.close(), output.read())


def _shown(stack: Stack, engine: PreviewEngine, extra: Sequence[str], events: Path, policies: PolicySet) -> int:
    """Run the preview and show its output live; return its exit code."""
    del events
    color = "always" if os.isatty(1) and "NO_COLOR" not in os.environ else "never"
    with _started(stack, engine, ["--diff", "--color", color, *extra], subprocess.PIPE, policies) as child:
        for line in quiet(child.stdout or (), new_is_short=stack.is_app):
            show(line)
    return child.returncode


def _started(
    stack: Stack, engine: PreviewEngine, options: Sequence[str], output: int, policies: PolicySet
) -> "subprocess.Popen[str]":
    judges.before_run(stack, [policies])
    fixed = ["--non-interactive", "--suppress-progress", "--policy-pack", str(policies.folder)]
    return subprocess.Popen(  # noqa: S603  the engine
        [str(engine.program), "preview", "--stack", stack.name, *fixed, *options],
        cwd=stack.folder,
        # The event log is one of the engine's options for its developers.
        env={**engine.env, "PULUMI_DEBUG_COMMANDS": "true"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
        errors="replace",
    )


def quiet(lines: Iterable[str], *, new_is_short: bool = False) -> Iterable[str]:
    """Lines of a preview that are about the plan.

    The engine prints a changed output in full, including its unchanged parts; a contract is long, and its change short,
    so only the changed lines stay. New resources of an app follow from its entry, which is reviewed: the gate lists
    them by name, and with `new_is_short` their properties are left out.
    """
    left_out = {*_HIDDEN, "create"} if new_is_short else _HIDDEN
    hidden = in_outputs = False
    for line in lines:
        plain = _COLORS.sub("", line)
        if heading := _HEADING.match(plain):
            hidden, in_outputs = heading["operation"] in left_out, False
        elif plain.strip() and not plain.startswith(" "):
            hidden = in_outputs = False
        elif plain.strip() == _OUTPUTS:
            in_outputs = True
        unchanged = in_outputs and not plain.lstrip().startswith(("+", "-", "~"))
        if not hidden and not unchanged and not _NOISE.match(plain):
            yield colored(reviewed(line.rstrip("\n")))
