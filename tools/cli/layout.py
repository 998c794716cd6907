"""Layout of the checkout: the layers, their stacks, and the accounts that run a stack."""

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from cli import contracts, rollout, stack_file, team_files
from cli.projects import FOUNDATION, PROJECTS, TEAM, Kind, Owner, Project, joined, split
from cli.rollout import Environment
from cli.stack_file import GitHub, Settings
from cli.team_files import TeamFile
from toolchain.environments import CHECKOUT
from toolchain.errors import ToolError, UsageError

LAYERS = tuple(PROJECTS)
SANDBOX = rollout.SANDBOX
POLICIES = CHECKOUT / "policies"

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Choice:
    """Stacks of an environment that a command is about: None for all.

    Attributes:
        layer: a layer.
        app: an app.
        owner: the owner of accounts.
        team: stacks of one team, and of its apps.
    """

    layer: str | None = None
    app: str | None = None
    owner: str | None = None
    team: str | None = None


ALL = Choice()


@dataclass(frozen=True)
class Stack:
    """A stack of a Pulumi project, `identity/sandbox`, or of a part of a project, `platform/storage-sandbox`."""

    project: str
    environment: str
    part: str | None = None

    @property
    def name(self) -> str:
        """Name of the stack in Pulumi."""
        return joined(self.environment, self.part)

    @property
    def title(self) -> str:
        """Name of the stack in messages: `identity`, `platform/storage`, or `apps/storefront`."""
        return f"{self.project}/{self.part}" if self.part else self.project

    @property
    def folder(self) -> Path:
        """Folder of the Pulumi project."""
        return CHECKOUT / self.project

    @property
    def file(self) -> Path:
        """The committed stack file."""
        return self.folder / f"Pulumi.{self.name}.yaml"

    @property
    def is_ready(self) -> bool:
        """True when the stack has a state on Google Cloud: its file names the state's key (`make bootstrap`)."""
        return self.file.is_file() and bool(stack_file.read(self.file).secretsprovider)

    @property
    def is_app(self) -> bool:
        """True for the stack of an app."""
        return self._rule.of_apps

    @property
    def is_one_of_many(self) -> bool:
        """True for the stack of a team or an app, which shares nothing that is written with another such stack."""
        return self._rule.is_one_of_many(self.part)

    @property
    def choice(self) -> Choice:
        """The choice of this stack alone."""
        if self.is_app:
            return Choice(self.project, app=self.part)
        return Choice(self.project, owner=self.owner(), team=self.of_team() or None)

    @property
    def program(self) -> str:
        """Name of the program that the stack runs, as contracts name it."""
        return self._rule.program(self.part)

    @property
    def place(self) -> tuple[int, str, str]:
        """Place in the order of deployment: by the wave, then by the names of program and part."""
        return contracts.wave(self.program), self.program, self.part or ""

    @property
    def by_administrators(self) -> bool:
        """True when administrators alone deploy the stack (`make bootstrap`)."""
        return contracts.is_administrators(self.program)

    @property
    def store(self) -> str:
        """Name of the bucket and the key of the state."""
        return self._rule.store(self.part)

    @property
    def _rule(self) -> Project:
        return PROJECTS[self.project]

    @property
    def _owner(self) -> Owner:
        return self._rule.owner(self.part, _identity(self.environment))

    def gcp_project(self) -> str:
        """The Google Cloud project that the stack file names.

        Raises `ToolError` when there is no stack file or it names none.
        """
        project = stack_file.read(self.file).config.project
        if project is None:
            raise ToolError(
                f"{stack_file.shown(self.file)} does not set gcp:project, so the account to run as is unknown. Nothing "
                "was started. Add `gcp:project: <project ID>` under config."
            )
        return project

    def backend(self) -> str:
        """Address of the state's backend."""
        return self._owner.backend(self.gcp_project())

    def secrets_provider(self) -> str:
        """Address of the key that encrypts the secrets in the state.

        Keys are in the region of the environment's foundation: apps have no region of their own.

        Raises `ToolError` when its settings do not name a region.
        """
        location = f"projects/{self.gcp_project()}/locations/{region(self.environment)}"
        return f"gcpkms://{location}/keyRings/state/cryptoKeys/{self.store}"

    def account(self, kind: Kind) -> str:
        """E-mail address of the stack's preview or deploy service account; empty when administrators deploy it."""
        return self._owner.account(kind, self.gcp_project())

    def previewed_in(self) -> str:
        """Name of the environment on GitHub whose jobs preview the stack for a pull request, as its preview account."""
        return f"preview-{self._owner.accounts}-{self.environment}"

    def owner(self) -> str:
        """Name of the stack's owner: `identity`, `foundation`, or for an app of the team shop, `apps-shop`."""
        return self._owner.name

    def of_team(self) -> str:
        """The team that a team's stack or an app is for; empty for a stack that an environment has one of.

        Raises `ToolError` when the app is no team's.
        """
        return self._owner.folder

    def team(self) -> str:
        """The team that owns the stack, from the identity layer's settings of the same environment.

        Raises `ToolError` when the settings name none.
        """
        return self._rule.team(self.part, _identity(self.environment))


