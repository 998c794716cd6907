"""Committed stack files, as far as the commands read them; the layers check them in full."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from toolchain.errors import ToolError


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class App(_Model):
    """Declaration of an app: the team that owns it."""

    team: str


class Team(_Model):
    """Declaration of a team: its group."""

    group: str


class GitHub(_Model):
    """The repository whose workflows may use the CI accounts."""

    repository: str
    repository_id: str = Field(alias="repositoryId")
    owner_id: str = Field(alias="ownerId")
    branch: str = "main"


class Settings(_Model):
    """The configuration of a stack."""

    project: str | None = Field(default=None, alias="gcp:project")
    region: str | None = Field(default=None, alias="gcp:region")
    number: str | None = Field(default=None, alias="identity:projectNumber")
    owners: dict[str, str] = Field(default_factory=dict[str, str], alias="identity:owners")
    teams: dict[str, Team] = Field(default_factory=dict[str, Team], alias="identity:teams")
    apps: dict[str, App] = Field(default_factory=dict[str, App], alias="identity:apps")
    github: GitHub | None = Field(default=None, alias="identity:github")


class StackFile(_Model):
    """A stack file; `secretsprovider` is empty until the stack has a state on Google Cloud."""

    config: Settings = Settings()
    secretsprovider: str = ""


@cache
def read(file: Path) -> StackFile:
    """Content of a stack file; each file is read once.

    Raises `ToolError` when it is missing or invalid.
    """
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        return StackFile.model_validate(content or {})
    except FileNotFoundError as error:
        raise missing(file) from error
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ToolError(f"{shown(file)} cannot be read, so nothing was started: {error}") from error


def owners(foundation: Path, identity: Path) -> dict[str, str]:
    """Teams that own the layers and the datastores: those whose groups the foundation names.

    Args:
        foundation: stack file of the foundation.
        identity: stack file of the identity layer's daily work in the same environment, which has the teams.

    Raises `ToolError` when a file cannot be read, or a group is no team's.
    """
    teams = {team.group: name for name, team in read(identity).config.teams.items()}
    owning: dict[str, str] = {}
    for name, group in read(foundation).config.owners.items():
        if group not in teams:
            raise ToolError(
                f"{shown(foundation)} says that {group} owns {name}, and that is the group of no team in "
                f"{shown(identity)}. Nothing was started. Add the team there, or correct the group."
            )
        owning[name] = teams[group]
    return owning


def missing(file: Path) -> ToolError:
    """Error about a stack file that does not exist."""
    known = sorted(path.name.split(".")[1] for path in file.parent.glob("Pulumi.*.yaml"))
    return ToolError(
        f"{shown(file)} does not exist, so {file.parent.name} has no stack {file.name.split('.')[1]!r}. Nothing was "
        f"started. Its stacks are: {', '.join(known) or 'none'}; choose an environment with STACK=, or write the file."
    )


@cache
def names(folder: Path) -> tuple[str, ...]:
    """Names of the stacks of a project that have stack files; each folder is listed once."""
    files = (file.name for file in folder.glob("Pulumi.*.yaml"))
    return tuple(sorted(name.removeprefix("Pulumi.").removesuffix(".yaml") for name in files))


def shown(file: Path) -> str:
    """Path of a stack file from the top of the checkout, for messages."""
    return f"{file.parent.name}/{file.name}"
