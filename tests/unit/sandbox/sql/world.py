"""The instance of the tests of SQL, and the principals that touch it."""

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

import example_tenant as example
from sandbox import servers
from sandbox.cloud import seed
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json
from sandbox.sql.server import Server

PROJECT = example.PROJECT
INSTANCE = f"projects/{PROJECT}/instances/orders"
ADMIN = Caller(seed.ADMIN)
APP, OTHER = "app-storefront", "app-billing"
TEAM = "group:database-team@example.com"
DBA = Caller("user:dba@example.com")
STRANGER = Caller("user:stranger@example.com")
BODY: Json = {
    "name": "orders",
    "region": example.REGION,
    "databaseVersion": "POSTGRES_17",
    "settings": {"tier": "db-custom-1-3840", "edition": "ENTERPRISE", "dataApiAccess": "ALLOW_DATA_API"},
}
ROLE = f"projects/{PROJECT}/roles/sqlUser"


class World:
    """A cloud with an instance, whose data the tests touch."""

    def __init__(self, cloud: Cloud) -> None:
        self.cloud = cloud

    def create(self, name: str = "orders", **settings: Any) -> None:
        """Create an instance."""
        body = {**BODY, "name": name, "settings": {**BODY["settings"], **settings}}
        self.cloud.call("sql.instances.insert", f"projects/{PROJECT}/instances/{name}", ADMIN, body)

    def account(self, name: str) -> Caller:
        """Create a service account."""
        email = f"{name}@{PROJECT}.iam.gserviceaccount.com"
        self.cloud.call("iam.projects.serviceAccounts.create", f"projects/{PROJECT}/serviceAccounts/{email}", ADMIN, {})
        return self.caller(name)

    def caller(self, name: str) -> Caller:
        """Return an account as a caller."""
        return Caller(f"serviceAccount:{name}@{PROJECT}.iam.gserviceaccount.com")

    def login(self, name: str) -> str:
        """Return the name of an account in PostgreSQL."""
        return f"{name}@{PROJECT}.iam"

    def add_user(self, name: str, kind: str, roles: list[str] | None = None, instance: str = INSTANCE) -> None:
        """Create a user of an instance."""
        body = {"name": name, "type": kind, **({"databaseRoles": roles} if roles else {})}
        self.cloud.call("sql.users.insert", f"{instance}/users/{name}", ADMIN, body)

    def permit(self) -> None:
        """Let the apps, the administrators and a stranger log in and send SQL over the API."""
        self.cloud.store.add_membership(TEAM, DBA.member)
        body = {"includedPermissions": ["cloudsql.instances.executeSql", "cloudsql.instances.login"]}
        self.cloud.call("iam.projects.roles.create", ROLE, ADMIN, body)
        project = f"projects/{PROJECT}"
        policy = self.cloud.call("cloudresourcemanager.projects.getIamPolicy", project, ADMIN)
        members = [self.caller(APP).member, self.caller(OTHER).member, TEAM, STRANGER.member]
        policy["bindings"].append({"role": ROLE, "members": members})
        self.cloud.call("cloudresourcemanager.projects.setIamPolicy", project, ADMIN, {"policy": policy})

    def sql(self, statement: str, caller: Caller, database: str = "orders", **options: Any) -> Json:
        """Execute SQL over the API; return the response."""
        body = {"database": database, "sqlStatement": statement, "autoIamAuthn": True, **options}
        return self.cloud.call("sql.instances.executeSql", INSTANCE, caller, body)

    def admin(self, database: str = "postgres") -> psycopg.Connection[tuple[str, ...]]:
        """A session of Google's own superuser, whom no API admits."""
        return Server(self.cloud.directory, f"{PROJECT}.orders").connect(database)

    def rows(self, statement: str, caller: Caller, database: str = "orders") -> list[tuple[str | None, ...]]:
        """Return the rows of the last statement."""
        answer = self.sql(statement, caller, database)
        assert "status" not in answer, answer["status"]
        rows = answer["results"][-1].get("rows", [])
        return [tuple(value.get("value") for value in row["values"]) for row in rows]

    def refusal(self, statement: str, caller: Caller, database: str = "orders") -> str:
        """Return the database's error."""
        return self.sql(statement, caller, database)["status"]["message"]


@contextmanager
def opened(folder: Path) -> Generator[World]:
    """A seeded cloud with an instance that admits SQL by the API; its server ends with the block."""
    seed.seed(folder, 6443, example.TENANT)
    cloud = Cloud(folder / "cloud.db")
    for service in ("iam", "sqladmin"):
        cloud.call("serviceusage.services.enable", f"projects/{PROJECT}/services/{service}.googleapis.com", ADMIN)
    made = World(cloud)
    made.create()
    for database in ("orders", "invoices"):
        cloud.call("sql.databases.insert", f"{INSTANCE}/databases/{database}", ADMIN, {"name": database})
    for app in (APP, OTHER):
        made.account(app)
        made.add_user(made.login(app), "CLOUD_IAM_SERVICE_ACCOUNT")
    made.add_user(TEAM.partition(":")[2], "CLOUD_IAM_GROUP", ["cloudsqlsuperuser"])
    made.permit()
    try:
        yield made
    finally:
        servers.stop(folder)
        cloud.store.close()
