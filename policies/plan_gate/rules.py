"""The gate's rules: from the changes of a plan to refusals, which an exception for their operation can lift."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from engine import contracts, urns
from iam.deciding import gives_access
from iam.safeguards import SAFEGUARDS
from plan_gate import providers, weakening
from plan_gate.access import access
from plan_gate.change import Change, Changes, Operation
from plan_gate.exceptions import ExceptionOperation
from plan_gate.objects import losses
from plan_gate.plan import Plan
from plan_gate.settings import Limits, Settings
from policy_pack.rule import Policy, Severity

_HELP = "https://www.pulumi.com/docs/iac/concepts/options/"

JUDGEABLE = Policy(
    name="plan-judgeable",
    description=(
        "A plan is evaluated only if it is complete and equals the preview: a preview that failed, and a plan that was "
        "edited, prove nothing."
    ),
    severity=Severity.HIGH,
    references=(),
    remediation="Correct what made the preview fail, and preview the whole stack again.",
    url="https://www.pulumi.com/docs/iac/concepts/update-plans/",
)
KEPT = Policy(
    name="plan-datastore-kept",
    description=(
        "Datastores and other protected resources are neither deleted nor replaced: a replacement deletes the old "
        "resource with all its data. Nor is one that is gone made anew, empty and in the way of its restore."
    ),
    severity=Severity.CRITICAL,
    references=(),
    remediation=(
        "Undo the change that does it (a new name, an immutable field, an entry that was taken away). If it is meant, "
        "move the data first, and have an exception reviewed."
    ),
    url=f"{_HELP}protect/",
)
PROTECTED = Policy(
    name="plan-protection-kept",
    description="A protected resource stays protected: to remove `protect` is the first half of a deletion.",
    severity=Severity.CRITICAL,
    references=(),
    remediation="Put `protect=True` back. If the resource is to go, have an exception reviewed that says why.",
    url=f"{_HELP}protect/",
)
CREATED_FIRST = Policy(
    name="plan-no-delete-before-replace",
    description=(
        "No protected resource declares deleteBeforeReplace: a later replacement would delete first, and lose data "
        "that cannot be created again."
    ),
    severity=Severity.HIGH,
    references=(),
    remediation="Take `delete_before_replace` away.",
    url=f"{_HELP}deletebeforereplace/",
)
PROVIDER = Policy(
    name="plan-provider-kept",
    description=(
        "A provider is not replaced while resources depend on it: the engine would replace all of them, protected or "
        "not."
    ),
    severity=Severity.CRITICAL,
    references=("pulumi-kubernetes#4019",),
    remediation=(
        "Keep the provider's name and identity, such as the kubeconfig's server. To move resources to another one, "
        "give it an alias of the old one."
    ),
    url="https://www.pulumi.com/docs/iac/concepts/resources/providers/",
)
PROVIDER_INPUTS = Policy(
    name="plan-provider-inputs-kept",
    description=(
        "A provider has listed inputs alone (inputs.yaml), and keeps them: they decide which host gets the identity's "
        "token, and whose answers the program believes."
    ),
    severity=Severity.CRITICAL,
    references=("design: inputs of providers",),
    remediation=(
        "Undo the change: in the stack file, in the program, or in the contract from which the input comes. If it is "
        "meant, have an exception reviewed."
    ),
    url="https://www.pulumi.com/docs/iac/concepts/resources/providers/",
)
OBJECT_KEPT = Policy(
    name="plan-live-object-kept",
    description=(
        "No object of the cloud is deleted under one URN while another URN declares it: Kubernetes objects, grants and "
        "other types that are created over what exists (plan_rules.yaml). The engine creates first, then deletes."
    ),
    severity=Severity.CRITICAL,
    references=(),
    remediation=(
        "Give the new resource an alias of the old URN (`aliases`). Where types differ, or the state has both already, "
        "first deploy the old one with `retain_on_delete=True`, then remove it. To another stack: `make move`."
    ),
    url="https://www.pulumi.com/docs/iac/concepts/options/aliases/",
)
NOT_ABANDONED = Policy(
    name="plan-not-abandoned",
    description=(
        "Nothing that is protected or gives access gets retainOnDelete, and no access leaves the state with it: it "
        "would stay in the cloud, unmanaged and unnoticed, and access would go on that is said to be revoked."
    ),
    severity=Severity.CRITICAL,
    references=(),
    remediation="Take `retain_on_delete` away. To hand a resource over to another stack, have an exception reviewed.",
    url=f"{_HELP}retainondelete/",
)
NOT_WEAKENED = Policy(
    name="plan-not-weakened",
    description=(
        "No update switches off backups, retention, logging, alerts or protection of what holds data or is a guard "
        "rail, nor opens, stops or downgrades it (plan_weakening.yaml)."
    ),
    severity=Severity.CRITICAL,
    references=(),
    remediation="Undo the change of this input. If it is meant, have an exception reviewed that names the path.",
    url="https://sre.google/sre-book/data-integrity/",
)
WITHIN_LIMITS = Policy(
    name="plan-within-limits",
    description=(
        "One update deletes, replaces and changes no more resources than its layer's limit, and changes no more access "
        "than a person reads (plan_rules.yaml)."
    ),
    severity=Severity.HIGH,
    references=(),
    remediation="Make the change in smaller parts, or have an exception reviewed that says how large it may be.",
    url="https://sre.google/sre-book/release-engineering/",
)
EXCEPTIONS = Policy(
    name="plan-exception-needed",
    description="Every exception is valid, and needed by the plan.",
    severity=Severity.MEDIUM,
    references=(),
    remediation="Remove it from plan_exceptions.yaml, or have it reviewed anew.",
    url="https://sre.google/sre-book/postmortem-culture/",
)
ACCEPTED_STAYS = Policy(
    name="plan-accepted-drift-stays",
    description=(
        "Accepted drift (drift_acceptances.yaml) stays as the cloud has it: the cloud still has the accepted value, "
        "and the value weakens and opens nothing."
    ),
    severity=Severity.HIGH,
    references=(),
    remediation=(
        "Remove the acceptance, and the deployment puts the declared value back; or have one for the present value "
        "reviewed (`make drifted`)."
    ),
    url="https://www.pulumi.com/docs/iac/cli/commands/pulumi_refresh/",
)
HARMLESS_ALONE = Policy(
    name="plan-harmless-alone",
    description=(
        "A plan that is carried out unattended puts back drift of harmless properties (harmless_drift.yaml), and does "
        "nothing else."
    ),
    severity=Severity.HIGH,
    references=(),
    remediation="Deploy without `HARMLESS=yes`, with somebody who reads the plan.",
    url="https://www.pulumi.com/docs/iac/cli/commands/pulumi_refresh/",
)
RULES: tuple[Policy, ...] = (
    JUDGEABLE,
    KEPT,
    PROTECTED,
    CREATED_FIRST,
    PROVIDER,
    PROVIDER_INPUTS,
    OBJECT_KEPT,
    NOT_ABANDONED,
    NOT_WEAKENED,
    WITHIN_LIMITS,
    ACCEPTED_STAYS,
    HARMLESS_ALONE,
    EXCEPTIONS,
)


@dataclass(frozen=True)
class Refusal:
    """Reason why a plan may not be carried out.

    Attributes:
        policy: the rule.
        urn: URN of the resource; empty for the plan as a whole.
        message: the consequence, with the resource.
        operation: the operation that an exception would have to accept; None where none can.
        count: number of resources, for a limit.
    """

    policy: Policy
    urn: str
    message: str
    operation: ExceptionOperation | None
    count: int = 0


def refusals(plan: Plan, changed: Changes, settings: Settings) -> Iterator[Refusal]:
    """Yield the reasons against a plan, without regard to exceptions."""
    for urn, problem in changed.problems:
        yield Refusal(JUDGEABLE, urn, f"{_label(urn)}{problem}.", None)
    for change in changed.all:
        if loss := _loss(change, settings):
            yield from _protection(change, loss)
        yield from _abandoned(change, loss)
        if change.is_made_anew and (way := settings.restorable.get(change.type)):
            message = f"{change.label} is gone from the cloud, and would be made anew, empty. Restore it first: {way}."
            yield Refusal(KEPT, change.urn, message, "recreate")
        if providers.is_provider(change):
            yield from _provider(change, plan, changed)
            yield from _provider_inputs(change, plan)
    for loss in losses(plan, changed, settings):
        message = (
            f"{loss.deleted.label} would be deleted, and {loss.declared.label} declares the same object "
            f"({loss.object}): it would be gone, and the state would say that it is there."
        )
        yield Refusal(OBJECT_KEPT, loss.deleted.urn, message, None)
    for found in weakening.weakened(changed.all, weakening.settings()):
        if found.operation:
            message = f"the update {found.line}."
            yield Refusal(NOT_WEAKENED, found.change.urn, message, found.operation)
    yield from _size(plan, changed, settings)


def _label(urn: str) -> str:
    if not urn:
        return ""
    resource = urns.parse(urn)
    return f"{resource.type} {resource.name!r}: "


def _loss(change: Change, settings: Settings) -> str:
    """Return the loss with a resource in words; empty for a resource that may be deleted."""
    if change.operation is Operation.CREATE:
        return ""
    loss = settings.protected.get(change.type, "") or _kept_by(change)
    return loss or ("what it is protected for" if change.old and change.old.protect else "")


def _kept_by(change: Change) -> str:
    """Return what a guard rail of the foundation keeps; empty for another resource."""
    if change.old is None or contracts.program_of(change.old.urn) != SAFEGUARDS.program:
        return ""
    safeguard = SAFEGUARDS.of(change.old.type, change.old.name)
    return f"what others rely on ({safeguard.group.because})" if safeguard else ""


def _protection(change: Change, loss: str) -> Iterator[Refusal]:
    if change.operation is Operation.DELETE:
        how = "left behind unmanaged" if change.stays else "deleted"
        yield Refusal(KEPT, change.urn, f"{change.label} would be {how}, and with it {loss}.", "delete")
        return
    if change.operation is Operation.REPLACE:
        yield Refusal(KEPT, change.urn, f"{change.label} would be replaced; the old one goes with {loss}.", "replace")
    goal, old = change.goal, change.old
    if goal and old and old.protect and not goal.protect:
        yield Refusal(PROTECTED, change.urn, f"{change.label} would lose its protection.", "unprotect")
    if goal and goal.delete_before_replace:
        message = f"{change.label} declares deleteBeforeReplace: a replacement would first delete {loss}."
        yield Refusal(CREATED_FIRST, change.urn, message, "delete-before-replace")


def _abandoned(change: Change, loss: str) -> Iterator[Refusal]:
    old, access_goes_on = change.old, gives_access(change.type)
    if change.retained and not (old and old.retain_on_delete) and (loss or access_goes_on):
        message = f"{change.label} would be left behind, unmanaged, once it goes from the program."
        yield Refusal(NOT_ABANDONED, change.urn, message, "abandon")
    elif change.stays and access_goes_on and not loss:
        message = f"{change.label} would leave the state and stay in the cloud: the access that it gives goes on."
        yield Refusal(NOT_ABANDONED, change.urn, message, "abandon")


def _provider(change: Change, plan: Plan, changed: Changes) -> Iterator[Refusal]:
    """Yield refusals of a provider's replacement or deletion.

    A replacement is refused by itself, since a preview cannot show what the engine then does to dependent resources. A
    deletion mostly means that nothing needs the provider any more, as when a newer version of a default provider takes
    over; it is refused only if resources are replaced with it.
    """
    if not change.goes or change.old is None:
        return
    below = set(plan.state.by_provider.get(change.old.urn, ()))
    replaced = [
        other for other in changed.all if other.operation is Operation.REPLACE and other.old and other.old.urn in below
    ]
    if change.operation is Operation.REPLACE and below:
        message = f"{change.label} would be replaced, and {len(below)} resources stand on it."
        yield Refusal(PROVIDER, change.urn, message, "replace")
    elif replaced:
        message = f"{change.label} would be deleted, and {len(replaced)} resources that stand on it replaced."
        yield Refusal(PROVIDER, change.urn, message, "delete")


def _provider_inputs(change: Change, plan: Plan) -> Iterator[Refusal]:
    for problem in providers.unlisted(change):
        yield Refusal(PROVIDER_INPUTS, change.urn, f"{change.label}: {problem}.", None)
    if names := providers.changed(change, plan):
        what = "would get other inputs" if change.old else "has other inputs than the providers that are there"
        message = f"{change.label} {what} ({', '.join(names)}): the identity's token may go elsewhere."
        yield Refusal(PROVIDER_INPUTS, change.urn, message, "change-provider")


_COUNTED: tuple[tuple[Operation, Callable[[Limits], int]], ...] = (
    (Operation.DELETE, lambda limits: limits.delete),
    (Operation.REPLACE, lambda limits: limits.replace),
    (Operation.UPDATE, lambda limits: limits.update),
)


def _size(plan: Plan, changed: Changes, settings: Settings) -> Iterator[Refusal]:
    stack = plan.stack_urn
    if not stack:
        return  # the stack is new, so nothing can be deleted, replaced or changed
    layer = contracts.program_of(stack)
    limits = settings.limits.get(layer)
    if limits is None:
        message = f"plan_rules.yaml sets no limits for {layer}, so no change of it is small enough."
        yield Refusal(WITHIN_LIMITS, stack, message, None)
        return
    for operation, limit in _COUNTED:
        count = sum(1 for change in changed.all if change.operation is operation and not change.is_component)
        if count > limit(limits):
            message = (
                f"the update would {operation} {count} resources at once; the limit of {layer} is {limit(limits)}."
            )
            yield Refusal(WITHIN_LIMITS, stack, message, "exceed-limit", count)
    lines = sum(1 for change in changed.real for _ in access(change))
    # Until its first update has ended, a stack has no outputs or has not published its contract: nobody depends on it.
    has_ended = bool(plan.state.by_urn.get(stack) and plan.state.by_urn[stack].outputs)
    is_unpublished = any(change.operation is Operation.CREATE and change.publishes for change in changed.all)
    if has_ended and not is_unpublished and lines > limits.access:
        message = f"the update would change {lines} lines of access at once; a person reads {limits.access} of {layer}."
        yield Refusal(WITHIN_LIMITS, stack, message, "exceed-limit", lines)
