"""Terraform's spelling of resources of the gcp provider: the names of types and fields, and nested blocks.

Both providers share their implementation; they differ in spelling: Terraform writes snake_case, puts every nested
object into a list, and names a repeated one in the singular.
"""

import re
from collections.abc import Mapping
from typing import Any, cast

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


def block(inputs: Mapping[str, Any]) -> Values:
    """The fields of a resource or of a nested block; encrypted values stay as the engine has them."""
    fields: Values = {}
    for name, value in inputs.items():
        # The engine's own notes.
        if name.startswith("__"):
            continue
        key = snake(name)
        fields[_SINGULARS.get(key, key)] = value if key in _MAPS else _value(value)
    return fields


def _value(value: Any) -> Any:
    if is_opaque(value):
        return value
    if isinstance(value, dict):
        return [block(cast("Values", value))]
    return [_item(each) for each in cast("list[Any]", value)] if isinstance(value, list) else value


def _item(value: Any) -> Any:
    """An element of a list, which is a block without a list around it."""
    if is_opaque(value) or not isinstance(value, dict):
        return value
    return block(cast("Values", value))
