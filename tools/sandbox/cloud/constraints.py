"""Constraints of organisation policies, as the decisions of other services read them."""

from typing import cast

from sandbox.cloud.store import Json, Store


def rules(store: Store, project: str, constraint: str) -> list[Json]:
    """Returns the rules of a constraint, such as "sql.restrictPublicIp", in a project; none without a policy."""
    stored = store.get(f"//orgpolicy.googleapis.com/projects/{project}/policies/{constraint}")
    spec = cast("Json", stored.body.get("spec") or {}) if stored else {}
    return cast("list[Json]", spec.get("rules") or [])


def is_enforced(store: Store, project: str, constraint: str) -> bool:
    """Returns whether a boolean constraint is enforced in a project."""
    return any(rule.get("enforce") is True for rule in rules(store, project, constraint))


def allowed_values(store: Store, project: str, constraint: str) -> list[str]:
    """Returns the values that a list constraint allows in a project; none where it does not list any."""
    listed = [cast("Json", rule.get("values") or {}) for rule in rules(store, project, constraint)]
    return [str(value) for values in listed for value in cast("list[str]", values.get("allowedValues") or [])]