def region(environment: str) -> str:
    """Region in which the foundation of an environment keeps keys and logs.

    Raises `ToolError` when its settings name none.
    """
    why, remedy = "its keys and logs cannot be named", "Add `gcp:region: <region>` under config."
    return _set_by_foundation(environment, lambda settings: settings.region, "gcp:region", why, remedy)


def github(environment: str) -> GitHub:
    """The repository whose workflows run an environment.

    Raises `ToolError` when the foundation's settings name none.
    """
    why, remedy = "no workflow may use an account", "Add it: {repository: owner/name, repositoryId: …, ownerId: …}."
    return _set_by_foundation(environment, lambda settings: settings.github, "identity:github", why, remedy)


def federation(environment: str) -> str:
    """Name of the workload identity provider of the environment's workflows, which the foundation makes.

    Raises `ToolError` when its settings do not set the project's number.
    """
    why, remedy = (
        "the workload identity provider for workflows has no name",
        'Add `identity:projectNumber: "<number>"` under config.',
    )
    number = _set_by_foundation(environment, lambda settings: settings.number, "identity:projectNumber", why, remedy)
    return f"projects/{number}/locations/global/workloadIdentityPools/github/providers/github"


def _set_by_foundation(
    environment: str, value: Callable[[Settings], _Value | None], key: str, why: str, remedy: str
) -> _Value:
    """A value in the foundation's settings of an environment.

    Raises `ToolError` when it is not set; `why` is the consequence, for the message.
    """
    source = foundation(environment).file
    setting = value(stack_file.read(source).config)
    if setting is None:
        raise ToolError(f"{stack_file.shown(source)} does not set {key}, so {why}. Nothing was started. {remedy}")
    return setting


def foundation(environment: str) -> Stack:
    """The stack with what binds the accounts of CI."""
    return Stack("identity", environment, FOUNDATION)


def teams(environment: str) -> dict[str, TeamFile]:
    """Teams of an environment that have stacks of their own, by name.

    Raises `ToolError` when their files contradict one another.
    """
    return team_files.teams(_identity(environment))


def _identity(environment: str) -> Path:
    return CHECKOUT / "identity" / f"Pulumi.{environment}.yaml"


def rollout_order() -> list[Environment]:
    """The environments on Google Cloud that exist, in the order in which a change reaches them.

    An environment exists as soon as the identity layer, on which all other layers depend, has a stack file for it.

    Raises `ToolError` when the list of environments is invalid.
    """
    return [
        environment for environment in rollout.listed(CHECKOUT) if Stack("identity", environment.name).file.is_file()
    ]


def environments() -> list[str]:
    """Names of the environments of `rollout_order`, in that order."""
    return [environment.name for environment in rollout_order()]


def is_reviewed(environment: str) -> bool:
    """Return whether the owning team approves each deployment to an environment, also to one that is being removed."""
    return any(listed.reviewed for listed in rollout.listed(CHECKOUT) if listed.name == environment)


def require_listed(environment: str) -> None:
    """Check that the list of environments has an environment, so that changes reach it.

    Raises `UsageError` when it does not.
    """
    names = [entry.name for entry in rollout.listed(CHECKOUT)]
    if environment not in names:
        raise UsageError(
            f"{rollout.FILE} does not list the environment {environment!r} (it lists: {', '.join(names)}), so "
            "nobody has said after which other one a change reaches it. Nothing was started. List it there first; if "
            "it was removed, restore its entry and files, and destroy what runs there (.github/guides/environments.md)."
        )


