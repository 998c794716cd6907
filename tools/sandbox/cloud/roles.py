"""Predefined roles, as far as the simulation knows their permissions.

`predefined_roles.json` holds the roles that the layers grant or might grant. Of each role it has the permissions in the
simulation's vocabulary: permissions that a simulated method requires, and GKE's `container.*`. A role outside the table
is refused by name, never taken as empty. `update_roles.py` writes the table.
"""

import json
from functools import cache
from pathlib import Path

from sandbox.cloud.errors import ApiError

TABLE = Path(__file__).with_name("predefined_roles.json")


@cache
def predefined() -> dict[str, frozenset[str]]:
    """Returns the permissions by role name (`roles/…`)."""
    return {role: frozenset(permissions) for role, permissions in json.loads(TABLE.read_text()).items()}


def permissions_of(role: str) -> frozenset[str]:
    """Returns the known permissions of a predefined role.

    Raises:
        ApiError: INVALID_ARGUMENT when the table has no such role; Google answers the same for a role that does not
        exist.
    """
    try:
        return predefined()[role]
    except KeyError:
        message = f"Role {role} is not supported for this resource (the simulation's table is {TABLE.name})."
        raise ApiError("INVALID_ARGUMENT", message, "badRequest") from None
