"""ACCESS.md: the permissions that this layer grants, in tables made from the code.

It describes the design and not a deployed project; `make access` evaluates a project.
"""

from collections.abc import Iterable, Mapping

from identity_layer import grants
from identity_layer.foundation import audit, deny_policy, organization_policies
from identity_layer.foundation.alerts import ALERTS
from identity_layer.foundation.custom_roles import ROLES
from identity_layer.foundation.foundation_settings import RETENTION_DAYS
from identity_layer.grants import RoleSet

_INTRODUCTION = """\
# Who may do what, by design

Made from the code by `make docs`; `make check` compares. Roles that begin with `roles/` are Google's, the others are
[below](#custom-roles).
"""
_ACCOUNTS = """\
On the project; administrators grant all but the last. `images-TEAM`, as which a team's builds push, holds nothing
there: the platform layer grants it the team's repository.
"""

_DENIED = """\
By the deny policy; the first row does not bind the break-glass group, the second not the administrators, and the last
binds identity-deploy and team-deploy alone.
"""
_AUDITED = f"""\
Reads and writes of data are logged for these services, and kept for {RETENTION_DAYS} days unless the environment sets
`identity:auditLog`:
"""


def text() -> str:
    """The whole document."""
    return "\n".join(
        [
            _INTRODUCTION,
            "## Capabilities of teams\n",
            _role_sets("capability", dict(grants.CAPABILITIES.items())),
            "## Accounts\n",
            _ACCOUNTS,
            _role_sets("account", {**grants.FOUNDATION, "apps-TEAM-preview, apps-TEAM-deploy": grants.APP_CI}),
            "## What an app may ask for\n",
            _role_sets("in its entry", {"databases": grants.DATABASE_CLIENT, **dict(grants.WORKLOAD_ACCESS.items())}),
            "## What identity-deploy and team-deploy may grant\n",
            _table(("account", "roles"), ((_code(who), _codes(roles)) for who, roles in grants.GRANTABLE.items())),
            "## What nobody may do\n",
            _DENIED,
            _table(("why", "permissions"), ((denial.why, _codes(denial.permissions)) for denial in _DENIALS)),
            "By organisation policies:\n",
            _table(("constraint", "why"), ((_code(name), why) for name, why in organization_policies.ENFORCED.items())),
            "## Audit\n",
            _AUDITED,
            _table(("service", "why"), ((_code(service), why) for service, why in audit.SERVICES.items())),
            "A person is told when:\n",
            _table(("what", "source"), ((alert.title, alert.source) for alert in ALERTS.values())),
            "## Custom roles\n",
            _table(
                ("role", "purpose", "permissions"),
                (
                    (_code(role), definition.purpose, _codes(definition.permissions))
                    for role, definition in sorted(ROLES.items())
                ),
            ),
        ]
    )


_DENIALS = (deny_policy.DESTRUCTION, deny_policy.DISABLING, deny_policy.KEYS, deny_policy.IMPERSONATION)


def _role_sets(heading: str, sets: Mapping[str, RoleSet]) -> str:
    rows = ((_code(name), role_set.why, _codes(role_set.roles)) for name, role_set in sets.items())
    return _table((heading, "why", "roles"), rows)


def _table(headings: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [headings, tuple("---" for _ in headings), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines) + "\n"


def _code(name: str) -> str:
    return f"`{name}`"


def _codes(names: Iterable[str]) -> str:
    return ", ".join(_code(name) for name in sorted(names))
