"""Cloud SQL Admin: instances, databases and users."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

from sandbox.cloud.errors import ApiError, invalid, not_found
from sandbox.cloud.references import value_at
from sandbox.cloud.resources import Call, Collection, Method, new_etag, now, stable_number
from sandbox.cloud.services import agents, compute, kms, orgpolicy, sqlmachines, sqlrecovery
from sandbox.cloud.store import Json, StoredResource
from sandbox.sql import catalog, execute, flags, history, login, transfer
from sandbox.sql.programs import PostgresError
from sandbox.sql.server import Server

_LONGEST_LOGIN = 63  # https://www.postgresql.org/docs/current/sql-syntax-lexical.html#SQL-SYNTAX-IDENTIFIERS
_NAME_RESERVED_FOR = 7 * 24 * 3600.0  # seconds; https://cloud.google.com/sql/docs/postgres/delete-instance

# What Cloud SQL answers for settings that nobody gave: defaults of
# https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances#Settings.
_SETTINGS: Json = {
    "activationPolicy": "ALWAYS",
    "availabilityType": "ZONAL",
    "pricingPlan": "PER_USE",
    "storageAutoResize": True,
}


class Instances(Collection):
    """https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/instances."""

    service = "sqladmin.googleapis.com"
    kind = "sql.instances"
    path = "projects/{project}/instances/{instance}"
    permission = "cloudsql.instances"
    create = "insert"
    update = "update"
    reserved_for = _NAME_RESERVED_FOR
    options = frozenset({"rootPassword"})
    also = kms.USE
    immutable = frozenset({"name", "region", "diskEncryptionConfiguration"})

    def methods(self) -> list[Method]:
        """Returns the standard methods, of which `update` replaces the settings, and what Cloud SQL adds."""
        patch = Method(f"{self.kind}.patch", self, (f"{self.permission}.update",), self.on_patch)
        clone = Method(f"{self.kind}.clone", self, (f"{self.permission}.clone",), self.on_clone)
        exporting, importing = (f"{self.permission}.export",), (f"{self.permission}.import",)
        export = Method(f"{self.kind}.export", self, exporting, self.on_export, afterwards=self.export)
        import_ = Method(f"{self.kind}.import", self, importing, self.on_import, afterwards=self.import_)
        restore = Method(f"{self.kind}.restoreBackup", self, (f"{self.permission}.restoreBackup",), self.on_restore)
        executing = (f"{self.permission}.executeSql",)
        execute = Method(f"{self.kind}.executeSql", self, executing, self.on_execute, afterwards=self.execute)
        check = f"{self.permission}.preCheckMajorVersionUpgrade"
        checked = Method(f"{self.kind}.preCheckMajorVersionUpgrade", self, (check,), self.on_pre_check)
        return [*super().methods(), patch, clone, restore, execute, checked, export, import_]

    def on_export(self, call: Call) -> Json:
        """Checks that the instance's own account may write the file, besides that the caller may export."""
        transfer.check_export(call.cloud, self.stored(call), call.body)
        return {}

    def export(self, call: Call) -> Json:
        """Writes rows to a bucket; other calls go on meanwhile."""
        return transfer.export(call.cloud, self.stored(call), call.body)

    def on_import(self, call: Call) -> Json:
        """Checks that the instance's own account may read the file, besides that the caller may import."""
        transfer.check_import(call.cloud, self.stored(call), call.body)
        return {}

    def import_(self, call: Call) -> Json:
        """Executes a file of SQL from a bucket, or loads a CSV file into a table; other calls go on meanwhile."""
        return transfer.import_(call.cloud, self.stored(call), call.body)

    def on_pre_check(self, call: Call) -> Json:
        """Checks that the instance may be upgraded to a version; its content, which Google checks, is not simulated."""
        stored = self.stored(call)
        target = value_at(call.body, "preCheckMajorVersionUpgradeContext.targetDatabaseVersion")
        upgraded = {**stored.body, "databaseVersion": target}
        sqlmachines.require_offered(upgraded, f"{call.parameters['project']}:{call.parameters['instance']}")
        _require_upgrade(stored, upgraded)
        return stored.body

    def on_execute(self, call: Call) -> Json:
        """Checks that the instance and IAM let the caller send SQL over the API; off by default on Google Cloud."""
        execute.check(call.cloud, self.stored(call), call.caller, call.body)
        return {}

    def execute(self, call: Call) -> Json:
        """Executes SQL in the instance's PostgreSQL; other calls go on meanwhile."""
        try:
            return execute.execute(call.cloud, self.stored(call), call.caller, call.body)
        except PostgresError as error:
            raise ApiError("INTERNAL", str(error), "internalError") from error

    def on_clone(self, call: Call) -> Json:
        """Creates an instance with the settings, databases and users of another, now or at a point in time.

        The maintenance settings are not copied: https://cloud.google.com/sql/docs/postgres/clone-instance.
        """
        context: Json = call.body["cloneContext"]
        source = sqlrecovery.source(call, self.full(call.name), context)
        name = f"projects/{call.parameters['project']}/instances/{context['destinationInstanceName']}"
        settings = {**source.declared["settings"]}
        for own in ("maintenanceWindow", "denyMaintenancePeriods"):
            settings.pop(own, None)
        body = {**source.declared, "name": context["destinationInstanceName"], "settings": settings}
        created = self.on_create(replace(call, name=name, parameters=self.parameters(name), body=body))
        _create_children(call, name, source.children)
        deleted = str(context.get("sourceInstanceDeletionTime") or "")
        old, new = login.recovered(call.cloud, self.full(call.name)), login.of(call.cloud, self.full(name))
        try:
            history.clone(old, deleted, new, source.moment)
        except PostgresError as error:
            raise ApiError("INTERNAL", str(error), "internalError") from error
        return created

    def on_restore(self, call: Call) -> Json:
        """Puts the databases, users and data of a backup in the place of an instance's own; its settings stay.

        https://cloud.google.com/sql/docs/postgres/backup-recovery/restoring.
        """
        stored = self.stored(call)
        origin, source = sqlrecovery.backup(call, call.body.get("restoreBackupContext") or {})
        for kind in (Databases.kind, Users.kind):
            for child in call.cloud.store.find(kind, stored.name + "/"):
                name = child.name.rpartition("/")[2]
                if (kind, name) not in source.children:
                    call.cloud.store.remove(child.name)
                    sqlrecovery.note(call, stored.name, kind, name, None)
        _create_children(call, call.name, source.children)
        try:
            old, new = (login.recovered(call.cloud, name) for name in (origin, stored.name))
            history.restore(old, new, source.moment)
        except PostgresError as error:
            raise ApiError("INTERNAL", str(error), "internalError") from error
        return stored.body

    def on_create(self, call: Call) -> Json:
        """Creates an instance with an account of its own, as which it reads and writes buckets."""
        created = super().on_create(call)
        full = self.full(call.name)
        history.forget(login.of(call.cloud, full), login.deletions(call.cloud, full))
        agents.make(call, created["serviceAccountEmailAddress"])
        return created

    def on_update(self, call: Call) -> Json:
        """Changes an instance; 412 when the settings in the body are of another version than the present ones."""
        settings: Json = call.body.get("settings") or {}
        version = settings.get("settingsVersion")
        if version and version != self.stored(call).generated["settings"]["settingsVersion"]:
            message = "Precondition check failed: the settings were changed in the meantime."
            raise ApiError("FAILED_PRECONDITION", message, "staleData", code=412)
        if version:
            own = {field: value for field, value in settings.items() if field != "settingsVersion"}
            call = replace(call, body={**call.body, "settings": own})
        return super().on_update(call)

    def on_patch(self, call: Call) -> Json:
        """Lays the body over the instance; null removes a field."""
        before = self.stored(call).declared
        merged = {field: _patched(before.get(field), value) for field, value in call.body.items()}
        return self.on_update(replace(call, body=merged))

    def check(self, call: Call, body: Json) -> None:
        """Checks that the machine exists, the key usable, a public address permitted, a private network connected."""
        sqlmachines.require_offered(body, f"{call.parameters['project']}:{call.parameters['instance']}")
        if str(body.get("databaseVersion")).startswith("POSTGRES"):
            flags.require_accepted(login.flags(body))
        key = _object(body, "diskEncryptionConfiguration").get("kmsKeyName")
        kms.require_usable(call, key, agents.email(call, self.service))
        existing = call.cloud.store.get(self.full(call.name))
        # The constraint acts on no instance that has its address already.
        becomes_public = _is_public(body) and not (existing and _is_public(existing.declared))
        if becomes_public and orgpolicy.enforced(call, "sql.restrictPublicIp"):
            raise orgpolicy.violated("sql.restrictPublicIp", call.parameters["project"])
        network = _private_network(body)
        _require_upgrade(existing, body)
        if network is None or (existing and network == _private_network(existing.declared)):
            return
        name = compute.require_network(call, str(network), "compute.networks.get").rpartition("/")[2]
        connections = f"//servicenetworking.googleapis.com/projects/{call.parameters['project']}/networks/{name}/"
        if not call.cloud.store.find("servicenetworking.services.connections", connections):
            raise invalid(
                f"Invalid request: Failed to create subnetwork. The network '{name}' has no private connection to"
                " 'servicenetworking.googleapis.com'. Create one, then retry."
            )

    def generate(self, call: Call) -> Json:
        """Returns connection name, addresses, and the instance's service account."""
        project, instance = call.parameters["project"], call.parameters["instance"]
        return {
            "connectionName": f"{project}:{call.body['region']}:{instance}",
            "selfLink": f"https://sqladmin.googleapis.com/sql/v1beta4/{call.name}",
            "state": "RUNNABLE",
            "createTime": now(),
            "etag": new_etag(),
            "ipAddresses": _addresses(instance, call.body),
            "serviceAccountEmailAddress": f"p{stable_number(project, 12)}-{stable_number(instance, 6)}"
            "@gcp-sa-cloud-sql.iam.gserviceaccount.com",
            "settings": {**_SETTINGS, "settingsVersion": "1"},
        }

    def regenerate(self, call: Call, stored: StoredResource) -> Json:
        """Returns a new etag, the next settings version, and the addresses that the settings require now."""
        version = int(stored.generated["settings"]["settingsVersion"]) + 1
        return {
            **stored.generated,
            "etag": new_etag(),
            "settings": {**_SETTINGS, "settingsVersion": str(version)},
            "ipAddresses": _addresses(call.parameters["instance"], {**stored.declared, **call.body}),
        }

    def before_delete(self, call: Call, stored: StoredResource) -> None:
        """Refuses to delete an instance under the API's own deletion protection, whoever calls."""
        if _object(stored.declared, "settings").get("deletionProtectionEnabled"):
            message = "The instance is protected. Please disable the deletion protection and try again."
            raise ApiError("FAILED_PRECONDITION", message, "instanceDeletionProtected")
        server = login.recovered(call.cloud, stored.name)
        if retained := sqlrecovery.keep(call, stored):
            history.keep(server, retained)
        server.discard()
        for kind in (Databases.kind, Users.kind):
            for child in call.cloud.store.find(kind, stored.name + "/"):
                call.cloud.store.remove(child.name)


