"""ACCESS.md: who may do what inside the cluster, in a table made from the Roles.

Permissions that IAM adds for CI and for readers are the identity layer's.
"""

from collections.abc import Iterable

from platform_layer.cluster import cluster_readers
from platform_layer.gateway import gateway, route_names
from platform_layer.namespaces import team_roles
from platform_layer.namespaces.rbac import READ, Rule

APP, ACCOUNT = "<app>", "<account>"

_INTRODUCTION = """\
# Who may do what in the cluster

Made from the Roles themselves by `make docs`; `make check` compares, and a test asks the API server. An empty cell is
a refusal. Nobody has secrets, `exec`, `port-forward`, tokens of accounts, or a wildcard; nobody but the platform's own
CI writes Roles, quotas, namespaces, or the policies that close a namespace: `namespaces-deploy`, and `platform-deploy`
for the Gateway's.

- **developer**: the team's group and its `apps-<team>-deploy`, in the namespaces of its own apps.
- **viewer**: `apps-<team>-preview`, there as well.
- **platform-reader**, **security-reader**: teams with that capability, in the whole cluster; `platform-preview` is the
  former.
- **gateway-operator**: `platform-deploy`, in the Gateway's namespace, where the stack has one.
- **prodfirst-route-names**: `platform-deploy`, for the admission policy on the names of routes, where there is one.

*read* is get, list and watch. A name in parentheses is the only object that it holds for: `<app>` is the app's network
policy, `<account>` its Kubernetes service account. To create such an object is to apply it server-side, as Pulumi does.
"""


def _roles() -> dict[str, tuple[Rule, ...]]:
    return {
        "developer": team_roles.developer(APP, ACCOUNT),
        "viewer": team_roles.viewer(),
        **cluster_readers.RULES,
        "gateway-operator": gateway.OPERATOR,
        route_names.NAME: route_names.OPERATOR,
    }


def _cell(rules: Iterable[Rule], group: str, kind: str) -> str:
    parts: list[str] = []
    for rule in rules:
        if rule.group == group and kind in rule.resources:
            is_reader = set(READ) <= set(rule.verbs)
            words = (["read"] if is_reader else []) + [v for v in rule.verbs if not (is_reader and v in READ)]
            only = f" (`{', '.join(rule.names)}`)" if rule.names else ""
            parts.append(", ".join(words) + only)
    return "; ".join(parts)


def text() -> str:
    """The document as Markdown."""
    roles = _roles()
    kinds = sorted({(rule.group, kind) for rules in roles.values() for rule in rules for kind in rule.resources})
    lines = [_INTRODUCTION, f"| kind | {' | '.join(roles)} |", f"|{'---|' * (len(roles) + 1)}"]
    for group, kind in kinds:
        shown = f"`{kind}.{group}`" if group else f"`{kind}`"
        lines.append(f"| {shown} | {' | '.join(_cell(rules, group, kind) for rules in roles.values())} |")
    verbs = ", ".join(team_roles.volumes()[0].verbs)
    note = (
        f"Where an app's quota has room for volumes, a developer also has {verbs} on "
        "`persistentvolumeclaims`, and no\ndelete: what is on a volume is data."
    )
    return "\n".join([*lines, "", note, ""])
