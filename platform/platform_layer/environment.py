"""Settings that every stack of this layer has, and how a stack of the layer reads its settings.

An environment has two stacks: `<environment>` with network and cluster, and `storage-<environment>` with the
datastores. Each has a model of its own; a key of the other stack is refused, since it would do nothing here.
"""

from collections.abc import Iterator
from typing import Protocol, TypeVar

import pulumi
from pydantic import Field

from platform_layer.kit import configuration
from platform_layer.kit.adoption import ADOPTED, Adopted, ResourceName
from platform_layer.kit.configuration import Section
from platform_layer.kit.scalars import ProjectId, Region

PROVIDER_KEYS = {"project": "gcp:project", "region": "gcp:region"}
_STORAGE = "storage-"


class Environment(Section):
    """The settings of every stack."""

    project: ProjectId = Field(
        examples=["my-project"], description="Google Cloud project of the environment, as in the identity layer"
    )
    region: Region = Field(examples=["europe-west4"], description="Region of the environment, as in the identity layer")
    adopted: dict[ResourceName, Adopted] = Field(
        default_factory=dict[str, Adopted],
        examples=["{'gcp:compute/network:Network::main': {id: projects/my-project/global/networks/old}}"],
        description=ADOPTED,
    )


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


def is_storage(stack: str) -> bool:
    """Return whether a stack holds the datastores, from its name."""
    return stack.startswith(_STORAGE)


def load(model: type[Model], other: type[Environment]) -> Model:
    """The running stack's settings.

    Args:
        model: of the running stack.
        other: model of the environment's other stack, whose keys are refused.

    Raises:
        configuration.ConfigurationError: the configuration cannot be used; the message lists every problem.
    """
    stack = pulumi.get_stack()
    sibling = stack.removeprefix(_STORAGE) if is_storage(stack) else f"{_STORAGE}{stack}"
    own = configuration.kinds(model)
    elsewhere = {alias: sibling for alias in configuration.kinds(other) if alias not in own}
    return configuration.load(model, "platform", stack, PROVIDER_KEYS, elsewhere)


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
