"""Out-of-band changes that the refresh before a plan found: what the update sets as declared, and what stays stopped.

The gate compares what is declared with what the cloud has, not with what the state remembers: an update that is no
change against the state may undo what a person did in an incident.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine import urns
from engine.events import Events
from engine.inputs import at, named, number
from plan_gate.change import Change, Changes, Operation
from plan_gate.differences import differences
from plan_gate.settings import Settings

_AUTOSCALER: Final = "kubernetes:autoscaling/v2:HorizontalPodAutoscaler"
_DEPLOYMENT: Final = "kubernetes:apps/v1:Deployment"
# Type to the fields with which a person stops it: the value, and the consequence.
_STOPPING: Final[Mapping[str, tuple[tuple[str, Any, str], ...]]] = {
    _DEPLOYMENT: (
        ("spec.replicas", 0, "no pod of it runs"),
        ("spec.paused", True, "no new version of it is rolled out"),
    ),
    "kubernetes:batch/v1:CronJob": (("spec.suspend", True, "it does not start"),),
}


def undone(changes: Changes, settings: Settings) -> Iterator[str]:
    """Yield the out-of-band changes that an update undoes, a line each."""
    for change in changes.all:
        if change.is_made_anew:
            loss = settings.protected.get(change.type)
            yield f"{urns.label(change.urn)}: it is gone{f', with {loss}' if loss else ''}, and is made anew"
        elif change.recorded and change.old and change.operation in (Operation.UPDATE, Operation.REPLACE):
            recorded = change.accepted.applied(change.urn, change.recorded.inputs)
            found = differences(recorded, change.old.inputs, tuple(change.old.confidential))
            yield from (f"{urns.label(change.urn)}: {str(each).removeprefix('~ ')}" for each in found)


def stopped(changes: Changes, events: Events) -> Iterator[str]:
    """Yield the apps that a person has stopped and that no update starts again, a line each, with the way to do it."""
    for change in changes.all:
        if change.goal is None or change.old is None or change.operation is Operation.REPLACE:
            continue
        found = events.refreshed.get(change.old.urn)
        live = found.outputs if found else change.old.outputs
        for path, value, consequence in _STOPPING.get(change.type, ()):
            declared = at(change.after, path)
            stays = declared is None or declared == value or path in change.goal.ignore_changes
            if at(live, path) == value and stays:
                start = _start(change, changes, path)
                yield f"{urns.label(change.urn)}: {path} is {json.dumps(value)}, so {consequence}. {start}"


def _start(change: Change, changes: Changes, path: str) -> str:
    kind, field = change.type.rpartition(":")[2].lower(), path.rpartition(".")[2]
    name, namespace = (named(at(change.after, f"metadata.{key}")) for key in ("name", "namespace"))
    value = _least(changes, name, namespace) if field == "replicas" else False
    patch = json.dumps({"spec": {field: value}})
    return f"To start it again: kubectl patch {kind} {name} --namespace {namespace} --patch '{patch}'"


def _least(changes: Changes, name: str, namespace: str) -> int:
    """Return the least number of pods of a Deployment: its autoscaler's, which the program declares."""
    for change in changes.all:
        target = at(change.after, "spec.scaleTargetRef.name"), at(change.after, "metadata.namespace")
        if change.type == _AUTOSCALER and target == (name, namespace):
            return int(number(at(change.after, "spec.minReplicas")) or 1)
    return 1
