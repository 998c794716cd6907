"""Cloud SQL Admin: instances, databases and users."""

from typing import Any, cast

from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.resources import Call, Collection, new_etag, now, stable_number
from sandbox.cloud.services import agents, compute, kms, orgpolicy
from sandbox.cloud.store import Json, Stored

_NAME_RESERVED_FOR = 7 * 24 * 3600.0  # seconds; https://cloud.google.com/sql/docs/postgres/delete-instance


class Instances(Collection):
    """https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances."""

    service = "sqladmin.googleapis.com"
    kind = "sql.instances"
    path = "projects/{project}/instances/{instance}"
    permission = "cloudsql.instances"
    create = "insert"
    reserved_for = _NAME_RESERVED_FOR
    also = kms.USE
    immutable = frozenset({"name", "region", "diskEncryptionConfiguration"})

    def check(self, call: Call, body: Json) -> None:
        """The key is usable, a public address not forbidden, and a private one has a network that is connected."""
        key = _object(body, "diskEncryptionConfiguration").get("kmsKeyName")
        kms.require_usable(call, key, agents.email(call, self.service))
        public = _object(body, "settings", "ipConfiguration").get("ipv4Enabled")
        if public and orgpolicy.enforced(call, "sql.restrictPublicIp"):
            raise orgpolicy.violated("sql.restrictPublicIp", call.parameters["project"])
        network = _object(body, "settings", "ipConfiguration").get("privateNetwork")
        if network is None:
            return
        name = compute.require_network(call, str(network), "compute.networks.get").rpartition("/")[2]
        connections = f"//servicenetworking.googleapis.com/projects/{call.parameters['project']}/networks/{name}/"
        if not call.cloud.store.find("servicenetworking.services.connections", connections):
            raise invalid(
                f"Invalid request: Failed to create subnetwork. The network '{name}' has no private connection to"
                " 'servicenetworking.googleapis.com'. Create one, then retry."
            )

    def generate(self, call: Call) -> Json:
        """Connection name, addresses, and the account that Google runs the instance as."""
        project, instance = call.parameters["project"], call.parameters["instance"]
        addresses: list[Json] = []
        configuration = _object(call.body, "settings", "ipConfiguration")
        if configuration.get("privateNetwork"):
            addresses.append({"type": "PRIVATE", "ipAddress": f"10.200.{int(stable_number(instance, 6)) % 254}.3"})
        if configuration.get("ipv4Enabled"):
            addresses.append({"type": "PRIMARY", "ipAddress": f"203.0.113.{int(stable_number(instance, 6)) % 254}"})
        return {
            "connectionName": f"{project}:{call.body['region']}:{instance}",
            "selfLink": f"https://sqladmin.googleapis.com/sql/v1beta4/{call.name}",
            "state": "RUNNABLE",
            "createTime": now(),
            "etag": new_etag(),
            "ipAddresses": addresses,
            "serviceAccountEmailAddress": f"p{stable_number(project, 12)}-{stable_number(instance, 6)}"
            "@gcp-sa-cloud-sql.iam.gserviceaccount.com",
            "settings": {"settingsVersion": "1"},
        }

    def regenerate(self, call: Call, stored: Stored) -> Json:
        """A new etag and the next settings version."""
        del call
        version = int(stored.generated["settings"]["settingsVersion"]) + 1
        return {**stored.generated, "etag": new_etag(), "settings": {"settingsVersion": str(version)}}

    def before_delete(self, call: Call, stored: Stored) -> None:
        """The API's own deletion protection, whoever asks."""
        if _object(stored.declared, "settings").get("deletionProtectionEnabled"):
            message = "The instance is protected. Please disable the deletion protection and try again."
            raise ApiError("FAILED_PRECONDITION", message, "instanceDeletionProtected")
        for kind in (Databases.kind, Users.kind):
            for child in call.cloud.store.find(kind, stored.name + "/"):
                call.cloud.store.remove(child.name)


class _InstanceChild(Collection):
    """What lives in an instance; its permissions are asked on the instance, as Cloud SQL does."""

    service = "sqladmin.googleapis.com"
    create = "insert"
    update = "update"

    def check(self, call: Call, body: Json) -> None:
        """The instance must exist."""
        del body
        instance = f"projects/{call.parameters['project']}/instances/{call.parameters['instance']}"
        if call.cloud.store.get(self.full(instance)) is None:
            raise not_found(instance)


class Databases(_InstanceChild):
    """https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/databases."""

    kind = "sql.databases"
    path = "projects/{project}/instances/{instance}/databases/{database}"
    permission = "cloudsql.databases"

    def generate(self, call: Call) -> Json:
        """Defaults of PostgreSQL and the self link."""
        return {
            "charset": "UTF8",
            "collation": "en_US.UTF8",
            "selfLink": f"https://sqladmin.googleapis.com/sql/v1beta4/{call.name}",
            "etag": new_etag(),
        }


class Users(_InstanceChild):
    """https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/users."""

    kind = "sql.users"
    path = "projects/{project}/instances/{instance}/users/{user}"
    permission = "cloudsql.users"

    def check(self, call: Call, body: Json) -> None:
        """A login by IAM has no password, and PostgreSQL names it without the domain of service accounts."""
        super().check(call, body)
        kind = str(body.get("type", "BUILT_IN"))
        if kind.startswith("CLOUD_IAM") and body.get("password"):
            raise invalid("Invalid request: an IAM user cannot have a password.")
        if kind == "CLOUD_IAM_SERVICE_ACCOUNT" and call.parameters["user"].endswith(".gserviceaccount.com"):
            raise invalid(
                "Invalid request: Database username for Cloud IAM service account should be created without"
                " '.gserviceaccount.com' suffix."
            )


def _object(body: Json, *path: str) -> Json:
    """The object at a path of a body; {} where there is none."""
    value: Any = body
    for step in path:
        value = cast("Json", value).get(step) or {}
    return cast("Json", value)
