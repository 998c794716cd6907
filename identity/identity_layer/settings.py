"""Configuration of daily work: the model of Pulumi.<environment>.yaml, and how its parts must fit.

Keys are camelCase in YAML, as in every document that crosses a boundary, and snake_case in Python. The types of single
values are in values.py and kit/scalars.py.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from identity_layer import names
from identity_layer.environment import Environment
from identity_layer.kit import scalars
from identity_layer.kit.configuration import Section
from identity_layer.kit.scalars import (
    AppName,
    DatabaseName,
    EachOnce,
    Reason,
    SecretName,
    TeamName,
)
from identity_layer.values import (
    Branch,
    Capability,
    GitHubId,
    GroupEmail,
    Repository,
    WorkloadAccess,
)

LONGEST_EMERGENCY = timedelta(hours=12)


Moment = Annotated[
    datetime,
    BeforeValidator(lambda value: scalars.moment(value) if isinstance(value, str) else value),
    AfterValidator(lambda moment: moment.astimezone(UTC)),
]


class Source(Section):
    """A repository whose builds on one branch push images; the number counts, the name is for people."""

    repository: Repository
    repository_id: GitHubId
    branch: Branch = "main"


class Team(Section):
    """A team: the people behind it, what they may do in the whole project, and what builds its images."""

    group: GroupEmail
    capabilities: Annotated[list[Capability], EachOnce] = Field(default_factory=list[Capability])
    builds: Annotated[list[Source], EachOnce] = Field(default_factory=list[Source])


class App(Section):
    """An app: its owner, the databases that it logs into, and what else it needs of Google Cloud."""

    team: TeamName
    databases: Annotated[list[DatabaseName], EachOnce] = Field(default_factory=list[str])
    access: Annotated[list[WorkloadAccess], EachOnce] = Field(default_factory=list[WorkloadAccess])
    secrets: Annotated[list[SecretName], EachOnce] = Field(default_factory=list[str])

    @property
    def uses_google(self) -> bool:
        """True if the app needs a Google service account."""
        return bool(self.databases or self.access or self.secrets)


class EmergencyGrant(Section):
    """A window of time in which the break-glass group may destroy; the only grant that it ever has."""

    reason: Reason
    start: Moment
    end: Moment

    @model_validator(mode="after")
    def _short(self) -> Self:
        if not timedelta() < self.end - self.start <= LONGEST_EMERGENCY:
            raise ValueError(
                f"the window from {self.start.isoformat()} to {self.end.isoformat()} is empty or longer than "
                f"{LONGEST_EMERGENCY.total_seconds() / 3600:.0f} hours, and what is forgotten stays open that long; "
                "shorten it."
            )
        return self


# A key that a stack file leaves out arrives as the empty map that Pulumi.yaml declares.
OptionalGrant = Annotated[EmergencyGrant | None, BeforeValidator(lambda value: value or None)]


class Settings(Environment):
    """The stack's configuration. `make docs` writes the keys in Pulumi.yaml and README.md from the descriptions."""

    teams: dict[TeamName, Team] = Field(
        examples=["{shop: {group: shop-team@example.com, capabilities: [cluster-user]}}"],
        description="Teams by name: `{group, capabilities, builds}`; capabilities are `cluster-user`, "
        "`datastore-admin`, `platform-reader`, `security-reader`; builds, of a team with an app, are the repositories "
        "whose builds push its images: `{repository, repositoryId, branch}`",
    )
    apps: dict[AppName, App] = Field(
        default_factory=dict[str, App],
        examples=["{storefront: {team: shop, databases: [orders]}}"],
        description="Apps by name: `{team, databases, access, secrets}`; the name is also the namespace; access is "
        "`traces`, `metrics`, `errors`, `profiles`",
    )
    break_glass: OptionalGrant = Field(
        default=None,
        examples=['{reason: restore of orders, start: "2030-01-01T10:00:00Z", end: "2030-01-01T14:00:00Z"}'],
        description="Window of time in which the break-glass group may destroy: `{reason, start, end}`; none on a "
        "normal day",
    )
    bind_workloads: bool = Field(
        default=True,
        examples=["false"],
        description="Whether apps may impersonate their accounts; `false` only until the project has its first "
        "cluster: Google creates the project's workload identity pool with it, and refuses its members before",
    )

    @property
    def app_teams(self) -> list[str]:
        """The teams that own an app, sorted; each has its own pair of CI accounts."""
        return sorted({app.team for app in self.apps.values()})

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        problems = [*self._unknown_references(), *self._shared_names(), *self._builds()]
        if problems:
            raise ValueError("\n    ".join(problems))
        return self

    def _builds(self) -> Iterator[str]:
        builders: dict[tuple[str, str], str] = {}
        for name, team in self.teams.items():
            if team.builds and name not in self.app_teams:
                yield (
                    f"teams.{name}.builds: the team owns no app, so there is no repository for its images; enter its "
                    "app, or take this out."
                )
            for index, source in enumerate(team.builds):
                path = f"teams.{name}.builds.{index}"
                first = builders.setdefault((source.repository_id, source.branch), path)
                if first != path:
                    yield (
                        f"{path}: repository {source.repository_id} on {source.branch} stands in {first} too, and what "
                        "it builds would be pushed for both; take one of them out."
                    )

    def _unknown_references(self) -> Iterator[str]:
        for name, app in self.apps.items():
            if app.team not in self.teams:
                yield (
                    f"apps.{name}.team: {app.team!r} is no team, so nobody would answer for it; add it to teams or "
                    "correct it."
                )
            elif "cluster-user" not in self.teams[app.team].capabilities:
                yield f"apps.{name}.team: {app.team!r} cannot reach the cluster; give it the capability cluster-user."

    def _shared_names(self) -> Iterator[str]:
        """Two entries that are one thing on Google Cloud: taking away the one would take it from the other."""
        groups: dict[str, str] = {}
        for name, team in self.teams.items():
            first = groups.setdefault(team.group, name)
            if first != name:
                yield (
                    f"teams.{name}.group: {team.group!r} is the group of the team {first!r} too, so taking access from "
                    "one would take it from both; give each a group of its own, or make them one team."
                )
        secrets: dict[str, str] = {}
        for app, secret in ((app, secret) for app, entry in self.apps.items() for secret in entry.secrets):
            first = secrets.setdefault(names.app_secret(app, secret), app)
            if first != app:
                yield (
                    f"apps.{app}.secrets: {secret!r} would be the secret {names.app_secret(app, secret)!r}, which is "
                    f"one of the app {first!r}; choose another name."
                )
