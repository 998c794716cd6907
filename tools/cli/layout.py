"""What is in the checkout: the layers, their stacks, and which account runs a stack."""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from cli import rollout
from cli.rollout import Environment
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError, UsageError

LAYERS = rollout.LAYERS
SANDBOX = rollout.SANDBOX
POLICIES = CHECKOUT / "policies"
# In the URN of what only an administrator may change (identity_layer/foundation.py).
FOUNDATION = "prodfirst:identity:Foundation$"

Kind = Literal["preview", "deploy"]
_Value = TypeVar("_Value")


class _App(BaseModel):
    model_config = ConfigDict(extra="ignore")

    team: str


class GitHub(BaseModel):
    """The repository whose workflows may use the CI accounts; the layer itself checks it."""

    model_config = ConfigDict(extra="ignore")

    repository: str
    repository_id: str = Field(alias="repositoryId")
    owner_id: str = Field(alias="ownerId")
    branch: str = "main"


class _Settings(BaseModel):
    """What the commands read from a stack file; the layer itself checks the whole of it."""

    model_config = ConfigDict(extra="ignore")

    project: str | None = Field(default=None, alias="gcp:project")
    region: str | None = Field(default=None, alias="gcp:region")
    number: str | None = Field(default=None, alias="identity:projectNumber")
    owners: dict[str, str] = Field(default_factory=dict[str, str], alias="identity:owners")
    apps: dict[str, _App] = Field(default_factory=dict[str, _App], alias="identity:apps")
    github: GitHub | None = Field(default=None, alias="identity:github")


class _StackFile(BaseModel):
    model_config = ConfigDict(extra="ignore")

    config: _Settings = _Settings()
    secretsprovider: str = ""


@dataclass(frozen=True)
class Stack:
    """A stack of a layer: `identity/sandbox`, or for apps, whose stacks are per app, `apps/storefront-sandbox`."""

    project: str
    environment: str
    part: str | None = None

    @property
    def name(self) -> str:
        """The name that Pulumi knows it by."""
        return f"{self.part}-{self.environment}" if self.part else self.environment

    @property
    def title(self) -> str:
        """`identity`, or `apps/storefront`: what the person calls it."""
        return f"{self.project}/{self.part}" if self.part else self.project

    @property
    def folder(self) -> Path:
        """The Pulumi project."""
        return CHECKOUT / self.project

    @property
    def file(self) -> Path:
        """Its committed settings."""
        return self.folder / f"Pulumi.{self.name}.yaml"

    @property
    def is_ready(self) -> bool:
        """Whether it has a state on Google Cloud: its file names the state's key (`make bootstrap`)."""
        return self.file.is_file() and bool(_stack_file(self.file).secretsprovider)

    def gcp_project(self) -> str:
        """The Google Cloud project that its settings name.

        Raises `ToolError` when there are no settings or they name none.
        """
        project = _settings(self.file).project
        if project is None:
            raise ToolError(
                f"{_shown(self.file)} does not set gcp:project, so the account to run as is unknown. Nothing was "
                "started. Add `gcp:project: <project ID>` under config."
            )
        return project

    def backend(self) -> str:
        """The address of its state, which the identity layer has made a bucket for: one per layer, for apps a team's
        own folder in it.
        """
        bucket = f"gs://{self.gcp_project()}-state-{self.project}"
        return f"{bucket}/{self.team()}" if self.part else bucket

    def secrets_provider(self) -> str:
        """The address of the key that encrypts the secrets in its state.

        Keys are where the identity layer of the environment is: apps have no region of their own.

        Raises `ToolError` when that layer's settings do not name a region.
        """
        location = f"projects/{self.gcp_project()}/locations/{region(self.environment)}"
        return f"gcpkms://{location}/keyRings/state/cryptoKeys/{self.project}"

    def account(self, kind: Kind) -> str:
        """The e-mail address of its preview or deploy service account; an app's belongs to the app's team."""
        return f"{self.owner()}-{kind}@{self.gcp_project()}.iam.gserviceaccount.com"

    def owner(self) -> str:
        """Whose accounts run it: `identity`, or for an app its team's, `apps-shop`."""
        return f"{self.project}-{self.team()}" if self.part else self.project

    def team(self) -> str:
        """The team that owns the layer or the app, as the identity layer's settings of the same environment say.

        Raises `ToolError` when they do not name it.
        """
        if self.part is None:
            why, remedy = "nobody is known to own it", "Add it: {identity: <team>, platform: <team>}."
            return _set_by_identity(
                self.environment, lambda settings: settings.owners.get(self.project), "identity:owners", why, remedy
            )
        source = CHECKOUT / "identity" / f"Pulumi.{self.environment}.yaml"
        app = _settings(source).apps.get(self.part)
        if app is None:
            raise ToolError(
                f"the app {self.part} is not in identity:apps of {_shown(source)}, so no team's account may deploy it. "
                f"Nothing was started. Declare it there ({{team: <team>}}), or remove {_shown(self.file)}."
            )
        return app.team


