"""Resources that a layer's program declares for an environment, with stand-ins for the environment's own values."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from cli import team_files
from cli.layout import Stack
from cli.projects import FOUNDATION, joined
from committed.programs import engine
from compare import own
from unit.pulumi_mocks import Declared, Engine, run, stack_configuration

# A contract is derived from compared values; the producer's plan shows a change of it.
_DERIVED = ("gcp:secretmanager/secretVersion:SecretVersion",)
COMPONENT = "prodfirst:"


@dataclass(frozen=True)
class Resource:
    """A resource as a program declares it.

    Attributes:
        type: the type token.
        name: the Pulumi name.
        inputs: camelCase, and `protect`.
        components: type and name of the components that it is below, outermost first.
    """

    type: str
    name: str
    inputs: Mapping[str, Any]
    components: tuple[tuple[str, str], ...]

    @property
    def title(self) -> str:
        """Type and name for people."""
        return f"{self.type.rpartition(':')[2]} {self.name}"


Values = dict[str, Resource]


@cache
def values(stack: Stack) -> Values:
    """Return the resources that a stack's program declares, by title; without components."""
    resources = [_resource(item) for item in _declared(stack).declared if not item.type.startswith(COMPONENT)]
    return {resource.title: resource for resource in resources if resource.type not in _DERIVED}


def _resource(item: Declared) -> Resource:
    components = tuple(zip(item.kinds[:-1], item.names[:-1], strict=True))
    return Resource(item.type, own.shown(item.name), _shown({**item.inputs, "protect": item.protect}), components)


@cache
def _declared(stack: Stack) -> Engine:
    """Run a stack's program with the declarations of the layers before it in the same environment."""
    configuration = stack_configuration(stack.project, stack.name)
    foundation = stack_configuration("identity", joined(stack.environment, FOUNDATION))
    teams = team_files.groups(Stack("identity", stack.environment).file)
    name = f"{stack.part}-{own.ENVIRONMENT}" if stack.part else own.ENVIRONMENT
    replaced = own.with_stand_ins(stack, configuration, foundation, teams)
    contracts = engine(stack, _declared).contracts
    return _program(stack.project, name, json.dumps(replaced), json.dumps(contracts))


@cache
def _program(project: str, name: str, configuration: str, contracts: str) -> Engine:
    """Run a program; with the stand-ins, environments that differ in nothing else have the same one."""
    return run(project, name, json.loads(configuration), Engine(contracts=json.loads(contracts)))


def _shown(value: Any) -> Any:
    """A value with its texts as people read them."""
    if isinstance(value, dict):
        return {own.shown(str(key)): _shown(below) for key, below in cast("Mapping[Any, Any]", value).items()}
    if isinstance(value, list):
        return [_shown(item) for item in cast("list[Any]", value)]
    return own.shown(value) if isinstance(value, str) else value
