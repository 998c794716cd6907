"""Configuration of a team's stack: the model of Pulumi.team-<team>-<environment>.yaml, and how its parts must fit.

Keys are camelCase in YAML, as in every document that crosses a boundary, and snake_case in Python.
"""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import Field, model_validator

from identity_layer import names
from identity_layer.environment import Environment
from identity_layer.kit import logins
from identity_layer.kit.configuration import Section
from identity_layer.kit.scalars import AppName, DatabaseName, EachOnce, SecretName, TeamName
from identity_layer.values import Branch, GitHubId, GroupEmail, Repository, WorkloadAccess


class Source(Section):
    """A repository whose builds on one branch push images; the number counts, the name is for people."""

    repository: Repository
    repository_id: GitHubId
    branch: Branch = "main"


class Team(Section):
    """A team: the people behind it, and what builds its images."""

    name: TeamName
    group: GroupEmail
    builds: Annotated[list[Source], EachOnce] = Field(default_factory=list[Source])


class App(Section):
    """An app: the databases that it logs into, and what else it needs of Google Cloud."""

    databases: Annotated[list[DatabaseName], EachOnce] = Field(default_factory=list[str])
    access: Annotated[list[WorkloadAccess], EachOnce] = Field(default_factory=list[WorkloadAccess])
    secrets: Annotated[list[SecretName], EachOnce] = Field(default_factory=list[str])
    migrated_by: AppName | None = None

    @property
    def uses_google(self) -> bool:
        """True if the app needs a Google service account."""
        return bool(self.databases or self.access or self.secrets)


class TeamSettings(Environment):
    """The stack's configuration. `make docs` writes the keys in Pulumi.yaml and README.md from the descriptions."""

    team: Team = Field(
        examples=["{name: shop, group: shop-team@example.com}"],
        description="The team: `{name, group, builds}`; the stack is named like it; builds are the repositories whose "
        "builds push its images: `{repository, repositoryId, branch}`",
    )
    apps: dict[AppName, App] = Field(
        default_factory=dict[str, App],
        examples=["{storefront: {databases: [orders]}}"],
        description="The team's apps by name: `{databases, access, secrets, migratedBy}`; the name is also the "
        "namespace; access is `traces`, `metrics`, `errors`, `profiles`; migratedBy is the app that makes its schemas",
    )
    bind_workloads: bool = Field(
        default=True,
        examples=["false"],
        description="Whether apps may impersonate their accounts; `false` only until the project has its first "
        "cluster: Google creates the project's workload identity pool with it, and refuses its members before",
    )

    @model_validator(mode="after")
    def _names_are_distinct(self) -> Self:
        problems = [
            *self._shared_secrets(),
            *self._repeated_builds(),
            *self._migrations(),
            *logins.too_long(self._logins()),
        ]
        if problems:
            raise ValueError("\n    ".join(problems))
        return self

    def _shared_secrets(self) -> Iterator[str]:
        """Two entries that are one secret on Google Cloud: taking away the one would take it from the other."""
        secrets: dict[str, str] = {}
        for app, secret in ((app, secret) for app, entry in self.apps.items() for secret in entry.secrets):
            first = secrets.setdefault(names.app_secret(app, secret), app)
            if first != app:
                yield (
                    f"apps.{app}.secrets: {secret!r} would be the secret {names.app_secret(app, secret)!r}, which is "
                    f"one of the app {first!r}; choose another name."
                )

    def _migrations(self) -> Iterator[str]:
        """Apps without rights to create anything in their databases, for which no other app can."""
        for name, app in self.apps.items():
            if app.migrated_by is None:
                continue
            path, other = f"apps.{name}.migratedBy", self.apps.get(app.migrated_by)
            if other is None or other is app:
                yield (
                    f"{path}: {app.migrated_by!r} is no other app of the team, so nobody would make the schemas of "
                    f"{name!r}; add it to identity:apps, or remove migratedBy, and {name!r} makes its own."
                )
            elif other.migrated_by is not None:
                yield (
                    f"{path}: {app.migrated_by!r} is migrated by another app itself, so it may create nothing; name "
                    "an app that has no migratedBy."
                )
            elif missing := sorted(set(app.databases) - set(other.databases)):
                yield (
                    f"{path}: {app.migrated_by!r} does not log into {', '.join(missing)}, so nobody would make the "
                    f"schemas of {name!r} there; add it to the databases of {app.migrated_by!r}."
                )
            if not app.databases:
                yield f"{path}: {name!r} logs into no database, so there is nothing to migrate; remove migratedBy."

    def _logins(self) -> dict[str, str]:
        """Path to the login of each app that has databases."""
        return {
            f"apps.{name}.databases": logins.iam_user(names.account_email(self.project, names.app_account(name)))
            for name, app in self.apps.items()
            if app.databases
        }

    def _repeated_builds(self) -> Iterator[str]:
        builders: dict[tuple[str, str], str] = {}
        for index, source in enumerate(self.team.builds):
            path = f"team.builds.{index}"
            first = builders.setdefault((source.repository_id, source.branch), path)
            if first != path:
                yield (
                    f"{path}: repository {source.repository_id} on {source.branch} stands in {first} too, under "
                    "another name; take one of them out."
                )
