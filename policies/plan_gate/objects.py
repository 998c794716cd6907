"""Objects of the cloud behind a plan's resources: an object that one URN loses while another URN declares it.

Where creating succeeds over what exists, a resource whose URN changes is created over the live object, and then the
engine deletes the old resource, which is the same object. This module finds such pairs within one plan. It does not
see the plans of other stacks, and a name that is known only after the update equals no other.
"""

import itertools
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from engine.states import Resource as Old
from iam import kinds
from plan_gate.access import readable
from plan_gate.change import Change, Changes
from plan_gate.plan import Plan
from plan_gate.settings import Settings
from policy_pack import objects
from policy_pack.rule import Resource


@dataclass(frozen=True)
class Object:
    """Object of the cloud.

    Attributes:
        name: type and identifying fields.
        cluster: identifier of its Kubernetes cluster; empty outside of one, and where the provider names none.
    """

    name: tuple[str, ...]
    cluster: str = ""

    def may_be(self, other: "Object") -> bool:
        """Return whether two objects of one name may be the same: clusters that nobody named may be equal."""
        return not (self.cluster and other.cluster) or self.cluster == other.cluster

    def __str__(self) -> str:
        return " ".join(filter(None, self.name))


@dataclass(frozen=True)
class Loss:
    """Object that is deleted under one URN and declared under another."""

    object: Object
    deleted: Change
    declared: Change


def losses(plan: Plan, changed: Changes, settings: Settings) -> Iterator[Loss]:
    """Yield the objects of a plan that a deletion takes from another resource, one for each deleted resource."""
    after = {change.urn: change.after for change in changed.all if change.goal}
    declared: defaultdict[tuple[str, ...], list[tuple[Object, Change]]] = defaultdict(list)
    for change in changed.all:
        if change.goal and not change.is_component:
            provider = after.get(change.goal.provider_urn, {})
            for item in _objects(change.type, after[change.urn], provider, settings):
                declared[item.name].append((item, change))
    for change in changed.all:
        old = change.old
        if change.goes and old and not change.is_component and not change.stays and _deletes(old, settings):
            gone = _objects(old.type, old.inputs, plan.state.provider_inputs(old), settings)
            pairs = (
                Loss(item, change, other)
                for item in gone
                for match, other in declared.get(item.name, ())
                if other is not change and item.may_be(match)
            )
            yield from itertools.islice(pairs, 1)


def _deletes(old: Old, settings: Settings) -> bool:
    """Return whether the object itself is deleted when its resource leaves the state."""
    # A patch gives back fields, and leaves the object.
    patch = old.type.startswith(objects.KUBERNETES) and old.type.endswith(objects.PATCH)
    if patch:
        return False
    known = settings.overwritten.get(old.type)
    return known is None or not known.deleted_if or old.inputs.get(known.deleted_if) is True


def _objects(kind: str, raw: dict[str, Any], provider: dict[str, Any], settings: Settings) -> Iterator[Object]:
    inputs = cast("dict[str, Any]", readable(raw))
    outer = cast("dict[str, Any]", readable(provider))
    if kind.startswith(objects.KUBERNETES):
        cluster = _text(outer.get("clusterIdentifier"))
        yield from (Object(name, cluster) for name in objects.in_cluster(kind, inputs, outer))
    elif kinds.is_grant(kind):
        yield from map(Object, objects.granted(Resource("", kind, "", inputs, provider=outer)))
    elif known := settings.overwritten.get(kind):
        fields = {"project": outer.get("project"), **inputs}
        parts = tuple(filter(None, (_text(fields.get(key)) for key in known.identity)))
        if len(parts) == len(known.identity):
            yield Object((kind, *parts))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""