def _create_children(call: Call, instance: str, children: Mapping[tuple[str, str], Json]) -> None:
    """Creates the databases and users that an instance lacks."""
    for (kind, child), declared in children.items():
        collection = call.cloud.collection(kind)
        full = f"{instance}/{kind.removeprefix('sql.')}/{child}"
        if call.cloud.store.get(collection.full(full)) is None:
            body = {**declared, "instance": instance.rpartition("/")[2]}
            collection.on_create(replace(call, name=full, parameters=collection.parameters(full), body=body))


def _require_upgrade(existing: StoredResource | None, body: Json) -> None:
    """Refuses to lower a major version: https://cloud.google.com/sql/docs/postgres/upgrade-major-db-version."""
    before, after = existing.declared.get("databaseVersion") if existing else None, body.get("databaseVersion")
    if before and _version(after) < _version(before):
        raise invalid(f"Invalid request: the database version cannot be changed from {before} to {after}.")


def _version(text: Any) -> tuple[int, ...]:
    """Returns the numbers in POSTGRES_17 or POSTGRES_9_6."""
    return tuple(int(part) for part in str(text).split("_") if part.isdigit())


def _is_public(body: Json) -> bool:
    return bool(_object(body, "settings", "ipConfiguration").get("ipv4Enabled"))


