"""The two stacks of this layer: `<environment>`, and `storage-<environment>` with the datastores."""

from pydantic import Field

from platform_layer.kit import parts
from platform_layer.kit.adoption import ADOPTED, Adopted, ResourceName
from platform_layer.kit.parts import Part

STORAGE = Part("platform", "storage")


class Environment(parts.Environment):
    """The settings of both stacks."""

    adopted: dict[ResourceName, Adopted] = Field(
        default_factory=dict[str, Adopted],
        examples=["{'gcp:compute/network:Network::main': {id: projects/my-project/global/networks/old}}"],
        description=ADOPTED,
    )