def region(environment: str) -> str:
    """Where the identity layer of an environment keeps keys and logs.

    Raises `ToolError` when its settings do not name it.
    """
    why, remedy = "its keys and logs cannot be named", "Add `gcp:region: <region>` under config."
    return _set_by_identity(environment, lambda settings: settings.region, "gcp:region", why, remedy)


def github(environment: str) -> GitHub:
    """The repository whose workflows run an environment.

    Raises `ToolError` when the identity layer's settings name none.
    """
    why, remedy = "no workflow may use an account", "Add it: {repository: owner/name, repositoryId: …, ownerId: …}."
    return _set_by_identity(environment, lambda settings: settings.github, "identity:github", why, remedy)


def federation(environment: str) -> str:
    """The name of the provider that lets those workflows in, which the identity layer makes.

    Raises `ToolError` when that layer's settings do not tell the project's number.
    """
    why, remedy = "the way in for workflows has no name", 'Add `identity:projectNumber: "<number>"` under config.'
    number = _set_by_identity(environment, lambda settings: settings.number, "identity:projectNumber", why, remedy)
    return f"projects/{number}/locations/global/workloadIdentityPools/github/providers/github"


def _set_by_identity(
    environment: str, value: Callable[[_Settings], _Value | None], key: str, why: str, remedy: str
) -> _Value:
    """What the identity layer's settings of an environment say.

    Raises `ToolError` when they do not: what follows from that, and the remedy.
    """
    source = CHECKOUT / "identity" / f"Pulumi.{environment}.yaml"
    found = value(_settings(source))
    if found is None:
        raise ToolError(f"{_shown(source)} does not set {key}, so {why}. Nothing was started. {remedy}")
    return found


def rollout_order() -> list[Environment]:
    """The environments on Google Cloud that are there, in the order in which a change reaches them.

    An environment is there as soon as the identity layer, which everything else stands on, has a stack file for it.

    Raises `ToolError` when the list of environments is not of the form.
    """
    return [each for each in rollout.listed(CHECKOUT) if Stack("identity", each.name).file.is_file()]


def environments() -> list[str]:
    """The names of those environments, in the same order."""
    return [each.name for each in rollout_order()]


def require_listed(environment: str) -> None:
    """Raises `UsageError` for an environment that a change does not reach."""
    names = [each.name for each in rollout.listed(CHECKOUT)]
    if environment not in names:
        raise UsageError(
            f"{rollout.FILE} does not list the environment {environment!r} (it lists: {', '.join(names)}), so "
            "nobody has said after which other one a change reaches it. Nothing was started. List it there first."
        )


def owners(environment: str) -> list[str]:
    """Whose identities deploy to an environment: the layers', and those of each team that has an app."""
    apps = _settings(CHECKOUT / "identity" / f"Pulumi.{environment}.yaml").apps
    layers = [layer for layer in LAYERS if layer != "apps"]
    return [*layers, *sorted({f"apps-{app.team}" for app in apps.values()})]


