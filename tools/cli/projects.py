"""Division of each Pulumi project into stacks: names of its parts, the accounts that run them, and their backends.

No other module derives any of these from a project's name: a project that is divided further, such as datastores apart
from the network, gets its rule here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

from cli import stack_file
from toolchain.errors import ToolError

Kind = Literal["preview", "deploy"]


@dataclass(frozen=True)
class Owner:
    """Owner of stacks: the accounts that run them, and the location of their states.

    Attributes:
        accounts: prefix of the accounts' names: `apps-shop` of apps-shop-preview and apps-shop-deploy.
        store: name of the bucket and of the key: `apps`.
        folder: in the bucket; empty for the bucket itself.
    """

    accounts: str
    store: str
    folder: str = ""

    def account(self, kind: Kind, gcp_project: str) -> str:
        """The e-mail address of the preview or the deploy account."""
        return f"{self.accounts}-{kind}@{gcp_project}.iam.gserviceaccount.com"

    def backend(self, gcp_project: str) -> str:
        """Address of the states; the identity layer has made the bucket."""
        bucket = f"gs://{gcp_project}-state-{self.store}"
        return f"{bucket}/{self.folder}" if self.folder else bucket


class Project(Protocol):
    """The rule of one project; `identity` is the stack file of the identity layer in the same environment."""

    @property
    def store(self) -> str:
        """Name of the project's bucket and key for states."""
        ...

    @property
    def of_apps(self) -> bool:
        """True when each part is an app, which shares nothing that is written with another part."""
        ...

    def has(self, part: str | None) -> bool:
        """Return whether the project can have a part; None is the project as a whole."""
        ...

    def owner(self, part: str | None, identity: Path) -> Owner:
        """Owner of a part."""
        ...

    def owners(self, identity: Path) -> list[Owner]:
        """Owners of all parts of the project, whether or not the parts have stacks now."""
        ...

    def team(self, part: str | None, identity: Path) -> str:
        """The team that owns a part."""
        ...


@dataclass(frozen=True)
class _OneStack:
    """A project that is one stack in each environment, run by accounts of its own."""

    store: str
    of_apps: bool = False

    def has(self, part: str | None) -> bool:
        """Return whether the part is the project as a whole, which has no parts."""
        return part is None

    def owner(self, part: str | None, identity: Path) -> Owner:
        """The project itself, by its own accounts."""
        del part, identity
        return Owner(self.store, self.store)

    def owners(self, identity: Path) -> list[Owner]:
        """The project itself, as the only owner."""
        return [self.owner(None, identity)]

    def team(self, part: str | None, identity: Path) -> str:
        """The team in `identity:owners`."""
        del part
        team = stack_file.read(identity).config.owners.get(self.store)
        if team is None:
            raise ToolError(
                f"{stack_file.shown(identity)} does not set identity:owners, so nobody is known to own it. Nothing was "
                "started. Add it: {identity: <team>, platform: <team>}."
            )
        return team


@dataclass(frozen=True)
class _StackPerApp:
    """A project with a stack for each app, run by accounts of the app's team."""

    store: str
    of_apps: bool = True

    def has(self, part: str | None) -> bool:
        """Return whether the part is an app; there is no stack of the project as a whole."""
        return bool(part)

    def owner(self, part: str | None, identity: Path) -> Owner:
        """The app's team, whose states are in a folder of the bucket."""
        return self._of(self.team(part, identity))

    def owners(self, identity: Path) -> list[Owner]:
        """Each team that has an app."""
        return [self._of(team) for team in sorted({app.team for app in stack_file.read(identity).config.apps.values()})]

    def team(self, part: str | None, identity: Path) -> str:
        """The team of the app in `identity:apps`."""
        app = stack_file.read(identity).config.apps.get(part or "")
        if app is None:
            environment = identity.name.split(".")[1]
            raise ToolError(
                f"the app {part} is not in identity:apps of {stack_file.shown(identity)}, so no team's account may "
                "deploy it. Nothing was started. Declare it there ({team: <team>}), or remove "
                f"{self.store}/Pulumi.{part}-{environment}.yaml."
            )
        return app.team

    def _of(self, team: str) -> Owner:
        return Owner(f"{self.store}-{team}", self.store, team)


# In the order of deployment: each project reads contracts of the projects before it.
PROJECTS: dict[str, Project] = {
    "identity": _OneStack("identity"),
    "platform": _OneStack("platform"),
    "apps": _StackPerApp("apps"),
}


def split(project: str, stack: str, environments: Iterable[str]) -> tuple[str, str | None] | None:
    """Environment and part of a stack, from its name; None for a name that no stack of the project can have.

    The longer name of an environment counts: with `prod` and `eu-prod`, shop-eu-prod belongs to `eu-prod`.
    """
    for environment in sorted(environments, key=len, reverse=True):
        if stack == environment or stack.endswith(f"-{environment}"):
            part = stack.removesuffix(environment).removesuffix("-") or None
            return (environment, part) if PROJECTS[project].has(part) else None
    return None


def joined(environment: str, part: str | None) -> str:
    """Name of a stack; the inverse of `split`."""
    return f"{part}-{environment}" if part else environment
