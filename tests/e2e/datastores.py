"""A checkout whose datastores change, the sandbox that follows, and what is to be seen of a datastore there."""

import itertools
import re
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import yaml

from cli.layout import Stack
from e2e.accepting import accept, asked
from e2e.harness import ADMIN, IDENTITY, NAMESPACES, PROJECT, STORAGE, Ran, Sandbox, is_write
from e2e.inventory import INSTANCE
from e2e.lifecycle import choice
from e2e.sandboxes import Draft
from sandbox.cloud import names
from sandbox.cloud.api import Cloud
from sandbox.cloud.iam import Caller
from sandbox.cloud.store import Json
from sandbox.sql import programs
from sandbox.sql.connector import Connector
from waiting import LONGEST_SECONDS

RESTORED, DEV = (f"{PROJECT}/instances/orders-{name}" for name in ("restored", "dev"))
DATABASE_ADMINISTRATOR = Caller("user:database-administrator@example.com")
ON_DUTY = Caller("user:on-duty@example.com")
BREAK_GLASS = "group:break-glass@example.com"

_KINDS = ("gcp:sql/databaseInstance:DatabaseInstance", "gcp:sql/database:Database", "gcp:sql/user:User")


class Life:
    """A checkout whose datastores change, and the sandbox that follows.

    Attributes:
        moment: a point in time after `orders` was there, and before somebody made a mistake in it.
    """

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.sandbox = draft.sandbox
        self.moment = ""
        self.orders: dict[str, Any] = self._configuration(STORAGE)["config"]["platform:datastores"]["orders"]

    def declare(self, datastores: dict[str, Any]) -> None:
        """Write the datastores' configuration."""
        self._write(STORAGE, "platform:datastores", datastores)

    def up(self, datastores: dict[str, Any]) -> Ran:
        """Declare and deploy: the datastores, and then their logins, which are the teams'.

        Network and cluster have no part in it, so their stack does not run.
        """
        self.declare(datastores)
        done = self.sandbox.run("up", *choice(STORAGE))
        return done if done.code else self.sandbox.run("up", *choice(NAMESPACES))

    def accepted_up(self, datastores: dict[str, Any]) -> list[list[str]]:
        """Declare and deploy; security accepts what the plan gate refuses, of one stack after the other, for the time.

        Returns:
            The operations that were accepted, by stack.
        """
        accepted: list[list[str]] = []
        while exceptions := asked(stopped := self.up(datastores)):
            accept(self.sandbox, exceptions)
            accepted.append([operation for _, operation in exceptions])
        stopped.succeeded()
        accept(self.sandbox, [])
        return accepted

    def grant_break_glass(self) -> Ran:
        """A reviewed change of the identity layer: a window that has begun."""
        now = datetime.now(UTC)
        window = {"start": now - timedelta(minutes=5), "end": now + timedelta(hours=1)}
        grant = {"reason": "orders was replaced by orders-restored", **{k: v.isoformat() for k, v in window.items()}}
        self._write(IDENTITY, "identity:breakGlass", grant)
        return self.sandbox.run("up", "--layer", "identity")

    @property
    def restored(self) -> dict[str, Any]:
        """The datastore that is restored to the moment."""
        return self.orders | {"source": {"datastore": "orders", "pointInTime": self.moment}}

    @property
    def retired(self) -> dict[str, Any]:
        """`orders`, with the decision to give it up."""
        why = {"reason": "Replaced by orders-restored", "approvedBy": "lead@example.com", "after": "2026-12-31"}
        return self.orders | {"standby": True, "retire": why}

    @property
    def adopted(self) -> dict[str, Any]:
        """The restored datastore, taken over."""
        parts = {"databases": ["orders"], "apps": ["storefront"], "teams": ["database"]}
        return self.orders | {"source": {"datastore": "orders", "pointInTime": self.moment, "adopted": parts}}

    @property
    def returned(self) -> dict[str, Any]:
        """Settings that restore `orders` to the moment, from the backup that was kept when it was deleted."""
        deleted = final_backup(self.sandbox)["instanceDeletionTime"]
        source = {"datastore": "orders", "pointInTime": self.moment, "deletedAt": deleted}
        return self.orders | {"source": source}

    def _file(self, stack: Stack) -> Path:
        return self.sandbox.checkout / stack.project / stack.file.name

    def _configuration(self, stack: Stack) -> dict[str, Any]:
        return yaml.safe_load(self._file(stack).read_text())

    def _write(self, stack: Stack, key: str, value: object) -> None:
        content = self._configuration(stack)
        content["config"][key] = value
        self._file(stack).write_text(yaml.safe_dump(content, sort_keys=False))


