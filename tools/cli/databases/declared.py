"""Declared rights inside of the databases of an environment, from stack files alone.

An app that lists a database in `identity:apps` may connect to it, and create schemas in it, which are the app's own.
With `migratedBy` it may connect and creates nothing: the other app does, and gives it rows by default privileges.
In a read-only datastore all apps connect and nothing more, and each session begins without the right to write.
Nothing else is declared: PUBLIC has no right, and the groups with `datastore-admin` administer as Cloud SQL's own role.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from cli import stack_file, team_files, yaml_file
from cli.databases.rights import (
    ADMINISTRATOR,
    OF_APPS,
    OF_READERS,
    ON_MADE,
    PUBLIC,
    READ_ONLY,
    SYSTEM_DATABASES,
    Right,
)
from cli.layout import Stack

_CAPABILITY = "datastore-admin"
_CONSEQUENCE = "nothing was compared"


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Source(_Model):
    adopted: dict[str, Any] | None = None


class _Datastore(_Model):
    databases: tuple[str, ...]
    source: _Source | None = None
    read_only: bool = Field(default=False, alias="readOnly")

    @property
    def managed(self) -> bool:
        return self.source is None or self.source.adopted is not None


class _Config(_Model):
    datastores: dict[str, _Datastore] = Field(default_factory=dict[str, _Datastore], alias="platform:datastores")


class _File(_Model):
    config: _Config


@dataclass(frozen=True)
class Instance:
    """The declared rights of one instance.

    Attributes:
        name: its name.
        apps: logins of apps by database, sorted.
        administrators: addresses of the groups that administer it.
        migrations: login of an app to the login that makes its schemas; without the apps that make their own.
        read_only: whether it holds the data of one time, which nobody changes.
    """

    name: str
    apps: Mapping[str, tuple[str, ...]]
    administrators: tuple[str, ...]
    migrations: Mapping[str, str] = field(default_factory=dict[str, str])
    read_only: bool = False

    def rights(self) -> frozenset[Right]:
        """Rights that PostgreSQL is to have on databases and roles, and no others."""
        databases = {f"database {name}" for name in (*self.apps, *SYSTEM_DATABASES)}
        return frozenset(
            {
                *(Right(database, ADMINISTRATOR, "OWNER") for database in databases),
                *(Right(f"role {ADMINISTRATOR}", group, "MEMBER") for group in self.administrators),
                *(
                    Right(f"database {database}", login, privilege)
                    for database, logins in self.apps.items()
                    for login in logins
                    for privilege in (OF_READERS if self.read_only or login in self.migrations else OF_APPS)
                ),
                *(Right(f"database {name}", PUBLIC, READ_ONLY) for name in self.apps if self.read_only),
            }
        )

    def inside(self, database: str) -> frozenset[Right]:
        """Rights that are to be in a database: of apps on what other apps make for them; none where nobody does."""
        return frozenset(
            Right.on_made(owner, kind, login, privilege)
            for login in (() if self.read_only else self.apps.get(database, ()))
            if (owner := self.migrations.get(login))
            for kind, privileges in ON_MADE.items()
            for privilege in privileges
        )

    def listed(self) -> list[str]:
        """All declared rights, a line each, those in a database with its name."""
        return [
            *map(str, sorted(self.rights())),
            *(f"in {database}, {right}" for database in self.apps for right in sorted(self.inside(database))),
        ]


def instances(environment: str) -> list[Instance]:
    """Instances of an environment whose databases are declared, by name.

    Raises `ToolError` when a stack file cannot be read.
    """
    storage, identity = Stack("platform", environment, "storage"), Stack("identity", environment)
    settings = yaml_file.load(storage.file, _File.model_validate, _CONSEQUENCE).config
    teams = stack_file.read(identity.file).config.teams
    groups = sorted(team.group for team in teams.values() if _CAPABILITY in team.capabilities)
    users: dict[str, list[str]] = {}
    migrations: dict[str, str] = {}
    for team in team_files.teams(identity.file).values():
        for app, about in team.apps.items():
            user = login(app, storage.gcp_project())
            for database in about.databases:
                users.setdefault(database, []).append(user)
            if about.migrated_by is not None:
                migrations[user] = login(about.migrated_by, storage.gcp_project())
    return [
        Instance(
            name,
            {each: tuple(sorted(users.get(each, ()))) for each in sorted(part.databases)},
            tuple(groups),
            migrations,
            part.read_only,
        )
        for name, part in sorted(settings.datastores.items())
        if part.managed
    ]


def lines(environments: Iterable[str]) -> list[str]:
    """Declared rights of environments, one line for each object and role.

    Raises `ToolError` when a stack file cannot be read.
    """
    found: dict[str, list[str]] = {}
    for environment in environments:
        if not Stack("platform", environment, "storage").file.is_file():
            continue
        for instance in instances(environment):
            for line in instance.listed():
                begin, _, privilege = f"{environment}, instance {instance.name}, {line}".rpartition(" ")
                found.setdefault(f"{begin} ", []).append(privilege)
    return [begin + ", ".join(privileges) for begin, privileges in found.items()]


def login(app: str, project: str) -> str:
    """Name of an app's login in PostgreSQL, which leaves out the end of the account's address."""
    return f"app-{app}@{project}.iam"
