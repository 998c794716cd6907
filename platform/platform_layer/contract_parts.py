"""Parts that several contracts of this layer have."""

from pydantic import Field

from platform_layer.kit.addresses import CloudRange, ClusterServer, HostName
from platform_layer.kit.producer import Published


class ProjectPart(Published):
    """The Google Cloud project of the environment."""

    id: str = Field(description="ID of the Google Cloud project")
    region: str = Field(description="Region of the environment")


class ClusterPart(Published):
    """The cluster that the apps run in."""

    name: str = Field(description="Name of the cluster")
    location: str = Field(description="Region of the cluster")
    server: ClusterServer = Field(description="URL of the cluster's API")


class GatewayPart(Published):
    """The Gateway for requests from outside; a public app is reached through it at a name of its own."""

    name: str = Field(description="Name of the Gateway")
    namespace: str = Field(description="Namespace of the Gateway")
    domain: HostName = Field(description="Public apps are reached at names one level below it")
    sources: list[CloudRange] = Field(description="Ranges that requests and health checks come from")


class DestinationPart(Published):
    """An egress destination outside of Google Cloud, over TCP."""

    ranges: list[CloudRange] = Field(description="Public ranges of the destination")
    ports: list[int] = Field(description="TCP ports of the destination")
