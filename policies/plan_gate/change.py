"""Changes of a plan: for each resource one operation, its state before, and its goal."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from engine import live, urns
from engine.events import Events
from engine.inputs import at
from engine.options import OptionChange, option_changes
from engine.plans import Difference, Goal, ResourcePlan
from engine.states import Resource
from engine.urns import STACK
from engine.values import masked
from plan_gate.plan import Plan
from policy_pack.acceptances import NONE, Acceptances


class Operation(StrEnum):
    """Operation on a resource, which sums up the engine's steps."""

    CREATE = "create"
    UPDATE = "update"
    REPLACE = "replace"
    DELETE = "delete"
    SAME = "same"


# The engine's steps; a replacement consists of several. A step that is not listed is refused.
_STEPS: dict[str, Operation] = {
    "same": Operation.SAME,
    "read": Operation.SAME,
    "refresh": Operation.SAME,
    # Only a resource that was read leaves the state.
    "discard": Operation.SAME,
    "create": Operation.CREATE,
    "import": Operation.CREATE,
    "update": Operation.UPDATE,
    "replace": Operation.REPLACE,
    "create-replacement": Operation.REPLACE,
    "delete-replaced": Operation.REPLACE,
    "import-replacement": Operation.REPLACE,
    "read-replacement": Operation.REPLACE,
    "discard-replaced": Operation.REPLACE,
    "remove-pending-replace": Operation.REPLACE,
    "delete": Operation.DELETE,
}
_LONGEST = 300
_VERSION = "gcp:secretmanager/secretVersion:SecretVersion"
_NAMESPACE = "kubernetes:core/v1:Namespace"
# Deletion policies with which the provider leaves the resource in the cloud when the state loses it.
KEPT = {"ABANDON", "DISABLE"}
# From harmless to harmful: the operation of several steps is the last of them in this order.
_ORDER = (Operation.SAME, Operation.CREATE, Operation.UPDATE, Operation.REPLACE, Operation.DELETE)


@dataclass(frozen=True)
class Change:
    """Change of one resource.

    Attributes:
        urn: its URN; the new one where it is renamed.
        type: its type.
        operation: the operation that sums up the steps.
        old: the resource before the update, as a refresh found it, or else as the state has it; None for a new one.
        goal: the resource as the program declares it; None where the program no longer does.
        is_component: whether it is a component, which exists in Pulumi only.
        retained: whether the cloud keeps it, unmanaged, when it leaves the program.
        within: URNs of the components around it, the outermost first.
        forced: properties that force a replacement.
        stays: whether the cloud keeps it, unmanaged, although this plan takes it from the state.
        options: options that change in the state alone.
        recorded: the resource as the state has it, where a refresh found that it is gone or different.
        base: inputs from which the engine plans, where those differ from what the cloud has.
        accepted: accepted drift of the resource: its values stand in place of the declared ones.
    """

    urn: str
    type: str
    operation: Operation
    old: Resource | None
    goal: Goal | None
    is_component: bool = False
    retained: bool = False
    within: tuple[str, ...] = ()
    forced: tuple[str, ...] = ()
    stays: bool = False
    options: tuple[OptionChange, ...] = ()
    recorded: Resource | None = None
    base: dict[str, Any] | None = None
    accepted: Acceptances = NONE

    @property
    def name(self) -> str:
        """Name of the resource."""
        return urns.parse(self.urn).name

    @property
    def label(self) -> str:
        """Type and name, for messages."""
        return f"{self.type} {self.name!r}"

    @property
    def goes(self) -> bool:
        """Return whether the present resource will be deleted."""
        return self.operation in (Operation.DELETE, Operation.REPLACE)

    @property
    def is_made_anew(self) -> bool:
        """Return whether the resource is gone from the cloud, and will be created again."""
        return self.operation is Operation.CREATE and self.recorded is not None

    @property
    def publishes(self) -> bool:
        """Return whether the resource is what a stack publishes when everything else is there."""
        return self.type == _VERSION and any(urns.parse(urn).type.endswith(":Publication") for urn in self.within)

    @property
    def before(self) -> dict[str, Any]:
        """Inputs before the update."""
        return self.old.inputs if self.old else {}

    @property
    def declared(self) -> dict[str, Any]:
        """Inputs as the program declares them, which the engine's plan has: it is made before remediations."""
        return self.goal.input_diff.applied(self.before if self.base is None else self.base) if self.goal else {}

    @property
    def after(self) -> dict[str, Any]:
        """Inputs after the update."""
        return self.accepted.applied(self.urn, self.declared)