def _private_network(body: Json) -> Any:
    return _object(body, "settings", "ipConfiguration").get("privateNetwork")


def _addresses(instance: str, body: Json) -> list[Json]:
    """Returns the addresses of an instance with a body."""
    last = int(stable_number(instance, 6)) % 254
    public = _object(body, "settings", "ipConfiguration").get("ipv4Enabled")
    private = [{"type": "PRIVATE", "ipAddress": f"10.200.{last}.3"}] if _private_network(body) else []
    return [*private, *([{"type": "PRIMARY", "ipAddress": f"203.0.113.{last}"}] if public else [])]


def _patched(before: Any, after: Any) -> Any:
    """Returns a value with a patch laid over it: objects field by field, everything else replaced."""
    if not isinstance(before, dict) or not isinstance(after, dict):
        return after
    merged: Json = dict(cast("Json", before))
    for field, value in cast("Json", after).items():
        merged[field] = _patched(merged.get(field), value)
    return {field: value for field, value in merged.items() if value is not None}


class _InstanceChild(Collection):
    """Base of databases and users; their permissions are checked on the instance, as in Cloud SQL."""

    service = "sqladmin.googleapis.com"
    create = "insert"
    update = "update"

    def check(self, call: Call, body: Json) -> None:
        """Checks that the instance exists."""
        del body
        instance = f"projects/{call.parameters['project']}/instances/{call.parameters['instance']}"
        if call.cloud.store.get(self.full(instance)) is None:
            raise not_found(instance)

    def on_create(self, call: Call) -> Json:
        """Creates a child of the instance, also in its PostgreSQL, and notes it in the instance's log."""
        created = super().on_create(call)
        self._make(call)
        self._note(call, call.body)
        return created

    def on_update(self, call: Call) -> Json:
        """Changes a child of the instance, also in its PostgreSQL, and notes it in the instance's log."""
        updated = super().on_update(call)
        self._make(call)
        self._note(call, self.stored(call).declared)
        return updated

    def on_delete(self, call: Call) -> Json:
        """Deletes a child of the instance, also in its PostgreSQL, and notes it in the instance's log."""
        super().on_delete(call)
        self._drop(call)
        self._note(call, None)
        return {}

    def _make(self, call: Call) -> None:
        """Makes in the data what they lack of it; without data, the first touch of them does."""
        _, kind, name = call.name.rsplit("/", 2)
        if server := self._server(call):
            users = [login.user(name, self.stored(call).body)] if kind == "users" else []
            catalog.create(server, [name] if kind == "databases" else [], users)

    def _server(self, call: Call) -> Server | None:
        """Returns the server of the instance; None where nobody touched its data."""
        stored = call.cloud.store.get(self.full(call.name.rsplit("/", 2)[0]))
        touched = stored is not None and login.recovered(call.cloud, stored.name).exists
        return login.started(call.cloud, stored) if stored and touched else None

    def _drop(self, call: Call) -> None:
        """Drops what the data have of it; PostgreSQL refuses what is in use, or has something that belongs to it."""
        _, kind, name = call.name.rsplit("/", 2)
        if (server := self._server(call)) is None:
            return
        import psycopg  # noqa: PLC0415 - it takes 0.2 s to load; most calls touch no data

        try:
            catalog.drop(server, kind, name)
        except psycopg.Error as error:
            raise invalid(f"Invalid request: failed to delete {kind[:-1]} {name}. Detail: pq: {error}.") from error

    def _note(self, call: Call, body: Json | None) -> None:
        instance, _, child = call.name.partition(f"/{self.kind.removeprefix('sql.')}/")
        sqlrecovery.note(call, self.full(instance), self.kind, child, body)


