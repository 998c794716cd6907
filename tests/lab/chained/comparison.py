"""One change of several layers: the predicted plans of its stacks, the later ones, and how they differ."""

import tempfile
from collections.abc import Generator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

from cli import preview
from cli.chain import Chain
from cli.embedded.directory import SandboxDirectory
from cli.embedded.environment import sandbox_environment
from cli.layout import SANDBOX, Stack
from cli.pulumi.engine import Engine
from cli.pulumi.gate import PreviewArtifacts, evaluate
from cli.pulumi.result import require
from cli.target.sandbox import Sandbox
from engine.values import is_unknown, masked
from lab.chained.changes import CrossLayerChange
from lab.plans.edits import Edit
from plan_gate.change import changes
from plan_gate.plan import Plan, read
from toolchain.environments import CHECKOUT
from toolchain.progress import step

Json = dict[str, Any]
# Real changes of a plan by URN: the operation, and the inputs afterwards.
Changed = Mapping[str, tuple[str, Json]]
# Replaced by every publication; the contract in it is compared as an output of the stack.
_PUBLICATION = "gcp:secretmanager/secretVersion:SecretVersion"


@dataclass(frozen=True)
class Compared:
    """A stack that a change concerns, with its plan as predicted and as it was later.

    Attributes:
        stack: its title.
        predicted: changes of the chained preview.
        later: changes of the preview after the stacks before it were updated.
        announced: parts of contracts of which the chained preview said that only the update makes them known.
    """

    stack: str
    predicted: Changed
    later: Changed
    announced: tuple[str, ...] = ()

    @property
    def differences(self) -> list[str]:
        """Return each difference in a line."""
        lines = [f"not predicted: {self.later[urn][0]} {urn}" for urn in sorted(set(self.later) - set(self.predicted))]
        lines += [f"not done: {self.predicted[urn][0]} {urn}" for urn in sorted(set(self.predicted) - set(self.later))]
        for urn in sorted(set(self.predicted) & set(self.later)):
            before, after = self.predicted[urn], self.later[urn]
            if before[0] != after[0]:
                lines.append(f"{before[0]} became {after[0]}: {urn}")
            elif not _agree(before[1], after[1]):
                lines.append(f"{before[0]} with other values: {urn}")
        return lines

    @property
    def is_falsely_unchanged(self) -> bool:
        """Return whether it was predicted not to change, changed, and nothing was said of what is not known."""
        return not self.predicted and bool(self.later) and not self.announced


@dataclass
class Comparison:
    """Result of a change: the stacks after the first one that it concerns."""

    change: CrossLayerChange
    stacks: list[Compared] = field(default_factory=list[Compared])


def compare(change: CrossLayerChange, sandbox: Sandbox) -> Comparison:
    """Preview a change in all its stacks, carry it out, and take it back.

    Args:
        change: the change.
        sandbox: this checkout's sandbox, which is up.
    """
    stacks = [stack_of(title) for title in change.stacks]
    result = Comparison(change)
    with _changed(change.edits), tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        chain = Chain(folder)
        predicted = [_previewed(sandbox, stack, chain) for stack in stacks]
        for (before, after), (plan, announced) in zip(pairwise(stacks), predicted[1:], strict=True):
            update(before)
            later, _ = _previewed(sandbox, after, None)
            result.stacks.append(Compared(after.title, _real(plan), _real(later), announced))
    for stack in stacks[:-1]:
        update(stack)
    return result


def stack_of(title: str) -> Stack:
    """Return a stack of the sandbox by its title."""
    project, _, part = title.partition("/")
    return Stack(project, SANDBOX, part or None)


def update(stack: Stack) -> None:
    """Bring a stack to what the checkout says, without the gate: changes are chosen here, and taken back."""
    directory = SandboxDirectory.default()
    engine = Engine(directory, stack, sandbox_environment(directory, stack, "deploy"))
    with step(f"{stack.title}: update") as running:
        require(engine.preview(running), stack, "the preview", "Nothing was changed.")
        require(engine.update(running), stack, "the update", "The comparison ends here.")


@contextmanager
def _changed(edits: Sequence[Edit]) -> Generator[None]:
    with ExitStack() as undoing:
        for edit in edits:
            undoing.callback(edit.apply(CHECKOUT))
        yield


def _previewed(sandbox: Sandbox, stack: Stack, chain: Chain | None) -> tuple[Plan, tuple[str, ...]]:
    """Return a stack's plan; of a chain, add its contracts, and return what the chain does not know as well."""
    with sandbox.preview(stack) as engine, tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        announced = tuple(chain.assumed(stack)) if chain else ()
        env = {**engine.env, **(chain.environment(stack) if chain else {})}
        artifacts = PreviewArtifacts(folder / "plan.json", folder / "events.json", engine.state)
        files = [f"--save-plan={artifacts.plan}", f"--event-log={artifacts.events}"]
        result = preview.planned(stack, replace(engine, env=env), files, artifacts.events)
        require(result, stack, "the preview", "The comparison ends here.")
        if chain:
            contracts = folder / "contracts"
            contracts.mkdir()
            evaluate(stack, artifacts, binding=False, contracts=contracts)
            chain.add(stack, contracts)
        state = folder / "state.json"
        state.write_bytes(artifacts.state())
        return read(artifacts.plan, state, artifacts.events), announced


def _real(plan: Plan) -> Changed:
    """Return what a plan changes; the stack itself is among it where its outputs change, with the outputs."""
    found: dict[str, tuple[str, Json]] = {}
    for change in changes(plan).real:
        inputs = {} if change.type == _PUBLICATION else change.after
        found[change.urn] = str(change.operation), masked(inputs)
    planned = plan.update.resource_plans.get(plan.stack_urn) if plan.update else None
    if planned and planned.goal:
        before = plan.state.by_urn[plan.stack_urn].outputs if plan.stack_urn in plan.state.by_urn else {}
        after = planned.goal.output_diff.applied(before)
        if after != before:
            found[plan.stack_urn] = "outputs", masked(after)
    for option in (option for change in changes(plan).all for option in change.options):
        found[f"{option.urn} {option.option}"] = "option", {"before": option.before, "after": option.after}
    return found


def _agree(predicted: Any, later: Any) -> bool:
    """Return whether two values are equal, where a predicted value that was not known agrees with every value."""
    if is_unknown(predicted):
        return True
    if isinstance(predicted, dict) and isinstance(later, dict):
        before, after = cast("Json", predicted), cast("Json", later)
        return before.keys() == after.keys() and all(_agree(before[key], after[key]) for key in before)
    if isinstance(predicted, list) and isinstance(later, list):
        ours, theirs = cast("list[Any]", predicted), cast("list[Any]", later)
        return len(ours) == len(theirs) and all(map(_agree, ours, theirs))
    return predicted == later
