"""Settings that every stack of this layer has."""

from pydantic import Field

from platform_layer.kit import parts
from platform_layer.kit.adoption import ADOPTED, Adopted, ResourceName


class Environment(parts.Environment):
    """The settings of every stack."""

    adopted: dict[ResourceName, Adopted] = Field(
        default_factory=dict[str, Adopted],
        examples=["{'gcp:compute/network:Network::main': {id: projects/my-project/global/networks/old}}"],
        description=ADOPTED,
    )
