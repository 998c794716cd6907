"""Organisation that the sandbox simulates, from the identity layer's settings for the sandbox.

The people are made up, one for each team: `shop-developer` is in the group of the team `shop`, which may use the
cluster. They follow from teams, groups and the domain in the settings.
"""

from collections import defaultdict
from collections.abc import Iterable
from contextlib import closing
from dataclasses import asdict
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, Field

from cli import layout, team_files, yaml_file
from cli.layout import SANDBOX, Stack
from sandbox.cloud.store import Store
from sandbox.cloud.tenant import ADMIN, Tenant, seeded
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError

# The name of a team's person follows from the team's first capability.
_WORDS = {
    "cluster-user": "developer",
    "datastore-admin": "administrator",
    "platform-reader": "engineer",
    "security-reader": "reviewer",
}
# A team with a stack of its own runs apps.
_OF_APPS = ("cluster-user",)
_KEYS = {"project": "gcp:project", "number": "identity:projectNumber", "organization": "identity:organization.id"}


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class _Team(_Model):
    group: str
    capabilities: tuple[str, ...] = ()

    def person(self, name: str) -> str:
        """Made-up person of the team, as policies name people."""
        word = _WORDS.get(self.capabilities[0], "member") if self.capabilities else "member"
        return f"user:{name}-{word}@{self.group.rpartition('@')[2]}"


class _Organization(_Model):
    id: str


class _Foundation(_Model):
    """Settings of the foundation that determine the sandbox; the layer itself checks all settings."""

    project: str = Field(alias="gcp:project")
    region: str = Field(alias="gcp:region")
    number: str = Field(alias="identity:projectNumber")
    domain: str = Field(default="", alias="identity:domain")
    administrators: str | None = Field(default=None, alias="identity:administrators")
    break_glass: str | None = Field(default=None, alias="identity:breakGlassGroup")
    organization: _Organization | None = Field(default=None, alias="identity:organization")


class _Shared(_Model):
    """Settings of the identity layer, of what is no team's own, that determine the sandbox."""

    teams: dict[str, _Team] = Field(default_factory=dict[str, _Team], alias="identity:teams")


_Settings = TypeVar("_Settings", bound=_Model)


def tenant() -> Tenant:
    """Tenant that the identity layer's settings for the sandbox describe.

    Raises `ToolError` when they cannot be read, or lack a setting that a sandbox requires.
    """
    identity = Stack("identity", SANDBOX).file
    foundation, teams = _read(layout.foundation(SANDBOX).file, _Foundation), _read(identity, _Shared).teams
    own = {team.name: _Team(group=team.group, capabilities=_OF_APPS) for team in team_files.teams(identity).values()}
    organization = foundation.organization.id if foundation.organization else None
    groups = _groups(foundation, [*own.items(), *(item for item in teams.items() if item[0] not in own)])
    return Tenant(foundation.project, foundation.number, foundation.region, foundation.domain, organization, groups)


def database_administrator() -> str:
    """Address of a made-up person who administers datastores.

    Raises `ToolError` when no team does.
    """
    for name, team in _read(Stack("identity", SANDBOX).file, _Shared).teams.items():
        if "datastore-admin" in team.capabilities:
            return team.person(name).partition(":")[2]
    raise ToolError(
        "no team in identity:teams has the capability datastore-admin, so nobody may set rights inside of databases. "
        "Give it to the team that owns the datastores, or name a person with AS=<address>."
    )


def _groups(foundation: _Foundation, teams: Iterable[tuple[str, _Team]]) -> dict[str, tuple[str, ...]]:
    """Members by group; nobody is in the break-glass group on a normal day."""
    members = defaultdict[str, list[str]](list)
    for name, team in teams:
        members[f"group:{team.group}"].append(team.person(name))
    if foundation.administrators:
        members[f"group:{foundation.administrators}"].append(ADMIN)
    if foundation.break_glass:
        members[f"group:{foundation.break_glass}"] += []
    if foundation.domain:
        # The cluster's login takes groups that are nested in this one; the platform layer names it by the domain.
        members[f"group:gke-security-groups@{foundation.domain}"] += []
    return {group: tuple(people) for group, people in members.items()}


def _read(file: Path, model: type[_Settings]) -> _Settings:
    consequence = "nobody knows whose sandbox this is, and nothing was started"
    return yaml_file.load(file, model.model_validate, consequence, part="config")


def require_same(directory: Path, expected: Tenant) -> None:
    """Check that a sandbox belongs to a tenant: another tenant has other resources, policies and states.

    Raises `ToolError` with each difference.
    """
    file = directory / "cloud.db"
    if not file.is_file():
        return
    with closing(Store(file)) as store:
        was = seeded(store)
    if was is None or was == expected.ids:
        return
    before, after = asdict(was), asdict(expected.ids)
    changed = "; ".join(
        f"{key}: {before[field] or 'none'} there, {after[field] or 'none'} in the file"
        for field, key in _KEYS.items()
        if before[field] != after[field]
    )
    stack_file = layout.foundation(SANDBOX).file.relative_to(CHECKOUT)
    raise ToolError(
        f"the sandbox {directory} was brought up for another project or organisation than {stack_file} names "
        f"({changed}), so nothing was started or changed. Discard it with `make down` and begin anew with `make up`, "
        "or take the edit back."
    )
