"""The contract of the network towards the datastores: where an instance gets its private address.

It is small, and published before the cluster exists. Its JSON schema is contract-network.schema.json.
"""

from collections.abc import Mapping
from typing import Any, Literal

import pulumi
from pydantic import Field

from platform_layer.contract_parts import ProjectPart
from platform_layer.kit.addresses import NetworkName
from platform_layer.kit.producer import Published
from platform_layer.network.network import Network
from platform_layer.settings import Settings


class NetworkContract(Published):
    """Contract of the network towards the datastores."""

    contract: Literal["network"] = Field(default="network", description="Name of the contract")
    version: Literal[1] = Field(default=1, description="Version of this schema")
    project: ProjectPart = Field(description="The Google Cloud project")
    network: NetworkName = Field(description="Resource name of the network")
    database_range: str = Field(description="Name of the address range that instances get their private address from")


def build(settings: Settings, network: Network) -> pulumi.Output[dict[str, Any]]:
    """The contract's JSON object, known once the network is connected to Google's services."""

    def document(known: Mapping[str, str]) -> dict[str, Any]:
        project = ProjectPart(id=settings.project, region=settings.region)
        return NetworkContract(project=project, network=known["network"], database_range=known["range"]).document()

    return pulumi.Output.all(network=network.network_id, range=network.database_range).apply(document)
