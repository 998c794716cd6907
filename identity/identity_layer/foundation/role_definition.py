"""Definition of a custom role: a title, a reason and every permission in it, one by one; no wildcard.

The roles themselves are in identity_roles.py and platform_roles.py.
"""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class RoleDefinition:
    """A custom role.

    Attributes:
        title: its name for people.
        purpose: its holder, and why no predefined role serves.
        permissions: every permission in it.
    """

    title: str
    purpose: str
    permissions: frozenset[str]


def verbs(resource: str, names: str) -> set[str]:
    """The permissions of a resource ("iam.roles") for these verbs ("get list")."""
    return {f"{resource}.{verb}" for verb in names.split()}


def for_kinds(service: str, kinds: Iterable[str], names: str) -> set[str]:
    """The permissions of several kinds of a service for the same verbs."""
    return {permission for kind in kinds for permission in verbs(f"{service}.{kind}", names)}
