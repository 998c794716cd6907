"""A layer of several stacks in each environment: `<environment>`, and its parts, `<part>-<environment>`.

It owns the names of the parts, the refusal of a key that belongs to another stack, and the comparison of a stack's
project and region with a contract's.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol, TypeVar

import pulumi
from pydantic import Field

from . import configuration
from .configuration import Section
from .scalars import ProjectId, Region

PROVIDER_KEYS = {"project": "gcp:project", "region": "gcp:region"}


class Environment(Section):
    """The settings that every stack of a layer has."""

    project: ProjectId = Field(examples=["my-project"], description="Google Cloud project of the environment")
    region: Region = Field(examples=["europe-west4"], description="Region of the environment")


class Place(Protocol):
    """Project and region of an environment, as a contract names them."""

    @property
    def id(self) -> str:
        """ID of the Google Cloud project."""
        ...

    @property
    def region(self) -> str:
        """The region."""
        ...


class FitError(pulumi.RunError):
    """Settings and contracts do not fit; the message lists every difference."""


Model = TypeVar("Model", bound=Environment)


@dataclass(frozen=True)
class Part:
    """A part of a layer that is a stack of its own, or one for each team: `<name>-<team>-<environment>`.

    Attributes:
        name: of the part.
    """

    name: str

    def runs(self, stack: str) -> bool:
        """Return whether a stack is this part, from its name."""
        return stack.startswith(f"{self.name}-")

    def environment(self, stack: str, team: str | None = None) -> str:
        """Environment of a stack of the part, from its name.

        Raises:
            configuration.ConfigurationError: the stack is not named like its team.
        """
        prefix = f"{self.name}-{team}-" if team else f"{self.name}-"
        if not stack.startswith(prefix):
            raise configuration.ConfigurationError(
                f"The stack {stack!r} declares the team {team!r}, but is not named like it; nothing was planned or "
                f"changed. Correct the team in Pulumi.{stack}.yaml, or name the stack {prefix}<environment>."
            )
        return stack.removeprefix(prefix)


def load(model: type[Model], layer: str, siblings: Mapping[str, type[Environment]]) -> Model:
    """Return the running stack's settings.

    Args:
        model: of the running stack.
        layer: the namespace of the layer's keys.
        siblings: models of the layer's other stacks by the name of their file; their keys are refused, since they would
            do nothing here.

    Raises:
        configuration.ConfigurationError: the configuration cannot be used; the message lists every problem.
    """
    return configuration.load(model, layer, pulumi.get_stack(), PROVIDER_KEYS, siblings)


def misplaced(settings: Environment, place: Place, contract: str) -> Iterator[str]:
    """Differences between a stack and a contract in project and region."""
    for key, own, theirs in (("project", settings.project, place.id), ("region", settings.region, place.region)):
        if own != theirs:
            yield (
                f"gcp:{key}: is {own!r} here, but {theirs!r} in the contract {contract!r}; the stacks of an "
                "environment share one."
            )


def require_fit(problems: list[str]) -> None:
    """Checks that there are no differences between the settings and the contracts.

    Raises:
        FitError: there are some.
    """
    if problems:
        listed = "\n".join(f"  - {problem}" for problem in problems)
        raise FitError(f"This stack and the contracts that it reads do not fit; nothing was planned:\n{listed}")
