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
FOUNDATION = "foundation"  # the part of identity that administrators deploy


@dataclass(frozen=True)
class Owner:
    """Owner of stacks: the accounts that run them, and the location of their states.

    Attributes:
        name: as in OWNER: `identity`, `foundation`, `apps-shop`.
        store: name of the bucket and of the key: `apps`.
        folder: in the bucket; empty for the bucket itself.
        previewed_by: prefix of the name of another owner's preview account; administrators deploy, without an account.
    """

    name: str
    store: str
    folder: str = ""
    previewed_by: str = ""

    @property
    def answers(self) -> str:
        """Owner of the accounts, as `identity:owners` names it."""
        return self.previewed_by or self.name

    @property
    def by_administrators(self) -> bool:
        """True when administrators alone deploy, without an account of CI."""
        return bool(self.previewed_by)

    def account(self, kind: Kind, gcp_project: str) -> str:
        """The e-mail address of the preview or the deploy account; empty for a deployment by administrators."""
        if kind == "deploy" and self.by_administrators:
            return ""
        return f"{self.answers}-{kind}@{gcp_project}.iam.gserviceaccount.com"

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
        named: owner by part.
    """

    name: str
    named: Mapping[str | None, Owner]
    of_apps: bool = False

    @property
    def parts(self) -> tuple[str | None, ...]:
        """All parts."""
        return tuple(self.named)

    @property
    def stores(self) -> tuple[str, ...]:
        """A store for each part."""
        return tuple(owner.store for owner in self.named.values())

    def has(self, part: str | None) -> bool:
        """Return whether the part is one of the project's."""
        return part in self.named

    def program(self, part: str | None) -> str:
        """A program for each part."""
        return f"{self.name}/{part}" if part else self.name

    def store(self, part: str | None) -> str:
        """The store of the part."""
        return self.named[part].store

    def owner(self, part: str | None, identity: Path) -> Owner:
        """The part's accounts."""
        del identity
        return self.named[part]

    def owners(self, identity: Path) -> list[Owner]:
        """Each part."""
        return [self.owner(part, identity) for part in self.parts]

    def team(self, part: str | None, identity: Path) -> str:
        """The team whose group is in `identity:owners`."""
        name, foundation = self.named[part].answers, _foundation(identity)
        team = stack_file.owners(foundation, identity).get(name)
        if team is None:
            raise ToolError(
                f"{stack_file.shown(foundation)} does not set identity:owners.{name}, so nobody is known to own "
                f"{self.program(part)}. Nothing was started. Add it: `{name}: <group>` under identity:owners."
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
    "identity": _StackPerPart(
        "identity",
        {None: Owner("identity", "identity"), FOUNDATION: Owner("foundation", "foundation", previewed_by="identity")},
    ),
    "platform": _StackPerPart(
        "platform", {None: Owner("platform", "platform"), "storage": Owner("storage", "storage")}
    ),
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


def _foundation(identity: Path) -> Path:
    """Stack file of the foundation beside the stack file of the identity layer in the same environment."""
    return identity.with_name(f"Pulumi.{joined(identity.name.split('.')[1], FOUNDATION)}.yaml")


def joined(environment: str, part: str | None) -> str:
    """Name of a stack; the inverse of `split`."""
    return f"{part}-{environment}" if part else environment
