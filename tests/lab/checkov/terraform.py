"""Converts deployed resources of the gcp provider to a plan of Terraform, the format that checkov reads."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from engine.states import Resource
from engine.values import is_opaque
from lab import spelling
from lab.spelling import Values


def plan(resources: Iterable[Resource]) -> Values:
    """The plan that would create the resources of the gcp provider among these."""
    deployed = [resource for resource in resources if resource.type.startswith("gcp:")]
    addresses = {resource.urn: _address(resource) for resource in deployed}
    planned = [_planned(resource) for resource in deployed]
    changes = [{**each, "change": {"actions": ["create"], "before": None, "after": each["values"]}} for each in planned]
    return {
        "format_version": "1.2",
        "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": planned}},
        "resource_changes": changes,
        # References between resources: checks that span several resources follow them.
        "configuration": {"root_module": {"resources": [_references(each, addresses) for each in deployed]}},
    }


def _address(resource: Resource) -> str:
    return f"{spelling.type_of(resource.type)}.{_name(resource)}"


def _name(resource: Resource) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", resource.urn.rpartition("::")[2])


def _references(resource: Resource, addresses: Mapping[str, str]) -> Values:
    expressions: Values = {}
    for name, urns in resource.property_dependencies.items():
        used = [addresses[urn] for urn in urns or [] if urn in addresses]
        if used:
            expressions[spelling.snake(name)] = {
                "references": [text for address in used for text in (f"{address}.id", address)]
            }
    return {
        "address": _address(resource),
        "mode": "managed",
        "type": spelling.type_of(resource.type),
        "name": _name(resource),
        "expressions": expressions,
    }


def _planned(resource: Resource) -> Values:
    return {
        "address": _address(resource),
        "mode": "managed",
        "type": spelling.type_of(resource.type),
        "name": _name(resource),
        "values": _reviewable(spelling.block(resource.inputs)),
    }


def _reviewable(value: Any) -> Any:
    """The value without what nobody but the program may read."""
    if isinstance(value, dict):
        fields = cast("Values", value)
        return {key: _reviewable(inner) for key, inner in fields.items() if not is_opaque(inner)}
    if isinstance(value, list):
        return [_reviewable(inner) for inner in cast("list[Any]", value) if not is_opaque(inner)]
    return value
