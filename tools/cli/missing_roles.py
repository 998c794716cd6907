"""Custom roles that policies name and the cloud does not have: deleted out of band, they grant nothing.

A refresh cannot name such a role where it is one that the refresh itself needs: it ends at the first refused call.
"""

from collections.abc import Iterable

from cli.access_source import AccessSource, Json

_CUSTOM = ("projects/", "organizations/")


def missing_roles(source: AccessSource, policies: Iterable[Json]) -> list[str]:
    """Custom roles in the bindings of policies that are deleted, or that nobody could read, by name."""
    named = {
        str(binding["role"])
        for policy in policies
        for binding in policy["policy"].get("bindings", [])
        if str(binding["role"]).startswith(_CUSTOM)
    }
    return [name for name in sorted(named) if (role := source.role(name)) is None or role.get("deleted")]
