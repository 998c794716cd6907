"""Stacks that declare a resource now, by security's list (`policies/layers.yaml`).

Of a stack that an environment has one of, types and components say so. Stacks of teams run the same program, so there
names of components or resources say whose each is.
"""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from pydantic import BaseModel, ConfigDict

from cli import layout, yaml_file
from cli.formats import readable
from cli.layout import POLICIES, Stack
from engine import states
from engine.division import Chain, chains
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
        """Return whether a resource has the names of some team's, whether or not the team has a stack."""
        return any(self._of_any.get(kind, _NOTHING).fullmatch(name) for kind, name in chain)

    @cached_property
    def _of_any(self) -> dict[str, re.Pattern[str]]:
        return {kind: _pattern(_PLACES.sub("*", name) for name in names) for kind, names in self.names.items()}


class _Layers(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)

    layers: dict[str, _Program]


_NOTHING = re.compile(r"(?!)")


def _pattern(names: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(re.escape(name).replace(r"\*", _ANY) for name in names))


def require_own(stack: Stack, state: bytes) -> None:
    """Check that no other stack declares what a state holds.

    After a division the stack's account may neither read nor delete that, and Google's refusals do not say why.

    Raises `ToolError` with what is to be moved.
    """
    declarations = Declarations(layout.stacks(stack.environment))
    with readable(stack.title):
        held = chains(states.deployment(state, "of the backend")).values()
    others = Counter(other.title for chain in held if (other := declarations.destination(stack, chain)))
    if others:
        listed = ", ".join(f"{count} of {title}" for title, count in sorted(others.items()))
        raise ToolError(
            f"{stack.title}: its state holds {others.total()} resources that other stacks declare now ({listed}). This "
            "stack's account may neither read nor delete them, so nothing was started. Move them first, which changes "
            f"nothing in the cloud: `make move STACK={stack.environment}`."
        )


class Declarations:
    """Declarations of the stacks of an environment.

    Args:
        stacks: all of its stacks.

    Raises `ToolError` when security's list or a team's file cannot be read.
    """

    def __init__(self, stacks: Sequence[Stack]) -> None:
        consequence = "nobody knows which stack a type belongs to, and nothing was moved"
        self._programs = yaml_file.load(_FILE, _Layers.model_validate, consequence).layers
        self._stacks = stacks
        self._of_teams = {
            (stack.program, stack.of_team()): stack for stack in stacks if stack.is_one_of_many and not stack.is_app
        }
        # One state is divided once for each destination, and a resource's is the same each time.
        self._destinations: dict[tuple[Stack, tuple[tuple[str, str], ...]], Stack | None] = {}
        self._teams: dict[str, dict[str, list[tuple[re.Pattern[str], int, str]]]] = {}

    def destination(self, source: Stack, chain: Chain) -> Stack | None:
        """Return the other stack of the same project that declares a resource now; None for a resource that stays."""
        key = source, tuple(chain)
        if key not in self._destinations:
            self._destinations[key] = self._declaring(source, chain)
        return self._destinations[key]

    def _declaring(self, source: Stack, chain: Chain) -> Stack | None:
        for program in self._of_project(source.project):
            team = self._team(program, chain)
            if team and (other := self._of_teams.get((program, team))):
                return other if other != source else None
        if source.is_one_of_many or self._is_of_a_team(source.project, chain):
            return None
        declared = self._programs[source.program].declared
        kinds = {kind for kind, _ in chain} - declared
        shared = (stack for stack in self._stacks if stack.project == source.project and not stack.is_one_of_many)
        return next((other for other in shared if kinds & self._programs[other.program].declared), None)

    def is_left(self, source: Stack, chain: Chain) -> bool:
        """Return whether a resource is of a team without a stack, and the stack that holds it declares no such kind."""
        if source.is_one_of_many or self.destination(source, chain):
            return False
        declared = self._programs[source.program].declared
        return self._is_of_a_team(source.project, chain) and not any(kind in declared for kind, _ in chain[1:])

    def _is_of_a_team(self, project: str, chain: Chain) -> bool:
        return any(self._programs[program].is_of_a_team(chain) for program in self._of_project(project))

    def _of_project(self, project: str) -> list[str]:
        return [program for program in self._programs if program.partition("/")[0] == project]

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
                    (_pattern([name]), len(name), team) for pattern in patterns for name, team in self._filled(pattern)
                ]
                for kind, patterns in self._programs[program].names.items()
            }
        return self._teams[program]

    def _filled(self, pattern: str) -> Iterator[tuple[str, str]]:
        """Names of a pattern, for every team and what it has."""
        for team in layout.teams(self._stacks[0].environment).values():
            with_team = pattern.replace("{team}", team.name)
            if "{app}" not in with_team:
                yield with_team, team.name
                continue
            for app, about in team.apps.items():
                with_app = with_team.replace("{app}", app)
                for secret in about.secrets if "{secret}" in with_app else ("",):
                    yield with_app.replace("{secret}", secret), team.name
