"""Finds the pods of a Kubernetes resource at any depth.

Pods, templates of workloads, Jobs in CronJobs, lists, custom resources: a new kind is covered without a list of kinds.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple, cast

from engine.inputs import is_open, items
from policy_pack.rule import Resource, like

KUBERNETES = like(r"kubernetes:.*")
CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")
# Keys under which an unknown value may contain a pod's specification.
_POD_KEYS = frozenset({"spec", "template", "jobTemplate", "items", "resources", *CONTAINER_LISTS})


class Specification(NamedTuple):
    """Specification of a pod or of a container, with its path in the resource."""

    path: str
    fields: dict[str, Any]


class Pods(NamedTuple):
    """Pods of a resource, and the paths of unreadable values that may be or contain a pod."""

    pods: tuple[Specification, ...]
    hidden: tuple[str, ...]


# A dozen rules in sequence search the same resource.
@lru_cache(maxsize=8)
def pods(resource: Resource) -> Pods:
    """Return the pods of a resource."""
    specifications: list[Specification] = []
    hidden: list[str] = []
    _search(resource.inputs, "", specifications, hidden)
    for pod in specifications:
        for kind in CONTAINER_LISTS:
            for index, container in enumerate(items(pod.fields.get(kind))):
                if not isinstance(container, dict):
                    hidden.append(f"{pod.path}.{kind}[{index}]")
    return Pods(tuple(specifications), tuple(hidden))


def containers(pod: Specification, *kinds: str) -> Iterator[Specification]:
    """Yield the readable containers of a pod, of these lists or of all."""
    for kind in kinds or CONTAINER_LISTS:
        for index, container in enumerate(items(pod.fields.get(kind))):
            if isinstance(container, dict):
                yield Specification(f"{pod.path}.{kind}[{index}]", cast("dict[str, Any]", container))


def _search(node: Any, path: str, specifications: list[Specification], hidden: list[str]) -> None:
    if isinstance(node, list):
        for index, element in enumerate(cast("list[Any]", node)):
            _search(element, f"{path}[{index}]", specifications, hidden)
    if not isinstance(node, dict):
        return
    fields = cast("dict[str, Any]", node)
    # Never the end of the search: `containers` above the pod of a kind, which nothing runs, would hide the pod.
    if isinstance(fields.get("containers"), list):
        specifications.append(Specification(path, fields))
    for key, value in fields.items():
        inner = f"{path}.{key}".lstrip(".")
        if not is_open(value) and key in _POD_KEYS:
            hidden.append(inner)
        else:
            _search(value, inner, specifications, hidden)
