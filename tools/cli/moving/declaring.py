"""Stacks that declare a resource now, by security's list (`policies/layers.yaml`).

Of a stack that an environment has one of, types and components say so. Stacks of teams run the same program, so there
names of components or resources say whose each is.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import cached_property

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from cli import layout
from cli.layout import POLICIES, Stack
from engine.division import Chain
from toolchain.errors import ToolError

_FILE = POLICIES / "layers.yaml"
_PLACES = re.compile(r"\{(team|app|secret)\}")
_ANY = "[a-z0-9-]+"


class _Program(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    types: frozenset[str]
    components: frozenset[str]
    names: Mapping[str, tuple[str, ...]] = {}

    @property
    def declared(self) -> frozenset[str]:
        """Types of resources and components."""
        return self.types | self.components

    def is_of_a_team(self, chain: Chain) -> bool:
        """Return whether the names of a resource are those of some team's, whether or not the team has a stack."""
        return any(self._of_any.get(kind, _NOTHING).fullmatch(name) for kind, name in chain)

    @cached_property
    def _of_any(self) -> dict[str, re.Pattern[str]]:
        return {kind: _pattern(_PLACES.sub("*", name) for name in names) for kind, names in self.names.items()}


class _Layers(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    layers: dict[str, _Program]


_NOTHING = re.compile(r"(?!)")


def _pattern(names: Iterator[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(name).replace(r"\*", _ANY) for name in names))


class Declarations:
    """Programs by name, and the names of what the teams of an environment have.

    Raises `ToolError` when security's list or a team's file cannot be read.
    """

    def __init__(self, environment: str) -> None:
        self._environment = environment
        try:
            self._programs = _Layers.model_validate(yaml.safe_load(_FILE.read_text("utf-8"))).layers
        except (OSError, yaml.YAMLError, ValidationError) as error:
            raise ToolError(
                f"policies/{_FILE.name} cannot be read, so nobody knows which stack a type belongs to. Nothing was "
                f"moved. Correct it: {error}"
            ) from error
        self._teams: dict[str, dict[str, list[tuple[re.Pattern[str], int, str]]]] = {}

    def belongs(self, source: Stack, other: Stack) -> Callable[[Chain], bool]:
        """Return a function that tells whether a resource in the state of a stack belongs to another stack."""
        if other.is_one_of_many:
            return lambda chain: self._team(other.program, chain) == other.of_team()
        foreign = self._programs[other.program].declared - self._programs[source.program].declared
        return lambda chain: any(kind in foreign for kind, _ in chain) and not self._is_of_a_team(other.project, chain)

    def is_left(self, source: Stack, chain: Chain) -> bool:
        """Return whether a resource is a team's, and the stack that holds it declares nothing of the kind."""
        declared = self._programs[source.program].declared
        return self._is_of_a_team(source.project, chain) and not any(kind in declared for kind, _ in chain[1:])

    def _is_of_a_team(self, project: str, chain: Chain) -> bool:
        programs = (program for name, program in self._programs.items() if name.partition("/")[0] == project)
        return any(program.is_of_a_team(chain) for program in programs)

    def _team(self, program: str, chain: Chain) -> str | None:
        """The team whose resource it is; of several names that fit, the longest counts."""
        named = self._named(program)
        fitting = [
            (length, team)
            for kind, name in chain
            for pattern, length, team in named.get(kind, [])
            if pattern.fullmatch(name)
        ]
        return max(fitting)[1] if fitting else None

    def _named(self, program: str) -> dict[str, list[tuple[re.Pattern[str], int, str]]]:
        """Patterns of names by type, each with the number of its letters and the team."""
        if program not in self._teams:
            self._teams[program] = {
                kind: [
                    (_pattern(iter([name])), len(name), team)
                    for pattern in patterns
                    for name, team in self._filled(pattern)
                ]
                for kind, patterns in self._programs[program].names.items()
            }
        return self._teams[program]

    def _filled(self, pattern: str) -> Iterator[tuple[str, str]]:
        """Names of a pattern, for every team and what it has."""
        for team in layout.teams(self._environment).values():
            with_team = pattern.replace("{team}", team.name)
            if "{app}" not in with_team:
                yield with_team, team.name
                continue
            for app, about in team.apps.items():
                with_app = with_team.replace("{app}", app)
                for secret in about.secrets if "{secret}" in with_app else ("",):
                    yield with_app.replace("{secret}", secret), team.name
