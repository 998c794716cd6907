"""The settings that all stacks of this layer have."""

from pydantic import Field

from identity_layer.kit import parts
from identity_layer.kit.adoption import ADOPTED, Adopted, ResourceName


class Environment(parts.Environment):
    """The settings of every stack."""

    adopted: dict[ResourceName, Adopted] = Field(
        default_factory=dict[str, Adopted],
        examples=["{'gcp:serviceaccount/account:Account::gke-nodes': {id: projects/…/serviceAccounts/gke-nodes@…}}"],
        description=ADOPTED,
    )
