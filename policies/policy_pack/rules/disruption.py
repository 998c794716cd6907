"""Rules on the number of pods, on moving them for maintenance, and on what is kept of the ones that have ended."""

import math
import re
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from engine.inputs import at, is_open, items, mapping, named, number, shown
from engine.members import Member
from policy_pack.pods import KUBERNETES, pods
from policy_pack.rule import Finding, Resource, Severity, Stack, like, rule, stack_rule

DEPLOYMENT = "kubernetes:apps/v1:Deployment"
AUTOSCALER = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
# Controllers of pods whose number an autoscaler may decide, and autoscalers.
REPLICATED = tuple(
    f"kubernetes:apps/v1:{kind}{patch}"
    for kind in ("Deployment", "StatefulSet", "ReplicaSet")
    for patch in ("", "Patch")
)
AUTOSCALERS = (
    *(f"kubernetes:autoscaling/{version}:HorizontalPodAutoscaler" for version in ("v1", "v2", "v2beta1", "v2beta2")),
    f"{AUTOSCALER}Patch",
    "kubernetes:keda.sh/v1alpha1:ScaledObject",
)
BUDGET = "kubernetes:policy/v1:PodDisruptionBudget"
# A number of pods, or a share of them: ValidatePodDisruptionBudgetSpec in pkg/apis/policy/validation of Kubernetes.
_SHARE = re.compile(r"(?P<percent>[0-9]{1,2}|100)%", re.ASCII)
WHOLE = 100
_REPLICAS = "spec.replicas"
# https://cloud.google.com/kubernetes-engine/docs/concepts/node-pool-upgrade-strategies: then the node goes anyway.
LONGEST_END = 3600
# Annotation of a pod to the value with which nobody may move it.
HOLDING = {
    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
    "karpenter.sh/do-not-disrupt": "true",
    "karpenter.sh/do-not-evict": "true",
}
SHORTEST_HISTORY = 24 * 3600
_BUDGETS = "https://kubernetes.io/docs/tasks/run-application/configure-pdb/"


@rule(
    "workload-disruption-allowed",
    like(r"kubernetes:policy/v1:PodDisruptionBudget(Patch)?"),
    Severity.HIGH,
    remediation="Set max_unavailable alone, to 1 or more, and unhealthy_pod_eviction_policy to AlwaysAllow.",
    url=_BUDGETS,
)
def disruption_allowed(resource: Resource) -> Iterator[str]:
    """A disruption budget allows a disruption: otherwise no node can be drained, and the cluster is not upgraded."""
    most, least = (at(resource.inputs, f"spec.{key}") for key in ("maxUnavailable", "minAvailable"))
    if most is not None and least is not None:
        yield "has spec.maxUnavailable and minAvailable, and Kubernetes refuses both together. Remove minAvailable."
    if most is None and least is None:
        yield "has neither spec.maxUnavailable nor spec.minAvailable: no pod may be moved, ever. Set maxUnavailable."
    if most is not None and not _of(most, WHOLE):
        yield f"spec.maxUnavailable is {named(most)}: no pod may be moved, and no node drained. Set it to 1 or more."
    if least is not None and (_of(least, WHOLE) is None or (isinstance(least, str) and _of(least, WHOLE) == WHOLE)):
        yield f"spec.minAvailable is {named(least)}: no pod may be moved, and no node drained. Set max_unavailable."
    unhealthy = at(resource.inputs, "spec.unhealthyPodEvictionPolicy")
    if unhealthy != "AlwaysAllow":
        yield (
            f"spec.unhealthyPodEvictionPolicy is {named(unhealthy)}: a pod that never becomes ready holds its node for "
            "as long. Set it to AlwaysAllow."
        )


def _of(quantity: Any, pods: float) -> float | None:
    """Return how many of a number of pods a number or share is, as Kubernetes rounds it; None for any other value."""
    if isinstance(quantity, str):
        share = _SHARE.fullmatch(quantity)
        return math.ceil(pods * int(share["percent"]) / WHOLE) if share else None
    given = number(quantity)
    return given if given is not None and given >= 0 and given.is_integer() else None


