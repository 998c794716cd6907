"""What a stack of this layer can be told: the model of Pulumi.<stack>.yaml, its constraints and their reasons.

Keys are camelCase in YAML, as in every document that crosses a boundary, and snake_case in Python.
"""

import re
from collections.abc import Iterator
from typing import Annotated, Literal, Self

import pulumi
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from identity_layer import configuration

CONSUMER_DOMAINS = frozenset(
    {
        "gmail.com",
        "googlemail.com",
        "googlegroups.com",
        "outlook.com",
        "hotmail.com",
        "live.com",
        "yahoo.com",
        "icloud.com",
    }
)
RESERVED_NAMESPACES = ("default", "kube-", "gke-", "gmp-", "config-management-", "istio-")

Capability = Literal["cluster-user", "datastore-admin", "platform-reader", "security-reader"]


def _matching(pattern: str, meaning: str) -> AfterValidator:
    compiled = re.compile(pattern)

    def check(value: str) -> str:
        if not compiled.fullmatch(value):
            raise ValueError(f"{value!r} is not {meaning}; correct it.")
        return value

    return AfterValidator(check)


def _group(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9._-]+@[a-z0-9-]+(\.[a-z0-9-]+)+", value):
        raise ValueError(
            f"{value!r} is not a group's e-mail address in lower case; write it as in example-team@example.com."
        )
    if value.rpartition("@")[2] in CONSUMER_DOMAINS:
        raise ValueError(
            f"{value!r} is in a consumer mail domain, whose accounts nobody here can revoke; use a "
            "group of your own domain."
        )
    return value


def _impersonator(value: str) -> str:
    kind, _, rest = value.partition(":")
    if kind == "group":
        return f"group:{_group(rest)}"
    if kind in ("principal", "principalSet") and rest.startswith("//iam.googleapis.com/projects/"):
        return value
    raise ValueError(
        f"{value!r} may not obtain tokens of a CI account: single users and other accounts outlive "
        "their purpose unseen. "
        "Use group:<address>, principal://iam.googleapis.com/… or principalSet://iam.googleapis.com/…."
    )


def _namespace(value: str) -> str:
    if value.startswith(RESERVED_NAMESPACES):
        raise ValueError(f"{value!r} is a name (or begins like one) that the cluster keeps for itself; choose another.")
    return value


ProjectId = Annotated[
    str,
    _matching(r"[a-z][a-z0-9-]{4,28}[a-z0-9]", "a project ID (6 to 30 lower case letters, digits and hyphens)"),
]
ProjectNumber = Annotated[
    str, _matching(r"[1-9][0-9]{5,15}", "a project number: see `gcloud projects describe`, and quote it")
]
Region = Annotated[str, _matching(r"[a-z]+-[a-z]+[0-9]+", "a region, such as europe-west4")]
Domain = Annotated[str, _matching(r"[a-z0-9-]+(\.[a-z0-9-]+)+", "a domain, such as example.com")]
# Account IDs have at most 30 characters: `apps-<team>-preview` leaves a team 17, `app-<app>` an app 26.
TeamName = Annotated[
    str, _matching(r"[a-z]([a-z0-9-]{0,15}[a-z0-9])?", "a team's name (at most 17 lower case letters, digits, hyphens)")
]
AppName = Annotated[
    str,
    _matching(r"[a-z][a-z0-9-]{0,24}[a-z0-9]", "an app's name (2 to 26 lower case letters, digits, hyphens)"),
    AfterValidator(_namespace),
]
DatabaseName = Annotated[
    str, _matching(r"[a-z][a-z0-9_-]{0,62}", "a database's name (lower case, at most 63 characters)")
]
GroupEmail = Annotated[str, AfterValidator(_group)]
Impersonator = Annotated[str, AfterValidator(_impersonator)]


class Document(BaseModel):
    """A frozen mapping of the configuration.

    Unknown keys are refused, since a misspelt key would silently do nothing.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel, strict=True)


class Team(Document):
    """A team: the group of people behind it, and what its people may do in the whole project."""

    group: GroupEmail
    capabilities: list[Capability] = Field(default_factory=list[Capability])


class App(Document):
    """An app: its owner, and the databases that it logs into."""

    team: TeamName
    databases: list[DatabaseName] = Field(default_factory=list[str])


class Settings(Document):
    """The stack's configuration. Shapes and meanings: the table in README.md."""

    project: ProjectId = Field(examples=["my-project"])
    region: Region = Field(examples=["europe-west4"])
    project_number: ProjectNumber = Field(examples=['"123456789012"'])
    domain: Domain = Field(examples=["example.com"])
    teams: dict[TeamName, Team] = Field(
        examples=["{shop: {group: shop-team@example.com, capabilities: [cluster-user]}}"]
    )
    apps: dict[AppName, App] = Field(
        default_factory=dict[str, App], examples=["{storefront: {team: shop, databases: [orders]}}"]
    )
    ci_impersonators: dict[str, list[Impersonator]] = Field(
        default_factory=dict[str, list[str]], examples=['{platform-preview: ["group:ci@example.com"]}']
    )

    # Google creates the pool <project>.svc.id.goog with the project's first cluster, and refuses its members before.
    bind_workloads: bool = Field(default=True, examples=["false"])

    @property
    def app_teams(self) -> list[str]:
        """The teams that own an app, sorted; each has its own pair of CI accounts."""
        return sorted({app.team for app in self.apps.values()})

    @property
    def ci_accounts(self) -> list[str]:
        """The IDs of all CI accounts: a preview and a deploy account per layer, in apps/ per team."""
        owners = ["identity", "platform", *(f"apps-{team}" for team in self.app_teams)]
        return [f"{owner}-{kind}" for owner in owners for kind in ("preview", "deploy")]

    @model_validator(mode="after")
    def _references_hold(self) -> Self:
        problems = [*self._foreign_groups(), *self._unknown_references()]
        if problems:
            raise ValueError("\n    ".join(problems))
        return self

    def _foreign_groups(self) -> Iterator[str]:
        groups = {f"teams.{name}.group": team.group for name, team in self.teams.items()}
        for account, members in self.ci_impersonators.items():
            groups |= {f"ciImpersonators.{account}": member[6:] for member in members if member.startswith("group:")}
        for path, group in groups.items():
            if not group.endswith(f"@{self.domain}"):
                yield (
                    f"{path}: {group!r} is outside the domain {self.domain!r}, whose administrators "
                    "alone decide who is in a "
                    "group; use a group of that domain."
                )

    def _unknown_references(self) -> Iterator[str]:
        for name, app in self.apps.items():
            if app.team not in self.teams:
                yield (
                    f"apps.{name}.team: {app.team!r} is no team, so nobody would own the app; "
                    "add it to teams or correct it."
                )
            elif "cluster-user" not in self.teams[app.team].capabilities:
                yield f"apps.{name}.team: {app.team!r} cannot reach the cluster; give it the capability cluster-user."
        for account in self.ci_impersonators:
            if account not in self.ci_accounts:
                known = ", ".join(self.ci_accounts)
                yield f"ciImpersonators.{account}: is no CI account of this stack; use one of {known}."


def load() -> Settings:
    """The running stack's settings.

    Raises:
        configuration.ConfigurationError: the configuration cannot be used; the message lists every problem.
    """
    provider_keys = {"project": "gcp:project", "region": "gcp:region"}
    return configuration.load(Settings, "identity", pulumi.get_stack(), provider_keys)
