"""Converts deployed resources of the gcp provider to a plan of Terraform, the format that checkov reads.

Both providers share their implementation; they differ in spelling: Terraform writes snake_case, puts
every nested object into a list, and names a repeated one in the singular.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, cast

from engine.states import Resource
from engine.values import is_opaque

Values = dict[str, Any]

# Pulumi's module -> its name in Terraform's types, where the two differ.
_MODULES = {
    "artifactregistry": "artifact_registry",
    "binaryauthorization": "binary_authorization",
    "certificatemanager": "certificate_manager",
    "gkebackup": "gke_backup",
    "organizations": "organization",
    "orgpolicy": "org_policy",
    "projects": "project",
    "secretmanager": "secret_manager",
    "serviceaccount": "service_account",
    "servicenetworking": "service_networking",
}
_TYPES = {"gcp:serviceaccount/account:Account": "google_service_account"}
# Repeated blocks that Terraform names in the singular.
_SINGULARS = {
    "allows": "allow",
    "audit_log_configs": "audit_log_config",
    "denies": "deny",
    "lifecycle_rules": "lifecycle_rule",
    "maintenance_exclusions": "maintenance_exclusion",
    "secondary_ip_ranges": "secondary_ip_range",
    "subnetworks": "subnetwork",
}
# Maps with free keys, which are no blocks.
_MAPS = frozenset({"attribute_mapping", "labels", "metadata", "resource_labels", "user_labels"})


def type_of(token: str) -> str:
    """Terraform's name for a type of the gcp provider, such as google_sql_database_instance."""
    _, path, name = token.split(":")
    module = path.partition("/")[0]
    return _TYPES.get(token) or f"google_{_MODULES.get(module, module)}_{snake(name)}"


def snake(name: str) -> str:
    """`databaseFlags` as `database_flags`, `IAMMember` as `iam_member`."""
    apart = re.sub(r"([A-Z]+)([A-Z][a-z])", r"\1_\2", name)
    return re.sub(r"([a-z0-9])([A-Z])", r"\1_\2", apart).lower()


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
    return f"{type_of(resource.type)}.{_name(resource)}"


def _name(resource: Resource) -> str:
    return re.sub(r"[^A-Za-z0-9_-]", "-", resource.urn.rpartition("::")[2])


def _references(resource: Resource, addresses: Mapping[str, str]) -> Values:
    expressions: Values = {}
    for name, urns in resource.property_dependencies.items():
        used = [addresses[urn] for urn in urns or [] if urn in addresses]
        if used:
            expressions[snake(name)] = {"references": [text for address in used for text in (f"{address}.id", address)]}
    return {
        "address": _address(resource),
        "mode": "managed",
        "type": type_of(resource.type),
        "name": _name(resource),
        "expressions": expressions,
    }


def _planned(resource: Resource) -> Values:
    return {
        "address": _address(resource),
        "mode": "managed",
        "type": type_of(resource.type),
        "name": _name(resource),
        "values": _block(resource.inputs),
    }


def _block(inputs: Mapping[str, Any]) -> Values:
    block: Values = {}
    for name, value in inputs.items():
        # The engine's own notes, and what nobody but the program may read.
        if name.startswith("__") or is_opaque(value):
            continue
        key = snake(name)
        block[_SINGULARS.get(key, key)] = value if key in _MAPS else _value(value)
    return block


def _value(value: Any) -> Any:
    if isinstance(value, dict):
        return [_block(cast("Values", value))]
    if isinstance(value, list):
        return [_block(cast("Values", each)) if isinstance(each, dict) else each for each in cast("list[Any]", value)]
    return value
