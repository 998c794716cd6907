"""Finds the pods of a Kubernetes resource, wherever they are in it.

Pods, the templates of workloads, Jobs in CronJobs, lists, custom resources: a new kind is covered without being named.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple, cast

from engine.inputs import is_open, items
from policy_pack.rule import Resource, like

KUBERNETES = like(r"kubernetes:.*")
CONTAINER_LISTS = ("initContainers", "containers", "ephemeralContainers")
# Where a pod's specification may be hidden when the value is not known yet.
_WAYS = frozenset({"spec", "template", "jobTemplate", "items", "resources", *CONTAINER_LISTS})


class Part(NamedTuple):
    """A pod's specification, or a container of one, and where in the resource it is."""

    path: str
    fields: dict[str, Any]


class Pods(NamedTuple):
    """What is in a resource: pods, and the paths of what may be or contain one and cannot be read."""

    pods: tuple[Part, ...]
    hidden: tuple[str, ...]


# A resource meets a dozen rules one after the other, which all ask the same.
@lru_cache(maxsize=8)
def pods(resource: Resource) -> Pods:
    """The pods of a resource."""
    found: list[Part] = []
    hidden: list[str] = []
    _search(resource.inputs, "", found, hidden)
    for pod in found:
        for kind in CONTAINER_LISTS:
            for index, container in enumerate(items(pod.fields.get(kind))):
                if not isinstance(container, dict):
                    hidden.append(f"{pod.path}.{kind}[{index}]")
    return Pods(tuple(found), tuple(hidden))


def containers(pod: Part, *kinds: str) -> Iterator[Part]:
    """The containers of a pod that can be read: of these lists, or of all."""
    for kind in kinds or CONTAINER_LISTS:
        for index, container in enumerate(items(pod.fields.get(kind))):
            if isinstance(container, dict):
                yield Part(f"{pod.path}.{kind}[{index}]", cast("dict[str, Any]", container))


def _search(node: Any, path: str, found: list[Part], hidden: list[str]) -> None:
    if isinstance(node, list):
        for index, element in enumerate(cast("list[Any]", node)):
            _search(element, f"{path}[{index}]", found, hidden)
    if not isinstance(node, dict):
        return
    fields = cast("dict[str, Any]", node)
    if isinstance(fields.get("containers"), list):
        found.append(Part(path, fields))
        return
    for key, value in fields.items():
        inner = f"{path}.{key}".lstrip(".")
        if not is_open(value) and key in _WAYS:
            hidden.append(inner)
        else:
            _search(value, inner, found, hidden)
