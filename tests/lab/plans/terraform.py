"""Exports a plan of the engine as Terraform's plan in JSON (format 1.2), which judges of others read.

`losses.py` lists what the export loses, and what it spells otherwise; a test compares the list with what is exported.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from engine import urns
from engine.states import Resource
from engine.urns import STACK
from engine.values import HIDDEN, is_opaque, is_unknown
from lab import spelling
from lab.spelling import Values
from plan_gate.change import Change, Operation, changes
from plan_gate.plan import Plan

# Kinds of Kubernetes that Terraform's provider has a type for; all others are a `kubernetes_manifest`.
_KINDS = frozenset(
    {
        "ClusterRole",
        "ClusterRoleBinding",
        "ConfigMap",
        "CronJob",
        "Deployment",
        "HorizontalPodAutoscaler",
        "Ingress",
        "Job",
        "LimitRange",
        "Namespace",
        "NetworkPolicy",
        "PersistentVolumeClaim",
        "PodDisruptionBudget",
        "ResourceQuota",
        "Role",
        "RoleBinding",
        "Secret",
        "Service",
        "ServiceAccount",
        "StatefulSet",
    }
)
_MANIFEST = "kubernetes_manifest"
_PROVIDER = "pulumi:providers:"
_ACTIONS = {
    Operation.SAME: ["no-op"],
    Operation.CREATE: ["create"],
    Operation.UPDATE: ["update"],
    Operation.DELETE: ["delete"],
}


def document(plan: Plan) -> Values:
    """Return a plan as Terraform shows it; without an update plan, what the preview reported until it ended."""
    exported = [change for change in changes(plan).all if not _is_left_out(change)]
    addresses = _addresses(exported)
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "errored": not plan.events.complete,
        "resource_changes": [_change(change, plan, addresses) for change in exported],
        "configuration": {"root_module": {"resources": [_configured(change, addresses) for change in exported]}},
    }


def type_of(token: str) -> str:
    """Return Terraform's name for a type of any provider."""
    package, _, rest = token.partition(":")
    if package == "gcp":
        return spelling.type_of(token)
    kind = rest.rpartition(":")[2]
    if package == "kubernetes" and kind not in _KINDS:
        return _MANIFEST
    return f"{package}_{spelling.snake(kind)}"


def _is_left_out(change: Change) -> bool:
    return change.is_component or change.type == STACK or change.type.startswith(_PROVIDER)


def _addresses(exported: Iterable[Change]) -> dict[str, str]:
    """Return the address of each resource by URN; two of the same type and name get a number."""
    addresses: dict[str, str] = {}
    taken: set[str] = set()
    for change in exported:
        address = plain = f"{type_of(change.type)}.{_name(change.urn)}"
        number = 2
        while address in taken:
            address, number = f"{plain}-{number}", number + 1
        taken.add(address)
        addresses[change.urn] = address
        if change.old:
            addresses.setdefault(change.old.urn, address)
    return addresses


def _name(urn: str) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", urns.parse(urn).name)


def _labels(change: Change, addresses: Mapping[str, str]) -> Values:
    address = addresses[change.urn]
    kind, _, name = address.partition(".")
    return {"address": address, "mode": "managed", "type": kind, "name": name}


def _change(change: Change, plan: Plan, addresses: Mapping[str, str]) -> Values:
    own: Values = {"actions": _actions(change, plan)}
    before, own["before_sensitive"], _ = _side(change.type, change.before) if change.old else (None, False, False)
    after, own["after_sensitive"], unknown = _side(change.type, change.declared) if change.goal else (None, False, {})
    if change.old and before is not None:
        # `prevent_destroy` is an option that Terraform's plans lack; a judge that reads it shall find it.
        before |= {"id": change.old.id, "prevent_destroy": change.old.protect}
    if change.goal and after is not None:
        after |= {"prevent_destroy": change.goal.protect}
    forced = [[spelling.snake(part) for part in path.split(".")] for path in change.forced]
    previous = plan.events.renamed.get(change.urn)
    return {
        **_labels(change, addresses),
        **({"previous_address": f"{type_of(change.type)}.{_name(previous)}"} if previous else {}),
        "change": {
            **own,
            "before": before,
            "after": after,
            "after_unknown": unknown,
            **({"replace_paths": forced} if forced else {}),
        },
    }


def _actions(change: Change, plan: Plan) -> list[str]:
    if change.operation is Operation.REPLACE:
        planned = plan.update.resource_plans[change.urn].steps if plan.update else ()
        order = [step.partition("-")[0] for step in planned if step in ("create-replacement", "delete-replaced")]
        return order if sorted(order) == ["create", "delete"] else ["create", "delete"]
    forgotten = change.retained or (change.old is not None and change.old.retain_on_delete)
    return ["forget"] if change.operation is Operation.DELETE and forgotten else _ACTIONS[change.operation]


def _configured(change: Change, addresses: Mapping[str, str]) -> Values:
    """Return the references of a resource: by property where the state has them so, or else as `depends_on`."""
    old = change.old or Resource(urn=change.urn, type=change.type)
    expressions: Values = {}
    for name, used in old.property_dependencies.items():
        if references := _references(used or (), addresses):
            expressions[spelling.snake(name)] = {"references": references}
    others = old.uses - {urn for used in old.property_dependencies.values() for urn in used or ()}
    depends = _references(sorted(others), addresses)
    return {
        **_labels(change, addresses),
        "expressions": expressions | ({"depends_on": {"references": depends}} if depends else {}),
    }


def _references(used: Iterable[str], addresses: Mapping[str, str]) -> list[str]:
    found = dict.fromkeys(addresses[urn] for urn in used if urn in addresses)
    return [text for address in found for text in (f"{address}.id", address)]


def _side(kind: str, inputs: Mapping[str, Any]) -> tuple[Values, Values, Values]:
    """Return the values of a resource, and beside them which are secret, and which only an update makes known."""
    if kind.startswith("gcp:"):
        fields: Values = spelling.block(inputs)
    else:
        fields = {name: value for name, value in inputs.items() if not name.startswith("__")}
        fields = {"manifest": fields} if type_of(kind) == _MANIFEST else fields
    shown, hidden, unknown = _fields(fields)
    return shown, hidden, unknown


def _fields(fields: Mapping[str, Any]) -> tuple[Values, Values, Values]:
    shown, hidden, unknown = Values(), Values(), Values()
    for name, value in fields.items():
        own, secret, later = _parts(value)
        if later is not True:
            shown[name] = own
        if secret:
            hidden[name] = secret
        if later:
            unknown[name] = later
    return shown, hidden, unknown


def _parts(value: Any) -> tuple[Any, Any, Any]:
    """Return a value with null for what nobody may read, and as true which parts are secret, and which not known."""
    if is_opaque(value) or value == HIDDEN:
        return None, True, False
    if is_unknown(value):
        return None, False, True
    if isinstance(value, dict):
        return _fields(cast("Values", value))
    if isinstance(value, list | tuple):
        parts = [_parts(inner) for inner in cast("Iterable[Any]", value)]
        shown, hidden, unknown = ([part[side] for part in parts] for side in range(3))
        return shown, hidden if any(hidden) else False, unknown if any(unknown) else False
    return value, False, False