def stacks(environment: str, layer: str | None = None, app: str | None = None) -> list[Stack]:
    """The stacks of an environment in the order in which they are deployed, narrowed to a layer or an app.

    Raises `UsageError` when there is no such layer or app, `ToolError` when the environment has no stack file.
    """
    if not re.fullmatch(r"[A-Za-z0-9_-]+", environment):
        raise UsageError(f"{environment!r} cannot be an environment; STACK is a word, such as sandbox, dev or prod")
    if layer is not None and layer not in LAYERS:
        raise UsageError(f"there is no layer {layer!r}; the layers are {', '.join(LAYERS)}")
    if app is not None and layer not in (None, "apps"):
        raise UsageError(f"APP={app} names a stack of apps, and LAYER={layer} another layer; give one of them")
    layers = ("apps",) if app is not None else (layer,) if layer else LAYERS
    found: list[Stack] = []
    for each in layers:
        found += _apps(environment) if each == "apps" else [Stack(each, environment)]
    if app is not None:
        return [_chosen(found, app, environment)]
    for stack in found:
        if not stack.file.is_file():
            raise ToolError(_missing(stack.file, environment))
    return found


def present(environment: str, layer: str) -> list[Stack]:
    """The stacks of a layer; a layer without a stack file has none in this environment."""
    if layer == "apps":
        return _apps(environment)
    stack = Stack(layer, environment)
    return [stack] if stack.file.is_file() else []


def stacks_by_file() -> dict[str, Stack | None]:
    """Every stack file, by its path from the top; None for one whose name ends with no environment's."""
    # The longer name first: of the environments `prod` and `eu-prod`, shop-eu-prod is the second one's.
    names = sorted((_stack_name(file) for file in _stack_files("identity")), key=len, reverse=True)
    found: dict[str, Stack | None] = {}
    for layer in LAYERS:
        for file in _stack_files(layer):
            name = _stack_name(file)
            if layer == "apps":
                environment = next((each for each in names if name.endswith(f"-{each}")), None)
                stack = Stack(layer, environment, name.removesuffix(f"-{environment}")) if environment else None
            else:
                stack = Stack(layer, name) if name in names else None
            found[str(_shown(file))] = stack
    return found


def _stack_files(layer: str) -> list[Path]:
    return sorted((CHECKOUT / layer).glob("Pulumi.*.yaml"))


def _stack_name(file: Path) -> str:
    return file.name.removeprefix("Pulumi.").removesuffix(".yaml")


def _apps(environment: str) -> list[Stack]:
    return [
        stack
        for stack in stacks_by_file().values()
        if stack and stack.part is not None and stack.environment == environment
    ]


def _chosen(found: Iterable[Stack], app: str, environment: str) -> Stack:
    known = {stack.part or "": stack for stack in found}
    if app not in known:
        names = ", ".join(sorted(known)) or "none"
        raise UsageError(f"there is no app {app!r} in the environment {environment} (there are: {names})")
    return known[app]


def _missing(file: Path, environment: str) -> str:
    known = sorted(path.name.split(".")[1] for path in file.parent.glob("Pulumi.*.yaml"))
    return (
        f"{_shown(file)} does not exist, so {file.parent.name} has no stack for the environment {environment!r}. "
        f"Nothing was started. Its stacks are: {', '.join(known) or 'none'}; choose one with STACK=, or write the file."
    )


@cache
def _stack_file(file: Path) -> _StackFile:
    try:
        content = yaml.safe_load(file.read_text(encoding="utf-8"))
        return _StackFile.model_validate(content or {})
    except FileNotFoundError as error:
        raise ToolError(_missing(file, file.name.split(".")[1])) from error
    except (OSError, yaml.YAMLError, ValidationError) as error:
        raise ToolError(f"{_shown(file)} cannot be read, so nothing was started: {error}") from error


def _settings(file: Path) -> _Settings:
    return _stack_file(file).config


def _shown(file: Path) -> Path:
    return file.relative_to(CHECKOUT)