@dataclass
class Changes:
    """All changes of a stack, and reasons why the gate cannot evaluate them, as pairs of a URN and a text."""

    all: list[Change] = field(default_factory=list[Change])
    problems: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    @property
    def real(self) -> Iterator[Change]:
        """Changes with an operation other than `same`."""
        return (change for change in self.all if change.operation is not Operation.SAME)


def changes(plan: Plan, accepted: Acceptances = NONE) -> Changes:
    """Return the changes of a plan; without an update plan, the changes that the preview reported until it ended.

    Args:
        plan: the plan.
        accepted: accepted drift, with which the pack has remedied the resources.
    """
    changed = Changes()
    events, state = plan.events, plan.state
    if plan.update is None:
        plans = {
            urn: ResourcePlan(steps=tuple(sorted(steps)), goal=_shown(urn, plan))
            for urn, steps in events.operations.items()
        }
        changed.problems.append(("", f"the preview ended without a plan, so nothing can be carried out{_why(events)}"))
    else:
        plans = plan.update.resource_plans
        changed.problems += _disagreements(plans, events)
    seen: set[str] = set()
    parents = {urn: old.parent for urn, old in state.by_urn.items()}
    parents |= {urn: planned.goal.parent for urn, planned in plans.items() if planned.goal}
    for urn, planned in plans.items():
        old_urn = events.renamed.get(urn, urn)
        seen |= {urn, old_urn}
        recorded, old, base = _before(state.by_urn.get(old_urn), events)
        change = _change(urn, planned, old, events, changed.problems)
        change = replace(change, within=_within(urn, parents), forced=events.forced.get(urn, ()))
        change = replace(change, recorded=recorded, base=base, accepted=accepted)
        changed.all.append(change)
    options = defaultdict[str, list[OptionChange]](list)
    if plan.update is not None:
        changed.problems += [
            (urn, "the state has it and the plan does not mention it")
            for urn in state.by_urn
            if urn not in seen and not _is_gone(urn, events)
        ]
        for option in option_changes(plan.update, state, events):
            options[option.urn].append(option)
    gone = {change.old.urn: change for change in changed.all if change.operation is Operation.DELETE and change.old}
    changed.all = [
        replace(change, stays=_stays(change, gone), options=tuple(options[change.urn])) for change in changed.all
    ]
    return changed


def _shown(urn: str, plan: Plan) -> Goal | None:
    """Return a resource as a preview without a plan showed it; None where it did not.

    Such a plan is only for display: what it would do is shown beside the reason for which nothing is done.
    """
    new = plan.events.declared.get(urn)
    if new is None or new.inputs is None:
        return None
    old = plan.state.by_urn.get(plan.events.renamed.get(urn, urn))
    before = old.inputs if old else {}
    # A secret is masked in what the preview showed; where nothing else differs, it counts as unchanged.
    updates = {name: value for name, value in new.inputs.items() if masked(before.get(name), name) != value}
    deletes = tuple(name for name in before if name not in new.inputs)
    goal = Goal(type=new.type, custom=new.custom, provider=new.provider, parent=new.parent, protect=new.protect)
    return goal.model_copy(update={"input_diff": Difference(updates=updates, deletes=deletes)})


def _is_gone(urn: str, events: Events) -> bool:
    found = events.refreshed.get(urn)
    return found is not None and not found.exists


