"""Logins of databases as grants: a user of an instance, and the roles that it gets in its databases.

IAM decides who may connect (cloudsql.instances.login), the login decides as whom, so without one nobody gets in. Its
roles are PostgreSQL's, and have no permissions of IAM. What is granted in SQL later is in no state, and not known here.
https://cloud.google.com/sql/docs/postgres/add-manage-iam-users
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from engine.inputs import UNKNOWN, is_open, items
from iam import kinds

TYPE: Final = "gcp:sql/user:User"
LOGIN: Final = "database login"
# Words for an instance whose name only the update knows: a list of instances by name does not fit it.
UNKNOWN_INSTANCE: Final = "instance (known in the update)"
_INSTANCE = "gcp:sql/databaseInstance:DatabaseInstance"
_KINDS: Mapping[str, str] = {
    "CLOUD_IAM_GROUP": "group",
    "CLOUD_IAM_SERVICE_ACCOUNT": "serviceAccount",
    "CLOUD_IAM_USER": "user",
}
# Cloud SQL leaves it out of an account's login.
_SUFFIX = ".gserviceaccount.com"


def is_role(role: str) -> bool:
    """Return whether a role is one of databases."""
    return role.startswith("database ")


def is_by_iam(inputs: Mapping[str, Any]) -> bool:
    """Return whether a login has no password of its own: IAM says who it is."""
    kind = inputs.get("type")
    return isinstance(kind, str) and kind in _KINDS


def member(inputs: Mapping[str, Any]) -> Any:
    """Return who logs in, as policies name it; a login with a password is `database-user:NAME`."""
    name, kind = inputs.get("name"), inputs.get("type")
    if not isinstance(name, str) or not is_open(kind):
        return name if not is_open(name) else UNKNOWN
    if kind == "CLOUD_IAM_SERVICE_ACCOUNT" and not name.endswith(_SUFFIX):
        name += _SUFFIX
    return f"{_KINDS.get(str(kind), 'database-user')}:{name}"


def roles(inputs: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the roles of a login: to log in, and each database role."""
    yield LOGIN
    for role in items(inputs.get("databaseRoles")):
        yield f"database {role}" if isinstance(role, str) else UNKNOWN


def instance(inputs: Mapping[str, Any], project: str) -> str:
    """Return the full name of a login's instance; empty where it is not known."""
    name = inputs.get("instance")
    return kinds.declared(_INSTANCE, {"name": name}, project) if isinstance(name, str) else ""
