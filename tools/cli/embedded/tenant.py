"""Organisation that the sandbox simulates, from the identity layer's settings for the sandbox.

The people are made up, one for each team: `shop-developer` is in the group of the team `shop`, which may use the
cluster. They follow from teams, groups and the domain in the settings.
"""

from collections import defaultdict
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

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


class _BreakGlass(_Model):
    group: str


class _Organization(_Model):
    id: str


class _Config(_Model):
    """Settings that determine the sandbox; the layer itself checks all settings."""

    project: str = Field(alias="gcp:project")
    region: str = Field(alias="gcp:region")
    number: str = Field(alias="identity:projectNumber")
    domain: str = Field(default="", alias="identity:domain")
    administrators: str | None = Field(default=None, alias="identity:administrators")
    break_glass: _BreakGlass | None = Field(default=None, alias="identity:breakGlass")
    organization: _Organization | None = Field(default=None, alias="identity:organization")
    teams: dict[str, _Team] = Field(default_factory=dict[str, _Team], alias="identity:teams")

    def groups(self) -> dict[str, tuple[str, ...]]:
        """Members by group; nobody is in the break-glass group on a normal day."""
        members = defaultdict[str, list[str]](list)
        for name, team in self.teams.items():
            members[f"group:{team.group}"].append(team.person(name))
        if self.administrators:
            members[f"group:{self.administrators}"].append(ADMIN)
        if self.break_glass:
            members[f"group:{self.break_glass.group}"] += []
        return {group: tuple(people) for group, people in members.items()}


class _StackFile(_Model):
    config: _Config


def tenant() -> Tenant:
    """Tenant that the identity layer's settings for the sandbox describe.

    Raises `ToolError` when they cannot be read, or lack a setting that a sandbox requires.
    """
    file = Stack("identity", SANDBOX).file
    try:
        config = _StackFile.model_validate(yaml.safe_load(file.read_text(encoding="utf-8"))).config
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ToolError(
            f"{file.relative_to(CHECKOUT)} does not tell whose sandbox this is, so nothing was started. Correct it:\n"
            f"{_reasons(error)}"
        ) from error
    organization = config.organization.id if config.organization else None
    return Tenant(config.project, config.number, config.region, config.domain, organization, config.groups())


def _reasons(error: Exception) -> str:
    if not isinstance(error, ValidationError):
        return str(error)
    return "\n".join(f"  {'.'.join(map(str, problem['loc'][1:]))}: {problem['msg']}" for problem in error.errors())


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
    stack_file = Stack("identity", SANDBOX).file.relative_to(CHECKOUT)
    raise ToolError(
        f"the sandbox {directory} was brought up for another project or organisation than {stack_file} names "
        f"({changed}), so nothing was started or changed. Discard it with `make down` and begin anew with `make up`, "
        "or take the edit back."
    )
