"""Committed stack files, as far as the commands read them; the layers check them in full."""

from functools import cache
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from cli import yaml_file
from toolchain.errors import ToolError


class _Model(BaseModel):
    model_config = ConfigDict(extra="ignore")


class Team(_Model):
    """Declaration of a team in `identity:teams`: its group, and what it may do beyond its own apps."""

    group: str
    capabilities: tuple[str, ...] = ()


class App(_Model):
    """Declaration of an app: its secrets in Secret Manager, its databases, and what else it needs of Google Cloud.

    `migrated_by` is the app that makes its schemas; None for an app that makes its own.
    """

    secrets: tuple[str, ...] = ()
    databases: tuple[str, ...] = ()
    access: tuple[str, ...] = ()
    migrated_by: str | None = Field(default=None, alias="migratedBy")

    @property
    def uses_google(self) -> bool:
        """True if the app has a Google service account."""
        return bool(self.secrets or self.databases or self.access)


class Source(_Model):
    """A repository whose builds on one branch push a team's images."""

    repository_id: str = Field(alias="repositoryId")
    branch: str = "main"


class OwnTeam(_Model):
    """The team of a team's own stack file."""

    name: str
    group: str
    builds: tuple[Source, ...] = ()


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
    team: OwnTeam | None = Field(default=None, alias="identity:team")
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
    if not file.exists():
        raise missing(file)
    return yaml_file.load(file, lambda content: StackFile.model_validate(content or {}), "nothing was started")


def missing(file: Path) -> ToolError:
    """Error about a stack file that does not exist."""
    known = sorted(map(stack, file.parent.glob("Pulumi.*.yaml")))
    return ToolError(
        f"{shown(file)} does not exist, so {file.parent.name} has no stack {stack(file)!r}. Nothing was "
        f"started. Its stacks are: {', '.join(known) or 'none'}; choose an environment with STACK=, or write the file. "
        "If it was removed: what the stack has on Google Cloud runs on. Restore the file, and destroy the stack first "
        "(.github/guides/environments.md)."
    )


@cache
def names(folder: Path) -> tuple[str, ...]:
    """Names of the stacks of a project that have stack files; each folder is listed once."""
    return tuple(sorted(map(stack, folder.glob("Pulumi.*.yaml"))))


def stack(file: Path) -> str:
    """Name of the stack of a stack file."""
    return file.name.removeprefix("Pulumi.").removesuffix(".yaml")


def shown(file: Path) -> str:
    """Path of a stack file from the top of the checkout, for messages."""
    return f"{file.parent.name}/{file.name}"
