"""Rules on Kubernetes workloads: no container can become root on its node.

A pod's specification is found wherever it is in a resource (Pods, the templates of workloads, Jobs in CronJobs,
lists, custom resources), so a new kind is covered without being named.
"""

from collections.abc import Iterator
from typing import Any, cast

from policy_pack.rule import Resource, Rule
from policy_pack.values import UNKNOWN, at, items, shown

CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")
# Where a pod's specification may be hidden when the value is not known yet.
_WAYS = frozenset({"spec", "template", "jobTemplate", "items", "resources", *CONTAINER_LISTS})
_OPAQUE = {
    "kubernetes:helm.sh/v3:Release": "a Helm release, whose pods are rendered by the provider where "
    "no policy sees them",
    "kubernetes:helm.sh/v4:Release": "a Helm release, whose pods are rendered by the provider where "
    "no policy sees them",
}


def _not_privileged(resource: Resource) -> Iterator[str]:
    if not resource.type.startswith("kubernetes:"):
        return
    if resource.type in _OPAQUE:
        yield f"is {_OPAQUE[resource.type]}. Declare its objects, or use a Chart, which does."
    yield from _search(resource.inputs, "")


def _search(node: Any, path: str) -> Iterator[str]:
    """Violations of every pod specification in a tree."""
    if isinstance(node, list):
        for index, element in enumerate(cast("list[Any]", node)):
            yield from _search(element, f"{path}[{index}]")
    if not isinstance(node, dict):
        return
    fields = cast("dict[str, Any]", node)
    if isinstance(fields.get("containers"), list):
        yield from _pod(fields, path)
        return
    for key, value in fields.items():
        inner = f"{path}.{key}".lstrip(".")
        if value is UNKNOWN and key in _WAYS:
            yield f"{inner} is not known before the update, so its containers cannot be checked. Write it out."
        else:
            yield from _search(value, inner)


def _pod(spec: dict[str, Any], path: str) -> Iterator[str]:
    for field, risk in (
        ("hostNetwork", "its containers see the node's traffic and reach the node's credentials"),
        ("hostPID", "its containers see and signal every process of the node"),
        ("hostIPC", "its containers share memory with every process of the node"),
    ):
        if spec.get(field) not in (None, False):
            yield f"{path}.{field} is {shown(spec[field])}: {risk}. Remove it."
    for index, volume in enumerate(items(spec.get("volumes"))):
        if volume is UNKNOWN or at(volume, "hostPath") is not None:
            yield (
                f"{path}.volumes[{index}] is a hostPath (or not known): it opens the node's files to a container. "
                "Use emptyDir, a ConfigMap or a PersistentVolumeClaim."
            )
    for kind in CONTAINER_LISTS:
        for index, container in enumerate(items(spec.get(kind))):
            yield from _container(container, f"{path}.{kind}[{index}]")


def _container(container: Any, path: str) -> Iterator[str]:
    context = f"{path}.securityContext"
    privileged = at(container, "securityContext.privileged")
    if privileged not in (None, False):
        yield f"{context}.privileged is {shown(privileged)}: the container is root on its node. Remove it."
    escalation = at(container, "securityContext.allowPrivilegeEscalation")
    if escalation is not False:
        yield (
            f"{context}.allowPrivilegeEscalation is {shown(escalation)}: a process can gain more "
            "rights than it started "
            "with. Set it to false."
        )
    added = items(at(container, "securityContext.capabilities.add"))
    if added:
        yield (
            f"{context}.capabilities.add names "
            f"{', '.join(shown(capability) for capability in added)}: each is a part of "
            "root's power. Remove it, and drop ALL."
        )


NOT_PRIVILEGED = Rule(
    "workload-not-privileged",
    "No container is privileged, shares its node's namespaces or files, or can gain rights.",
    _not_privileged,
)
