"""Teams and apps of an environment, from the stack files of the identity layer.

A team that has an app has a stack file of its own, `Pulumi.team-<team>-<environment>.yaml`; the other teams are in
`identity:teams` of `Pulumi.<environment>.yaml`. Some things belong to one team alone: its group, the names of its apps
and of their secrets, and what builds its images. No program sees the files of two teams, so this is checked here,
before anything is started.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

from cli import stack_file
from toolchain.errors import ToolError

_Held = TypeVar("_Held")
_BEGIN = "team-"
_CLUSTER = "cluster-user"


@dataclass(frozen=True)
class TeamFile:
    """A team's own stack file in the identity layer.

    Attributes:
        name: of the team.
        group: address of its group.
        builds: what builds its images.
        apps: its apps by name.
        file: the stack file.
    """

    name: str
    group: str
    builds: tuple[stack_file.Source, ...]
    apps: Mapping[str, stack_file.App]
    file: Path

    @property
    def shown(self) -> str:
        """The stack file for messages."""
        return stack_file.shown(self.file)

    def secrets(self) -> list[str]:
        """IDs of the secrets of its apps, as the identity layer names them."""
        return [f"app-{app}-{secret}" for app, about in self.apps.items() for secret in about.secrets]


@cache
def teams(identity: Path) -> dict[str, TeamFile]:
    """Teams with a stack of their own, by name.

    Args:
        identity: the stack file of the identity layer in the environment.

    Raises `ToolError` when a file cannot be read, is not named like its team, or contradicts another one.
    """
    environment = stack_file.stack(identity)
    found: dict[str, TeamFile] = {}
    for stack in stack_file.names(identity.parent):
        if not (stack.startswith(_BEGIN) and stack.endswith(f"-{environment}")):
            continue
        file = identity.with_name(f"Pulumi.{stack}.yaml")
        config = stack_file.read(file).config
        if config.team is None:
            raise ToolError(
                f"{stack_file.shown(file)} does not set identity:team, so nobody is known to own its apps. Nothing was "
                "started. Add it: {name: <team>, group: <address>}."
            )
        if stack != f"{_BEGIN}{config.team.name}-{environment}":
            # Of another environment, whose name ends like this one's, or misnamed.
            if stack.startswith(f"{_BEGIN}{config.team.name}-"):
                continue
            raise ToolError(
                f"{stack_file.shown(file)} declares the team {config.team.name!r}, but is not named like it. Nothing "
                f"was started. Correct identity:team.name, or rename the file."
            )
        found[config.team.name] = TeamFile(config.team.name, config.team.group, config.team.builds, config.apps, file)
    if problems := [*_held_twice(found), *_groups_without_stack(found, identity)]:
        raise ToolError("Nothing was started:\n" + "\n".join(f"  - {problem}" for problem in problems))
    return found


def apps(identity: Path) -> dict[str, str]:
    """Team of each app of an environment; see `teams`."""
    return {app: team.name for team in teams(identity).values() for app in team.apps}


def groups(identity: Path) -> dict[str, str]:
    """Team by the address of its group, of all teams of an environment; see `teams`."""
    shared = {team.group: name for name, team in _shared(identity).items()}
    return shared | {team.group: team.name for team in teams(identity).values()}


def _shared(identity: Path) -> dict[str, stack_file.Team]:
    return stack_file.read(identity).config.teams


def _held_twice(found: dict[str, TeamFile]) -> Iterator[str]:
    """Problems of what two teams declare, and one alone may have."""
    for app, first, team in _in_two(found, lambda team: team.apps):
        yield (
            f"the app {app!r} is in {first.shown} and in {team.shown}, so each would take it from the other; a name "
            "belongs to one team. Choose another name in one of them."
        )
    for secret, first, team in _in_two(found, TeamFile.secrets):
        yield (
            f"the apps in {first.shown} and in {team.shown} would both have the secret {secret!r}, so each would take "
            "it from the other. Choose another name for the secret in one of them."
        )
    for (repository, branch), first, team in _in_two(
        found, lambda team: [(source.repository_id, source.branch) for source in team.builds]
    ):
        yield (
            f"{team.shown}: repository {repository} on {branch} is in identity:team.builds of {first.shown} too, and "
            "what it builds would be pushed for both. Take it out of one of them."
        )
    for group, first, team in _in_two(found, lambda team: [team.group]):
        yield (
            f"{team.shown}: {group!r} is the group of {first.shown} too, so taking access from one would take it from "
            "both; give each a group of its own, or make them one team."
        )


def _in_two(
    found: dict[str, TeamFile], held: Callable[[TeamFile], Iterable[_Held]]
) -> Iterator[tuple[_Held, TeamFile, TeamFile]]:
    """Yield things that two teams have, each with the first team and the other one."""
    holders: dict[_Held, TeamFile] = {}
    for team in found.values():
        for thing in held(team):
            first = holders.setdefault(thing, team)
            if first is not team:
                yield thing, first, team


def _groups_without_stack(found: dict[str, TeamFile], identity: Path) -> Iterator[str]:
    """Problems of teams with a part in the whole project, compared with those that have a stack."""
    owner = {team.group: team for team in found.values()}
    for name, team in _shared(identity).items():
        own = owner.get(team.group)
        if own and (own.name != name or _CLUSTER in team.capabilities):
            yield (
                f"{stack_file.shown(identity)}: identity:teams.{name} has the group of {own.shown}, "
                f"which grants it the cluster. Name it {own.name!r}, without {_CLUSTER}, or leave it out."
            )
        elif name in found and not own:
            yield (
                f"{stack_file.shown(identity)}: identity:teams.{name} has another group than "
                f"{found[name].shown}. One name is one team: correct one of them."
            )


def owners(foundation: Path, identity: Path) -> dict[str, str]:
    """Teams that own the layers and the datastores: those whose groups the foundation names.

    Args:
        foundation: stack file of the foundation.
        identity: stack file of the identity layer in the same environment.

    Raises `ToolError` when a file cannot be read, or a group is no team's.
    """
    named = groups(identity)
    owning: dict[str, str] = {}
    for name, group in stack_file.read(foundation).config.owners.items():
        if group not in named:
            raise ToolError(
                f"{stack_file.shown(foundation)} says that {group} owns {name}, and that is the group of no team in "
                f"{stack_file.shown(identity)}. Nothing was started. Add the team there, or correct the group."
            )
        owning[name] = named[group]
    return owning
