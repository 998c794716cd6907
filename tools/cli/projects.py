"""Division of each Pulumi project into stacks: names of its parts, the accounts that run them, and their backends.

No other module derives any of these from a project's name: a project that is divided further gets its rule here. The
order of the stacks follows from their contracts (contracts.py).
"""

from collections.abc import Iterable, Mapping
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
    def parts(self) -> tuple[str | None, ...]:
        """Parts that every environment has, None for the part without a name; apps are none of them."""
        ...

    @property
    def stores(self) -> tuple[str, ...]:
        """Names of the project's buckets and keys for states."""
        ...

    @property
    def of_apps(self) -> bool:
        """True when each part is an app, which shares nothing that is written with another part."""
        ...

    def has(self, part: str | None) -> bool:
        """Return whether the project can have a part."""
        ...

    def program(self, part: str | None) -> str:
        """Name of the program that a part runs, as contracts name it."""
        ...

    def store(self, part: str | None) -> str:
        """Name of the bucket and the key of a part's state."""
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
class _StackPerPart:
    """A project with a fixed number of stacks in each environment, each run by accounts of its own.

    Attributes:
        name: of the project.
        named: part to the name of its accounts and of the store of its state.
    """

    name: str
    named: Mapping[str | None, str]
    of_apps: bool = False

    @property
    def parts(self) -> tuple[str | None, ...]:
        """All parts."""
        return tuple(self.named)

    @property
    def stores(self) -> tuple[str, ...]:
        """A store for each part."""
        return tuple(self.named.values())

    def has(self, part: str | None) -> bool:
        """Return whether the part is one of the project's."""
        return part in self.named

    def program(self, part: str | None) -> str:
        """A program for each part."""
        return f"{self.name}/{part}" if part else self.name

    def store(self, part: str | None) -> str:
        """The store of the part."""
        return self.named[part]

    def owner(self, part: str | None, identity: Path) -> Owner:
        """The part itself, by its own accounts."""
        del identity
        return Owner(self.named[part], self.named[part])

    def owners(self, identity: Path) -> list[Owner]:
        """Each part."""
        return [self.owner(part, identity) for part in self.parts]

    def team(self, part: str | None, identity: Path) -> str:
        """The team in `identity:owners`."""
        name = self.named[part]
        team = stack_file.read(identity).config.owners.get(name)
        if team is None:
            raise ToolError(
                f"{stack_file.shown(identity)} does not set identity:owners.{name}, so nobody is known to own "
                f"{self.program(part)}. Nothing was started. Add it: `{name}: <team>` under identity:owners."
            )
        return team


@dataclass(frozen=True)
class _StackPerApp:
    """A project with a stack for each app, run by accounts of the app's team."""

    name: str
    of_apps: bool = True

    @property
    def parts(self) -> tuple[str | None, ...]:
        """None: an environment may have no app."""
        return ()

    @property
    def stores(self) -> tuple[str, ...]:
        """One store with a folder for each team."""
        return (self.name,)

    def program(self, part: str | None) -> str:
        """One program for all apps."""
        del part
        return self.name

    def store(self, part: str | None) -> str:
        """The store of all apps."""
        del part
        return self.name

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
                f"{self.name}/Pulumi.{part}-{environment}.yaml."
            )
        return app.team

    def _of(self, team: str) -> Owner:
        return Owner(f"{self.name}-{team}", self.name, team)


PROJECTS: dict[str, Project] = {
    "identity": _StackPerPart("identity", {None: "identity"}),
    "platform": _StackPerPart("platform", {None: "platform", "storage": "storage"}),
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
