"""Quotas of namespaces that are lower than what runs in them, or than what runs while a new version comes.

The cluster counts what is in use in each quota, and a state or a refresh has its count. Nothing is ended when a quota
falls below that: a pod that is lost, or a new version, is refused, when nobody thinks of the quota any more.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.events import Events
from engine.inputs import at, mapping, named
from plan_gate.change import Change, Changes
from policy_pack.quantities import amount

_QUOTA: Final = "kubernetes:core/v1:ResourceQuota"
# Of these a pod more needs its share while a new version comes.
_OF_PODS: Final = frozenset({"limits.cpu", "limits.memory", "pods", "requests.cpu", "requests.memory"})


def exceeded(changes: Changes, events: Events) -> Iterator[str]:
    """Yield the namespaces in which something no longer fits, a line each."""
    for change in changes.all:
        if change.type == _QUOTA and change.goal and change.old:
            found = events.refreshed.get(change.old.urn)
            used = mapping(at(found.outputs if found else change.old.outputs, "status.used"))
            problems = list(_problems(mapping(at(change.after, "spec.hard")), used))
            if problems:
                remedy = "Leave the quota, or have the app ask for less first"
                yield f"{_namespace(change)}: {', '.join(problems)}. {remedy}"


def _problems(hard: Mapping[str, Any], used: Mapping[str, Any]) -> Iterator[str]:
    pods = amount(used.get("pods"))
    for name in sorted(hard.keys() & used.keys()):
        room, taken = amount(hard[name]), amount(used[name])
        if room is None or taken is None:
            continue
        if taken > room:
            yield f"{name} {hard[name]} is less than the {used[name]} that run, so a lost pod is not started again"
        elif pods and name in _OF_PODS and taken + taken / pods > room:
            yield f"{name} {hard[name]} has no room beside the {used[name]} that run, so no new version is rolled out"


def _namespace(change: Change) -> str:
    return named(at(change.after, "metadata.namespace"))
