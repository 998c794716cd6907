"""A role that is granted: its name in a policy, and the resources that must exist before."""

from collections.abc import Iterable
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


def all_named(project: str, names: Iterable[str]) -> list[Role]:
    """The roles of these names as in grants.py, in a stable order."""
    return [named(project, name) for name in sorted(names)]