class Databases(_InstanceChild):
    """https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/databases."""

    kind = "sql.databases"
    path = "projects/{project}/instances/{instance}/databases/{database}"
    permission = "cloudsql.databases"

    def generate(self, call: Call) -> Json:
        """Returns defaults of PostgreSQL and the self link."""
        return {
            "charset": "UTF8",
            "collation": "en_US.UTF8",
            "selfLink": f"https://sqladmin.googleapis.com/sql/v1beta4/{call.name}",
            "etag": new_etag(),
        }


class Users(_InstanceChild):
    """https://cloud.google.com/sql/docs/postgres/admin-api/rest/v1/users."""

    kind = "sql.users"
    options = frozenset({"password"})
    path = "projects/{project}/instances/{instance}/users/{user}"
    permission = "cloudsql.users"

    def check(self, call: Call, body: Json) -> None:
        """Checks that an IAM login has no password, and a name without the domain of service accounts."""
        super().check(call, body)
        kind = str(body.get("type", "BUILT_IN"))
        if len(call.parameters["user"]) > _LONGEST_LOGIN:  # Google cuts it off, and nobody can log in as what is left
            raise invalid(f"Invalid request: a user's name has at most {_LONGEST_LOGIN} characters.")
        for role in body.get("databaseRoles") or ():
            if not catalog.predefined(role):
                raise invalid(f"Invalid request: database role '{role}' does not exist in every instance.")
        if kind.startswith("CLOUD_IAM") and body.get("password"):
            raise invalid("Invalid request: an IAM user cannot have a password.")
        if kind == "CLOUD_IAM_SERVICE_ACCOUNT" and call.parameters["user"].endswith(".gserviceaccount.com"):
            raise invalid(
                "Invalid request: Database username for Cloud IAM service account should be created without"
                " '.gserviceaccount.com' suffix."
            )


def _object(body: Json, *path: str) -> Json:
    """Returns the object at a path of a body; {} if the path does not exist."""
    value: Any = body
    for step in path:
        value = cast("Json", value).get(step) or {}
    return cast("Json", value)