def owners(environment: str, project: str | None = None) -> list[Owner]:
    """Owners of the accounts that deploy to an environment, or to a project in it: layers, and for apps the teams."""
    rules = [PROJECTS[project]] if project else PROJECTS.values()
    return [owner for rule in rules for owner in rule.owners(_identity(environment))]


def stacks(environment: str, choice: Choice = ALL) -> list[Stack]:
    """The stacks of an environment in the order in which they are deployed, narrowed to a choice.

    Raises `UsageError` when the choice names what there is not, `ToolError` when the environment lacks a stack file.
    """
    layer, app = choice.layer, choice.app
    if not re.fullmatch(r"[A-Za-z0-9_-]+", environment):
        raise UsageError(f"{environment!r} cannot be an environment; STACK is a word, such as sandbox, dev or prod")
    if layer is not None and layer not in LAYERS:
        raise UsageError(f"there is no layer {layer!r}; the layers are {', '.join(LAYERS)}")
    if app is not None and layer not in (None, "apps"):
        raise UsageError(f"APP={app} names a stack of apps, and LAYER={layer} another layer; give one of them")
    if app is not None:
        return [_chosen(app, environment)]
    chosen: list[Stack] = []
    for project in (layer,) if layer else LAYERS:
        of_project = present(environment, project)
        for part in PROJECTS[project].parts:
            if (stack := Stack(project, environment, part)) not in of_project:
                raise stack_file.missing(stack.file)
        chosen += of_project
    chosen = _of("owner", choice.owner, chosen, Stack.owner)
    chosen = _of("team", choice.team, chosen, Stack.of_team)
    return sorted(chosen, key=lambda stack: stack.place)


def _of(what: str, name: str | None, chosen: list[Stack], of: Callable[[Stack], str]) -> list[Stack]:
    if not name:
        return chosen
    found = [stack for stack in chosen if of(stack) == name]
    if not found:
        known = ", ".join(sorted({of(stack) for stack in chosen} - {""})) or "none"
        raise UsageError(f"no stack here has the {what} {name!r}; the {what}s are {known}")
    return found


def order(title: str) -> int:
    """Place of a stack in the order of deployment, from its title; unknown titles come last."""
    project, _, part = title.partition("/")
    rule = PROJECTS.get(project)
    return contracts.wave(rule.program(part or None)) if rule and rule.has(part or None) else len(contracts.waves())


def present(environment: str, project: str) -> list[Stack]:
    """The stacks of a project that have a stack file in an environment."""
    candidates = (_stack(project, name, {environment, *_known()}) for name in stack_file.names(CHECKOUT / project))
    found = [stack for stack in candidates if stack and stack.environment == environment]
    return sorted(found, key=lambda stack: stack.place)


def named(environment: str, title: str) -> Stack:
    """The stack of a title, such as `platform/storage`; it need not exist."""
    project, _, part = title.partition("/")
    return Stack(project, environment, part or None)


def stacks_by_file() -> dict[str, Stack | None]:
    """Stack of every stack file, by the file's path from the top; None when its name ends with no environment."""
    return {
        f"{project}/Pulumi.{name}.yaml": _stack(project, name, _known())
        for project in LAYERS
        for name in stack_file.names(CHECKOUT / project)
    }


def _known() -> Collection[str]:
    """Names of environments, each of which has a stack with what all teams of the identity layer share."""
    parts = tuple(f"{part}-" for part in (FOUNDATION, TEAM))
    return [name for name in stack_file.names(CHECKOUT / "identity") if not name.startswith(parts)]


def _stack(project: str, name: str, environments: Collection[str]) -> Stack | None:
    parts = split(project, name, environments)
    return Stack(project, *parts) if parts else None


def _chosen(app: str, environment: str) -> Stack:
    known = {stack.part or "": stack for project in LAYERS for stack in present(environment, project) if stack.is_app}
    if app not in known:
        names = ", ".join(sorted(known)) or "none"
        raise UsageError(f"there is no app {app!r} in the environment {environment} (there are: {names})")
    return known[app]
