"""The two stacks of this layer: `foundation-<environment>`, and `<environment>` with daily work."""

from pydantic import Field

from identity_layer.kit import parts
from identity_layer.kit.adoption import ADOPTED, Adopted, ResourceName
from identity_layer.kit.parts import Part

FOUNDATION = Part("identity", "foundation")


class Environment(parts.Environment):
    """The settings of both stacks."""

    adopted: dict[ResourceName, Adopted] = Field(
        default_factory=dict[str, Adopted],
        examples=["{'gcp:serviceaccount/account:Account::gke-nodes': {id: projects/…/serviceAccounts/gke-nodes@…}}"],
        description=ADOPTED,
    )
