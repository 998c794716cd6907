"""Division of each Pulumi project into stacks: names of its parts, the accounts that run them, and their backends.

No other module derives any of these from a project's name: a project that is divided further gets its rule here. The
order of the stacks follows from their contracts (contracts.py).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, Protocol

from cli import stack_file, team_files
from toolchain.errors import ToolError

Kind = Literal["preview", "deploy"]
FOUNDATION = "foundation"  # the part of identity that administrators deploy
TEAM = "team"  # the part of identity that each team with an app has one of
NAMESPACES = "namespaces"  # the part of the platform that each of these teams has one of


@dataclass(frozen=True)
class Owner:
    """Owner of stacks: the accounts that run them, and the location of their states.

    Attributes:
        name: as in OWNER: `identity`, `foundation`, `apps-shop`; the bucket and the key of the states are named like
            `store`, and the accounts `<name>-preview` and `<name>-deploy`.
        store: name of the bucket and of the key: `apps`.
        folder: in the bucket; empty for the bucket itself.
        answers: owner of the accounts, as `identity:owners` names it; empty for a team's apps.
        by_administrators: True when administrators alone deploy, without an account of CI; the preview account is then
            that of the owner that answers.
    """

    name: str
    store: str
    folder: str = ""
    answers: str = ""
    by_administrators: bool = False

    def account(self, kind: Kind, gcp_project: str) -> str:
        """The e-mail address of the preview or the deploy account; empty for a deployment by administrators."""
        if kind == "deploy" and self.by_administrators:
            return ""
        return f"{self.accounts}-{kind}@{gcp_project}.iam.gserviceaccount.com"

    @property
    def accounts(self) -> str:
        """First part of the accounts' names."""
        return self.answers if self.by_administrators else self.name

    def backend(self, gcp_project: str) -> str:
        """Address of the states; the identity layer has made the bucket."""
        bucket = f"gs://{gcp_project}-state-{self.store}"
        return f"{bucket}/{self.folder}" if self.folder else bucket


class Project(Protocol):
    """The rule of one project; `identity` is the stack file of the identity layer in the same environment."""

    @property
    def parts(self) -> tuple[str | None, ...]:
        """Parts that every environment has, None for the part without a name; none of a team, and no app."""
        ...

    @property
    def programs(self) -> tuple[str, ...]:
        """Programs of the project's stacks."""
        ...

    @property
    def stores(self) -> tuple[str, ...]:
        """Names of the project's buckets and keys for states."""
        ...

    @property
    def of_apps(self) -> bool:
        """True when each part is an app."""
        ...

    def has(self, part: str | None) -> bool:
        """Return whether the project can have a part."""
        ...

    def is_one_of_many(self, part: str | None) -> bool:
        """Return whether a part is a team's or an app, which shares nothing that is written with another such part."""
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
        """The team that answers for a part."""
        ...

    def folders(self, team: str) -> list[Owner]:
        """Owners of what a team has in the project, whether or not the team has files now."""
        ...


