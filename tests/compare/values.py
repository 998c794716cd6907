"""What a layer's program declares for an environment, as values that two environments have in common or not."""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, cast

from cli.layout import Stack
from unit.pulumi_mocks import Document, Engine, run, stack_configuration

# Resource (type and name) and property to its values: those of a list's items are told together.
Values = dict[tuple[str, str], tuple[str, ...]]

# A contract is made of what is compared here, and a change of it is the producer's plan to show.
_DERIVED = ("gcp:secretmanager/secretVersion:SecretVersion",)


@cache
def values(stack: Stack) -> Values:
    """Every value of every resource that a stack's program declares; names of project and environment written alike.

    A name of the other environment stays as it is, and is a difference.
    """
    found: dict[tuple[str, str], list[str]] = {}
    alike = _Alike(stack)
    for item in _declared(stack).declared:
        if item.type in _DERIVED or item.type.startswith("prodfirst:"):
            continue
        resource = alike.text(f"{item.type.rpartition(':')[2]} {item.name}")
        for path, value in _leaves({**item.inputs, "protect": item.protect}):
            found.setdefault((resource, alike.text(path)), []).append(alike.text(value))
    return {key: tuple(several) for key, several in found.items()}


@cache
def _declared(stack: Stack) -> Engine:
    """What the program declares, given what the layers before it declare for the same environment."""
    contracts: dict[str, Document | str] = {}
    if stack.layer != "identity":
        contracts["contract-identity"] = _contract(Stack("identity", stack.environment))
    if stack.layer == "apps":
        contracts["contract-platform"] = _contract(Stack("platform", stack.environment))
    return run(stack.layer, stack.name, stack_configuration(stack.layer, stack.name), Engine(contracts=contracts))


def _contract(stack: Stack) -> Document:
    return cast("Document", _declared(stack).outputs["contract"])


class _Alike:
    """Writes the names of one environment as those of any.

    The environment's own name is too short a word to be taken for one wherever it stands (`pkg.dev` is a domain): it
    is where a value is nothing else, and in the names of environments on GitHub.
    """

    def __init__(self, stack: Stack) -> None:
        number = re.escape(str(stack_configuration("identity", stack.environment)["identity:projectNumber"]))
        project, environment = re.escape(stack.project()), re.escape(stack.environment)
        self._names = (
            # A deny policy names what it is attached to with its slashes encoded.
            (re.compile(rf"(?:(?<![A-Za-z0-9])|(?<=%2F)){project}(?![A-Za-z0-9])"), "<project>"),
            (re.compile(rf"(?<![0-9]){number}(?![0-9])"), "<project number>"),
            (re.compile(rf"^{environment}$"), "<environment>"),
            (re.compile(rf"(?<=:environment:)([a-z0-9-]+)-{environment}(?![A-Za-z0-9-])"), r"\1-<environment>"),
        )

    def text(self, value: str) -> str:
        """A text with the environment's own names taken out."""
        for name, alike in self._names:
            value = name.sub(alike, value)
        return value


def _leaves(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for key, below in cast("Mapping[str, Any]", value).items():
            yield from _leaves(below, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list):
        for each in cast("list[Any]", value):
            yield from _leaves(each, path)
    elif value is not None:
        yield path, _shown(value)


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
