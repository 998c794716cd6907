"""Stack files of a team that is to have its first app: one in the identity layer, one in the platform.

What differs between the teams of an environment is their name and group; the rest is taken from another team's file
there, or from the layer's own.
"""

from pathlib import Path
from typing import Any

import yaml

from cli import stack_file, team_files, yaml_file
from cli.projects import NAMESPACES, TEAM, stack_path

# Settings of an environment that every team of it has.
_SHARED = ("gcp:project", "gcp:region")
_OF_TEAMS = "identity:bindWorkloads"


def named(root: Path, environment: str) -> set[str]:
    """Names of all teams of an environment."""
    return set(team_files.groups(stack_path(root, "identity", environment)).values())


def groups(root: Path, team: str, environments: list[str]) -> set[str]:
    """Addresses of a team's group in these environments."""
    return {
        group
        for environment in environments
        for group, name in team_files.groups(stack_path(root, "identity", environment)).items()
        if name == team
    }


def identity(root: Path, environment: str, team: str, group: str) -> str:
    """Text of the team's stack file in the identity layer, without an app."""
    beside = _beside(root, "identity", TEAM, environment)
    bound = {_OF_TEAMS: beside["config"][_OF_TEAMS]} if _OF_TEAMS in beside["config"] else {}
    own = {"identity:team": {"name": team, "group": group}, **bound}
    return _text(f"The team {team} in {environment}: its accounts, its access and its apps", beside, own)


def platform(root: Path, environment: str, team: str) -> str:
    """Text of the team's stack file in the platform layer."""
    beside = _beside(root, "platform", NAMESPACES, environment)
    return _text(f"The namespaces of the team {team} in {environment}", beside, {"platform:team": team})


def _beside(root: Path, layer: str, part: str, environment: str) -> dict[str, Any]:
    """Content of another team's stack file, or of the layer's own where no team has one, whose key is another."""
    suffix = f"-{environment}"
    for stack in stack_file.names(root / layer):
        if stack.startswith(f"{part}-") and stack.endswith(suffix):
            return _read(root / layer / f"Pulumi.{stack}.yaml")
    return {"config": _read(stack_path(root, layer, environment))["config"]}


def _text(title: str, beside: dict[str, Any], own: dict[str, Any]) -> str:
    salt = {key: beside[key] for key in ("encryptionsalt",) if key in beside}
    shared = {key: value for key, value in beside["config"].items() if key in _SHARED}
    written = yaml.safe_dump({**salt, "config": {**shared, **own}}, sort_keys=False, width=1000)
    return f"# {title}.\n{written}"


def _read(file: Path) -> dict[str, Any]:
    return yaml_file.mapping(file, "nothing was prepared")