@stack_rule(
    "workload-replicas-one-owner",
    Severity.MEDIUM,
    remediation="Set ignore_changes to spec.replicas where an autoscaler decides them, and keep one autoscaler.",
    url="https://kubernetes.io/docs/tasks/run-application/horizontal-pod-autoscale/",
    looks_at=(*REPLICATED, *AUTOSCALERS),
)
def replicas_one_owner(stack: Stack) -> Iterator[Finding]:
    """One owner decides the number of pods: the program, or one autoscaler."""
    scaled = _scaled(stack)
    for scalers in scaled.values():
        for second in scalers[1:]:
            yield Finding(
                second.urn,
                f"{second.name!r} scales what {scalers[0].name!r} scales too: each undoes what the other does. Remove "
                "one of them.",
            )
    for member in stack.resources:
        if (
            member.type in REPLICATED
            and _REPLICAS not in member.ignored
            and at(member.fields, _REPLICAS) is not None
            and _name(member) in scaled
        ):
            yield Finding(
                member.urn,
                f"{member.name!r} has {_REPLICAS}, and an autoscaler decides the number too: each update takes pods "
                f'away from the load. Leave changes of it out: ignore_changes=["{_REPLICAS}"].',
            )


@stack_rule(
    "workload-budget-leaves-one",
    Severity.HIGH,
    remediation="Have one disruption budget for a pod, with max_unavailable 1.",
    url=_BUDGETS,
    looks_at=(*REPLICATED, *AUTOSCALERS, BUDGET),
)
def budget_leaves_one(stack: Stack) -> Iterator[Finding]:
    """A disruption budget leaves one of its pods free to be moved, and no pod has two: then nobody may move it."""
    scaled = _scaled(stack)
    deployments = [member for member in stack.resources if member.type in REPLICATED]
    holders: defaultdict[str, list[Member]] = defaultdict(list)
    for budget in stack.resources:
        if budget.type != BUDGET:
            continue
        held = [one for one in deployments if _namespace(one) == _namespace(budget) and _selects(budget, one)]
        for one in held:
            holders[one.urn].append(budget)
        total = sum(_count(one, scaled) for one in held)
        needed = _of(at(budget.fields, "spec.minAvailable"), total)
        if needed is not None and needed >= total > 0:
            yield Finding(
                budget.urn,
                f"{budget.name!r} demands {needed:g} available pods of {total:g}: none may be moved, and no node "
                "drained. Set max_unavailable to 1.",
            )
    for one in deployments:
        for second in holders[one.urn][1:]:
            yield Finding(
                second.urn,
                f"{second.name!r} covers pods of {one.name!r}, as {holders[one.urn][0].name!r} does: Kubernetes moves "
                "no pod with two budgets, and no node is drained. Remove one of them.",
            )


def _scaled(stack: Stack) -> dict[tuple[str, str, str], list[Member]]:
    """Return the autoscalers of a stack by the controller of pods that each is for: kind, namespace and name."""
    found: dict[tuple[str, str, str], list[Member]] = {}
    for member in stack.resources:
        if member.type in AUTOSCALERS:
            target = at(member.fields, "spec.scaleTargetRef")
            kind = at(target, "kind")
            of = "Deployment" if kind is None else named(kind), _namespace(member), named(at(target, "name"))
            found.setdefault(of, []).append(member)
    return found


def _namespace(member: Member) -> str:
    return named(at(member.fields, "metadata.namespace"))


def _name(member: Member) -> tuple[str, str, str]:
    kind = member.type.rpartition(":")[2].removesuffix("Patch")
    return kind, _namespace(member), named(at(member.fields, "metadata.name"))


def _count(deployment: Member, scaled: dict[tuple[str, str, str], list[Member]]) -> float:
    """Return the least number of pods of a Deployment."""
    scalers = scaled.get(_name(deployment))
    given = at(scalers[0].fields, "spec.minReplicas") if scalers else at(deployment.fields, "spec.replicas")
    count = number(given)
    return 1 if count is None else count


