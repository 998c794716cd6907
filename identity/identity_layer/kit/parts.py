"""A layer of two stacks in each environment: `<environment>`, and a part of it, `<part>-<environment>`.

It owns the names of both, the refusal of a key that belongs to the other stack, and the comparison of a stack's project
and region with a contract's.
"""

from collections.abc import Iterator
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
    """A part of a layer that is a stack of its own.

    Attributes:
        layer: the namespace of the layer's keys.
        name: of the part.
    """

    layer: str
    name: str

    def runs(self, stack: str) -> bool:
        """Return whether a stack is this part, from its name."""
        return stack.startswith(f"{self.name}-")

    def environment(self, stack: str) -> str:
        """Environment of a stack of the layer, from its name."""
        return stack.removeprefix(f"{self.name}-")

    def load(self, model: type[Model], other: type[Environment]) -> Model:
        """Return the running stack's settings.

        Args:
            model: of the running stack.
            other: model of the environment's other stack, whose keys are refused: they would do nothing here.

        Raises:
            configuration.ConfigurationError: the configuration cannot be used; the message lists every problem.
        """
        stack = pulumi.get_stack()
        sibling = self.environment(stack) if self.runs(stack) else f"{self.name}-{stack}"
        return configuration.load(model, self.layer, stack, PROVIDER_KEYS, (other, sibling))


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