def _before(
    recorded: Resource | None, events: Events
) -> tuple[Resource | None, Resource | None, dict[str, Any] | None]:
    """Return a resource of the state where the cloud has another one or none, as the cloud has it, and as planned from.

    The last are the inputs to which the plan's differences apply; None where they are those of the resource.
    """
    found = events.refreshed.get(recorded.urn) if recorded else None
    if recorded is None or found is None or (found.exists and not found.different):
        return None, recorded, None
    if not found.exists:
        return recorded, None, None
    # What did not change keeps the state's values: in those of a refresh, secrets are masked.
    different = {live.root(path) for path in found.different}
    same = {name: value for name, value in recorded.inputs.items() if name not in different}
    base = same | {name: value for name, value in found.inputs.items() if name in different}
    present = live.inputs(base, found.outputs, found.different)
    return recorded, recorded.model_copy(update={"inputs": present}), base


def _within(urn: str, parents: Mapping[str, str]) -> tuple[str, ...]:
    """Return the components around a resource, the outermost first and without the stack itself."""
    around: list[str] = []
    while (urn := parents.get(urn, "")) and f"::{STACK}::" not in urn and urn not in around:
        around.insert(0, urn)
    return tuple(around)


def _stays(change: Change, gone: dict[str, Change]) -> bool:
    """Return whether the cloud keeps a resource that the plan takes from the state."""
    old = change.old
    if not change.goes or old is None or change.is_component:
        return False
    if old.retain_on_delete or old.inputs.get("deletionPolicy") in KEPT:
        return True
    # The engine makes no call for a resource that goes with another one; only a namespace takes its content along.
    other = gone.get(old.deleted_with)
    return other is not None and (_stays(other, {}) or not _contains(other, change))


def _contains(namespace: Change, change: Change) -> bool:
    name = at(namespace.before, "metadata.name")
    within = at(change.before, "metadata.namespace")
    return namespace.type == _NAMESPACE and isinstance(name, str) and name == within


def _why(events: Events) -> str:
    """Return the engine's first error in one line."""
    reason = " ".join(events.errors[0][1].split()) if events.errors else ""
    return f": {reason[:_LONGEST]}" if reason else ""


def _change(
    urn: str, planned: ResourcePlan, old: Resource | None, events: Events, problems: list[tuple[str, str]]
) -> Change:
    unknown = [step for step in planned.steps if step not in _STEPS]
    if unknown:
        problems.append((urn, f"the plan has a step that the gate does not know ({', '.join(unknown)})"))
    operation = max(
        (_STEPS[step] for step in planned.steps if step in _STEPS), key=_ORDER.index, default=Operation.SAME
    )
    imported = "import" in events.operations.get(urn, ())
    if old is None and operation is not Operation.CREATE and not imported:
        problems.append((urn, f"the plan would {operation} it and the state does not have it"))
    kind = planned.goal.type if planned.goal else old.type if old else urns.parse(urn).type
    declared = planned.goal or old
    component = not declared.custom if declared else urn in events.components
    return Change(urn, kind, operation, old, planned.goal, component, urn in events.retained)


def _same(shown: set[str], planned: set[str]) -> bool:
    """Return whether a plan has all steps that the preview showed of a resource.

    A plan has neither a preceding refresh, nor the import of a resource that is then updated.
    """
    return shown - {"refresh"} in (planned, planned | {"import"})


def _disagreements(plans: dict[str, ResourcePlan], events: Events) -> Iterator[tuple[str, str]]:
    """Yield differences between plan and preview: where they differ, one was edited."""
    if not events.complete:
        yield "", "the preview did not end well, or its event log is not whole"
    for urn, planned in plans.items():
        shown = events.operations.get(urn, set())
        if not _same(shown, set(planned.steps)):
            steps = ", ".join(sorted(shown)) or "nothing"
            yield urn, f"the plan says {', '.join(planned.steps) or 'nothing'}, and the preview showed {steps}"
    yield from (
        (urn, "the preview showed it and the plan does not have it")
        for urn, shown in events.operations.items()
        if urn not in plans and shown != {"refresh"}
    )
