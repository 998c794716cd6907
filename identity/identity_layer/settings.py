"""Configuration of a stack of this layer: the model of Pulumi.<stack>.yaml, and how its parts must fit.

Keys are camelCase in YAML, as in every document that crosses a boundary, and snake_case in Python. The types of single
values are in values.py and kit/scalars.py.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated, Self

import pulumi
from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from identity_layer import names
from identity_layer.kit import configuration, scalars
from identity_layer.kit.adoption import ADOPTED, Adopted, ResourceName
from identity_layer.kit.configuration import Section
from identity_layer.kit.scalars import (
    AppName,
    DatabaseName,
    Domain,
    EachOnce,
    ProjectId,
    Reason,
    Region,
    SecretName,
    TeamName,
)
from identity_layer.values import (
    Branch,
    Capability,
    CustomerId,
    GitHubId,
    GroupEmail,
    OrganizationId,
    ProjectNumber,
    Repository,
    WorkloadAccess,
)

PROVIDER_KEYS = {"project": "gcp:project", "region": "gcp:region"}
LONGEST_EMERGENCY = timedelta(hours=12)


Moment = Annotated[
    datetime,
    BeforeValidator(lambda value: scalars.moment(value) if isinstance(value, str) else value),
    AfterValidator(lambda moment: moment.astimezone(UTC)),
]


class GitHub(Section):
    """The repository whose workflows may use the CI accounts; the numbers count, the name is for people."""

    repository: Repository
    repository_id: GitHubId
    owner_id: GitHubId
    branch: Branch = "main"


class Owners(Section):
    """The teams that own the layers and the datastores, and may therefore preview them from a laptop."""

    identity: TeamName
    platform: TeamName
    storage: TeamName

    def by_name(self) -> dict[str, str]:
        """The teams by what they own."""
        return {"identity": self.identity, "platform": self.platform, "storage": self.storage}


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


class BreakGlass(Section):
    """The group that is exempt from the deny policy; on a normal day it has no members."""

    group: GroupEmail
    grant: EmergencyGrant | None = None


class Organization(Section):
    """The organisation that the project is in; without one there are no deny and no organisation policies."""

    id: OrganizationId
    customer_id: CustomerId


# A key that a stack file leaves out arrives as the empty map that Pulumi.yaml declares.
OptionalOrganization = Annotated[Organization | None, BeforeValidator(lambda value: value or None)]


class Settings(Section):
    """The stack's configuration. `make docs` writes the keys in Pulumi.yaml and README.md from the descriptions."""

    project: ProjectId = Field(examples=["my-project"], description="Google Cloud project of the environment")
    region: Region = Field(examples=["europe-west4"], description="Region of the environment")
    project_number: ProjectNumber = Field(
        examples=['"123456789012"'], description="Number of the project in `gcp:project`, quoted"
    )
    domain: Domain = Field(
        examples=["example.com"], description="Domain of the organisation; groups outside of it are refused"
    )
    administrators: GroupEmail = Field(
        examples=["cloud-administrators@example.com"],
        description="Administrators' group: its members change the foundation. This layer grants it access to all "
        "state buckets only; grant owner and organisation roles outside of this repository. The audit trusts "
        "`cloud-administrators@*`: enter a group of another name in `trusted` of `policies/audit_principals.yaml`",
    )
    alerts: GroupEmail = Field(
        examples=["security-alerts@example.com"],
        description="Group that is alerted to changes that a person must look at",
    )
    github: GitHub = Field(
        alias="github",
        examples=['{repository: example/infrastructure, repositoryId: "456", ownerId: "123"}'],
        description="Repository whose workflows may use the CI accounts: "
        "`{repository, repositoryId, ownerId, branch}`; the IDs count, the name is for people",
    )
    owners: Owners = Field(
        examples=["{identity: security, platform: platform, storage: database}"],
        description="Teams that own the layers, and the datastores (`storage`): `{identity, platform, storage}`; their "
        "people may preview them from a laptop",
    )
    break_glass: BreakGlass = Field(
        examples=["{group: break-glass@example.com}"],
        description="Group that may destroy in an emergency: `{group, grant: {reason, start, end}}`; no grant on a "
        "normal day",
    )
    organization: OptionalOrganization = Field(
        default=None,
        examples=['{id: "123456789012", customerId: C012ab3cd}'],
        description="Organisation that the project is in: `{id, customerId}`; without one there are no deny and no "
        "organisation policies",
    )
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
    bind_workloads: bool = Field(
        default=True,
        examples=["false"],
        description="Whether apps may impersonate their accounts; `false` only until the project has its first "
        "cluster: Google creates the project's workload identity pool with it, and refuses its members before",
    )
    adopted: dict[ResourceName, Adopted] = Field(
        default_factory=dict[str, Adopted],
        examples=["{'gcp:serviceaccount/account:Account::gke-nodes': {id: projects/…/serviceAccounts/gke-nodes@…}}"],
        description=ADOPTED,
    )

    @property
    def app_teams(self) -> list[str]:
        """The teams that own an app, sorted; each has its own pair of CI accounts."""
        return sorted({app.team for app in self.apps.values()})

    @property
    def owner_groups(self) -> dict[str, str]:
        """Owner of a pair of CI accounts ("identity", "apps-shop") to the group of its team."""
        teams = self.owners.by_name()
        teams |= {f"apps-{team}": team for team in self.app_teams}
        return {owner: self.teams[team].group for owner, team in teams.items()}

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        problems = [
            *self._foreign_groups(),
            *self._unknown_references(),
            *self._shared_names(),
            *self._builds(),
        ]
        if problems:
            raise ValueError("\n    ".join(problems))
        return self

    def _foreign_groups(self) -> Iterator[str]:
        groups = {f"teams.{name}.group": team.group for name, team in self.teams.items()}
        groups |= {"administrators": self.administrators, "breakGlass.group": self.break_glass.group}
        for path, group in groups.items():
            if not group.endswith(f"@{self.domain}"):
                yield (
                    f"{path}: {group!r} is outside the domain {self.domain!r}, whose administrators alone decide who "
                    "is in a group; use a group of that domain."
                )

    def _builds(self) -> Iterator[str]:
        owner = self.github.repository.partition("/")[0]
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
                if source.repository.partition("/")[0] != owner:
                    yield (
                        f"{path}.repository: {source.repository!r} is not of {owner!r}, whose tokens alone are admitted"
                        "; build in a repository there."
                    )
                if source.repository_id == self.github.repository_id:
                    yield (
                        f"{path}.repositoryId: {source.repository_id!r} is the repository that deploys; what builds "
                        "must not be what deploys. Build where the app's source is."
                    )

    def _unknown_references(self) -> Iterator[str]:
        owners = {f"owners.{name}": team for name, team in self.owners.by_name().items()}
        for path, team in {**owners, **{f"apps.{name}.team": app.team for name, app in self.apps.items()}}.items():
            if team not in self.teams:
                yield f"{path}: {team!r} is no team, so nobody would answer for it; add it to teams or correct it."
            elif path.startswith("apps.") and "cluster-user" not in self.teams[team].capabilities:
                yield f"{path}: {team!r} cannot reach the cluster; give it the capability cluster-user."
        for name, team in self.teams.items():
            if team.group == self.break_glass.group:
                yield (
                    f"teams.{name}.group: {team.group!r} is the break-glass group, which the deny policy does not "
                    "bind; a team of daily work needs a group of its own."
                )

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


def load() -> Settings:
    """The running stack's settings.

    Raises:
        configuration.ConfigurationError: the configuration cannot be used; the message lists every problem.
    """
    return configuration.load(Settings, "identity", pulumi.get_stack(), PROVIDER_KEYS)
