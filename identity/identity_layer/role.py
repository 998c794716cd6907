"""A role that is granted: its name in a policy, and the resources that must exist before."""

from dataclasses import dataclass

import pulumi


@dataclass(frozen=True)
class Role:
    """A role to be granted.

    Attributes:
        name: as in a policy: "roles/…" or "projects/…/roles/…".
        after: resources that must exist before a grant of it.
    """

    name: str
    after: tuple[pulumi.Resource, ...] = ()


def named(project: str, name: str, *after: pulumi.Resource) -> Role:
    """The role of a name as in grants.py: a custom role of the project, or a predefined one ("roles/…")."""
    return Role(name) if name.startswith("roles/") else Role(f"projects/{project}/roles/{name}", after)