@dataclass(frozen=True)
class _StackPerPart:
    """A project with parts that each environment has, and with parts that each team with an app has.

    Attributes:
        name: of the project.
        named: owner by part, of what each environment has one of.
        of_teams: owner by the beginning of a part's name, of what each team has one of.
    """

    name: str
    named: Mapping[str | None, Owner]
    of_teams: Mapping[str, Owner] = field(default_factory=dict[str, Owner])
    of_apps: bool = False

    @property
    def parts(self) -> tuple[str | None, ...]:
        """All parts that each environment has."""
        return tuple(self.named)

    @property
    def programs(self) -> tuple[str, ...]:
        """A program for each part, and one for all teams."""
        return tuple(self._program(part) for part in (*self.named, *self.of_teams))

    @property
    def stores(self) -> tuple[str, ...]:
        """A store for each part, and one for all teams, with a folder for each."""
        return tuple(owner.store for owner in (*self.named.values(), *self.of_teams.values()))

    def has(self, part: str | None) -> bool:
        """Return whether the part is one of the project's."""
        return part in self.named or bool(part and self._of_team(part))

    def is_one_of_many(self, part: str | None) -> bool:
        """Return whether the part is a team's."""
        return part not in self.named

    def program(self, part: str | None) -> str:
        """A program for each part, and one for all teams."""
        return self._program(part if part in self.named else self._named(part)[0])

    def store(self, part: str | None) -> str:
        """The store of the part."""
        return self._owner(part).store

    def owner(self, part: str | None, identity: Path) -> Owner:
        """The part's accounts."""
        del identity
        return self._owner(part)

    def owners(self, identity: Path) -> list[Owner]:
        """Each part, and for each team a folder of one owner."""
        names = sorted(team_files.teams(identity)) or [""]
        return [*self.named.values(), *(owner for team in names for owner in self.folders(team))]

    def folders(self, team: str) -> list[Owner]:
        """A folder of each owner of teams' stacks."""
        return [replace(owner, folder=team) for owner in self.of_teams.values()]

    def team(self, part: str | None, identity: Path) -> str:
        """The team whose group is in `identity:owners`."""
        name, foundation = self._owner(part).answers, _foundation(identity)
        team = team_files.owners(foundation, identity).get(name)
        if team is None:
            raise ToolError(
                f"{stack_file.shown(foundation)} does not set identity:owners.{name}, so nobody is known to own "
                f"{self.program(part)}. Nothing was started. Add it: `{name}: <group>` under identity:owners."
            )
        return team

    def _program(self, part: str | None) -> str:
        return f"{self.name}/{part}" if part else self.name

    def _owner(self, part: str | None) -> Owner:
        if part in self.named:
            return self.named[part]
        begin, team = self._named(part)
        return replace(self.of_teams[begin], folder=team)

    def _named(self, part: str | None) -> tuple[str, str]:
        found = self._of_team(part or "")
        if found is None:
            raise KeyError(part)
        return found

    def _of_team(self, part: str) -> tuple[str, str] | None:
        """Beginning of a part's name, and the team; None for a part that is no team's."""
        begin, _, team = part.partition("-")
        return (begin, team) if team and begin in self.of_teams else None


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
    def programs(self) -> tuple[str, ...]:
        """One program for all apps."""
        return (self.name,)

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

    def is_one_of_many(self, part: str | None) -> bool:
        """Return True: each part is an app."""
        del part
        return True

    def owner(self, part: str | None, identity: Path) -> Owner:
        """The app's team, whose states are in a folder of the bucket."""
        return self._of(self.team(part, identity))

    def owners(self, identity: Path) -> list[Owner]:
        """Each team that has an app."""
        return [owner for team in sorted(set(team_files.apps(identity).values())) for owner in self.folders(team)]

    def folders(self, team: str) -> list[Owner]:
        """The team's folder, with accounts of its own."""
        return [self._of(team)]

    def team(self, part: str | None, identity: Path) -> str:
        """The team whose stack file in the identity layer has the app in `identity:apps`."""
        team = team_files.apps(identity).get(part or "")
        if team is None:
            environment = stack_file.stack(identity)
            raise ToolError(
                f"the app {part} is in identity:apps of no identity/Pulumi.{TEAM}-<team>-{environment}.yaml, so no "
                f"team's account may deploy it. Nothing was started. Declare it in its team's file ({part}: {{}}), or "
                f"remove {self.name}/Pulumi.{part}-{environment}.yaml."
            )
        return team

    def _of(self, team: str) -> Owner:
        return Owner(f"{self.name}-{team}", self.name, team)


PROJECTS: dict[str, Project] = {
    "identity": _StackPerPart(
        "identity",
        {
            None: Owner("identity", "identity", answers="identity"),
            FOUNDATION: Owner("foundation", "foundation", answers="identity", by_administrators=True),
        },
        {TEAM: Owner("team", "team", answers="identity")},
    ),
    "platform": _StackPerPart(
        "platform",
        {
            None: Owner("platform", "platform", answers="platform"),
            "storage": Owner("storage", "storage", answers="storage"),
        },
        {NAMESPACES: Owner("namespaces", "namespaces", answers="platform")},
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
            if PROJECTS[project].has(part):
                return environment, part
    return None


def stack_path(root: Path, project: str, environment: str, part: str | None = None) -> Path:
    """Stack file of a part of a project in a checkout; it need not exist."""
    return root / project / f"Pulumi.{joined(environment, part)}.yaml"


def _foundation(identity: Path) -> Path:
    """Stack file of the foundation beside the stack file of the identity layer in the same environment."""
    return stack_path(identity.parents[1], "identity", stack_file.stack(identity), FOUNDATION)


def joined(environment: str, part: str | None) -> str:
    """Name of a stack; the inverse of `split`."""
    return f"{part}-{environment}" if part else environment
