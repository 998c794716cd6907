"""Rules on who may do what: no basic roles, no long-lived keys."""

import json
import re
from collections.abc import Iterator
from typing import Any, cast

from policy_pack.rule import Resource, Rule
from policy_pack.values import UNKNOWN, items

# The last three are the successors that Google gives the first three.
BASIC_ROLES = frozenset({"roles/owner", "roles/editor", "roles/viewer", "roles/admin", "roles/writer", "roles/reader"})
_GRANT = re.compile(r"gcp:.*iam(member|binding|policy)", re.IGNORECASE)
_KEYS = {
    "gcp:serviceaccount/key:key": "A service account key never expires by itself and works from "
    "anywhere, for whoever holds it.",
    "gcp:storage/hmackey:hmackey": "An HMAC key is a password to storage that never expires by itself.",
}
_FIX = "Grant a predefined or custom role with the permissions that are needed."


def _no_basic_roles(resource: Resource) -> Iterator[str]:
    if not _GRANT.fullmatch(resource.type):
        return
    for role in _roles(resource.inputs):
        if role is UNKNOWN:
            yield f"its role is not known before the update, so nobody can review the grant. {_FIX} Write its name out."
        elif role in BASIC_ROLES:
            yield f"grants the basic role {role}, thousands of permissions over every service of the resource. {_FIX}"


def _roles(inputs: dict[str, Any]) -> list[Any]:
    if "policyData" not in inputs:
        return [inputs.get("role")]
    if inputs["policyData"] is UNKNOWN:
        return [UNKNOWN]
    policy = cast("dict[str, Any]", json.loads(inputs["policyData"]))
    return [binding["role"] for binding in items(policy.get("bindings"))]


def _no_keys(resource: Resource) -> Iterator[str]:
    risk = _KEYS.get(resource.type.lower())
    if risk:
        yield f"{risk} Remove it: let CI impersonate the account, and give workloads GKE Workload Identity."


NO_BASIC_ROLES = Rule(
    "iam-no-basic-roles",
    "No grant of a basic role (owner, editor, viewer): each reaches nearly every service at once.",
    _no_basic_roles,
)
NO_KEYS = Rule(
    "iam-no-service-account-keys", "No service account key: identities here are obtained, never stored.", _no_keys
)