def contents(sandbox: Sandbox, instance: str) -> tuple[list[str], list[str]]:
    """Names of the databases and of the users of an instance."""
    with sandbox.cloud() as cloud:
        full = f"//sqladmin.googleapis.com/{instance}/"
        databases, users = (
            [found.name.rpartition("/")[2] for found in cloud.store.find(f"sql.{kind}", f"{full}{kind}/")]
            for kind in ("databases", "users")
        )
    return databases, users


def execute(cloud: Cloud, instance: str, statement: str) -> list[str]:
    """Execute SQL in the database `orders` of an instance as its owner; the first value of each row."""
    sql = f"SET ROLE cloudsqlsuperuser; {statement}"
    body = {"database": "orders", "sqlStatement": sql, "autoIamAuthn": True}
    answer = cloud.call("sql.instances.executeSql", instance, DATABASE_ADMINISTRATOR, body)
    assert "status" not in answer, answer["status"]
    return [row["values"][0]["value"] for row in answer["results"][-1].get("rows", [])]


def counted(sandbox: Sandbox, instance: str) -> int:
    """The number of rows that an instance has in the table of these tests."""
    with sandbox.cloud() as cloud:
        return int(execute(cloud, instance, "SELECT count(*) FROM counted")[0])


def another(cloud: Cloud, name: str) -> None:
    """Create an instance as `orders` is one, with an empty database, as the one of another environment would be."""
    like = cloud.call("sql.instances.get", INSTANCE, ADMIN)
    settings = {key: value for key, value in like["settings"].items() if key != "settingsVersion"}
    body = {key: like[key] for key in ("region", "databaseVersion")} | {"name": f"orders-{name}", "settings": settings}
    instance = f"{PROJECT}/instances/orders-{name}"
    cloud.call("sql.instances.insert", instance, ADMIN, body)
    cloud.call("sql.databases.insert", f"{instance}/databases/orders", ADMIN, {"name": "orders"})
    team = "database-team@example.com"
    user = {"name": team, "type": "CLOUD_IAM_GROUP", "databaseRoles": ["cloudsqlsuperuser"]}
    cloud.call("sql.users.insert", f"{instance}/users/{team}", ADMIN, user)


def client(cloud: Cloud, instance: str, program: str, *arguments: str) -> str:
    """Run one of PostgreSQL's clients through the connector, as the database administrator; its output."""
    stored = cloud.store.get(f"//sqladmin.googleapis.com/{instance}")
    assert stored is not None
    token, _ = cloud.issue_token(DATABASE_ADMINISTRATOR)
    with Connector(cloud, token) as connected:
        where = (f"--host={connected.folder(stored)}", f"--username={DATABASE_ADMINISTRATOR.email}")
        command = [str(programs.program(program)), *where, *arguments]
        done = subprocess.run(command, env={}, capture_output=True, text=True, check=False, timeout=LONGEST_SECONDS)
    assert done.returncode == 0, done.stderr
    return done.stdout


def written(sandbox: Sandbox, mark: int) -> list[str]:
    """Changes and attempted changes in Cloud SQL since a mark: method and instance."""
    return [
        f"{call.method} {names.split(call.resource)[1].removeprefix(f'{PROJECT}/instances/')}"
        for call in sandbox.calls(mark)
        if is_write(call) and call.method.startswith(("sql.instances.", "sql.databases.", "sql.users."))
    ]


def protections(sandbox: Sandbox, prefix: str) -> dict[str, bool]:
    """Protection by Pulumi of the parts of a datastore, by their names."""
    states = (sandbox.raw_state(stack)["resources"] for stack in (STORAGE, NAMESPACES))
    state = cast("list[dict[str, Any]]", [*itertools.chain(*states)])
    named = {each["urn"].rpartition("::")[2]: each for each in state if each["type"] in _KINDS}
    return {name: bool(each.get("protect")) for name, each in named.items() if name.startswith(prefix)}


def changes(printed: str) -> list[str]:
    """The changes of a preview, a line each, as the gate's digest tells them."""
    assert "plan gate: " in printed, printed
    return [line.strip() for line in printed.splitlines() if re.match(r" {4}[-±~+] ", line)]


def delete(cloud: Cloud, caller: Caller, instance: str) -> None:
    """Delete an instance by the API."""
    cloud.call("sql.instances.delete", instance, caller)


def final_backup(sandbox: Sandbox) -> Json:
    """The backup that the deletion of `orders` left."""
    with sandbox.cloud() as cloud:
        [backup] = cloud.call("sql.Backups.ListBackups", f"{PROJECT}/backups/-", DATABASE_ADMINISTRATOR)["items"]
    assert backup["instance"] == INSTANCE
    return backup