def _selects(budget: Member, deployment: Member) -> bool:
    """Return whether a budget is for the pods of a Deployment; one that cannot be read is for all, none is for none."""
    selector = at(budget.fields, "spec.selector")
    if selector is None:
        return False
    labels: dict[str, Any] = {
        **mapping(at(deployment.fields, "spec.selector.matchLabels")),
        **mapping(at(deployment.fields, "spec.template.metadata.labels")),
    }
    return all(labels.get(key) == value for key, value in mapping(at(selector, "matchLabels")).items()) and all(
        _fits(condition, labels) for condition in items(at(selector, "matchExpressions"))
    )


def _fits(condition: Any, labels: dict[str, Any]) -> bool:
    key, values = at(condition, "key"), items(at(condition, "values"))
    match at(condition, "operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            return True


@rule(
    "workload-movable",
    KUBERNETES,
    Severity.HIGH,
    remediation="Leave the annotation out, and end within an hour; use a disruption budget to move one pod at a time.",
    url="https://kubernetes.io/docs/concepts/workloads/pods/disruptions/",
)
def movable(resource: Resource) -> Iterator[str]:
    """No pod refuses to be moved, by an annotation or by taking for ever to end: its node would get no fixes."""
    found = pods(resource).pods
    if not found:
        return
    yield from _holding(resource.inputs, "")
    for path, fields in found:
        given = fields.get("terminationGracePeriodSeconds")
        seconds = number(given)
        if given is not None and (seconds is None or seconds > LONGEST_END):
            yield (
                f"{path}.terminationGracePeriodSeconds is {shown(given)}: maintenance waits for an hour, and then ends "
                f"it in the middle of its work. Set it to {LONGEST_END} or less."
            )


def _holding(node: Any, path: str) -> Iterator[str]:
    """Yield a message for each annotation, at any depth, with which a pod holds its node."""
    if isinstance(node, list):
        for index, element in enumerate(items(node)):
            yield from _holding(element, f"{path}[{index}]")
    for key, value in mapping(node).items():
        below = f"{path}.{key}".lstrip(".")
        if key in ("annotations", "metadata") and not is_open(value):
            yield f"{below} is {shown(value)}, so nobody can see whether it keeps the pod on its node. Write it out."
        elif key == "annotations":
            for name, given in mapping(value).items():
                if name in HOLDING and (not is_open(given) or str(given).lower() == HOLDING[name]):
                    yield f"{below}[{name}] keeps the pod on its node, which gets no fixes as long. Remove it."
        else:
            yield from _holding(value, below)


@rule(
    "workload-history-kept",
    like(r"kubernetes:(batch/v1:(Cron)?Job|apps/v1:Deployment)(Patch|List)?"),
    Severity.MEDIUM,
    remediation="Keep ended jobs for a day or more, a failed run, and a former revision; a Job itself has no TTL.",
    url="https://kubernetes.io/docs/concepts/workloads/controllers/ttlafterfinished/",
)
def history_kept(resource: Resource) -> Iterator[str]:
    """Ended jobs and former revisions stay long enough to be looked at, and no object of the program deletes itself."""
    listed = [(f"items[{index}].", item) for index, item in enumerate(items(resource.inputs.get("items")))]
    for begin, fields in listed or [("", resource.inputs)]:
        if not is_open(at(fields, "spec")):
            continue  # workload-readable
        if at(fields, "spec.ttlSecondsAfterFinished") is not None:
            yield (
                f"{begin}spec.ttlSecondsAfterFinished is set: the Job deletes itself, and the next update that reads "
                "the cluster makes it anew, and runs it again. Leave it out."
            )
        for path, least, risk in (
            ("spec.jobTemplate.spec.ttlSecondsAfterFinished", SHORTEST_HISTORY, "its logs go before anybody looks."),
            ("spec.failedJobsHistoryLimit", 1, "a failed run leaves nothing to look at."),
            ("spec.revisionHistoryLimit", 1, "there is no revision to go back to."),
        ):
            given = at(fields, path)
            count = number(given)
            if given is not None and (count is None or count < least):
                yield f"{begin}{path} is {shown(given)}: {risk} Set it to {least} or more."
