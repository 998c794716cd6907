"""Decision who logs in to an instance: IAM first, then the instance's users.

A user of the instance logs in as itself. A member of a group that is a user logs in as itself too, with the rights of
the group; the group itself never does. Nobody logs in by a password.
https://cloud.google.com/sql/docs/postgres/iam-logins
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, cast

from sandbox.cloud import names
from sandbox.cloud.errors import ApiError
from sandbox.cloud.iam import Caller
from sandbox.cloud.references import value_at
from sandbox.cloud.store import Json, StoredResource
from sandbox.sql import catalog, history
from sandbox.sql.catalog import GROUP, User
from sandbox.sql.server import Server

if TYPE_CHECKING:
    from sandbox.cloud.api import Cloud

PERMISSION = "cloudsql.instances.login"
_SUFFIX = ".gserviceaccount.com"
_KINDS = {"user": "CLOUD_IAM_USER", "serviceAccount": "CLOUD_IAM_SERVICE_ACCOUNT"}
_MEMBERS = {"user": "CLOUD_IAM_GROUP_USER", "serviceAccount": "CLOUD_IAM_GROUP_SERVICE_ACCOUNT"}


def decide(cloud: "Cloud", instance: StoredResource, caller: Caller) -> User:
    """Decide as whom a caller logs in.

    Args:
        cloud: the cloud that has the instance.
        instance: the instance.
        caller: the principal of the access token.

    Raises:
        ApiError: PERMISSION_DENIED when IAM does not permit the login, or the caller is no user of the instance.
    """
    cloud.iam.require(caller.member, PERMISSION, instance.name)
    kind, _, email = caller.member.partition(":")
    name = email.removesuffix(_SUFFIX)
    declared = {(user["name"], user.get("type")): user for user in _users(cloud, instance)}
    if (name, _KINDS.get(kind)) in declared:
        return User(name, _KINDS[kind])
    within = cloud.store.groups_of(caller.member)
    groups = sorted(str(user) for user, type_ in declared if type_ == GROUP and f"group:{user}" in within)
    if not groups or kind not in _MEMBERS:
        raise ApiError(
            "PERMISSION_DENIED",
            f"Cloud SQL IAM authentication failed: {caller.email} is no user of the instance"
            f" '{names.split(instance.name)[1].rpartition('/')[2]}', and in no group that is one.",
            "notAuthorized",
        )
    return User(name, _MEMBERS[kind], tuple(groups))


def started(cloud: "Cloud", instance: StoredResource) -> Server:
    """Start the server of an instance, with its databases and users as they are declared now."""
    server = recovered(cloud, instance.name)
    server.ensure(flags(instance.body))
    databases = [child.body["name"] for child in cloud.store.find("sql.databases", f"{instance.name}/databases/")]
    catalog.settle(server, databases, [user(declared["name"], declared) for declared in _users(cloud, instance)])
    return server


def user(name: str, declared: Json) -> User:
    """Return a user of an instance as it is declared over the API."""
    return User(name, declared.get("type", "BUILT_IN"), tuple(declared.get("databaseRoles", ())))


def enter(cloud: "Cloud", instance: StoredResource, user: User) -> Server:
    """Start the server of an instance for a user that was admitted."""
    server = started(cloud, instance)
    if user.kind in _MEMBERS.values():
        catalog.admit(server, user)
    return server


def recovered(cloud: "Cloud", instance: str) -> Server:
    """Return the server of an instance (a full name) that exists, with the data that its record says it has."""
    server = of(cloud, instance)
    history.recover(server, deletions(cloud, instance))
    return server


def deletions(cloud: "Cloud", instance: str) -> set[str]:
    """Return the times at which instances of a name (full) were deleted whose data are retained."""
    return {stored.name.rpartition("/")[2] for stored in cloud.store.find("sql.deleted", f"{instance}/deleted/")}


def of(cloud: "Cloud", instance: str) -> Server:
    """Return the server of an instance (a full name), which may not run."""
    _, project, _, name = names.split(instance)[1].split("/")
    return Server(cloud.directory, f"{project}.{name}")


def flags(body: Json) -> dict[str, str]:
    """Return the database flags in the body of an instance."""
    declared = cast("list[Json]", value_at(body, "settings.databaseFlags") or [])
    return {str(flag.get("name")): str(flag.get("value", "")) for flag in declared}


def _users(cloud: "Cloud", instance: StoredResource) -> Iterator[Json]:
    for stored in cloud.store.find("sql.users", f"{instance.name}/users/"):
        yield {**stored.body, "name": names.split(stored.name)[1].rpartition("/")[2]}
